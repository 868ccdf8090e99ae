"""Agreement: alpha against a known implementation and worked figures; spreads; reviews that alone decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aap.core.scoring.agreement import (
    Divergences,
    FiveNumbers,
    alpha,
    deciding,
    divergences,
    five_numbers,
    mean,
    spread_of,
)
from aap.core.scoring.forecast import predicted_end

NAN = float("nan")


def as_units(table: list[list[float]]) -> list[list[Fraction]]:
    """A table of raters × units, with holes, as what each unit received."""
    return [[Fraction(row[at]) for row in table if row[at] == row[at]] for at in range(len(table[0]))]


@given(
    st.lists(
        st.lists(st.sampled_from([NAN, 0.0, 0.5, 1.0, 2.5, 3.0, 5.0]), min_size=8, max_size=8), min_size=2, max_size=6
    )
)
@settings(max_examples=150, deadline=None)
def test_alpha_is_that_of_the_krippendorff_package_whatever_is_missing(table: list[list[float]]) -> None:
    ours = alpha(as_units(table))
    units = [column for column in np.array(table).T if np.isfinite(column).sum() >= 2]
    paired = {value for column in units for value in column if np.isfinite(value)}
    if len(paired) < 2:
        assert ours is None
        return
    theirs = krippendorff.alpha(reliability_data=np.array(table), level_of_measurement="interval")
    assert ours is not None
    assert float(ours) == pytest.approx(theirs, abs=1e-12)


def test_alpha_of_the_published_example_with_missing_marks() -> None:
    """Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: interval data, 0.849."""
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    found = alpha(as_units(table))
    assert found is not None
    assert round(float(found), 3) == 0.849


def test_alpha_is_undefined_where_nothing_can_be_compared() -> None:
    assert [alpha([]), alpha([[1], [2]]), alpha([[3, 3], [3, 3]])] == [None, None, None]


def test_alpha_is_one_for_perfect_agreement_and_exact() -> None:
    assert (alpha([[1, 1], [4, 4, 4]]), alpha([[0, 1], [0, 1]])) == (1, Fraction(-1, 2))


def test_quartiles_are_those_of_a_spreadsheet() -> None:
    assert five_numbers([1, 2, 4, 7]) == FiveNumbers(
        Fraction(1), Fraction(7, 4), Fraction(3), Fraction(19, 4), Fraction(7)
    )
    assert five_numbers([Decimal("2.5")]) == FiveNumbers(*[Fraction(5, 2)] * 5)


def test_a_mean_and_a_spread_are_exact() -> None:
    assert (mean([1, 2, Decimal("0.1")]), spread_of([3, Decimal("0.5"), 2])) == (Fraction(31, 30), Fraction(5, 2))
    assert (mean([7]), spread_of([7]), spread_of([])) == (7, 0, 0)


def test_a_limit_is_reached_by_equality_and_named() -> None:
    marks = {"qualite": [Decimal(1), Decimal("3.5")], "solidite": [Decimal(3), Decimal(3)]}
    found = divergences([40, 60], marks, overall=Decimal(20), criterion=Decimal("2.5"))
    assert found == Divergences(
        Fraction(20), {"qualite": Fraction(5, 2), "solidite": Fraction(0)}, ("overall", "qualite")
    )
    assert divergences([40, 60], marks, overall=None, criterion=Decimal(3)).reached == ()


def test_a_review_decides_where_the_dossier_changes_sides_without_it() -> None:
    assert deciding({"A": 90, "B": 40, "C": 44}, 50) == ("A",)
    assert deciding({"A": 90, "B": 80, "C": 85}, 50) == ()
    assert deciding({"A": 60, "B": 40}, 50) == ("A",)
    assert deciding({"A": 10}, 50) == ()


def test_the_end_is_predicted_at_the_pace_of_the_last_week() -> None:
    now = datetime(2025, 3, 20, 12, tzinfo=UTC)
    week = [now - timedelta(days=day) for day in range(7)]
    assert predicted_end(week, 14, now) == now + timedelta(days=12)
    assert predicted_end([now - timedelta(days=30)], 5, now) is None
    assert predicted_end([now - timedelta(minutes=5)], 3, now) == now + timedelta(days=3)
    assert predicted_end([now - timedelta(days=2)], 0, now) == now - timedelta(days=2)
    assert predicted_end([], 4, now) is None
