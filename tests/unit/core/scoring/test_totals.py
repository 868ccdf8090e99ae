"""Totals, means and rounding, against figures worked by hand and against plain fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aap.core.call.schema import Rubric
from aap.core.inputs import Mark
from aap.core.scoring.totals import (
    IncompleteReviews,
    exact_mean,
    from_ten_thousandths,
    mean_marks,
    review_total,
    reviews_from_marks,
    ten_thousandths,
)

RUBRIC = Rubric.model_validate(
    {
        "scale": {"min": 0, "max": 5, "step": "0.5"},
        "criteria": [
            {"id": "quality", "weight": 40},
            {"id": "solidity", "weight": "30"},
            {"id": "reach", "weight": 30, "scale": {"min": 1, "max": 4, "step": 1}},
        ],
    }
)


def _marks(application: str, reviewer: str, **scores: str) -> list[Mark]:
    return [Mark(application, reviewer, criterion, Decimal(score)) for criterion, score in scores.items()]


def test_a_total_worked_by_hand_is_exact() -> None:
    # 100 x (40 x 3.5/5 + 30 x 2/5 + 30 x (3 - 1)/3) / 100 = 28 + 12 + 20
    assert review_total({"quality": Decimal("3.5"), "solidity": Decimal(2), "reach": Decimal(3)}, RUBRIC) == 60


def test_a_total_that_no_decimal_writes_stays_a_fraction() -> None:
    total = review_total({"quality": Decimal(0), "solidity": Decimal(0), "reach": Decimal(2)}, RUBRIC)
    thirds = review_total({"quality": Decimal(1), "solidity": Decimal(0), "reach": Decimal(1)}, Rubric.model_validate(
        {"scale": {"min": 0, "max": 3, "step": 1}, "criteria": [{"id": c, "weight": 1} for c in
         ("quality", "solidity", "reach")]}
    ))  # fmt: skip
    assert (total, thirds) == (10, Fraction(200, 9))


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(-20, 20)), min_size=1, max_size=6), st.integers(1, 500))
def test_scaling_every_weight_moves_no_total(parts: list[tuple[int, int]], factor: int) -> None:
    def total(scaled_by: int) -> Fraction:
        rubric = Rubric.model_validate(
            {
                "scale": {"min": -20, "max": 20, "step": 1},
                "criteria": [{"id": f"c{i}", "weight": weight * scaled_by} for i, (weight, _) in enumerate(parts)],
            }
        )
        return review_total({f"c{i}": Decimal(mark) for i, (_, mark) in enumerate(parts)}, rubric)

    expected = Fraction(sum(100 * w * (m + 20) for w, m in parts), 40 * sum(w for w, _ in parts))
    assert total(factor) == total(1) == expected


def test_rounding_is_half_even_at_the_fourth_decimal() -> None:
    halves = [Fraction(1, 20_000), Fraction(3, 20_000), Decimal("-0.00005"), Decimal("64.25005"), Fraction(2, 3)]
    assert [ten_thousandths(value) for value in halves] == [0, 2, 0, 642_500, 6667]
    assert from_ten_thousandths(642_500) == Decimal("64.2500")


def test_marks_become_reviews_in_one_order_whatever_the_rows_order() -> None:
    rows = (
        _marks("b", "y", reach="4", quality="5", solidity="5")
        + _marks("b", "x", quality="0", solidity="0", reach="1")
        + _marks("a", "y", quality="2.5", solidity="2.5", reach="1")
    )
    expected = [("a", "y", Fraction(35)), ("b", "x", Fraction(0)), ("b", "y", Fraction(100))]
    for order in (rows, rows[::-1]):
        found = reviews_from_marks(order, RUBRIC)
        assert [(r.application_id, r.reviewer_id, r.total) for r in found] == expected


def test_mean_marks_and_means_are_exact() -> None:
    quality = {"x": "1", "y": "1.5", "z": "2.5"}
    rows = [mark for r, q in quality.items() for mark in _marks("a", r, quality=q, solidity="1", reach="2")]
    reviews = reviews_from_marks(rows, RUBRIC)
    assert mean_marks(reviews, RUBRIC) == {"quality": Fraction(5, 3), "solidity": 1, "reach": 2}
    assert mean_marks([], RUBRIC) == {}
    assert exact_mean([Fraction(1, 3), Fraction(1, 6), Fraction(1, 7)]) == Fraction(27, 126)


def test_a_review_without_a_mark_is_refused_with_all_its_like_or_left_out() -> None:
    rows = (
        _marks("b", "y", quality="1")
        + _marks("a", "x", quality="1", solidity="1", reach="1")
        + _marks("a", "y", reach="1", quality="2")
    )
    with pytest.raises(IncompleteReviews) as refused:
        reviews_from_marks(rows, RUBRIC)
    assert refused.value.missing == (("a", "y", ("solidity",)), ("b", "y", ("solidity", "reach")))
    assert [r.reviewer_id for r in reviews_from_marks(rows, RUBRIC, drop_incomplete=True)] == ["x"]


def test_a_second_mark_or_an_unknown_criterion_is_refused() -> None:
    twice = _marks("a", "x", quality="1", solidity="1", reach="1") + _marks("a", "x", quality="1")
    with pytest.raises(ValueError, match="two marks of x on quality for a"):
        reviews_from_marks(twice, RUBRIC)
    with pytest.raises(KeyError, match="colour"):
        reviews_from_marks(_marks("a", "x", colour="1"), RUBRIC)
