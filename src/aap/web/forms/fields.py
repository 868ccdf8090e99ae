"""One WTForms field a question, whatever its type; ui/question.html renders it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from aap.core.questions.base.condition import Condition, is_shown
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question, as_typed, read_answers
from aap.core.questions.group import GroupQuestion
from aap.core.territories import Territories
from aap.core.values import Answers

PATTERN_ROW = 9999  # the row number in what the script copies


@dataclass(frozen=True, slots=True)
class Offer:
    """A document of the association's safe that may be taken over: pressing posts `edit` = `safe <name> <id>`."""

    id: str
    label: str


class QuestionField(Field):
    """A question with what was typed for it.

    `typed` feeds the inputs; `answer` is the stored answer (None: none); `messages` maps this question's field names
    to their errors, `notes` to their warnings.
    """

    def __init__(self, question: Question, territories: Territories, **kwargs: Any) -> None:
        super().__init__(label=question.label, description=question.help or "", **kwargs)
        self.question = question
        self.territories = territories
        self.typed: Any = None
        self.shown = True
        self.messages: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.files: Sequence[Any] = ()
        self.offers: Sequence[Offer] = ()
        self.upload_url = ""  # where the script sends files
        self.taken_over = False  # from an earlier dossier, and to be looked at
        self.request_limits = ""  # what the call allows a budget to ask for, in words

    def process(self, formdata: Posted | None, data: Any = None, extra_filters: Any = None) -> None:
        """`data`: the answers that hold this question's (a dossier's, or a block's)."""
        self.process_errors: list[str] = []
        answers = data if isinstance(data, Mapping) else {}
        if formdata is None:
            self.typed = as_typed(self.question, answers)
        else:
            self.typed = self.question.typed_in(formdata, self.name)
        self.data = self.answers

    @property
    def answers(self) -> dict[str, Any]:
        """The stored answer under the question's id, and what can't be read under `_raw`."""
        return read_answers([self.question], {self.question.id: self.typed})

    @property
    def answer(self) -> Any:
        return self.answers.get(self.question.id)

    def error(self, suffix: str = "") -> str:
        """The error beside the input `<name><suffix>`, or an empty text."""
        return self.messages.get(f"{self.name}{suffix}", "")

    def note(self, suffix: str = "") -> str:
        """The warning beside the input `<name><suffix>`, or an empty text."""
        return self.notes.get(f"{self.name}{suffix}", "")

    def bind_messages(self, messages: Mapping[str, str], notes: Mapping[str, str]) -> None:
        """Takes this question's messages (by field name) from a page's."""
        self.messages = self._own(messages)
        self.notes = self._own(notes)
        self.errors = list(self.messages.values())

    def _own(self, messages: Mapping[str, str]) -> dict[str, str]:
        return {name: text for name, text in messages.items() if name == self.name or name.startswith(f"{self.name}.")}

    # --- what the templates ask for, besides what the type itself says ---

    @property
    def show_if(self) -> str:
        """The condition for the script, as JSON; empty without one."""
        condition: Condition | None = self.question.show_if
        return json.dumps(condition.model_dump(mode="json", exclude_none=True)) if condition else ""

    @property
    def blank(self) -> QuestionField:
        """This question with nothing typed and no message: the pattern that the script copies."""
        copy = QuestionField(self.question, self.territories, _form=None, _meta=self.meta, name=self.name)
        copy.process(None, {})
        return copy

    def blocks(self, answers: Answers) -> list[QuestionBlock]:
        """Blocks of a group, at least as many as it needs; `answers`: the dossier's, for conditions."""
        group = self.question
        assert isinstance(group, GroupQuestion)
        typed = list(self.typed)
        typed += [{}] * (max(group.min_items, 1) - len(typed))
        return [QuestionBlock(self, group, index, block, answers) for index, block in enumerate(typed)]

    @property
    def blank_block(self) -> QuestionBlock:
        group = self.question
        assert isinstance(group, GroupQuestion)
        return QuestionBlock(self.blank, group, PATTERN_ROW, {}, {})

    def __call__(self, **_kwargs: object) -> Markup:
        raise TypeError("a question is rendered by the macro question() of ui/question.html")


class QuestionBlock:
    """One block of a group: the inner questions' fields, shown or hidden by their conditions."""

    def __init__(
        self, field: QuestionField, group: GroupQuestion, index: int, typed: Mapping[str, Any], answers: Answers
    ) -> None:
        self.index = index
        self.name = f"{field.name}.{index}"
        stored = read_answers(group.questions, typed)
        shown = {question.id for question in group.shown_in(stored, answers)}
        self.fields = bind_questions(group.questions, f"{self.name}.", field.territories, stored)
        for inner in self.fields:
            inner.shown = inner.question.id in shown
            if inner.question.id in typed:
                inner.typed = typed[inner.question.id]
            inner.bind_messages(field.messages, field.notes)


def bind_questions(
    questions: Sequence[Question],
    prefix: str,
    territories: Territories,
    answers: Answers,
    posted: Posted | None = None,
) -> list[QuestionField]:
    """Bound fields, filled from a posted page or from stored answers."""
    form = BaseForm(
        [(question.id, QuestionField(question, territories)) for question in questions], prefix, DefaultMeta()
    )
    fields: list[QuestionField] = list(form)
    for field in fields:
        field.process(posted, answers)
        field.shown = is_shown(field.question.show_if, answers)
    return fields
