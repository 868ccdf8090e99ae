"""Calls, the versions of their file, and extensions of the closing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id, one_of


class CallState(StrEnum):
    """draft → open → closed → reviewing → deliberating → proposed → arbitrated → decided → published → archived."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    REVIEWING = "reviewing"
    DELIBERATING = "deliberating"
    PROPOSED = "proposed"
    ARBITRATED = "arbitrated"
    DECIDED = "decided"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Call(SQLModel, table=True):
    """One call. What ranks is sealed in `rubric_hash` when it opens; the file's text stands in `CallVersion`."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint(one_of("state", CallState), name="state"),
        CheckConstraint("closes_at > opens_at", name="dates"),
        CheckConstraint("grace_minutes >= 0", name="grace"),
    )

    id: str = Field(primary_key=True, max_length=64)
    title: str
    state: CallState = Field(default=CallState.DRAFT, max_length=20, sa_type=String)
    version_id: str | None = Field(default=None, foreign_key="call_version.id")
    opens_at: datetime = Field(sa_type=UtcDateTime)
    closes_at: datetime = Field(sa_type=UtcDateTime)
    grace_minutes: int = 0
    rubric_hash: str | None = Field(default=None, max_length=64)
    draw_seed: str | None = None
    draw_source: str = Field(default="", sa_column_kwargs={"server_default": ""})  # the event that gave the seed
    draw_seed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when it was noted
    created_at: datetime = Field(sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    amounts_closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # proposed amounts are fixed
    amounts_closed_by: str | None = Field(default=None, foreign_key="person.id")
    seconds: list[str] = Field(  # people who may confirm what a first proposed; empty: any other official of the call
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    open_data: dict[str, Any] = Field(  # how the grants are paid, as `services.decision.open_data` reads it
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}")
    )


class CallVersion(SQLModel, table=True):
    """One text of the call file. After the opening a new one is a published amendment, with its reason."""

    __tablename__ = "call_version"
    __table_args__ = (UniqueConstraint("call_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(max_length=64, index=True)
    number: int
    text: str
    call_hash: str = Field(max_length=64)
    rubric_hash: str = Field(max_length=64)
    reason: str = ""
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class CallExtension(SQLModel, table=True):
    """A later closing for everybody after an incident, announced on the call's page."""

    __tablename__ = "call_extension"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    previous_closes_at: datetime = Field(sa_type=UtcDateTime)
    closes_at: datetime = Field(sa_type=UtcDateTime)
    reason: str
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
