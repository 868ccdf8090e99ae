"""What every type of question shares: its keys in a call file, and what a type says of itself.

A type is a subclass in a file of its own beside this package. What it stores for an answer is plain JSON; conditions
and quotas see a text, the `value` of a mapping, and each text of a list (see `condition.value_of`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, get_args

from pydantic import Field

from aap.core.findings import Finding, out_of_order
from aap.core.french import spaced
from aap.core.paths import Path
from aap.core.questions.base.cell_types import CellType
from aap.core.questions.base.condition import Compared, Condition
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Outline, ReadAnswer, Surroundings, flat
from aap.core.questions.base.posted import Posted
from aap.core.scalars import Flag, KeyId, RuleId, Strict, Text
from aap.core.territories import Territories
from aap.core.values import RAW, Answers, clean_text, is_blank, mapping_of, text_of

TYPES: dict[str, type[Question]] = {}
"""The types by name: each adds itself when its class is made."""


class Question(Strict):
    """One question of the dossier: the keys that every type has, and what a type may say otherwise.

    `attribute`s for quotas come from `form.attributes`. `criteria` links the answer to the rubric's criteria that it
    bears on; `identifying` answers are left out of blind reviews.
    """

    in_group: ClassVar[bool] = True
    """Whether a group may ask it."""
    cell: ClassVar[CellType | None] = None
    """How it stands in a column of a table; None: it can't."""
    compared: ClassVar[Compared | None] = "text"
    """As what a condition compares its answer; None: it has no value that a condition or a quota could see."""
    dated: ClassVar[bool] = False
    """Whether its answer is of one time: taken over from an earlier dossier, it has to be looked at again."""
    missing: ClassVar[str] = "Écrivez une réponse."
    """What is said where an answer is required."""

    id: KeyId = Field(description="Identifiant de la question, unique dans le formulaire.")
    label: Text = Field(description="Intitulé de la question.")
    type: str = Field(description="Type de la réponse.")
    help: str | None = Field(default=None, description="Aide affichée sous l’intitulé.")
    example: str | None = Field(default=None, description="Exemple de réponse.")
    required: Flag = Field(default=True, description="Réponse obligatoire (true par défaut).")
    show_if: Condition | None = Field(
        default=None, description="La question n’est posée que si cette condition est remplie."
    )
    criteria: tuple[RuleId, ...] = Field(default=(), description="Critères de la grille que la réponse éclaire.")
    identifying: Flag = Field(
        default=False,
        description="La réponse identifie l’association : elle est masquée dans une évaluation à l’aveugle.",
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        names = get_args(cls.model_fields["type"].annotation)
        if len(names) == 1:
            TYPES[names[0]] = cls

    # --- in a call file -----------------------------------------------------------------------------------------------

    def misfits(self, path: Path) -> Iterator[Finding]:
        """What doesn't fit between its own keys; `path` is the question's in the file."""
        yield from ()

    def labels(self) -> Mapping[str, str]:
        """The label of each answer that can be chosen."""
        return {}

    def closed_values(self) -> tuple[str, ...] | None:
        """The values that an answer can have; None where they aren't a closed list."""
        return tuple(self.labels()) or None

    def compared_as(self) -> Compared | None:
        """See `compared`."""
        return self.compared

    def is_dated(self) -> bool:
        """See `dated`."""
        return self.dated

    def inner(self) -> tuple[Question, ...]:
        """The questions that are asked within it."""
        return ()

    # --- what is typed, and what is stored ----------------------------------------------------------------------------

    def typed_in(self, posted: Posted, name: str) -> Any:
        """What a page holds for it, where its inputs begin with `name`; what isn't there reads as empty."""
        return posted.one(name)

    def read(self, typed: Any) -> tuple[Any, Any]:
        """What is stored for what was typed: (the answer, what can't be read); a blank one isn't kept. Never raises."""
        return clean_text(text_of(typed)), None

    def as_typed(self, value: Any, raw: Any) -> Any:
        """What its inputs show for a stored answer and what could not be read (the opposite of `read`)."""
        return text_of(value)

    # --- checks -------------------------------------------------------------------------------------------------------

    def check(self, answers: Answers, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        """Every problem of its answer among `answers` (a dossier's, or a block's)."""
        raw = mapping_of(answers.get(RAW)).get(self.id)
        value = answers.get(self.id)
        if is_blank(value) and is_blank(raw):
            if self.required:
                yield AnswerFault(self.first_input(path), "missing", self.missing_message())
            return
        yield from self.problems(value, raw, path, dossier)

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        """What is wrong with an answer, or with what can't be read of it."""
        yield from ()

    def first_input(self, path: Path) -> Path:
        """Its first input, where a missing answer is said and a link leads."""
        return path

    def missing_message(self) -> str:
        return self.missing

    def item_name(self, number: int) -> str:
        """The name of its row or block of this number, from 1."""
        return f"ligne {number}"

    def clearer(self, typed: Any, territories: Territories) -> str:
        """A better message for what can't be read, where the territories' names say more; else empty."""
        return ""

    # --- words --------------------------------------------------------------------------------------------------------

    def read_out(self, within: Answers, around: Surroundings) -> ReadAnswer:
        """The question with its answer among `within` (a dossier's answers, or a block's) in words."""
        value = within.get(self.id)
        unread = flat(mapping_of(within.get(RAW)).get(self.id))
        blank = ReadAnswer(
            self.id, spaced(self.label), "empty", unread=unread, identifying=self.identifying, criteria=self.criteria
        )
        if is_blank(value):
            return replace(blank, kind="text") if unread else blank
        return self.words(value, blank, around)

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        """`blank` with what the answer says."""
        return replace(blank, kind="text", text=self.text(value, around))

    def text(self, value: Any, around: Surroundings) -> str:
        """The answer as one text."""
        return text_of(value)

    def limits(self) -> list[str]:
        """What it accepts, in a few words each: « 2 000 caractères au plus »."""
        return []

    def outline(self) -> Outline:
        """How it is printed to prepare an answer."""
        return Outline(room=7)

    # --- versions -----------------------------------------------------------------------------------------------------

    def still_fits(self, before: Question | None, answer: Any) -> Any:
        """An answer to the question of an earlier form, as far as this one still takes it; None where it doesn't.

        Lengths are checked later.
        """
        if before is None or before.shape()[:1] != self.shape()[:1]:
            return None
        return self.kept(before, answer)

    def kept(self, before: Any, answer: Any) -> Any:
        """The same, where both are of this type."""
        return answer

    def shape(self) -> tuple[object, ...]:
        """What makes it another question when it changes, its kind first: type, choices, columns; not the wording."""
        return (self.type,)


def ordered(path: Path, low: tuple[str, Any], high: tuple[str, Any]) -> Iterator[Finding]:
    """Two keys of a question, (name, value), of which the second mustn't be below the first."""
    least, most = low[1], high[1]
    if least is not None and most is not None:
        yield from out_of_order(((*path, low[0]), least), ((*path, high[0]), most), most < least)


def read_answers(questions: Sequence[Question], typed: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to these questions, with what can't be read kept under `_raw`. Never raises for any text."""
    answers: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for question in questions:
        if question.id not in typed:
            continue
        value, unread = question.read(typed[question.id])
        if not is_blank(value):
            answers[question.id] = value
        if not is_blank(unread):
            raw[question.id] = unread
    if raw:
        answers[RAW] = raw
    return answers


def as_typed(question: Question, answers: Answers) -> Any:
    """What the inputs of a question show for stored answers (the opposite of `read_answers`)."""
    return question.as_typed(answers.get(question.id), mapping_of(answers.get(RAW)).get(question.id))


def typed_answers(questions: Sequence[Question], posted: Posted, prefix: str) -> dict[str, Any]:
    """What was typed for each question, by id."""
    return {question.id: question.typed_in(posted, f"{prefix}{question.id}") for question in questions}
