"""The audit log: a chain of lines, and beside it the values, from which personal data can be erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime


class AuditLine(SQLModel, table=True):
    """Who did what to which object, when. `hash` covers the line, the values' digest and the previous hash.

    The database refuses to change or remove a line (triggers). How the hash is made: `records/chain.py`.
    """

    __tablename__ = "audit_line"
    __table_args__ = (UniqueConstraint("previous_hash"), UniqueConstraint("hash"))

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: str = Field(default="", max_length=36, index=True)
    action: str = Field(max_length=60)
    object_kind: str = Field(default="", max_length=40)
    object_id: str = Field(default="", max_length=64, index=True)
    call_id: str = Field(default="", max_length=64, index=True)
    values_digest: str = Field(max_length=64)  # salted SHA-256 of the values
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditValues(SQLModel, table=True):
    """Before and after of one line, with the salt of its digest.

    `content` may be erased (NULL, never another value): the chain still holds.
    """

    __tablename__ = "audit_values"

    sequence: int = Field(
        primary_key=True, foreign_key="audit_line.sequence", sa_column_kwargs={"autoincrement": False}
    )
    salt: str = Field(max_length=64)
    content: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))


class AuditStanding(SQLModel, table=True):
    """What a watched row was when the line `sequence` was written: a keyed digest (see `records/watching.py`)."""

    __tablename__ = "audit_standing"

    id: int | None = Field(default=None, primary_key=True)
    sequence: int = Field(index=True)  # of the next line, where a transaction changed something after its last line
    object_kind: str = Field(max_length=40)
    object_id: str = Field(max_length=64)
    digest: str = Field(max_length=64)
