"""Reviewers, recusals, assignments, reviews with their marks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from aap.records.types import FourDecimals, UtcDateTime, new_id, one_of


class Reviewer(SQLModel, table=True):
    """A person's profile as a reviewer of one call. `code` names the reviewer in exports, without a name."""

    __tablename__ = "reviewer"
    __table_args__ = (
        UniqueConstraint("call_id", "person_id"),
        UniqueConstraint("call_id", "code"),
        CheckConstraint("min_load >= 0 AND max_load >= min_load", name="load"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    code: str = Field(max_length=20)
    themes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    departments: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # to avoid
    min_load: int = 0
    max_load: int = 25
    available: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class Interest(SQLModel, table=True):
    """A declared interest of who works on calls: an employer, a board, an association or a person."""

    __tablename__ = "interest"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=20)  # organisation | person
    name: str
    siret: str | None = Field(default=None, max_length=14)
    rna: str | None = Field(default=None, max_length=10)
    relation: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


class RecusalOrigin(StrEnum):
    """Who found the conflict: the reviewer, an official, the matching of declared interests, or a membership."""

    REVIEWER = "reviewer"
    OFFICIAL = "official"
    MATCH = "match"
    MEMBERSHIP = "membership"


class Recusal(SQLModel, table=True):
    """A person who may see nothing of a dossier. `confirmed` is false for a probable match to be looked at.

    `membership_lifted_at`: an administrator said that being a member of the association is no obstacle; a membership
    that begins later is one again.
    """

    __tablename__ = "recusal"
    __table_args__ = (
        UniqueConstraint("person_id", "application_id"),
        CheckConstraint(one_of("origin", RecusalOrigin), name="origin"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id")
    application_id: str = Field(foreign_key="application.id", index=True)
    origin: RecusalOrigin = Field(max_length=20, sa_type=String)
    reason: str
    confirmed: bool = True
    dismissed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dismissal_reason: str = ""
    membership_lifted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class Assignment(SQLModel, table=True):
    """A dossier given to a reviewer. `removed_at`: taken back (its marks leave the ranking, and stay in the audit).

    `further`: asked for because the others' reviews are doubtful, not dealt. `declined_at`: given back by the reviewer, for
    lack of time.
    """

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("application_id", "person_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    locked: bool = False
    further: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    created_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removal_reason: str = ""
    declined_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Preference(SQLModel, table=True):
    """A dossier on the list of what a reviewer would rather read, before the assignment; `rank` from 1."""

    __tablename__ = "preference"
    __table_args__ = (
        UniqueConstraint("application_id", "person_id"),
        UniqueConstraint("call_id", "person_id", "rank"),
        CheckConstraint("rank >= 1", name="rank"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    application_id: str = Field(foreign_key="application.id")
    rank: int


class ProposalState(StrEnum):
    """Of a proposed assignment: at most one of a call is open."""

    OPEN = "open"
    APPLIED = "applied"
    DISCARDED = "discarded"


class AssignmentProposal(SQLModel, table=True):
    """A distribution to look at before it is applied. `content`: pairs that come and go, figures, what is unmet;
    `basis`: digest of what it was computed from, so that a stale one is not applied."""

    __tablename__ = "assignment_proposal"
    __table_args__ = (CheckConstraint(one_of("state", ProposalState), name="state"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    state: ProposalState = Field(default=ProposalState.OPEN, max_length=20, sa_type=String)
    basis: str = Field(max_length=64)
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    content: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ReviewState(StrEnum):
    """Of a review; a reopened one was submitted before."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REOPENED = "reopened"


class Confidence(StrEnum):
    """How well a reviewer knows what a dossier is about, by their own word."""

    UNSAID = ""
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Review(SQLModel, table=True):
    """What one reviewer says of one dossier; its marks stand in `Mark`."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("assignment_id"),
        CheckConstraint(one_of("state", ReviewState), name="state"),
        CheckConstraint(one_of("confidence", Confidence), name="confidence"),
        CheckConstraint("(state = 'submitted') <= (submitted_at IS NOT NULL)", name="submitted_at"),
        Index("ix_review_application_state", "application_id", "state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    assignment_id: str = Field(foreign_key="assignment.id")
    application_id: str = Field(foreign_key="application.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    state: ReviewState = Field(default=ReviewState.DRAFT, max_length=20, sa_type=String)
    notes: str = ""  # for oneself
    general_comment: str = ""
    for_service: str = Field(default="", sa_column_kwargs={"server_default": ""})  # read by the service alone
    confidence: Confidence = Field(
        default=Confidence.UNSAID, max_length=20, sa_type=String, sa_column_kwargs={"server_default": ""}
    )
    rubric_hash: str = Field(default="", max_length=64)  # of the rubric that was marked against
    seconds_spent: int = 0
    reopen_request: str = ""  # the reviewer asks to correct, and why; empty once answered
    reopen_reason: str = ""
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Mark(SQLModel, table=True):
    """One mark in scale units (four decimals at most), or only a comment so far."""

    __tablename__ = "mark"
    __table_args__ = (UniqueConstraint("review_id", "criterion"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    review_id: str = Field(foreign_key="review.id")
    criterion: str = Field(max_length=64)
    score: Decimal | None = Field(default=None, sa_type=FourDecimals)
    comment: str = ""


class Consensus(SQLModel, table=True):
    """The agreed mark of a divergent dossier: the individual marks stay, frozen from `created_at` on.

    `frozen`: reviewer's code → criterion → mark (decimal text), as they stood then.
    """

    __tablename__ = "consensus"
    __table_args__ = (UniqueConstraint("application_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id")
    total: Decimal | None = Field(default=None, sa_type=FourDecimals)  # points on 100
    marks: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    reason: str = ""
    dissent: str = ""
    attendees: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    cause: str = ""  # why the dossier is looked at again
    frozen: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    held_on: date | None = None
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


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
