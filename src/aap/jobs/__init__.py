"""Work outside the request: the database holds what there is to do and who does it, Huey carries, times and retries it.

A use case writes mails and jobs in its transaction (`services.outbox`). After the commit `wake` puts a message into a queue:
`do_job` with the id of a job, `send_mails` with those of mails. A worker that takes a message claims the row that it names
(`services.workers`), so a message that comes twice does nothing, and one that was lost is found by its row. One job is done by
`aap.jobs.doing`. Why it is so: docs/decisions/0011.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import structlog
from huey import crontab
from huey.api import Huey, TaskWrapper
from huey.exceptions import RetryTask
from sqlmodel import Session

from aap.jobs.doing import URGENT_JOBS, run_job
from aap.jobs.transport import carried_by, open_queue
from aap.records.session import Database
from aap.services import smtp
from aap.services.decision.answer_terms import keep_answer_terms
from aap.services.outbox import PIECE, WAKE, ToCarry, is_urgent
from aap.services.platform import Platform, open_platform
from aap.services.upkeep.timekeeping import Kept, keep_time
from aap.services.workers import at_work, bury, claim_slot, due_jobs, found_dead, release_abandoned
from aap.settings import Settings
from aap.web.public_links import PublicLinks

log = structlog.get_logger(__name__)

_LINK, _RECEIPT_MAIL, _RECEIPT = 40, 30, 20  # priorities in the urgent queue
_MAIL, _OTHER_JOB = 40, 20  # in the other one
_JOB_PRIORITIES = {"ranking": 30, "assignment": 30, "letters": 10, "audit": 0}
_MAILS_A_MESSAGE = 50

_sweeping = threading.Lock()
_of_thread = threading.local()
_stop = threading.Event()


# --- what carries -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queue:
    """The two queues of an instance. `urgent` has a worker thread of its own, which long work never holds up."""

    huey: Huey
    urgent: Huey
    do_job: Mapping[bool, TaskWrapper]
    send_mails: Mapping[bool, TaskWrapper]

    @property
    def both(self) -> tuple[Huey, Huey]:
        return self.urgent, self.huey


@cache
def queue(settings: Settings) -> Queue:
    """The queues of an instance, and the tasks that they know."""
    huey, urgent = open_queue(settings, "aap"), open_queue(settings, "aapurgent")
    do_job, send_mails = {}, {}
    for is_urgent_queue, one in ((False, huey), (True, urgent)):
        do_job[is_urgent_queue] = one.task(name="do_job")(_do_job)
        send_mails[is_urgent_queue] = one.task(name="send_mails", context=True)(_send_mails)
    urgent.periodic_task(crontab(minute="*"), name="every_minute", priority=100)(_every_minute)
    for name in ("sweep", "every_minute"):  # what 0.1.0 may have left in the file of its queue
        huey.task(name=name)(_recover)
    return Queue(huey, urgent, do_job, send_mails)


def _do_job(job_id: str) -> None:
    wait = run_job(worker_platform(), job_id, stop=_stop.is_set)
    if wait is not None:
        raise RetryTask(delay=wait.total_seconds())


def _send_mails(ids: list[str], task: Any) -> None:
    platform = worker_platform()
    later = smtp.send_mails(platform, ids, _mailer(platform.settings), stop=_stop.is_set)
    for wait in sorted(set(later.values())):
        again = [mail_id for mail_id in ids if later.get(mail_id) == wait]
        held = queue(platform.settings)
        wrapper = next(one for one in held.send_mails.values() if one.task_class is type(task))
        wrapper.schedule(args=(again,), delay=wait.total_seconds(), priority=task.priority)


def _mailer(settings: Settings) -> smtp.Mailer:
    """One connection a thread, kept from message to message."""
    mailer: smtp.Mailer | None = getattr(_of_thread, "mailer", None)
    if mailer is None or mailer.settings is not settings:
        mailer = _of_thread.mailer = smtp.Mailer(settings)
    return mailer


def _recover() -> None:
    recover(worker_platform())


def _every_minute() -> None:
    platform = worker_platform()
    if _takes_this_minute(platform):
        _keep_time(platform)
    recover(platform)


def carry(settings: Settings, waiting: ToCarry) -> None:
    """Puts messages into the queues: one a job, one for up to fifty mails that are as urgent."""
    held = queue(settings)
    mails: dict[tuple[bool, int], list[str]] = {}
    for mail_id, kind in waiting.mails.items():
        urgent = is_urgent(kind)
        priority = _MAIL if not urgent else _LINK if kind.startswith("identity_") else _RECEIPT_MAIL
        mails.setdefault((urgent, priority), []).append(mail_id)
    for (urgent, priority), ids in mails.items():
        for start in range(0, len(ids), _MAILS_A_MESSAGE):
            held.send_mails[urgent](ids[start : start + _MAILS_A_MESSAGE], priority=priority)
    for job_id, kind in waiting.jobs.items():
        held.do_job[kind in URGENT_JOBS](job_id, priority=_priority(kind))


def _priority(kind: str) -> int:
    return _RECEIPT if kind in URGENT_JOBS else _JOB_PRIORITIES.get(kind.removesuffix(PIECE), _OTHER_JOB)


def wake(platform: Platform, waiting: ToCarry | None = None) -> None:
    """Something waits since a commit: done now (tests, demonstration) or carried to a worker. Not told what: all that waits.

    Never fails: the rows are there, and the minute's work finds those that no message names.
    """
    if platform.settings.immediate_jobs:
        sweep(platform)
        return
    try:
        if waiting is None:
            _carry_due(platform)
        else:
            carry(platform.settings, waiting)
    except Exception as error:  # of a full disk, a locked file, a server that is away
        log.warning("queue.unreachable", error=type(error).__name__)


def recover(platform: Platform) -> None:
    """Takes what dead workers held from them, and has everything carried that is due and that no message names."""
    resume(platform)
    _carry_due(platform)


def _carry_due(platform: Platform) -> None:
    now = platform.clock()
    with platform.database.reading() as session:
        mails = dict(smtp.due_mails(session, now=now, most=2_000))
        jobs = dict(due_jobs(session, now=now, most=500))
    if not mails and not jobs:
        return
    carried = set().union(*(carried_by(one) for one in queue(platform.settings).both))
    carry(
        platform.settings,
        ToCarry(
            {id: kind for id, kind in mails.items() if id not in carried},
            {id: kind for id, kind in jobs.items() if id not in carried},
        ),
    )


# --- a worker ---------------------------------------------------------------------------------------------------------


class _CarryingDatabase(Database):
    """What work itself leaves to be done (a receipt's mail, the pieces of letters) is carried once it is committed."""

    def __init__(self, opened: Platform) -> None:
        self.__dict__.update(vars(opened.database))  # the same connections
        self._platform = opened

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
        if session.info.get(WAKE):
            wake(self._platform, session.info[WAKE])


@cache
def worker_platform() -> Platform:
    """The instance as the worker opens it, once a process."""
    opened = open_platform(Settings(), migrate=False)
    return replace(opened, database=_CarryingDatabase(opened))


def work(settings: Settings) -> None:
    """The worker's life: takes up what a crash left, then waits for messages until it is told to stop.

    Two threads: one takes what is urgent and nothing else, so that a receipt never waits for letters. Told to stop, both
    end after the piece at hand; what isn't ended in six seconds goes back.
    """
    platform = worker_platform()
    held = queue(settings)
    common = {"workers": 1, "initial_delay": 0.1, "max_delay": 1.0, "graceful_signal": "TERM"}
    urgent = held.urgent.create_consumer(periodic=True, shutdown_timeout=2, **common)
    other = held.huey.create_consumer(periodic=False, shutdown_timeout=6, **common)
    global _stop  # noqa: PLW0603  (Huey's own: set as soon as it is told to stop)
    _stop = other.stop_flag
    with at_work(platform, look_after=lambda: _look_after(platform)):
        recover(platform)
        urgent.start()
        other.run()  # its handlers of signals take the place of the other's
        urgent.stop(graceful=True)


def _look_after(platform: Platform) -> None:
    if found_dead(platform):
        recover(platform)


def _takes_this_minute(platform: Platform) -> bool:
    return claim_slot(platform, "minute", platform.clock().replace(second=0, microsecond=0))


def _keep_time(platform: Platform) -> Kept:
    links = PublicLinks(platform.settings.base_url)
    kept = keep_time(platform, links)
    with platform.database.writing() as session:
        asked, silent = keep_answer_terms(session, links=links, now=platform.clock())
    if kept != Kept(0, 0) or asked or silent:
        log.info("time.kept", **asdict(kept), answers_asked=asked, grants_lapsed=silent)
    return kept


# --- here and now -----------------------------------------------------------------------------------------------------


def tick(platform: Platform) -> Kept:
    """What the time asks for (reminders, completions that end), then a sweep: it takes up what a crash left behind."""
    kept = _keep_time(platform)
    resume(platform)
    sweep(platform)
    return kept


def tick_beside_workers(platform: Platform) -> Kept:
    """The same from a command: what a worker has done this minute isn't done again, what one holds stays its own."""
    with at_work(platform):
        kept = _keep_time(platform) if _takes_this_minute(platform) else Kept(0, 0)
        resume(platform)
        sweep(platform)
    return kept


def resume(platform: Platform) -> None:
    """What nobody alive holds waits again (every kind of work may be run again)."""
    dead = found_dead(platform)
    with platform.database.writing() as session:
        released = release_abandoned(session, now=platform.clock(), dead=dead)
    bury(platform, dead)
    if dead or released:
        log.warning("workers.dead", dead=len(dead), released=released)


def sweep(platform: Platform) -> None:
    """Sends every mail and does every job that is due, in this process. One sweep at a time in it."""
    mailer = smtp.Mailer(platform.settings)
    put_off: set[str] = set()
    with _sweeping:
        try:
            while _sweep_once(platform, mailer, put_off):
                pass
        finally:
            mailer.close()


def _sweep_once(platform: Platform, mailer: smtp.Mailer, put_off: set[str]) -> bool:
    """All mails that wait, or the most urgent job. False where there is neither."""
    now = platform.clock()
    with platform.database.reading() as session:
        mails = [id for id, _ in smtp.due_mails(session, now=now) if id not in put_off]
        jobs = due_jobs(session, now=now)
    if mails:
        put_off.update(smtp.send_mails(platform, mails, mailer))
    elif jobs:
        run_job(platform, max(jobs, key=lambda one: _priority(one[1]))[0])  # of equal ones the oldest
    return bool(mails or jobs)
