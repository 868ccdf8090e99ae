"""`period`: two days, stored as `{"start": ISO text, "end": ISO text}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from aap.core.paths import Path
from aap.core.questions.base.cell_types import parts_as_typed, read_parts, words_of_cell
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.questions.date import DateCell
from aap.core.values import day_of, is_blank, mapping_of, text_of

_CELL = DateCell()
_ENDS = {"start": _CELL, "end": _CELL}


class PeriodQuestion(Question):
    compared = None
    dated = True
    missing = "Indiquez une période."

    type: Literal["period"] = Field(description="Une période, du jour de début au jour de fin.")

    def typed_in(self, posted: Posted, name: str) -> Any:
        return {part: posted.one(f"{name}.{part}") for part in _ENDS}

    def read(self, typed: Any) -> tuple[Any, Any]:
        return read_parts(_ENDS, typed)

    def as_typed(self, value: Any, raw: Any) -> Any:
        return parts_as_typed(_ENDS, mapping_of(value), mapping_of(raw))

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        parts, unread = mapping_of(value), mapping_of(raw)
        for part, name in (("start", "début"), ("end", "fin")):
            if is_blank(parts.get(part)) and is_blank(unread.get(part)):
                yield AnswerFault((*path, part), "missing", f"Indiquez la date de {name}.")
            elif message := _CELL.unreadable(parts.get(part), text_of(unread.get(part))):
                yield AnswerFault((*path, part), "unreadable", message)
        start, end = day_of(parts.get("start")), day_of(parts.get("end"))
        if start and end and end < start:
            yield AnswerFault((*path, "end"), "wrong_order", "La fin est avant le début : vérifiez les deux dates.")

    def first_input(self, path: Path) -> Path:
        return (*path, "start")

    def text(self, value: Any, around: Surroundings) -> str:
        parts = mapping_of(value)
        return f"du {words_of_cell(_CELL, parts.get('start'))} au {words_of_cell(_CELL, parts.get('end'))}"
