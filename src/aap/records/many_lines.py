"""What was done to many dossiers at once: one line a dossier, kept as the report of the job that does it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, String
from sqlmodel import Field, SQLModel, UniqueConstraint

from aap.records.types import new_id, one_of


class LineState(StrEnum):
    """Of one dossier in an act on many."""

    WAITING = "waiting"
    DONE = "done"
    LEFT = "left"  # it could not be done: `objection` says why
    UNDONE = "undone"


class ManyLine(SQLModel, table=True):
    """A dossier of an act. `seen`: the dossier's version when the act was confirmed: another one is left alone; `done_version`:
    when it was done, which an undo asks for. `objection`: key and values of what was in the way."""

    __tablename__ = "many_line"
    __table_args__ = (
        UniqueConstraint("job_id", "application_id"),
        CheckConstraint(one_of("state", LineState), name="state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    job_id: str = Field(foreign_key="job.id", ondelete="CASCADE")
    application_id: str = Field(foreign_key="application.id", ondelete="CASCADE", index=True)
    seen: int
    state: LineState = Field(default=LineState.WAITING, max_length=10, sa_type=String)
    done_version: int | None = None
    objection: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
