"""Figures, dates and lists in the language of the answer: the one place where pages ask for it.

In French they are written by `core/french.py`, as in papers and mails; in another language as the CLDR says (Babel). Outside
of a request, as in French.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit
from flask import g, has_request_context
from flask_babel import get_locale

from aap.core import french
from aap.core.delays import paris

_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte")


def _other() -> Locale | None:
    """The language of the answer, None for French; asked once a request, for a page has a thousand figures."""
    if not has_request_context():
        return _not_french()
    if "language_of_figures" not in g:
        g.language_of_figures = _not_french()
    held: Locale | None = g.language_of_figures
    return held


def _not_french() -> Locale | None:
    locale = get_locale()
    return None if locale is None or locale.language == "fr" else locale


class Writers(NamedTuple):
    """`number`, `euros`, `percent` and `ordinal` of one answer."""

    number: Callable[[french.Number, int], str]
    euros: Callable[[int], str]
    percent: Callable[[french.Number, int], str]
    ordinal: Callable[[int], str]


def writers() -> Writers:
    """They ask once for the language of the answer, not a thousand times: for who writes hundreds of figures."""
    if _other() is None:
        return Writers(french.number, french.euros, french.percent, french.ordinal)
    return Writers(number, euros, percent, ordinal)


def euros(cents: int) -> str:
    """`12 000 €`, `12 000,50 €`."""
    locale = _other()
    if locale is None:
        return french.euros(cents)
    pattern = None if cents % 100 else locale.currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(Decimal(cents) / 100, "EUR", pattern, locale=locale, currency_digits=bool(cents % 100))


def number(value: french.Number, decimals: int = 0) -> str:
    """`12 345,60`: exactly so many decimals."""
    locale = _other()
    return french.number(value, decimals) if locale is None else _decimal(value, decimals, f".{'0' * decimals}", locale)


def plain(value: french.Number, decimals: int = 4) -> str:
    """`12,5`: as few decimals as needed, at most so many."""
    locale = _other()
    return french.plain(value, decimals) if locale is None else _decimal(value, decimals, f".{'#' * decimals}", locale)


def percent(share: french.Number, decimals: int = 2) -> str:
    """A share (0.25) as `25 %`, with as few decimals as it needs."""
    locale = _other()
    if locale is None:
        return french.percent(share, decimals)
    exact = french.rounded(Fraction(share), decimals + 2)
    return format_percent(exact, f"#,##0.{'#' * decimals}%".replace(".%", "%"), locale=locale)


def ordinal(position: int, *, feminine: bool = False) -> str:
    """`1ᵉʳ`, `71ᵉ`; the bare number in another language, for the CLDR has no such words."""
    return french.ordinal(position, feminine=feminine) if _other() is None else number(position)


def day(value: date) -> str:
    """`28 février 2025`."""
    locale = _other()
    return french.day(value) if locale is None else format_date(value, "long", locale=locale)


def moment(value: datetime) -> str:
    """`28 février 2025 à 23 h 59`, in Paris. Raises ValueError for a time without its zone."""
    local, locale = paris(value), _other()
    if locale is None:
        return french.moment(local)
    return f"{day(local.date())}, {format_time(local.time(), 'short', locale=locale)}"


def hour(value: datetime) -> str:
    """`23 h 59`, in Paris. Raises ValueError for a time without its zone."""
    local, locale = paris(value), _other()
    return french.hour(local) if locale is None else format_time(local.time(), "short", locale=locale)


def file_size(count: int) -> str:
    """Bytes as `340 o`, `12 ko`, `1,5 Mo`."""
    locale = _other()
    if locale is None:
        return french.file_size(count)
    unit = next((at for at in range(3) if count < 1000 ** (at + 1)), 3)
    size = french.rounded(Fraction(count, 1000**unit), 0 if unit < 2 else 1)
    return format_unit(size, f"digital-{_UNITS[unit]}", "short", locale=locale)


def listed(items: Sequence[str]) -> str:
    """`a, b et c`."""
    locale = _other()
    return french.listed(items) if locale is None else format_list(list(items), locale=locale)


def _decimal(value: french.Number, decimals: int, tail: str, locale: Locale) -> str:
    pattern = "#,##0" + (tail if decimals else "")
    return format_decimal(french.rounded(value, decimals), pattern, locale=locale)
