"""Recusals: declared by a reviewer, added by an official, or found by matching; lifted by somebody else, with a reason.

Who is recused sees nothing more. A recusal that follows from a membership is lifted by an administrator only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.calls import Call
from aap.records.people import Membership, Person, Role, RoleGrant
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.actor import Actor, lock_people
from aap.services.audit import record
from aap.services.call.calls import get_call
from aap.services.dossier.access import dossier_target, get_dossier, is_recused, not_recused
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest
from aap.services.permissions import Permission, Target, ensure
from aap.services.recusals import WORKING, recusal_stands, recuse, works_on
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
    if not session.exec(select(works_on(person_id, call.id))).one():
        raise NotFound("person", person_id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("panel.recusal_unexplained")})
    lock_people(session, [person_id])
    recuse(session, actor, application, person_id, RecusalOrigin.OFFICIAL, reason.strip(), now)


def answer_match(
    session: Session, *, actor: Actor, recusal_id: str, confirmed: bool | None, now: datetime, reason: str = ""
) -> None:
    """An official confirms a probable conflict, or dismisses it; None: they said neither. Raises NotFound, InvalidInput."""
    recusal, application = _find_recusal(session, actor, recusal_id)
    if recusal.confirmed or recusal.dismissed_at is not None:
        raise NotFound("recusal", recusal_id)
    if confirmed is None:
        raise InvalidInput({"answer": Objection("panel.match_unanswered")})
    if confirmed:
        lock_people(session, [recusal.person_id])
        recuse(session, actor, application, recusal.person_id, RecusalOrigin(recusal.origin), recusal.reason, now)
        return
    _dismiss(session, actor, recusal, application, reason.strip(), now)


def lift_recusal(session: Session, *, actor: Actor, recusal_id: str, reason: str, now: datetime) -> None:
    """An official lifts a recusal, with a reason that the register keeps. Nobody lifts their own.

    The dossier isn't given back: what was taken away is given by a new distribution. Raises NotFound, InvalidInput (no
    reason, or the person is a member of the association).
    """
    recusal, application = _find_recusal(session, actor, recusal_id)
    if not recusal.confirmed or recusal.dismissed_at is not None:
        raise NotFound("recusal", recusal_id)
    if recusal.id in member_recusals(session, call_id=application.call_id):
        raise InvalidInput({"reason": Objection("panel.member_recusal")})
    if not reason.strip():
        raise InvalidInput({"reason": Objection("panel.lifting_unexplained")})
    _dismiss(session, actor, recusal, application, reason.strip(), now)


def ensure_of_call(session: Session, *, call_id: str, recusal_id: str) -> None:
    """Lets a recusal of this call's dossiers pass. Raises NotFound for another's: an address names both."""
    recusal = session.get(Recusal, recusal_id)
    application = session.get(Application, recusal.application_id) if recusal else None
    if application is None or application.call_id != call_id:
        raise NotFound("recusal", recusal_id)


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


# --- of members, by an administrator ----------------------------------------------------------------------------------


def _as_member() -> ColumnElement[bool]:
    """SQL condition: the recusal in force follows from a membership, or one stands behind it too."""
    return and_(
        recusal_stands(),
        or_(
            col(Recusal.origin) == RecusalOrigin.MEMBERSHIP,
            exists().where(
                col(Membership.person_id) == col(Recusal.person_id),
                col(Membership.association_id) == col(Application.association_id),
            ),
        ),
    )


def member_recusals(session: Session, *, call_id: str) -> frozenset[str]:
    """Ids of a call's recusals that an administrator alone lifts. One query."""
    found = select(Recusal.id).where(
        Recusal.application_id == Application.id, Application.call_id == call_id, _as_member()
    )
    return frozenset(session.exec(found))


@dataclass(frozen=True)
class MemberRecusal:
    """A person kept from a dossier of an association that they are a member of. `roles`: theirs in the call."""

    id: str
    person: str
    email: str
    roles: tuple[Role, ...]
    association: str
    reference: str
    call_title: str
    reason: str
    created_at: datetime


def list_member_recusals(session: Session, *, actor: Actor) -> tuple[MemberRecusal, ...]:
    """What an administrator may lift: not their own, nothing of an association that they belong to. Two queries."""
    ensure(actor, Permission.RECUSAL_LIFT, Target(), kind="recusals")
    found = session.exec(
        select(Recusal, Application, Association.name, Call.title, Person)  # type: ignore[call-overload]  # five
        .where(
            Recusal.application_id == Application.id,
            Application.association_id == Association.id,
            Application.call_id == Call.id,
            Recusal.person_id == Person.id,
            Recusal.person_id != actor.person_id,
            _as_member(),
            not_recused(actor.person_id),
        )
        .order_by(col(Person.name), col(Application.reference), col(Recusal.id))
    ).all()
    grants = session.exec(
        select(RoleGrant).where(
            col(RoleGrant.person_id).in_({one.person_id for one, *_ in found}), col(RoleGrant.role).in_(WORKING)
        )
    ).all()
    return tuple(
        MemberRecusal(
            id=one.id,
            person=person.name,
            email=person.email,
            roles=tuple(
                sorted({Role(held.role) for held in grants
                        if held.person_id == person.id and held.call_id in (None, application.call_id)})
            ),
            association=association,
            reference=application.reference,
            call_title=title,
            reason=one.reason,
            created_at=one.created_at,
        )
        for one, application, association, title, person in found
    )  # fmt: skip


def lift_member_recusal(session: Session, *, actor: Actor, recusal_id: str, reason: str, now: datetime) -> None:
    """An administrator says that a membership is no obstacle, and why. Nobody lifts their own, or one of an association
    that they belong to. Raises NotFound, OwnRequest and InvalidInput (no reason).
    """
    ensure(actor, Permission.RECUSAL_LIFT, Target(), kind="recusal", id=recusal_id)
    recusal = session.get(Recusal, recusal_id)
    if recusal is None:
        raise NotFound("recusal", recusal_id)
    _, application = get_dossier(session, recusal.application_id)
    if recusal.person_id == actor.person_id or application.association_id in actor.memberships:
        raise OwnRequest
    target = Target(recused=is_recused(session, actor, application.id))
    ensure(actor, Permission.RECUSAL_LIFT, target, kind="recusal", id=recusal_id)
    if recusal_id not in member_recusals(session, call_id=application.call_id):
        raise NotFound("recusal", recusal_id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("panel.lifting_unexplained")})
    recusal.membership_lifted_at = now
    _dismiss(session, actor, recusal, application, reason.strip(), now)
