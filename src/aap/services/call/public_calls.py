"""Calls as everybody may read them: open and past ones, their dates in force, what was announced since the opening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from aap.core.call.canonical import canonical_hash, canonical_json
from aap.core.call.schema import CallFile
from aap.records.calls import CallExtension, CallState, CallVersion
from aap.services.call.calls import OpenedCall, get_call, list_calls
from aap.services.errors import NotFound

STARTED = frozenset(CallState) - {CallState.DRAFT}


class Phase(StrEnum):
    """Where a call stands for somebody outside, by its state and the clock."""

    UPCOMING = "upcoming"
    OPEN = "open"
    GRACE = "grace"  # only dossiers begun before the closing are still taken
    EXAMINED = "examined"
    PUBLISHED = "published"


def phase_of(call: OpenedCall, now: datetime) -> Phase:
    """Where the call is for who reads its public page: the announced closing and the grace after it are told apart."""
    if call.state in (CallState.PUBLISHED, CallState.ARCHIVED):
        return Phase.PUBLISHED
    if call.state is not CallState.OPEN or now > call.accepted_until:
        return Phase.EXAMINED
    if now < call.record.opens_at:
        return Phase.UPCOMING
    return Phase.OPEN if now <= call.record.closes_at else Phase.GRACE


@dataclass(frozen=True)
class Extension:
    """A later closing, announced to everybody."""

    previous: datetime
    closes_at: datetime
    reason: str
    announced_at: datetime


@dataclass(frozen=True)
class Amendment:
    """A change of the call file after the opening, published with its reason."""

    number: int
    reason: str
    published_at: datetime


@dataclass(frozen=True)
class PublicCall:
    """`file`: the call file with the dates in force. `rules`: what ranks, as canonical JSON, and its SHA-256."""

    opened: OpenedCall
    file: CallFile
    rules: str
    rules_hash: str
    extensions: tuple[Extension, ...]
    amendments: tuple[Amendment, ...]

    @property
    def id(self) -> str:
        return self.opened.id


def public_calls(session: Session) -> tuple[OpenedCall, ...]:
    """Every call that has been opened, the earliest closing first. One query."""
    return list_calls(session, STARTED)


def other_open_calls(session: Session, call_id: str, now: datetime) -> tuple[OpenedCall, ...]:
    """The calls but this one that take new dossiers now, the earliest closing first. One query."""
    found = list_calls(session, frozenset({CallState.OPEN}))
    return tuple(call for call in found if call.id != call_id and call.accepts_new_dossiers(now))


def started_call(session: Session, call_id: str) -> OpenedCall:
    """One call that has been opened. Raises NotFound, for a draft too."""
    opened = get_call(session, call_id)
    if opened.state is CallState.DRAFT:
        raise NotFound("call", call_id)
    return opened


def public_call(session: Session, call_id: str) -> PublicCall:
    """One call with what was announced since. Raises NotFound, for a draft too. Four queries."""
    opened = started_call(session, call_id)
    extensions = session.exec(
        select(CallExtension)
        .where(CallExtension.call_id == call_id)
        .order_by(col(CallExtension.created_at), col(CallExtension.id))
    )
    amendments = session.exec(
        select(CallVersion.number, CallVersion.reason, CallVersion.created_at)
        .where(CallVersion.call_id == call_id, CallVersion.reason != "")
        .order_by(col(CallVersion.number))
    )
    ranks = {"rubric": opened.file.rubric, "scoring": opened.file.scoring, "selection": opened.file.selection}
    return PublicCall(
        opened=opened,
        file=with_current_dates(opened),
        rules=canonical_json(ranks),
        rules_hash=canonical_hash(ranks),
        extensions=tuple(
            Extension(one.previous_closes_at, one.closes_at, one.reason, one.created_at) for one in extensions
        ),
        amendments=tuple(Amendment(number, reason, at) for number, reason, at in amendments),
    )


def with_current_dates(call: OpenedCall) -> CallFile:
    """The call file with the dates that hold now: an extended closing counts everywhere that a date is printed."""
    dates = {
        "opens_at": call.record.opens_at,
        "closes_at": call.record.closes_at,
        "grace_minutes": call.record.grace_minutes,
    }
    return call.file.model_copy(update={"call": call.file.call.model_copy(update=dates)})
