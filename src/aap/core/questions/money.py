"""`money`: an amount in euros, stored as a decimal text with two decimals (`"12000.50"`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from aap.core.budgets.accounting import BadAmount, parse_amount
from aap.core.french import NBSP, euros
from aap.core.questions.base.cell_types import CellType
from aap.core.questions.number import BoundedNumber, NumberCell
from aap.core.values import decimal_of

_LONGEST_AMOUNT = 40
_REASONS = {
    "negative": "Un montant ne peut pas être négatif.",
    "too_precise": "Un montant a deux chiffres au plus après la virgule, par exemple 12\u202f000,50.",
    "too_large": "Ce montant est trop grand : vérifiez les zéros.",
}
_NO_AMOUNT = "Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12\u202f000,50."


class MoneyCell(NumberCell):
    sign = "€"

    def read(self, text: str) -> str:
        if len(text) > _LONGEST_AMOUNT:
            raise BadAmount(text, "not_a_number")
        cents = parse_amount(text)
        return f"{cents // 100}.{cents % 100:02d}"

    def as_typed(self, value: object) -> str:
        typed = super().as_typed(value)
        return typed.removesuffix(",00") if decimal_of(value) is not None else typed

    def in_words(self, value: object) -> str:
        exact = decimal_of(value)
        return "" if exact is None else euros(int(exact * 100))

    def unreadable(self, value: object, typed: str) -> str:
        return "" if not typed and decimal_of(value) is not None else why_no_amount(typed)


def why_no_amount(typed: str) -> str:
    """Why a text isn't an amount."""
    try:
        parse_amount(typed[:60])
    except BadAmount as error:
        return _REASONS.get(error.reason, _NO_AMOUNT)
    return _NO_AMOUNT


class MoneyQuestion(BoundedNumber):
    cell = MoneyCell()
    missing = "Indiquez un montant."

    type: Literal["money"] = Field(description="Un montant en euros.")

    def own_cell(self) -> CellType:
        return MoneyCell()

    def written(self, value: Decimal) -> str:
        return euros(int(value * 100))

    def after_figure(self) -> str:
        return f"{NBSP}€"
