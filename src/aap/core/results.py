"""What a run of the ranking answers, and its text form: the tables that files, hashes and bundles are made of.

Scores (on 100), marks (scale units), severities (points) and probabilities are Decimals of 4 decimals, rounded
half-even where they were computed; money is integer cents. The text form is what `ranking.csv` and `reviewers.csv`
carry: scores with 4 decimals, euros with 2, an empty cell for no value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

Status = Literal[
    "laureate", "waiting_list", "not_selected", "below_threshold", "ineligible", "incomplete", "withdrawn"
]  # fmt: skip
STATUSES: tuple[Status, ...] = get_args(Status)

RANKING_COLUMNS = (
    "rank", "application_id", "association", "status", "reason_code", "reason", "raw_score", "calibrated_score",
    "ci_low", "ci_high", "selection_probability", "reviews", "requested_amount", "granted_amount", "waiting_rank",
)  # fmt: skip
LAUREATE_COLUMNS = (
    "rank", "application_id", "association", "score", "requested_amount", "granted_amount", "reason_code", "reason",
)  # fmt: skip
LOT_COLUMN = "lot"
CALIBRATION_COLUMN = "calibration"
REVIEWER_COLUMNS = (
    "reviewer_id", "reviews", "mean_given", "severity", "severity_low", "severity_high", "residual_sd", "flag",
)  # fmt: skip
ERRATIC = "erratic"
"""The flag of a reviewer whose marks stray from the others' far beyond chance."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One application's line of the ranking. `marks`: mean mark by criterion id, where it has one.

    `masked`: the line as its recused person reads it, a place and nothing else (`masked_row`). `lot`: the id of its lot,
    where the call has lots.
    """

    rank: int | None
    application_id: str
    association: str
    status: Status
    reason_code: str
    reason: str
    raw_score: Decimal | None
    calibrated_score: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    selection_probability: Decimal | None
    reviews: int
    requested_amount: int
    granted_amount: int | None
    waiting_rank: int | None
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    masked: bool = False
    lot: str = ""

    def score(self, method: str) -> Decimal | None:
        """The score that ranks, by `scoring.method`."""
        return self.calibrated_score if method == "calibrated" else self.raw_score


@dataclass(frozen=True, slots=True)
class Census:
    """How many lines of a ranking have a rank, and how many are retained. `laureates`: rank and score of those retained,
    in the order of the ranking."""

    ranked: int
    retained: int
    laureates: tuple[tuple[int, Decimal], ...] = ()

    @classmethod
    def of(cls, rows: Sequence[ResultRow], method: str) -> Census:
        """`method`: whose score ranks (`scoring.method`)."""
        held = [(row.rank, row.score(method)) for row in rows if row.status == "laureate"]
        ranks = sorted((rank, score) for rank, score in held if rank is not None and score is not None)
        return cls(sum(row.rank is not None for row in rows), len(held), tuple(ranks))

    def last_before(self, rank: int | None) -> Decimal | None:
        """The score of the last one retained that ranks before; None where none does."""
        return None if rank is None else next((score for at, score in reversed(self.laureates) if at < rank), None)


MASKED = "Dossier dont vous êtes déporté"
"""What a recused person reads in place of the dossier."""


def masked_row(row: ResultRow, number: int) -> ResultRow:
    """The line as a recused person reads it: its place (rank, outcome, rank on the waiting list), nothing of the dossier.

    `number` takes the reference's place: lines of one list stay apart from each other.
    """
    return ResultRow(
        rank=row.rank, application_id=f"déport {number}", association=MASKED, status=row.status, reason_code="",
        reason="", raw_score=None, calibrated_score=None, ci_low=None, ci_high=None, selection_probability=None,
        reviews=0, requested_amount=0, granted_amount=None, waiting_rank=row.waiting_rank, masked=True, lot=row.lot,
    )  # fmt: skip


def masked_text(text: str, references: Collection[str]) -> str:
    """A sentence without these dossiers: whatever names one by its reference names none."""
    words = f"({MASKED[0].lower()}{MASKED[1:]})"
    for reference in references:
        text = re.sub(rf"(?<![\w-]){re.escape(reference)}(?![\w-])", words, text)
    return text


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """One reviewer's line: `severity` in points on 100, positive where the marks stand above those that others gave the
    same applications. `residual_sd`: points by which they stray once corrected. `flag`: `erratic` or empty.
    `calibration`: the ids of the lots whose reviews it rests on, joined by `|`, where the call has lots."""

    reviewer_id: str
    reviews: int
    mean_given: Decimal
    severity: Decimal
    severity_low: Decimal | None
    severity_high: Decimal | None
    residual_sd: Decimal | None = None
    flag: str = ""
    calibration: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text: one header row, then rows of as many cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def reviewer_row(cells: Sequence[str]) -> ReviewerRow:
    """A line of `reviewers.csv` as it was written, that of the first edition too (without the last two columns)."""
    name, reviews, mean, severity, low, high, *rest = cells
    residual, flag = rest or ("", "")

    def figure(cell: str) -> Decimal | None:
        return Decimal(cell) if cell else None

    return ReviewerRow(
        name, int(reviews), Decimal(mean), Decimal(severity), figure(low), figure(high), figure(residual), flag
    )


def four_decimals(value: Decimal | None) -> str:
    """`64.2500`; the empty text for no value. A zero has no sign."""
    if value is None:
        return ""
    text = f"{value:.4f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def euros_text(cents: int | None) -> str:
    """Cents as `12000.00`; the empty text for no value."""
    if cents is None:
        return ""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


def have_lots(rows: Sequence[ResultRow]) -> bool:
    """Whether the call of these lines has lots: then each line has one."""
    return any(row.lot for row in rows)


def ranking_table(rows: Sequence[ResultRow], criteria: Sequence[str]) -> Table:
    """`ranking.csv` as text cells, one `mark_<criterion>` column a criterion of the rubrics; `lot` where there are lots."""
    with_lots = have_lots(rows)
    return Table(
        header=(
            *RANKING_COLUMNS,
            *((LOT_COLUMN,) if with_lots else ()),
            *(f"mark_{criterion}" for criterion in criteria),
        ),
        rows=tuple(
            (
                _whole(row.rank),
                row.application_id,
                row.association,
                row.status,
                row.reason_code,
                row.reason,
                four_decimals(row.raw_score),
                four_decimals(row.calibrated_score),
                four_decimals(row.ci_low),
                four_decimals(row.ci_high),
                four_decimals(row.selection_probability),
                "" if row.masked else str(row.reviews),
                "" if row.masked else euros_text(row.requested_amount),
                euros_text(row.granted_amount),
                _whole(row.waiting_rank),
                *((row.lot,) if with_lots else ()),
                *(four_decimals(row.marks.get(criterion)) for criterion in criteria),
            )
            for row in rows
        ),
    )


def laureates_table(rows: Sequence[ResultRow], method: str) -> Table:
    """`laureates.csv` as text cells: the retained applications in rank order, lot by lot where there are lots."""
    with_lots = have_lots(rows)
    return Table(
        header=(*LAUREATE_COLUMNS, *((LOT_COLUMN,) if with_lots else ())),
        rows=tuple(
            (
                _whole(row.rank),
                row.application_id,
                row.association,
                four_decimals(row.score(method)),
                "" if row.masked else euros_text(row.requested_amount),
                euros_text(row.granted_amount),
                row.reason_code,
                row.reason,
                *((row.lot,) if with_lots else ()),
            )
            for row in rows
            if row.status == "laureate"
        ),
    )


def reviewers_table(reviewers: Sequence[ReviewerRow]) -> Table:
    """`reviewers.csv` as text cells; `calibration` where there are lots."""
    with_lots = any(reviewer.calibration for reviewer in reviewers)
    return Table(
        header=(*REVIEWER_COLUMNS, *((CALIBRATION_COLUMN,) if with_lots else ())),
        rows=tuple(
            (
                reviewer.reviewer_id,
                str(reviewer.reviews),
                four_decimals(reviewer.mean_given),
                four_decimals(reviewer.severity),
                four_decimals(reviewer.severity_low),
                four_decimals(reviewer.severity_high),
                four_decimals(reviewer.residual_sd),
                reviewer.flag,
                *((reviewer.calibration,) if with_lots else ()),
            )
            for reviewer in reviewers
        ),
    )
