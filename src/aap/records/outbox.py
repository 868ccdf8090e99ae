"""What leaves after the commit: mails, and jobs with their progress."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id, one_of


class OutboxMail(SQLModel, table=True):
    """A mail written in the transaction of the use case that sends it. `dedupe_key`: never twice."""

    __tablename__ = "outbox_mail"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_outbox_mail_waiting", "sent_at", "not_before"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    recipient: str = Field(max_length=254)
    subject: str
    body: str
    attachments: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    dedupe_key: str | None = Field(default=None, max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
    not_before: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    error: str = ""
    erased_when_done: bool = False  # its text holds a link that lets somebody in: emptied once sent, or given up


class JobState(StrEnum):
    """Of long work, from the use case that asks for it to the worker that ends it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(SQLModel, table=True):
    """Long work, started in the transaction of a use case, run by the worker, watched on a page."""

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
