"""The round of specimens: specimens that every reviewer of a call marks first. They count in no ranking."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id, one_of


class SpecimenOrigin(StrEnum):
    """Where a specimen of the round of specimens comes from."""

    FICTITIOUS = "fictitious"
    EARLIER = "earlier"  # of an earlier call, with consent; never a candidate of a call that isn't decided


class SpecimenRound(SQLModel, table=True):
    """A call's round, once it is open: its specimens stand from then on."""

    __tablename__ = "calibration_round"  # the name that kept databases know

    call_id: str = Field(foreign_key="call.id", primary_key=True)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    author_id: str | None = Field(default=None, foreign_key="person.id")


class Specimen(SQLModel, table=True):
    """A dossier to practise on.

    `content`: list of `{"title", "answers": [[label, text], …]}`; `agreed`, `reasons`: criterion → mark (decimal text),
    why.
    """

    __tablename__ = "specimen"
    __table_args__ = (
        UniqueConstraint("call_id", "position"),
        CheckConstraint(one_of("origin", SpecimenOrigin), name="origin"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    position: int
    title: str
    origin: SpecimenOrigin = Field(max_length=20, sa_type=String)
    source: str = ""  # for an earlier dossier: its call, and the consent that was given
    content: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    agreed: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    reasons: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    agreed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class SpecimenReview(SQLModel, table=True):
    """One reviewer's marks of a specimen. `read_at`: when the comparison with the others was read."""

    __tablename__ = "specimen_review"
    __table_args__ = (UniqueConstraint("specimen_id", "person_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    specimen_id: str = Field(foreign_key="specimen.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    marks: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    comments: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    version: int = 1
    updated_at: datetime = Field(sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
