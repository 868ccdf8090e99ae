"""Tables out as CSV bytes: comma, UTF-8 without BOM, LF, one header row, quotes only where needed.

Text comes from people: a cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage
return, and is no number) gets an apostrophe in front, as OWASP advises against CSV injection. Workbooks and JSON carry
the text as it is.
"""

from __future__ import annotations

import csv
import io
import re

from aap.core.results import Table

_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and their full-width twins
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def guarded(cell: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet would read a formula."""
    if cell.startswith(_FORMULA_START) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def csv_bytes(table: Table, *, french: bool = False) -> bytes:
    """The table as CSV; the same table gives the same bytes. `french`: as a French Excel opens it, with `;` and a byte order
    mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", delimiter=";" if french else ",")
    writer.writerow(table.header)
    writer.writerows([guarded(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig" if french else "utf-8")
