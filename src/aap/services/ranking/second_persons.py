"""Who may be the second of two persons in a call: named for it, or any other official of the call.

Whoever is recused of one of its candidates is nobody's second: acts that bind every dossier are not for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.people import Person, Role, RoleGrant
from aap.services.actor import Actor, person_name
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.dossier.access import impartial_people
from aap.services.errors import InvalidInput, NotASecond, Objection, SamePerson
from aap.services.permissions import Permission, ensure
from aap.services.ranking.versions import waiting_unfreezing

NAMED = "call.seconds_named"
"""What the log calls it."""


@dataclass(frozen=True)
class Second:
    """Somebody who may confirm, or be named for it. `recused`: of a candidate of the call, and so can't."""

    person_id: str
    name: str
    email: str
    recused: bool = False


def officials_of(session: Session, call_id: str) -> tuple[Second, ...]:
    """The officials of a call whose account is open, by name; two queries."""
    held = select(RoleGrant.person_id).where(
        RoleGrant.role == Role.OFFICIAL,
        (col(RoleGrant.call_id) == call_id) | col(RoleGrant.call_id).is_(None),
    )
    people = session.exec(
        select(Person.id, Person.name, Person.email)
        .where(col(Person.id).in_(held), col(Person.active).is_(True))
        .order_by(col(Person.name), col(Person.id))
    ).all()
    impartial = impartial_people(session, call_id, [person_id for person_id, _, _ in people])
    return tuple(Second(person_id, name, email, person_id not in impartial) for person_id, name, email in people)


def possible_seconds(session: Session, call: OpenedCall, *, first: str) -> tuple[Second, ...]:
    """Who may confirm what `first` (a person's id) proposes, by name. Two queries."""
    named = call.record.seconds
    return tuple(
        one
        for one in officials_of(session, call.id)
        if one.person_id != first and not one.recused and (not named or one.person_id in named)
    )


def ensure_second(actor: Actor, call: OpenedCall, *, first: str | None) -> None:
    """Lets confirm who isn't the first and is named, where people are named. Raises SamePerson, NotASecond."""
    if actor.person_id == first:
        raise SamePerson
    if call.record.seconds and actor.person_id not in call.record.seconds:
        raise NotASecond(call.id)


@dataclass(frozen=True)
class Naming:
    """Who named the seconds of a call last, and when."""

    person_id: str
    at: datetime


def last_naming(session: Session, call_id: str) -> Naming | None:
    """The last time that the seconds of a call were named, by the log; None where they never were. One query."""
    line = session.exec(
        select(AuditLine)
        .where(AuditLine.call_id == call_id, AuditLine.action == NAMED)
        .order_by(col(AuditLine.sequence).desc())
        .limit(1)
    ).first()
    return None if line is None else Naming(line.actor_id, line.at)


def obstacles_to_first(session: Session, call: OpenedCall, *, first: str) -> tuple[Objection, ...]:
    """Why this person can't be the first of two now: they chose alone who is the second, or nobody else could be."""
    found = []
    naming = last_naming(session, call.id) if call.record.seconds else None
    if naming is not None and naming.person_id == first:
        found.append(Objection("ranking.seconds_named_by_first"))
    if not possible_seconds(session, call, first=first):
        found.append(Objection("ranking.no_second"))
    return tuple(found)


@dataclass(frozen=True)
class SecondsSheet:
    """Who may confirm in a call, and who said so. `waits`: something waits for its second, nothing changes before.

    `named_by` is empty, and `named_at` None, where nobody ever was named.
    """

    call: OpenedCall
    officials: tuple[Second, ...]
    named_by: str
    named_at: datetime | None
    waits: bool


def seconds_sheet(session: Session, *, actor: Actor, call_id: str) -> SecondsSheet:
    """What is read before seconds are named. Raises NotFound, StateForbids."""
    call = get_call(session, call_id)
    ensure(actor, Permission.SECONDS_NAME, call.target(), kind="call", id=call_id)
    naming = last_naming(session, call_id)
    return SecondsSheet(
        call=call,
        officials=officials_of(session, call_id),
        named_by=person_name(session, naming.person_id) if naming else "",
        named_at=naming.at if naming else None,
        waits=_waits(session, call),
    )


def _waits(session: Session, call: OpenedCall) -> bool:
    return call.state is CallState.PROPOSED or waiting_unfreezing(session, call.id) is not None


def name_seconds(session: Session, *, actor: Actor, call_id: str, people: Collection[str], now: datetime) -> None:
    """Names who may confirm what a first person proposes in a call: an official of it or an administrator does.

    `people`: ids of officials of the call; none: any other official. Not while something waits for its second.
    Raises InvalidInput.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.SECONDS_NAME, call.target(), kind="call", id=call_id)
    hold_call(session, call)
    if _waits(session, call):
        raise InvalidInput({"": Objection("ranking.second_awaited")})
    known = {one.person_id for one in officials_of(session, call_id)}
    named = sorted(set(people))
    if not known.issuperset(named):
        raise InvalidInput({"people": Objection("ranking.second_unknown")})
    before = call.record.seconds
    call.record.seconds = named
    session.add(call.record)
    record(session, actor, NAMED, call.record, now=now, before={"seconds": before}, after={"seconds": named})
