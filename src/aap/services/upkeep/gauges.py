"""Gauges of a running instance for those who watch it: counts and ages, of nobody in particular.

All of them are read from the database and the disk at the moment they are asked for, so that every process says the same.
Dossiers are counted the same for everybody.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from aap import __version__
from aap.records.applications import Application, Document, Submission
from aap.records.audit import AuditLine
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.platform import Platform
from aap.services.upkeep.operating import database_size, last_backup
from aap.services.workers import worker_seen


@dataclass(frozen=True)
class WaitingWork:
    """Mails and jobs that wait, and those that nobody tries again by themselves. `oldest`: since when what could be done
    by now waits; `worker_seen`: when any worker last said that it lives (None: none ever did)."""

    mails: int
    mails_failing: int
    mails_given_up: int
    jobs: int
    jobs_running: int
    jobs_failed: int
    oldest: datetime | None
    worker_seen: datetime | None


def waiting_work(session: Session, now: datetime) -> WaitingWork:
    """Seven queries, whatever waits."""
    unsent = col(OutboxMail.sent_at).is_(None)
    tried_again = (unsent, col(OutboxMail.given_up_at).is_(None))
    mails = session.exec(select(func.count()).where(*tried_again)).one()
    failing = session.exec(select(func.count()).where(*tried_again, col(OutboxMail.error) != "")).one()
    given_up = session.exec(select(func.count()).where(unsent, col(OutboxMail.given_up_at).is_not(None))).one()
    whole = col(Job.parent_id).is_(None)
    jobs = dict(session.exec(select(Job.state, func.count()).where(whole).group_by(col(Job.state))).all())
    seen = worker_seen(session, now)
    return WaitingWork(
        mails=mails,
        mails_failing=failing,
        mails_given_up=given_up,
        jobs=jobs.get(JobState.WAITING, 0),
        jobs_running=jobs.get(JobState.RUNNING, 0),
        jobs_failed=jobs.get(JobState.FAILED, 0),
        oldest=seen.waiting_since,
        worker_seen=seen.heartbeat,
    )


@dataclass(frozen=True)
class Gauges:
    """Sizes in bytes, ages in seconds. `worker_age`: None where there never was a worker. `dossiers`: (call, state) → number.
    `last_backup`: None where there was none."""

    version: str
    database: str
    dossiers: Mapping[tuple[str, str], int]
    deposits_last_hour: int
    waiting: WaitingWork
    oldest_age: float
    worker_age: float | None
    documents: int
    documents_size: int
    database_size: int
    disk_free: int
    disk_total: int
    audit_lines: int
    last_backup: datetime | None


def read_gauges(session: Session, platform: Platform, *, now: datetime) -> Gauges:
    """A dozen queries, none of which grows with what a dossier holds."""
    by_state = session.exec(
        select(Application.call_id, Application.state, func.count())
        .group_by(col(Application.call_id), col(Application.state))
        .order_by(col(Application.call_id), col(Application.state))
    )
    deposits = session.exec(select(func.count()).where(col(Submission.arrived_at) > now - timedelta(hours=1))).one()
    documents, size = session.exec(select(func.count(), func.coalesce(func.sum(Document.size), 0))).one()
    waiting = waiting_work(session, now)
    usage = shutil.disk_usage(platform.settings.instance)
    backup = last_backup(session)
    embedded = session.get_bind().dialect.name == "sqlite"
    return Gauges(
        version=__version__,
        database="sqlite" if embedded else "postgresql",
        dossiers={(call, str(state)): number for call, state, number in by_state},
        deposits_last_hour=deposits,
        waiting=waiting,
        oldest_age=(now - waiting.oldest).total_seconds() if waiting.oldest else 0.0,
        worker_age=(now - waiting.worker_seen).total_seconds() if waiting.worker_seen else None,
        documents=documents,
        documents_size=int(size),
        database_size=database_size(session) if embedded else _server_size(session),
        disk_free=usage.free,
        disk_total=usage.total,
        audit_lines=session.exec(select(func.count(col(AuditLine.sequence)))).one(),
        last_backup=backup[0] if backup else None,
    )


def _server_size(session: Session) -> int:
    return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar() or 0)
