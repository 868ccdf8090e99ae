"""French typography of what people read: amounts, figures, ordinals, dates, lists.

The one place for it, so that a page, a letter and a spreadsheet say the same thing the same way. Thousands are parted
by U+202F (narrow no-break space); a unit and the high punctuation marks are held by U+00A0 or U+202F.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
NNBSP = "\u202f"
PARIS = ZoneInfo("Europe/Paris")

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_SUPERSCRIPT_E = "\u1d49"
_SUPERSCRIPT_ER = "\u1d49\u02b3"


def number(value: Decimal | int, places: int | None = None) -> str:
    """A figure with a decimal comma: `number(Decimal("1234.5"))` is « 1 234,5 ».

    `places` fixes the decimals (half-even); without it the value's own are kept, less the trailing zeros.
    """
    exact = Decimal(value)
    if places is None:
        text = f"{exact:f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    else:
        text = f"{exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):f}"
    sign = "\u2212" if text.startswith("-") else ""
    whole, _, decimals = text.removeprefix("-").partition(".")
    if not (whole + decimals).strip("0"):
        sign = ""
    grouped = f"{int(whole):,}".replace(",", NNBSP)
    return f"{sign}{grouped},{decimals}" if decimals else f"{sign}{grouped}"


def euros(cents: int) -> str:
    """An amount given in cents: « 12 000 € », « 12 000,50 € »."""
    return number(Decimal(cents) / 100, 0 if cents % 100 == 0 else 2) + NBSP + "€"


def percent(share: Decimal, places: int | None = None) -> str:
    """A share of 1 as a percentage: `percent(Decimal("0.25"))` is « 25 % »."""
    return number(share * 100, places) + NBSP + "%"


def ordinal(rank: int, *, feminine: bool = False) -> str:
    """« 1ᵉʳ » (« 1ʳᵉ »), « 2ᵉ », « 71ᵉ »."""
    if rank == 1:
        return "1\u02b3\u1d49" if feminine else "1" + _SUPERSCRIPT_ER
    return number(rank) + _SUPERSCRIPT_E


def plural(count: int, one: str, many: str | None = None) -> str:
    """The count and its noun: « 1 note », « 3 notes ». Zero takes the singular, as French does."""
    return number(count) + NBSP + (one if abs(count) < 2 else many or one + "s")


def listing(items: Iterable[str], conjunction: str = "et") -> str:
    """« a », « a et b », « a, b et c »."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + f" {conjunction} " + parts[-1]


def long_date(day: date) -> str:
    """« 28 février 2025 », « 1ᵉʳ mars 2025 »."""
    first = "1" + _SUPERSCRIPT_ER if day.day == 1 else str(day.day)
    return f"{first}{NBSP}{MONTHS[day.month - 1]}{NBSP}{day.year}"


def paris_day(moment: datetime) -> date:
    """The day it is in Paris at an aware moment."""
    return moment.astimezone(PARIS).date()


def long_moment(moment: datetime, *, seconds: bool = False) -> str:
    """An aware moment on the clock of Paris: « 28 février 2025 à 23 h 59 »."""
    local = moment.astimezone(PARIS)
    clock = f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}"
    if seconds:
        clock += f"{NBSP}min{NBSP}{local.second:02d}{NBSP}s"
    return f"{long_date(local.date())} à {clock}"


def months_later(day: date, months: int) -> date:
    """The same day `months` later; the month's last day where it has no such day (31 December + 2: 28 February)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def file_size(size: int) -> str:
    """A size in bytes: « 812 o », « 34 ko », « 1,2 Mo » (multiples of 1 000)."""
    if size < 1_000:
        return f"{size}{NBSP}o"
    if size < 1_000_000:
        return number(Decimal(size) / 1_000, 0) + NBSP + "ko"
    return number(Decimal(size) / 1_000_000, 1) + NBSP + "Mo"


_SPACED_MARK = re.compile(r"[ \u00a0\u202f]+([:;?!»%€])")
_OPENING_QUOTE = re.compile(r"«[ \u00a0\u202f]*")
_CLOSING_QUOTE = re.compile(r"(?<=[^\s])»")
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=\w)")


def typeset(text: str) -> str:
    """Plain typed French with its no-break spaces and curly apostrophes; what is right already stays as it is.

    Only spaces that were typed are changed (besides those inside « »), so an address such as `https://…` or a time
    such as `14:30` stays whole.
    """
    text = _APOSTROPHE.sub("\u2019", text)
    text = _SPACED_MARK.sub(lambda mark: (NNBSP if mark[1] in ";?!" else NBSP) + mark[1], text)
    text = _OPENING_QUOTE.sub("«" + NBSP, text)
    text = _CLOSING_QUOTE.sub(NBSP + "»", text)
    return _THOUSANDS.sub(NNBSP, text)
