"""Does one job: claims it, does it or has it done in pieces, writes down how it ended. Each kind of long work is in `WORK`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from aap.core.interruption import watched
from aap.records.outbox import Job, JobState
from aap.services.assignment import proposals
from aap.services.decision import decision_papers, letters, post_room
from aap.services.dossier import receipts
from aap.services.errors import DomainError
from aap.services.outbox import (
    NOBODY,
    PIECE,
    InPieces,
    Progress,
    Work,
    WorkEnded,
    add_pieces,
    fail_job,
    forget_pieces,
    piece_done,
    results_of_pieces,
)
from aap.services.page_links import Links
from aap.services.platform import Platform
from aap.services.ranking import computing, points_needed, run_files
from aap.services.review import offline_dossiers
from aap.services.steering import appeal_file, many
from aap.services.upkeep import auditing
from aap.services.workers import LEASE, claim_job, holds_job, let_go, lock_whole, sum_pieces, write_job
from aap.web.public_links import PublicLinks

log = structlog.get_logger(__name__)


def _linked(work: Callable[[Platform, Job, Progress, Links], Mapping[str, Any]]) -> Work:
    """Work that mails addresses of pages: those under the instance's public address of today."""
    return lambda platform, job, progress: work(platform, job, progress, PublicLinks(platform.settings.base_url))


WORK: Mapping[str, Work | InPieces] = {
    "appeal_file": appeal_file.make_appeal_file,
    "assignment": proposals.propose_in_background,
    "decision_paper": decision_papers.make_paper,
    "letters": letters.LETTERS,
    "letters_book": post_room.make_book,
    "many": _linked(many.do_many),
    "points": points_needed.points_in_background,
    "ranking": computing.RANKING,
    "ranking_list": run_files.make_ranking_list,
    "receipt": _linked(receipts.send_receipt),
    "reviewer_dossiers": offline_dossiers.make_dossiers,
    "audit": auditing.verify_in_background,
}
"""What `services.outbox.start_job` may ask for."""

URGENT_JOBS = frozenset({"receipt"})
"""Somebody waits before the screen."""
_LOOK_EVERY = 1.0  # seconds
_RETRIES = (timedelta(seconds=10), timedelta(minutes=1))
_OWED_EVERY, _OWED_FOR = timedelta(minutes=15), timedelta(days=2)  # a receipt that could not be made (a full disk, say)


class _Stopping(WorkEnded):
    """This worker was told to stop."""


def run_job(platform: Platform, job_id: str, *, stop: Callable[[], bool] = lambda: False) -> timedelta | None:
    """Does a job that waits and that nobody else does. Gives after how long it is to be tried again.

    `stop`: asked at each step of the work and, every second, also within one; then it goes back to be done by another
    worker.
    """
    job = claim_job(platform, job_id)
    if job is None:
        return None
    try:
        return _run(platform, job, stop)
    finally:
        let_go(job.id)


def _run(platform: Platform, job: Job, stop: Callable[[], bool]) -> timedelta | None:
    looked = time.monotonic()

    def look() -> None:
        """Asked from within a step, the solver's too, very often: is the job still to be done, and by this worker?"""
        nonlocal looked
        if time.monotonic() - looked < _LOOK_EVERY:
            return
        looked = time.monotonic()
        with platform.database.reading() as session:
            held = holds_job(session, job.id)
        if not held:
            raise WorkEnded
        if stop():
            raise _Stopping

    def progress(done: int, total: int, message: str = "") -> None:
        now = platform.clock()
        with platform.database.writing() as session:
            lock_whole(session, job)
            values = {"done": done, "total": total, "message": message}
            held = write_job(session, job.id, **values, lease_until=now + LEASE, heartbeat_at=now)
            if held and job.parent_id is not None:
                sum_pieces(session, job.parent_id)
        if not held:
            raise WorkEnded
        if stop():
            raise _Stopping

    try:
        with watched(look):
            result = _do(platform, job, progress)
    except _Stopping:
        with platform.database.writing() as session:
            write_job(session, job.id, state=JobState.WAITING, tries=job.tries - 1, **NOBODY)
        return timedelta(0)
    except WorkEnded:
        log.info("job.ended", job=job.id, kind=job.kind)
    except Exception as error:
        log.exception("job.failed", job=job.id, kind=job.kind)
        return _failed(platform, job, error)
    else:
        if result is not None:
            _done(platform, job, result)
    return None


def _do(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any] | None:
    """What the work gave; None where it is now done in pieces."""
    work = WORK[job.kind.removesuffix(PIECE)]
    if not isinstance(work, InPieces):
        return work(platform, job, progress)
    if job.parent_id is not None:
        return work.piece(platform, job, progress)
    if job.pieces_left is None and (pieces := work.split(platform, job)):
        with platform.database.writing() as session:
            total = sum(int(one["size"]) for one in pieces)
            values = {"done": 0, "total": total, "message": job.kind, "pieces_left": len(pieces), **NOBODY}
            if write_job(session, job.id, **values):
                add_pieces(session, job, pieces, now=platform.clock())
        return None
    with platform.database.reading() as session:
        results = results_of_pieces(session, job)
    return work.join(platform, job, results, progress)


def _done(platform: Platform, job: Job, result: Mapping[str, Any]) -> None:
    now = platform.clock()
    with platform.database.writing() as session:
        lock_whole(session, job)
        ended = {"state": JobState.DONE, "result": dict(result), "finished_at": now, "reason": "", **NOBODY}
        if job.parent_id is not None:
            ended["done"] = int(job.arguments["size"])
        if not write_job(session, job.id, **ended):
            log.info("job.ended", job=job.id, kind=job.kind)
            return
        if job.parent_id is not None:
            sum_pieces(session, job.parent_id)
            piece_done(session, job)
        elif job.pieces_left is not None:
            forget_pieces(session, job)
    log.info("job.done", job=job.id, kind=job.kind)


def _failed(platform: Platform, job: Job, error: Exception) -> timedelta | None:
    """Writes down why; the job is tried again where that may help and hasn't been tried often enough."""
    now = platform.clock()
    reason = f"{type(error).__name__}: {error}"[:300]
    wait = _next_try(job, now - job.created_at, error)
    with platform.database.writing() as session:
        lock_whole(session, job)
        if wait is not None:
            write_job(session, job.id, state=JobState.WAITING, not_before=now + wait, reason=reason, **NOBODY)
        elif write_job(session, job.id, reason=reason):
            fail_job(session, job, reason=reason, now=now)
    return wait


def _next_try(job: Job, age: timedelta, error: Exception) -> timedelta | None:
    raised = job.tries - job.deaths
    if isinstance(error, DomainError):  # a refusal: it will be the same tomorrow
        return None
    if raised <= len(_RETRIES):
        return _RETRIES[raised - 1]
    return _OWED_EVERY if job.kind in URGENT_JOBS and age < _OWED_FOR else None
