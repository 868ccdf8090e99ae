"""Numbers as people type, paste and save them: the one grammar of pages, sheets and scripts (`web/static/js/amounts.js`).

A number is never guessed. `20.000` and `20,000` are twenty thousand for one person and twenty for another: one separator
followed by exactly three digits is refused, with both ways to write it. Amounts (`amounts`) add the currency and the cents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from aap.core.french import NBSP, quoted

LONGEST = 60
"""Characters that are looked at."""

_SPACES = re.compile("[ \u00a0\u2007\u2009\u202f]")
_FORM = re.compile(
    r"(?P<sign>[-+−]?)(?:"
    r"(?P<whole>\d+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+)?(?:[.,](?P<decimals>\d+))?"
    r"|(?P<points>\d{1,3}(?:\.\d{3})+),(?P<after_points>\d+)"
    r"|(?P<commas>\d{1,3}(?:,\d{3})+)\.(?P<after_commas>\d+)"
    r"|(?P<groups>\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,})"
    r")",
    re.ASCII,
)


class BadNumber(ValueError):
    """A text that is no number. `sentence`, in French, says why and how to write it."""

    def __init__(self, found: str, reason: Literal["not_a_number", "ambiguous"]) -> None:
        super().__init__(f"{found!r}: {reason}")
        self.found = found
        self.reason = reason

    @property
    def sentence(self) -> str:
        if self.reason == "ambiguous":
            thousands, decimals = two_readings(self.found)
            return (
                f"{quoted(' '.join(self.found.split()))} peut se lire de deux façons{NBSP}: écrivez {thousands} s’il "
                f"s’agit de milliers, ou {decimals.rstrip('0').rstrip(',')} s’il s’agit d’une virgule décimale."
            )
        return "Ce n’est pas un nombre. Écrivez-le en chiffres, par exemple 1\u202f200 ou 12,5."


@dataclass(frozen=True, slots=True)
class Figures:
    """The digits of a number: `negative`, those before the decimal mark, those after it.

    `ambiguous`: they may be read twice; `after_groups`: thousands were parted by points or commas.
    """

    negative: bool
    whole: str
    decimals: str
    ambiguous: bool
    after_groups: bool


def alike(text: str) -> str:
    """The text with its spaces all alike, its apostrophes too."""
    return _SPACES.sub(" ", text).replace("’", "'").strip()


def figures_of(text: str) -> Figures | None:
    """The figures that a text is written with (`alike` first); None for another text."""
    match = _FORM.fullmatch(text)
    if match is None or not any(char.isdigit() for char in text):
        return None
    whole = match["whole"] or match["points"] or match["commas"] or match["groups"] or "0"
    decimals = match["decimals"] or match["after_points"] or match["after_commas"] or ""
    twice = len(match["decimals"] or "") == 3 and re.fullmatch(r"[1-9]\d{0,2}", match["whole"] or "") is not None
    grouped = not (match["whole"] or match["decimals"])
    return Figures(match["sign"] in ("-", "−"), re.sub(r"\D", "", whole), decimals, twice, grouped)


def two_readings(text: str) -> tuple[str, str]:
    """How to write what `20.000` may mean: `20000`, and `20,00`."""
    found = figures_of(alike(text))
    assert found is not None
    sign = "-" if found.negative else ""
    return f"{sign}{found.whole}{found.decimals}", f"{sign}{found.whole},{found.decimals[:2]}"


def parse_number(text: str, unit: str | None = None) -> Decimal:
    """`12 000,5`, `12.5`, `1.234.567`, `-3`, `80 %`, `12 jeunes` or `1 jeune` (with `unit`). Raises BadNumber."""
    if len(text) > LONGEST:
        raise BadNumber(text, "not_a_number")
    plain = alike(text)
    if unit:
        words = "|".join(re.escape(one) for one in {alike(unit), alike(unit).removesuffix("s")} if one)
        plain = re.sub(rf"\s*(?:{words})$", "", plain, flags=re.IGNORECASE) if words else plain
    found = figures_of(plain)
    if found is None:
        raise BadNumber(text, "not_a_number")
    if found.ambiguous:
        raise BadNumber(plain, "ambiguous")
    return _decimal(found)


def cell_number(text: str) -> Decimal | None:
    """A number as programs and spreadsheets save it: `12.5`, `12,5`, `,5`, `12 000,50`, `66.667`; None for another text.

    Three decimals are decimals here, for no program writes thousands with a point: no thousands but by spaces.
    """
    found = figures_of(alike(text)) if len(text) <= LONGEST else None
    if found is None or found.after_groups or "'" in text or len(found.whole) > 15 or len(found.decimals) > 12:
        return None
    return _decimal(found)


def _decimal(found: Figures) -> Decimal:
    return Decimal(f"{'-' if found.negative else ''}{found.whole}.{found.decimals}".rstrip("."))
