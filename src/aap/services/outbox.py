"""What leaves after the commit: mails and jobs are written in the use case's transaction, the workers take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from aap.core.delays import PARIS, paris
from aap.documents.calendar import Event, ics_of
from aap.documents.mail_texts import MAY_WAIT, WITH_TOKEN, Mail, render_mail
from aap.records.outbox import Job, JobState, OutboxMail
from aap.records.people import Person, TurnedSwitch
from aap.services.actor import Actor
from aap.services.platform import Platform

WAKE = "wake the workers after the commit"
"""Key in `session.info`: what waits since this transaction, a `ToCarry`."""
DIGEST = "daily_digest"
"""The switch of who wants one mail a day for what isn't urgent: off by itself."""
DIGEST_AT = time(7)
"""In Paris."""
SOON = timedelta(days=2)
"""What has to be done in less is urgent."""
NOBODY: Mapping[str, Any] = {"owner": None, "lease_until": None}
"""Of a row that nobody holds."""


@dataclass
class ToCarry:
    """Mails and jobs, each with its kind, that this transaction leaves to be done: what the queue is to carry."""

    mails: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.mails or self.jobs)


def leave_for_workers(session: Session, *rows: OutboxMail | Job) -> None:
    """These wait once the transaction is committed."""
    waiting: ToCarry = session.info.setdefault(WAKE, ToCarry())
    for row in rows:
        (waiting.jobs if isinstance(row, Job) else waiting.mails)[row.id] = row.kind


def is_urgent(mail_kind: str) -> bool:
    """Somebody sits before the screen and waits for it: links to sign in and the like, and receipts."""
    return mail_kind.startswith("identity_") or mail_kind == Mail.RECEIPT


def send_mail(
    session: Session,
    mail: Mail,
    *,
    to: str,
    now: datetime,
    values: Mapping[str, Any],
    not_before: datetime | None = None,
    dedupe_key: str | None = None,
    attachments: tuple[Mapping[str, str], ...] = (),
    application_id: str | None = None,
    events: Sequence[Event] = (),
    sender: str = "",
) -> None:
    """Queues the mail in its words. A known `dedupe_key`: nothing.

    `attachments`: `{"name", "sha256", "content_type"}` of stored files. `events`: go with it as an `.ics` file. `sender`: in
    whose name it is sent; empty: the instance's. `application_id`: the dossier that it is about,
    whose page then tells officials when it could not be sent.
    """
    if dedupe_key is not None:
        known = select(OutboxMail.id).where(OutboxMail.dedupe_key == dedupe_key)
        if session.exec(known).first() is not None:
            return
    subject, body = render_mail(mail, values)
    waits_until = None if not_before or attachments else _digest_of(session, mail, to, events, now)
    row = OutboxMail(
        kind=mail,
        recipient=to,
        subject=subject,
        body=body,
        attachments=[dict(attachment) for attachment in attachments],
        calendar=ics_of(events, now=now) if events else "",
        sender=sender,
        dedupe_key=dedupe_key,
        application_id=application_id,
        created_at=now,
        not_before=waits_until or not_before or now,
        waits_for_digest=waits_until is not None,
        erased_when_done=mail in WITH_TOKEN,
    )
    session.add(row)
    if waits_until is None:
        leave_for_workers(session, row)


def next_digest(now: datetime) -> datetime:
    """When the next mail of the day leaves."""
    today = paris(now).date()
    at = datetime.combine(today, DIGEST_AT, PARIS)
    return at if now < at else datetime.combine(today + timedelta(days=1), DIGEST_AT, PARIS)


def _digest_of(session: Session, mail: Mail, to: str, events: Sequence[Event], now: datetime) -> datetime | None:
    """When it leaves with the others of its day; None: at once. One query where the mail may wait.

    At once too where its day would be less than two days away by then.
    """
    if mail not in MAY_WAIT:
        return None
    wants = select(Person.id).where(
        Person.email == to, TurnedSwitch.person_id == Person.id, TurnedSwitch.name == DIGEST
    )
    at = next_digest(now)
    if any(_begins(event.at) < at + SOON for event in events) or session.exec(wants).first() is None:
        return None
    return at


def _begins(day: date | datetime) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time(), PARIS)


# --- long work --------------------------------------------------------------------------------------------------------


class Progress(Protocol):
    """Told how far the work is: `done` of `total`, and which step it is at (its name, or the core's own words).

    Raises WorkEnded where the work is to stop: it was cancelled, given to another worker, or the worker is stopping.
    Long work calls it between its pieces, and before it keeps its result.
    """

    def __call__(self, done: int, total: int, message: str = "") -> None: ...


class WorkEnded(Exception):
    """The work stops here. What it kept so far stays; it may be run again."""


Work = Callable[[Platform, Job, Progress], Mapping[str, Any]]


@dataclass(frozen=True)
class InPieces:
    """Long work in pieces that any worker takes.

    `split` gives the arguments of each piece (`size` is what it counts for in the progress), `piece` does one, `join` makes
    the result of the whole from those of the pieces, in the order in which they were split.
    """

    split: Callable[[Platform, Job], Sequence[Mapping[str, Any]]]
    piece: Work
    join: Callable[[Platform, Job, Sequence[Mapping[str, Any]], Progress], Mapping[str, Any]]

    def do_all(self, platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
        """One piece after the other, here and now."""
        pieces = self.split(platform, job)
        total = sum(int(one["size"]) for one in pieces)
        results: list[Mapping[str, Any]] = []
        for number, arguments in enumerate(pieces):
            before = sum(int(one["size"]) for one in pieces[:number])
            one = Job(kind=job.kind + PIECE, call_id=job.call_id, arguments=dict(arguments), created_at=job.created_at)
            results.append(self.piece(platform, one, _within(progress, before, total)))
        return self.join(platform, job, results, progress)


def _within(progress: Progress, before: int, of_all: int) -> Progress:
    """The progress of a piece, told as that of the whole."""

    def of_whole(done: int, total: int, message: str = "") -> None:
        assert done <= total
        progress(before + done, of_all, message)

    return of_whole


PIECE = ".piece"
"""End of the kind of a job that is a piece of another."""
_OWED = frozenset({"receipt"})


def start_job(
    session: Session,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    call_id: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Job:
    """Queues long work (see `aap.jobs.doing.WORK` for the kinds). The same work still waiting is returned, not doubled.

    Work that runs is not: it read what there was to do before this was asked for.
    """
    waiting = select(Job).where(Job.kind == kind, Job.call_id == call_id, Job.state == JobState.WAITING)
    for job in session.exec(waiting.where(col(Job.pieces_left).is_(None))):
        if job.arguments == dict(arguments or {}):
            return job
    job = Job(
        kind=kind,
        call_id=call_id,
        arguments=dict(arguments or {}),
        author_id=actor.row_id,
        created_at=now,
    )
    session.add(job)
    leave_for_workers(session, job)
    return job


def add_pieces(session: Session, whole: Job, pieces: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """The pieces of a job wait for any worker, in this order; `whole` is held by nobody meanwhile (the caller's part)."""
    forget_pieces(session, whole)
    rows = [
        Job(
            kind=whole.kind + PIECE,
            call_id=whole.call_id,
            arguments={**arguments, "piece": number},
            author_id=whole.author_id,
            created_at=now,
            parent_id=whole.id,
        )
        for number, arguments in enumerate(pieces)
    ]
    session.add_all(rows)
    leave_for_workers(session, *rows)


def results_of_pieces(session: Session, whole: Job) -> tuple[Mapping[str, Any], ...]:
    """In the order in which it was split."""
    done = session.exec(select(Job).where(Job.parent_id == whole.id, Job.state == JobState.DONE)).all()
    return tuple(one.result for one in sorted(done, key=lambda one: int(one.arguments["piece"])))


def forget_pieces(session: Session, whole: Job) -> None:
    """Their results are in the whole, or count no more."""
    session.execute(delete(Job).where(col(Job.parent_id) == whole.id))


def piece_done(session: Session, piece: Job) -> None:
    """Counts a piece that is done; where it was the last one, the whole waits for a worker to join the results."""
    whole = session.exec(select(Job).where(Job.id == piece.parent_id).with_for_update()).one()
    if whole.state != JobState.RUNNING or not whole.pieces_left:
        return
    whole.pieces_left -= 1
    if not whole.pieces_left:
        whole.state, whole.done = JobState.WAITING, whole.total
        leave_for_workers(session, whole)
    session.add(whole)


def fail_job(session: Session, job: Job, *, reason: str, now: datetime) -> None:
    """Ends a job without a result, and with a piece its whole and what was left of that."""
    _end(session, job.id, JobState.FAILED, reason=reason, now=now)
    if job.parent_id is not None:
        _end(session, job.parent_id, JobState.FAILED, reason=reason, now=now)
        end_pieces(session, job.parent_id, now=now)


def end_pieces(session: Session, whole_id: str, *, now: datetime) -> None:
    """Takes what is left of the pieces away: those that run end at their next progress."""
    left = (col(Job.parent_id) == whole_id, col(Job.state).in_((JobState.WAITING, JobState.RUNNING)))
    session.execute(update(Job).where(*left).values(state=JobState.CANCELLED, finished_at=now, **NOBODY))


def _end(session: Session, job_id: str, state: JobState, *, reason: str, now: datetime) -> None:
    unfinished = (col(Job.id) == job_id, col(Job.state).in_((JobState.WAITING, JobState.RUNNING)))
    session.execute(update(Job).where(*unfinished).values(state=state, finished_at=now, reason=reason[:300], **NOBODY))


def may_be_cancelled(job: Job) -> bool:
    """It hasn't ended, and it isn't a receipt, which is owed."""
    return job.state in (JobState.WAITING, JobState.RUNNING) and job.kind not in _OWED


def cancel(session: Session, job: Job, *, now: datetime) -> bool:
    """Ends work that nobody wants any more, at once or at its next piece. False where it may not be cancelled (any more)."""
    if not may_be_cancelled(job):
        return False
    _end(session, job.id, JobState.CANCELLED, reason="", now=now)
    end_pieces(session, job.id, now=now)
    return True


def again(session: Session, job: Job) -> None:
    """Puts work that ended without a result back, from its beginning."""
    job.state, job.done, job.tries, job.deaths = JobState.WAITING, 0, 0, 0
    job.reason = ""
    job.started_at = job.finished_at = job.not_before = job.pieces_left = None
    session.add(job)
    leave_for_workers(session, job)
