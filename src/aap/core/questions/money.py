"""`money`: an amount in euros, stored as a decimal text with two decimals (`"12000.50"`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from aap.core.amounts import BadAmount, read_cents
from aap.core.french import NBSP, euros
from aap.core.questions.base.cell_types import CellType
from aap.core.questions.number import BoundedNumber, NumberCell
from aap.core.scalars import Money
from aap.core.values import decimal_of


class MoneyCell(NumberCell):
    sign = "€"

    def read(self, text: str) -> str:
        cents = read_cents(text)
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
    """Why a text isn't an amount, and how to write it."""
    try:
        read_cents(typed)
    except BadAmount as error:
        return error.sentence
    return BadAmount(typed, "not_a_number").sentence


class MoneyQuestion(BoundedNumber):
    cell = MoneyCell()
    missing = "Indiquez un montant."

    type: Literal["money"] = Field(description="Un montant en euros.")
    min: Money | None = Field(default=None, description="Plus petit nombre accepté.")
    max: Money | None = Field(default=None, description="Plus grand nombre accepté.")

    def own_cell(self) -> CellType:
        return MoneyCell()

    def written(self, value: Decimal) -> str:
        return euros(int(value * 100))

    def after_figure(self) -> str:
        return f"{NBSP}€"
