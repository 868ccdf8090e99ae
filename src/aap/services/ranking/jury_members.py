"""Who sits on a call's jury: by colleges, each with the account where there is one, so that recusals are read by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.records.deliberations import JuryMember
from aap.records.people import Person
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class MemberLine:
    """A member who sits. `account`: the address of the linked account; `person_id`: that account's, None without one."""

    id: str
    name: str
    capacity: str
    college: str
    chairs: bool
    person_id: str | None
    account: str


def jury_members(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[MemberLine, ...]:
    """Who sits, the chair first, then by college and name. One query."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    return sitting(session, call.id)


def sitting(session: Session, call_id: str) -> tuple[MemberLine, ...]:
    """The same for use cases of the room, whose permission was asked. One query."""
    found = session.exec(
        select(JuryMember, Person.email)
        .join(Person, col(Person.id) == col(JuryMember.person_id), isouter=True)
        .where(JuryMember.call_id == call_id, col(JuryMember.left_at).is_(None))
        .order_by(col(JuryMember.chairs).desc(), col(JuryMember.college), col(JuryMember.name), col(JuryMember.id))
    )
    return tuple(
        MemberLine(
            id=one.id,
            name=one.name,
            capacity=one.capacity,
            college=one.college,
            chairs=one.chairs,
            person_id=one.person_id,
            account=email or "",
        )
        for one, email in found
    )


def is_composed(session: Session, call_id: str) -> bool:
    """Whether the call's jury is composed here: then it decides in a meeting, and only with its quorum. One query."""
    return session.exec(select(JuryMember.id).where(JuryMember.call_id == call_id).limit(1)).first() is not None


@dataclass(frozen=True)
class MemberEntry:
    """What was typed of a new member. `account`: the address of their account, empty where they have none."""

    name: str
    capacity: str = ""
    college: str = ""
    chairs: bool = False
    account: str = ""


def add_jury_member(session: Session, *, actor: Actor, call: OpenedCall, entry: MemberEntry, now: datetime) -> None:
    """Somebody more sits on the jury; who chairs takes the place of who chaired. Raises InvalidInput."""
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    name, account = entry.name.strip(), entry.account.strip()
    problems = {}
    if not 0 < len(name) <= 200:
        problems["name"] = Objection("ranking.member_name")
    if len(entry.capacity.strip()) > 300:
        problems["capacity"] = Objection("ranking.text_too_long", most=300)
    if len(entry.college.strip()) > 200:
        problems["college"] = Objection("ranking.text_too_long", most=200)
    person_id = None
    members = sitting(session, call.id)
    if account:
        person_id = session.exec(select(Person.id).where(func.lower(Person.email) == account.lower())).first()
        if person_id is None:
            problems["account"] = Objection("ranking.member_account_unknown")
        elif any(one.person_id == person_id for one in members):
            problems["account"] = Objection("ranking.member_sits_already")
    if problems:
        raise InvalidInput(problems)
    if entry.chairs:
        _take_chair(session, call.id)
    kept = JuryMember(
        call_id=call.id,
        name=name,
        capacity=entry.capacity.strip(),
        college=entry.college.strip(),
        chairs=entry.chairs,
        person_id=person_id,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    told = {"name": name, "capacity": kept.capacity, "college": kept.college, "chairs": kept.chairs}
    record(session, actor, "jury.member_added", kept, now=now, after=told)


def _take_chair(session: Session, call_id: str) -> None:
    for other in session.exec(
        select(JuryMember).where(JuryMember.call_id == call_id, col(JuryMember.chairs).is_(True))
    ):
        other.chairs = False
        session.add(other)
    session.flush()


def remove_jury_member(session: Session, *, actor: Actor, call: OpenedCall, member_id: str, now: datetime) -> None:
    """Somebody no longer sits; what was noted of them stays. Raises NotFound."""
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    member = session.get(JuryMember, member_id)
    if member is None or member.call_id != call.id or member.left_at is not None:
        raise NotFound("jury_member", member_id)
    member.left_at = now
    session.add(member)
    record(session, actor, "jury.member_left", member, now=now, before={"name": member.name})
