"""Recusals: declared by a reviewer, added by an official, or found by matching. Who is recused sees nothing more."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.scoring.marking import mark_text
from aap.records.applications import Application
from aap.records.people import Role, RoleGrant
from aap.records.reviews import Assignment, Mark, Recusal, RecusalOrigin, Review
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.access import dossier_target
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure
from aap.services.review.reviewing import find_given_dossier


def declare_recusal(session: Session, *, actor: Actor, application_id: str, reason: str, now: datetime) -> None:
    """A reviewer steps back from a dossier, at once. Marks already given leave the ranking and stay in the audit.

    Raises NotFound and InvalidInput (no reason).
    """
    dossier = find_given_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.RECUSAL_DECLARE, lock=True
    )
    if not reason.strip():
        raise InvalidInput({"reason": Objection("panel.own_recusal_unexplained")})
    recuse(session, actor, dossier.application, actor.person_id, RecusalOrigin.REVIEWER, reason.strip(), now)


def add_recusal(
    session: Session, *, actor: Actor, application_id: str, person_id: str, reason: str, now: datetime
) -> None:
    """An official sets a person apart from a dossier. Raises NotFound and InvalidInput."""
    application = session.get(Application, application_id)
    if application is None or application.submitted_at is None:
        raise NotFound("application", application_id)
    call = get_call(session, application.call_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, Permission.REVIEWERS_MANAGE, target, kind="application", id=application_id)
    if not _works_on(session, call, person_id):
        raise NotFound("person", person_id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("panel.recusal_unexplained")})
    recuse(session, actor, application, person_id, RecusalOrigin.OFFICIAL, reason.strip(), now)


def answer_match(
    session: Session, *, actor: Actor, recusal_id: str, confirmed: bool, now: datetime, reason: str = ""
) -> None:
    """An official confirms a probable conflict, or dismisses it. Raises NotFound."""
    recusal, application = _find_recusal(session, actor, recusal_id)
    if recusal.confirmed or recusal.dismissed_at is not None:
        raise NotFound("recusal", recusal_id)
    if confirmed:
        recuse(session, actor, application, recusal.person_id, RecusalOrigin(recusal.origin), recusal.reason, now)
        return
    _dismiss(session, actor, recusal, application, reason.strip(), now)


def lift_recusal(session: Session, *, actor: Actor, recusal_id: str, reason: str, now: datetime) -> None:
    """An official lifts a recusal, with a reason that the register keeps. Nobody lifts their own.

    The dossier isn't given back: what was taken away is given by a new distribution. Raises NotFound, InvalidInput.
    """
    recusal, application = _find_recusal(session, actor, recusal_id)
    if not recusal.confirmed or recusal.dismissed_at is not None:
        raise NotFound("recusal", recusal_id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("panel.lifting_unexplained")})
    _dismiss(session, actor, recusal, application, reason.strip(), now)


def _find_recusal(session: Session, actor: Actor, recusal_id: str) -> tuple[Recusal, Application]:
    """A recusal that this official may decide on: not of a dossier of which they are recused, so never their own."""
    recusal = session.get(Recusal, recusal_id)
    application = session.get(Application, recusal.application_id) if recusal else None
    if recusal is None or application is None or recusal.person_id == actor.person_id:
        raise NotFound("recusal", recusal_id)
    call = get_call(session, application.call_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, Permission.REVIEWERS_MANAGE, target, kind="recusal", id=recusal_id)
    return recusal, application


def _dismiss(
    session: Session, actor: Actor, recusal: Recusal, application: Application, reason: str, now: datetime
) -> None:
    before = "confirmed" if recusal.confirmed else "probable"
    recusal.dismissed_at, recusal.dismissal_reason, recusal.author_id = now, reason, actor.person_id
    session.add(recusal)
    record(
        session,
        actor,
        "recusal.dismissed",
        recusal,
        now=now,
        call_id=application.call_id,
        before={"state": before},
        after={"application": application.id, "person": recusal.person_id, "reason": reason},
    )


def _works_on(session: Session, call: OpenedCall, person_id: str) -> bool:
    """Whether the person reviews or follows the call: nobody else can see its dossiers."""
    found = select(RoleGrant.id).where(
        RoleGrant.person_id == person_id,
        col(RoleGrant.role).in_([Role.REVIEWER, Role.OFFICIAL]),
        (col(RoleGrant.call_id) == call.id) | col(RoleGrant.call_id).is_(None),
    )
    return session.exec(found).first() is not None


def recuse(
    session: Session,
    actor: Actor | None,
    application: Application,
    person_id: str,
    origin: RecusalOrigin,
    reason: str,
    now: datetime,
) -> None:
    """Keeps the recusal and takes the dossier back where it was given; permissions are the caller's.

    `actor` None: found by matching identifiers. Its marks leave the ranking and stay in the audit.
    """
    recusal = session.exec(
        select(Recusal).where(Recusal.person_id == person_id, Recusal.application_id == application.id)
    ).first() or Recusal(
        person_id=person_id, application_id=application.id, origin=origin, reason=reason, created_at=now
    )
    recusal.origin, recusal.reason, recusal.confirmed = origin, reason, True
    recusal.dismissed_at, recusal.dismissal_reason = None, ""
    recusal.author_id = actor.person_id if actor else None
    session.add(recusal)
    session.flush()
    assignment = session.exec(
        select(Assignment).where(
            Assignment.application_id == application.id,
            Assignment.person_id == person_id,
            col(Assignment.removed_at).is_(None),
        )
    ).first()
    given: dict[str, str] = {}
    if assignment is not None:
        marks = session.exec(
            select(Mark).where(
                Mark.review_id == Review.id, Review.assignment_id == assignment.id, col(Mark.score).is_not(None)
            )
        )
        given = {mark.criterion: mark_text(mark.score) for mark in marks if mark.score is not None}
        assignment.removed_at, assignment.removal_reason = now, "déport"
        session.add(assignment)
    record(
        session,
        actor,
        "recusal.declared",
        recusal,
        now=now,
        call_id=application.call_id,
        before={"marks": given},
        after={"application": application.id, "person": person_id, "origin": str(origin), "reason": reason},
    )
