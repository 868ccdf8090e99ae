"""Grants that associations had elsewhere, from the open data of any authority: kept by SIREN, of whoever has no account too."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import Cents, UtcDateTime, new_id


class PastGrant(SQLModel, table=True):
    """A line of a published table (SCDL `subventions`). `digest`: of what the line says: the same line is kept once.

    `year`: of the agreement, 0 where the line doesn't say it; `source`: the file's name.
    """

    __tablename__ = "past_grant"
    __table_args__ = (UniqueConstraint("digest"), CheckConstraint("amount >= 0", name="amount"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    siren: str = Field(max_length=9, index=True)
    authority: str
    granted_on: date | None = None
    year: int = 0
    reference: str = ""
    purpose: str = ""
    amount: int = Field(sa_type=Cents)
    source: str
    digest: str = Field(max_length=64)
    created_by: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
