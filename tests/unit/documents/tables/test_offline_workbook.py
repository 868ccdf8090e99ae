"""The reviewer's workbook as it comes back from spreadsheets: what « Soumettre » says, ODS, what is no workbook."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

import openpyxl
import pytest

from aap.core.call.schema import Rubric
from aap.core.problems import BadInput
from aap.documents.tables.offline_workbook import (
    HIDDEN,
    SHEET,
    OfflineBook,
    OfflineRow,
    ReadRow,
    offline_workbook,
    read_offline_workbook,
)
from aap.documents.tables.table_files import TableFile, workbook_sheets

RUBRIC = Rubric.model_validate(
    {
        "version": 1,
        "scale": {"min": 0, "max": 5, "step": "0.5"},
        "criteria": [{"id": "qualite", "title": "Qualité", "weight": 1}],
    }
)
MADE = offline_workbook(
    OfflineBook("appel", "Appel", "R01", RUBRIC, "0" * 64, (OfflineRow("A-1", "Un"), OfflineRow("A-2", "Deux")))
)


def filled(**cells: object) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(MADE))
    for cell, value in cells.items():
        book[SHEET][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def first(content: bytes, name: str = "c.xlsx") -> ReadRow:
    return read_offline_workbook(name, content, RUBRIC).rows[0]


@pytest.mark.parametrize("answer", ["oui", "OUI ", "x", "X", "o", "yes", "vrai", True, 1, "1", "✓"])
def test_every_usual_tick_submits(answer: object) -> None:
    row = first(filled(F2=answer))
    assert (row.row.submit, row.unread, row.changed) == (True, "", True)


@pytest.mark.parametrize("answer", [None, "", " ", "non", "n", "no", "faux", False, 0, "-"])
def test_every_usual_no_leaves_a_draft(answer: object) -> None:
    row = first(filled(F2=answer))
    assert (row.row.submit, row.unread, row.changed) == (False, "", False)


@pytest.mark.parametrize("answer", ["peut-être", "oui!", "à soumettre", 2, "xx"])
def test_what_is_neither_is_kept_to_be_refused_with_its_cell(answer: object) -> None:
    row = first(filled(F2=answer))
    assert (row.row.submit, row.unread, row.cells["submit"], row.found("submit")) == (
        False, str(answer), "Évaluations!F2", str(answer),
    )  # fmt: skip


def as_ods(content: bytes) -> bytes:
    """The workbook as a spreadsheet saves it in ODS: the hidden sheet hidden, numbers as floats, lines as paragraphs."""
    sheets = []
    for name, rows in workbook_sheets(TableFile("c.xlsx", content)).items():
        lines = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
        style = "ta2" if name == HIDDEN else "ta1"
        sheets.append(f'<table:table table:name="{escape(name)}" table:style-name="{style}">{lines}</table:table>')
    names = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "table", "style", "text")
    )
    hidden = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:automatic-styles>{hidden}</office:automatic-styles><office:body>"
            f"<office:spreadsheet>{''.join(sheets)}</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def _cell(text: str) -> str:
    if text.isdigit() and len(text) < 6:
        return f'<table:table-cell office:value-type="float" office:value="{text}"/>'
    paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n")) if text else ""
    return f"<table:table-cell>{paragraphs}</table:table-cell>"


def test_a_workbook_saved_as_ods_is_read_as_the_same() -> None:
    typed = filled(C2=4.5, D2="Bien vu.\nÀ suivre.", F2="x")
    assert read_offline_workbook("c.ods", as_ods(typed), RUBRIC) == read_offline_workbook("c.xlsx", typed, RUBRIC)
    assert first(as_ods(MADE), "c.ods").changed is False


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("Numéro;Projet;Qualité : note\nA-1;Un;4\n".encode(), "un fichier CSV, ou d’un autre genre"),
        (b"", "un fichier vide"),
        (b"%PDF-1.7", "un PDF"),
        (b"\xd0\xcf\x11\xe0", "un classeur Excel ancien (.xls)"),
    ],
)
def test_what_is_no_workbook_is_told_with_what_is_read(content: bytes, found: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_offline_workbook("c.csv", content, RUBRIC)
    (problem,) = refused.value.problems
    assert problem.found == found
    assert "XLSX ou en ODS" in problem.allowed


def test_a_cell_that_a_spreadsheet_could_not_compute_is_told_with_its_dossier() -> None:
    with pytest.raises(BadInput) as refused:
        read_offline_workbook("c.xlsx", filled(C3="#REF!"), RUBRIC)
    assert [(one.key, one.cell, one.found) for one in refused.value.problems] == [("A-2", "C3", "#REF!")]
