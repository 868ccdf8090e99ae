"""Table files as rows of texts: CSV in the dialects of French and English spreadsheets, and XLSX.

Separator `,` or `;` (told from the header row), UTF-8 with or without BOM or Windows-1252, quoted cells that span
lines. Typed cells of an XLSX become the text that a CSV would hold. Rows are numbered as a spreadsheet numbers them:
the header is row 1, and a blank row counts.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from aap.core.composed import MOST_MARKS, nfc, piled_marks
from aap.core.problems import BadInput, Problem, nearest

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 500_000_000  # an XLSX is a ZIP: what it may hold once unpacked

MAX_ROWS = 1_048_576  # of a sheet, in every spreadsheet program: a cell that says it lies below lies nowhere
MAX_COLUMNS = 16_384  # likewise
MAX_CELLS = 5_000_000  # of a workbook, the empty ones before the last of each row included: 5,000 rows of 1,000
UTF8_MARK = b"\xef\xbb\xbf"
SIGNATURES = (
    (b"%PDF", "un PDF"),
    (b"\xd0\xcf\x11\xe0", "un classeur Excel ancien (.xls)"),
    (b"\x1f\x8b", "un fichier compressé"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
)
ACCEPTED = "CSV (UTF-8 ou Windows-1252) ou XLSX"
SPREADSHEET_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}


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

    def column(self, heading: str) -> int | None:
        return self.headings.index(heading) if heading in self.headings else None


def read_table(file: TableFile, *, required: Sequence[str], optional: Sequence[str] = ()) -> ReadTable:
    """Read a table whose header names at least the required columns.

    Cells are stripped of surrounding blanks and NFC-normalised; headings that are asked for are known in any case.
    `Table.problems` holds what doesn't stop the reading of other cells: cells beyond the header, cells without a heading,
    a spreadsheet's error values.

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
    is_archive = file.content.startswith(b"PK\x03\x04")
    lines = _xlsx_lines(file) if is_archive else _csv_lines(file, (*required, *optional))
    return _table(file.name, lines, required, optional)


def _too_large(name: str, size: int) -> Problem:
    return Problem(
        name,
        "le fichier est trop grand",
        found=f"{size // 1_000_000} Mo" if size > MAX_BYTES + 1 else "davantage",
        allowed=f"{MAX_BYTES // 1_000_000} Mo au plus",
    )


def _table(name: str, lines: Iterator[Sequence[str]], required: Sequence[str], optional: Sequence[str]) -> ReadTable:
    header = [cell.strip() for cell in next(lines, [])]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        allowed = f"{MAX_COLUMNS} au plus"
        raise BadInput([Problem(name, "trop de colonnes", row=1, found=str(len(header)), allowed=allowed)])
    header = _in_any_case(header, (*required, *optional))
    _check_header(name, header, required, optional)
    width = len(header)
    unnamed = [index for index, heading in enumerate(header) if not heading]
    rows: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=2):
        cells = [_clean(cell) for cell in line]
        if len(cells) != width:
            if any(cells[width:]):
                extra = next(cell for cell in cells[width:] if cell)
                message = "cette ligne a plus de cellules que l’en-tête de colonnes"
                allowed = f"{width} cellules"
                problems.append(Problem(name, message, row=number, found=extra, allowed=allowed))
            cells = cells[:width] + [""] * (width - len(cells))
        if not any(cells):
            continue
        for index in unnamed:
            if cells[index]:
                message = f"cette cellule est dans une colonne sans nom (la {index + 1}ᵉ)"
                problems.append(Problem(name, message, row=number, found=cells[index]))
        rows.append((number, cells))
    return ReadTable(name, tuple(header), tuple(rows), tuple(problems))


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
    if len(problems) == len(required) and any("\t" in heading for heading in named[:1]):
        found = "des tabulations"
        problems = [
            Problem(name, "séparateur inattendu", row=1, found=found, allowed="une virgule ou un point-virgule")
        ]
    if problems:
        raise BadInput(problems)


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv_lines(file: TableFile, expected: Sequence[str]) -> Iterator[Sequence[str]]:
    text = _decoded(file)
    delimiter = _delimiter(text, expected)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for line in reader:
            number += 1
            yield line
    except csv.Error as error:
        said = str(error)
        if "field larger" in said:
            message = "cette cellule est trop longue (un guillemet n’est peut-être pas refermé)"
        elif "unexpected end" in said:
            message = "un guillemet n’est pas refermé"
        else:
            message = "un guillemet est mal placé (doublez les guillemets à l’intérieur d’une cellule)"
        raise BadInput([Problem(file.name, message, row=number + 1)]) from None


def _decoded(file: TableFile) -> str:
    content = file.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput([Problem(file.name, "encodage non accepté", found="UTF-16", allowed=ACCEPTED)])
    if b"\x00" in content:
        raise BadInput([Problem(file.name, "ce n’est pas une table", found="un fichier binaire", allowed=ACCEPTED)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as damage:
        if content.startswith(UTF8_MARK) or _means_utf8(content):
            raise _not_decodable(file, damage.start, "le fichier est en UTF-8, mais pas ici") from None
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise _not_decodable(file, error.start, "encodage non accepté") from None
    piled = piled_marks(text)
    if piled is not None:
        row, allowed = text.count("\n", 0, piled) + 1, f"{MOST_MARKS} au plus"
        raise BadInput([Problem(file.name, "trop d’accents sur une même lettre", row=row, allowed=allowed)])
    return nfc(text)


def _means_utf8(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 were meant to be: they hold letters of UTF-8, and not fewer than bytes that don't fit.

    Letters are those of European languages and their punctuation: `é` and a no-break space before `»` in Windows-1252
    happen to be UTF-8 too, but of a Chinese character.
    """
    text = content.decode("utf-8", "replace")
    letters = sum("\u00a0" <= c <= "\u017f" or "\u2010" <= c <= "\u20bf" for c in text)
    return letters > 0 and letters >= text.count("\ufffd")


def _not_decodable(file: TableFile, at: int, message: str) -> BadInput:
    at += len(UTF8_MARK) if file.content.startswith(UTF8_MARK) else 0  # the codec doesn't count the mark
    row = file.content[:at].count(b"\n") + 1
    found = f"octet 0x{file.content[at]:02X}"
    return BadInput([Problem(file.name, message, row=row, found=found, allowed=ACCEPTED)])


def _delimiter(text: str, expected: Sequence[str]) -> str:
    """The separator with which the header names most of the expected columns, in any case; `,` on equality."""
    names = {name.casefold() for name in expected}

    def recognised(delimiter: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(cell.strip().casefold() in names for cell in header), len(header)

    return max(",;", key=recognised)


# --- XLSX -------------------------------------------------------------------------------------------------------------


def workbook_sheets(file: TableFile) -> dict[str, list[list[str]]]:
    """Every sheet of a workbook by its name, as rows of texts from the first row on. Raises BadInput."""
    _check_archive(file)
    try:
        workbook = _workbook(file)
        found, room = {}, _Room()
        for sheet in workbook.worksheets:
            sheet.reset_dimensions()
            lines = room.within(file.name, sheet.iter_rows(values_only=True))
            found[sheet.title] = [[nfc(c) if isinstance(c, str) else cell_text(c) for c in line] for line in lines]
    except BadInput:
        raise
    except Exception as error:
        # A damaged workbook makes openpyxl fail anywhere, with any class of error.
        if isinstance(error, (MemoryError, RecursionError)):
            raise
        found_words = "un fichier illisible ou protégé par un mot de passe"
        problem = Problem(file.name, "ce n’est pas un classeur XLSX", found=found_words, allowed="le classeur rempli")
        raise BadInput([problem]) from None
    else:
        return found


def _xlsx_lines(file: TableFile) -> Iterator[Sequence[str]]:
    """The first sheet's rows. Formulas give the value that the spreadsheet last computed."""
    _check_archive(file)
    try:
        workbook = _workbook(file)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # some writers state dimensions that cut the sheet
        for line in _Room().within(file.name, sheet.iter_rows(values_only=True)):
            yield [nfc(cell) if isinstance(cell, str) else cell_text(cell) for cell in line]
    except BadInput:
        raise
    except Exception as error:
        # A damaged workbook makes openpyxl fail anywhere, with any class of error.
        if isinstance(error, (MemoryError, RecursionError)):
            raise
        found = "un fichier illisible ou protégé par un mot de passe"
        raise BadInput([Problem(file.name, "ce n’est pas un classeur XLSX", found=found, allowed=ACCEPTED)]) from None


class _Room:
    """How much of a workbook is read: a few bytes can claim a cell in row 99,999,999,999, or columns without end."""

    def __init__(self) -> None:
        self.cells = 0

    def within(self, name: str, lines: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
        for number, line in enumerate(lines, start=1):
            self.cells += len(line)
            if number > MAX_ROWS or self.cells > MAX_CELLS:
                raise BadInput([Problem(name, "le classeur a trop de lignes ou de colonnes", row=number)])
            yield line


def _workbook(file: TableFile) -> Workbook:
    """OpenPyXL loads here: most tables are CSV, and are read in less time than it takes to load."""
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)


def _check_archive(file: TableFile) -> None:
    try:
        _look_into(file)
    except BadInput:
        raise
    except Exception as error:
        # A damaged archive makes zipfile and zlib fail anywhere, with any class of error.
        if isinstance(error, MemoryError):
            raise
        found = "un fichier endommagé"
        raise BadInput([Problem(file.name, "ce n’est pas un classeur XLSX", found=found, allowed=ACCEPTED)]) from None


def _look_into(file: TableFile) -> None:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            found = "une archive ZIP ou un autre document bureautique"
            raise BadInput([Problem(file.name, "ce n’est pas un classeur XLSX", found=found, allowed=ACCEPTED)])
        if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise BadInput([Problem(file.name, "le classeur est trop grand une fois décompressé")])
        for part in parts:
            # A spreadsheet never declares entities; a file that does wants to fill the memory.
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(4096):
                    raise BadInput([Problem(file.name, "ce n’est pas un classeur XLSX", found="une DTD")])


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
