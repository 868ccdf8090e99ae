"""The discussion between the reviewers of a dossier, and the marks that it changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id


class Discussion(SQLModel, table=True):
    """Opened once every review of a dossier is submitted. `told_at`: when its reviewers were written to.

    `closed_by`: the official who ended it before its time, None where its time was over.
    """

    __tablename__ = "discussion"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id", unique=True)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = Field(default=None, foreign_key="person.id")
    closing_reason: str = ""


class DiscussionPost(SQLModel, table=True):
    """What a reviewer wrote to the others."""

    __tablename__ = "discussion_post"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    discussion_id: str = Field(foreign_key="discussion.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    body: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class MarkChange(SQLModel, table=True):
    """What a reviewer changed in their review after the discussion, with the reason. `before`, `after`: criterion → mark
    (decimal text) of the whole review; `comments`: criterion → what its comment was, where it changed.

    The first of a review holds its independent marks.
    """

    __tablename__ = "mark_change"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    review_id: str = Field(foreign_key="review.id", index=True)
    before: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    after: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    comments: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    reason: str
    created_at: datetime = Field(sa_type=UtcDateTime)
