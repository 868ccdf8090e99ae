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
    "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9,
    "octobre": 10, "novembre": 11, "decembre": 12,
}  # fmt: skip


def printable(text: str) -> str:
    """The text with \\n as its only line end and without characters that have no business in a text."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def clean_text(text: str, *, lines: bool = False) -> str:
    """What a person typed, in NFC, without characters that have no business in a text; trimmed.

    `lines`: line ends are kept (as \\n); else they become spaces.
    """
    text = printable(text)
    if not lines:
        text = text.replace("\n", " ").replace("\t", " ")
    return nfc(text).strip()


def parse_number(text: str, unit: str | None = None) -> Decimal:
    """`12 000,5`, `12.000`, `-3`, `80 %` (with `unit`). Raises ValueError.

    The comma is the decimal mark; a point followed by exactly three digits groups thousands, else it is a decimal mark.
    """
    stripped = text.strip()
    if unit and stripped.lower().endswith(unit.lower()):
        stripped = stripped[: -len(unit)]
    stripped = re.sub(r"[\s'’]", "", stripped).replace("−", "-")
    if len(stripped) > _LONGEST_NUMBER:
        raise ValueError("too long for a number")
    if "," in stripped:
        stripped = stripped.replace(".", "").replace(",", ".", 1)
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", stripped, flags=re.ASCII):
        stripped = stripped.replace(".", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", stripped, flags=re.ASCII):
        raise ValueError("not a number")
    return Decimal(stripped)


_THOUSANDS = " \u00a0\u202f\u2009"  # between thousands, in French spreadsheets
_CELL = re.compile(
    rf"(?P<sign>[-+\u2212]?)(?P<whole>\d{{1,3}}(?:[{_THOUSANDS}]\d{{3}})+|\d{{1,15}}|(?=[.,]))"
    rf"(?:[.,](?P<decimals>\d{{1,12}}))?",
    re.ASCII,
)


def cell_number(text: str) -> Decimal | None:
    """A number as French and English spreadsheets write it: `12.5`, `12,5`, `,5`, `12 000` or `12 000,50`.

    None for another text: no exponent, no infinity, no thousands but by spaces.
    """
    match = _CELL.fullmatch(text)
    if match is None or len(match["whole"]) > 20:
        return None
    digits = re.sub(rf"[{_THOUSANDS}]", "", match["whole"])
    sign = "-" if match["sign"] in ("-", "\u2212") else ""
    return Decimal(f"{sign}{digits or '0'}.{match['decimals'] or '0'}")


def parse_day(text: str) -> date:
    """`28/02/2025`, `28.2.25`, `2025-02-28`, `28 février 2025`, `1er mars 2025`. Raises ValueError."""
    plain = without_accents(text.strip().lower())
    if len(plain) > _LONGEST_NUMBER:
        raise ValueError("too long for a date")
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", plain, flags=re.ASCII):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    if typed := re.fullmatch(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})", plain, flags=re.ASCII):
        return date(_full_year(typed[3]), int(typed[2]), int(typed[1]))
    if worded := re.fullmatch(r"(\d{1,2})(?:er|ᵉʳ)?\s+([a-z]+)\s+(\d{4})", plain):
        month = _MONTHS.get(worded[2])
        if month is not None:
            return date(int(worded[3]), month, int(worded[1]))
    raise ValueError("not a date")


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


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)
