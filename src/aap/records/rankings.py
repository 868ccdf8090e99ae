"""Ranking runs, the jury's decisions, and the decisions on each dossier."""

from __future__ import annotations

from datetime import date, datetime
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


class DecisionStage(StrEnum):
    """Who decided after the marks: the jury proposes, then the authority arbitrates."""

    JURY = "jury"
    AUTHORITY = "authority"


class JuryDecision(SQLModel, table=True):
    """What persons decided after the marks, with its reason. `amount`: euros, or points on 100 for a consensus.

    The authority's stand beside the jury's and count in their place (`core.ranking.overruling`).
    """

    __tablename__ = "jury_decision"
    __table_args__ = (
        CheckConstraint(one_of("decision", JuryDecisionKind), name="decision"),
        CheckConstraint(one_of("stage", DecisionStage), name="stage"),
        UniqueConstraint("application_id", "decision", "stage"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id")
    decision: JuryDecisionKind = Field(max_length=20, sa_type=String)
    amount: Decimal | None = Field(default=None, sa_type=FourDecimals)
    reason: str  # read by the association, in its letter
    stage: DecisionStage = Field(
        default=DecisionStage.JURY, max_length=20, sa_type=String, sa_column_kwargs={"server_default": "jury"}
    )
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
    frozen_version: int | None = (
        None  # 1 for the first run of the call that was frozen, then 2…; kept after a step back
    )
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
        UniqueConstraint("call_id", "letter_number"),
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
    letter_number: int | None = None  # of the call's letters, without holes
    letter_settings_id: str | None = Field(default=None, foreign_key="letter_settings.id")
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    notification_id: str | None = Field(default=None, foreign_key="notification.id", index=True)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_by: str | None = Field(default=None, foreign_key="person.id")
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # the mail that says it is unread
    answer: str = Field(default="", max_length=20)  # accepted | declined | lapsed
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    answer_sha256: str | None = Field(default=None, sa_type=FileHash)  # the paper, where it came on paper
    answer_noted_by: str | None = Field(default=None, foreign_key="person.id")  # the official who recorded it
    answer_reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    voided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # its run was unfrozen before it left


class ContestKind(StrEnum):
    """Before whom a decision is contested."""

    GRACIEUX = "gracieux"  # before its author
    HIERARCHIQUE = "hierarchique"  # before the author's superior
    CONTENTIEUX = "contentieux"  # before the court: recorded, answered elsewhere


class ContestResult(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"  # the decision is corrected
    PARTLY = "partly"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Contest(SQLModel, table=True):
    """An appeal against a decision, by the association on its page or recorded from paper; one a decision of each kind.

    `number`: of the call's appeals; `received_on`: the day from which its two months run; `late`: it came after the last
    day to contest; `reply`: the words of the letter that answers it. Where it is upheld, the result is there once a
    second person has decided the correction.
    """

    __tablename__ = "contest"
    __table_args__ = (
        UniqueConstraint("decision_id", "kind"),
        CheckConstraint(one_of("kind", ContestKind), name="kind"),
        CheckConstraint("result IS NULL OR " + one_of("result", ContestResult), name="result"),
        UniqueConstraint("call_id", "number"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str | None = Field(default=None, foreign_key="call.id")
    number: int | None = None
    decision_id: str = Field(foreign_key="decision.id", index=True)
    kind: ContestKind = Field(
        default=ContestKind.GRACIEUX, max_length=20, sa_type=String, sa_column_kwargs={"server_default": "gracieux"}
    )
    on_paper: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    received_on: date | None = None
    late: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    person_id: str | None = Field(default=None, foreign_key="person.id")  # who wrote it, or recorded it
    body: str
    acknowledged_sha256: str | None = Field(default=None, sa_type=FileHash)
    result: ContestResult | None = Field(default=None, max_length=20, sa_type=String)
    reply: str = Field(default="", sa_column_kwargs={"server_default": ""})
    replied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    replied_by: str | None = Field(default=None, foreign_key="person.id")
    reply_sha256: str | None = Field(default=None, sa_type=FileHash)
    created_at: datetime = Field(sa_type=UtcDateTime)


class ContestDocument(SQLModel, table=True):
    """A file that came with an appeal: joined on the page, or the scan of a paper."""

    __tablename__ = "contest_document"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    contest_id: str = Field(foreign_key="contest.id", index=True)
    name: str = Field(max_length=255)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(sa_type=FileHash)
    created_at: datetime = Field(sa_type=UtcDateTime)
