"""Scores in the points of the call: files and sums keep them on 100, people read them on `rubric.out_of`."""

from __future__ import annotations

from fractions import Fraction

from aap.core import french
from aap.core.call.schema import Rubric


def in_points(score: french.Number, rubric: Rubric) -> Fraction:
    """A score (or a difference of scores) on 100, in the points of the call."""
    return Fraction(score) * Fraction(rubric.out_of) / 100


def out_of(rubric: Rubric) -> str:
    """`sur 100`, `sur 15`: what follows a score in the points of the call."""
    return f"sur {french.exact(rubric.out_of)}"


def score_in_words(score: french.Number, rubric: Rubric, decimals: int = 1) -> str:
    """A score on 100 as it is said: `64,2 points sur 100`, `9,6 points sur 15`."""
    return f"{french.points(in_points(score, rubric), decimals)} {out_of(rubric)}"


def figure(score: french.Number, rubric: Rubric, decimals: int = 1) -> str:
    """A score on 100 as a figure of a table: `64,2`, `9,6`."""
    return french.number(in_points(score, rubric), decimals)
