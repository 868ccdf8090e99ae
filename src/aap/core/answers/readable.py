"""Answers to read: from stored answers to what ui/answer.html shows, with the labels of the call file.

The dossier's PDF is made of the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aap.core.answers.conditions import visible_questions
from aap.core.call.schema import Section
from aap.core.french import spaced
from aap.core.questions.base.in_words import SectionReading, Surroundings
from aap.core.territories import Territories
from aap.core.values import Answers


def read_section(
    section: Section,
    answers: Answers,
    territories: Territories,
    *,
    files: Mapping[str, Sequence[Any]] | None = None,
    blind: bool = False,
) -> SectionReading:
    """A section's shown questions with their answers; `blind` leaves identifying ones out (reviewers of a blind call).

    `files`: by question id, anything with name, size, url, note.
    """
    shown = [q for q in visible_questions(section, answers) if not (blind and q.identifying)]
    around = Surroundings(answers, territories, files or {})
    read = tuple(question.read_out(answers, around) for question in shown)
    return SectionReading(section.id, spaced(section.title), read)
