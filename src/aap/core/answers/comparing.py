"""Two versions of a dossier, question by question, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aap.core.answers.readable import read_section
from aap.core.call.schema import Section
from aap.core.french import NBSP, spaced
from aap.core.questions.base.in_words import BudgetLine, ReadAnswer
from aap.core.territories import Territories
from aap.core.values import Answers


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """A question whose answer differs; an empty text: it had none, or was not asked."""

    id: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangedSection:
    """A section with the answers that differ, in the form's order."""

    id: str
    title: str
    answers: tuple[ChangedAnswer, ...]


def in_lines(answer: ReadAnswer) -> str:
    """An answer in plain lines, to compare two versions of it. A file's note, where it has one, counts."""
    lines = [answer.text, *answer.items]
    lines += [" | ".join(row) for row in answer.rows]
    for block in answer.blocks:
        lines += [block.title, *(f"{one.label}{NBSP}: {in_lines(one)}" for one in block.answers)]
    for side in answer.sides:
        lines += BudgetLine("", side.title, side.totals).in_lines(side.years)
        lines += [text for line in side.lines for text in line.in_lines(side.years)]
    lines += [f"{one.name} ({one.note})" if one.note else one.name for one in answer.files]
    return "\n".join(line for line in [*lines, answer.unread] if line)


def changed_answers(
    section: Section,
    before: Answers,
    after: Answers,
    territories: Territories,
    *,
    files_before: Mapping[str, Sequence[Any]] | None = None,
    files_after: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[ChangedAnswer, ...]:
    """The questions of a section whose answers differ, in the order of the form. Files as for `read_section`."""
    first = {one.id: one for one in read_section(section, before, territories, files=files_before).answers}
    second = {one.id: one for one in read_section(section, after, territories, files=files_after).answers}
    changed = []
    for question in section.questions:
        old, new = first.get(question.id), second.get(question.id)
        texts = in_lines(old) if old else "", in_lines(new) if new else ""
        if texts[0] != texts[1]:
            changed.append(ChangedAnswer(question.id, spaced(question.label), *texts))
    return tuple(changed)
