"""Which questions a dossier shows, by the conditions of its call, and the attributes that quotas look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aap.core.call.schema import Form, Section
from aap.core.questions.base.condition import is_shown, value_of
from aap.core.questions.base.question import Question
from aap.core.values import Answers


def visible_sections(form: Form, answers: Answers) -> tuple[Section, ...]:
    """The sections that this dossier has to fill in. A hidden question's old answer shows nothing."""
    counting = shown_answers(form, answers)
    return tuple(section for section in form.sections if is_shown(section.show_if, counting))


def visible_questions(section: Section, answers: Answers) -> tuple[Question, ...]:
    """The questions of a section that are shown, in order."""
    return tuple(question for question in section.questions if is_shown(question.show_if, answers))


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
