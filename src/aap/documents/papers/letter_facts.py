"""What a decision letter is about: the outcome of one dossier, and what persons decided on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, assert_never

from aap.core.call.letter_texts import LetterKind
from aap.core.call.schema import CallFile, Lot
from aap.core.ranking.reason_figures import decimals_of, named_last
from aap.core.results import Census, ResultRow, Status
from aap.documents.papers.mark_table import MarkTable, mark_table


class NoLetter(ValueError):
    """The application has no decision to notify yet (its reviews are incomplete); `application_id` names it."""

    def __init__(self, application_id: str) -> None:
        super().__init__(f"no letter for {application_id}: its reviews are incomplete")
        self.application_id = application_id


@dataclass(frozen=True, slots=True)
class WrittenDecision:
    """What the jury, or the authority after it (`by_authority`), decided on a dossier, and its reason as it was written."""

    decision: Literal["in", "out", "amount"]
    reason: str
    by_authority: bool = False
    amount: int | None = None  # cents


@dataclass(frozen=True, slots=True)
class Replaced:
    """The decision that this one replaces. `number`: how it is cited; `amount` in cents, of a laureate."""

    number: int
    status: Status
    dated: date | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What the ranking says of one application (its row in ranking.csv). Amounts in cents, score on 100.

    `score` is the one that ranks (`scoring.method`); `marks` the mean mark by criterion, in scale units; `ranked` the
    number of applications that have a rank; `raw_score` the mean of the marks; `lot` the lot whose ranking it is, where the
    call has lots. `written`: what persons decided after the marks; `replaced`: the decision whose place this one takes, for
    `reason`; `capacity`: the representative's, as it was typed; `overseas`: where the association sits, None: unknown; `last`:
    the score of the last one retained before it.
    """

    application_id: str
    association: str
    status: Status
    reason: str
    requested_amount: int
    granted_amount: int | None = None
    rank: int | None = None
    ranked: int | None = None
    retained: int | None = None
    score: Decimal | None = None
    waiting_rank: int | None = None
    reviews: int | None = None
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    raw_score: Decimal | None = None
    reason_code: str = ""
    lot: Lot | None = None
    written: tuple[WrittenDecision, ...] = ()
    replaced: Replaced | None = None
    capacity: str = ""
    overseas: bool | None = None
    last: Decimal | None = None

    def decimals(self, call: CallFile) -> int:
        """Of the scores that are told of it, wherever they stand."""
        return decimals_of(call.rubric, self.score, named_last(self.reason, call.rubric, self.last))

    def written_as(self, *kinds: str) -> WrittenDecision | None:
        """What was decided by persons, of one of these kinds; a decision that replaces another rests on its own reason."""
        if self.replaced is not None:
            return None
        return next((one for one in self.written if one.decision in kinds), None)

    def mark_table(self, call: CallFile) -> MarkTable | None:
        return mark_table(
            call,
            self.marks,
            score=self.score,
            raw_score=self.raw_score,
            reviews=self.reviews,
            reason_code=self.reason_code,
            decimals=self.decimals(call),
        )


def letter_facts(
    call: CallFile,
    row: ResultRow,
    *,
    census: Census,
    retained: int | None = None,
    lot: Lot | None = None,
    written: tuple[WrittenDecision, ...] = (),
    replaced: Replaced | None = None,
    capacity: str = "",
    overseas: bool | None = None,
) -> LetterFacts:
    """What a letter needs from a line of the ranking, and what else is known of the dossier. `census`: of its ranking;
    `retained`: where another number of dossiers is retained by now."""
    return LetterFacts(
        application_id=row.application_id,
        association=row.association,
        status=row.status,
        reason=row.reason,
        requested_amount=row.requested_amount,
        granted_amount=row.granted_amount,
        rank=row.rank,
        ranked=census.ranked,
        retained=census.retained if retained is None else retained,
        score=row.score(call.scoring.method),
        waiting_rank=row.waiting_rank,
        reviews=row.reviews,
        marks=row.marks,
        raw_score=row.raw_score,
        reason_code=row.reason_code,
        lot=lot,
        written=written,
        replaced=replaced,
        capacity=capacity,
        overseas=overseas,
        last=census.last_before(row.rank),
    )


def kind_of(status: Status, application_id: str = "") -> LetterKind:
    """Kind of letter for a status. Raises NoLetter for `incomplete`."""
    match status:
        case "laureate" | "waiting_list" | "ineligible":
            return status
        case "not_selected" | "below_threshold" | "withdrawn":
            return "refusal"
        case "incomplete":
            raise NoLetter(application_id)
        case _:
            assert_never(status)
