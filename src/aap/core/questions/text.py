"""`text`: a text on one line, stored as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from aap.core.findings import Finding
from aap.core.french import count, plain
from aap.core.paths import Path
from aap.core.questions.base.cell_types import CellType
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, lengths
from aap.core.questions.base.question import Question, ordered
from aap.core.scalars import Count
from aap.core.values import text_of

LONGEST = 300  # characters, where the call says nothing
LONGEST_CELL = 500


class FreeText(Question):
    """A text that people write; lengths count characters."""

    longest: ClassVar[int] = LONGEST

    min_length: Count | None = Field(default=None, ge=0, description="Nombre minimal de caractères.")
    max_length: Count | None = Field(default=None, gt=0, description="Nombre maximal de caractères.")

    def misfits(self, path: Path) -> Iterator[Finding]:
        yield from ordered(path, ("min_length", self.min_length), ("max_length", self.max_length))

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        yield from lengths(text_of(value), self.min_length or 0, self.max_length or self.longest, path)

    def limits(self) -> list[str]:
        if self.min_length and self.max_length:
            return [f"de {plain(self.min_length)} à {count(self.max_length, 'caractère')}"]
        bounds = (("au moins", self.min_length), ("au plus", self.max_length))
        return [f"{count(length, 'caractère')} {words}" for words, length in bounds if length]


class TextQuestion(FreeText):
    cell = CellType()

    type: Literal["text"] = Field(description="Un texte sur une ligne.")
