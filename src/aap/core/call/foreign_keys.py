"""Keys of a question that only another type of question knows: set aside with a warning, as a file that was sealed with
one must go on to be read.

A key that no type knows is an error, which the schema says.
"""

from __future__ import annotations

from collections.abc import Iterator

from aap.core.findings import Finding
from aap.core.french import listed
from aap.core.paths import Path
from aap.core.questions.base.question import TYPES
from aap.core.questions.base.union import UntypedQuestion, class_of

Raw = str | None | list["Raw"] | dict[str, "Raw"]


def set_aside(call_file: Raw) -> tuple[Finding, ...]:
    """Takes the foreign keys out of the questions of this tree, in place, and tells each."""
    return tuple(
        finding
        for place, question in _questions(call_file)
        for finding in _foreign(place, question)
    )  # fmt: skip


def _foreign(place: Path, question: dict[str, Raw]) -> Iterator[Finding]:
    kind = class_of(question)
    if kind is UntypedQuestion:
        return
    for key in [key for key in question if key not in kind.model_fields]:
        types = sorted(name for name, other in TYPES.items() if key in other.model_fields)
        if types:
            del question[key]
            message = f"cette clé ne sert qu’aux questions de type {listed(types, 'ou')}\u00a0: elle est sans effet ici"
            yield Finding((*place, key), message, severity="warning", at_key=True)


def _questions(call_file: Raw) -> Iterator[tuple[Path, dict[str, Raw]]]:
    form = call_file.get("form") if isinstance(call_file, dict) else None
    sections = form.get("sections") if isinstance(form, dict) else None
    for index, section in enumerate(sections if isinstance(sections, list) else ()):
        yield from _asked(section, ("form", "sections", index))


def _asked(holder: Raw, place: Path) -> Iterator[tuple[Path, dict[str, Raw]]]:
    """The questions of a section or a group, with those inside them."""
    questions = holder.get("questions") if isinstance(holder, dict) else None
    for index, question in enumerate(questions if isinstance(questions, list) else ()):
        if isinstance(question, dict):
            here: Path = (*place, "questions", index)
            yield here, question
            yield from _asked(question, here)
