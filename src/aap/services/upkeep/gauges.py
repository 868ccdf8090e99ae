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
from aap.services.platform import Platform
from aap.services.upkeep.operating import database_size, last_backup
from aap.services.upkeep.waiting import WaitingWork, waiting_work


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
