"""The list of candidates as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def candidates_table(rows: Sequence[CandidateLine], words: Mapping[str, str]) -> Table:
    """The list of candidates as text cells. `words`: state → what people call it."""
    return Table(
        header=("dossier", "association", "siret", "commune", "departement", "region", "projet", "theme", "etat",
                "montant_demande", "montant_propose", "depose_le", "evaluations_remises", "evaluations_confiees"),
        rows=tuple(
            (
                one.reference,
                one.association,
                one.siret,
                one.commune,
                one.department,
                one.region,
                one.title,
                one.theme,
                words.get(one.state, one.state),
                euros_text(one.requested_amount),
                euros_text(one.proposed_amount),
                paris(one.submitted_at).isoformat(timespec="seconds") if one.submitted_at else "",
                str(one.reviews),
                str(one.expected),
            )
            for one in rows
        ),
    )  # fmt: skip


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
        book = workbook_bytes(title, _candidate_columns(words), rows, sheet="Candidats")
        made = MadeFile(f"{call.id}-candidats.xlsx", XLSX, book)
    else:
        raise NotFound("file", ending)
    record(session, actor, "candidates.downloaded", call.record, now=now, after={"rows": len(rows), "format": ending})
    return made


def _candidate_columns(words: Mapping[str, str]) -> list[SheetColumn[CandidateLine]]:
    return [
        SheetColumn("Dossier", "text", lambda one: one.reference, 24),
        SheetColumn("Association", "text", lambda one: one.association, 40),
        SheetColumn("SIRET", "text", lambda one: one.siret),
        SheetColumn("Commune", "text", lambda one: one.commune),
        SheetColumn("Département", "text", lambda one: one.department, 12),
        SheetColumn("Région", "text", lambda one: one.region, 24),
        SheetColumn("Projet", "text", lambda one: one.title, 50),
        SheetColumn("Thème", "text", lambda one: one.theme),
        SheetColumn("État", "text", lambda one: words.get(one.state, one.state)),
        SheetColumn("Montant demandé", "money", lambda one: one.requested_amount),
        SheetColumn("Montant proposé", "money", lambda one: one.proposed_amount),
        SheetColumn(
            "Déposé le", "text", lambda one: f"{paris(one.submitted_at):%d/%m/%Y}" if one.submitted_at else "", 12
        ),
        SheetColumn("Évaluations remises", "whole", lambda one: one.reviews, 12),
        SheetColumn("Évaluations confiées", "whole", lambda one: one.expected, 12),
    ]
