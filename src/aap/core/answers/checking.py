"""Is a section complete and correct? Every problem at once, in plain French, with the field that it stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from aap.core.answers.conditions import shown_answers, visible_questions, visible_sections
from aap.core.budgets.budget_checks import RequestLimits
from aap.core.call.schema import Form, Section
from aap.core.french import spaced
from aap.core.paths import Path
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, ProblemCode
from aap.core.questions.base.question import Question
from aap.core.values import Answers


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """One thing to mend. `path` leads to the field: the question, then rows or blocks (from 0) and columns or inner
    questions. A `warning` only asks to look again; `missing` is no mistake in a draft."""

    section: str
    question: str
    path: Path
    code: ProblemCode
    label: str
    message: str
    severity: Literal["error", "warning"] = "error"

    @property
    def field(self) -> str:
        """The path as the form names it: `actions.0.title`."""
        return ".".join(str(part) for part in self.path)


def check_section(
    section: Section,
    answers: Answers,
    *,
    files: Mapping[str, int] | None = None,
    limits: RequestLimits | None = None,
    employees: Decimal | None = None,
) -> tuple[AnswerProblem, ...]:
    """Every problem of a section's shown questions, in the form's order.

    `answers`: the whole dossier's. `files`: number of files by question id (None: file questions aren't checked).
    `limits`, `employees`: see `aap.core.budgets.budget_checks.check_budget`.
    """
    dossier = CheckedDossier(answers, files, limits, employees)
    return tuple(
        AnswerProblem(
            section.id, question.id, found.path, found.code, spaced(_full_label(question, found)),
            spaced(found.message), found.severity,
        )
        for question in visible_questions(section, answers)
        for found in question.check(answers, (question.id,), dossier)
    )  # fmt: skip


def check_form(
    form: Form,
    answers: Answers,
    *,
    files: Mapping[str, int] | None = None,
    limits: RequestLimits | None = None,
    employees: Decimal | None = None,
) -> dict[str, tuple[AnswerProblem, ...]]:
    """The problems of every section that this dossier shows, by section id (empty where it is complete)."""
    counting = shown_answers(form, answers)
    return {
        section.id: check_section(section, counting, files=files, limits=limits, employees=employees)
        for section in visible_sections(form, counting)
    }


def first_messages(problems: Iterable[AnswerProblem], *, missing: bool = True) -> dict[str, str]:
    """Field → messages, joined, for those that show beside a field; without `missing` only real mistakes."""
    messages: dict[str, list[str]] = {}
    for problem in problems:
        if problem.severity == "error" and (missing or problem.code != "missing"):
            messages.setdefault(problem.field, []).append(problem.message)
    return {field: " ".join(texts) for field, texts in messages.items()}


def _full_label(question: Question, found: AnswerFault) -> str:
    if len(found.path) > 1 and isinstance(found.path[1], int):
        where = question.item_name(found.path[1] + 1)
        return f"{question.label} ({', '.join(part for part in (where, found.label) if part)})"
    return f"{question.label} ({found.label})" if found.label else question.label
