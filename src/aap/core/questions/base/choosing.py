"""Answers to choose from: options, yes or no, and the detail that a choice may ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from aap.core.findings import Finding, repeated, unknown
from aap.core.french import spaced
from aap.core.paths import Path
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, lengths
from aap.core.questions.base.in_words import Outline, Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.scalars import KeyId, Strict, Text
from aap.core.values import clean_text, mapping_of, text_of

LONGEST_DETAIL = 2_000  # characters


class Option(Strict):
    value: KeyId
    label: Text
    help: str | None = None


def repeated_options(path: Path, values: Iterable[str]) -> Iterator[Finding]:
    """Values given twice among the options of what stands at `path`."""
    named = (((*path, "options", i, "value"), value) for i, value in enumerate(values))
    yield from repeated(named, "une autre option")


class QuestionWithOptions(Question):
    """A question whose answers are proposed."""

    options: tuple[Option, ...] = Field(min_length=1, description="Les réponses proposées.")

    def misfits(self, path: Path) -> Iterator[Finding]:
        yield from super().misfits(path)
        yield from repeated_options(path, (option.value for option in self.options))

    def labels(self) -> Mapping[str, str]:
        return {option.value: option.label for option in self.options}

    def choices(self) -> list[tuple[str, str, str]]:
        """(value, label, help) of each option, as a page shows them."""
        return [(option.value, spaced(option.label), spaced(option.help or "")) for option in self.options]

    def word_of(self, value: str) -> str:
        """A chosen value as people read it."""
        return spaced(self.labels().get(value, value))

    def outline(self) -> Outline:
        return replace(super().outline(), boxes=[(option.label, option.help or "") for option in self.options], room=0)

    def shape(self) -> tuple[object, ...]:
        return (*super().shape(), tuple(self.labels()))


class QuestionWithDetail(Question):
    """A question with one answer among several, of which one may ask for a free text: `{"value": …, "detail": …}`."""

    missing = "Choisissez une réponse."

    detail_if: str | None = Field(default=None, description="Réponse qui fait demander une précision.")
    detail_label: str | None = Field(default=None, description="Intitulé de la précision demandée.")

    @property
    def takes_detail(self) -> bool:
        """Whether its answer is stored with a detail."""
        return self.detail_if is not None

    def word_of(self, value: str) -> str:
        """A chosen value as people read it."""
        raise NotImplementedError

    def misfits(self, path: Path) -> Iterator[Finding]:
        yield from super().misfits(path)
        if self.detail_if is not None:
            rests_on = (*path, "type"), (*path, "options")
            message = "cette réponse n’est pas proposée"
            yield from unknown((*path, "detail_if"), self.detail_if, self.closed_values() or (), message, *rests_on)

    def typed_in(self, posted: Posted, name: str) -> Any:
        if not self.takes_detail:
            return posted.one(name)
        return {"value": posted.one(name), "detail": posted.one(f"{name}.detail")}

    def read(self, typed: Any) -> tuple[Any, Any]:
        if not self.takes_detail:
            return clean_text(text_of(typed)), None
        parts = mapping_of(typed)
        value = clean_text(text_of(parts.get("value")))
        detail = clean_text(text_of(parts.get("detail")), lines=True)
        return ({"value": value, "detail": detail} if value or detail else {}), None

    def as_typed(self, value: Any, raw: Any) -> Any:
        if not self.takes_detail:
            return text_of(value)
        if isinstance(value, str):
            return {"value": value, "detail": ""}
        parts = mapping_of(value)
        return {"value": text_of(parts.get("value")), "detail": text_of(parts.get("detail"))}

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        chosen = _chosen(value)
        if not chosen:
            if self.required:
                yield AnswerFault(path, "missing", self.missing)
        elif chosen not in (self.closed_values() or ()):
            yield AnswerFault(path, "unknown_option", "Choisissez l’une des réponses proposées.")
        if self.detail_if is not None and chosen == self.detail_if:
            detail = text_of(mapping_of(value).get("detail"))
            if not detail:
                yield AnswerFault((*path, "detail"), "missing", "Précisez votre réponse.")
            yield from lengths(detail, 0, LONGEST_DETAIL, (*path, "detail"))

    def text(self, value: Any, around: Surroundings) -> str:
        word, detail = self.word_of(_chosen(value)), text_of(mapping_of(value).get("detail"))
        return f"{word}\n{detail}" if detail and _chosen(value) == self.detail_if else word

    def outline(self) -> Outline:
        return replace(super().outline(), then=self.detail_label or "")


def _chosen(value: Any) -> str:
    return text_of(value.get("value")) if isinstance(value, Mapping) else text_of(value)
