"""Amounts in a dossier's answers and in a call file: never guessed, and said so where they were typed."""

from __future__ import annotations

from typing import Any

import pytest

from aap.core.call.loading import inspect_call
from aap.core.questions.budget import BudgetQuestion
from aap.core.questions.money import MoneyCell
from aap.core.questions.number import NumberCell

CALL = """\
schema: 1
call: {{id: essai, min_amount: {least}}}
form:
  sections:
    - id: projet
      title: Projet
      questions: [{{id: cout, label: Coût, type: money, max: {most}}}]
rubric: {{scale: {{min: 0, max: 5, step: 1}}, criteria: [{{id: q, weight: 1}}]}}
scoring: {{method: raw}}
selection: {{mode: value, laureates: 3, budget: {budget}}}
"""
TWO_WAYS = (
    "« 20.000 » peut se lire de deux façons : écrivez 20000 s’il s’agit de milliers, ou 20,00 s’il s’agit de centimes."
)


def test_a_money_cell_tells_both_ways_to_write_what_it_does_not_guess() -> None:
    cell = MoneyCell()
    assert (cell.read("20 000 €"), cell.read("20.000,5")) == ("20000.00", "20000.50")
    with pytest.raises(ValueError, match="ambiguous"):
        cell.read("20.000")
    assert cell.unreadable(None, "20.000").replace("\u00a0", " ") == TWO_WAYS


@pytest.mark.parametrize("unit", ["€", "km", None])
def test_a_number_that_may_be_read_twice_is_not_guessed_whatever_its_unit(unit: str | None) -> None:
    cell = NumberCell(unit)
    assert (cell.read(f"1 500,5 {unit or ''}"), cell.read("-3")) == ("1500.5", "-3")
    with pytest.raises(ValueError, match="ambiguous"):
        cell.read("20.000")
    assert cell.unreadable(None, "20.000").replace("\u00a0", " ") == TWO_WAYS.replace(
        "20,00 s’il s’agit de centimes", "20 s’il s’agit d’une virgule décimale"
    )


def test_a_budget_keeps_what_it_does_not_guess_and_says_so() -> None:
    question = BudgetQuestion(id="b", label="Budget", type="budget", budget="project")
    value, raw = question.read({"charges": {"60": "20.000", "61": "1 500"}, "products": {}, "contributions": {}})
    assert (value["charges"], raw) == ({"61": "1500.00"}, {"charges": {"60": "20.000"}})


def problems(**changed: Any) -> list[str]:
    text = CALL.format(**{"least": "1000", "most": "20000.50", "budget": "600000", **changed})
    found = inspect_call(text.encode(), name="c.yaml").problems
    return [f"{p.line}:{p.column} {p.message} [{p.found}] {p.allowed}" for p in found if p.is_error]


@pytest.mark.parametrize(
    "budget", ["600000", "600_000", "6e5", "600 000", "600\u00a0000 €", '"600\u202f000.00"', "€ 600000"]
)
def test_an_amount_of_a_call_file_may_have_spaces_and_a_sign(budget: str) -> None:
    text = CALL.format(least="0", most="5", budget=budget)
    call = inspect_call(text.encode(), name="c.yaml").call
    assert call is not None
    assert call.selection.budget == 600_000


def test_an_amount_of_a_call_file_is_not_guessed_wherever_it_stands() -> None:
    message = "on ne sait si ce montant a des milliers ou trois décimales"
    assert problems(least="1.000", most="20.000", budget="600.000") == [
        f"2:31 {message} [1.000] 1000 ou 1.00",
        f"7:61 {message} [20.000] 20000 ou 20.00",
        f"10:48 {message} [600.000] 600000 ou 600.00",
    ]
    assert problems(budget='"600,000"') == [f"10:48 {message} [600,000] 600000 ou 600.00"]
    assert problems(budget='"600,5"')[0].startswith("10:48 la décimale s'écrit avec un point")
