"""What is wrong in a file that a person gave: where, what was found, what is allowed, in plain French.

Used for call files (line and column of the text, path of the key) and for tables (row and name of the column, as a
spreadsheet numbers them: the header is row 1).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aap.core import french
from aap.core.french import NBSP

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend (`error`) or to look at (`warning`).

    `line` and `column` count from 1; `key` is the path of the key, as `rubric.criteria[0].weight`, or what names the row of a
    workbook that somebody filled in. In a table, `row` is the spreadsheet's row number, `heading` the column's name and, in
    a workbook, `cell` the cell or cells (`C12`).
    `found`, `allowed` and `nearest` are empty where they say nothing.
    """

    file: str
    message: str
    line: int | None = None
    column: int | None = None
    key: str = ""
    row: int | None = None
    heading: str = ""
    found: str = ""
    allowed: str = ""
    nearest: str = ""
    severity: Severity = "error"
    cell: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    @property
    def place(self) -> str:
        """`call.yaml:12:5`, or `A.csv, ligne 3, colonne requested_amount`."""
        place = self.file
        if self.line is not None:
            place += f":{self.line}" + (f":{self.column}" if self.column is not None else "")
        if self.row is not None:
            place += f", ligne{NBSP}{self.row}"
        if self.heading:
            place += f", colonne {self.heading}"
        if self.cell:
            place += f" ({self.cell})"
        return place

    def __str__(self) -> str:
        """The problem on one line, in French."""
        parts = [self.message]
        if self.found:
            parts.append(f"trouvé{NBSP}: {cited(self.found)}")
        if self.allowed:
            parts.append(f"attendu{NBSP}: {self.allowed}")
        if self.nearest:
            parts.append(f"vouliez-vous dire {cited(self.nearest)}{NBSP}?")
        warning = f"avertissement{NBSP}: " if self.severity == "warning" else ""
        key = f"{self.key}{NBSP}: " if self.key else ""
        return f"{self.place}{NBSP}: {warning}{key}" + f"{NBSP}; ".join(parts)


class BadInput(Exception):
    """Files that can't be used: every problem found in them, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort the problems of one file by place, those of the whole file first."""
    return tuple(sorted(problems, key=lambda p: (p.line or p.row or 0, p.column or 0, p.heading, p.key, p.message)))


def cited(text: str, limit: int = 60) -> str:
    """Put a value between French quotes on one line, cut when long."""
    line = " ".join(text.split())
    shown = line if len(line) <= limit else line[: limit - 1] + "…"
    return french.quoted(shown)


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word that looks most like `word`, or an empty text."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), sorted(folded), n=1, cutoff=cutoff)
    return folded[close[0]] if close else ""
