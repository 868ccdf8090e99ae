"""Pictures of the report as plain geometry: values in, positions in pixels out; the template draws the SVG.

Drawn by hand and not by a plotting library: four fixed kinds of picture, text that stays text for screen readers and
search, the same bytes everywhere, and no half second of import for a run that takes one
(docs/decisions: pictures of the report).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from aap.core import french


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` to `high` laid on `start` to `end` pixels, with round tick values."""

    low: float
    high: float
    start: float
    end: float
    step: float

    def at(self, value: float) -> float:
        """Position in pixels, to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Positions and French labels of the round values on the axis."""
        decimals = max(0, -math.floor(math.log10(self.step)))
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return tuple(
            (self.at(k * self.step), french.number(Decimal(repr(round(k * self.step, decimals))), decimals))
            for k in range(first, last + 1)
        )


def axis_over(
    values: Sequence[float], start: float, end: float, *, zero: bool = False, whole: bool = False, wanted: int = 6
) -> Axis:
    """An axis that holds all the values (and zero on demand), with about `wanted` round ticks, whole ones on demand."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-9:
        low, high = low - 1.0, high + 1.0
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough - 1e-12)
    step = max(step, 1.0) if whole else step
    return Axis(math.floor(low / step) * step, math.ceil(high / step) * step, start, end, step)


@dataclass(frozen=True, slots=True)
class Whisker:
    """One line of an interval picture: its point, its interval's ends, in pixels."""

    label: str
    style: str
    y: float
    point: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Points with 90 % intervals, one line each; `mark` is a vertical line (a threshold, or zero), in pixels."""

    width: int
    height: int
    axis: Axis
    whiskers: tuple[Whisker, ...]
    mark: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its interval, before it is drawn; `style` names a class of the style sheet."""

    label: str
    value: Decimal
    low: Decimal
    high: Decimal
    style: str = ""


TOP = 28
LABELS = 190
BAR_LABELS = 320


def interval_chart(lines: Sequence[Interval], *, mark: Decimal | None, row: int, labels: bool = True) -> IntervalChart:
    """Draws `lines` from top to bottom, `row` pixels each, on one common axis that holds `mark` too."""
    width = 860
    values = [float(v) for line in lines for v in (line.low, line.value, line.high)]
    axis = axis_over([*values, *([float(mark)] if mark is not None else [])], LABELS if labels else 40, width - 30)
    whiskers = tuple(
        Whisker(
            label=line.label,
            style=line.style,
            y=TOP + row * index + row / 2,
            point=axis.at(float(line.value)),
            low=axis.at(float(line.low)),
            high=axis.at(float(line.high)),
        )
        for index, line in enumerate(lines)
    )
    height = TOP + row * max(len(lines), 1) + 12
    return IntervalChart(width, height, axis, whiskers, None if mark is None else axis.at(float(mark)))


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One bar: from `x` over `length` pixels; `low` and `high` are the bounds it must lie between, in pixels."""

    label: str
    figure: str
    y: float
    x: float
    length: float
    low: float | None
    high: float | None
    style: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Lengths in pixels; the template draws the SVG."""

    width: int
    height: int
    axis: Axis
    bars: tuple[ChartBar, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A bar before it is drawn. `figure` is its value in words."""

    label: str
    figure: str
    value: float
    low: float | None = None
    high: float | None = None
    style: str = ""


def bar_chart(amounts: Sequence[Amount], *, row: int = 26) -> BarChart:
    """Horizontal bars from zero, of counts or euros, with the bounds that each must keep."""
    width = 860
    bounds = [bound for amount in amounts for bound in (amount.low, amount.high) if bound is not None]
    axis = axis_over([*(amount.value for amount in amounts), *bounds], BAR_LABELS, width - 120, zero=True, whole=True)
    bars = tuple(
        ChartBar(
            label=amount.label,
            figure=amount.figure,
            y=TOP + row * index,
            x=axis.at(0.0),
            length=round(axis.at(amount.value) - axis.at(0.0), 1),
            low=None if amount.low is None else axis.at(amount.low),
            high=None if amount.high is None else axis.at(amount.high),
            style=amount.style,
        )
        for index, amount in enumerate(amounts)
    )
    return BarChart(width, TOP + row * max(len(amounts), 1) + 12, axis, bars)
