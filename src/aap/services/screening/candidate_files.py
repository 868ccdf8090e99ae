"""The list of candidates as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from aap.core.delays import paris
from aap.core.results import Table, euros_text
from aap.documents.media_types import CSV, XLSX, MadeFile
from aap.documents.tables.csv_out import csv_bytes
from aap.documents.tables.workbooks import SheetColumn, workbook_bytes
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure
from aap.services.screening.candidates import CandidateLine


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list, in both files: its name as CSV, and as a sheet. `text`: the CSV's cell, where it isn't the
    sheet's value as text (money in euros)."""

    name: str
    sheet: SheetColumn[CandidateLine]
    text: Callable[[CandidateLine], str] | None = None

    def cell(self, row: CandidateLine) -> str:
        if self.text is not None:
            return self.text(row)
        value = self.sheet.value(row)
        if self.sheet.kind == "money":
            return euros_text(value if isinstance(value, int) else None)
        return "" if value is None else str(value)


def _columns(words: Mapping[str, str]) -> tuple[_Column, ...]:
    def deposited(row: CandidateLine, form: Callable[[datetime], str]) -> str:
        return form(paris(row.submitted_at)) if row.submitted_at else ""

    return (
        _Column("dossier", SheetColumn("Dossier", "text", lambda one: one.reference, 24)),
        _Column("association", SheetColumn("Association", "text", lambda one: one.association, 40)),
        _Column("siret", SheetColumn("SIRET", "text", lambda one: one.siret)),
        _Column("commune", SheetColumn("Commune", "text", lambda one: one.commune)),
        _Column("departement", SheetColumn("Département", "text", lambda one: one.department, 12)),
        _Column("region", SheetColumn("Région", "text", lambda one: one.region, 24)),
        _Column("projet", SheetColumn("Projet", "text", lambda one: one.title, 50)),
        _Column("theme", SheetColumn("Thème", "text", lambda one: one.theme)),
        _Column("etat", SheetColumn("État", "text", lambda one: words.get(one.state, one.state))),
        _Column("montant_demande", SheetColumn("Montant demandé", "money", lambda one: one.requested_amount)),
        _Column("montant_propose", SheetColumn("Montant proposé", "money", lambda one: one.proposed_amount)),
        _Column(
            "depose_le",
            SheetColumn("Déposé le", "text", lambda one: deposited(one, lambda at: f"{at:%d/%m/%Y}"), 12),
            lambda one: deposited(one, lambda at: at.isoformat(timespec="seconds")),
        ),
        _Column("evaluations_remises", SheetColumn("Évaluations remises", "whole", lambda one: one.reviews, 12)),
        _Column("evaluations_confiees", SheetColumn("Évaluations confiées", "whole", lambda one: one.expected, 12)),
    )


def candidates_table(rows: Sequence[CandidateLine], words: Mapping[str, str]) -> Table:
    """The list of candidates as text cells. `words`: state → what people call it."""
    columns = _columns(words)
    return Table(
        header=tuple(column.name for column in columns),
        rows=tuple(tuple(column.cell(one) for column in columns) for one in rows),
    )


def candidates_file(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    rows: Sequence[CandidateLine],
    words: Mapping[str, str],
    ending: str,
    now: datetime,
) -> MadeFile:
    """The candidates as `csv` or `xlsx`. Raises NotFound for another ending."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    if ending == "csv":
        made = MadeFile(f"{call.id}-candidats.csv", CSV, csv_bytes(candidates_table(rows, words)))
    elif ending == "xlsx":
        title = f"Candidats – {call.record.title}"
        book = workbook_bytes(title, [column.sheet for column in _columns(words)], rows, sheet="Candidats")
        made = MadeFile(f"{call.id}-candidats.xlsx", XLSX, book)
    else:
        raise NotFound("file", ending)
    record(session, actor, "candidates.downloaded", call.record, now=now, after={"rows": len(rows), "format": ending})
    return made
