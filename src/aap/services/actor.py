"""Who acts: a plain value, loaded once a request, that every use case receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from aap.records.people import Membership, MembershipRole, Person, Role, RoleGrant
from aap.services.errors import NotFound

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

    @property
    def row_id(self) -> str | None:
        """The person's row, for a column that refers to one; None for the system, which is nobody's account."""
        return None if self.is_system else self.person_id

    @property
    def is_system(self) -> bool:
        return self.person_id == SYSTEM_ID

    def has_role(self, role: Role, call_id: str | None = None) -> bool:
        """Whether the role is held: for this call, or (None) for any."""
        calls = self.roles.get(role, frozenset())
        return bool(calls) if call_id is None else bool(calls & {EVERY_CALL, call_id})


SYSTEM_ID = "system"
"""How the log names the system. No person has this id; lines of before say nothing (the empty text)."""

SYSTEM = Actor(person_id=SYSTEM_ID, email="", name="système")
"""Who acts when nobody does: a command of the operator, the passing of time, a mailed link. What it may do stands in the
table of permissions, like everybody's."""


_ACTOR = (
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
    .where(col(Person.id) == bindparam("person_id"), col(Person.active).is_(True))
)
"""Made once: every request asks it, and making it takes longer than the answer."""


def load_actor(session: Session, person_id: str) -> Actor | None:
    """The actor of an active account; None where there is none. One query, of columns: every request asks it."""
    rows = session.execute(_ACTOR, {"person_id": person_id}).all()
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


def author_of_work(session: Session, author_id: str | None) -> Actor:
    """Whom long work acts for: who asked for it, as they are now, or the system where nobody did.

    Raises NotFound where the account was closed meanwhile: nothing is done in the name of nobody.
    """
    if author_id is None:
        return SYSTEM
    actor = load_actor(session, author_id)
    if actor is None:
        raise NotFound("person", author_id)
    return actor


def person_name(session: Session, person_id: str | None) -> str:
    """What a person is called, also once the account is closed; empty for nobody."""
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""
