"""Texts, numbers and dates as French people type them, and the plain values that they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from aap.core.composed import nfc, without_accents

Answers = Mapping[str, Any]

RAW = "_raw"

# Control characters (but tab and line feed), surrogates, non-characters, and the marks that turn the reading direction
# of what follows, which can make a text look like another one.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_LONGEST_NUMBER = 40
_MONTHS = {
    "janvier": 1, "janv": 1, "fevrier": 2, "fevr": 2, "mars": 3, "avril": 4, "avr": 4, "mai": 5, "juin": 6, "juillet": 7,
    "juil": 7, "aout": 8, "septembre": 9, "sept": 9, "octobre": 10, "oct": 10, "novembre": 11, "nov": 11, "decembre": 12,
    "dec": 12,
}  # fmt: skip
_LAST_OF_THIS_CENTURY = 49  # a year of two figures above it is of the last century
_FIRST_YEAR = 1_000  # `0205` is a slip of the keyboard


def printable(text: str) -> str:
    """The text with \\n as its only line end and without characters that have no business in a text."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def clean_text(text: str, *, lines: bool = False) -> str:
    """What a person typed, in NFC, without characters that have no business in a text; trimmed.

    `lines`: line ends are kept (as \\n), and the spaces that set words apart in a line; else each run of them is one space.
    """
    text = printable(text)
    if not lines:
        text = re.sub(r"\s{2,}|[\n\t]", " ", text)
    return nfc(text).strip()


def parse_day(text: str) -> date:
    """`28/02/2025`, `28.2.25`, `5/7/98`, `2025-02-28`, `28 février 2025`, `1er sept. 98`. Raises ValueError."""
    plain = without_accents(text.strip().lower())
    if len(plain) > _LONGEST_NUMBER:
        raise ValueError("too long for a date")
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", plain, flags=re.ASCII):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if typed := re.fullmatch(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})", plain, flags=re.ASCII):
        return _day(_full_year(typed[3]), int(typed[2]), int(typed[1]))
    if worded := re.fullmatch(r"(\d{1,2})(?:er|ᵉʳ)?\s+([a-z]+)\.?\s+(\d{4}|\d{2})", plain, flags=re.ASCII):
        month = _MONTHS.get(worded[2])
        if month is not None:
            return _day(_full_year(worded[3]), month, int(worded[1]))
    raise ValueError("not a date")


def parse_year(text: str) -> int:
    """`2024`, `exercice 2024`, `2023-2024` (the year that it ends in). Raises ValueError."""
    found = re.fullmatch(
        r"(?:exercice\s+)?(?:(?:19|20)\d\d\s*[-/–]\s*)?((?:19|20)\d\d)", text.strip().lower(), flags=re.ASCII
    )
    if found is None:
        raise ValueError("not a year")
    return int(found[1])


def looks_like_day(text: str) -> bool:
    """Whether figures stand where a date has them (so that the day doesn't exist, rather than isn't a date)."""
    return bool(re.fullmatch(r"\s*\d{1,4}\s*[/.\- ]\s*\d{1,2}\s*[/.\- ]\s*\d{2,4}\s*", text, flags=re.ASCII))


def decimal_of(value: object) -> Decimal | None:
    """A stored number, or None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+(\.\d+)?", value, flags=re.ASCII):
        return None
    return Decimal(value)


def day_of(value: object) -> date | None:
    """A stored date, or None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, flags=re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def mapping_of(value: object) -> Mapping[str, Any]:
    """A stored mapping, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: object) -> list[Any]:
    """A stored list, or an empty one for anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def text_of(value: object) -> str:
    """A stored text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def is_blank(value: object) -> bool:
    """Whether nothing at all stands in an answer, a row or a block (what was typed and can't be read counts)."""
    if isinstance(value, Mapping):
        return all(is_blank(part) for part in value.values())
    if isinstance(value, list | tuple):
        return all(is_blank(part) for part in value)
    return value is None or value == ""


def _day(year: int, month: int, number: int) -> date:
    if year < _FIRST_YEAR:
        raise ValueError("no year of ours")
    return date(year, month, number)


def _full_year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) <= _LAST_OF_THIS_CENTURY else 1900)
