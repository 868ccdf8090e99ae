"""Which answers of a dossier count, by the conditions of its call, and the attributes that quotas look at.

What was answered before a question was hidden stays stored, and counts for nothing: neither for other conditions nor
for amounts, attributes, eligibility, completeness, papers, lists or exports. `shown_answers` says which answers count;
whatever reads a dossier's answers, but for the page where they are typed, asks it (`tests/architecture/test_answers.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aap.core.budgets.accounting import Budget, BudgetKind
from aap.core.call.schema import Form, Section
from aap.core.questions.base.condition import is_shown, value_of
from aap.core.questions.base.question import Question
from aap.core.questions.budget import BudgetQuestion
from aap.core.values import RAW, Answers, mapping_of


def visible_sections(form: Form, answers: Answers) -> tuple[Section, ...]:
    """The sections that this dossier has to fill in. A hidden question's old answer shows nothing."""
    counting = shown_answers(form, answers)
    return tuple(section for section in form.sections if is_shown(section.show_if, counting))


def visible_questions(section: Section, answers: Answers) -> tuple[Question, ...]:
    """The questions of a section that are shown, in order. A hidden one's old answer shows none of them.

    Of the other sections' answers, those that count are to be given.
    """
    counting = dict(answers)
    while True:
        shown = tuple(question for question in section.questions if is_shown(question.show_if, counting))
        hidden = {question.id for question in section.questions} - {question.id for question in shown}
        if hidden.isdisjoint(counting):
            return shown
        counting = {key: value for key, value in counting.items() if key not in hidden}


def shown_questions(form: Form, answers: Answers) -> tuple[Question, ...]:
    """The questions that this dossier shows, those without an answer among them, in the form's order."""
    counting = shown_answers(form, answers)
    return tuple(
        question for section in visible_sections(form, counting) for question in visible_questions(section, counting)
    )


def shown_answers(form: Form, answers: Answers) -> dict[str, Any]:
    """The answers that count: those of shown questions, and of what can't be read (`_raw`) theirs.

    Conditions that point at later questions are followed too: hiding goes on until nothing changes.
    """
    raw = mapping_of(answers.get(RAW))
    counting = {key: value for key, value in answers.items() if key != RAW}
    while True:
        kept = {
            question.id
            for section in form.sections
            if is_shown(section.show_if, counting)
            for question in visible_questions(section, counting)
        }
        fewer = {key: value for key, value in counting.items() if key in kept}
        if len(fewer) == len(counting):
            break
        counting = fewer
    unread = {key: value for key, value in raw.items() if key in kept}
    return {**counting, RAW: unread} if unread else counting


def budget_asked(form: Form, answers: Answers, kind: BudgetKind) -> Budget | None:
    """The budget of this kind that the dossier gives: of those shown, the first with an amount; None: none is shown.

    A project's budget says what is requested. A form that shows two of them at once is warned of when it is loaded.
    """
    counting = shown_answers(form, answers)
    found = [
        question.budget_of(counting.get(question.id))
        for question in shown_questions(form, counting)
        if isinstance(question, BudgetQuestion) and question.budget == kind
    ]
    return next((budget for budget in found if budget.amounts), found[0] if found else None)


def attributes_of(form: Form, answers: Answers, association: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The attributes that quotas name, from `form.attributes`; an attribute without value has an empty tuple.

    `association`: the association's fields, a value or a sequence of values each (see `aap.core.call.sources`).
    """
    values = source_values(form, answers, association)
    attributes: dict[str, tuple[str, ...]] = {}
    for name, source in form.attributes.items():
        found = values.get(source)
        if isinstance(found, Sequence) and not isinstance(found, str):
            found = list(found)
        attributes[name] = value_of(found)
    return attributes


def source_values(form: Form, answers: Answers, association: Mapping[str, object]) -> dict[str, object]:
    """What the sources of a call file are in this dossier: `association.<field>`, `answers.<question>`,
    `request.amount` (in euros with two decimals; absent while nothing is requested)."""
    counting = shown_answers(form, answers)
    values: dict[str, object] = {f"association.{name}": value for name, value in association.items()}
    values.update({f"answers.{name}": value for name, value in counting.items() if name != RAW})
    project = budget_asked(form, counting, "project")
    if project is not None and project.request:
        values["request.amount"] = f"{project.request // 100}.{project.request % 100:02d}"
    return values
