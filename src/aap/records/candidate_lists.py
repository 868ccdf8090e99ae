"""How officials work through a call's dossiers: labels that they put on them, what each has picked out, views of the list."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from aap.records.types import UtcDateTime, new_id


class CandidateLabel(SQLModel, table=True):
    """A word that the service put on a dossier for its own work; only officials of the call read it."""

    __tablename__ = "dossier_label"
    __table_args__ = (UniqueConstraint("application_id", "name"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id", ondelete="CASCADE")
    name: str = Field(max_length=40)
    created_by: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class PickedDossier(SQLModel, table=True):
    """A dossier that an official has picked out of the list, over its pages and filters, to act on several at once."""

    __tablename__ = "picked_dossier"
    __table_args__ = (UniqueConstraint("person_id", "application_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id")
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id", ondelete="CASCADE")


class CandidateView(SQLModel, table=True):
    """A list of candidates as somebody wants it again: its filters, order and columns as the query of its address.

    `shared`: offered to the other officials of the call.
    """

    __tablename__ = "candidate_view"
    __table_args__ = (UniqueConstraint("call_id", "person_id", "name"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=60)
    query: str = Field(max_length=2_000)
    shared: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
