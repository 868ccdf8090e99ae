"""One dossier of a run as its page explains it: its marks as bars, against what the call asks and whom it retained last."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _

from aap.core.call.criterion_words import counts_for, mean_in_words, minimum_in_words
from aap.core.call.points import in_points
from aap.core.call.schema import Criterion, Rubric
from aap.core.scoring.marking import title_of
from aap.web.figures import number, plain
from aap.web.official.ranking_view import BAR, RankLine, on_axis


class MarkBar(NamedTuple):
    """A line of the table of marks. `at`, `minimum_at`, `line_at`: hundredths of the bar, empty without one; `below`: the
    minimum is missed."""

    title: str
    weight: str
    mark: str
    minimum: str
    line: str
    at: str
    minimum_at: str
    line_at: str
    below: bool


def mark_bars(line: RankLine, last: RankLine | None, rubric: Rubric) -> list[MarkBar]:
    """The final score, then each criterion. `last`: the last laureate of its lot; None where nobody is retained, or who
    reads may not know it."""
    others = last.row.marks if last is not None else {}
    bars = [_final(line, last, rubric)] if line.score is not None else []
    for criterion in rubric.criteria:
        mark = line.row.marks.get(criterion.id)
        if mark is not None:
            other = others.get(criterion.id)
            bars.append(_criterion(criterion, rubric, mark, other, line.row.reviews, last.row.reviews if last else 0))
    return bars


def _final(line: RankLine, last: RankLine | None, rubric: Rubric) -> MarkBar:
    score, threshold, other = line.score, rubric.threshold, last.score if last is not None else None
    assert score is not None
    on_hundred = None if threshold is None else Decimal(threshold) * BAR / Decimal(rubric.out_of)
    return MarkBar(
        title=_("Note finale"),
        weight="",
        mark=_("%(n)s sur %(out_of)s", n=number(in_points(score, rubric), 2), out_of=number(rubric.out_of)),
        minimum="" if threshold is None else plain(threshold),
        line="" if other is None else number(in_points(other, rubric), 2),
        at=on_axis(score),
        minimum_at="" if on_hundred is None else on_axis(on_hundred),
        line_at="" if other is None else on_axis(other),
        below=on_hundred is not None and score < on_hundred,
    )


def _criterion(
    criterion: Criterion, rubric: Rubric, mark: Decimal, other: Decimal | None, reviews: int, others: int
) -> MarkBar:
    scale = rubric.scale_of(criterion)
    minimum = criterion.threshold if criterion.kind != "gate" else None

    def at(value: Decimal | None) -> str:
        return "" if value is None else on_axis((value - scale.min) * BAR / (scale.max - scale.min))

    return MarkBar(
        title=title_of(criterion),
        weight=counts_for(criterion, rubric),
        mark=mean_in_words(criterion, rubric, mark, reviews),
        minimum=minimum_in_words(criterion),
        line="" if other is None else mean_in_words(criterion, rubric, other, others),
        at=at(mark),
        minimum_at=at(minimum),
        line_at=at(other),
        below=minimum is not None and mark < minimum,
    )
