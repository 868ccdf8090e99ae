"""A reviewer's workbook for marking without a connection: written, then read back with what is wrong cell by cell.

Sheet « Évaluations »: a row a dossier; for each criterion a mark (from a list of those allowed) and a comment; the
general comment; whether to submit. Only these cells are unlocked. Sheet « Grille »: the rubric. The very hidden sheet
« aap » carries what the workbook was made from, row by row.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from aap.core.call.criterion_words import counts_for
from aap.core.call.schema import Rubric
from aap.core.french import NBSP, plain, spaced
from aap.core.problems import BadInput, Problem
from aap.core.scoring.marking import grid, mark_text, title_of
from aap.documents.tables.cells import Refused, yes
from aap.documents.tables.table_files import SIGNATURES, TableFile, workbook_sheets
from aap.documents.tables.workbooks import LONGEST_TEXT, describe

SHEET = "Évaluations"
_HELP = (
    "Remplissez la feuille « Évaluations » : une ligne par dossier. Seules les cellules encadrées se modifient.",
    "Écrivez « oui » dans la colonne « Soumettre » pour soumettre l’évaluation ; vide ou « non », elle reste un brouillon.",
    "Enregistrez au format XLSX ou ODS, puis déposez ce classeur à la page « Évaluer hors ligne ». S’il contient une erreur, "
    "rien n’est pris, et chaque erreur vous est montrée avec sa cellule.",
)
_SHARED = "Vos commentaires et votre avis général seront transmis à l’association avec sa décision, sans votre nom."
HIDDEN = "aap"
FORMAT = "aap-evaluations-1"
FIRST_ROW = 1  # of the dossiers, from 0
LEADING = 2  # columns before the marks: number, project

_TICKS = {"x", "o", "y", "ok", "✓", "✔", "☑"}
_NO_TICKS = {"", "n", "-", "–"}


@dataclass(frozen=True, slots=True)
class OfflineRow:
    """One dossier: marks as decimal texts, comments, by criterion. `version`: of the review it comes from."""

    reference: str
    title: str = ""
    version: int = 0
    marks: Mapping[str, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    general: str = ""
    submit: bool = False

    def digest(self) -> str:
        """What tells whether a row was changed since it was written."""
        content = [
            {key: mark_text(Decimal(value)) for key, value in self.marks.items() if value},
            {key: value.strip() for key, value in self.comments.items() if value.strip()},
            self.general.strip(),
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class OfflineBook:
    """A workbook to write. `who`: the reviewer's code; `rubric_hash`: of the grid it is made for; `comments_shared`: its
    comments are for the associations, too."""

    call_id: str
    call_title: str
    who: str
    rubric: Rubric
    rubric_hash: str
    rows: tuple[OfflineRow, ...]
    last_day: date | None = None
    comments_shared: bool = False


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row read back. `changed`: since it was written; `cells`: field (`marks.<criterion>`…) → cell, as `Évaluations!C2`.

    `unread`: what stands in « Soumettre » and is neither a yes nor a no: the row is neither a draft nor submitted.
    """

    row: OfflineRow
    changed: bool
    cells: Mapping[str, str]
    unread: str = ""

    def found(self, field: str) -> str:
        """What the cell of a field holds."""
        part, _, criterion = field.partition(".")
        texts = {"marks": self.row.marks, "comments": self.row.comments}.get(part, {})
        whole = {"general": self.row.general, "reference": self.row.reference, "submit": self.unread}
        return texts.get(criterion, "") or whole.get(field, "")


@dataclass(frozen=True, slots=True)
class ReadBook:
    """A workbook that came back, before anything is checked against the call."""

    call_id: str
    who: str
    rubric_hash: str
    rows: tuple[ReadRow, ...]


def headings(rubric: Rubric) -> list[str]:
    """The columns of the sheet, in order."""
    marks = [
        text
        for criterion in rubric.criteria
        for text in (f"{title_of(criterion)}{NBSP}: note", f"{title_of(criterion)}{NBSP}: commentaire")
    ]
    return ["Numéro", "Projet", *marks, "Avis général", "Soumettre"]


# --- writing ----------------------------------------------------------------------------------------------------------


def offline_workbook(book: OfflineBook) -> bytes:
    """The workbook; the same values give the same bytes."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(
        out,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    describe(made, f"Évaluations – {book.call_title}")
    look = {
        "head": made.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EDF5", "bottom": 1}),
        "fixed": made.add_format({"text_wrap": True, "valign": "top", "bg_color": "#F4F6FA", "num_format": "@"}),
        "mark": made.add_format({"valign": "top", "locked": False, "border": 1, "border_color": "#8D97A8"}),
        "text": made.add_format(
            {"valign": "top", "text_wrap": True, "locked": False, "num_format": "@", "border": 1,
             "border_color": "#8D97A8"}
        ),
        "plain": made.add_format({"text_wrap": True, "valign": "top"}),
    }  # fmt: skip
    evaluations = made.add_worksheet(SHEET)
    _rubric_sheet(made.add_worksheet("Grille"), book.rubric, look)
    _help_sheet(made.add_worksheet("Mode d’emploi"), book, look)
    hidden = made.add_worksheet(HIDDEN)
    lists = _hidden_sheet(hidden, book)
    _evaluations_sheet(evaluations, book, look, lists)
    evaluations.activate()
    made.close()
    return out.getvalue()


def _evaluations_sheet(
    sheet: Worksheet, book: OfflineBook, look: Mapping[str, Format], lists: Mapping[str, str]
) -> None:
    names = headings(book.rubric)
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, look["head"])
    sheet.set_row(0, 48)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 34)
    last = max(len(book.rows), 1)
    for position, criterion in enumerate(book.rubric.criteria):
        mark = LEADING + 2 * position
        sheet.set_column(mark, mark, 9)
        sheet.set_column(mark + 1, mark + 1, 44)
        scale = book.rubric.scale_of(criterion)
        low, high, step = plain(scale.min), plain(scale.max), plain(scale.step)
        sheet.data_validation(
            FIRST_ROW, mark, last, mark,
            {
                "validate": "list", "source": lists[criterion.id], "error_title": "Note hors de l’échelle",
                "error_message": f"Une note de {low} à {high}, de {step} en {step}.",
            },
        )  # fmt: skip
    sheet.set_column(len(names) - 2, len(names) - 2, 44)
    sheet.set_column(len(names) - 1, len(names) - 1, 11)
    sheet.data_validation(
        FIRST_ROW, len(names) - 1, last, len(names) - 1, {"validate": "list", "source": ["oui", "non"]}
    )
    for place, row in enumerate(book.rows, FIRST_ROW):
        sheet.write_string(place, 0, row.reference, look["fixed"])
        sheet.write_string(place, 1, row.title[:LONGEST_TEXT], look["fixed"])
        for position, criterion in enumerate(book.rubric.criteria):
            mark, value = LEADING + 2 * position, row.marks.get(criterion.id, "")
            if value:
                sheet.write_number(place, mark, float(Decimal(value)), look["mark"])
            else:
                sheet.write_blank(place, mark, None, look["mark"])
            _text(sheet, place, mark + 1, row.comments.get(criterion.id, ""), look["text"])
        _text(sheet, place, len(names) - 2, row.general, look["text"])
        _text(sheet, place, len(names) - 1, "oui" if row.submit else "", look["text"])
    sheet.freeze_panes(FIRST_ROW, LEADING)
    sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _text(sheet: Worksheet, row: int, column: int, text: str, look: Format) -> None:
    if text:
        sheet.write_string(row, column, text[:LONGEST_TEXT], look)
    else:
        sheet.write_blank(row, column, None, look)


def _rubric_sheet(sheet: Worksheet, rubric: Rubric, look: Mapping[str, Format]) -> None:
    for column, (name, width) in enumerate(
        (("Critère", 28), ("Question", 50), ("Poids", 8), ("Échelle", 18), ("Niveaux", 60), ("Commentaire", 26))
    ):
        sheet.write_string(0, column, name, look["head"])
        sheet.set_column(column, column, width)
    for row, criterion in enumerate(rubric.criteria, 1):
        scale = rubric.scale_of(criterion)
        levels = "\n".join(f"{plain(mark)}{NBSP}: {spaced(text)}" for mark, text in sorted(criterion.levels.items()))
        kind, _, limit = criterion.comment.partition(":")
        asked = {"always": "toujours demandé", "below": f"demandé sous {limit.replace('.', ',')}"}.get(
            kind, "facultatif"
        )
        cells = (
            title_of(criterion), spaced(criterion.question or ""), counts_for(criterion, rubric),
            f"de {plain(scale.min)} à {plain(scale.max)}, de {plain(scale.step)} en {plain(scale.step)}", levels, asked,
        )  # fmt: skip
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, look["plain"])
    sheet.freeze_panes(1, 1)
    sheet.protect("")


def _help_sheet(sheet: Worksheet, book: OfflineBook, look: Mapping[str, Format]) -> None:
    sheet.set_column(0, 0, 100)
    lines = (
        f"Évaluations hors ligne – {spaced(book.call_title)}",
        f"Évaluateur{NBSP}: {book.who}",
        *_HELP,
        *([_SHARED] if book.comments_shared else []),
        *([f"Dernier jour{NBSP}: {book.last_day:%d/%m/%Y}."] if book.last_day else []),
    )
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, look["head" if row == 0 else "plain"])
    sheet.protect("")


def _hidden_sheet(sheet: Worksheet, book: OfflineBook) -> dict[str, str]:
    """Writes what the workbook was made from, and the lists of marks; gives each criterion's list as a range."""
    for row, value in enumerate((FORMAT, book.call_id, book.who, book.rubric_hash)):
        sheet.write_string(row, 0, value)
    for row, line in enumerate(book.rows):
        sheet.write_string(row, 1, line.reference)
        sheet.write_number(row, 2, line.version)
        sheet.write_string(row, 3, line.digest())
    ranges = {}
    for position, criterion in enumerate(book.rubric.criteria):
        column = 4 + position
        marks = grid(book.rubric.scale_of(criterion))
        for row, mark in enumerate(marks):
            sheet.write_number(row, column, float(mark))
        name = xl_col_to_name(column, col_abs=True)
        ranges[criterion.id] = f"={HIDDEN}!{name}$1:{name}${len(marks)}"
    sheet.very_hidden()
    sheet.protect("")
    return ranges


# --- reading ----------------------------------------------------------------------------------------------------------


def read_offline_workbook(name: str, content: bytes, rubric: Rubric) -> ReadBook:
    """A workbook that came back: its rows as they were typed, marks not yet checked.

    Raises BadInput where it isn't one of ours, its columns were moved, or a dossier stands there twice. XLSX and ODS keep
    the sheet that says what each row was made from; a CSV doesn't, and says so.
    """
    if not content.startswith(b"PK\x03\x04"):
        kinds = (kind for signature, kind in SIGNATURES if content.startswith(signature))
        kind = next(kinds, "un fichier CSV, ou d’un autre genre" if content.strip() else "un fichier vide")
        allowed = (
            "ce classeur, enregistré en XLSX ou en ODS (un CSV ne garde pas ce qui relie les lignes à vos évaluations)"
        )
        raise BadInput([Problem(name, "ce n’est pas un classeur", found=kind, allowed=allowed)])
    sheets = workbook_sheets(TableFile(name, content), SHEET)
    if SHEET not in sheets or HIDDEN not in sheets or len(sheets[HIDDEN]) < 4 or sheets[HIDDEN][0][:1] != [FORMAT]:
        problem = Problem(name, "ce n'est pas le classeur d'évaluation téléchargé ici", allowed="ce classeur, rempli")
        raise BadInput([problem])
    made_from, lines = sheets[HIDDEN], sheets[SHEET]
    names = headings(rubric)
    found = [cell.strip() for cell in (lines[0] if lines else [])][: len(names)]
    if found != names:
        wrong = next((place for place, name_ in enumerate(names) if found[place : place + 1] != [name_]), 0)
        cell = f"{SHEET}!{xl_rowcol_to_cell(0, wrong)}"
        message = f"la cellule {cell} n'a plus son intitulé : les colonnes ont changé, ou la grille de l'appel"
        raise BadInput([Problem(name, message, allowed=names[wrong])])
    origin = {row[1]: (row[2], row[3]) for row in made_from if len(row) > 3 and row[1]}
    rows: list[ReadRow] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for place, line in enumerate(lines[FIRST_ROW:], FIRST_ROW):
        cells = [*line, *[""] * len(names)][: len(names)]
        reference = cells[0].strip()
        own = f"{SHEET}!{xl_rowcol_to_cell(place, 0)}"
        if not reference:
            if any(cell.strip() for cell in cells[LEADING:]):
                problems.append(Problem(name, f"cellule {own} : le numéro du dossier manque"))
            continue
        if reference in places:
            message = f"cellule {own} : ce dossier est déjà dans la cellule {places[reference]}"
            problems.append(Problem(name, message, found=reference))
            continue
        places[reference] = own
        rows.append(_read_row(reference, place, cells, rubric, origin.get(reference, ("", ""))))
    if problems:
        raise BadInput(problems)
    call_id, who, rubric_hash = (row[0] for row in made_from[1:4])
    return ReadBook(call_id, who, rubric_hash, tuple(rows))


def _read_row(reference: str, place: int, cells: Sequence[str], rubric: Rubric, origin: tuple[str, str]) -> ReadRow:
    marks, comments, where = {}, {}, {"reference": f"{SHEET}!{xl_rowcol_to_cell(place, 0)}"}
    for position, criterion in enumerate(rubric.criteria):
        column = LEADING + 2 * position
        marks[criterion.id], comments[criterion.id] = cells[column].strip(), cells[column + 1].strip()
        where[f"marks.{criterion.id}"] = f"{SHEET}!{xl_rowcol_to_cell(place, column)}"
        where[f"comments.{criterion.id}"] = f"{SHEET}!{xl_rowcol_to_cell(place, column + 1)}"
    last = LEADING + 2 * len(rubric.criteria)
    where["general"] = f"{SHEET}!{xl_rowcol_to_cell(place, last)}"
    where["submit"] = f"{SHEET}!{xl_rowcol_to_cell(place, last + 1)}"
    version = int(origin[0]) if origin[0].isdigit() else 0
    answer = cells[last + 1].strip()
    submit = _submits(answer)
    row = OfflineRow(
        reference=reference,
        title=cells[1],
        version=version,
        marks=marks,
        comments=comments,
        general=cells[last].strip(),
        submit=submit is True,
    )
    return ReadRow(row, row.submit or _digest(row) != origin[1], where, "" if submit is not None else answer)


def _submits(answer: str) -> bool | None:
    """Whether a row is to be submitted, as people tick a column: yes and no in words, `x`, `o`, `n`; None: neither."""
    word = answer.casefold()
    if word in _TICKS | _NO_TICKS:
        return word in _TICKS
    try:
        return yes(word)
    except Refused:
        return None


def _digest(row: OfflineRow) -> str:
    try:
        return row.digest()
    except ArithmeticError:
        return ""  # a mark that is no number: it was changed
