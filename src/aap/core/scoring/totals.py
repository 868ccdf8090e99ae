"""From marks to totals on 100, in exact rational arithmetic.

A review's total is `100 x sum(w x (mark - min) / (max - min)) / sum(w)`, and for each bonus `bonus x (mark - min) / (max -
min)` besides; an application's raw score is the mean of its reviews' totals. Everything here is a `Fraction`, so that no
order of summing and no platform moves a tie or a threshold. `ten_thousandths` is the one place where a figure is rounded
to 4 decimals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from aap.core.call.schema import Criterion, Rubric
from aap.core.inputs import Mark
from aap.core.scoring.criteria import Attributes, asked_criteria, computed_marks

UNIT = 10_000
"""A score, a severity or a mean mark of 4 decimals is kept as an integer number of ten-thousandths."""


class IncompleteReviews(Exception):
    """Some reviews lack a mark. `missing`: (application id, reviewer id, criteria without a mark), sorted."""

    def __init__(self, missing: tuple[tuple[str, str, tuple[str, ...]], ...]) -> None:
        super().__init__(f"{len(missing)} incomplete reviews")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Review:
    """A complete review: one reviewer's marks (criterion id -> mark, in scale units) for one application.

    Among the marks are 1 (yes) or 0 (no) for a gate, and what a computed criterion gives. `total` is on 100, exact.
    """

    application_id: str
    reviewer_id: str
    marks: Mapping[str, Decimal]
    total: Fraction


def ten_thousandths(value: Fraction | Decimal | float) -> int:
    """`value` rounded half-even to 4 decimals, as an integer number of ten-thousandths.

    A float is taken at its exact binary value. 0.00005 gives 0, 0.00015 gives 2 (exact fractions).
    """
    return round(Fraction(value) * UNIT)


def from_ten_thousandths(scaled: int) -> Decimal:
    """The 4-decimal number behind an integer of ten-thousandths: 645000 is 64.5000."""
    return Decimal(scaled).scaleb(-4)


def on_hundred(points: Decimal, rubric: Rubric) -> Decimal:
    """Points of the call brought to 100 and to 4 decimals: 10 of 15 is 66.6667."""
    return from_ten_thousandths(ten_thousandths(Fraction(points) * 100 / Fraction(rubric.out_of)))


def meets_overall(score: Decimal, rubric: Rubric) -> bool:
    """Whether a score on 100, of 4 decimals, reaches the overall threshold, brought to as many: equality does."""
    return rubric.threshold is None or score >= on_hundred(rubric.threshold, rubric)


def reviews_from_marks(
    marks: Iterable[Mark],
    rubric: Rubric,
    *,
    attributes: Mapping[str, Attributes] | None = None,
    drop_incomplete: bool = False,
) -> tuple[Review, ...]:
    """The complete reviews among `marks`, sorted by application then reviewer.

    A review is all marks of one reviewer for one application; the marks of computed criteria, which come from the
    application's `attributes` (by its id), are added to it. One without a mark on some criterion that reviewers answer is
    left out when `drop_incomplete`, else raises IncompleteReviews with all of them. Marks on other criteria raise
    KeyError, a second mark of one reviewer on the same criterion of one application ValueError: the reading of the tables
    has refused both before, with their row.
    """
    answered = asked_criteria(rubric)
    known = frozenset(criterion.id for criterion in answered)
    grouped: dict[tuple[str, str], dict[str, Decimal]] = {}
    for mark in marks:
        if mark.criterion not in known:
            raise KeyError(mark.criterion)
        own = grouped.setdefault((mark.application_id, mark.reviewer_id), {})
        if mark.criterion in own:
            raise ValueError(f"two marks of {mark.reviewer_id} on {mark.criterion} for {mark.application_id}")
        own[mark.criterion] = mark.score
    missing = tuple(
        (application_id, reviewer_id, tuple(c.id for c in answered if c.id not in own))
        for (application_id, reviewer_id), own in sorted(grouped.items())
        if len(own) < len(known)
    )
    if missing and not drop_incomplete:
        raise IncompleteReviews(missing)
    points = _Points(rubric)
    given = {name: computed_marks(rubric, (attributes or {}).get(name, {})) for name, _ in grouped}
    reviews = []
    for (application_id, reviewer_id), own in sorted(grouped.items()):
        if len(own) < len(known):
            continue
        every = own | given[application_id]
        reviews.append(
            Review(
                application_id=application_id,
                reviewer_id=reviewer_id,
                marks={criterion.id: every[criterion.id] for criterion in rubric.criteria},
                total=points.total(every),
            )
        )
    return tuple(reviews)


def review_total(marks: Mapping[str, Decimal], rubric: Rubric) -> Fraction:
    """Total on 100 of one complete set of marks (criterion id -> mark in scale units), exact; gates are left aside."""
    return _Points(rubric).total(marks)


def worth_of(criterion: Criterion, mark: Decimal | Fraction, rubric: Rubric) -> Fraction:
    """What a mark (in scale units) on a criterion is worth on 100, exact; not for a gate, which is worth nothing."""
    scale = rubric.scale_of(criterion)
    low, high = Fraction(scale.min), Fraction(scale.max)
    return _most(criterion, rubric) / (high - low) * (Fraction(mark) - low)


def _most(criterion: Criterion, rubric: Rubric) -> Fraction:
    return 100 * rubric.share_of(criterion) if criterion.bonus is None else Fraction(criterion.bonus)


class _Points:
    """What each mark of each criterion is worth on 100.

    Marks lie on a grid, so few differ: each one's worth is worked out once, and a review's total is a sum of integers
    over one common denominator.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._worth: dict[str, tuple[Fraction, Fraction]] = {}
        for criterion in rubric.criteria:
            if criterion.kind == "gate":
                continue
            scale = rubric.scale_of(criterion)
            low, high = Fraction(scale.min), Fraction(scale.max)
            self._worth[criterion.id] = (_most(criterion, rubric) / (high - low), low)
        self._known: dict[tuple[str, Decimal], Fraction] = {}

    def _of(self, criterion: str, mark: Decimal) -> Fraction:
        key = (criterion, mark)
        worth = self._known.get(key)
        if worth is None:
            points, low = self._worth[criterion]
            worth = self._known[key] = points * (Fraction(mark) - low)
        return worth

    def total(self, marks: Mapping[str, Decimal]) -> Fraction:
        parts = [self._of(criterion, marks[criterion]) for criterion in self._worth]
        return exact_sum(parts)


def exact_sum(values: Sequence[Fraction]) -> Fraction:
    """The sum of `values` over one common denominator (one reduction instead of one at each addition)."""
    denominator = math.lcm(*(value.denominator for value in values))
    return Fraction(sum(value.numerator * (denominator // value.denominator) for value in values), denominator)


def exact_mean(values: Sequence[Fraction]) -> Fraction:
    """The mean of at least one value."""
    return exact_sum(values) / len(values)


def mean_marks(reviews: Sequence[Review], rubric: Rubric) -> dict[str, Fraction]:
    """Mean mark on each criterion, in scale units and rubric order, exact; empty when there is no review."""
    if not reviews:
        return {}
    return {
        criterion.id: exact_mean([Fraction(review.marks[criterion.id]) for review in reviews])
        for criterion in rubric.criteria
    }
