"""Reviews that count for nothing: by two persons, with a reason; the marks stay."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, text
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id, one_of


class AsideGround(StrEnum):
    """Why: a rule that the call published, for all of a reviewer's reviews, or a proven conflict, for one."""

    RULE = "rule"
    CONFLICT = "conflict"


class SetAside(SQLModel, table=True):
    """A reviewer whose reviews of a call count for nothing, or one review of theirs, once a second person confirmed it.

    `application_id` None: all of the reviewer's.
    """

    __tablename__ = "set_aside"
    __table_args__ = (
        CheckConstraint(one_of("ground", AsideGround), name="ground"),
        CheckConstraint("(ground = 'rule') = (application_id IS NULL)", name="one_or_all"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        Index(
            "uq_set_aside_one",
            "call_id",
            "person_id",
            "application_id",
            unique=True,
            sqlite_where=text("application_id IS NOT NULL"),
            postgresql_where=text("application_id IS NOT NULL"),
        ),
        Index(
            "uq_set_aside_all",
            "call_id",
            "person_id",
            unique=True,
            sqlite_where=text("application_id IS NULL"),
            postgresql_where=text("application_id IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    application_id: str | None = Field(default=None, foreign_key="application.id", index=True)
    ground: AsideGround = Field(max_length=20, sa_type=String)
    reason: str
    proposed_by: str = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by: str | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
