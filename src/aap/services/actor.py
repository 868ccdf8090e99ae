"""Who acts: a plain value, loaded once a request, that every use case receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import Session, col

from aap.records.people import Membership, MembershipRole, Person, Role, RoleGrant

EVERY_CALL = ""
"""In place of a call's id: the role holds for every call."""


@dataclass(frozen=True)
class Actor:
    """`roles`: role → ids of the calls it holds for (`EVERY_CALL`: all). `memberships`: association id → role."""

    person_id: str
    email: str
    name: str
    roles: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    memberships: Mapping[str, MembershipRole] = field(default_factory=dict)

    def has_role(self, role: Role, call_id: str | None = None) -> bool:
        """Whether the role is held: for this call, or (None) for any."""
        calls = self.roles.get(role, frozenset())
        return bool(calls) if call_id is None else bool(calls & {EVERY_CALL, call_id})


def load_actor(session: Session, person_id: str) -> Actor | None:
    """The actor of an active account; None where there is none. One query, of columns: every request asks it."""
    rows = session.execute(
        select(
            col(Person.email),
            col(Person.name),
            col(RoleGrant.role),
            col(RoleGrant.call_id),
            col(Membership.association_id),
            col(Membership.role),
        )
        .outerjoin(RoleGrant, col(RoleGrant.person_id) == Person.id)
        .outerjoin(Membership, col(Membership.person_id) == Person.id)
        .where(col(Person.id) == person_id, col(Person.active).is_(True))
    ).all()
    if not rows:
        return None
    roles: dict[Role, set[str]] = {}
    memberships: dict[str, MembershipRole] = {}
    for _email, _name, role, call_id, association_id, membership in rows:
        if role is not None:
            roles.setdefault(Role(role), set()).add(call_id or EVERY_CALL)
        if association_id is not None:
            memberships[association_id] = MembershipRole(membership)
    return Actor(
        person_id=person_id,
        email=rows[0][0],
        name=rows[0][1],
        roles={role: frozenset(calls) for role, calls in roles.items()},
        memberships=memberships,
    )


def person_name(session: Session, person_id: str | None) -> str:
    """What a person is called, also once the account is closed; empty for nobody."""
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""
