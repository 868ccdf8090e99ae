"""The sheets of a workbook as they were saved: values, and what keeps a cell from being read (hidden, merged, without value).

XLSX (also strict OOXML) is parsed by OpenPyXL, whose usual readers tell neither hidden rows nor merged cells while they read
row by row; ODS by `ods_sheets`. What a few bytes may claim is bounded by `Room`.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from aap.core.composed import nfc
from aap.core.problems import BadInput, Problem
from aap.documents.media_types import ODS

MAX_ROWS = 1_048_576  # of a sheet, in every spreadsheet program: a cell that says it lies below lies nowhere
MAX_COLUMNS = 16_384  # likewise
MAX_CELLS = 5_000_000  # of a workbook, the empty ones before the last of each row included: 5,000 rows of 1,000
MAX_UNPACKED_BYTES = 500_000_000  # a workbook is a ZIP: what it may hold once unpacked
ODS_TYPES = (ODS, f"{ODS}-template")
ERROR = re.compile(
    r"#(?:N/A|N/D|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|VALEUR!|NOM ?\?|NOMBRE!|NUL!)|Err:\d{3}"
)
"""What a cell shows where a spreadsheet could not compute it, in English and in French."""

_STRICT = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL = {
    b"spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"drawingml/main": b"http://schemas.openxmlformats.org/drawingml/2006/main",
    b"officeDocument/relationships": b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    b"officeDocument/extendedProperties": b"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
    b"officeDocument/docPropsVTypes": b"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
}
_STRICT_NAME = re.compile(rb"([\"'])" + re.escape(_STRICT) + b"(" + b"|".join(map(re.escape, _TRANSITIONAL)) + b")")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet: its number as the spreadsheet shows it, its values from column A on.

    `formulas`: columns (from 0) that a formula fills; `unstored`: those of them whose value was not saved.
    """

    number: int
    values: Sequence[object]
    hidden: bool = False
    formulas: tuple[int, ...] = ()
    unstored: tuple[int, ...] = ()

    def texts(self) -> list[str]:
        return [nfc(value) if isinstance(value, str) else cell_text(value) for value in self.values]


class TextLine(Line):
    """A row whose values are texts already, in NFC."""

    __slots__ = ()

    def texts(self) -> list[str]:
        return list(self.values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Area:
    """Cells merged into one; rows from 1, columns from 0, ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        return f"{place(self.first_row, self.first_column)}:{place(self.last_row, self.last_column)}"


@dataclass(slots=True)
class SavedSheet:
    """One sheet; `lines` gives its rows that hold something, in order, and fills `merged` on the way."""

    name: str
    visible: bool
    lines: Callable[[], Iterator[Line]]
    merged: list[Area] = field(default_factory=list)


def place(row: int, column: int) -> str:
    """`C12`, for row 12 and column 2."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def cell_text(value: object) -> str:
    """A typed cell as the text that a CSV would hold: 12000.0 is `12000`, a day is `2025-02-28`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value) or value.is_integer():
            return f"{value:.0f}"
        return f"{Decimal(f'{value:.15g}'):f}"  # what a spreadsheet shows: 0.1 + 0.2 is 0.3, not 0.30000000000000004
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return nfc(str(value))


class Room:
    """How much of a workbook is read: a few bytes can claim a cell in row 99,999,999,999, or columns without end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cells = 0

    def take(self, row: int, cells: int) -> None:
        """Raises BadInput where this row is one too many."""
        self.cells += cells
        if row > MAX_ROWS or self.cells > MAX_CELLS or cells > MAX_COLUMNS:
            message = "le classeur a trop de lignes ou de colonnes"
            raise BadInput([Problem(self.name, message, row=min(row, MAX_ROWS + 1))])


def saved_sheets(name: str, content: bytes, allowed: str) -> list[SavedSheet]:
    """The sheets of an XLSX or ODS file in their order, without those that only hold a chart. Raises BadInput.

    `allowed`: what the problem of a file that is neither says of what is accepted.
    """
    with readable(name, allowed):
        kind = _kind_of(name, content, allowed)
        room = Room(name)
        if kind == "ods":
            from aap.documents.tables.ods_sheets import ods_sheets

            sheets = ods_sheets(content, room)
        else:
            sheets = _xlsx_sheets(_without_strict(content), room)
        for sheet in sheets:
            sheet.lines = _guarded(sheet.lines, name, allowed)
        return sheets


def _guarded(lines: Callable[[], Iterator[Line]], name: str, allowed: str) -> Callable[[], Iterator[Line]]:
    def guarded() -> Iterator[Line]:
        with readable(name, allowed):
            yield from lines()

    return guarded


class readable:
    """Turns whatever a damaged workbook makes its parsers raise (any class of error, anywhere) into BadInput."""

    def __init__(self, name: str, allowed: str) -> None:
        self.name, self.allowed = name, allowed

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or not isinstance(error, Exception) or isinstance(error, BadInput | MemoryError):
            return
        found = "un fichier illisible ou protégé par un mot de passe"
        if isinstance(error, zipfile.BadZipFile | EOFError) or type(error).__module__ == "zlib":
            found = "un fichier endommagé"
        raise BadInput([Problem(self.name, "ce n’est pas un classeur XLSX ou ODS", found=found, allowed=self.allowed)])


def _kind_of(name: str, content: bytes, allowed: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        is_ods = "mimetype" in names and archive.read("mimetype")[:100].decode("ascii", "replace").strip() in ODS_TYPES
        if not is_ods and "xl/workbook.xml" not in names:
            found = "une archive ZIP ou un autre document bureautique"
            raise BadInput([Problem(name, "ce n’est pas un classeur XLSX ou ODS", found=found, allowed=allowed)])
        if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise BadInput([Problem(name, "le classeur est trop grand une fois décompressé")])
        for part in parts:
            # A spreadsheet never declares entities; a file that does wants to fill the memory.
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(4096):
                    raise BadInput([Problem(name, "ce n’est pas un classeur XLSX ou ODS", found="une DTD")])
    return "ods" if is_ods else "xlsx"


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _without_strict(content: bytes) -> bytes:
    """The workbook with the names that OpenPyXL knows, where it was saved as « strict Open XML »; else as it is."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if _STRICT not in archive.read("xl/workbook.xml"):
            return content
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for part in archive.infolist():
                written = archive.read(part)
                if part.filename.endswith((".xml", ".rels")):
                    written = _STRICT_NAME.sub(lambda match: match[1] + _TRANSITIONAL[match[2]], written)
                target.writestr(part.filename, written)
    return made.getvalue()


def _xlsx_sheets(content: bytes, room: Room) -> list[SavedSheet]:
    """OpenPyXL loads here: most tables are CSV, and are read in less time than it takes to load."""
    from aap.documents.tables.xlsx_parsing import XlsxSheet, opened_workbook

    sheets = []
    for sheet in opened_workbook(content).worksheets:
        saved = SavedSheet(sheet.title, sheet.sheet_state == "visible", lambda: iter(()))
        saved.lines = _lines_of(XlsxSheet(sheet), saved, room)
        sheets.append(saved)
    return sheets


def _lines_of(source: Any, saved: SavedSheet, room: Room) -> Callable[[], Iterator[Line]]:
    def lines() -> Iterator[Line]:
        yield from source.lines(room)
        saved.merged.extend(source.merged)

    return lines
