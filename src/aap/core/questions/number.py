"""`number`: a number, stored as a decimal text (`"1200"`, `"12.5"`)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from aap.core.amounts import BadAmount, read_cents
from aap.core.findings import Finding
from aap.core.french import NBSP, NNBSP, plain
from aap.core.paths import Path
from aap.core.questions.base.cell_types import CellType, read_cell, words_of_cell
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.question import Question, ordered
from aap.core.scalars import Number
from aap.core.values import decimal_of, parse_number, text_of


class NumberCell(CellType):
    """A number, typed with its unit or without."""

    figures = True

    def __init__(self, unit: str | None = None) -> None:
        self.unit = unit

    def read(self, text: str) -> str:
        if self._two_readings(text) is not None:
            raise ValueError("an amount that may be read twice")
        return f"{parse_number(text, self.unit).normalize():f}"

    def as_typed(self, value: object) -> str:
        exact = decimal_of(value)
        return text_of(value) if exact is None else f"{exact:,f}".replace(",", NNBSP).replace(".", ",")

    def in_words(self, value: object) -> str:
        exact = decimal_of(value)
        return "" if exact is None else plain(exact, 6)

    def unreadable(self, value: object, typed: str) -> str:
        if not typed and decimal_of(value) is not None:
            return ""
        twice = self._two_readings(typed)
        if twice is not None:
            return twice.sentence
        return "Ce n’est pas un nombre. Écrivez-le en chiffres, par exemple 1\u202f200 ou 12,5."

    def _two_readings(self, text: str) -> BadAmount | None:
        """An amount (a number in euros is one) that could mean two; None for any other number."""
        if self.unit is None or self.unit.strip().casefold() not in ("€", "eur", "euro", "euros"):
            return None
        try:
            read_cents(text)
        except BadAmount as bad:
            return bad if bad.reason == "ambiguous" else None
        return None


class BoundedNumber(Question):
    """A number between two bounds."""

    compared = "number"

    min: Number | None = Field(default=None, description="Plus petit nombre accepté.")
    max: Number | None = Field(default=None, description="Plus grand nombre accepté.")

    def own_cell(self) -> CellType:
        """How its answer is read."""
        raise NotImplementedError

    def written(self, value: Decimal) -> str:
        """A bound, with its unit, in a sentence."""
        raise NotImplementedError

    def misfits(self, path: Path) -> Iterator[Finding]:
        yield from ordered(path, ("min", self.min), ("max", self.max))

    def read(self, typed: Any) -> tuple[Any, Any]:
        return read_cell(self.own_cell(), text_of(typed))

    def as_typed(self, value: Any, raw: Any) -> Any:
        return text_of(raw) or self.own_cell().as_typed(value)

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        if unread := self.own_cell().unreadable(value, text_of(raw)):
            yield AnswerFault(path, "unreadable", unread)
            return
        exact = decimal_of(value)
        assert exact is not None
        if self.min is not None and exact < self.min:
            yield AnswerFault(path, "too_small", f"Le minimum est {self.written(self.min)}.")
        if self.max is not None and exact > self.max:
            yield AnswerFault(path, "too_big", f"Le maximum est {self.written(self.max)}.")

    def text(self, value: Any, around: Surroundings) -> str:
        return words_of_cell(self.own_cell(), value)

    def limits(self) -> list[str]:
        bounds = (("au moins", self.min), ("au plus", self.max))
        return [f"{words} {plain(bound, 2)}{self.after_figure()}" for words, bound in bounds if bound is not None]

    def after_figure(self) -> str:
        """What follows a bound on paper: a no-break space and the unit."""
        raise NotImplementedError


class NumberQuestion(BoundedNumber):
    cell = NumberCell()
    missing = "Indiquez un nombre."

    type: Literal["number"] = Field(description="Un nombre.")
    unit: str | None = Field(default=None, description="Unité affichée après le nombre.")

    def own_cell(self) -> CellType:
        return NumberCell(self.unit)

    def written(self, value: Decimal) -> str:
        return f"{plain(value)} {self.unit}" if self.unit else plain(value)

    def text(self, value: Any, around: Surroundings) -> str:
        words = super().text(value, around)
        return f"{words} {self.unit}" if self.unit else words

    def after_figure(self) -> str:
        return f"{NBSP}{self.unit}" if self.unit else ""
