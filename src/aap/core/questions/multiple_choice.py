"""`multiple_choice`: any of the options, stored as the list of their values, in the options' order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.findings import Finding
from aap.core.french import count
from aap.core.paths import Path
from aap.core.questions.base.choosing import QuestionWithOptions
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, how_many
from aap.core.questions.base.in_words import ReadAnswer, Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import ordered
from aap.core.scalars import Number
from aap.core.values import clean_text, list_of, text_of


class MultipleChoiceQuestion(QuestionWithOptions):
    missing = "Cochez au moins une réponse."

    type: Literal["multiple_choice"] = Field(description="Une ou plusieurs réponses parmi celles proposées.")
    min: Number | None = Field(default=None, description="Nombre minimal de réponses cochées.")
    max: Number | None = Field(default=None, description="Nombre maximal de réponses cochées.")

    def misfits(self, path: Path) -> Iterator[Finding]:
        yield from super().misfits(path)
        yield from ordered(path, ("min", self.min), ("max", self.max))

    def typed_in(self, posted: Posted, name: str) -> Any:
        return posted.every(name)

    def read(self, typed: Any) -> tuple[Any, Any]:
        chosen = {clean_text(text_of(value)) for value in list_of(typed)}
        known = list(self.labels())
        return [value for value in known if value in chosen] + sorted(chosen - {*known, ""}), None

    def as_typed(self, value: Any, raw: Any) -> Any:
        return [text_of(one) for one in list_of(value)]

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        chosen = list_of(value)
        if {text_of(one) for one in chosen} - self.labels().keys():
            yield AnswerFault(path, "unknown_option", "Cochez seulement des réponses proposées.")
        yield from how_many(len(chosen), self.min, self.max, "réponse", path)

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        return replace(blank, kind="list", items=[self.word_of(text_of(one)) for one in list_of(value)])

    def limits(self) -> list[str]:
        if self.min is None and self.max is None:
            return ["plusieurs réponses possibles"]
        bounds = (("au moins", self.min), ("au plus", self.max))
        return [f"{count(int(bound), 'réponse')} {words}" for words, bound in bounds if bound is not None]

    def kept(self, before: Any, answer: Any) -> Any:
        return [value for value in answer if value in self.labels()] or None
