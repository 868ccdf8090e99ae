"""The audit log: one line for every change, chained by hashes; the values may be erased without breaking it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, select

from aap.records.audit import AuditLine, AuditValues
from aap.services.actor import Actor

FIRST = "0" * 64
_LOCK = 0x617564  # any constant: serialises the chain's writers on PostgreSQL (SQLite has one writer)


def _digest(salt: str, content: Mapping[str, Any]) -> str:
    body = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{salt}:{body}".encode()).hexdigest()


def _chain_hash(line: AuditLine) -> str:
    parts = (
        str(line.sequence), line.at.astimezone(UTC).isoformat(), line.actor_id, line.action, line.object_kind,
        line.object_id, line.call_id, line.values_digest, line.previous_hash,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


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
) -> None:
    """Adds one line, in the transaction of the use case: `record(session, actor, "dossier.screened", application, …)`.

    `subject`: a row with an id, or a `Subject`. `call_id`: the call, where the subject itself names none (a review, a
    role). `before` and `after` hold JSON values. `actor`: None for what the system does by itself.
    """
    about = subject if isinstance(subject, Subject) else Subject.of(subject)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    session.flush()
    last = session.exec(select(AuditLine).order_by(col(AuditLine.sequence).desc()).limit(1)).first()
    content = {"before": dict(before or {}), "after": dict(after or {})}
    salt = secrets.token_hex(16)
    line = AuditLine(
        sequence=(last.sequence + 1) if last else 1,
        at=now,
        actor_id=actor.person_id,
        action=action,
        object_kind=about.kind,
        object_id=about.id,
        call_id=about.call_id if call_id is None else call_id,
        values_digest=_digest(salt, content),
        previous_hash=last.hash if last else FIRST,
        hash="",
    )
    line.hash = _chain_hash(line)
    session.add(line)
    session.flush()
    session.add(AuditValues(sequence=line.sequence, salt=salt, content=content))


@dataclass(frozen=True)
class AuditFault:
    """A line that is missing, changed, or whose values were changed."""

    sequence: int
    fault: str  # missing | changed | values_changed


@dataclass(frozen=True)
class ChainCheck:
    """What a reading of the whole chain found. `head`: hash of the last line (64 zeros where there is none).

    Somebody who keeps a head elsewhere can tell later whether the lines up to it are still there (`known`): lines cut
    off at the end leave no other trace.
    """

    lines: int
    head: str
    faults: tuple[AuditFault, ...]
    known: bool


def verify_chain(session: Session, *, head: str = "") -> ChainCheck:
    """Reads the chain from its first line and gives every fault, in order. Erased values are no fault.

    `head`: a hash that was noted earlier; `known` says whether it is still in the chain (True where none is given).
    One query, whose rows are read as they come.
    """
    faults: list[AuditFault] = []
    previous, expected, count, known = FIRST, 1, 0, head in ("", FIRST)
    rows = session.exec(
        select(AuditLine, AuditValues)
        .join(AuditValues, col(AuditValues.sequence) == col(AuditLine.sequence), isouter=True)
        .order_by(col(AuditLine.sequence))
        .execution_options(yield_per=2_000)
    )
    for line, held in rows:
        gap = range(expected, line.sequence)
        faults.extend(AuditFault(sequence, "missing") for sequence in gap)
        if line.hash != _chain_hash(line) or (not gap and line.previous_hash != previous):
            faults.append(AuditFault(line.sequence, "changed"))
        if held is not None and held.content is not None and _digest(held.salt, held.content) != line.values_digest:
            faults.append(AuditFault(line.sequence, "values_changed"))
        known = known or line.hash == head
        previous, expected, count = line.hash, line.sequence + 1, count + 1
    return ChainCheck(count, previous, tuple(faults), known)
