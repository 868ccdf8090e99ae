"""Calls: loading a call file, opening, extending, moving from state to state; and the call as pages need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlmodel import Session, col, select

from aap.core.call.canonical import call_hash, rubric_hash
from aap.core.call.loading import inspect_call, read_sealed_call
from aap.core.call.schema import CallFile
from aap.core.problems import Problem
from aap.records.calls import Call, CallExtension, CallState, CallVersion
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids, said_by_core
from aap.services.permissions import Permission, Target, ensure


class CallFileRefused(InvalidInput):
    """The call file has errors: `found` lists them all, with file, line and column."""

    def __init__(self, found: tuple[Problem, ...]) -> None:
        super().__init__({"file": said_by_core("\n".join(str(problem) for problem in found))})
        self.found = found


@dataclass(frozen=True)
class OpenedCall:
    """A call's record with its file as typed values."""

    record: Call
    file: CallFile

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def state(self) -> CallState:
        return CallState(self.record.state)

    @property
    def accepted_until(self) -> datetime:
        """The last moment at which a dossier is taken: closing (extended where it was) and grace."""
        return self.record.closes_at + timedelta(minutes=self.record.grace_minutes)

    @property
    def authority_name(self) -> str:
        """Who decides; empty where the file names nobody."""
        return self.file.call.authority.name if self.file.call.authority else ""

    def accepts_new_dossiers(self, now: datetime) -> bool:
        return self.state is CallState.OPEN and self.record.opens_at <= now <= self.record.closes_at

    def target(self) -> Target:
        return Target(call_id=self.record.id, call_state=self.state)


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> CallFile:
    return read_sealed_call(text, name=name)


def get_call(session: Session, call_id: str) -> OpenedCall:
    """The call with its file (parsed once a process). Raises NotFound. One query, two the first time."""
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("call", call_id)
    return opened_call(session, call)


_FILES: dict[str, CallFile] = {}
"""Call files by their version's id: a version is never edited, so that its text is read and parsed once a process."""
_MOST_FILES = 256


def _keep_file(version_id: str, file: CallFile) -> CallFile:
    if len(_FILES) >= _MOST_FILES:
        _FILES.clear()
    _FILES[version_id] = file
    return file


def opened_call(session: Session, call: Call) -> OpenedCall:
    """A call's record with its file. Raises NotFound where it has none."""
    version_id = call.version_id or ""
    file = _FILES.get(version_id)
    if file is None:
        version = session.get(CallVersion, version_id)
        if version is None:
            raise NotFound("call", call.id)
        file = _keep_file(version_id, _parsed(version.text, f"{call.id}.yaml"))
    return OpenedCall(call, file)


def list_calls(session: Session, states: frozenset[CallState] | None = None) -> tuple[OpenedCall, ...]:
    """Calls, the earliest closing first. One query, and one more for each file that this process reads first."""
    query = select(Call).where(col(Call.version_id).is_not(None))
    if states is not None:
        query = query.where(col(Call.state).in_(states))
    rows = session.exec(query.order_by(col(Call.closes_at), col(Call.id))).all()
    return tuple(opened_call(session, call) for call in rows)


def add_call(session: Session, *, actor: Actor, text: str, name: str, now: datetime) -> OpenedCall:
    """A new call from its file's text, or a new version of a draft. The operator's commands act as the system.

    Raises CallFileRefused (the file has errors, or lacks what an online call needs) and StateForbids (the call has
    opened: what ranks is sealed, see `amend_call`).
    """
    ensure(actor, Permission.CALL_LOAD, Target())
    inspected = inspect_call(text, name=name, online=True)
    file = inspected.call
    if file is None:
        raise CallFileRefused(inspected.problems)
    assert file.call.opens_at is not None
    assert file.call.closes_at is not None
    call = session.get(Call, file.id)
    if call is not None and call.state != CallState.DRAFT:
        raise StateForbids(Permission.CALL_LOAD, call.state)
    count = len(session.exec(select(CallVersion.id).where(CallVersion.call_id == file.id)).all())
    version = CallVersion(
        call_id=file.id,
        number=count + 1,
        text=text,
        call_hash=call_hash(file),
        rubric_hash=rubric_hash(file),
        author_id=actor.row_id,
        created_at=now,
    )
    session.add(version)
    session.flush()
    _keep_file(version.id, file)
    if call is None:
        call = Call(id=file.id, title=file.call.title or file.id, opens_at=now, closes_at=now, created_at=now)
    call.title = file.call.title or file.id
    call.opens_at, call.closes_at = file.call.opens_at, file.call.closes_at
    call.grace_minutes = file.call.grace_minutes
    call.version_id = version.id
    session.add(call)
    session.flush()
    record(
        session, actor, "call.loaded", call, now=now, after={"version": version.number, "call_hash": version.call_hash}
    )
    return OpenedCall(call, file)


_NEXT: dict[CallState, CallState] = {
    CallState.DRAFT: CallState.OPEN,
    CallState.OPEN: CallState.CLOSED,
    CallState.CLOSED: CallState.REVIEWING,
    CallState.REVIEWING: CallState.DELIBERATING,
    CallState.DELIBERATING: CallState.PROPOSED,
    CallState.PROPOSED: CallState.ARBITRATED,
    CallState.ARBITRATED: CallState.DECIDED,
    CallState.DECIDED: CallState.PUBLISHED,
    CallState.PUBLISHED: CallState.ARCHIVED,
}


def hold_call(session: Session, call: OpenedCall) -> None:
    """Reads the call's record as it stands now; nobody else changes it or holds it until the transaction ends."""
    session.refresh(call.record, with_for_update=True)


def change_state(
    session: Session, call: OpenedCall, to: CallState, *, actor: Actor, now: datetime, reason: str = ""
) -> None:
    """One step forward. Opening seals the rubric's hash. Permissions are the caller's: this is the mechanism.

    Two who take it at once come one after the other, and the second finds it taken. Raises StateForbids.
    """
    hold_call(session, call)
    if _NEXT.get(call.state) is not to:
        raise StateForbids(Permission.CALL_ADVANCE, call.state)
    before = call.state
    call.record.state = to
    if to is CallState.OPEN:
        call.record.rubric_hash = rubric_hash(call.file)
    if to is CallState.PUBLISHED:
        call.record.published_at = now
    session.add(call.record)
    record(
        session,
        actor,
        "call.state",
        call.record,
        now=now,
        before={"state": str(before)},
        after={"state": str(to), "reason": reason},
    )


def open_call(session: Session, *, actor: Actor, call_id: str, now: datetime) -> None:
    """draft → open: what ranks is sealed from here on."""
    call = get_call(session, call_id)
    ensure(actor, Permission.CALL_OPEN, call.target())
    change_state(session, call, CallState.OPEN, actor=actor, now=now)


def close_call(session: Session, *, actor: Actor, call_id: str, now: datetime) -> None:
    """open → closed. Refused before the closing date and its grace have passed."""
    call = get_call(session, call_id)
    ensure(actor, Permission.CALL_ADVANCE, call.target())
    if now <= call.accepted_until:
        raise StateForbids(Permission.CALL_ADVANCE, call.state)
    change_state(session, call, CallState.CLOSED, actor=actor, now=now)


def extend_closing(
    session: Session, *, actor: Actor, call_id: str, closes_at: datetime, reason: str, now: datetime
) -> None:
    """A later closing for everybody after an incident: logged, announced on the call's page.

    Raises InvalidInput where the new closing is not later than the present one or the reason is missing.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.CALL_EXTEND, call.target())
    problems = {}
    if closes_at <= call.record.closes_at or closes_at <= now:
        problems["closes_at"] = Objection("call.closing_not_later")
    if not reason.strip():
        problems["reason"] = Objection("call.extension_unexplained")
    if problems:
        raise InvalidInput(problems)
    before = call.record.closes_at
    session.add(
        CallExtension(
            call_id=call_id,
            previous_closes_at=before,
            closes_at=closes_at,
            reason=reason.strip(),
            author_id=actor.person_id,
            created_at=now,
        )
    )
    call.record.closes_at = closes_at
    if call.state is CallState.CLOSED:
        call.record.state = CallState.OPEN
    session.add(call.record)
    record(
        session,
        actor,
        "call.extended",
        call.record,
        now=now,
        before={"closes_at": before.isoformat()},
        after={"closes_at": closes_at.isoformat(), "reason": reason},
    )
