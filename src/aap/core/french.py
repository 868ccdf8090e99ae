"""French wording of numbers, amounts, dates and lists: the one place where figures become text.

Values are exact in (int, Decimal, Fraction) and rounded half-even once, when written. Spaces follow the usage of the
Imprimerie nationale: a narrow no-break space (U+202F) between thousands and before ; ? ! %, a no-break space (U+00A0)
before : and the euro sign and inside guillemets.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache

NBSP = "\u00a0"
NNBSP = "\u202f"

Number = int | Decimal | Fraction

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

_SIZES = ("o", "ko", "Mo", "Go")
_ELISION = frozenset("aeiouyhâàéèêëîïôöûüAEIOUYHÂÀÉÈÊËÎÏÔÖÛÜ")
_NARROW, _WIDE = re.compile(r" ([;?!%])"), re.compile(r" ([:€»])")
_MANY_DIGITS = Context(prec=60, rounding=ROUND_HALF_EVEN)


def rounded(value: Number, decimals: int) -> Decimal:
    """`value` rounded half-even to `decimals` decimals, exactly (no binary float on the way)."""
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-decimals), context=_MANY_DIGITS)
    scaled = round(Fraction(value) * 10**decimals)  # Fraction rounds half to even
    return Decimal(scaled).scaleb(-decimals, context=_MANY_DIGITS)


@lru_cache(maxsize=8192)  # pages of hundreds of lines write the same figures again
def number(value: Number, decimals: int = 0) -> str:
    """`12 345,60`: thousands by a narrow no-break space, decimal comma, a true minus sign."""
    text = f"{abs(rounded(value, decimals)):f}"
    whole, _, tail = text.partition(".")
    groups: list[str] = []
    while len(whole) > 3:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    groups.insert(0, whole)
    body = NNBSP.join(groups) + (f",{tail}" if tail else "")
    is_zero = not body.strip(f"0,{NNBSP}")
    return body if value >= 0 or is_zero else f"−{body}"


def plain(value: Number, decimals: int = 4) -> str:
    """A number with as few decimals as it needs, at most `decimals`: `2`, `2,5`, `12,125`."""
    text = number(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def exact(value: Decimal) -> str:
    """A number with all the decimals that it has: `50`, `66,666666667`."""
    return plain(value, len(f"{value:f}".partition(".")[2]))


def apart(first: Number, second: Number, *, least: int = 1, most: int = 4) -> tuple[str, str]:
    """Two numbers with just enough decimals (`least` to `most`) that different values don't read the same."""
    for decimals in range(least, most + 1):
        texts = number(first, decimals), number(second, decimals)
        if texts[0] != texts[1] or rounded(first, most) == rounded(second, most):
            return texts
    return number(first, most), number(second, most)


def euros(cents: int) -> str:
    """An amount in cents as `12 000 €`, or `12 000,50 €` when it has cents."""
    whole, left = divmod(cents, 100)
    return (number(Fraction(cents, 100), 2) if left else number(whole)) + NBSP + "€"


def decimals_apart(first: Fraction, second: Fraction) -> int:
    """The fewest decimals, one at least, with which two different values read differently."""
    if first == second:
        return 1
    return next(decimals for decimals in itertools.count(1) if rounded(first, decimals) != rounded(second, decimals))


@lru_cache(maxsize=1024)
def percent(share: Number, decimals: int = 2) -> str:
    """A share (0.25) as `25 %`, with as few decimals as it needs."""
    return plain(Fraction(share) * 100, decimals) + NNBSP + "%"


def file_size(count: int) -> str:
    """Bytes as `340 o`, `12 ko`, `1,5 Mo` (decimal units, as the systems' file lists show)."""
    size, unit = Fraction(count), 0
    while size >= 1000 and unit < len(_SIZES) - 1:
        size, unit = size / 1000, unit + 1
    return plain(size, 0 if unit < 2 else 1) + NBSP + _SIZES[unit]


def is_plural(value: Number) -> bool:
    """French puts the plural from two on: 1,5 point, 2 points, 0 point."""
    return abs(Fraction(value)) >= 2


def count(value: int, one: str, many: str | None = None) -> str:
    """`1 place`, `67 places`; `many` where the plural isn't the singular with an s."""
    word = (many if many is not None else f"{one}s") if is_plural(value) else one
    return f"{number(value)}{NBSP}{word}"


def points(value: Number, decimals: int = 1) -> str:
    """`64,2 points`, `1,5 point`."""
    return f"{number(value, decimals)}{NBSP}{'points' if is_plural(rounded(value, decimals)) else 'point'}"


def ordinal(position: int, *, feminine: bool = False) -> str:
    """`1ᵉʳ` (`1ʳᵉ`), `2ᵉ`, `71ᵉ`, in superior letters of Unicode: they survive in CSV and plain text."""
    if position == 1:
        return "1ʳᵉ" if feminine else "1ᵉʳ"
    return f"{number(position)}ᵉ"


def day(value: date, *, weekday: bool = False) -> str:
    """`28 février 2025`, `1ᵉʳ mars 2025`; with the day of the week before on demand."""
    number_of_day = "1ᵉʳ" if value.day == 1 else str(value.day)
    text = f"{number_of_day}{NBSP}{MONTHS[value.month - 1]}{NBSP}{value.year}"
    return f"{WEEKDAYS[value.weekday()]} {text}" if weekday else text


def hour(value: datetime) -> str:
    """`23 h 59`, `9 h`; the clock time as it stands in `value`."""
    minutes = f"{NBSP}{value.minute:02d}" if value.minute else ""
    return f"{value.hour}{NBSP}h{minutes}"


def moment(value: datetime) -> str:
    """`28 février 2025 à 23 h 59`, as it stands in `value` (convert to Europe/Paris before)."""
    return f"{day(value.date())} à {hour(value)}"


def listed(items: Sequence[str], last: str = "et") -> str:
    """`a`, `a et b`, `a, b et c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def quoted(text: str) -> str:
    """`« text »`, the inner guillemets of `text` becoming English double quotes."""
    inner = re.sub(r"«\s*", "“", text)
    inner = re.sub(r"\s*»", "”", inner)
    return f"«{NBSP}{inner.strip()}{NBSP}»"


def of(text: str) -> str:
    """`de Lyon`, `d’Angers` before a name or a noun without article."""
    return f"d’{text}" if text[:1] in _ELISION else f"de {text}"


@lru_cache(maxsize=2048)
def spaced(text: str) -> str:
    """Puts the no-break spaces that French typography wants where a plain space (or none) was typed.

    Only spaces that are there are changed, so addresses (`https://…`) and times (`12:30`) are left alone.
    """
    return _spaced_before(text) if len(text) <= _SHORT else _spaced(text)


_SHORT = 400  # characters: titles, reasons and labels, which lists write again and again


def _spaced(text: str) -> str:
    text = _NARROW.sub(NNBSP + r"\1", text)
    text = _WIDE.sub(NBSP + r"\1", text)
    text = text.replace("« ", "«" + NBSP)
    return text.replace("'", "’")


_spaced_before = lru_cache(maxsize=8192)(_spaced)


def closed(text: str) -> str:
    """A text given by a person as the end of a sentence: inner line ends become spaces, one full stop at the end."""
    flat = " ".join(text.split())
    return flat if flat.endswith((".", "!", "?", "…")) else f"{flat}."
