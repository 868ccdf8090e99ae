"""The audit log: one line for every change, chained by keyed hashes; the values may be erased without breaking it.

`records/chain.py` says how a line is hashed, `records/watching.py` what of the rows is noted beside it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlmodel import Session, SQLModel, col, func, select

from aap.records.audit import AuditLine, AuditStanding, AuditValues
from aap.records.chain import (
    CLOSED,
    FIRST,
    TAKEN_UP,
    is_ours,
    keyed_hash,
    plain_hash,
    standing_digest,
    values_digest,
)
from aap.records.keys import KeyRing, session_keys
from aap.records.watching import WATCHED, Thing, as_noted, contents, hold_log, note_things, take_changed
from aap.services.actor import SYSTEM, Actor


@dataclass(frozen=True)
class Subject:
    """What a line is about, where no row is at hand: its kind (the name of its table), id and call."""

    kind: str
    id: str = ""
    call_id: str = ""

    @classmethod
    def of(cls, row: SQLModel) -> Subject:
        """A row, by its table's name; a call is its own call, a row that names none has none."""
        kind, own = str(row.__tablename__), str(row.id)  # type: ignore[attr-defined]
        return cls(kind, own, own if kind == "call" else getattr(row, "call_id", None) or "")


@dataclass(frozen=True)
class LogHead:
    """The end of the log: its number of lines, and the last one's hash."""

    lines: int
    hash: str


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: SQLModel | Subject,
    *,
    now: datetime,
    call_id: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> LogHead:
    """Adds one line, in the transaction of the use case: `record(session, actor, "dossier.screened", application, …)`.

    Gives the log's head with this line. `subject`: a row with an id, or a `Subject`. `call_id`: the call, where the
    subject itself names none (a review, a role). `before` and `after` hold JSON values. `actor`: `SYSTEM` for what the
    system does by itself.
    """
    about = subject if isinstance(subject, Subject) else Subject.of(subject)
    hold_log(session)
    session.flush()
    return _write(session, actor, action, about, now, call_id, before, after, take_changed(session))


def _write(
    session: Session, actor: Actor, action: str, about: Subject, now: datetime, call_id: str | None,
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, things: set[Thing],
) -> LogHead:  # fmt: skip
    noted_for_it = select(func.count()).where(AuditStanding.sequence == AuditLine.sequence + 1).scalar_subquery()
    found = session.exec(
        select(AuditLine.sequence, AuditLine.hash, noted_for_it).order_by(col(AuditLine.sequence).desc()).limit(1)
    ).first()
    last, previous, noted = found or (0, FIRST, 1)
    content = {"before": dict(before or {}), "after": dict(after or {})}
    salt = secrets.token_hex(16)
    sequence = last + 1
    standing = list(session.exec(_noted(sequence))) if noted else []
    standing += note_things(session, things, sequence) if things else []
    line = AuditLine(
        sequence=sequence,
        at=now,
        actor_id=actor.person_id,
        action=action,
        object_kind=about.kind,
        object_id=about.id,
        call_id=about.call_id if call_id is None else call_id,
        values_digest=values_digest(salt, content),
        previous_hash=previous,
        hash="",
    )
    line.hash = keyed_hash(session_keys(session), line, standing_digest(standing))
    session.add(line)
    session.flush()
    session.add(AuditValues(sequence=line.sequence, salt=salt, content=content))
    return LogHead(line.sequence, line.hash)


def log_head(session: Session) -> LogHead:
    """How many lines there are, and the last one's hash: what is kept elsewhere to find later what was cut off."""
    last = select(AuditLine.sequence, AuditLine.hash).order_by(col(AuditLine.sequence).desc()).limit(1)
    return LogHead(*(session.exec(last).first() or (0, FIRST)))


def _noted(sequence: int) -> Any:
    return select(AuditStanding.digest).where(AuditStanding.sequence == sequence).order_by(col(AuditStanding.id))


def take_up_log(session: Session, *, now: datetime) -> bool:
    """The first line after CLOSED notes what every watched row of an upgraded instance is on that day, once.

    Asked at each opening: two queries where there is nothing to do.
    """
    if session.exec(select(AuditStanding.id).limit(1)).first() is not None:
        return False
    if session.exec(select(AuditLine.sequence).where(AuditLine.action == CLOSED)).first() is None:
        return False
    hold_log(session)
    things = {(kind, one) for kind in WATCHED for one, _content, quiet in contents(session, kind) if not quiet}
    _write(session, SYSTEM, TAKEN_UP, Subject("audit"), now, None, None, {"objects": len(things)}, things)
    return True


@dataclass(frozen=True)
class AuditFault:
    """A line that is missing, changed, or whose values were changed."""

    sequence: int
    fault: str  # missing | changed | values_changed


@dataclass(frozen=True)
class Stray:
    """A row that isn't what the log last noted of it, with the line `sequence` (0: the log knows nothing of it)."""

    kind: str
    id: str
    sequence: int
    fault: str  # changed | gone | unknown


@dataclass(frozen=True)
class ChainCheck:
    """What a reading of the whole log found. `head`: hash of the last line (64 zeros where there is none).

    Somebody who keeps a head elsewhere, with the number of lines then, can tell later whether these lines are still
    there as they were (`known`): lines cut off at the end, a log made anew by who has the key, and an emptied one leave
    no other trace.
    """

    lines: int
    head: str
    faults: tuple[AuditFault, ...]
    known: bool
    strays: tuple[Stray, ...] = ()

    @property
    def sound(self) -> bool:
        return self.known and not self.faults and not self.strays


@dataclass
class _Reading:
    """What is gathered while the log is read from its first line."""

    keys: KeyRing | None
    closed: int  # sequence of the line CLOSED; 0: every line is keyed
    legacy: bool  # an instance that 0.1.0 left, not upgraded yet: every line is plain
    previous: str = FIRST
    expected: int = 1

    def faults_of(self, line: AuditLine, values: AuditValues | None, standing: str) -> Iterator[AuditFault]:
        gap = range(self.expected, line.sequence)
        yield from (AuditFault(sequence, "missing") for sequence in gap)
        plain = self.legacy or line.sequence < self.closed
        ours = line.hash == plain_hash(line) if plain else is_ours(self._keys, line, standing)
        if not ours or (not gap and line.previous_hash != self.previous):
            yield AuditFault(line.sequence, "changed")
        content = values.content if values is not None else None
        if values is not None and content is not None and values_digest(values.salt, content) != line.values_digest:
            yield AuditFault(line.sequence, "values_changed")
        self.previous, self.expected = line.hash, line.sequence + 1

    @property
    def _keys(self) -> KeyRing:
        assert self.keys is not None
        return self.keys


def verify_chain(session: Session, *, head: str = "", count: int | None = None, rows: bool = False) -> ChainCheck:
    """Reads the log from its first line and gives every fault, in order. Erased values are no fault.

    `head`: a hash that was noted earlier, `count`: how many lines there were then; `known` says whether that line is
    still there (True where neither is given). `rows`: also compare the watched rows with what was last noted of them.
    The lines are read as they come, and so is what stood with them.
    """
    legacy = not inspect(session.connection()).has_table(str(AuditStanding.__tablename__))
    closed = session.exec(select(func.min(AuditLine.sequence)).where(AuditLine.action == CLOSED)).one()
    reading = _Reading(None if legacy else session_keys(session), closed or 0, legacy)
    noted = iter(()) if legacy else _standings(session)
    latest: dict[Thing, tuple[int, str]] = {}
    ahead = next(noted, None)
    faults: list[AuditFault] = []
    known = head in ("", FIRST) and not count
    lines = session.exec(
        select(AuditLine, AuditValues)
        .join(AuditValues, col(AuditValues.sequence) == col(AuditLine.sequence), isouter=True)
        .order_by(col(AuditLine.sequence))
        .execution_options(yield_per=2_000)
    )
    number = 0
    for line, values in lines:
        number += 1
        standing = []
        while ahead is not None and ahead[0] <= line.sequence:
            if ahead[0] == line.sequence:
                standing.append(ahead[2])
            latest[ahead[1]] = (ahead[0], ahead[2])
            ahead = next(noted, None)
        faults += reading.faults_of(line, values, standing_digest(standing))
        known = known or (head in ("", line.hash) and count in (None, line.sequence))
    while ahead is not None:  # of transactions that ended without a line: the next one will cover them
        latest[ahead[1]] = (ahead[0], ahead[2])
        ahead = next(noted, None)
    strays = tuple(_strays(session, reading.keys, latest)) if rows and reading.keys is not None else ()
    return ChainCheck(number, reading.previous, tuple(faults), known, strays)


def _standings(session: Session) -> Iterator[tuple[int, Thing, str]]:
    found = session.execute(
        select(AuditStanding.sequence, AuditStanding.object_kind, AuditStanding.object_id, AuditStanding.digest)
        .order_by(col(AuditStanding.sequence), col(AuditStanding.id))
        .execution_options(yield_per=2_000)
    )
    for sequence, kind, one, digest in found:
        yield sequence, (kind, one), digest


def _strays(session: Session, keys: KeyRing, latest: dict[Thing, tuple[int, str]]) -> Iterator[Stray]:
    for kind in WATCHED:
        here = set()
        for one, content, quiet in contents(session, kind):
            here.add(one)
            sequence, digest = latest.get((kind, one), (0, ""))
            if not sequence and quiet:
                continue
            if not sequence:
                yield Stray(kind, one, 0, "unknown")
            elif not as_noted(keys, (kind, one), sequence, content, digest):
                yield Stray(kind, one, sequence, "changed")
        for (its_kind, one), (sequence, digest) in latest.items():
            gone = its_kind == kind and one not in here
            if gone and not as_noted(keys, (kind, one), sequence, None, digest):
                yield Stray(kind, one, sequence, "gone")
