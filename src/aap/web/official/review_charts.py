"""Pictures of the pages about the reviews as plain geometry: values in, pixels out; the template draws the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from aap.core.agreement import FiveNumbers
from aap.core.calibration import Severity
from aap.core.call.schema import Scale
from aap.core.scoring import decimal_of
from aap.documents.charts import Axis, axis_over

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


@dataclass(frozen=True, slots=True)
class Whisker:
    label: str
    y: float
    point: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class IntervalPicture:
    """`zero`: where nobody is severe or lenient, in pixels."""

    width: int
    height: int
    axis: Axis
    whiskers: tuple[Whisker, ...]
    zero: float


def interval_picture(severities: Sequence[Severity]) -> IntervalPicture:
    """Severities in points on 100 with their 90 % intervals, the most severe first."""
    rows = sorted(severities, key=lambda one: (one.value, one.reviewer_id))
    values = [float(decimal_of(value)) for one in rows for value in (one.low, one.value, one.high) if value is not None]
    axis = axis_over(values, LABELS, WIDTH - 20, zero=True)

    def at(value: int) -> float:
        return axis.at(float(decimal_of(value)))

    return IntervalPicture(
        width=WIDTH,
        height=TOP + ROW * len(rows) + 10,
        axis=axis,
        whiskers=tuple(
            Whisker(
                label=one.reviewer_id,
                y=TOP + ROW * position + ROW / 2,
                point=at(one.value),
                low=at(one.value if one.low is None else one.low),
                high=at(one.value if one.high is None else one.high),
            )
            for position, one in enumerate(rows)
        ),
        zero=axis.at(0.0),
    )


def warmth(mean: Fraction, group: Fraction, scale: Scale) -> int:
    """From -3 (far below the group's mean) to 3 (far above): a step for each twentieth of the scale, 0 within half."""
    share = (mean - group) / Fraction(scale.max - scale.min)
    steps = round(share * 20)
    return max(-3, min(3, steps))
