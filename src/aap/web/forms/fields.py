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

from aap.core.answers.budget import Account, BadAmount, Budget, UnknownAccount, accounts, parse_budget
from aap.core.answers.conditions import is_shown, visible_in_block
from aap.core.answers.reading import as_typed, read_answers
from aap.core.answers.values import Answers
from aap.core.call.schema import Condition, Question
from aap.core.french import listed, spaced
from aap.core.territories import Commune, Territories
from aap.web.forms.communes import communes_like
from aap.web.forms.posting import Post, typed_of

_ACCEPT = {
    "pdf": ".pdf,application/pdf",
    "image": "image/*,.heic",
    "spreadsheet": ".xlsx,.ods,.csv",
    "document": ".docx,.odt",
}

_FILE_WORDS = {
    "pdf": "PDF",
    "image": "photo lisible",
    "spreadsheet": "tableur (XLSX, ODS, CSV)",
    "document": "document (DOCX, ODT)",
}
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

    def process(self, formdata: Post | None, data: Any = None, extra_filters: Any = None) -> None:
        """`data`: the answers that hold this question's (a dossier's, or a block's)."""
        self.process_errors: list[str] = []
        answers = data if isinstance(data, Mapping) else {}
        if formdata is None:
            self.typed = as_typed(self.question, answers)
        else:
            self.typed = typed_of(self.question, formdata, self.name, self.territories)
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

    # --- what the template asks for ---

    @property
    def show_if(self) -> str:
        """The condition for the script, as JSON; empty without one."""
        condition: Condition | None = self.question.show_if
        return json.dumps(condition.model_dump(mode="json", exclude_none=True)) if condition else ""

    @property
    def rows(self) -> list[Mapping[str, str]]:
        """Rows of a table, at least one to type in."""
        return list(self.typed) or [{}]

    def blocks(self, answers: Answers) -> list[QuestionBlock]:
        """Blocks of a group, at least as many as it needs; `answers`: the dossier's, for conditions."""
        typed = list(self.typed)
        typed += [{}] * (max(self.question.min_items, 1) - len(typed))
        return [QuestionBlock(self, index, block, answers) for index, block in enumerate(typed)]

    @property
    def may_add(self) -> bool:
        most = self.question.max_items if self.question.type == "group" else self.question.max_rows
        return most is None or len(self.typed) < most

    @property
    def communes(self) -> list[Commune]:
        found = [self.territories.commune(code) for code in self.typed["codes"]]
        return [commune for commune in found if commune is not None]

    @property
    def homonyms(self) -> Sequence[Commune]:
        """The communes to choose from, where the text names none or several."""
        return communes_like(self.typed["text"], self.territories) if self.typed["text"] else ()

    @property
    def is_ambiguous(self) -> bool:
        """Whether a commune's text names several."""
        return self.question.type in ("commune", "communes") and len(self.homonyms) > 1

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """(value, label, help) of each option."""
        return [(option.value, spaced(option.label), spaced(option.help or "")) for option in self.question.options]

    @property
    def blank(self) -> QuestionField:
        """This question with nothing typed and no message: the pattern that the script copies."""
        copy = QuestionField(self.question, self.territories, _form=None, _meta=self.meta, name=self.name)
        copy.process(None, {})
        return copy

    @property
    def blank_block(self) -> QuestionBlock:
        return QuestionBlock(self.blank, PATTERN_ROW, {}, {})

    @property
    def allowed(self) -> str:
        """Kinds of files in words."""
        words = listed([_FILE_WORDS[kind] for kind in self.question.accept], "ou")
        return words[0].upper() + words[1:]

    def cell(self, account: Account) -> str:
        """What a budget's cell shows."""
        parts = ("charges", "products", "contributions")
        return next((self.typed[part][account.code] for part in parts if account.code in self.typed.get(part, {})), "")

    def accounts(self, side: str) -> Sequence[Account]:
        return [account for account in accounts(self.question.budget or "project") if account.side == side]

    @property
    def budget(self) -> Budget:
        """The readable part of a budget, for its totals."""
        kind = self.question.budget or "project"
        try:
            return parse_budget(kind, self.answer)
        except (UnknownAccount, BadAmount):
            return Budget(kind)

    @property
    def accept(self) -> str:
        return ",".join(_ACCEPT[kind] for kind in self.question.accept)

    def __call__(self, **_kwargs: object) -> Markup:
        raise TypeError("a question is rendered by the macro question() of ui/question.html")


class QuestionBlock:
    """One block of a group: the inner questions' fields, shown or hidden by their conditions."""

    def __init__(self, group: QuestionField, index: int, typed: Mapping[str, Any], answers: Answers) -> None:
        self.index = index
        self.name = f"{group.name}.{index}"
        inner = group.question.questions
        stored = read_answers(inner, typed)
        shown = {question.id for question in visible_in_block(group.question, stored, answers)}
        self.fields = bind_questions(inner, f"{self.name}.", group.territories, stored)
        for field in self.fields:
            field.shown = field.question.id in shown
            if field.question.id in typed:
                field.typed = typed[field.question.id]
            field.bind_messages(group.messages, group.notes)


def bind_questions(
    questions: Sequence[Question],
    prefix: str,
    territories: Territories,
    answers: Answers,
    post: Post | None = None,
) -> list[QuestionField]:
    """Bound fields, filled from a post or from stored answers."""
    form = BaseForm(
        [(question.id, QuestionField(question, territories)) for question in questions], prefix, DefaultMeta()
    )
    fields: list[QuestionField] = list(form)
    for field in fields:
        field.process(post, answers)
        field.shown = is_shown(field.question.show_if, answers)
    return fields
