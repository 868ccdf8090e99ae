"""The state of the machine, as an administrator looks after it: what waits, what failed, what room is left."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, text
from sqlmodel import Session, col, func, select

from aap import __version__
from aap.records.applications import Document
from aap.records.audit import AuditLine, AuditValues
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.errors import NotFound
from aap.services.outbox import again, cancel, leave_for_workers
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform
from aap.services.upkeep.service_health import is_late_work
from aap.services.upkeep.waiting import WaitingWork, waiting_work

MOST_SHOWN = 100


@dataclass(frozen=True)
class FailedMail:
    """A mail that could not be sent. `given_up`: it is not tried again by itself.

    Its text is shown to nobody, nor is its subject, which may name a dossier: `kind` says what it is.
    """

    id: str
    recipient: str
    kind: str
    attempts: int
    error: str
    next_at: datetime
    given_up: bool
    erased: bool = False  # its link is gone with its text: it can't be sent any more, another has to be asked for


@dataclass(frozen=True)
class SystemState:
    """`oldest`: since when the oldest mail or job that could be done waits; `late`: for too long. `failed_jobs`: those too that
    are tried again. Sizes in bytes; `database_size` None where it is a server's."""

    version: str
    revision: str
    database: str
    waits: WaitingWork
    mails_waiting: int
    mails_sent: int
    failed_mails: tuple[FailedMail, ...]
    jobs: Mapping[JobState, int]
    failed_jobs: tuple[Job, ...]
    unfinished_jobs: tuple[Job, ...]
    oldest: datetime | None
    late: bool
    documents: int
    documents_size: int
    database_size: int | None
    disk_free: int
    disk_total: int
    last_backup: datetime | None
    last_backup_files: int


_LEFT = (col(OutboxMail.sent_at).is_not(None), col(OutboxMail.digest_id).is_(None))
"""Of mails that were sent; what went in the mail of the day is that one."""
_UNSENT = (col(OutboxMail.sent_at).is_(None), col(OutboxMail.error) != "")
"""Of mails that could not be sent so far."""


def _tried_in_vain(job: Job) -> bool:
    return job.state == JobState.WAITING and job.reason != ""


def system_state(session: Session, platform: Platform, *, actor: Actor) -> SystemState:
    """Eleven queries, whatever waits."""
    ensure(actor, Permission.SYSTEM_MANAGE, Target())
    waits = waiting_work(session, platform.clock())
    sent = session.exec(select(func.count()).where(*_LEFT)).one()
    failed = session.exec(
        select(OutboxMail).where(*_UNSENT).order_by(col(OutboxMail.created_at), col(OutboxMail.id)).limit(MOST_SHOWN)
    )
    whole = col(Job.parent_id).is_(None)
    unfinished = col(Job.state).in_((JobState.WAITING, JobState.RUNNING))
    listed = session.exec(
        select(Job)
        .where(whole, or_(col(Job.state) == JobState.FAILED, unfinished))
        .order_by(col(Job.created_at).desc(), col(Job.id))
        .limit(MOST_SHOWN)
    ).all()
    documents, size = session.exec(select(func.count(), func.coalesce(func.sum(Document.size), 0))).one()
    usage = shutil.disk_usage(platform.settings.instance)
    backup = last_backup(session)
    embedded = session.get_bind().dialect.name == "sqlite"
    return SystemState(
        version=__version__,
        revision=str(session.execute(text("SELECT version_num FROM alembic_version")).scalar()),
        database="SQLite" if embedded else "PostgreSQL",
        waits=waits,
        mails_waiting=waits.mails,
        mails_sent=sent,
        failed_mails=tuple(
            FailedMail(
                mail.id, mail.recipient, mail.kind, mail.attempts, mail.error, mail.not_before,
                mail.given_up_at is not None, mail.erased_when_done and not mail.body,
            )
            for mail in failed
        ),
        jobs=waits.by_state,
        failed_jobs=tuple(job for job in listed if job.state == JobState.FAILED or _tried_in_vain(job)),
        unfinished_jobs=tuple(job for job in listed if job.state != JobState.FAILED and not _tried_in_vain(job)),
        oldest=waits.oldest,
        late=is_late_work(waits.oldest, platform.clock()),
        documents=documents,
        documents_size=int(size),
        database_size=database_size(session) if embedded else None,
        disk_free=usage.free,
        disk_total=usage.total,
        last_backup=backup[0] if backup else None,
        last_backup_files=int(backup[1].get("files", 0)) if backup else 0,
    )  # fmt: skip


def database_size(session: Session) -> int:
    """Bytes of the embedded database, as its pages count them."""
    pages = session.execute(text("PRAGMA page_count")).scalar() or 0
    return int(pages) * int(session.execute(text("PRAGMA page_size")).scalar() or 0)


def last_backup(session: Session) -> tuple[datetime, Mapping[str, Any]] | None:
    """When the last backup was made, and what the log says of it; None where there was none."""
    found = session.exec(
        select(AuditLine.at, AuditValues.content)
        .join(AuditValues, col(AuditValues.sequence) == col(AuditLine.sequence), isouter=True)
        .where(AuditLine.action == "system.backup")
        .order_by(col(AuditLine.sequence).desc())
        .limit(1)
    ).first()
    return (found[0], (found[1] or {}).get("after", {})) if found else None


def retry_mails(session: Session, *, actor: Actor, mail_id: str = "", now: datetime) -> int:
    """Has a failed mail tried again at once, or (no id) all of them. Gives their number. Raises NotFound."""
    ensure(actor, Permission.SYSTEM_MANAGE, Target())
    which = [
        *_UNSENT,
        or_(col(OutboxMail.owner).is_(None), col(OutboxMail.lease_until) < now),
        or_(col(OutboxMail.erased_when_done).is_(False), col(OutboxMail.body) != ""),
    ]
    if mail_id:
        which.append(col(OutboxMail.id) == mail_id)
    mails = session.exec(select(OutboxMail).where(*which).order_by(col(OutboxMail.created_at))).all()
    if mail_id and not mails:
        raise NotFound("mail", mail_id)
    for mail in mails:
        mail.attempts, mail.not_before, mail.given_up_at = 0, now, None
        session.add(mail)
    if mails:
        leave_for_workers(session, *mails)
        record(session, actor, "mails.retried", Subject("outbox", mail_id), now=now, after={"mails": len(mails)})
    return len(mails)


def retry_job(session: Session, *, actor: Actor, job_id: str, now: datetime) -> Job:
    """Puts long work that failed, or waits for its next try, back into the queue: at once, from its beginning (every kind
    may be run again). Raises NotFound."""
    ensure(actor, Permission.SYSTEM_MANAGE, Target())
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.parent_id is not None or not (job.state == JobState.FAILED or _tried_in_vain(job)):
        raise NotFound("job", job_id)
    again(session, job)
    record(session, actor, "job.retried", job, now=now, after={"kind": job.kind})
    return job


def cancel_job(session: Session, *, actor: Actor, job_id: str, now: datetime) -> Job:
    """Ends long work that waits or runs; it stops at its next piece. Raises NotFound, also for what is owed to somebody."""
    ensure(actor, Permission.SYSTEM_MANAGE, Target())
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.parent_id is not None or not cancel(session, job, now=now):
        raise NotFound("job", job_id)
    record(session, actor, "job.cancelled", job, now=now, after={"kind": job.kind})
    return job
