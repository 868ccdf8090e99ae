"""`group`: questions asked several times, stored as a list of blocks, each a mapping of answers like a dossier's."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.findings import Finding
from aap.core.french import plain
from aap.core.paths import Path
from aap.core.questions.base.cell_types import without_blank_end
from aap.core.questions.base.condition import is_shown
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Outline, ReadAnswer, SectionReading, Surroundings
from aap.core.questions.base.posted import MAX_ROWS, Posted
from aap.core.questions.base.question import Question, as_typed, ordered, read_answers, typed_answers
from aap.core.questions.base.union import InnerQuestion
from aap.core.scalars import Count
from aap.core.values import Answers, is_blank, list_of, mapping_of


class GroupQuestion(Question):
    compared = None
    in_group = False

    type: Literal["group"] = Field(description="Un groupe de questions, posées plusieurs fois.")
    questions: tuple[InnerQuestion, ...] = Field(min_length=1, description="Les questions répétées.")
    min_items: Count = Field(default=1, ge=0, description="Nombre minimal de répétitions.")
    max_items: Count = Field(default=5, gt=0, description="Nombre maximal de répétitions.")
    item_label: str | None = Field(default=None, description="Nom d’une répétition, par exemple Action.")
    item_article: Literal["un", "une"] | None = Field(
        default=None, description="Son article : un ou une, pour que le bouton dise « Ajouter une action »."
    )

    @property
    def _item(self) -> str:
        return (self.item_label or "bloc").lower()

    @property
    def one_more(self) -> str:
        """One more of them as a sentence names it (`une action`); empty where the call file doesn't say the article."""
        if self.item_label is None:
            return "un bloc"
        return f"{self.item_article} {self._item}" if self.item_article else ""

    def misfits(self, path: Path) -> Iterator[Finding]:
        yield from ordered(path, ("min_items", self.min_items), ("max_items", self.max_items))

    def is_dated(self) -> bool:
        return any(one.is_dated() for one in self.questions)

    def inner(self) -> tuple[Question, ...]:
        return self.questions

    def shown_in(self, block: Answers, answers: Answers) -> tuple[Question, ...]:
        """The questions shown in one block: a condition looks into the block first, then at the dossier's answers."""
        within: Mapping[str, Any] = ChainMap(dict(block), dict(answers))
        return tuple(question for question in self.questions if is_shown(question.show_if, within))

    def typed_in(self, posted: Posted, name: str) -> Any:
        blocks = [typed_answers(self.questions, posted, f"{name}.{row}.") for row in posted.rows(name)]
        return posted.edited(blocks, name, {}, self.max_items)

    def may_add(self, typed: Any) -> bool:
        """Whether there is room for one more block."""
        return len(typed) < self.max_items

    def read(self, typed: Any) -> tuple[Any, Any]:
        blocks = [read_answers(self.questions, mapping_of(block)) for block in list_of(typed)[:MAX_ROWS]]
        return without_blank_end(blocks), None

    def as_typed(self, value: Any, raw: Any) -> Any:
        blocks = [mapping_of(block) for block in list_of(value)]
        return [{inner.id: as_typed(inner, block) for inner in self.questions} for block in blocks]

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        blocks = [mapping_of(block) for block in list_of(value)]
        filled = sum(not is_blank(block) for block in blocks)
        if filled < self.min_items and (self.required or filled):
            yield AnswerFault(path, "too_few", f"Remplissez au moins {plain(self.min_items)} fois « {self._item} ».")
        if filled > self.max_items:
            yield AnswerFault(path, "too_many", f"Gardez au plus {plain(self.max_items)} fois « {self._item} ».")
        for index, block in enumerate(blocks):
            if is_blank(block):
                continue
            for inner in self.shown_in(block, dossier.answers):
                for found in inner.check(block, (*path, index, inner.id), dossier):
                    yield replace(found, label=f"{inner.label}, {found.label}" if found.label else inner.label)

    def missing_message(self) -> str:
        return f"Remplissez au moins {max(self.min_items, 1)} fois « {self._item} »."

    def item_name(self, number: int) -> str:
        return f"{self.item_label or 'Bloc'} {number}"

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        filled = [mapping_of(block) for block in list_of(value) if not is_blank(block)]
        blocks = [
            SectionReading(
                f"{self.id}-{number}",
                self.item_name(number),
                tuple(inner.read_out(block, around) for inner in self.shown_in(block, around.answers)),
            )
            for number, block in enumerate(filled, start=1)
        ]
        return replace(blank, kind="group", blocks=blocks)

    def limits(self) -> list[str]:
        return [f"de {self.min_items} à {self.max_items} fois"]

    def outline(self) -> Outline:
        return Outline(questions=self.questions)

    def kept(self, before: Any, answer: Any) -> Any:
        inner = {one.id: one for one in before.questions}
        blocks = [
            {
                one.id: kept
                for one in self.questions
                if one.id in block and (kept := one.still_fits(inner.get(one.id), block[one.id])) is not None
            }
            for block in answer
            if isinstance(block, Mapping)
        ]
        return [block for block in blocks if block] or None

    def shape(self) -> tuple[object, ...]:
        return (*super().shape(), tuple((one.id, one.shape()) for one in self.questions))
