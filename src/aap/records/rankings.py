"""Ranking runs, the jury's decisions, and the decisions on each dossier."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from aap.records.types import Cents, FileHash, FourDecimals, UtcDateTime, new_id, one_of


class JuryDecisionKind(StrEnum):
    """As in the decisions' table of file mode."""

    IN = "in"
    OUT = "out"
    AMOUNT = "amount"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    CONSENSUS = "consensus"


class JuryDecision(SQLModel, table=True):
    """What persons decided after the marks, with its reason. `amount`: euros, or points on 100 for a consensus."""

    __tablename__ = "jury_decision"
    __table_args__ = (
        CheckConstraint(one_of("decision", JuryDecisionKind), name="decision"),
        UniqueConstraint("application_id", "decision"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id")
    decision: JuryDecisionKind = Field(max_length=20, sa_type=String)
    amount: Decimal | None = Field(default=None, sa_type=FourDecimals)
    reason: str
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class RunState(StrEnum):
    """A run is frozen by two persons."""

    COMPUTED = "computed"
    PROPOSED = "proposed"  # a first person has frozen it
    FROZEN = "frozen"  # a second person has confirmed


class RankingRun(SQLModel, table=True):
    """One run of the ranking, replayable from its bundle (canonical JSON)."""

    __tablename__ = "ranking_run"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        CheckConstraint(one_of("state", RunState), name="state"),
        CheckConstraint("frozen_by IS NULL OR frozen_by <> proposed_by", name="two_persons"),
        Index(
            "uq_ranking_run_frozen",
            "call_id",
            unique=True,
            sqlite_where=text("state = 'frozen'"),
            postgresql_where=text("state = 'frozen'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    number: int
    state: RunState = Field(default=RunState.COMPUTED, max_length=20, sa_type=String)
    rubric_hash: str = Field(max_length=64)
    result_hash: str = Field(max_length=64)
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    bundle: str  # canonical JSON
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    proposed_by: str | None = Field(default=None, foreign_key="person.id")
    proposed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    frozen_by: str | None = Field(default=None, foreign_key="person.id")
    frozen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unproven_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})  # why it is frozen all the same
    audit_lines: int | None = None  # of the log when it was frozen, with the last line's hash: printed on its papers
    audit_head: str | None = Field(default=None, max_length=64)


class RankingRow(SQLModel, table=True):
    """One application in one run: the columns of `ranking.csv`."""

    __tablename__ = "ranking_row"
    __table_args__ = (UniqueConstraint("run_id", "application_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    run_id: str = Field(foreign_key="ranking_run.id")
    application_id: str = Field(foreign_key="application.id", index=True)
    rank: int | None = None
    status: str = Field(max_length=20)
    reason_code: str = Field(max_length=200)
    reason: str
    raw_score: Decimal | None = Field(default=None, sa_type=FourDecimals)
    calibrated_score: Decimal | None = Field(default=None, sa_type=FourDecimals)
    ci_low: Decimal | None = Field(default=None, sa_type=FourDecimals)
    ci_high: Decimal | None = Field(default=None, sa_type=FourDecimals)
    selection_probability: Decimal | None = Field(default=None, sa_type=FourDecimals)
    reviews: int = 0
    requested_amount: int = Field(sa_type=Cents)
    granted_amount: int | None = Field(default=None, sa_type=Cents)
    waiting_rank: int | None = None
    marks: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))  # criterion → mean


class Outcome(StrEnum):
    """What a decision says of a dossier; an incomplete one has none."""

    LAUREATE = "laureate"
    WAITING_LIST = "waiting_list"
    NOT_SELECTED = "not_selected"
    BELOW_THRESHOLD = "below_threshold"
    INELIGIBLE = "ineligible"
    WITHDRAWN = "withdrawn"


class Decision(SQLModel, table=True):
    """A decision freezes what it rests on and is never edited: a correction is a new one that replaces it."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint(one_of("outcome", Outcome), name="outcome"),
        UniqueConstraint("application_id", "number"),
        CheckConstraint("outcome <> 'laureate' OR amount IS NOT NULL", name="amount"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id")
    run_id: str = Field(foreign_key="ranking_run.id")
    number: int = 1
    replaces_id: str | None = Field(default=None, foreign_key="decision.id")
    outcome: Outcome = Field(max_length=20, sa_type=String)
    amount: int | None = Field(default=None, sa_type=Cents)
    row: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    reason: str
    rubric_hash: str = Field(max_length=64)
    bundle_hash: str = Field(max_length=64)
    letter_sha256: str | None = Field(default=None, sa_type=FileHash)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: str = Field(default="", max_length=20)  # accepted | declined
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Contest(SQLModel, table=True):
    """A recours gracieux against a decision, recorded for the service."""

    __tablename__ = "contest"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    decision_id: str = Field(foreign_key="decision.id", index=True)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    body: str
    created_at: datetime = Field(sa_type=UtcDateTime)
