"""Pictures of the pages about the reviews as plain geometry: values in, pixels out; the template draws the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from aap.core.call.schema import Scale
from aap.core.scoring.agreement import FiveNumbers
from aap.core.scoring.severity import Severity
from aap.core.scoring.totals import from_ten_thousandths
from aap.documents.report.charts import Axis, Interval, IntervalChart, interval_chart

WIDTH = 860
LABELS = 130
TOP = 30
ROW = 20


@dataclass(frozen=True, slots=True)
class Box:
    """One row: whiskers from `low` to `high`, box from `first` to `third`, `middle`; all in pixels."""

    label: str
    y: float
    low: float
    first: float
    middle: float
    third: float
    high: float


@dataclass(frozen=True, slots=True)
class BoxPicture:
    """`line`: a vertical line in pixels, None for none."""

    width: int
    height: int
    axis: Axis
    boxes: tuple[Box, ...]
    line: float | None


def box_picture(rows: Sequence[tuple[str, FiveNumbers]], line: Decimal | None = None) -> BoxPicture:
    """Box plots of totals on 100, a row each, on one axis from 0 to 100."""
    axis = Axis(0, 100, LABELS, WIDTH - 20, 10)
    return BoxPicture(
        width=WIDTH,
        height=TOP + ROW * len(rows) + 10,
        axis=axis,
        boxes=tuple(
            Box(
                label=label,
                y=TOP + ROW * position + ROW / 2,
                low=axis.at(float(box.low)),
                first=axis.at(float(box.first)),
                middle=axis.at(float(box.middle)),
                third=axis.at(float(box.third)),
                high=axis.at(float(box.high)),
            )
            for position, (label, box) in enumerate(rows)
        ),
        line=None if line is None else axis.at(float(line)),
    )


def interval_picture(severities: Sequence[Severity]) -> IntervalChart:
    """Severities in points on 100 with their 90 % intervals, the most severe first; the mark is nobody's severity."""
    rows = sorted(severities, key=lambda one: (one.value, one.reviewer_id))
    lines = [
        Interval(
            label=one.reviewer_id,
            value=from_ten_thousandths(one.value),
            low=from_ten_thousandths(one.value if one.low is None else one.low),
            high=from_ten_thousandths(one.value if one.high is None else one.high),
        )
        for one in rows
    ]
    return interval_chart(lines, mark=Decimal(0), row=ROW)


def warmth(mean: Fraction, group: Fraction, scale: Scale) -> int:
    """From -3 (far below the group's mean) to 3 (far above): a step for each twentieth of the scale, 0 within half."""
    share = (mean - group) / Fraction(scale.max - scale.min)
    steps = round(share * 20)
    return max(-3, min(3, steps))
