"""`hours`: from one hour to another, stored as `{"from": "09:00", "to": "18:00"}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from aap.core.findings import Finding
from aap.core.french import NBSP
from aap.core.paths import Path
from aap.core.questions.base.cell_types import CellType, parts_as_typed, read_parts, words_of_cell
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.values import is_blank, mapping_of, text_of

_TYPED = re.compile(r"(\d{1,2})\s*[h:]\s*(\d{2})?", re.ASCII)


class HourCell(CellType):
    def read(self, text: str) -> str:
        typed = _TYPED.fullmatch(text)
        if typed is None or int(typed[1]) > 23 or int(typed[2] or 0) > 59:
            raise ValueError("not an hour")
        return f"{int(typed[1]):02d}:{typed[2] or '00'}"

    def in_words(self, value: object) -> str:
        hour, _, minute = text_of(value).partition(":")
        return f"{int(hour)}{NBSP}h{NBSP}{minute}" if minute else ""

    def unreadable(self, value: object, typed: str) -> str:
        return "Ce n’est pas une heure. Écrivez-la comme 9 h ou 18:30." if typed else ""


_ENDS: dict[str, CellType] = {"from": HourCell(), "to": HourCell()}


class HoursQuestion(Question):
    missing = "Indiquez deux heures."

    type: Literal["hours"] = Field(description="D’une heure à une autre.")
    latest: str | None = Field(default=None, description="Heure de fin la plus tardive, par exemple 20:00.")

    def misfits(self, path: Path) -> Iterator[Finding]:
        if self.latest is not None and not re.fullmatch(r"\d{2}:\d{2}", self.latest):
            yield Finding((*path, "latest"), "cette heure n’est pas bien écrite", found=self.latest, allowed="20:00")

    def typed_in(self, posted: Posted, name: str) -> Any:
        return {part: posted.one(f"{name}.{part}") for part in _ENDS}

    def read(self, typed: Any) -> tuple[Any, Any]:
        return read_parts(_ENDS, typed)

    def as_typed(self, value: Any, raw: Any) -> Any:
        return parts_as_typed(_ENDS, mapping_of(value), mapping_of(raw))

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        parts, unread = mapping_of(value), mapping_of(raw)
        for part, cell in _ENDS.items():
            if is_blank(parts.get(part)) and is_blank(unread.get(part)):
                yield AnswerFault((*path, part), "missing", "Indiquez l’heure.")
            elif message := cell.unreadable(parts.get(part), text_of(unread.get(part))):
                yield AnswerFault((*path, part), "unreadable", message)
        if self.latest is not None and text_of(parts.get("to")) > self.latest:
            yield AnswerFault((*path, "to"), "too_big", f"Au plus tard à {_ENDS['to'].in_words(self.latest)}.")

    def first_input(self, path: Path) -> Path:
        return (*path, "from")

    def text(self, value: Any, around: Surroundings) -> str:
        start, end = (words_of_cell(cell, mapping_of(value).get(part)) for part, cell in _ENDS.items())
        return f"de {start} à {end}"

    def limits(self) -> list[str]:
        return [f"jusqu’à {_ENDS['to'].in_words(self.latest)}"] if self.latest else []
