"""Who is at work, and who holds which job or mail.

A row has one owner at a time, who took it in a short transaction of its own. The owner's process moves the lease on as long as
it lives and has the row in hand; where the lease is over, or the process is known to be dead, the row waits again.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, func, select

from aap.records.outbox import Job, JobState, OutboxMail, PeriodicRun, WorkerProcess
from aap.services.outbox import NOBODY, fail_job
from aap.services.platform import Platform

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=10)
MOST_DEATHS = 5
"""How many workers may die of a job, or with it, before it isn't given to another one."""
WORKER_DIED = "worker died"
"""`reason` of a job whose worker died each time; pages word it."""
_REMEMBERED = timedelta(days=1)
_in_hand: set[str] = set()
Row = TypeVar("Row", Job | None, OutboxMail | None)


@dataclass(frozen=True)
class WorkerSeen:
    """`heartbeat`: of any worker, the last one; None where there never was one. `waiting_since`: since when the oldest
    job or mail that could be done waits for somebody to take it."""

    heartbeat: datetime | None
    waiting_since: datetime | None


def worker_seen(session: Session, now: datetime) -> WorkerSeen:
    """What health pages ask: is a worker alive, and does it get on? Three queries."""
    heartbeat = session.exec(select(func.max(WorkerProcess.seen_at))).one()
    mails = session.exec(select(func.min(OutboxMail.not_before)).where(mail_is_due(now))).one()
    since = func.min(func.coalesce(Job.not_before, Job.created_at))
    jobs = session.exec(select(since).where(job_is_due(now))).one()
    return WorkerSeen(heartbeat, min((at for at in (mails, jobs) if at is not None), default=None))


def owner_name() -> str:
    """What this process signs rows with."""
    return _owner_of(os.getpid())


@cache
def _owner_of(pid: int) -> str:
    host = re.sub(r"[^A-Za-z0-9.-]", "", socket.gethostname())[:40]
    return f"{host}-{pid}-{secrets.token_hex(6)}"


# --- rows -------------------------------------------------------------------------------------------------------------


def mail_is_due(now: datetime) -> ColumnElement[bool]:
    """Not sent, not given up, its time has come, it isn't left to the mail of the day, and nobody holds it."""
    return and_(
        col(OutboxMail.waits_for_digest).is_(False),
        col(OutboxMail.sent_at).is_(None),
        col(OutboxMail.given_up_at).is_(None),
        col(OutboxMail.not_before) <= now,
        _free(OutboxMail, now),
    )


def job_is_due(now: datetime) -> ColumnElement[bool]:
    """It waits, and its time has come."""
    return and_(col(Job.state) == JobState.WAITING, or_(col(Job.not_before).is_(None), col(Job.not_before) <= now))


def _free(row: Any, now: datetime) -> ColumnElement[bool]:
    return or_(col(row.owner).is_(None), col(row.lease_until) < now)


def due_jobs(session: Session, *, now: datetime, most: int = 200) -> list[tuple[str, str]]:
    """Ids and kinds of the jobs that somebody should do now, the oldest first."""
    due = select(Job.id, Job.kind).where(job_is_due(now)).order_by(col(Job.created_at), col(Job.id)).limit(most)
    return [(id, kind) for id, kind in session.exec(due)]


def claim_job(platform: Platform, job_id: str) -> Job | None:
    """Takes a job that waits; None where somebody else has it, or nobody may have it now."""
    now = platform.clock()
    taken = {"state": JobState.RUNNING, "owner": owner_name(), "lease_until": now + LEASE, "heartbeat_at": now}
    with platform.database.writing() as session:
        changed = session.execute(
            update(Job)
            .where(col(Job.id) == job_id, job_is_due(now))
            .values(**taken, tries=Job.tries + 1, started_at=func.coalesce(Job.started_at, now), finished_at=None)
        )
        job = session.get(Job, job_id) if _number(changed) else None
    return _taken(job)


def _taken(row: Row) -> Row:
    if row is not None:
        _in_hand.add(row.id)
    return row


def let_go(row_id: str) -> None:
    """Nobody in this process works on the row any more. One whose end could not be written down waits again when its lease
    is over."""
    _in_hand.discard(row_id)


def lock_whole(session: Session, job: Job) -> None:
    """Before a piece and its whole are written: first the whole, so that two pieces don't wait for each other."""
    if job.parent_id is not None:
        session.exec(select(Job.id).where(Job.id == job.parent_id).with_for_update())


def holds_job(session: Session, job_id: str) -> bool:
    """Whether this process holds the job still: it wasn't cancelled, nor given to another one."""
    held = (col(Job.id) == job_id, col(Job.owner) == owner_name(), col(Job.state) == JobState.RUNNING)
    return session.exec(select(Job.id).where(*held)).first() is not None


def write_job(session: Session, job_id: str, **values: Any) -> bool:
    """Writes into a job that this process holds. False where it doesn't any more: cancelled, or given to another."""
    held = (col(Job.id) == job_id, col(Job.owner) == owner_name(), col(Job.state) == JobState.RUNNING)
    return _number(session.execute(update(Job).where(*held).values(**values))) == 1


def sum_pieces(session: Session, whole_id: str) -> None:
    """The progress of work in pieces is that of its pieces."""
    piece = aliased(Job)
    done = select(func.sum(piece.done)).where(piece.parent_id == whole_id).scalar_subquery()
    session.execute(update(Job).where(col(Job.id) == whole_id).values(done=func.coalesce(done, 0)))


def claim_mail(platform: Platform, mail_id: str, domain: str) -> OutboxMail | None:
    """Takes a mail to send it; None where it isn't due, or somebody else sends it. From here on it counts as tried."""
    now = platform.clock()
    with platform.database.writing() as session:
        changed = session.execute(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail_id, mail_is_due(now))
            .values(owner=owner_name(), lease_until=now + LEASE, attempts=OutboxMail.attempts + 1)
        )
        mail = session.get(OutboxMail, mail_id) if _number(changed) else None
        if mail is not None and not mail.message_id:
            mail.message_id = f"<{mail.id}@{domain}>"
    return _taken(mail)


def settle_mail(platform: Platform, mail_id: str, **values: Any) -> bool:
    """Writes down how an attempt ended and lets go of the mail; one that ended for good loses a text with a link that lets
    somebody in. False where it was held no more."""
    held = (col(OutboxMail.id) == mail_id, col(OutboxMail.owner) == owner_name())
    with platform.database.writing() as session:
        changed = session.execute(update(OutboxMail).where(*held).values(**NOBODY, **values))
        if values.get("sent_at") or values.get("given_up_at"):
            linked = (col(OutboxMail.id) == mail_id, col(OutboxMail.erased_when_done).is_(True))
            session.execute(update(OutboxMail).where(*linked).values(body=""))
    return _number(changed) == 1


def claim_slot(platform: Platform, name: str, slot: datetime) -> bool:
    """Whether this process is the one that does the periodic work of this time."""
    with suppress(IntegrityError):
        with platform.database.writing() as session:
            old = (col(PeriodicRun.name) == name, col(PeriodicRun.slot) < slot - _REMEMBERED)
            session.execute(delete(PeriodicRun).where(*old))
            session.add(PeriodicRun(name=name, slot=slot))
        return True
    return False


def _number(changed: Any) -> int:
    return int(changed.rowcount)


# --- what an owner left behind ----------------------------------------------------------------------------------------


def release_abandoned(session: Session, *, now: datetime, dead: Sequence[str] = ()) -> int:
    """Lets go of what nobody alive holds: the lease is over (or never was: 0.1.0), or its owner is one of the `dead`.

    A job that its workers left `MOST_DEATHS` times fails. Gives the number of jobs and mails.
    """

    def gone(row: Any) -> ColumnElement[bool]:
        over = or_(col(row.lease_until) < now, col(row.owner).in_(dead))
        return or_(over, and_(col(row.owner).is_(None), col(row.lease_until).is_(None)))

    in_pieces = func.coalesce(Job.pieces_left, 0) > 0
    left = session.exec(
        select(Job)
        .where(col(Job.state) == JobState.RUNNING, ~in_pieces, gone(Job))
        .with_for_update(skip_locked=True)
        .order_by(col(Job.created_at), col(Job.id))
    ).all()
    for job in left:
        if job.deaths + 1 >= MOST_DEATHS:
            fail_job(session, job, reason=WORKER_DIED, now=now)
        else:
            values = {"state": JobState.WAITING, "deaths": job.deaths + 1, **NOBODY}
            session.execute(update(Job).where(col(Job.id) == job.id).values(**values))
    unsent = (col(OutboxMail.sent_at).is_(None), col(OutboxMail.owner).is_not(None), gone(OutboxMail))
    return len(left) + _number(session.execute(update(OutboxMail).where(*unsent).values(**NOBODY)))


def give_back(session: Session, owner: str) -> None:
    """A worker that stops gives back what it holds: a try that it broke off by itself doesn't count."""
    held = (col(Job.owner) == owner, col(Job.state) == JobState.RUNNING)
    session.execute(update(Job).where(*held).values(state=JobState.WAITING, tries=Job.tries - 1, **NOBODY))
    unsent = (col(OutboxMail.owner) == owner, col(OutboxMail.sent_at).is_(None))
    session.execute(update(OutboxMail).where(*unsent).values(**NOBODY))


def heartbeat(session: Session, owner: str, now: datetime) -> None:
    """The owner lives: what it has in hand stays its own."""
    ids = _in_hand.copy()
    session.merge(WorkerProcess(id=owner, started_at=_started(session, owner, now), seen_at=now))
    held = (col(Job.owner) == owner, col(Job.state) == JobState.RUNNING, col(Job.id).in_(ids))
    session.execute(update(Job).where(*held).values(lease_until=now + LEASE, heartbeat_at=now))
    unsent = (col(OutboxMail.owner) == owner, col(OutboxMail.sent_at).is_(None), col(OutboxMail.id).in_(ids))
    session.execute(update(OutboxMail).where(*unsent).values(lease_until=now + LEASE))
    session.execute(delete(WorkerProcess).where(col(WorkerProcess.seen_at) < now - _REMEMBERED))


def _started(session: Session, owner: str, now: datetime) -> datetime:
    known = session.get(WorkerProcess, owner)
    return known.started_at if known else now


# --- a process that works ---------------------------------------------------------------------------------------------


@contextmanager
def at_work(platform: Platform, look_after: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Meanwhile this process counts as a worker: it beats, and others on this machine see at once when it has died.

    `look_after`: done at each beat but the first. A worker's life is a locked file: the system lets go of the lock when the
    process ends, however it ends.
    """
    owner = owner_name()
    stop = threading.Event()

    def beat() -> None:
        try:
            with platform.database.writing() as session:
                heartbeat(session, owner, platform.clock())
        except SQLAlchemyError as error:  # a locked or full database: the next beat may pass
            log.warning("worker.heartbeat_failed", error=type(error).__name__)

    def keep_beating() -> None:
        while not stop.wait(HEARTBEAT.total_seconds()):
            beat()
            try:
                look_after()
            except Exception as error:  # of the database or the queue: the next beat may do it
                log.warning("worker.look_after_failed", error=type(error).__name__)

    folder = _lives(platform)
    folder.mkdir(parents=True, exist_ok=True)
    being_made = folder / f"{owner}.new"
    with being_made.open("w") as life:
        fcntl.flock(life, fcntl.LOCK_EX)
        path = being_made.rename(folder / f"{owner}.lock")
        beat()
        beating = threading.Thread(target=keep_beating, name="heartbeat", daemon=True)
        beating.start()
        try:
            yield
        finally:
            stop.set()
            beating.join(timeout=5)
            with suppress(SQLAlchemyError), platform.database.writing() as session:
                give_back(session, owner)
            path.unlink(missing_ok=True)


def found_dead(platform: Platform) -> tuple[str, ...]:
    """The workers of this machine whose process has ended without giving back what it held."""
    return tuple(path.stem for path in _locks(platform) if _is_dead(path))


def bury(platform: Platform, dead: Sequence[str]) -> None:
    """Once nothing is theirs any more."""
    for owner in dead:
        (_lives(platform) / f"{owner}.lock").unlink(missing_ok=True)


def _lives(platform: Platform) -> Path:
    return platform.settings.instance / "workers"


def _locks(platform: Platform) -> list[Path]:
    return sorted(path for path in _lives(platform).glob("*.lock") if path.stem != owner_name())


def _is_dead(path: Path) -> bool:
    try:
        with path.open("r") as life:
            fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # locked: it lives; or gone meanwhile: it has given everything back
        return False
    return True
