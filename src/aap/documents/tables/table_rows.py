"""The rows of a table under reading: cells by column name, and the problems found on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Generic, TypeVar

from aap.core.problems import BadInput, Problem, cited, in_order, nearest
from aap.documents.tables.cells import Refused
from aap.documents.tables.table_files import ReadTable, TableFile, read_table

TableSource = TableFile | Path | str

MAX_ID = 200  # characters
NO_BREAK_SPACES = ("\u00a0", "\u202f", "\u2007")
ZEROS_LOST = "cet identifiant a perdu ou gagné des zéros au début (un tableur les ôte d’une colonne de nombres)"
NEAREST_SOUGHT = 20  # unknown identifiers for which a near one is looked for: beyond, it is another file

T = TypeVar("T")

# Ids of the applications that rows may name, with the requested amount in cents; None: any id.
Known = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """The values of the sound rows of one table, its problems, and what other tables need to know of it.

    `requested`: of applications; `readable`: false where even the ids can't be told; `rows`: of the jury's `in`;
    `reviews`: of marks, the pairs (application id, reviewer id) that have a row; `dropped`: those left out as incomplete.
    """

    values: tuple[T, ...] = ()
    problems: tuple[Problem, ...] = ()
    requested: Known = field(default_factory=dict)
    readable: bool = True
    rows: Mapping[str, int] = field(default_factory=dict)
    reviews: frozenset[tuple[str, str]] = frozenset()
    dropped: frozenset[tuple[str, str]] = frozenset()

    def all_or_nothing(self) -> tuple[T, ...]:
        if any(problem.is_error for problem in self.problems):
            raise BadInput(self.problems)
        return self.values


class Sheet:
    """A table under reading: its rows by column name, and the problems found so far."""

    def __init__(self, table: ReadTable) -> None:
        self.name = table.name
        self.headings = table.headings
        self.rows = table.rows
        self.problems = list(table.problems)
        self.unread = {(problem.row, problem.heading) for problem in table.problems if problem.heading}

    @classmethod
    def read(
        cls, source: TableSource, required: Sequence[str], optional: Sequence[str], *, every_column: bool = False
    ) -> Sheet:
        """Read a table; see `read_table`. Raises BadInput."""
        file = source if isinstance(source, TableFile) else TableFile.at(Path(source))
        return cls(read_table(file, required=required, optional=optional, every_column=every_column))

    def getter(self, heading: str) -> Callable[[list[str]], str]:
        """Gives a row's cell under a heading; always empty where the table has no such column."""
        if heading not in self.headings:
            return lambda _: ""
        return itemgetter(self.headings.index(heading))

    def refuse(
        self, row: int, heading: str, message: str, found: str = "", allowed: str = "", *, nearest: str = ""
    ) -> None:
        """Tells what is wrong in a cell, unless it could not be read in the first place, which is told already."""
        if (row, heading) not in self.unread:
            self.problems.append(
                Problem(self.name, message, row=row, heading=heading, found=found, allowed=allowed, nearest=nearest)
            )

    def warn(self, message: str, row: int | None = None, heading: str = "", found: str = "", nearest: str = "") -> None:
        self.problems.append(
            Problem(self.name, message, row=row, heading=heading, found=found, nearest=nearest, severity="warning")
        )

    def value(self, row: int, heading: str, text: str, read: Callable[[str], T]) -> T | None:
        """The cell as `read` gives it, or None and a problem."""
        try:
            return read(text)
        except Refused as refused:
            self.refuse(row, heading, refused.message, text, refused.allowed)
            return None

    def needed(self, row: int, heading: str, text: str) -> bool:
        if text:
            return True
        self.refuse(row, heading, "cette cellule est vide")
        return False

    def identifier(self, row: int, heading: str, text: str) -> bool:
        """Whether a cell can name something."""
        if not self.needed(row, heading, text):
            return False
        if (row, heading) in self.unread:
            return False
        unseen = next((char for char in text if not char.isprintable()), "")
        if unseen in NO_BREAK_SPACES:
            message = "cet identifiant contient une espace insécable, que l’on ne distingue pas d’une espace ordinaire"
            self.refuse(
                row, heading, message, text, f"{cited(' '.join(text.split()))} écrit avec des espaces ordinaires"
            )
        elif unseen or len(text) > MAX_ID:
            allowed = f"{MAX_ID} caractères visibles au plus"
            self.refuse(row, heading, "cet identifiant n’est pas utilisable", text, allowed)
        else:
            return True
        return False

    def sorted_problems(self) -> tuple[Problem, ...]:
        return in_order(self.problems)


def without_zeros(text: str) -> str:
    """An identifier of figures without the zeros at its beginning, which spreadsheets drop; another one as it is."""
    return (text.lstrip("0") or "0") if text.isascii() and text.isdigit() else text


def by_figures(known: Iterable[str]) -> dict[str, str]:
    """The known identifiers of figures by what a spreadsheet leaves of them."""
    return {without_zeros(text): text for text in known if text.isascii() and text.isdigit()}


class KnownIds:
    """Tells unknown application ids, with the nearest known one for the first of them."""

    def __init__(self, sheet: Sheet, known: Known | None) -> None:
        self.sheet = sheet
        self.known = known
        self.with_zeros = by_figures(known or ())
        self.near: dict[str, str] = {}

    def check(self, row: int, text: str) -> bool:
        if not self.sheet.identifier(row, "application_id", text):
            return False
        if self.known is None or text in self.known:
            return True
        if kept := self.with_zeros.get(without_zeros(text), ""):
            self.sheet.refuse(
                row, "application_id", ZEROS_LOST, text, f"{cited(kept)}, écrit pareil dans les deux tableaux"
            )
            return False
        if text not in self.near:
            self.near[text] = nearest(text, self.known) if len(self.near) < NEAREST_SOUGHT else ""
        self.sheet.refuse(
            row, "application_id", "aucune candidature ne porte cet identifiant", text, nearest=self.near[text]
        )
        return False
