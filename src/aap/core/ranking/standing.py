"""Where an application stands before the selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from aap.core.inputs import Application, JuryDecision

OVERALL = "overall"

Place = Literal["candidate", "out", "declined", "below_threshold", "ineligible", "incomplete", "withdrawn"]
"""Where an application stands before the selection; the first three are ranked."""

RANKED: frozenset[Place] = frozenset({"candidate", "out", "declined"})


@dataclass(frozen=True, slots=True)
class StoredScores:
    """Scores and interval of one application as an earlier run rounded them, in ten-thousandths."""

    raw_score: int | None
    calibrated_score: int | None
    ci_low: int | None
    ci_high: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One application before the selection.

    Scores and bounds of the 90 % interval are ten-thousandths of points on 100, None where there is none; `score` is
    the one that ranks. `mean_marks`: criterion id -> exact mean mark in scale units. `missed`: the first criterion
    whose threshold is missed in rubric order, else "overall"; empty when none is or when the place is another. `grant`
    in cents: the requested or proposed amount, or the jury's. `reviewers`: who gave a complete review, sorted. `agreed`:
    the marks agreed by criterion, which stand in `mean_marks` too. `missed_marks`: each review's mark on the criterion
    that is missed, where the reviews decide.
    """

    application: Application
    place: Place
    rank: int | None
    raw_score: int | None
    calibrated_score: int | None
    score: int | None
    ci_low: int | None
    ci_high: int | None
    reviewers: tuple[str, ...]
    mean_marks: Mapping[str, Fraction]
    missed: str
    grant: int
    contested: bool
    consensus: bool
    decision: JuryDecision | None
    agreed: Mapping[str, Decimal] = field(default_factory=dict)
    missed_marks: tuple[Decimal, ...] = ()

    @property
    def id(self) -> str:
        return self.application.id


def whose(imposed: Iterable[Standing]) -> str:
    """Whose decision retained these, after « décision »: `du jury`, `de l’autorité`, or both."""
    found = {one.decision is not None and one.decision.is_authoritys for one in imposed}
    if found == {True}:
        return "de l’autorité"
    return "du jury ou de l’autorité" if True in found else "du jury"
