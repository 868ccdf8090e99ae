"""`number`: a number, stored as a decimal text (`"1200"`, `"12.5"`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from aap.core.findings import Finding
from aap.core.french import NBSP, NNBSP, plain
from aap.core.paths import Path
from aap.core.questions.base.cell_types import CellType, read_cell, words_of_cell
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.question import Question, ordered
from aap.core.scalars import Flag, Number
from aap.core.typed_numbers import BadNumber, parse_number
from aap.core.values import decimal_of, is_blank, text_of

_THREE_DECIMALS = re.compile(r"-?[1-9]\d{0,2},\d{3}")  # would be read twice when it comes back: one more zero tells


class NumberCell(CellType):
    """A number, typed with its unit or without."""

    figures = True

    def __init__(self, unit: str | None = None) -> None:
        self.unit = unit

    def read(self, text: str) -> str:
        return f"{parse_number(text, self.unit).normalize():f}"

    def as_typed(self, value: object) -> str:
        exact = decimal_of(value)
        if exact is None:
            return text_of(value)
        shown = f"{exact:,f}".replace(",", NNBSP).replace(".", ",")
        return f"{shown}0" if _THREE_DECIMALS.fullmatch(shown) else shown

    def in_words(self, value: object) -> str:
        exact = decimal_of(value)
        return "" if exact is None else plain(exact, 6)

    def unreadable(self, value: object, typed: str) -> str:
        if not typed and decimal_of(value) is not None:
            return ""
        try:
            parse_number(typed, self.unit)
        except BadNumber as bad:
            return bad.sentence
        return BadNumber(typed, "not_a_number").sentence


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
        told = ((words, bound) for words, bound in bounds if bound is not None and (bound or words == "au plus"))
        return [f"{words} {plain(bound, 2)}{self.after_figure()}" for words, bound in told]

    def after_figure(self) -> str:
        """What follows a bound on paper: a no-break space and the unit."""
        raise NotImplementedError


class NumberQuestion(BoundedNumber):
    cell = NumberCell()
    missing = "Indiquez un nombre."

    type: Literal["number"] = Field(description="Un nombre.")
    unit: str | None = Field(default=None, description="Unité affichée après le nombre.")
    whole: Flag = Field(
        default=False, description="Nombre entier seulement (des personnes, des jours) : 12,5 est refusé."
    )

    def own_cell(self) -> CellType:
        return NumberCell(self.unit)

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        exact = decimal_of(value)
        if self.whole and is_blank(raw) and exact is not None and exact % 1:
            yield AnswerFault(path, "not_whole", "Écrivez un nombre entier, sans virgule.")
            return
        yield from super().problems(value, raw, path, dossier)

    def written(self, value: Decimal) -> str:
        return f"{plain(value)} {self.unit}" if self.unit else plain(value)

    def text(self, value: Any, around: Surroundings) -> str:
        words = super().text(value, around)
        return f"{words} {self.unit}" if self.unit else words

    def limits(self) -> list[str]:
        return [*(["nombre entier"] if self.whole else []), *super().limits()]

    def after_figure(self) -> str:
        return f"{NBSP}{self.unit}" if self.unit else ""
