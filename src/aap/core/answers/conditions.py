"""Conditions of the call file: which questions a dossier shows, and the attributes that quotas look at."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from aap.core.call.schema import Condition, Form, Question, Section
from aap.core.values import Answers, decimal_of, text_of


def value_of(answer: object) -> tuple[str, ...]:
    """The plain values of an answer, as conditions and quotas compare them.

    A yes/no or a choice with a detail gives its value, a list each of its values, a project's budget the grant that it
    asks for; other tables, blocks and periods give none.
    """
    if isinstance(answer, str):
        return (answer,) if answer else ()
    if isinstance(answer, bool):
        return ("oui" if answer else "non",)
    if isinstance(answer, int | Decimal):
        return (str(answer),)
    if isinstance(answer, Mapping):
        if "value" in answer:
            return value_of(text_of(answer["value"]))
        products = answer.get("products")
        return value_of(products.get("request")) if isinstance(products, Mapping) else ()
    if isinstance(answer, list | tuple):
        return tuple(value for value in answer if isinstance(value, str) and value)
    return ()


def condition_holds(condition: Condition, answer: object) -> bool:
    """Whether all the given parts of the condition hold for one answer. Without an answer nothing holds."""
    values = value_of(answer)
    if not values:
        return False
    if condition.equals is not None and condition.equals not in values:
        return False
    if condition.one_of is not None and not set(condition.one_of) & set(values):
        return False
    if condition.contains is not None and condition.contains not in values:
        return False
    if condition.min is not None or condition.max is not None:
        amount = decimal_of(values[0])
        if amount is None:
            return False
        if condition.min is not None and amount < condition.min:
            return False
        if condition.max is not None and amount > condition.max:
            return False
    return True


def is_shown(show_if: Condition | None, answers: Answers) -> bool:
    """Whether a section or question with this condition is shown, given the dossier's answers."""
    if show_if is None or show_if.question is None:
        return True
    return condition_holds(show_if, answers.get(show_if.question))


def visible_sections(form: Form, answers: Answers) -> tuple[Section, ...]:
    """The sections that this dossier has to fill in. A hidden question's old answer shows nothing."""
    counting = shown_answers(form, answers)
    return tuple(section for section in form.sections if is_shown(section.show_if, counting))


def visible_questions(section: Section, answers: Answers) -> tuple[Question, ...]:
    """The questions of a section that are shown, in order."""
    return tuple(question for question in section.questions if is_shown(question.show_if, answers))


def visible_in_block(group: Question, block: Answers, answers: Answers) -> tuple[Question, ...]:
    """The questions shown in one block of a group: a condition looks into the block first, then at the dossier."""
    within: Mapping[str, Any] = ChainMap(dict(block), dict(answers))
    return tuple(question for question in group.questions if is_shown(question.show_if, within))


def shown_answers(form: Form, answers: Answers) -> dict[str, Any]:
    """The answers that count: those of shown questions. What was answered before a question was hidden stays stored,
    but neither shows other questions nor counts for a quota.

    Conditions that point at later questions are followed too: hiding goes on until nothing changes.
    """
    counting = dict(answers)
    while True:
        kept = {
            question.id
            for section in form.sections
            if is_shown(section.show_if, counting)
            for question in visible_questions(section, counting)
        }
        fewer = {key: value for key, value in counting.items() if key in kept}
        if len(fewer) == len(counting):
            return fewer
        counting = fewer


def attributes_of(form: Form, answers: Answers, association: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The attributes that quotas name, from `form.attributes`; an attribute without value has an empty tuple.

    `association`: the association's fields (territory, region, zone, size …), a value or a sequence of values each.
    """
    counting = shown_answers(form, answers)
    attributes: dict[str, tuple[str, ...]] = {}
    for name, source in form.attributes.items():
        origin, _, key = source.partition(".")
        found = association.get(key) if origin == "association" else counting.get(key)
        if isinstance(found, Sequence) and not isinstance(found, str):
            found = list(found)
        attributes[name] = value_of(found)
    return attributes
