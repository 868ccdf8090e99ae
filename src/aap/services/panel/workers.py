"""Who works on a call: its reviewers, the officials who follow it, its jury; what they declared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from aap.core.territories import fold
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Interest, Reviewer
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.permissions import Permission, ensure
from aap.services.recusals import WORKING


@dataclass(frozen=True)
class Worker:
    """A person of a call. `code`: as a reviewer, empty else; `declared_at` None: never yet."""

    person_id: str
    name: str
    code: str
    roles: tuple[Role, ...]
    declared_at: datetime | None
    interests: tuple[Interest, ...]


def workers_of(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[Worker, ...]:
    """Everybody who may be recused in a call, by name. Three queries."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    people: dict[str, Person] = {}
    roles: dict[str, set[Role]] = defaultdict(set)
    codes: dict[str, str] = {}
    for person, grant, profile in session.exec(
        select(Person, RoleGrant, Reviewer)
        .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        .join(
            Reviewer,
            (col(Reviewer.person_id) == col(Person.id)) & (col(Reviewer.call_id) == call.id),
            isouter=True,
        )
        .where(
            col(RoleGrant.role).in_(WORKING),
            or_(col(RoleGrant.call_id) == call.id, col(RoleGrant.call_id).is_(None)),
        )
    ):
        people[person.id] = person
        roles[person.id].add(Role(grant.role))
        if profile is not None:
            codes[person.id] = profile.code
    interests: dict[str, list[Interest]] = defaultdict(list)
    for one in session.exec(
        select(Interest)
        .where(col(Interest.person_id).in_(people))
        .order_by(col(Interest.kind), col(Interest.name), col(Interest.id))
    ):
        interests[one.person_id].append(one)
    found = [
        Worker(
            person_id=person.id,
            name=person.name,
            code=codes.get(person.id, ""),
            roles=tuple(role for role in WORKING if role in roles[person.id]),
            declared_at=person.interests_declared_at,
            interests=tuple(interests[person.id]),
        )
        for person in people.values()
    ]
    return tuple(sorted(found, key=lambda one: (fold(one.name), one.person_id)))
