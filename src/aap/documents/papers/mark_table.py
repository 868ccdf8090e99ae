"""The table of marks of one dossier, by criterion, with its final score in the points of the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from aap.core import french
from aap.core.call.criterion_words import counts_for, mean_in_words, minimum_in_words
from aap.core.call.points import in_points, out_of
from aap.core.call.schema import CallFile
from aap.core.scoring.totals import meets_overall

HELD = "below_threshold:"


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A criterion: what it counts for, the mark in words, the minimum where there is one, and whether it is missed."""

    title: str
    share: str
    mark: str
    minimum: str = ""
    below_threshold: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """From the mean of the marks to the final score, in the points of the call, each as a text of 2 decimals."""

    mean: str
    change: str
    final: str


@dataclass(frozen=True, slots=True)
class MarkTable:
    """Marks by criterion, then the final score in the points of the call. `reviews` counts the evaluations.

    `score`: `9,62 sur 15`, empty where there is none; `minimum`: the overall one where it is missed; `correction`: where
    the score that ranks differs from the mean of the marks.
    """

    lines: tuple[MarkLine, ...]
    score: str
    minimum: str = ""
    reviews: int | None = None
    correction: Correction | None = None


def mark_table(
    call: CallFile,
    marks: Mapping[str, Decimal],
    *,
    score: Decimal | None,
    raw_score: Decimal | None = None,
    reviews: int | None = None,
    reason_code: str = "",
) -> MarkTable | None:
    """The marks (mean mark by criterion id) in rubric order; None when there are none. Scores are on 100."""
    rubric = call.rubric
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
            )
        )
    if not lines:
        return None
    final = None if score is None else in_points(score, rubric)
    below = score is not None and rubric.threshold is not None and not meets_overall(score, rubric)
    return MarkTable(
        lines=tuple(lines),
        score="" if final is None else f"{french.number(final, 2)} {out_of(rubric)}",
        minimum=french.exact(rubric.threshold) if below and rubric.threshold is not None else "",
        reviews=reviews,
        correction=correction(call, raw_score, score),
    )


def correction(call: CallFile, raw_score: Decimal | None, score: Decimal | None) -> Correction | None:
    """What takes the mean of the marks to the score that ranks, None where they are the same or one is missing.

    The change is that of the two figures as they are shown, so that the line adds up.
    """
    if raw_score is None or score is None or raw_score == score:
        return None
    mean, final = (french.rounded(in_points(value, call.rubric), 2) for value in (raw_score, score))
    sign = "+" if final >= mean else ""
    return Correction(french.number(mean, 2), f"{sign}{french.number(final - mean, 2)}", french.number(final, 2))
