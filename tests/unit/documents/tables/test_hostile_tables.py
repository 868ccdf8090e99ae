"""Small tables that claim to be huge: refused within seconds of work, with the reason."""

from __future__ import annotations

import io
import time
import zipfile

import openpyxl
import pytest

from aap.core.problems import BadInput
from aap.documents.tables.table_files import TableFile, read_table, workbook_sheets

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
FIRST = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'


def workbook(rows: str) -> bytes:
    """A workbook whose sheet holds these rows as they are written."""
    plain, made = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = f"<worksheet {NAMESPACE}><sheetData>{FIRST}{rows}</sheetData></worksheet>".encode()
            target.writestr(name, content)
    return made.getvalue()


def cell(place: str, row: int) -> str:
    return f'<row r="{row}"><c r="{place}{row}" t="inlineStr"><is><t>z</t></is></c></row>'


FAR_BELOW = workbook(cell("A", 99_999_999_999))
WIDE = workbook("".join(cell("XFD", row) for row in range(2, 400)))
MANY = "le classeur a trop de lignes ou de colonnes"


@pytest.mark.parametrize(("content", "row"), [(FAR_BELOW, 1_048_577), (WIDE, 307)])
def test_a_workbook_that_claims_rows_or_columns_without_end_is_refused(content: bytes, row: int) -> None:
    began = time.process_time()
    for read in (lambda file: read_table(file, required=["a"]), workbook_sheets):
        with pytest.raises(BadInput) as refused:
            read(TableFile("x.xlsx", content))
        assert [(one.message, one.row) for one in refused.value.problems] == [(MANY, row)]
    assert time.process_time() - began < 15


def test_nesting_in_a_workbook_is_read_over() -> None:
    deep = "<t>" * 100_000 + "x" + "</t>" * 100_000
    table = read_table(
        TableFile("x.xlsx", workbook(f'<row r="2"><c r="A2" t="inlineStr"><is>{deep}</is></c></row>')), required=["a"]
    )
    assert (table.headings, table.rows) == (("a",), ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a" + b",b" * 1_000_000 + b"\n", "trop de colonnes"),
        (b"a," + b",".join(b"c%d" % number for number in range(100_000)), "trop de colonnes"),
        (
            b"a,b\n" + b"9" * 3_000_000 + b",1\n",
            "cette cellule est trop longue (un guillemet n’est peut-être pas refermé)",
        ),
        (b"[" * 100_000 + b"\n", "colonne absente"),
    ],
    ids=["the same", "others", "figures", "brackets"],
)
def test_a_csv_of_endless_columns_or_cells_is_refused(content: bytes, message: str) -> None:
    began = time.process_time()
    with pytest.raises(BadInput) as refused:
        read_table(TableFile("x.csv", content), required=["a"])
    assert [one.message for one in refused.value.problems] == [message]
    assert time.process_time() - began < 2
