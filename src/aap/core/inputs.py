"""What a run of the ranking takes in, besides the call file (contract, section 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

AUTHORITY = "authority"
"""The stage of a decision that the authority took when it arbitrated."""

DecisionKind = Literal["in", "out", "amount", "withdrawn", "declined", "consensus", "set_aside"]


@dataclass(frozen=True, slots=True)
class Application:
    """One row of the applications' table. Amounts in cents; an attribute may hold several values."""

    id: str
    association: str
    requested_amount: int
    proposed_amount: int | None = None
    eligible: bool = True
    ineligible_reason: str = ""
    draw_token: str = ""  # empty: the application's id
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: a reviewer's, for one criterion of one application, in scale units (a gate: 1 for yes, 0 for no)."""

    application_id: str
    reviewer_id: str
    criterion: str
    score: Decimal
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What a list that shows no mark tells of an application's reviews.

    `reviews`: how many count. `means`: mean mark of the criteria that part ties or have a threshold on the mean, exact, in
    scale units. `missed`: the criterion whose threshold or answer the reviews miss first; empty where none is.
    """

    reviews: int
    means: Mapping[str, Fraction] = field(default_factory=dict)
    missed: str = ""


@dataclass(frozen=True, slots=True)
class JuryDecision:
    """What persons decided after the marks.

    `amount`: euros, or points on 100 for `consensus`; with a `criterion`, the agreed mark in scale units. `reviewer_id`:
    whose review is set aside, on all applications where `application_id` is empty. `stage`: empty for the jury,
    `authority` where the authority arbitrated: reasons say whose decision it is, nothing else depends on it.
    """

    application_id: str
    decision: DecisionKind
    amount: Decimal | None
    reason: str
    author: str
    criterion: str = ""
    reviewer_id: str = ""
    stage: str = ""

    @property
    def is_authoritys(self) -> bool:
        return self.stage == AUTHORITY
