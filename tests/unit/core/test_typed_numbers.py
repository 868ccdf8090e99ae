"""Numbers as people type them, and as programs save them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aap.core.typed_numbers import BadNumber, cell_number, parse_number

READ = {
    "12 000,5": "12000.5", "12\u202f000": "12000", "12’000": "12000", "1.234.567": "1234567", "1,234,567.8": "1234567.8",
    "12.000,5": "12000.5", "1.5": "1.5", ",5": "0.5", "−3": "-3", "80 %": "80", "80%": "80", "0,125": "0.125",
    "1 234,567": "1234.567",
    "12,3450": "12.3450",
}  # fmt: skip
REFUSED = {
    "12.000": "ambiguous", "12,000": "ambiguous", "-1.200": "ambiguous", "600,125 %": "ambiguous", "": "not_a_number",
    "x": "not_a_number", "1" * 1_000_000: "not_a_number", "١٢": "not_a_number", "1e5": "not_a_number", "nan": "not_a_number",
    "1,2,3": "not_a_number", "12..5": "not_a_number", "1 2 3": "not_a_number", "12 5": "not_a_number", "--1": "not_a_number",
    "12.": "not_a_number", "12 h": "not_a_number",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "value"), READ.items())
def test_numbers_are_read_as_people_type_them(typed: str, value: str) -> None:
    assert str(parse_number(typed, "%")) == value


@pytest.mark.parametrize(("typed", "reason"), REFUSED.items(), ids=lambda one: one[:12])
def test_what_is_no_number_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(BadNumber) as caught:
        parse_number(typed, "%")
    assert caught.value.reason == reason


def test_a_number_that_may_be_read_twice_is_told_with_both_ways_to_write_it() -> None:
    with pytest.raises(BadNumber) as caught:
        parse_number("1.250 jeunes", "jeunes")
    assert caught.value.sentence.replace("\u00a0", " ") == (
        "« 1.250 » peut se lire de deux façons : écrivez 1250 s’il s’agit de milliers, ou 1,25 s’il s’agit d’une virgule "
        "décimale."
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("66.667", "66.667"),
        ("66,667", "66.667"),
        ("12 000,50", "12000.50"),
        (",5", "0.5"),
    ],
)
def test_what_programs_save_has_decimals_and_no_thousands_but_by_spaces(text: str, value: str) -> None:
    assert cell_number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "1.234.567", "1.234,5", "1,2,3", "12..5", "1e5", "nan", "１２", "9" * 16])
def test_what_no_program_saves_as_a_number_is_none(text: str) -> None:
    assert cell_number(text) is None
