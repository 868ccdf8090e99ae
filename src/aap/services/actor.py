"""Who acts: a plain value, loaded once a request, that every use case receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, select

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
    """The actor of an active account; None where there is none. Three queries."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return None
    roles: dict[Role, set[str]] = {}
    for grant in session.exec(select(RoleGrant).where(RoleGrant.person_id == person_id)):
        roles.setdefault(Role(grant.role), set()).add(grant.call_id or EVERY_CALL)
    memberships = session.exec(select(Membership).where(Membership.person_id == person_id))
    return Actor(
        person_id=person.id,
        email=person.email,
        name=person.name,
        roles={role: frozenset(calls) for role, calls in roles.items()},
        memberships={held.association_id: MembershipRole(held.role) for held in memberships},
    )
