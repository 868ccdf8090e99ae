"""Amounts of money as people type, paste and save them: the one reader of pages, tables, workbooks and call files.

An amount is never guessed. `20.000` and `20,000` are twenty thousand euros for one person and twenty for another: one
separator followed by exactly three digits is refused, with both ways to write it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from aap.core.french import NBSP, NNBSP, quoted

Reason = Literal["not_a_number", "negative", "too_precise", "too_large", "ambiguous"]

MAX_CENTS = 10**13
"""100 billion euros: anything above is a slip of the keyboard."""

EXAMPLE = "12000 ou 12000,50"

_LONGEST = 60
_SPACES = re.compile("[ \u00a0\u2007\u2009\u202f]")
_CURRENCY = re.compile(r"^€|(?:€|eur|euros?)$", re.IGNORECASE)
_FORM = re.compile(
    r"(?P<sign>[-+−]?)(?:"
    r"(?P<whole>\d+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+)?(?:[.,](?P<decimals>\d+))?"
    r"|(?P<points>\d{1,3}(?:\.\d{3})+),(?P<after_points>\d+)"
    r"|(?P<commas>\d{1,3}(?:,\d{3})+)\.(?P<after_commas>\d+)"
    r"|(?P<groups>\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,})"
    r")",
    re.ASCII,
)


class BadAmount(ValueError):
    """A text that is no amount. `message`, in French without a capital, says why; `allowed`, how to write it."""

    def __init__(self, found: str, reason: Reason) -> None:
        super().__init__(f"{found!r}: {reason}")
        self.found = found
        self.reason: Reason = reason

    @property
    def message(self) -> str:
        return _MESSAGES[self.reason]

    @property
    def allowed(self) -> str:
        if self.reason != "ambiguous":
            return f"un montant en euros, par exemple {EXAMPLE}"
        thousands, decimals = both_ways(self.found)
        return f"{thousands} ou {decimals}"

    @property
    def sentence(self) -> str:
        """The same for a person who typed it into a page."""
        if self.reason == "ambiguous":
            thousands, decimals = both_ways(self.found)
            return (
                f"{quoted(' '.join(self.found.split()))} peut se lire de deux façons{NBSP}: écrivez {thousands} s’il "
                f"s’agit de milliers, ou {decimals} s’il s’agit de centimes."
            )
        return _SENTENCES[self.reason]


_MESSAGES = {
    "not_a_number": "ce n’est pas un montant",
    "negative": "un montant ne peut pas être négatif",
    "too_precise": "un montant a au plus deux décimales",
    "too_large": "ce montant est trop grand",
    "ambiguous": "on ne sait si ce montant a des milliers ou trois décimales",
}
_SENTENCES = {
    "not_a_number": f"Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12{NNBSP}000,50.",
    "negative": "Un montant ne peut pas être négatif.",
    "too_precise": f"Un montant a deux chiffres au plus après la virgule, par exemple 12{NNBSP}000,50.",
    "too_large": f"Ce montant est trop grand{NBSP}: vérifiez les zéros.",
}


def both_ways(text: str) -> tuple[str, str]:
    """How to write what `20.000` may mean: `20000`, and `20,00`."""
    whole, decimals = re.split(r"[.,]", _plain(text), maxsplit=1)
    return f"{whole}{decimals}".lstrip("+"), f"{whole},{decimals[:2]}".lstrip("+")


def read_cents(text: str) -> int:
    """Cents of `12000`, `12 000,50 €`, `12.000,50`, `12,000.50`, `1.234.567`; an empty text is 0.

    Thousands are parted by spaces, no-break spaces (narrow or not) or apostrophes; by points or commas where nothing else
    can be meant. Raises BadAmount.
    """
    if len(text) > _LONGEST:
        raise BadAmount(text, "not_a_number")
    plain = _plain(text)
    if not plain:
        return 0
    match = _FORM.fullmatch(plain)
    if match is None or not any(char.isdigit() for char in plain):
        raise BadAmount(text, "not_a_number")
    if match["sign"] in ("-", "−"):
        raise BadAmount(text, "negative")
    whole = match["whole"] or match["points"] or match["commas"] or match["groups"] or "0"
    decimals = match["decimals"] or match["after_points"] or match["after_commas"] or ""
    if match["decimals"] and len(decimals) == 3:
        grouped = re.fullmatch(r"[1-9]\d{0,2}", match["whole"] or "") is not None
        raise BadAmount(text, "ambiguous" if grouped else "too_precise")
    if decimals[2:].strip("0"):
        raise BadAmount(text, "too_precise")
    cents = int(re.sub(r"\D", "", whole)) * 100 + int(decimals[:2].ljust(2, "0"))
    if cents > MAX_CENTS:
        raise BadAmount(text, "too_large")
    return cents


def read_amount(text: str) -> Decimal:
    """Euros, with two decimals at most, of what `read_cents` reads. Raises BadAmount."""
    return Decimal(read_cents(text)).scaleb(-2)


def _plain(text: str) -> str:
    """The text without the currency beside it, its spaces all alike, its apostrophes too."""
    plain = _SPACES.sub(" ", text).replace("’", "'").strip()
    return _CURRENCY.sub("", plain, count=1).strip()
