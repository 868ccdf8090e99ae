"""When a recusal stands, in one place: what was written down, and what follows from being a member of the applicant. And who
has yet to say what would lead to one.

Whoever is a member of an association is kept from its dossiers wherever they are anything else than its member, from
the moment that they are one: the condition reads the memberships, whatever happened first. The system writes such a
recusal down as well, so that the register and the journal have it; an administrator alone lifts it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, or_, union
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.core.scoring.marking import mark_text
from aap.records.applications import Application
from aap.records.people import Membership, Person, Role, RoleGrant
from aap.records.reviews import Assignment, Mark, Recusal, RecusalOrigin, Review
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import record

WORKING = (Role.REVIEWER, Role.OFFICIAL, Role.JURY)
"""Roles in which somebody learns of a call's dossiers: whoever has one can be recused and declares interests."""

AS_MEMBER = "Membre de l’association candidate."


# Made once: every list of a reviewer builds these conditions.
_HELD, _LIFTED, _MEMBERSHIP = aliased(Recusal), aliased(Recusal), aliased(Membership)


def works_on(person_id: Any, call_id: Any) -> ColumnElement[bool]:
    """The person reviews the call, follows it or sits on its jury."""
    return exists().where(
        col(RoleGrant.person_id) == person_id,
        col(RoleGrant.role).in_(WORKING),
        or_(col(RoleGrant.call_id) == call_id, col(RoleGrant.call_id).is_(None)),
    )


def must_declare(session: Session, actor: Actor) -> bool:
    """Whether the actor works on a call and never declared their interests: said once, for all calls. At most one query."""
    works = any(actor.roles.get(role) for role in WORKING)
    return works and session.get_one(Person, actor.person_id).interests_declared_at is None


def recusal_stands() -> ColumnElement[bool]:
    """SQL condition on a recusal of the register: in force. A probable match that nobody confirmed is not, a lifted one
    neither."""
    return and_(col(Recusal.confirmed).is_(True), col(Recusal.dismissed_at).is_(None))


def unlooked_at() -> ColumnElement[bool]:
    """SQL condition on a recusal of the register: a probable match that nobody has confirmed or put aside."""
    return and_(col(Recusal.confirmed).is_(False), col(Recusal.dismissed_at).is_(None))


def keeps_away() -> ColumnElement[bool]:
    """SQL condition on a recusal of the register: in force, or a probable match that nobody looked at yet. Asked before a
    dossier is given to somebody: a doubt keeps away, it takes nothing back."""
    return col(Recusal.dismissed_at).is_(None)


def written(person_id: Any, *, probable: bool = False) -> ColumnElement[bool]:
    """A recusal of the application of the query stands in the register. `probable`: or a match nobody looked at yet."""
    conditions = [
        col(_HELD.application_id) == col(Application.id),
        col(_HELD.person_id) == person_id,
        col(_HELD.dismissed_at).is_(None),
    ]
    if not probable:
        conditions.append(col(_HELD.confirmed).is_(True))
    return exists().where(and_(*conditions))


def _counts(membership: Any) -> ColumnElement[bool]:
    """Of a membership of the association of the query's application: no administrator said that it may be.

    What an administrator said is of the memberships that there were: one that begins later counts again.
    """
    return ~(
        exists()
        .where(
            col(_LIFTED.person_id) == col(membership.person_id),
            col(_LIFTED.application_id) == col(Application.id),
            col(_LIFTED.membership_lifted_at) >= col(membership.created_at),
        )
        .correlate(membership, Application)
    )


def member_of_applicant(person_id: Any) -> ColumnElement[bool]:
    """The person is a member of the association of the query's application, and that counts."""
    return exists().where(
        col(_MEMBERSHIP.person_id) == person_id,
        col(_MEMBERSHIP.association_id) == col(Application.association_id),
        _counts(_MEMBERSHIP),
    )


def stands(person_id: Any, *, probable: bool = False) -> ColumnElement[bool]:
    """Whether the person may know nothing of the query's `Application`."""
    return or_(written(person_id, probable=probable), member_of_applicant(person_id))


def pairs_apart(
    session: Session, *, call_id: str = "", application_id: str = "", probable: bool = False
) -> frozenset[tuple[str, str]]:
    """(person, application) between which a recusal stands, in a call or of one dossier. Two queries."""
    of = Application.call_id == call_id if call_id else Application.id == application_id
    kept = select(Recusal.person_id, Recusal.application_id).where(
        Recusal.application_id == Application.id, keeps_away() if probable else recusal_stands(), of
    )
    members = select(Membership.person_id, Application.id).where(
        Membership.association_id == Application.association_id, of, _counts(Membership)
    )
    return frozenset([*session.exec(kept), *session.exec(members)])


def people_apart(application_id: str) -> Select[tuple[str]]:
    """Ids of who is recused from the dossier, as a part of a query."""
    kept = select(Recusal.person_id).where(Recusal.application_id == application_id, recusal_stands())
    members = select(Membership.person_id).where(
        Membership.association_id == Application.association_id,
        Application.id == application_id,
        _counts(Membership),
    )
    return sql_select(union(kept, members).subquery())


def dossiers_apart(person_id: Any) -> Select[tuple[str]]:
    """Ids of the dossiers that the person is recused from, as a part of a query.

    What `stands` says of one dossier, found from the person's few recusals and memberships: a list of thousands asks no
    dossier after the other.
    """
    kept = select(Recusal.application_id).where(Recusal.person_id == person_id, recusal_stands())
    members = select(Application.id).where(
        Membership.person_id == person_id, Membership.association_id == Application.association_id, _counts(Membership)
    )
    return sql_select(union(kept, members).subquery())


def recuse(
    session: Session,
    actor: Actor,
    application: Application,
    person_id: str,
    origin: RecusalOrigin,
    reason: str,
    now: datetime,
) -> None:
    """Keeps the recusal and takes the dossier back where it was given; permissions are the caller's.

    Its marks leave the ranking and stay in the audit.
    """
    recusal = session.exec(
        select(Recusal).where(Recusal.person_id == person_id, Recusal.application_id == application.id)
    ).first() or Recusal(
        person_id=person_id, application_id=application.id, origin=origin, reason=reason, created_at=now
    )
    recusal.origin, recusal.reason, recusal.confirmed = origin, reason, True
    recusal.dismissed_at, recusal.dismissal_reason = None, ""
    recusal.author_id = actor.row_id
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


def recuse_members(
    session: Session, *, now: datetime, person_id: str = "", application_id: str = "", call_id: str = ""
) -> int:
    """Writes down the recusals that follow from memberships and aren't in the register yet: of submitted dossiers, for
    people who work on their call. Gives their number. One query, and what is new.

    Asked where a membership, a role or a dossier begins, and by the passing of time for whatever else leads to one.
    """
    session.flush()
    missing = (
        select(Application, Membership.person_id)
        .where(
            Membership.association_id == Application.association_id,
            col(Application.submitted_at).is_not(None),
            works_on(Membership.person_id, Application.call_id),
            _counts(Membership),
            ~written(Membership.person_id),
        )
        .order_by(col(Application.id), col(Membership.person_id))
    )
    if person_id:
        missing = missing.where(Membership.person_id == person_id)
    if application_id:
        missing = missing.where(Application.id == application_id)
    if call_id:
        missing = missing.where(Application.call_id == call_id)
    found = session.exec(missing).all()
    for application, member in found:
        recuse(session, SYSTEM, application, member, RecusalOrigin.MEMBERSHIP, AS_MEMBER, now)
    return len(found)
