"""Who acts: a plain value, loaded once a request, that every use case receives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, exists, select
from sqlmodel import Session, col

from aap.records.people import Membership, MembershipRole, Person, Role, RoleGrant, UserSession
from aap.services.errors import NotFound, SignInNeeded

EVERY_CALL = ""
"""In place of a call's id: the role holds for every call."""


@dataclass(frozen=True)
class Actor:
    """`roles`: role → ids of the calls it holds for (`EVERY_CALL`: all). `memberships`: association id → role.
    `session_id`: the session of the browser that asks; empty for a job or a command."""

    person_id: str
    email: str
    name: str
    roles: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    memberships: Mapping[str, MembershipRole] = field(default_factory=dict)
    session_id: str = ""

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

_ACTOR_IN_SESSION = _ACTOR.where(
    exists().where(col(UserSession.id) == bindparam("session_id"), col(UserSession.ended_at).is_(None))
)


def load_actor(session: Session, person_id: str, session_id: str = "") -> Actor | None:
    """The actor of an active account; None where there is none, or where the session was ended. One query, of columns:
    every request asks it."""
    asked = _ACTOR_IN_SESSION if session_id else _ACTOR
    rows = session.execute(asked, {"person_id": person_id, "session_id": session_id}).all()
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
        session_id=session_id,
    )


def lock_people(session: Session, people: Iterable[str]) -> None:
    """From here to the end of the transaction nobody else's changes what these people may do, or writes in their name.

    On PostgreSQL; SQLite lets one transaction write at a time. Whatever writes for somebody locks them first and reads
    their rights after it, and whatever takes rights away locks who loses them before its first line in the log: what is
    committed first counts. In the order of the ids, and before the log's own lock: two of them never wait for each other.
    """
    ids = sorted(set(people) - {SYSTEM_ID, ""})
    if ids and session.get_bind().dialect.name == "postgresql":
        locked = select(col(Person.id)).where(col(Person.id).in_(ids)).order_by(col(Person.id))
        session.execute(locked.with_for_update(key_share=True))


def read_again(session: Session, actor: Actor) -> Actor:
    """The actor as they are inside of this writing transaction, which every other change of their rights waits for.

    Raises SignInNeeded where their account or session was ended since they were loaded, NotFound where they lost a role or
    a membership: whoever still holds the value of before does nothing with it. What they gained counts.
    """
    lock_people(session, [actor.person_id])
    now = load_actor(session, actor.person_id, actor.session_id)
    if now is None:
        raise SignInNeeded
    roles = all(calls <= now.roles.get(role, frozenset()) for role, calls in actor.roles.items())
    memberships = all(now.memberships.get(held) == role for held, role in actor.memberships.items())
    if not roles or not memberships:
        raise NotFound("right", actor.person_id)
    return now


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
