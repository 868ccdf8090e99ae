"""Recusals: declared by a reviewer, added by an official, or found by matching. Who is recused sees nothing more."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.marking import mark_text
from aap.records.applications import Application
from aap.records.reviews import Assignment, Mark, Recusal, RecusalOrigin, Review
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.calls import get_call
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission, ensure
from aap.services.reviewing import find_dossier


def declare_recusal(session: Session, *, actor: Actor, application_id: str, reason: str, now: datetime) -> None:
    """A reviewer steps back from a dossier, at once. Marks already given leave the ranking and stay in the audit.

    Raises NotFound and InvalidInput (no reason).
    """
    dossier = find_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.RECUSAL_DECLARE, lock=True
    )
    if not reason.strip():
        raise InvalidInput({"motif": "Indiquez le lien qui vous fait vous déporter : le registre le conserve."})
    _recuse(session, actor, dossier.application, actor.person_id, RecusalOrigin.REVIEWER, reason.strip(), now)


def add_recusal(
    session: Session, *, actor: Actor, application_id: str, person_id: str, reason: str, now: datetime
) -> None:
    """An official sets a person apart from a dossier. Raises NotFound and InvalidInput."""
    application = session.get(Application, application_id)
    if application is None:
        raise NotFound("application", application_id)
    call = get_call(session, application.call_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="application", id=application_id)
    if not reason.strip():
        raise InvalidInput({"motif": "Indiquez le lien : le registre le conserve."})
    _recuse(session, actor, application, person_id, RecusalOrigin.OFFICIAL, reason.strip(), now)


def answer_match(session: Session, *, actor: Actor, recusal_id: str, confirmed: bool, now: datetime) -> None:
    """An official confirms a probable conflict, or dismisses it. Raises NotFound."""
    recusal = session.get(Recusal, recusal_id)
    application = session.get(Application, recusal.application_id) if recusal else None
    if recusal is None or application is None:
        raise NotFound("recusal", recusal_id)
    call = get_call(session, application.call_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="recusal", id=recusal_id)
    if confirmed:
        _recuse(session, actor, application, recusal.person_id, RecusalOrigin(recusal.origin), recusal.reason, now)
        return
    recusal.dismissed_at, recusal.author_id = now, actor.person_id
    session.add(recusal)
    record(
        session, actor=actor, action="recusal.dismissed", now=now, object_kind="recusal", object_id=recusal.id,
        call_id=call.id, after={"application": application.id, "person": recusal.person_id},
    )  # fmt: skip


def _recuse(
    session: Session,
    actor: Actor,
    application: Application,
    person_id: str,
    origin: RecusalOrigin,
    reason: str,
    now: datetime,
) -> None:
    """Keeps the recusal and takes the dossier back where it was given."""
    recusal = session.exec(
        select(Recusal).where(Recusal.person_id == person_id, Recusal.application_id == application.id)
    ).first() or Recusal(
        person_id=person_id, application_id=application.id, origin=origin, reason=reason, created_at=now
    )
    recusal.origin, recusal.reason, recusal.confirmed = origin, reason, True
    recusal.dismissed_at, recusal.author_id = None, actor.person_id
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
        session, actor=actor, action="recusal.declared", now=now, object_kind="recusal", object_id=recusal.id,
        call_id=application.call_id, before={"marks": given},
        after={"application": application.id, "person": person_id, "origin": str(origin), "reason": reason},
    )  # fmt: skip
