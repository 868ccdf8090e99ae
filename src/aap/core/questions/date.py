"""`date`: a day, stored as ISO text (`"2025-02-28"`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from aap.core.french import day
from aap.core.paths import Path
from aap.core.questions.base.cell_types import CellType, read_cell, words_of_cell
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.question import Question
from aap.core.values import day_of, looks_like_day, parse_day, text_of


class DateCell(CellType):
    input_type = "date"

    def read(self, text: str) -> str:
        return parse_day(text).isoformat()

    def as_typed(self, value: object) -> str:
        found = day_of(value)
        return found.isoformat() if found else text_of(value)

    def in_words(self, value: object) -> str:
        found = day_of(value)
        return day(found) if found else ""

    def unreadable(self, value: object, typed: str) -> str:
        if not typed and day_of(value) is not None:
            return ""
        if looks_like_day(typed or text_of(value)):
            return "Cette date n’existe pas. Écrivez le jour, le mois et l’année, par exemple 28/02/2026."
        return "Ce n’est pas une date. Écrivez le jour, le mois et l’année, par exemple 28/02/2026."


class DateQuestion(Question):
    compared = "day"
    cell = DateCell()
    dated = True
    missing = "Indiquez une date."

    type: Literal["date"] = Field(description="Un jour.")

    def read(self, typed: Any) -> tuple[Any, Any]:
        return read_cell(DateCell(), text_of(typed))

    def as_typed(self, value: Any, raw: Any) -> Any:
        return text_of(raw) or DateCell().as_typed(value)

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        if message := DateCell().unreadable(value, text_of(raw)):
            yield AnswerFault(path, "unreadable", message)

    def text(self, value: Any, around: Surroundings) -> str:
        return words_of_cell(DateCell(), value)
