"""How far reviewers agree: Krippendorff's alpha, spreads, and the reviews that alone decide. Exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Value = Fraction | Decimal | int


def alpha(units: Iterable[Sequence[Value]]) -> Fraction | None:
    """Krippendorff's alpha with the interval metric (a difference counts by its square), for incomplete designs.

    `units`: the marks that each dossier received, in any order and number; a dossier with fewer than two is left out,
    as it compares nothing. 1: the reviewers always agree; 0: no better than marks dealt at random; below: worse. None
    where it isn't defined: no dossier with two marks, or the same mark everywhere.

    Source: K. Krippendorff, Content Analysis (2004), ch. 11: 1 - Do/De, with
    Do = 1/n * sum over units of (sum of the differences of its ordered pairs) / (m - 1),
    De = 1/(n(n - 1)) * sum of the differences of all ordered pairs of the n marks that can be paired.
    The sum of (a - b)^2 over the ordered pairs of m values is 2 (m * sum a^2 - (sum a)^2).
    """
    count, total, squares, observed = 0, Fraction(0), Fraction(0), Fraction(0)
    for unit in units:
        if len(unit) < 2:
            continue
        values = [Fraction(value) for value in unit]
        own, own_squares = sum(values, Fraction(0)), sum((value * value for value in values), Fraction(0))
        observed += 2 * (len(values) * own_squares - own * own) / (len(values) - 1)
        count, total, squares = count + len(values), total + own, squares + own_squares
    if count == 0:
        return None
    expected = 2 * (count * squares - total * total) / (count - 1)
    return None if expected == 0 else 1 - observed / expected


@dataclass(frozen=True, slots=True)
class FiveNumbers:
    """Least, first quartile, median, third quartile, greatest."""

    low: Fraction
    first: Fraction
    middle: Fraction
    third: Fraction
    high: Fraction


def five_numbers(values: Sequence[Value]) -> FiveNumbers:
    """The five numbers of a box plot, at least one value; quartiles by linear interpolation between neighbours (the
    spreadsheets' QUARTILE.INC)."""
    ordered = sorted(Fraction(value) for value in values)

    def at(share: Fraction) -> Fraction:
        place = share * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    return FiveNumbers(*(at(Fraction(quarter, 4)) for quarter in range(5)))


def mean(values: Sequence[Value]) -> Fraction:
    """The mean of at least one value."""
    return sum((Fraction(value) for value in values), Fraction(0)) / len(values)


def spread_of(values: Sequence[Value]) -> Fraction:
    """The difference between the highest and the lowest; 0 for fewer than two."""
    return Fraction(max(values)) - Fraction(min(values)) if len(values) > 1 else Fraction(0)


@dataclass(frozen=True, slots=True)
class Divergences:
    """By how much a dossier's marks differ, and where that reaches the call's limits.

    `overall`: points on 100; `criteria`: criterion → scale units; `reached`: names of the limits that are reached
    (`overall`, or a criterion's id).
    """

    overall: Fraction
    criteria: Mapping[str, Fraction]
    reached: tuple[str, ...]


def divergences(
    totals: Sequence[Value],
    marks: Mapping[str, Sequence[Value]],
    *,
    overall: Decimal | None,
    criterion: Decimal | None,
) -> Divergences:
    """`totals` on 100 and `marks` (criterion → marks) of one dossier's reviews; the limits are reached by equality."""
    total = spread_of(totals)
    spreads = {name: spread_of(given) for name, given in marks.items()}
    reached = ["overall"] if overall is not None and total >= overall else []
    reached += [name for name, value in spreads.items() if criterion is not None and value >= criterion]
    return Divergences(total, spreads, tuple(reached))


def deciding(adjusted: Mapping[str, Value], line: Value) -> tuple[str, ...]:
    """The reviewers without whose review the dossier would stand on the other side of the line (met by equality).

    `adjusted`: reviewer → total on 100, less the reviewer's severity where the call calibrates; at least two, else
    nothing is told apart.
    """
    if len(adjusted) < 2:
        return ()
    whole = mean(list(adjusted.values())) >= line
    return tuple(
        name
        for name in sorted(adjusted)
        if (mean([value for other, value in adjusted.items() if other != name]) >= line) != whole
    )
