"""The list of candidates as a file: exactly what the page shows, and what every file of the list has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from aap.core.results import Table, euros_text
from aap.documents.media_types import CSV, ODS, XLSX, MadeFile
from aap.documents.tables.csv_out import csv_bytes
from aap.documents.tables.ods_out import ods_bytes
from aap.documents.tables.workbooks import CellValue, Kind, SheetColumn, workbook_bytes
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.candidates.columns import ListColumn, Words, file_columns
from aap.services.candidates.lines import CandidateLine
from aap.services.candidates.listing import CandidateList
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure

ENDINGS = ("xlsx", "ods", "excel.csv", "csv")
"""`excel.csv`: as a French Excel opens it (`;`, decimal comma, byte order mark)."""


def candidates_file(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    found: CandidateList,
    chosen: Collection[str],
    headings: Mapping[str, str],
    words: Words,
    ending: str,
    now: datetime,
) -> MadeFile:
    """The list in one of ENDINGS. `chosen`: columns of the page; `headings`: column → its title. Raises NotFound."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    if ending not in ENDINGS:
        raise NotFound("file", ending)
    columns = file_columns(found.known, chosen)
    titles = [headings[one.key] for one in columns]
    name = f"{call.id}-candidats.{ending.rpartition('.')[2]}"
    rows = [[one.value(line, words) for one in columns] for line in found.rows]
    kinds = [one.kind for one in columns]
    if ending == "xlsx":
        sheets = [_sheet(title, one, words) for title, one in zip(titles, columns, strict=True)]
        title = f"Candidats – {call.record.title}"
        made = MadeFile(name, XLSX, workbook_bytes(title, sheets, found.rows, sheet="Candidats"))
    elif ending == "ods":
        made = MadeFile(name, ODS, ods_bytes("Candidats", titles, kinds, rows))
    else:
        french = ending == "excel.csv"
        cells = tuple(tuple(_text(kind, value, french) for kind, value in zip(kinds, row, strict=True)) for row in rows)
        made = MadeFile(name, CSV, csv_bytes(Table(tuple(titles), cells), french=french))
    record(session, actor, "candidates.downloaded", call.record, now=now, after={"rows": len(rows), "format": ending})
    return made


def _sheet(title: str, column: ListColumn, words: Words) -> SheetColumn[CandidateLine]:
    return SheetColumn(title, column.kind, lambda line: column.value(line, words), column.width)


def _text(kind: Kind, value: CellValue, french: bool) -> str:
    if value is None:
        return ""
    text = euros_text(value) if kind == "money" and isinstance(value, int) else str(value)
    return text.replace(".", ",") if french and isinstance(value, int | Decimal) else text
