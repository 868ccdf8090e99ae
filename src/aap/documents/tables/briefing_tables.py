"""The table that the authority works with before it decides, as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aap.core.results import ResultRow
from aap.documents.tables.workbooks import SheetColumn, SheetOf, workbook_of


@dataclass(frozen=True, slots=True)
class BriefedLine:
    """A dossier of the proposed run. `flags`: what asks for attention, in words."""

    row: ResultRow
    project: str
    region: str
    score: Decimal | None
    flags: str


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """What the jury or the authority decided of a dossier. Amounts in cents."""

    reference: str
    association: str
    proposed: str
    decided: str
    amount: int | None
    amount_before: int | None
    effect: str
    reason: str
    author: str


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """A rule of balance: what it asks, the laureates and the cents that the selection gives it."""

    title: str
    asked: str
    achieved: int
    money: int | None


@dataclass(frozen=True, slots=True)
class BriefingTable:
    """What the workbook's sheets hold."""

    title: str
    essentials: tuple[tuple[str, str], ...]
    laureates: tuple[BriefedLine, ...]
    waiting: tuple[BriefedLine, ...]
    jury: tuple[DecidedLine, ...]
    authority: tuple[DecidedLine, ...]
    quotas: tuple[QuotaRow, ...]
    warnings: tuple[str, ...]


def briefing_workbook(table: BriefingTable) -> bytes:
    """One sheet a question; it opens on the laureates. The same values give the same bytes."""
    sheets: list[SheetOf[Any]] = [
        _dossiers("Lauréats proposés", table.laureates, waiting=False),
        _dossiers("Liste d’attente", table.waiting, waiting=True),
        _jury(table.jury),
        _authority(table.authority),
        _quotas(table.quotas),
        _essentials([*table.essentials, *(("À savoir", text) for text in table.warnings)]),
    ]
    return workbook_of(table.title, sheets)


def _dossiers(name: str, lines: Sequence[BriefedLine], *, waiting: bool) -> SheetOf[BriefedLine]:
    place: list[SheetColumn[BriefedLine]] = [SheetColumn("Place", "whole", lambda one: one.row.waiting_rank, 8)]
    granted: list[SheetColumn[BriefedLine]] = [
        SheetColumn("Montant proposé", "money", lambda one: None if one.row.masked else one.row.granted_amount)
    ]
    columns: list[SheetColumn[BriefedLine]] = [
        *(place if waiting else []),
        SheetColumn("Rang", "whole", lambda one: one.row.rank, 8),
        SheetColumn("Dossier", "text", lambda one: one.row.application_id),
        SheetColumn("Association", "text", lambda one: one.row.association, 40),
        SheetColumn("Projet", "text", lambda one: one.project, 40),
        SheetColumn("Région", "text", lambda one: one.region, 26),
        SheetColumn("Note", "score", lambda one: one.score),
        SheetColumn("Montant demandé", "money", lambda one: None if one.row.masked else one.row.requested_amount),
        *([] if waiting else granted),
        SheetColumn("Part des tirages", "probability", lambda one: one.row.selection_probability),
        SheetColumn("Points d’attention", "text", lambda one: one.flags, 50),
        SheetColumn("Motif du calcul", "long_text", lambda one: one.row.reason),
    ]
    return SheetOf(name, columns, lines)


def _jury(lines: Sequence[DecidedLine]) -> SheetOf[DecidedLine]:
    columns: list[SheetColumn[DecidedLine]] = [
        SheetColumn("Dossier", "text", lambda one: one.reference),
        SheetColumn("Association", "text", lambda one: one.association, 40),
        SheetColumn("Le jury a décidé", "text", lambda one: one.decided, 26),
        SheetColumn("Montant", "money", lambda one: one.amount),
        SheetColumn("Motif", "long_text", lambda one: one.reason),
        SheetColumn("Noté par", "text", lambda one: one.author, 26),
    ]
    return SheetOf("Décisions du jury", columns, lines)


def _authority(lines: Sequence[DecidedLine]) -> SheetOf[DecidedLine]:
    columns: list[SheetColumn[DecidedLine]] = [
        SheetColumn("Dossier", "text", lambda one: one.reference),
        SheetColumn("Association", "text", lambda one: one.association, 40),
        SheetColumn("Le jury proposait", "text", lambda one: one.proposed, 40),
        SheetColumn("L’autorité décide", "text", lambda one: one.decided, 30),
        SheetColumn("Montant avant", "money", lambda one: one.amount_before),
        SheetColumn("Montant après", "money", lambda one: one.amount),
        SheetColumn("Effet", "text", lambda one: one.effect, 50),
        SheetColumn("Motif", "long_text", lambda one: one.reason),
        SheetColumn("Par", "text", lambda one: one.author, 26),
    ]
    return SheetOf("Arbitrage", columns, lines)


def _quotas(rows: Sequence[QuotaRow]) -> SheetOf[QuotaRow]:
    columns: list[SheetColumn[QuotaRow]] = [
        SheetColumn("Règle", "text", lambda one: one.title, 46),
        SheetColumn("Demandé", "text", lambda one: one.asked, 50),
        SheetColumn("Lauréats", "whole", lambda one: one.achieved, 12),
        SheetColumn("Montant attribué", "money", lambda one: one.money),
    ]
    return SheetOf("Équilibres", columns, rows)


def _essentials(pairs: Sequence[tuple[str, str]]) -> SheetOf[tuple[str, str]]:
    columns: list[SheetColumn[tuple[str, str]]] = [
        SheetColumn("Quoi", "text", lambda one: one[0], 40),
        SheetColumn("Combien", "long_text", lambda one: one[1]),
    ]
    return SheetOf("L’essentiel", columns, pairs)
