"""Applications (dossiers): answers by section with versions, submissions with receipts, documents."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import Cents, FileHash, UtcDateTime, new_id, one_of


class ApplicationState(StrEnum):
    """draft → submitted → (to_complete → submitted)* → eligible | ineligible → outcome → notified → answered."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    TO_COMPLETE = "to_complete"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    LAUREATE = "laureate"
    WAITING_LIST = "waiting_list"
    NOT_SELECTED = "not_selected"
    NOTIFIED = "notified"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


# Sets of states that several use cases and pages mean; what is asked at one place only stands there.
WRITABLE = frozenset({ApplicationState.DRAFT, ApplicationState.TO_COMPLETE})
"""The association writes in it."""
UNSCREENED = frozenset({ApplicationState.SUBMITTED, ApplicationState.TO_COMPLETE})
"""Deposited, and the service has not said whether it is eligible."""
GIVEN_TO_REVIEWERS = frozenset({ApplicationState.SUBMITTED, ApplicationState.ELIGIBLE})
"""Dealt among the reviewers, who may mark it."""
NOT_REVIEWED = frozenset({ApplicationState.DRAFT, ApplicationState.INELIGIBLE, ApplicationState.WITHDRAWN})
"""Wants no reviews."""
CORRECTABLE = frozenset({ApplicationState.SUBMITTED, ApplicationState.ELIGIBLE, ApplicationState.INELIGIBLE})
"""Deposited, and while its call is open its association may deposit another text in its place."""
TOLD = frozenset({ApplicationState.NOTIFIED, ApplicationState.ACCEPTED, ApplicationState.DECLINED})
"""The association has its decision."""
DECIDED = TOLD | {ApplicationState.LAUREATE, ApplicationState.WAITING_LIST, ApplicationState.NOT_SELECTED}
"""Its outcome is written down; whether it was found eligible, `ineligible_reason` still says."""


class Application(SQLModel, table=True):
    """One association's dossier for one call. Amounts in cents; `attributes` are what quotas may name."""

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("call_id", "association_id"),
        UniqueConstraint("reference"),
        CheckConstraint(one_of("state", ApplicationState), name="state"),
        CheckConstraint("requested_amount >= 0", name="requested_amount"),
        CheckConstraint("proposed_amount <= requested_amount", name="proposed_amount"),
        Index("ix_application_call_state", "call_id", "state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    association_id: str = Field(foreign_key="association.id", index=True)
    reference: str = Field(max_length=40)  # short, readable, public to the association and the service
    state: ApplicationState = Field(default=ApplicationState.DRAFT, max_length=20, sa_type=String)
    title: str = ""
    theme: str = ""
    requested_amount: int = Field(default=0, sa_type=Cents)
    proposed_amount: int | None = Field(default=None, sa_type=Cents)
    attributes: dict[str, list[str]] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    eligibility: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    ineligible_reason: str = ""
    screened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    screened_by: str | None = Field(default=None, foreign_key="person.id")
    earlier_id: str | None = Field(default=None, foreign_key="application.id")  # started from this dossier
    version: int = 1
    created_by: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def was_dealt(application: Application) -> bool:
    """Whether the dossier is among those dealt to the reviewers: now, or when it was decided on."""
    decided = application.state in DECIDED and not application.ineligible_reason
    return decided or application.state in GIVEN_TO_REVIEWERS


_OPEN_TO_ITS_ASSOCIATION = WRITABLE | TOLD | {ApplicationState.WITHDRAWN}


def told_state(application: Application) -> str:
    """The state as its association may read it: whether a dossier was found eligible is told with its decision."""
    state = ApplicationState(application.state)
    return str(state if state in _OPEN_TO_ITS_ASSOCIATION else ApplicationState.SUBMITTED)


class TypedSection(SQLModel):
    """What was typed in one section, with a version.

    `answers`: question id → canonical answer; `raw`: what was typed where it isn't valid yet; `changes`: question id → what
    changed it last: `by` (a person's id), `at`, `page` (a token of the opened page), `serial` (of that page's saves).
    `began_at`: when the stretch of typing began that `updated_at` ends (None: with it).
    """

    application_id: str = Field(foreign_key="application.id")
    section: str = Field(max_length=64)
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    raw: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    changes: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    version: int = 1
    updated_by: str | None = Field(default=None, foreign_key="person.id")
    updated_at: datetime = Field(sa_type=UtcDateTime)
    began_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SectionAnswers(TypedSection, table=True):
    """The answers of one section that stand: of a draft as they are typed, of a deposited dossier as they were deposited."""

    __tablename__ = "section_answers"
    __table_args__ = (UniqueConstraint("application_id", "section"), CheckConstraint("version > 0", name="version"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)


class Submission(SQLModel, table=True):
    """One deposit: what was submitted, when it arrived, and the number on the receipt. Never edited."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("application_id", "ordinal"), UniqueConstraint("receipt_number"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id")
    ordinal: int  # 1 the deposit, 2… corrections of it, and after a request for completion
    receipt_number: str = Field(max_length=40)
    arrived_at: datetime = Field(sa_type=UtcDateTime)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    content: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    content_hash: str = Field(max_length=64)


class CompletionRequest(SQLModel, table=True):
    """The service asks to complete named sections until a date; only these are open."""

    __tablename__ = "completion_request"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id", index=True)
    sections: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    message: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lapsed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # its time was over without an answer


class SignatureState(StrEnum):
    """Of the approval that the legal representative was asked for."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Signature(SQLModel, table=True):
    """The legal representative's approval of one content, by an e-mailed link without an account."""

    __tablename__ = "signature"
    __table_args__ = (CheckConstraint(one_of("state", SignatureState), name="state"), UniqueConstraint("token_hash"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id", index=True)
    token_hash: str = Field(max_length=64)
    name: str
    capacity: str = ""
    email: str = Field(max_length=254)
    content_hash: str = Field(max_length=64)  # what was read; another content needs another approval
    state: SignatureState = Field(default=SignatureState.ASKED, max_length=20, sa_type=String)
    remark: str = ""
    address: str = ""  # network address of the approval
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FileOfRedraft(StrEnum):
    """What a redraft does with a file: a file that it adds counts as removed for everybody else until it is deposited."""

    UNTOUCHED = ""
    ADDED = "added"
    DROPPED = "dropped"


class Document(SQLModel, table=True):
    """A file, stored under its SHA-256: of a dossier's question, or of the association's safe (no application)."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint(one_of("redraft", FileOfRedraft), name="redraft"),
        Index("ix_document_application_question", "application_id", "question"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    association_id: str = Field(foreign_key="association.id", index=True)
    application_id: str | None = Field(default=None, foreign_key="application.id")
    question: str = Field(default="", max_length=64)
    kind: str = Field(default="", max_length=40)  # in the safe: statutes, accounts, bank_details …
    year: int | None = None
    provisional: bool = False
    promised_on: date | None = None
    name: str = Field(max_length=255)
    content_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(sa_type=FileHash, index=True)
    uploaded_by: str | None = Field(default=None, foreign_key="person.id")
    uploaded_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    redraft: str = Field(default="", max_length=10)  # what a redraft does with it, see `FileOfRedraft`


class Message(SQLModel, table=True):
    """A message between the association and the service, inside the dossier."""

    __tablename__ = "message"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    application_id: str = Field(foreign_key="application.id", index=True)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    from_service: bool
    body: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
