"""What the people of an association do around a dossier among themselves: comments beside its questions, links to let it be
read. Neither is part of what is deposited; both go with the dossier."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id


class QuestionComment(SQLModel, table=True):
    """A comment of a co-author beside a question. `answers_id`: the comment that it answers, which begins a thread and alone is
    settled. `removed_at`: its author took it back, and others had answered: its body is empty."""

    __tablename__ = "question_comment"
    __table_args__ = (Index("ix_question_comment_application_section", "application_id", "section"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id", ondelete="CASCADE")
    section: str = Field(max_length=64)
    question: str = Field(max_length=64)
    answers_id: str | None = Field(default=None, foreign_key="question_comment.id", ondelete="CASCADE", index=True)
    author_id: str = Field(foreign_key="person.id", index=True)
    body: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str | None = Field(default=None, foreign_key="person.id")
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ReadingLink(SQLModel, table=True):
    """A link by which somebody without an account reads the dossier until `expires_at`, or until it is revoked.

    `name`: whom it is meant for; `withheld`: ids of the questions whose files it doesn't open; `openings`: how often it was
    opened, counted once in a while (`services/dossier/reading_links.py`).
    """

    __tablename__ = "reading_link"
    __table_args__ = (UniqueConstraint("token_hash"), CheckConstraint("openings >= 0", name="openings"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id", ondelete="CASCADE", index=True)
    token_hash: str = Field(max_length=64)
    name: str = Field(max_length=200)
    withheld: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_by: str = Field(foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    openings: int = 0
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
