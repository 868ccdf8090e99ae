"""A question and its answer in words: what pages and papers show of them, whatever the type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from aap.core.french import NBSP, euros
from aap.core.territories import Territories
from aap.core.values import Answers, text_of

if TYPE_CHECKING:
    from aap.core.questions.base.question import Question

Kind = Literal["empty", "text", "list", "table", "group", "budget", "files"]


@dataclass(frozen=True, slots=True)
class Head:
    """Head of a column; `figures`: its cells are numbers, set to the right."""

    label: str
    figures: bool


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """An account that is filled in: cents by year; `own`: (label, cents) of the association's own lines in it; `obtained`: the
    cents of it that the funder has granted."""

    number: str
    label: str
    amounts: Sequence[int]
    own: Sequence[tuple[str, int]] = ()
    obtained: int = 0

    def in_lines(self, years: Sequence[str]) -> list[str]:
        """The line, and the association's own in it: `61 Services extérieurs : 1 200 €`."""
        parts = [euros(cents) for cents in self.amounts]
        amounts = (
            "\u00a0; ".join(f"{year}{NBSP}: {part}" for year, part in zip(years, parts, strict=True))
            if years
            else parts[0]
        )
        granted = f" (dont {euros(self.obtained)} obtenus)" if self.obtained else ""
        head = f"{self.number} {self.label}".strip()
        return [
            f"{head}{NBSP}: {amounts}{granted}",
            *(f"– dont {label}{NBSP}: {euros(cents)}" for label, cents in self.own),
        ]


@dataclass(frozen=True, slots=True)
class BudgetSide:
    """One side of a budget, with its total by year; `years`: their names, where there are several."""

    title: str
    lines: Sequence[BudgetLine]
    totals: Sequence[int]
    years: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """One question with its answer in words; which fields are filled depends on `kind`."""

    id: str
    label: str
    kind: Kind
    text: str = ""
    items: Sequence[str] = ()
    head: Sequence[Head] = ()
    rows: Sequence[Sequence[str]] = ()
    blocks: Sequence[SectionReading] = ()
    sides: Sequence[BudgetSide] = ()
    request: int = 0
    share: Fraction | None = None
    files: Sequence[Any] = ()
    unread: str = ""
    identifying: bool = False
    criteria: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SectionReading:
    """A section, or a block of a group, to read."""

    id: str
    title: str
    answers: Sequence[ReadAnswer] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What words may need besides the answer: the dossier's answers, the files by question (anything with name, size,
    url, note), the communes' names."""

    answers: Answers
    territories: Territories
    files: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Outline:
    """A question before it is answered: what is printed of it for people to prepare.

    `words`: the answer that is expected, in a sentence; `boxes`: (label, help) of each to tick; `columns`: heads of a
    table; `questions`: those of a block; `note`: printed in place of room to write; `room`: its height in millimetres;
    `then`: what is asked besides, depending on the answer.
    """

    words: str = ""
    boxes: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    questions: Sequence[Question] = ()
    note: str = ""
    room: int = 0
    then: str = ""


def flat(raw: object) -> str:
    """What was typed and couldn't be read, on one line."""
    if isinstance(raw, Mapping):
        return ", ".join(part for part in map(flat, raw.values()) if part)
    return text_of(raw)
