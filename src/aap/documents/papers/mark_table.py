"""The table of marks of one dossier, by criterion, with its final score in the points of the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from aap.core import french
from aap.core.call.criterion_words import counts_for, mean_in_words, minimum_in_words
from aap.core.call.points import in_points, out_of
from aap.core.call.schema import CallFile, Rubric
from aap.core.ranking.reason_figures import Correction, correction
from aap.core.scoring.totals import meets_overall, worth_of

HELD = "below_threshold:"


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A criterion: what it counts for, the mark in words, the minimum where there is one, and whether it is missed.

    `points`: what the mark is worth in the points of the call; empty for a gate, and where points don't make the score.
    """

    title: str
    share: str
    mark: str
    minimum: str = ""
    below_threshold: bool = False
    points: str = ""


@dataclass(frozen=True, slots=True)
class MarkTable:
    """Marks by criterion, then the final score in the points of the call. `reviews` counts the evaluations.

    `score`: `9,62 sur 15`, empty where there is none; `minimum`: the overall one where it is missed; `correction`: where
    the score that ranks differs from the mean of the marks. The points of the lines add up to that mean, to the last
    decimal, where they make it: a total that was agreed on after the reviews is no sum.
    """

    lines: tuple[MarkLine, ...]
    score: str
    minimum: str = ""
    reviews: int | None = None
    correction: Correction | None = None

    @property
    def adds_up(self) -> bool:
        """Whether the lines tell their points."""
        return any(line.points for line in self.lines)


def mark_table(
    call: CallFile,
    marks: Mapping[str, Decimal],
    *,
    score: Decimal | None,
    raw_score: Decimal | None = None,
    reviews: int | None = None,
    reason_code: str = "",
    decimals: int = 2,
) -> MarkTable | None:
    """The marks (mean mark by criterion id) in rubric order; None when there are none. Scores are on 100; `decimals`: of
    the scores in the points of the call."""
    rubric = call.rubric
    points = points_of(call.rubric, marks, raw_score, decimals)
    missed = reason_code.removeprefix(HELD) if reason_code.startswith(HELD) else ""
    lines = []
    for criterion in rubric.criteria:
        mark = marks.get(criterion.id)
        if mark is None:
            continue
        mean_looked_at = criterion.kind != "gate" and criterion.threshold is not None
        below = mean_looked_at and criterion.threshold is not None and mark < criterion.threshold
        lines.append(
            MarkLine(
                title=french.spaced(criterion.title or criterion.id),
                share=counts_for(criterion, rubric),
                mark=mean_in_words(criterion, rubric, mark, reviews),
                minimum=minimum_in_words(criterion),
                below_threshold=below or missed == criterion.id,
                points=points.get(criterion.id, ""),
            )
        )
    if not lines:
        return None
    final = None if score is None else in_points(score, rubric)
    below = score is not None and rubric.threshold is not None and not meets_overall(score, rubric)
    return MarkTable(
        lines=tuple(lines),
        score="" if final is None else f"{french.number(final, decimals)} {out_of(rubric)}",
        minimum=french.exact(rubric.threshold) if below and rubric.threshold is not None else "",
        reviews=reviews,
        correction=correction(rubric, raw_score, score, decimals),
    )


def points_of(rubric: Rubric, marks: Mapping[str, Decimal], raw_score: Decimal | None, decimals: int) -> dict[str, str]:
    """Criterion → what its mean mark is worth, in the points of the call. As they are shown they add up to the mean of the
    marks: each is within one unit of the last decimal. Nothing where they don't make that mean, or a mark is missing.
    """
    counted = [criterion for criterion in rubric.criteria if criterion.kind != "gate"]
    if raw_score is None or any(criterion.id not in marks for criterion in counted):
        return {}
    worth = {one.id: in_points(worth_of(one, marks[one.id], rubric), rubric) for one in counted}
    whole = in_points(raw_score, rubric)
    if abs(sum(worth.values()) - whole) > in_points(_MARKS_ARE_ROUNDED, rubric):
        return {}
    unit = Fraction(1, 10**decimals)
    floors = {name: value // unit for name, value in worth.items()}
    left = int(Fraction(french.rounded(whole, decimals)) / unit) - sum(floors.values())
    if not 0 <= left <= len(worth):
        return {}
    by_rest = sorted(worth, key=lambda name: floors[name] * unit - worth[name])
    floors |= {name: floors[name] + 1 for name in by_rest[:left]}
    return {name: french.number(floor * unit, decimals) for name, floor in floors.items()}


_MARKS_ARE_ROUNDED = Decimal("0.01")
"""On 100: mean marks have 4 decimals, and their sum no more than that of a difference to the score."""
