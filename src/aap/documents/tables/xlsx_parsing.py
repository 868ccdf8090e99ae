"""OpenPyXL's parser of one sheet, told to say which rows are hidden, which cells merged and which formulas without value.

`WorkSheetParser` and `ExcelReader` are what `load_workbook(read_only=True)` itself is made of; they are not promised
(pyproject.toml bounds the version, `test_saved_tables.py` reads what they must tell).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from aap.documents.tables.saved_sheets import Area, Line, Room


class _Reader(ExcelReader):
    """A workbook without its sheets of charts, whose drawings OpenPyXL would read, and fail where one is missing."""

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        return None


class _Parser(WorkSheetParser):
    """Keeps of each row what `Line` tells beside values; skips what no table needs (and what OpenPyXL warns of)."""

    def parse_row(self, row: Any) -> Any:
        self.hidden = row.get("hidden") in ("1", "true")
        self.formulas: list[int] = []
        self.unstored: list[int] = []
        found = super().parse_row(row)
        self.row_dimensions.clear()
        return found

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None:
            self.formulas.append(cell["column"] - 1)
            if cell["value"] is None and element.get("t") != "str":  # a formula may well give an empty text
                self.unstored.append(cell["column"] - 1)
        return cell

    def parse_extensions(self, element: Any) -> None: ...

    def parse_formatting(self, element: Any) -> None: ...

    def parse_sheet_protection(self, element: Any) -> None: ...


def opened_workbook(content: bytes) -> Workbook:
    reader = _Reader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read()
    return reader.wb


class XlsxSheet:
    """The rows of one sheet of `opened_workbook`; `merged` once they were read."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.merged: list[Area] = []

    def lines(self, room: Room) -> Iterator[Line]:
        book = self.sheet.parent
        with self.sheet._get_source() as source:
            parser = _Parser(
                source,
                self.sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            last = 0
            for number, cells in parser.parse():
                width = max((cell["column"] for cell in cells), default=0)
                room.take(number, width)
                if number <= last:  # rows out of order: what stands above is known already
                    continue
                last = number
                values: list[object] = [None] * width
                for cell in cells:
                    values[cell["column"] - 1] = cell["value"]
                yield Line(number, values, parser.hidden, tuple(parser.formulas), tuple(parser.unstored))
            ranges = parser.merged_cells.mergeCell if parser.merged_cells is not None else ()
            self.merged = [Area(one.min_row, one.min_col - 1, one.max_row, one.max_col - 1) for one in ranges]
