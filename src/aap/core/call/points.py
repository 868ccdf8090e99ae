"""Scores in the points of the call: files and sums keep them on 100, people read them on `rubric.out_of`."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from aap.core import french
from aap.core.call.schema import Rubric

UNIT = 10_000


def in_points(score: french.Number, rubric: Rubric) -> Fraction:
    """A score (or a difference of scores) on 100, in the points of the call."""
    return Fraction(score) * Fraction(rubric.out_of) / 100


def on_hundred(points: Decimal, rubric: Rubric) -> Decimal:
    """Points of the call brought to 100 and to 4 decimals, half-even: 10 of 15 is 66.6667."""
    return Decimal(round(Fraction(points) * 100 * UNIT / Fraction(rubric.out_of))).scaleb(-4)


def meets_overall(score: Decimal, rubric: Rubric) -> bool:
    """Whether a score on 100, of 4 decimals, reaches the overall threshold, brought to as many: equality does."""
    return rubric.threshold is None or score >= on_hundred(rubric.threshold, rubric)


def out_of(rubric: Rubric) -> str:
    """`sur 100`, `sur 15`: what follows a score in the points of the call."""
    return f"sur {french.exact(rubric.out_of)}"


def score_in_words(score: french.Number, rubric: Rubric, decimals: int = 1) -> str:
    """A score on 100 as it is said: `64,2 points sur 100`, `9,6 points sur 15`."""
    return f"{french.points(in_points(score, rubric), decimals)} {out_of(rubric)}"


def figure(score: french.Number, rubric: Rubric, decimals: int = 1) -> str:
    """A score on 100 as a figure of a table: `64,2`, `9,6`."""
    return french.number(in_points(score, rubric), decimals)
