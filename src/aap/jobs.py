"""Long work, outside the request: Huey carries the wake-up, the database holds what there is to do.

A use case writes mails and jobs in its transaction (`services.outbox`). After the commit `wake` puts a task in the
queue; a sweep every minute catches what a crash left behind. Each kind of work is a function of `WORK`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from huey import SqliteHuey, crontab
from huey.api import Huey
from sqlalchemy import update
from sqlmodel import col, select

from aap.records.outbox import Job, JobState
from aap.services import smtp
from aap.services.assignment import proposals
from aap.services.decision import letters
from aap.services.dossier import receipts
from aap.services.outbox import Work
from aap.services.platform import Platform, open_platform
from aap.services.ranking import computing, run_files
from aap.services.review import offline_dossiers
from aap.services.upkeep import auditing
from aap.services.upkeep.timekeeping import Kept, keep_time
from aap.settings import Settings
from aap.web.public_links import PublicLinks

log = structlog.get_logger(__name__)

_sweeping = threading.Lock()


@dataclass(frozen=True)
class Queue:
    """Huey's queue of an instance, and the task that wakes the worker."""

    huey: Huey
    wake: Callable[[], Any]


@cache
def queue(settings: Settings) -> Queue:
    """The queue of an instance: a SQLite file beside the database."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    huey = SqliteHuey("aap", filename=str(settings.instance / "queue.sqlite3"), fsync=False)
    wake_task = huey.task(name="sweep")(_sweep_instance)
    huey.periodic_task(crontab(minute="*"), name="every_minute")(_every_minute)
    return Queue(huey, wake_task)


def _sweep_instance() -> None:
    sweep(worker_platform())


def _every_minute() -> None:
    tick(worker_platform())


def tick(platform: Platform) -> Kept:
    """What the time asks for (reminders, completions that end), then a sweep: it takes up what a crash left behind."""
    kept = keep_time(platform, PublicLinks(platform.settings.base_url))
    if kept.reminders or kept.lapsed or kept.recused:
        log.info("time.kept", reminders=kept.reminders, lapsed=kept.lapsed, recused=kept.recused)
    _try_receipts_again(platform)
    sweep(platform)
    return kept


def _try_receipts_again(platform: Platform) -> None:
    """A receipt that could not be sent (a full disk, say) is owed: tried again every quarter of an hour for two days.

    Other work that failed waits for whoever asked for it, or for an administrator.
    """
    now = platform.clock()
    owed = (
        col(Job.kind) == "receipt",
        col(Job.state) == JobState.FAILED,
        col(Job.finished_at) <= now - timedelta(minutes=15),
        col(Job.created_at) > now - timedelta(days=2),
    )
    with platform.database.writing() as session:
        session.execute(update(Job).where(*owed).values(state=JobState.WAITING, done=0))


@cache
def worker_platform() -> Platform:
    """The instance as the worker opens it, once a process."""
    return open_platform(Settings(), migrate=False)


def wake(platform: Platform) -> None:
    """Something waits: now (tests, demonstration) or by the worker."""
    if platform.settings.immediate_jobs:
        sweep(platform)
        return
    queue(platform.settings).wake()


def work(settings: Settings) -> None:
    """The worker's life: takes up what a crash left, then waits for tasks until it is told to stop."""
    resume(worker_platform())
    held = queue(settings)
    held.wake()
    held.huey.create_consumer(
        workers=1, periodic=True, initial_delay=0.1, max_delay=1.0, check_worker_health=True
    ).run()


def sweep(platform: Platform) -> None:
    """Sends every mail that is due and runs every waiting job. One sweep at a time in a process."""
    with _sweeping:
        smtp.send_due_mails(platform)
        while (job_id := _claim(platform)) is not None:
            _run(platform, job_id)
            smtp.send_due_mails(platform)


def resume(platform: Platform) -> None:
    """At the worker's start: jobs that a crash interrupted wait again (every kind of work may be run again)."""
    with platform.database.writing() as session:
        session.execute(update(Job).where(col(Job.state) == JobState.RUNNING).values(state=JobState.WAITING, done=0))


def _claim(platform: Platform) -> str | None:
    with platform.database.writing() as session:
        waiting = select(Job).where(Job.state == JobState.WAITING).order_by(col(Job.created_at), col(Job.id)).limit(1)
        job = session.exec(waiting.with_for_update(skip_locked=True)).first()
        if job is None:
            return None
        job.state, job.started_at = JobState.RUNNING, platform.clock()
        return job.id


def _run(platform: Platform, job_id: str) -> None:
    with platform.database.reading() as session:
        job = session.get_one(Job, job_id)

    def progress(done: int, total: int, message: str = "") -> None:
        with platform.database.writing() as session:
            values = {"done": done, "total": total, "message": message}
            session.execute(update(Job).where(col(Job.id) == job_id).values(**values))

    try:
        result = WORK[job.kind](platform, job, progress)
    except Exception:
        log.exception("job.failed", job=job_id, kind=job.kind)
        _finish(platform, job_id, JobState.FAILED, {})
    else:
        log.info("job.done", job=job_id, kind=job.kind)
        _finish(platform, job_id, JobState.DONE, result)


def _finish(platform: Platform, job_id: str, state: JobState, result: Mapping[str, Any]) -> None:
    with platform.database.writing() as session:
        values = {"state": state, "result": dict(result), "finished_at": platform.clock()}
        session.execute(update(Job).where(col(Job.id) == job_id).values(**values))


WORK: Mapping[str, Work] = {
    "assignment": proposals.propose_in_background,
    "letters": letters.render_letters,
    "ranking": computing.rank_in_background,
    "ranking_list": run_files.make_ranking_list,
    "receipt": receipts.send_receipt,
    "reviewer_dossiers": offline_dossiers.make_dossiers,
    "audit": auditing.verify_in_background,
}
"""What `services.outbox.start_job` may ask for."""
