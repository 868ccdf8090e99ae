"""Budgets: amounts as people type them, totals, balances, what is stored."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aap.core.budgets.accounting import (
    ACCOUNTS,
    Budget,
    UnknownAccount,
    accounts,
    budget_of,
    parse_budget,
)

PROJECT = budget_of(
    "project",
    {
        "60": 250_000, "641": 4_000_000, "645": 1_600_000, "indirect": 150_050,
        "request": 4_500_000, "74-region": 1_000_000, "758": 500_050,
        "864": 900_000, "870": 900_000,
    },
)  # fmt: skip


def test_totals_and_share_of_the_request() -> None:
    assert (PROJECT.charges, PROJECT.products, PROJECT.gap) == (6_000_050, 6_000_050, 0)
    assert (PROJECT.total("used"), PROJECT.total("given"), PROJECT.contributions_gap) == (900_000, 900_000, 0)
    assert (PROJECT.request, PROJECT.public_aid) == (4_500_000, 5_500_000)
    assert PROJECT.request_share == Fraction(4_500_000, 6_000_050)


def test_an_empty_budget_has_no_share() -> None:
    assert parse_budget("project", None).request_share is None


def test_stored_answer_keeps_only_filled_lines() -> None:
    assert PROJECT.stored() == {
        "charges": {"60": "2500.00", "641": "40000.00", "645": "16000.00", "indirect": "1500.50"},
        "products": {"request": "45000.00", "74-region": "10000.00", "758": "5000.50"},
        "contributions": {"864": "9000.00", "870": "9000.00"},
    }


@given(st.dictionaries(st.sampled_from([account.code for account in ACCOUNTS]), st.integers(0, 10**13)))
def test_a_stored_budget_is_read_back_the_same(amounts: dict[str, int]) -> None:
    budget = budget_of("project", amounts)
    assert parse_budget("project", budget.stored()) == budget


def test_an_account_of_another_part_is_refused() -> None:
    with pytest.raises(UnknownAccount) as caught:
        parse_budget("project", {"charges": {"74-region": "5.00"}})
    assert caught.value.code == "74-region"


def test_the_request_is_no_line_of_the_associations_budget() -> None:
    with pytest.raises(UnknownAccount):
        budget_of("association", {"request": 100})
    assert [account.code for account in accounts("association", "given")] == ["870", "871", "875"]


def test_empty_cells_are_no_amount() -> None:
    assert parse_budget("association", {"charges": {"60": " "}}) == Budget("association", {})
