"""Cells of tables as values: numbers as French and English spreadsheets write them, yes and no."""

from __future__ import annotations

from decimal import Decimal

from aap.core import amounts
from aap.core.amounts import BadAmount
from aap.core.typed_numbers import cell_number

YES = {"oui", "yes", "true", "vrai", "1"}
NO = {"non", "no", "false", "faux", "0"}


class Refused(ValueError):
    """A cell that can't be read as what its column holds: a French sentence, and what is allowed."""

    def __init__(self, message: str, allowed: str = "") -> None:
        self.message = message
        self.allowed = allowed
        super().__init__(message)


def read_number(text: str) -> Decimal:
    """What `cell_number` reads. Raises Refused."""
    number = cell_number(text)
    if number is None:
        raise Refused("ce n’est pas un nombre", "un nombre, par exemple 12000 ou 2,5")
    return number


def read_euros(text: str) -> Decimal:
    """An amount of money, in euros (see `core.amounts`); a cell without a figure is none."""
    try:
        euros = amounts.read_amount(text)
    except BadAmount as bad:
        raise Refused(bad.message, bad.allowed) from None
    if not any(char.isdigit() for char in text):
        nothing = BadAmount(text, "not_a_number")
        raise Refused(nothing.message, nothing.allowed)
    return euros


def yes(text: str) -> bool:
    """Whether a cell says yes, in any case."""
    word = text.casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Refused("cette valeur n’est ni oui ni non", "oui, non, yes, no, true, false, 1 ou 0")
