"""What leaves after the commit: mails, and jobs with their progress; who is at work on them, and what each minute asks for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id, one_of


class OutboxMail(SQLModel, table=True):
    """A mail written in the transaction of the use case that sends it. `dedupe_key`: never twice.

    `kind`: its template, empty in mails of 0.1.0. `calendar`: an `.ics` file that goes with it. `sender`: in whose name it is
    sent, empty: the instance's. `application_id`: the dossier that it is about. Who sends it holds it
    (`owner`, until `lease_until`) from before the server hears of it; `message_id` is given then, and is the same in
    every attempt. `given_up_at`: it isn't tried again by itself. `waits_for_digest`: its reader wants one mail a day; it is
    due at `not_before` in theirs, and `digest_id` then names that one, which is sent in its place.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_outbox_mail_waiting", "sent_at", "not_before"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    kind: str = Field(default="", max_length=40)
    recipient: str = Field(max_length=254)
    subject: str
    body: str
    attachments: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    calendar: str = ""
    sender: str = ""
    dedupe_key: str | None = Field(default=None, max_length=200)
    application_id: str | None = Field(default=None, max_length=36, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    not_before: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    error: str = ""
    given_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message_id: str = Field(default="", max_length=320)
    owner: str | None = Field(default=None, max_length=80, index=True)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    waits_for_digest: bool = Field(default=False, index=True)
    digest_id: str | None = Field(default=None, max_length=36)
    erased_when_done: bool = False  # its text holds a link that lets somebody in: emptied once sent, or given up


class JobState(StrEnum):
    """Of long work, from the use case that asks for it to the worker that ends it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED_WITHOUT_RESULT = (JobState.FAILED, JobState.CANCELLED)


class Job(SQLModel, table=True):
    """Long work, started in the transaction of a use case, run by a worker, watched on a page.

    `owner` holds it until `lease_until`, which each `heartbeat_at` moves on; `tries` counts how often it was taken,
    `deaths` how often its worker died of it (or with it). `reason`: why the last try failed. A job in pieces (`pieces_left`
    is a number) is held by nobody while they are done; a piece knows its whole by `parent_id`.
    """

    __tablename__ = "job"
    __table_args__ = (CheckConstraint(one_of("state", JobState), name="state"), Index("ix_job_waiting", "state"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    kind: str = Field(max_length=40)
    call_id: str | None = Field(default=None, foreign_key="call.id", index=True)
    arguments: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    state: JobState = Field(default=JobState.WAITING, max_length=20, sa_type=String)
    done: int = 0
    total: int = 0
    message: str = ""
    result: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    owner: str | None = Field(default=None, max_length=80, index=True)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    heartbeat_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tries: int = 0
    deaths: int = 0
    reason: str = ""
    parent_id: str | None = Field(default=None, foreign_key="job.id", index=True)
    pieces_left: int | None = None


class WorkerProcess(SQLModel, table=True):
    """A process that does background work: `id` is what it signs rows with as their `owner`."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True, max_length=80)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class PeriodicRun(SQLModel, table=True):
    """Periodic work that somebody has taken: the key lets one worker have it, of however many."""

    __tablename__ = "periodic_run"

    name: str = Field(primary_key=True, max_length=40)
    slot: datetime = Field(primary_key=True, sa_type=UtcDateTime)
