"""Figures as French readers expect them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from aap.core import french

N, B = french.NNBSP, french.NBSP


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (french.number(1234567), f"1{N}234{N}567"),
        (french.number(Decimal("-0.04"), 1), "0,0"),
        (french.number(Decimal("-1.25"), 1), "−1,2"),
        (french.number(Fraction(1, 3), 4), "0,3333"),
        (french.number(Decimal("2.5")), "2"),
        (french.number(Decimal("3.5")), "4"),
        (french.plain(Decimal("2.50")), "2,5"),
        (french.plain(100), "100"),
        (french.euros(1200000), f"12{N}000{B}€"),
        (french.euros(1200050), f"12{N}000,50{B}€"),
        (french.percent(Decimal("0.125")), f"12,5{N}%"),
        (french.points(Decimal("1.96")), f"2,0{B}points"),
        (french.points(Decimal("1.94")), f"1,9{B}point"),
        (french.count(0, "place"), f"0{B}place"),
        (french.count(67, "place"), f"67{B}places"),
        (french.ordinal(1), "1ᵉʳ"),
        (french.ordinal(71), "71ᵉ"),
        (french.listed(["a", "b", "c"]), "a, b et c"),
        (french.day(date(2025, 3, 1)), f"1ᵉʳ{B}mars{B}2025"),
        (french.spaced("Ah ! « oui » : 25 %"), f"Ah{N}! «{B}oui{B}»{B}: 25{N}%"),
        (french.closed("Siège\nhors de France"), "Siège hors de France."),
    ],
)
def test_figures_are_written_as_french_readers_expect(written: str, expected: str) -> None:
    assert written == expected


def test_two_different_values_never_read_the_same() -> None:
    assert french.apart(Fraction(6496, 100), Fraction(6504, 100)) == ("64,96", "65,04")
    assert french.apart(Fraction(65), Fraction(65)) == ("65,0", "65,0")


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 o"), (999, "999 o"), (34_400, "34 ko"), (1_250_000, "1,2 Mo"), (3_000_000_000, "3 Go")],
)
def test_a_size_is_written_in_french_units(size: int, words: str) -> None:
    assert french.file_size(size).replace("\xa0", " ") == words
