"""What the authority reads before it decides: the call in one page, what the jury proposes and changed, what is doubtful.

A note to read (PDF) and a table to work with (XLSX), of the run that the jury proposes; both say what the authority has
changed since. Lines about a dossier of which who reads is recused keep their place and lose their content.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call.attribute_names import value_label
from aap.core.call.schema import CallFile
from aap.core.call.wording import rules_in_words
from aap.core.delays import paris
from aap.core.quotas.quota_words import quota_in_words
from aap.core.ranking.doubts import doubts
from aap.core.results import ResultRow
from aap.core.selection.rules import rules_of
from aap.core.territories import fold
from aap.documents.media_types import PDF, XLSX, MadeFile
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import DOSSIER_COLUMN, STATUS_WORDS, Cell, PaperColumn
from aap.documents.papers.minutes import (
    Heading,
    MinutesTable,
    MinutesView,
    PaperPart,
    Paragraph,
    Sentences,
    render_minutes,
)
from aap.documents.tables.briefing_tables import BriefedLine, BriefingTable, DecidedLine, QuotaRow, briefing_workbook
from aap.records.applications import Application
from aap.records.deliberations import Waiver
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure
from aap.services.ranking.arbitrating import Arbitration, arbitration
from aap.services.ranking.jury import JuryLine, jury_lines
from aap.services.ranking.minuted_decisions import (
    DECIDED,
    arbitration_parts,
    decided_words,
    effect_sentences,
    jury_parts,
    jury_words,
    proposed_words,
)
from aap.services.ranking.minuted_result import score_words, unproven_parts, waiting_parts
from aap.services.ranking.runs import RunView, latest_run
from aap.services.ranking.trials import run_content

_NEAR_LINE = (Decimal("0.2"), Decimal("0.8"))
"""Who is retained in a share of the draws between these is near the line: another jury might have decided otherwise."""


@dataclass(frozen=True)
class _Briefing:
    """What both files are made of."""

    call: OpenedCall
    view: RunView
    jury: Sequence[JuryLine]
    authority: Arbitration
    flags: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, str]
    current: RankingRun | None

    @property
    def run(self) -> RankingRun:
        return self.view.run

    @property
    def file(self) -> CallFile:
        return self.call.file

    def rows(self, status: str) -> list[ResultRow]:
        return [row for row in self.view.rows if row.status == status]


def briefing_note(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> MadeFile:
    """The note as a PDF; the same state gives the same bytes. Raises NotFound before anything is proposed."""
    found = _briefing(session, actor, call)
    content = render_minutes(_note(found))
    return _handed_out(session, actor, found, MadeFile(f"{call.id}-note-a-l-autorite.pdf", PDF, content), now)


def briefing_table(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> MadeFile:
    """The table as a workbook; the same state gives the same bytes. Raises NotFound before anything is proposed."""
    found = _briefing(session, actor, call)
    content = briefing_workbook(_table(found))
    return _handed_out(session, actor, found, MadeFile(f"{call.id}-arbitrage.xlsx", XLSX, content), now)


def _handed_out(session: Session, actor: Actor, found: _Briefing, made: MadeFile, now: datetime) -> MadeFile:
    after = {"file": made.name, "run": found.run.number}
    record(session, actor, "briefing.downloaded", found.call.record, now=now, after=after)
    return made


def _briefing(session: Session, actor: Actor, call: OpenedCall) -> _Briefing:
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    authority = arbitration(session, actor=actor, call=call)
    if authority.proposed is None:
        raise NotFound("ranking_run", call.id)
    view = authority.proposed
    return _Briefing(
        call=call,
        view=view,
        jury=jury_lines(session, actor=actor, call=call),
        authority=authority,
        flags=_flags(session, actor, call, view),
        regions=_regions(call.file, view),
        current=latest_run(session, call.id),
    )


# --- what asks for attention ------------------------------------------------------------------------------------------


def _flags(session: Session, actor: Actor, call: OpenedCall, view: RunView) -> dict[str, tuple[str, ...]]:
    """What asks for attention, by the reference of the dossier; of a masked one nothing."""
    found: dict[str, list[str]] = defaultdict(list)
    given = replace(
        run_content(view.run).given, call=call.file
    )  # a bundle's call file says nothing of how reviews are done
    for name, doubt in doubts(given).items():
        for words, there in (
            ("écart entre évaluateurs", doubt.reached),
            ("contesté par la correction", doubt.contested),
            ("évaluateur aux notes dispersées", doubt.erratic),
        ):
            if there:
                found[name].append(words)
    hidden = recused_dossiers(session, actor, call.id)
    waived = session.exec(
        select(Application.id, Application.reference)
        .where(Waiver.application_id == Application.id, Waiver.call_id == call.id)
        .distinct()
        .order_by(col(Application.reference))
    )
    for application_id, reference in waived:
        if application_id not in hidden:
            found[reference].append("point levé sans examen")
    for row in view.rows:
        share = row.selection_probability
        if share is not None and not row.masked and _NEAR_LINE[0] <= share <= _NEAR_LINE[1]:
            found[row.application_id].append(f"près de la ligne ({french.percent(share, 0)} des tirages)")
    shown = {row.application_id for row in view.rows if not row.masked}
    return {name: tuple(flags) for name, flags in found.items() if name in shown}


def _regions(file: CallFile, view: RunView) -> dict[str, str]:
    """The region of each dossier that the actor may know, as the call names it; else its commune."""
    found = {}
    for one in run_content(view.run).given.applications:
        if one.id not in view.masked:
            values = [value_label(file, "region", value) for value in one.attributes.get("region", ())]
            found[one.id] = french.listed(values) or view.places.get(one.id, "")
    return found


# --- the note ---------------------------------------------------------------------------------------------------------


def _note(found: _Briefing) -> MinutesView:
    sender = sender_of(found.file)
    made = french.day(paris(found.run.created_at).date())
    return MinutesView(
        title="Note à l’autorité",
        call_title=french.spaced(found.call.record.title),
        reference=found.file.call.reference or found.call.id,
        sender=sender,
        held_on=paris(found.run.created_at).date(),
        opened_with=(
            f"Ce que le jury propose (classement n°{french.NBSP}{french.number(found.run.number)}, calculé le {made}), "
            "avant que l’autorité décide."
        ),
        body=(
            Heading("L’essentiel"),
            MinutesTable(
                (PaperColumn("Quoi", 62), PaperColumn("Combien")),
                tuple((Cell(label), Cell(value)) for label, value in _essentials(found)),
            ),
            *_rules(found.file),
            *arbitration_parts(found.authority),
            *_after(found),
            *_laureates(found),
            *jury_parts(found.file.rubric, found.jury),
            *_quotas(found),
            *waiting_parts(found.file, found.view.rows),
            *_unproven(found),
        ),
        fingerprint=found.run.result_hash,
    )


def _essentials(found: _Briefing) -> list[tuple[str, str]]:
    """Label and value of what fits on one page."""
    report, rows = found.view.report, found.view.rows
    budget, granted = report["budget"]["limit"], french.euros(round(report["budget"]["granted"] * 100))
    most = found.file.selection.laureates
    of = f" sur {french.number(most)} au plus" if most is not None else ""
    counts = [(status, sum(row.status == status for row in rows)) for status in STATUS_WORDS]
    decided = found.file.call.decision_by
    return [
        ("Clôture du dépôt", french.moment(paris(found.call.record.closes_at))),
        *([("Décision annoncée pour le", french.day(decided))] if decided else []),
        ("Dossiers déposés", french.number(len(rows))),
        *(("Lauréats", french.number(count) + of) if status == "laureate" else (STATUS_WORDS[status], french.number(count))
          for status, count in counts if count),
        ("Montant attribué", granted + (f" sur {french.euros(round(budget * 100))}" if budget is not None else "")),
        ("Décisions du jury", french.number(len(found.jury))),
        ("Sélection prouvée la meilleure", "oui" if report.get("proven_optimal", True) else "non"),
    ]  # fmt: skip


def _after(found: _Briefing) -> list[PaperPart]:
    """The run computed since with the authority's decisions."""
    run = found.current
    if run is None or not found.authority.lines:
        return []
    if run.number == found.run.number:
        return [Paragraph("Le classement n’a pas encore été recalculé avec ces décisions.")]
    granted = french.euros(round(run.report["budget"]["granted"] * 100))
    return [
        Paragraph(
            f"Classement n°{french.NBSP}{french.number(run.number)}, recalculé avec ces décisions{french.NBSP}: "
            f"{french.count(run.report['counts']['laureate'], 'lauréat')} pour {granted}."
        )
    ]


def _laureates(found: _Briefing) -> list[PaperPart]:
    columns = (
        PaperColumn("Rang", 12, figure=True), DOSSIER_COLUMN, PaperColumn("Association et région"),
        PaperColumn("Note", 15, figure=True), PaperColumn("Montant", 25, figure=True), PaperColumn("Points d’attention", 38),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(french.number(row.rank or 0)),
            Cell(row.application_id),
            Cell(row.association, found.regions.get(row.application_id, "")),
            Cell(score_words(found.file, row)),
            Cell("–" if row.masked else french.euros(row.granted_amount or 0)),
            Cell(french.listed(found.flags.get(row.application_id, ())) or "–"),
        )
        for row in found.rows("laureate")
    )
    return [Heading("Lauréats proposés"), MinutesTable(columns, rows, empty="Aucun lauréat.")]


def _quota_rows(found: _Briefing) -> list[QuotaRow]:
    """What each rule of balance asks, and what the selection gives it (money only where no line is masked)."""
    quotas = {one.id: one for one in rules_of(found.file).quotas}
    order = {name: place for place, name in enumerate(quotas)}
    rows: list[tuple[int, QuotaRow]] = []
    for entry in found.view.report.get("quotas", ()):
        quota = quotas.get(entry["id"])
        title = french.spaced(quota.title if quota and quota.title else entry["id"])
        value = entry.get("value") or ""
        if value:
            named = value_label(found.file, quota.each, value) if quota and quota.each else value
            value = f"{french.NBSP}: {named}"
        money = entry.get("achieved_amount")
        row = QuotaRow(
            title + value,
            quota_in_words(quota) if quota else "",
            entry["achieved"],
            None if money is None else round(money * 100),
        )
        rows.append((order.get(entry["id"], len(order)), row))
    return [row for _, row in sorted(rows, key=lambda one: (one[0], fold(one[1].title)))]


def _quotas(found: _Briefing) -> list[PaperPart]:
    rows = tuple(
        (
            Cell(one.title),
            Cell(one.asked),
            Cell(french.number(one.achieved), "" if one.money is None else french.euros(one.money)),
        )
        for one in _quota_rows(found)
    )
    columns = (PaperColumn("Règle"), PaperColumn("Demandé", 60), PaperColumn("Obtenu", 32, figure=True))
    return [Heading("Équilibres"), MinutesTable(columns, rows, empty="L’appel ne demande aucun équilibre.")]


def _unproven(found: _Briefing) -> list[PaperPart]:
    said = [french.spaced(text) for text in found.view.report.get("warnings", ())]
    parts = [*unproven_parts(found.run), *([Sentences(tuple(said))] if said else [])]
    nothing = Paragraph("La sélection est prouvée la meilleure selon les règles, et le calcul n’avertit de rien.")
    return [Heading("Ce qui n’est pas prouvé, ce dont le calcul avertit"), *(parts or [nothing])]


def _rules(file: CallFile) -> list[PaperPart]:
    parts: list[PaperPart] = [Heading("Les règles de la sélection")]
    for section in rules_in_words(file):
        if section.id in ("selection", "quotas", "lots") or section.id.startswith("lot-"):
            parts += [Heading(section.title, level=3), Sentences(section.sentences)]
    return parts


# --- the table --------------------------------------------------------------------------------------------------------


def _table(found: _Briefing) -> BriefingTable:
    def line(row: ResultRow) -> BriefedLine:
        return BriefedLine(
            row=row,
            project=found.view.titles.get(row.application_id, ""),
            region=found.regions.get(row.application_id, ""),
            score=row.score(found.file.scoring.method),
            flags=", ".join(found.flags.get(row.application_id, ())),
        )

    waiting = sorted(found.rows("waiting_list"), key=lambda row: row.waiting_rank or 0)
    return BriefingTable(
        title=f"Arbitrage – {found.call.record.title}",
        essentials=tuple(_essentials(found)),
        laureates=tuple(line(row) for row in found.rows("laureate")),
        waiting=tuple(line(row) for row in waiting),
        jury=tuple(
            DecidedLine(one.reference or "–", one.association, "", DECIDED[one.decision] if one.decision else "–",
                        _cents(one), None, "", one.reason, one.author)
            for one in found.jury
        ),
        authority=tuple(
            DecidedLine(
                one.reference or "–", one.association, " ".join(filter(None, (proposed_words(one), jury_words(one)))),
                decided_words(one), one.amount_after, one.amount_before,
                "" if one.effect is None else " ".join(effect_sentences(one.effect)), one.reason, one.author,
            )
            for one in found.authority.lines
        ),
        quotas=tuple(_quota_rows(found)),
        warnings=tuple(found.view.report.get("warnings", ())),
    )  # fmt: skip


def _cents(line: JuryLine) -> int | None:
    """Of an amount that the jury decided; an agreed mark is no money."""
    decided = line.decision is not None and DECIDED[line.decision] == "Autre montant"
    return int(line.amount * 100) if decided and line.amount is not None else None
