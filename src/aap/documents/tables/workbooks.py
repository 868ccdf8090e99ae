"""Workbooks (.xlsx) for people: typed columns, frozen header, filters, number formats, nothing taken for a formula.

Text is always written as text, so a name that begins with `=` or an address stays what was typed. The creation date is
fixed: the same values give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from aap.core.results import LOT_COLUMN, ResultRow, ReviewerRow, Status, have_lots
from aap.core.scoring.calibration_notices import erratic_reviewers

Kind = Literal["text", "long_text", "whole", "score", "probability", "money"]
CellValue = str | int | Decimal | None
Row = TypeVar("Row")

# Excel's own date system starts in 1900 and a workbook must bear a date: one that no one takes for the run's.
FIXED_DATE = datetime(2000, 1, 1, tzinfo=UTC)
AUTHOR = "Appels à projets"
LONGEST_TEXT = 32_767  # characters that a cell of Excel holds

STATUS_FRENCH: dict[Status, str] = {
    "laureate": "lauréat",
    "waiting_list": "liste d’attente",
    "not_selected": "non retenu",
    "below_threshold": "sous le seuil",
    "ineligible": "irrecevable",
    "incomplete": "évaluations incomplètes",
    "withdrawn": "retiré",
}

_NUMBER_FORMATS: dict[Kind, str] = {
    "text": "@",
    "long_text": "@",
    "whole": "#,##0",
    "score": "0.0000",
    "probability": "0.0%",
    "money": "#,##0.00\u00a0€",
}
_WIDTHS: dict[Kind, float] = {
    "text": 18, "long_text": 70, "whole": 10, "score": 12, "probability": 13, "money": 18,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetColumn(Generic[Row]):
    """A column: its heading, what its cells hold, and how to find a row's value (money in cents)."""

    heading: str
    kind: Kind
    value: Callable[[Row], CellValue]
    width: float | None = None


@dataclass(frozen=True, slots=True)
class SheetOf(Generic[Row]):
    """One sheet: its name, its columns, its rows."""

    name: str
    columns: Sequence[SheetColumn[Row]]
    rows: Sequence[Row]


def workbook_bytes(title: str, columns: Sequence[SheetColumn[Row]], rows: Sequence[Row], *, sheet: str) -> bytes:
    """A workbook of one sheet. `title` goes to the document's properties and the page header."""
    return workbook_of(title, [SheetOf(sheet, columns, rows)])


def describe(book: xlsxwriter.Workbook, title: str, author: str = "") -> None:
    """What a workbook says of itself: its title, whose it is (the service of the calls, where no authority is named), and that
    it is in French. Its date is fixed: the same values give the same bytes.
    """
    book.set_properties({"title": title, "author": author or AUTHOR, "created": FIXED_DATE, "comments": ""})
    book.set_custom_property("Language", "fr-FR")


def workbook_of(title: str, sheets: Sequence[SheetOf[Any]], author: str = "") -> bytes:
    """A workbook of several sheets; it opens on the first."""
    out = io.BytesIO()
    # in_memory: nothing is written beside the result; the strings_to_… options keep text as text
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    describe(book, title, author)
    heading_format = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EDF5", "bottom": 1, "font_name": "Arial"}
    )
    formats = {kind: _format(book, kind) for kind in _NUMBER_FORMATS}
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name), sheet, heading_format, formats)
    book.close()
    return out.getvalue()


def _write_sheet(made: Worksheet, sheet: SheetOf[Any], heading_format: Format, formats: Mapping[Kind, Format]) -> None:
    columns, rows = sheet.columns, sheet.rows
    for index, column in enumerate(columns):
        made.set_column(index, index, column.width or _WIDTHS[column.kind])
        made.write_string(0, index, column.heading, heading_format)
        for line, row in enumerate(rows, start=1):
            _write(made, (line, index), column.kind, column.value(row), formats[column.kind])
    made.freeze_panes(1, 0)
    if columns:
        made.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    made.repeat_rows(0)
    made.set_landscape()
    made.set_paper(9)
    made.fit_to_pages(1, 0)
    made.set_footer("&L&A&R&P / &N")


def _format(book: xlsxwriter.Workbook, kind: Kind) -> Format:
    properties: dict[str, Any] = {"num_format": _NUMBER_FORMATS[kind], "valign": "top", "font_name": "Arial"}
    if kind == "long_text":
        properties["text_wrap"] = True
    return book.add_format(properties)


def _write(sheet: Worksheet, place: tuple[int, int], kind: Kind, value: CellValue, cell_format: Format) -> None:
    line, index = place
    if value is None:
        sheet.write_blank(line, index, None, cell_format)
    elif isinstance(value, str):
        text = value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
        sheet.write_string(line, index, text, cell_format)
    else:
        shown = Decimal(value) / 100 if kind == "money" else value
        sheet.write_number(line, index, float(shown), cell_format)


def ranking_file(
    rows: Sequence[ResultRow],
    criteria: Sequence[tuple[str, str]],
    title: str,
    reviewers: Sequence[ReviewerRow] = (),
    author: str = "",
) -> bytes:
    """`ranking.xlsx`: the columns, names and codes of `ranking.csv` as typed cells, then the same for people, then how
    the reviewers mark, where there are any."""
    columns: list[SheetColumn[ResultRow]] = [
        SheetColumn(name, kind, _told(name), width) for name, (kind, width) in _RANKING_KINDS.items()
    ]
    if have_lots(rows):
        columns.append(SheetColumn(LOT_COLUMN, "text", lambda row: row.lot))
    columns += [SheetColumn(f"mark_{criterion}", "score", _mark(criterion), 12) for criterion, _ in criteria]
    sheets: list[SheetOf[Any]] = [SheetOf("ranking", columns, rows), _ranking_for_people(rows, criteria)]
    return workbook_of(title, [*sheets, *([_reviewers_for_people(reviewers)] if reviewers else [])], author)


def _told(name: str) -> Callable[[ResultRow], Any]:
    """The column's value; a masked line has no figures of its own."""
    return lambda row: None if row.masked and name in ("reviews", "requested_amount") else getattr(row, name)


_RANKING_KINDS: Mapping[str, tuple[Kind, float | None]] = {
    "rank": ("whole", 8), "application_id": ("text", None), "association": ("text", 40), "status": ("text", 16),
    "reason_code": ("text", 24), "reason": ("long_text", None), "raw_score": ("score", None),
    "calibrated_score": ("score", 16), "ci_low": ("score", None), "ci_high": ("score", None),
    "selection_probability": ("probability", 20), "reviews": ("whole", None), "requested_amount": ("money", None),
    "granted_amount": ("money", None), "waiting_rank": ("whole", 13),
}  # fmt: skip


def _ranking_for_people(rows: Sequence[ResultRow], criteria: Sequence[tuple[str, str]]) -> SheetOf[ResultRow]:
    columns: list[SheetColumn[ResultRow]] = [
        SheetColumn("Rang", "whole", lambda row: row.rank, 8),
        SheetColumn("Dossier", "text", lambda row: row.application_id),
        SheetColumn("Association", "text", lambda row: row.association, 40),
        SheetColumn("Résultat", "text", lambda row: STATUS_FRENCH[row.status]),
        SheetColumn("Code du motif", "text", lambda row: row.reason_code, 24),
        SheetColumn("Motif", "long_text", lambda row: row.reason),
        SheetColumn("Note brute", "score", lambda row: row.raw_score),
        SheetColumn("Note corrigée", "score", lambda row: row.calibrated_score),
        SheetColumn("Intervalle à 90 %, bas", "score", lambda row: row.ci_low),
        SheetColumn("Intervalle à 90 %, haut", "score", lambda row: row.ci_high),
        SheetColumn("Probabilité d’être retenu", "probability", lambda row: row.selection_probability),
        SheetColumn("Évaluations", "whole", lambda row: None if row.masked else row.reviews, 12),
        SheetColumn("Montant demandé", "money", lambda row: None if row.masked else row.requested_amount),
        SheetColumn("Montant attribué", "money", lambda row: row.granted_amount),
        SheetColumn("Rang sur la liste d’attente", "whole", lambda row: row.waiting_rank, 12),
        *_lot_column(rows),
        *(SheetColumn(f"Note moyenne : {heading}", "score", _mark(criterion), 16) for criterion, heading in criteria),
    ]
    return SheetOf("Classement", columns, rows)


def _reviewers_for_people(reviewers: Sequence[ReviewerRow]) -> SheetOf[ReviewerRow]:
    columns: list[SheetColumn[ReviewerRow]] = [
        SheetColumn("Évaluateur", "text", lambda one: one.reviewer_id),
        SheetColumn("Évaluations", "whole", lambda one: one.reviews, 12),
        SheetColumn("Moyenne donnée", "score", lambda one: one.mean_given),
        SheetColumn("Écart avec les autres, en points", "score", lambda one: one.severity, 16),
        SheetColumn("Intervalle à 90 %, bas", "score", lambda one: one.severity_low),
        SheetColumn("Intervalle à 90 %, haut", "score", lambda one: one.severity_high),
        SheetColumn("Dispersion une fois l’écart retranché", "score", lambda one: one.residual_sd, 18),
        SheetColumn(
            "À faire", "long_text", lambda one: erratic_reviewers((one.reviewer_id,)).text if one.flag else None
        ),
    ]
    return SheetOf("Évaluateurs", columns, reviewers)


def _lot_column(rows: Sequence[ResultRow]) -> list[SheetColumn[ResultRow]]:
    return [SheetColumn("Lot", "text", lambda row: row.lot, 20)] if have_lots(rows) else []


def _mark(criterion: str) -> Callable[[ResultRow], Decimal | None]:
    return lambda row: row.marks.get(criterion)


def laureates_workbook(rows: Sequence[ResultRow], method: str, title: str, author: str = "") -> bytes:
    """`laureates.xlsx`: the retained applications in rank order; other rows of `rows` are left out."""
    columns: list[SheetColumn[ResultRow]] = [
        SheetColumn("Rang", "whole", lambda row: row.rank, 8),
        SheetColumn("Dossier", "text", lambda row: row.application_id),
        SheetColumn("Association", "text", lambda row: row.association, 45),
        SheetColumn("Note sur 100", "score", lambda row: row.score(method)),
        SheetColumn("Montant demandé", "money", lambda row: None if row.masked else row.requested_amount),
        SheetColumn("Montant attribué", "money", lambda row: row.granted_amount),
        SheetColumn("Code du motif", "text", lambda row: row.reason_code, 24),
        SheetColumn("Motif", "long_text", lambda row: row.reason),
        *_lot_column(rows),
    ]
    laureates = [row for row in rows if row.status == "laureate"]
    return workbook_of(title, [SheetOf("Lauréats", columns, laureates)], author)
