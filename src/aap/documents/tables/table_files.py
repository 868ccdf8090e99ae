"""Table files as rows of texts: CSV in the dialects of French and English spreadsheets (`csv_in`), XLSX and ODS (`saved_sheets`).

Of a workbook the first visible sheet is read; typed cells become the text that a CSV would hold. Rows are numbered as a
spreadsheet numbers them: the header is row 1, and a blank row counts.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aap.core.problems import BadInput, Problem, nearest
from aap.documents.tables.csv_in import UTF8_MARK, csv_lines
from aap.documents.tables.saved_sheets import ERROR, MAX_COLUMNS, Area, Line, SavedSheet, place, saved_sheets

MAX_BYTES = 100_000_000
SIGNATURES = (
    (b"%PDF", "un PDF"),
    (b"\xd0\xcf\x11\xe0", "un classeur Excel ancien (.xls)"),
    (b"\x1f\x8b", "un fichier compressé"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
)
ACCEPTED = "CSV (UTF-8, UTF-16 ou Windows-1252), XLSX ou ODS"
MERGED, APART = "ces cellules sont fusionnées", "une valeur dans chaque cellule"
TOTAL = re.compile(r"(?:sous[ -]?)?tota(?:l|ux)(?:[ -](?:général|generale?|des?|du).*)?\W*", re.IGNORECASE)
FIGURE = re.compile(r"[-+−]?[\d \u00a0\u202f.,]*\d(?:[ \u00a0\u202f]?(?:€|EUR|%))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableFile:
    """The bytes of a table and the name that its problems bear."""

    name: str
    content: bytes

    @classmethod
    def at(cls, path: Path) -> TableFile:
        """Read a file. Raises BadInput where there is none, or it is too large."""
        name = path.name
        try:
            if path.is_dir():
                raise BadInput([Problem(name, "c’est un dossier, un fichier est attendu", allowed=ACCEPTED)])
            if path.stat().st_size > MAX_BYTES:
                raise BadInput([_too_large(name, path.stat().st_size)])
            with path.open("rb") as stream:
                return cls(name, stream.read(MAX_BYTES + 1))  # a device has no size: one byte too many is enough
        except FileNotFoundError:
            raise BadInput([Problem(name, "le fichier n’existe pas", found=str(path))]) from None
        except PermissionError:
            raise BadInput([Problem(name, "le fichier ne peut pas être lu (droits insuffisants)")]) from None
        except OSError as error:
            raise BadInput([Problem(name, "le fichier ne peut pas être lu", found=str(error.strerror))]) from None


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A header and the rows below it that hold something, each with its spreadsheet number and one cell a heading."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]
    problems: tuple[Problem, ...] = ()
    read: frozenset[int] = frozenset()

    def column(self, heading: str) -> int | None:
        return self.headings.index(heading) if heading in self.headings else None


def read_table(
    file: TableFile, *, required: Sequence[str], optional: Sequence[str] = (), every_column: bool = False
) -> ReadTable:
    """Read a table whose header names at least the required columns; the first of them names its rows.

    Cells are stripped of surrounding blanks and NFC-normalised; headings that are asked for are known in any case.
    `ReadTable.problems` holds what doesn't stop the reading of other cells: cells beyond the header or without a heading,
    hidden rows, totals (which are left out) and, in the columns that are read (with `every_column` all, else those that
    are named here), merged cells, a spreadsheet's error values and formulas whose value was not saved.

    Raises:
        BadInput: no table at all, or a header that can't be used (column missing or given twice).
    """
    if not file.content.removeprefix(UTF8_MARK).strip():
        raise BadInput([Problem(file.name, "le fichier est vide", allowed=ACCEPTED)])
    if len(file.content) > MAX_BYTES:
        raise BadInput([_too_large(file.name, len(file.content))])
    for signature, kind in SIGNATURES:
        if file.content.startswith(signature):
            raise BadInput([Problem(file.name, "ce n’est pas une table", found=kind, allowed=ACCEPTED)])
    if not file.content.startswith(b"PK\x03\x04"):
        lines = csv_lines(file.name, file.content, (*required, *optional), ACCEPTED)
        return _table(file.name, lines, required, optional, every_column)
    sheet = _first_visible(file)
    table = _table(file.name, sheet.lines(), required, optional, every_column)
    return dataclasses.replace(table, problems=(*table.problems, *_merged(table, sheet.merged)))


def _too_large(name: str, size: int) -> Problem:
    return Problem(
        name,
        "le fichier est trop grand",
        found=f"{size // 1_000_000} Mo" if size > MAX_BYTES + 1 else "davantage",
        allowed=f"{MAX_BYTES // 1_000_000} Mo au plus",
    )


def _table(
    name: str, lines: Iterator[Line], required: Sequence[str], optional: Sequence[str], every_column: bool
) -> ReadTable:
    first = next(lines, Line(1, ()))
    header = [cell.strip() for cell in first.texts()] if first.number == 1 else []
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        allowed = f"{MAX_COLUMNS} au plus"
        raise BadInput([Problem(name, "trop de colonnes", row=1, found=str(len(header)), allowed=allowed)])
    header = _in_any_case(header, (*required, *optional))
    _check_header(name, header, required, optional)
    width = len(header)
    read = {at for at, heading in enumerate(header) if heading and (every_column or heading in (*required, *optional))}
    key = header.index(required[0]) if required else 0
    unnamed = [index for index, heading in enumerate(header) if not heading]
    rows: list[tuple[int, list[str]]] = []
    problems: list[Problem] = [_hidden(name, first)] if first.hidden else []
    for line in lines:
        number = line.number
        cells = [_clean(cell) for cell in line.texts()]
        if len(cells) != width:
            if any(cells[width:]):
                extra = next(cell for cell in cells[width:] if cell)
                message = "cette ligne a plus de cellules que l’en-tête de colonnes"
                allowed = f"{width} cellules"
                problems.append(Problem(name, message, row=number, found=extra, allowed=allowed))
            cells = cells[:width] + [""] * (width - len(cells))
        if not any(cells) and not line.unstored:
            continue
        if _is_total(cells, key):
            message = "cette ligne a l’air d’un total, pas d’une ligne du tableau"
            found = next(cell for cell in cells if cell)
            problems.append(Problem(name, message, row=number, found=found, allowed="un tableau sans ligne de total"))
            continue
        if line.hidden:
            problems.append(_hidden(name, line))
        for index in unnamed:
            if cells[index]:
                message = f"cette cellule est dans une colonne sans nom (la {index + 1}ᵉ)"
                problems.append(Problem(name, message, row=number, found=cells[index]))
        if line.unstored or _may_show_errors(cells):
            problems += _not_computed(name, line, header, cells, read)
        rows.append((number, cells))
    return ReadTable(name, tuple(header), tuple(rows), tuple(problems), frozenset(read))


def _hidden(name: str, line: Line) -> Problem:
    allowed = "une ligne affichée, ou supprimée si elle ne compte pas"
    cells = f"{place(line.number, 0)}:{place(line.number, max(len(line.values) - 1, 0))}"
    return Problem(name, "cette ligne est masquée", row=line.number, allowed=allowed, cell=cells)


def _is_total(cells: Sequence[str], key: int) -> bool:
    """Whether a row adds up those above it: it says so where it has no name, or holds only figures."""
    if cells[key]:
        return TOTAL.fullmatch(cells[key]) is not None
    others = [cell for cell in cells if cell]
    return any(TOTAL.fullmatch(cell) for cell in others) or all(FIGURE.fullmatch(cell) for cell in others)


def _may_show_errors(cells: Sequence[str]) -> bool:
    """A quick look at a row, for tables of a hundred thousand."""
    row = "\n".join(cells)
    return "#" in row or "Err:" in row


def _not_computed(
    name: str, line: Line, header: Sequence[str], cells: Sequence[str], read: Collection[int]
) -> Iterator[Problem]:
    """The cells of the columns that are read in which a spreadsheet shows an error, or whose formula has no value."""
    for at, cell in enumerate(cells):
        if cell[:1] in ("#", "E") and at in read and ERROR.fullmatch(cell):
            message = "le tableur affiche une erreur dans cette cellule"
            where = place(line.number, at)
            yield Problem(name, message, row=line.number, heading=header[at], found=cell, cell=where)
    for at in line.unstored:
        if at in read:
            message = "le résultat de cette formule n’est pas enregistré"
            allowed = "un classeur ouvert puis enregistré dans un tableur, ou la valeur elle-même"
            where = place(line.number, at)
            yield Problem(name, message, row=line.number, heading=header[at], allowed=allowed, cell=where)


def _merged(table: ReadTable, areas: Sequence[Area]) -> Iterator[Problem]:
    """Merged cells of the columns that are read: only the first of them has the value that a person sees in all."""
    last = table.rows[-1][0] if table.rows else 1
    for area in sorted(areas, key=lambda one: (one.first_row, one.first_column)):
        covered = range(area.first_column, area.last_column + 1)
        at = next((column for column in covered if column in table.read), None)
        if at is not None and area.first_row <= last:
            heading = table.headings[at]
            yield Problem(table.name, MERGED, row=area.first_row, heading=heading, allowed=APART, cell=str(area))


def _in_any_case(header: Sequence[str], expected: Sequence[str]) -> list[str]:
    """The header, where `Association` names the expected column `association`: unless a column bears that very name."""
    names = {name.casefold(): name for name in expected if name not in header}
    folded = [heading.casefold() for heading in header]
    times = Counter(folded)
    return [
        names.get(low, heading) if times[low] == 1 else heading for heading, low in zip(header, folded, strict=True)
    ]


def _clean(cell: str) -> str:
    """A cell without surrounding blanks; a line end in it is a line feed."""
    return (cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell).strip()


def _check_header(name: str, header: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> None:
    problems = []
    named = [heading for heading in header if heading]
    spare = [heading for heading in named if heading not in required and heading not in optional]
    for heading in sorted(heading for heading, times in Counter(named).items() if times > 1):
        problems.append(Problem(name, "colonne donnée deux fois", row=1, heading=heading))
    for heading in required:
        if heading not in named:
            problems.append(
                Problem(name, "colonne absente", row=1, heading=heading, nearest=nearest(heading, spare)),
            )
    if problems:
        raise BadInput(problems)


# --- workbooks --------------------------------------------------------------------------------------------------------


def workbook_sheets(file: TableFile, filled: str = "") -> dict[str, list[list[str]]]:
    """Every sheet of a workbook by its name, as rows of texts from the first row on.

    `filled`: the sheet that a person filled in, whose rows go by their first cell. Raises BadInput, also where cells of that
    one are merged, show a spreadsheet's error or hold a formula whose value was not saved.
    """
    found: dict[str, list[list[str]]] = {}
    problems: list[Problem] = []
    for sheet in saved_sheets(file.name, file.content, "le classeur rempli"):
        rows: list[list[str]] = []
        for line in sheet.lines():
            rows.extend([] for _ in range(len(rows) + 1, line.number))
            rows.append(line.texts())
            if sheet.name == filled:
                header = [""] * len(rows[-1])
                problems += _not_computed(file.name, line, header, rows[-1], range(len(rows[-1])))
        found[sheet.name] = rows
        if sheet.name == filled:
            problems += (
                Problem(file.name, MERGED, row=area.first_row, allowed=APART, cell=str(area)) for area in sheet.merged
            )
    if problems:
        raise BadInput(dataclasses.replace(one, key=_name_of(found[filled], one.row)) for one in problems)
    return found


def _name_of(rows: Sequence[Sequence[str]], number: int | None) -> str:
    """The first cell of a row, which says what it is about."""
    return next(iter(rows[number - 1]), "").strip() if number and 1 < number <= len(rows) else ""


def _first_visible(file: TableFile) -> SavedSheet:
    """What a person sees who opens the workbook at its beginning."""
    sheets = saved_sheets(file.name, file.content, ACCEPTED)
    for sheet in sheets:
        if sheet.visible:
            return sheet
    if not sheets:
        raise BadInput([Problem(file.name, "le fichier est vide", allowed=ACCEPTED)])
    raise BadInput([Problem(file.name, "le classeur n’a aucune feuille visible", allowed="une feuille affichée")])
