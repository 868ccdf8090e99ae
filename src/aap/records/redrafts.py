"""What an association writes in a dossier that it has deposited, apart from the deposit; and the versions of its sections.

Nobody but the association's own pages reads these tables: what officials, reviewers, counts and files go by is what was
deposited (`records/applications.py`), until the redraft is deposited and takes its place.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.applications import TypedSection
from aap.records.types import UtcDateTime, new_id, one_of


class Redraft(SQLModel, table=True):
    """A deposited dossier that is being written again: corrections until the closing, or what the service asks for.

    `eligibility`: the answers to the call's rules, where they were given anew. `lapsed_at`: the closing came before it was
    deposited: it can still be read, and is without effect.
    """

    __tablename__ = "redraft"
    __table_args__ = (UniqueConstraint("application_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id")
    eligibility: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    opened_by: str | None = Field(default=None, foreign_key="person.id")
    opened_at: datetime = Field(sa_type=UtcDateTime)
    lapsed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RedraftedSection(TypedSection, table=True):
    """A section as a redraft has it; the others are as they were deposited."""

    __tablename__ = "redrafted_section"
    __table_args__ = (UniqueConstraint("application_id", "section"), CheckConstraint("version > 0", name="version"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)


class VersionEnd(StrEnum):
    """Why a section is no longer in this version."""

    CHANGED = "changed"
    RESTORED = "restored"  # an earlier version was put in its place
    GIVEN_UP = "given_up"  # corrections that were abandoned, or never deposited


class SectionVersion(SQLModel, table=True):
    """A section as it was at the end of one person's stretch of typing (see `services/dossier/section_history.py`).

    `number`: the section's version then; `began_at` and `ended_at` of the stretch, `person_id` who typed.
    """

    __tablename__ = "section_version"
    __table_args__ = (
        CheckConstraint(one_of("ending", VersionEnd), name="ending"),
        Index("ix_section_version_section", "application_id", "section"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id")
    section: str = Field(max_length=64)
    number: int
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    raw: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    ending: VersionEnd = Field(default=VersionEnd.CHANGED, max_length=20, sa_type=String)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    began_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime = Field(sa_type=UtcDateTime)
    kept_at: datetime = Field(sa_type=UtcDateTime)
