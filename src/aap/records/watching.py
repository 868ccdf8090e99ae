"""What decides who gets a grant, and how a direct change of it in the database is told.

Each change of a watched row (a review with its marks, a dossier's state and amounts, a decision, a run…) leaves a keyed
digest of what the row then is, beside the line of the audit log that says so. Whoever changes a mark in the database
can't make its digest: verification finds that the row isn't what its last line noted.

The sessions that write note the changes by themselves (`WritingSession`): a use case can't forget it. What changes
after the last line of a transaction is noted for the next line to come.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import event, insert, inspect, text
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, SQLModel, col, func, select

from aap.records.applications import Application, Submission
from aap.records.audit import AuditLine, AuditStanding
from aap.records.calls import Call
from aap.records.keys import KeyRing, session_keys
from aap.records.rankings import Decision, JuryDecision, RankingRow, RankingRun
from aap.records.reviews import Consensus, Mark, Review, ReviewState, SetAside

LOCK = 0x617564  # any constant: serialises the log's writers on PostgreSQL (SQLite has one writer)
_CHANGED = "watched rows that changed and are not noted yet"
_PURPOSE = "audit standing"
_BATCH = 500

_T = TypeVar("_T")

Thing = tuple[str, str]
"""Kind (a table's name) and id."""


@dataclass(frozen=True)
class _Watched:
    """`columns`: what is digested. `parts`: rows of another table that belong to it, by the column that names it.

    `quiet`: whether a row is its author's own as yet (a draft), and counts for nothing: its changes aren't noted.
    """

    model: type[SQLModel]
    columns: tuple[str, ...]
    quiet: Callable[[Any], bool] = lambda _row: False
    parts: type[SQLModel] | None = None
    owner: str = ""
    part_columns: tuple[str, ...] = ()


WATCHED: Mapping[str, _Watched] = {
    "call": _Watched(
        Call, ("state", "version_id", "opens_at", "closes_at", "rubric_hash", "draw_seed", "published_at")
    ),
    "application": _Watched(
        Application,
        ("call_id", "association_id", "reference", "state", "title", "theme", "requested_amount", "proposed_amount",
         "attributes", "ineligible_reason", "screened_at", "screened_by", "submitted_at", "withdrawn_at"),
        lambda row: row.submitted_at is None,
    ),
    "submission": _Watched(
        Submission, ("application_id", "ordinal", "receipt_number", "arrived_at", "content", "content_hash")
    ),
    "review": _Watched(
        Review, ("assignment_id", "application_id", "person_id", "state", "general_comment", "rubric_hash", "submitted_at"),
        lambda row: row.state != ReviewState.SUBMITTED,
        Mark, "review_id", ("criterion", "score", "comment"),
    ),
    "consensus": _Watched(
        Consensus,
        ("application_id", "total", "marks", "reason", "dissent", "attendees", "cause", "frozen", "held_on", "decided_at"),
    ),
    "set_aside": _Watched(
        SetAside, ("call_id", "person_id", "application_id", "ground", "reason", "proposed_by", "confirmed_by")
    ),
    "jury_decision": _Watched(JuryDecision, ("call_id", "application_id", "decision", "amount", "reason", "author_id")),
    "ranking_run": _Watched(
        RankingRun,
        ("call_id", "number", "state", "rubric_hash", "result_hash", "report", "bundle", "proposed_by", "frozen_by"),
        lambda _row: False,
        RankingRow, "run_id",
        ("application_id", "rank", "status", "reason_code", "raw_score", "calibrated_score", "granted_amount",
         "waiting_rank", "marks"),
    ),
    "decision": _Watched(
        Decision,
        ("call_id", "application_id", "run_id", "number", "replaces_id", "outcome", "amount", "row", "reason",
         "rubric_hash", "bundle_hash", "letter_sha256", "author_id", "notified_at", "answer"),
    ),
}  # fmt: skip
"""Kind → what of it is watched."""

_OF: Mapping[type, str] = {watched.model: kind for kind, watched in WATCHED.items()}
_PART_OF: Mapping[type, tuple[str, str]] = {
    watched.parts: (kind, watched.owner) for kind, watched in WATCHED.items() if watched.parts is not None
}


# --- what a row is ----------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """A value as JSON has it, the same on every database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, (dict, list)):
        return value
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def contents(session: Session, kind: str, ids: Iterable[str] | None = None) -> Iterator[tuple[str, str, bool]]:
    """(id, what the row is, whether it is quiet) of these rows, or of all of the kind: read from the database, never from
    memory. Of a quiet row only its state counts."""
    watched = WATCHED[kind]
    for some in _some(session, watched, ids):
        columns = [getattr(watched.model, name) for name in ("id", *watched.columns)]
        rows = session.execute(select(*columns).where(col(columns[0]).in_(some))).all()
        parts: dict[str, list[str]] = {}
        if watched.parts is not None:
            owner = getattr(watched.parts, watched.owner)
            inner = [getattr(watched.parts, name) for name in watched.part_columns]
            for one in session.execute(select(owner, *inner).where(owner.in_(some))).all():
                parts.setdefault(one[0], []).append(_canonical([_plain(value) for value in one[1:]]))
        for row in rows:
            quiet = watched.quiet(row)
            held: list[Any] = [row.state] if quiet else [_plain(value) for value in row[1:]]
            yield row.id, _canonical([held, [] if quiet else sorted(parts.get(row.id, ()))]), quiet


def _some(session: Session, watched: _Watched, ids: Iterable[str] | None) -> Iterator[Sequence[str]]:
    if ids is None:
        ids = session.scalars(select(watched.model.id)).all()  # type: ignore[attr-defined]
    return _batches(list(ids))


def _batches(these: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (these[at : at + _BATCH] for at in range(0, len(these), _BATCH))


def _message(thing: Thing, sequence: int, content: str | None) -> bytes:
    held = "" if content is None else hashlib.sha256(content.encode()).hexdigest()
    return "\x1f".join((*thing, str(sequence), held)).encode()


def as_noted(keys: KeyRing, thing: Thing, sequence: int, content: str | None, digest: str) -> bool:
    """Whether `content` (None: the row is gone) is what was noted with the line `sequence`."""
    return keys.verifies(_PURPOSE, _message(thing, sequence, content), digest)


def note_things(session: Session, things: Iterable[Thing], sequence: int) -> list[str]:
    """Notes what these are now, with the line `sequence`; gives the digests in their order."""
    by_kind: dict[str, list[str]] = {}
    for kind, one in sorted(set(things)):
        by_kind.setdefault(kind, []).append(one)
    keys, rows = session_keys(session), []
    for kind, ids in by_kind.items():
        found = {one: content for one, content, _quiet in contents(session, kind, ids)}
        for one in ids:
            digest = keys.mac(_PURPOSE, _message((kind, one), sequence, found.get(one)))
            rows.append({"sequence": sequence, "object_kind": kind, "object_id": one, "digest": digest})
    for some in _batches(rows):
        session.execute(insert(AuditStanding), list(some))
    return [str(row["digest"]) for row in rows]


def take_changed(session: Session) -> set[Thing]:
    """What changed in this session since it was last asked for."""
    found: set[Thing] = session.info.pop(_CHANGED, set())
    return found


def hold_log(session: Session) -> None:
    """One transaction at a time goes on with the log, from here to its end."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


# --- sessions that note by themselves ---------------------------------------------------------------------------------


class WritingSession(Session):
    """A session that writes: it knows which watched rows it changed."""


def _thing(row: object) -> Thing | None:
    kind = _OF.get(type(row))
    if kind is not None:
        return kind, str(row.id)  # type: ignore[attr-defined]
    part = _PART_OF.get(type(row))
    return (part[0], str(getattr(row, part[1]))) if part else None


def _matters(session: Session, row: Any) -> bool:
    """Whether a row that was added, changed or removed changed something that is watched."""
    part = _PART_OF.get(type(row))
    if part is not None:
        watched = WATCHED[part[0]]
        owner = session.identity_map.get(identity_key(watched.model, getattr(row, part[1])))
        return owner is None or not watched.quiet(owner)
    watched = WATCHED[_OF[type(row)]]
    state = inspect(row)
    if watched.quiet(row):
        return row not in session.new and (row in session.deleted or state.attrs["state"].history.has_changes())
    return row not in session.dirty or any(state.attrs[name].history.has_changes() for name in watched.columns)


@event.listens_for(WritingSession, "after_flush")
def _note(session: Session, _context: UOWTransaction) -> None:
    changed = (
        row for row in (*session.new, *session.deleted, *session.dirty) if type(row) in _OF or type(row) in _PART_OF
    )
    found = {thing for row in changed if _matters(session, row) and (thing := _thing(row)) is not None}
    if found:
        session.info.setdefault(_CHANGED, set()).update(found)


@event.listens_for(WritingSession, "do_orm_execute")
def _note_in_bulk(state: ORMExecuteState) -> None:
    """`update(Decision).where(…)` changes rows that no session holds: they are looked up before."""
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return
    model: Any = state.bind_mapper.class_
    kind, owner = _PART_OF.get(model, (_OF.get(model), "id"))
    if kind is None:
        return
    which: Any = state.statement
    ids = state.session.scalars(select(getattr(model, owner)).where(*which._where_criteria)).all()
    if ids:
        state.session.info.setdefault(_CHANGED, set()).update((kind, str(one)) for one in ids)


@event.listens_for(WritingSession, "before_commit")
def _note_the_rest(session: Session) -> None:
    """What changed after the transaction's last line is noted for the line that comes next."""
    session.flush()
    things = take_changed(session)
    if things:
        hold_log(session)
        last = session.scalar(select(func.max(AuditLine.sequence)))
        note_things(session, things, (last or 0) + 1)
