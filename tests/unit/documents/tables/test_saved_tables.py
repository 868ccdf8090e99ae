"""Tables as spreadsheets save them: what is read, and what is told with its cell instead of being read wrongly."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.worksheet.worksheet import Worksheet

from aap.core.problems import BadInput
from aap.documents.tables.assignment_tables import read_people
from aap.documents.tables.saved_sheets import place
from aap.documents.tables.table_files import ReadTable, TableFile, read_table, workbook_sheets

HEADER = ["id", "name", "amount", "note"]
ROWS: list[list[object]] = [["001", "Été", 1000, "a"], ["002", "Deux", 2000.5, None], ["003", "Trois", 12.25, "c"]]
READ = ((2, ["001", "Été", "1000", "a"]), (3, ["002", "Deux", "2000.5", ""]), (4, ["003", "Trois", "12.25", "c"]))
XLSX_NAMES = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
    b"http://schemas.openxmlformats.org/drawingml/2006/main": b"http://purl.oclc.org/ooxml/drawingml/main",
}


def read(file: TableFile, *, every_column: bool = False) -> ReadTable:
    return read_table(file, required=["id", "name", "amount"], every_column=every_column)


def told(table: ReadTable) -> list[str]:
    return [f"{p.row} {p.heading} ({p.cell}): {p.message} [{p.found}]" for p in table.problems]


def xlsx(change: Callable[[openpyxl.Workbook, Worksheet], Any] = lambda book, sheet: None) -> TableFile:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (HEADER, *ROWS):
        sheet.append(row)
    change(book, sheet)
    stream = io.BytesIO()
    book.save(stream)
    return TableFile("t.xlsx", stream.getvalue())


def rewritten(file: TableFile, change: Callable[[str, bytes], bytes]) -> TableFile:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file.content)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return TableFile(file.name, made.getvalue())


# --- XLSX -------------------------------------------------------------------------------------------------------------


def test_the_first_visible_sheet_is_read_and_not_a_hidden_archive() -> None:
    def archived(book: openpyxl.Workbook, _: Worksheet) -> None:
        for position, state in enumerate(("hidden", "veryHidden")):
            old = book.create_sheet(f"Archive {position}", position)
            old.append(HEADER)
            old.append(["009", "Ancien", 9, ""])
            old.sheet_state = state

    table = read(xlsx(archived))
    assert (table.rows, table.problems) == (READ, ())


def test_a_workbook_whose_sheets_are_all_hidden_is_told() -> None:
    def hidden(name: str, content: bytes) -> bytes:
        return content.replace(b'state="visible"', b'state="hidden"') if name == "xl/workbook.xml" else content

    with pytest.raises(BadInput) as refused:
        read(rewritten(xlsx(), hidden))
    assert [p.message for p in refused.value.problems] == ["le classeur n’a aucune feuille visible"]


@pytest.mark.parametrize("drawing", [True, False])
def test_a_sheet_of_charts_before_the_table_is_passed_over(drawing: bool) -> None:
    def charted(book: openpyxl.Workbook, _: Worksheet) -> None:
        book.create_chartsheet("Graphe", 0).add_chart(BarChart())

    file = xlsx(charted)
    if not drawing:
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(file.content)) as source, zipfile.ZipFile(made, "w") as target:
            for name in source.namelist():
                if "drawing" not in name and "charts/" not in name:
                    target.writestr(name, source.read(name))
        file = TableFile("t.xlsx", made.getvalue())
    assert read(file).rows == READ


def test_a_workbook_saved_as_strict_open_xml_is_read() -> None:
    def strict(_: str, content: bytes) -> bytes:
        for name, other in XLSX_NAMES.items():
            content = content.replace(name, other)
        return content

    assert read(rewritten(xlsx(), strict)).rows == READ


def test_a_hidden_row_is_told_with_its_cells() -> None:
    def filtered(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[9].hidden = True  # nothing stands in it

    table = read(xlsx(filtered))
    assert told(table) == ["3  (A3:C3): cette ligne est masquée []"]
    assert table.rows == READ


def test_merged_cells_are_told_in_the_columns_that_are_read() -> None:
    def merged(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.merge_cells("B2:B4")
        sheet.merge_cells("D2:D3")
        sheet.merge_cells("A9:C9")  # below the table

    assert told(read(xlsx(merged))) == ["2 name (B2:B4): ces cellules sont fusionnées []"]
    assert told(read(xlsx(merged), every_column=True)) == [
        "2 name (B2:B4): ces cellules sont fusionnées []",
        "2 note (D2:D3): ces cellules sont fusionnées []",
    ]


def test_errors_and_formulas_without_a_value_are_told_with_their_cell() -> None:
    def broken(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet["B2"] = "#REF!"
        sheet["C3"] = "=1+1"
        sheet["D4"] = "#N/A"

    first, second = (
        "2 name (B2): le tableur affiche une erreur dans cette cellule [#REF!]",
        "3 amount (C3): le résultat de cette formule n’est pas enregistré []",
    )
    assert told(read(xlsx(broken))) == [first, second]
    third = "4 note (D4): le tableur affiche une erreur dans cette cellule [#N/A]"
    assert told(read(xlsx(broken), every_column=True)) == [first, second, third]


def test_the_value_of_a_formula_is_read_an_empty_text_too() -> None:
    def computed(name: str, content: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return content
        content = content.replace(b"<v>1000</v>", b"<f>500*2</f><v>1000</v>")
        return re.sub(rb'<c r="D4".*?</c>', b'<c r="D4" t="str"><f>""</f><v></v></c>', content)

    table = read(rewritten(xlsx(), computed), every_column=True)
    assert (table.rows, table.problems) == ((*READ[:2], (4, ["003", "Trois", "12.25", ""])), ())


def test_what_is_wrong_in_the_sheet_that_a_person_filled_is_told_with_its_cell() -> None:
    def broken(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet["B2"] = "#REF!"
        sheet["C3"] = "=1+1"
        sheet.merge_cells("A3:A4")

    file = xlsx(broken)
    assert workbook_sheets(file, "another")["Sheet"][1] == ["001", "#REF!", "1000", "a"]
    with pytest.raises(BadInput) as refused:
        workbook_sheets(file, "Sheet")
    assert [(p.cell, p.message) for p in refused.value.problems] == [
        ("B2", "le tableur affiche une erreur dans cette cellule"),
        ("C3", "le résultat de cette formule n’est pas enregistré"),
        ("A3:A4", "ces cellules sont fusionnées"),
    ]


# --- ODS --------------------------------------------------------------------------------------------------------------

NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in (("office", "office"), ("table", "table"), ("style", "style"), ("text", "text"))
)
HIDDEN_STYLE = (
    '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def ods(sheets: str, kind: str = "application/vnd.oasis.opendocument.spreadsheet") -> TableFile:
    content = (
        f'<?xml version="1.0"?><office:document-content {NAMES}><office:automatic-styles>{HIDDEN_STYLE}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
    return TableFile("t.ods", stream.getvalue())


def sheet(rows: str, style: str = "ta1") -> str:
    return f'<table:table table:name="Feuille" table:style-name="{style}">{rows}</table:table>'


def row(*cells: object, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(map(cell, cells))}</table:table-row>"


def cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str) and value.startswith("<"):
        return value
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>vu</text:p></table:table-cell>'


FILLER = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)
TABLE = row(*HEADER) + "".join(row(*one) for one in ROWS)


def test_an_ods_workbook_gives_the_same_rows() -> None:
    table = read(ods(sheet(TABLE + FILLER)))
    assert (table.headings, table.rows, table.problems) == (tuple(HEADER), READ, ())


def test_the_first_visible_sheet_of_an_ods_workbook_is_read() -> None:
    old = row(*HEADER) + row("009", "Ancien", 9, "")
    assert read(ods(sheet(old, "ta2") + sheet(TABLE))).rows == READ


def test_typed_cells_of_an_ods_workbook_are_read_as_a_csv_would_hold_them() -> None:
    typed = [
        '<table:table-cell office:value-type="date" office:date-value="2025-02-28"><text:p>28/02/25</text:p></table:table-cell>',
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>VRAI</text:p></table:table-cell>',
        '<table:table-cell office:value-type="currency" office:value="1200.5"><text:p>1 200,50 €</text:p></table:table-cell>',
        '<table:table-cell office:value-type="string"><text:p>deux<text:s text:c="2"/><text:span>mots</text:span></text:p>'
        "<text:p>et une ligne</text:p></table:table-cell>",
    ]
    assert read(ods(sheet(row(*HEADER) + row(*typed)))).rows == (
        (2, ["2025-02-28", "true", "1200.5", "deux  mots\net une ligne"]),
    )


def test_repeated_rows_and_cells_of_an_ods_workbook_stand_where_they_are() -> None:
    same = '<table:table-cell office:value-type="string" table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>'
    blank = row('<table:table-cell table:number-columns-repeated="4"/>', attributes='table:number-rows-repeated="3"')
    rows = row(*HEADER) + blank + row(same, 7, attributes='table:number-rows-repeated="2"')
    assert read(ods(sheet(rows))).rows == ((5, ["x", "x", "7", ""]), (6, ["x", "x", "7", ""]))


def test_what_an_ods_workbook_hides_merges_or_did_not_compute_is_told() -> None:
    merged = '<table:table-cell office:value-type="string" table:number-rows-spanned="2"><text:p>Deux</text:p></table:table-cell>'
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    rows = (
        row(*HEADER)
        + row("001", merged, 1, attributes='table:visibility="filter"')
        + row("002", "<table:covered-table-cell/>", formula)
        + row("003", "Err:502", 3)
    )
    assert told(read(ods(sheet(rows)))) == [
        "2  (A2:C2): cette ligne est masquée []",
        "3 amount (C3): le résultat de cette formule n’est pas enregistré []",
        "4 name (B4): le tableur affiche une erreur dans cette cellule [Err:502]",
        "2 name (B2:B3): ces cellules sont fusionnées []",
    ]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (ods(""), "le fichier est vide"),
        (ods(sheet(TABLE), kind="application/vnd.oasis.opendocument.text"), "ce n’est pas un classeur XLSX ou ODS"),
        (ods("<table:table>"), "ce n’est pas un classeur XLSX ou ODS"),
        (ods(sheet("<table:table-row>" * 50_000)), "ce n’est pas un classeur XLSX ou ODS"),
        (ods(sheet(row(*HEADER) + row("x", attributes='table:number-rows-repeated="99999999"'))),
         "le classeur a trop de lignes ou de colonnes"),
        (ods(sheet(row(*HEADER, '<table:table-cell table:number-columns-repeated="99999999"/>', "x"))),
         "le classeur a trop de lignes ou de colonnes"),
    ],
    ids=["empty", "text", "damaged", "cut", "rows", "columns"],
)  # fmt: skip
def test_an_ods_file_that_is_no_table_is_refused(file: TableFile, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(file)
    assert [problem.message for problem in refused.value.problems] == [message]


# --- CSV --------------------------------------------------------------------------------------------------------------

CSV = "id;name;amount\n001;L’Étang d’été;5\n002;À cœur, le français;6\n"


def test_letters_of_old_macintoshes_are_named_and_not_read_as_others() -> None:
    for text in (
        CSV,
        CSV.replace("\n", "\r"),
        "id;name;amount\r001;Les Amis de l’Étang;5\r",
        "id;name;amount\n1;Forêt;2\n",
    ):
        with pytest.raises(BadInput) as refused:
            read(TableFile("t.csv", text.encode("mac_roman")))
        assert [(p.message, p.found) for p in refused.value.problems] == [
            ("encodage non accepté", "Mac OS Roman (Macintosh)")
        ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_letters_of_windows_and_unicode_are_not_taken_for_a_macintosh_s(encoding: str, end: str) -> None:
    table = read(TableFile("t.csv", CSV.replace("\n", end).encode(encoding)))
    assert [cells[1] for _, cells in table.rows] == ["L’Étang d’été", "À cœur, le français"]


def test_names_in_other_scripts_are_read() -> None:
    text = "id,name,amount\n1,Ճանապարհ,2\n2,Δt (grec),3\n"
    assert [cells[1] for _, cells in read(TableFile("t.csv", text.encode())).rows] == ["Ճանապարհ", "Δt (grec)"]


@pytest.mark.parametrize(
    "line", ["Total,,78000", "TOTAL :,,78000", "Sous-total,,5", "Total général,,5", ",Total,78000", ",,78 000 €", ",,5"]
)
def test_a_total_under_the_table_is_told_and_is_no_row(line: str) -> None:
    table = read(TableFile("t.csv", f"id,name,amount\n1,Une,5\n{line}\n".encode()))
    assert table.rows == ((2, ["1", "Une", "5"]),)
    assert [(p.row, p.message) for p in table.problems] == [
        (3, "cette ligne a l’air d’un total, pas d’une ligne du tableau")
    ]


def test_a_name_that_begins_like_a_total_is_a_name() -> None:
    table = read(TableFile("t.csv", b"id,name,amount\nTotalement,Une,5\nT,Total Sport,6\n"))
    assert ([row for row, _ in table.rows], table.problems) == ([2, 3], ())


def test_reviewers_are_imported_from_an_ods_workbook() -> None:
    people = read_people(ods(sheet(row("courriel", "nom") + row("a@example.org", "Anne"))), {}, ())
    assert [(one.email, one.name, one.row) for one in people.values] == [("a@example.org", "Anne", 2)]


def test_cells_are_named_as_a_spreadsheet_names_them() -> None:
    assert [place(1, 0), place(12, 25), place(7, 26), place(1_048_576, 16_383)] == ["A1", "Z12", "AA7", "XFD1048576"]
