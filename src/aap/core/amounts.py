"""Amounts of money as people type, paste and save them: the one reader of pages, tables, workbooks and call files.

An amount is never guessed. `20.000` and `20,000` are twenty thousand euros for one person and twenty for another: one
separator followed by exactly three digits is refused, with both ways to write it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from aap.core import typed_numbers
from aap.core.french import NBSP, NNBSP, quoted
from aap.core.typed_numbers import LONGEST, alike, figures_of

Reason = Literal["not_a_number", "negative", "too_precise", "too_large", "ambiguous"]

MAX_CENTS = 10**13
"""100 billion euros: anything above is a slip of the keyboard."""

EXAMPLE = "12000 ou 12000,50"

_CURRENCY = re.compile(r"^€|(?:€|eur|euros?)$", re.IGNORECASE)


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
    """How to write what `20.000 €` may mean: `20000`, and `20,00`."""
    return typed_numbers.two_readings(_plain(text))


def read_cents(text: str) -> int:
    """Cents of `12000`, `12 000,50 €`, `12.000,50`, `12,000.50`, `1.234.567`; an empty text is 0.

    Thousands are parted by spaces, no-break spaces (narrow or not) or apostrophes; by points or commas where nothing else
    can be meant. Raises BadAmount.
    """
    if len(text) > LONGEST:
        raise BadAmount(text, "not_a_number")
    plain = _plain(text)
    if not plain:
        return 0
    found = figures_of(plain)
    if found is None:
        raise BadAmount(text, "not_a_number")
    if found.negative:
        raise BadAmount(text, "negative")
    if found.ambiguous:
        raise BadAmount(text, "ambiguous")
    decimals = found.decimals
    if decimals[2:].strip("0") or (len(decimals) == 3 and not found.after_groups):
        raise BadAmount(text, "too_precise")
    cents = int(found.whole) * 100 + int(decimals[:2].ljust(2, "0"))
    if cents > MAX_CENTS:
        raise BadAmount(text, "too_large")
    return cents


def read_amount(text: str) -> Decimal:
    """Euros, with two decimals at most, of what `read_cents` reads. Raises BadAmount."""
    return Decimal(read_cents(text)).scaleb(-2)


def _plain(text: str) -> str:
    """The text without the currency beside it, its spaces all alike, its apostrophes too."""
    return _CURRENCY.sub("", alike(text), count=1).strip()
