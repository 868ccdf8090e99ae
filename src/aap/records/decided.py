"""After the ranking is frozen: letters' settings, notification, versions of the list, corrections."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from aap.records.rankings import ContestResult
from aap.records.types import Cents, FileHash, UtcDateTime, new_id, one_of


class LetterSettings(SQLModel, table=True):
    """What letters say that is known only at decision time: the last version is the one that counts.

    `content`: as `core.call.letter_settings` reads it (date, signatory, delegation, act, publication, closing words);
    `content_hash`: SHA-256 of its canonical JSON.
    """

    __tablename__ = "letter_settings"
    __table_args__ = (UniqueConstraint("call_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    number: int
    content: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    content_hash: str = Field(max_length=64)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class NotificationState(StrEnum):
    """Of a notification: one person asks for it, a second confirms, and at its hour everybody is told."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    CANCELLED = "cancelled"


class Notification(SQLModel, table=True):
    """An hour at which the decisions that wait are told to all. At most one of a call is proposed or confirmed.

    `decisions`: how many it told.
    """

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint(one_of("state", NotificationState), name="state"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
        Index(
            "uq_notification_waiting",
            "call_id",
            unique=True,
            sqlite_where=text("state IN ('proposed', 'confirmed')"),
            postgresql_where=text("state IN ('proposed', 'confirmed')"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    state: NotificationState = Field(default=NotificationState.PROPOSED, max_length=20, sa_type=String)
    at: datetime = Field(sa_type=UtcDateTime)
    decisions: int = 0
    proposed_by: str = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by: str | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PostalOutcome(StrEnum):
    """What the return of a registered letter says."""

    DELIVERED = "delivered"
    UNCLAIMED = "unclaimed"  # presented, never fetched
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no such address


class PostalSending(SQLModel, table=True):
    """A decision sent by registered post, because it stayed unread or has no address. `counts_from`: the day on which
    it is held to be notified, from the return."""

    __tablename__ = "postal_sending"
    __table_args__ = (
        CheckConstraint("outcome IS NULL OR " + one_of("outcome", PostalOutcome), name="outcome"),
        CheckConstraint("(outcome IS NULL) = (returned_on IS NULL)", name="returned"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    decision_id: str = Field(foreign_key="decision.id", index=True)
    sent_on: date
    tracking: str = Field(default="", max_length=40)  # number of the registered letter
    outcome: PostalOutcome | None = Field(default=None, max_length=20, sa_type=String)
    returned_on: date | None = None
    counts_from: date | None = None
    proof_sha256: str | None = Field(default=None, sa_type=FileHash)  # scan of the return
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class ListChange(StrEnum):
    """Why a list in force has a new version; all but `frozen` are those of the contract's bundle."""

    FROZEN = "frozen"
    LEFT = "left"
    CALLED = "called"
    CORRECTED = "corrected"
    AMOUNT = "amount"


class ListVersion(SQLModel, table=True):
    """One version of a call's list in force, never edited: the last one is what every page, file and count reads.

    `granted`: application's id → cents; `waiting`: application's ids in their order; `gave_up`: ids of laureates who gave
    the grant up, or let its time pass; `decision_id`: what it follows from. `amount`, `place`, `reason`, `author`: as the
    bundle's `changes` say them. `bundle_hash`: fingerprint of the bundle of this list.
    """

    __tablename__ = "list_version"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        CheckConstraint(one_of("change", ListChange), name="change"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    number: int
    run_id: str = Field(foreign_key="ranking_run.id")
    change: ListChange = Field(max_length=20, sa_type=String)
    application_id: str | None = Field(default=None, foreign_key="application.id", index=True)
    decision_id: str | None = Field(default=None, foreign_key="decision.id")
    amount: int | None = Field(default=None, sa_type=Cents)
    place: str = Field(default="", max_length=20)
    reason: str = ""
    author: str = Field(default="", max_length=300)  # as the bundle names them
    author_id: str | None = Field(default=None, foreign_key="person.id")
    granted: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    waiting: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    gave_up: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    bundle_hash: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)


class CorrectionGround(StrEnum):
    """On what a correction rests."""

    CONDITION = "condition"  # one that the decision stated was not kept: at any time
    ILLEGALITY = "illegality"  # within four months of the decision
    FAVOUR = "favour"  # for the association: at once


class CorrectionState(StrEnum):
    """From the letter of intent to the reasoned decision."""

    INTENT = "intent"  # the letter of intent is written, and not sent
    OBSERVING = "observing"  # the association may answer until `observations_until`
    DECIDED = "decided"
    DROPPED = "dropped"


class DecisionCorrection(SQLModel, table=True):
    """A decision is about to be replaced. `outcome`, `amount`: what the new decision would say (cents).

    `contest_id`, `contest_result`: the appeal that it answers, and how once it is decided. What takes or reduces a grant
    waits for the observations. `breaks_reason`: why it is decided although it breaks rules of the call.
    """

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint(one_of("ground", CorrectionGround), name="ground"),
        CheckConstraint(one_of("state", CorrectionState), name="state"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
        Index(
            "uq_correction_under_way",
            "decision_id",
            unique=True,
            sqlite_where=text("state IN ('intent', 'observing')"),
            postgresql_where=text("state IN ('intent', 'observing')"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id", index=True)
    decision_id: str = Field(foreign_key="decision.id")
    contest_id: str | None = Field(default=None, foreign_key="contest.id")
    contest_result: ContestResult | None = Field(default=None, max_length=20, sa_type=String)
    ground: CorrectionGround = Field(max_length=20, sa_type=String)
    condition: str = ""  # the words of the condition that was not kept
    state: CorrectionState = Field(default=CorrectionState.INTENT, max_length=20, sa_type=String)
    outcome: str = Field(max_length=20)
    amount: int | None = Field(default=None, sa_type=Cents)
    reason: str
    intent_sha256: str | None = Field(default=None, sa_type=FileHash)
    intent_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    observations_until: date | None = None
    observations: str = ""
    observed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    observed_by: str | None = Field(
        default=None, foreign_key="person.id"
    )  # of the association, or who recorded a paper
    observations_sha256: str | None = Field(default=None, sa_type=FileHash)  # scan of the paper
    proposed_by: str = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by: str | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    breaks_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    new_decision_id: str | None = Field(default=None, foreign_key="decision.id")
    dropped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dropped_by: str | None = Field(default=None, foreign_key="person.id")
    dropped_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
