"""The minutes of the deliberation: the method that the jury adopts, what it decided, and the ranking it rests on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call.points import figure, out_of
from aap.core.call.schema import Rubric
from aap.core.call.wording import rules_in_words
from aap.core.delays import paris
from aap.core.results import MASKED, ResultRow
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import STATUS_WORDS, Cell, PaperColumn, log_witness
from aap.documents.papers.minutes import (
    Attendee,
    Heading,
    MinutesTable,
    MinutesView,
    Paragraph,
    Sentences,
    render_minutes,
)
from aap.records.applications import Application
from aap.records.people import Person, Role, RoleGrant
from aap.records.rankings import JuryDecisionKind, RankingRun
from aap.records.reviews import Consensus, Recusal
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.permissions import Permission, ensure
from aap.services.ranking.freezing import is_unproven
from aap.services.ranking.jury import JuryLine, jury_lines
from aap.services.ranking.runs import latest_run, view_run
from aap.services.ranking.versions import run_standing
from aap.services.recusals import recusal_stands

_DECIDED: Mapping[JuryDecisionKind, str] = {
    JuryDecisionKind.IN: "Retenu",
    JuryDecisionKind.OUT: "Écarté",
    JuryDecisionKind.AMOUNT: "Autre montant",
    JuryDecisionKind.WITHDRAWN: "Retrait",
    JuryDecisionKind.DECLINED: "Désistement",
    JuryDecisionKind.CONSENSUS: "Note de consensus",
}
_ADOPTED = ("rubric", "scoring", "selection", "quotas")
"""The sections of the rules (`core.call.wording`) that the jury adopts as its method."""


@dataclass(frozen=True)
class _Agreed:
    """A mark of consensus, with who agreed on it and who did not. `total` None: who downloads is recused of the dossier."""

    reference: str
    total: Decimal | None
    reason: str
    attendees: Sequence[str]
    dissent: str


@dataclass(frozen=True)
class _Recused:
    """A recusal; without person and reason where who downloads is recused of the dossier too."""

    person: str
    reference: str
    reason: str


def minutes_pdf(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> bytes:
    """The minutes as a PDF to complete by hand (who was there) and to sign; the same state gives the same bytes.

    Lines about a dossier of which the official is recused keep their place and lose their content, as everywhere.
    """
    content, counted = lay_out_minutes(session, actor=actor, call=call)
    record(session, actor, "minutes.downloaded", call.record, now=now, after=counted)
    return content


def lay_out_minutes(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[bytes, Mapping[str, Any]]:
    """The minutes as this actor may read them, and what the log says of them. Nothing is logged."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    lines = jury_lines(session, actor=actor, call=call)
    run = latest_run(session, call.id)
    rows: Sequence[ResultRow] = view_run(session, run, actor=actor).rows if run else ()
    hidden = recused_dossiers(session, actor, call.id)
    agreed = _agreed(session, call.id, hidden)
    view = _view(call, lines, agreed, run, rows, _recusals(session, call.id, hidden), _members(session, call.id))
    if run is not None:
        view = dataclasses.replace(view, standing=run_standing(session, run))
    return render_minutes(view), {"decisions": len(lines), "run": run.number if run else None}


def _agreed(session: Session, call_id: str, hidden: frozenset[str]) -> list[_Agreed]:
    found = session.exec(
        select(Consensus, Application)
        .where(
            Consensus.application_id == Application.id,
            Application.call_id == call_id,
            col(Consensus.decided_at).is_not(None),
        )
        .order_by(col(Application.reference))
    )
    return [
        _Agreed(MASKED, None, "", (), "")
        if application.id in hidden
        else _Agreed(application.reference, held.total, held.reason, held.attendees, held.dissent)
        for held, application in found
        if held.total is not None
    ]


def _recusals(session: Session, call_id: str, hidden: frozenset[str]) -> list[_Recused]:
    found = session.exec(
        select(Application.id, Person.name, Application.reference, Recusal.reason)
        .where(
            Recusal.person_id == Person.id,
            Recusal.application_id == Application.id,
            Application.call_id == call_id,
            recusal_stands(),
        )
        .order_by(col(Application.reference), col(Person.name), col(Recusal.id))
    )
    return [_Recused("–", MASKED, "") if application_id in hidden else _Recused(*row) for application_id, *row in found]


def _members(session: Session, call_id: str) -> list[str]:
    """Names of the jury, by name: who has the role in this call."""
    found = select(Person.name).where(
        RoleGrant.person_id == Person.id, RoleGrant.role == Role.JURY, RoleGrant.call_id == call_id
    )
    return list(session.exec(found.order_by(col(Person.name), col(Person.id))))


def _view(
    call: OpenedCall,
    lines: Sequence[JuryLine],
    agreed: Sequence[_Agreed],
    run: RankingRun | None,
    rows: Sequence[ResultRow],
    recusals: Sequence[_Recused],
    members: Sequence[str],
) -> MinutesView:
    sender = sender_of(call.file)
    return MinutesView(
        title="Procès-verbal de délibération",
        call_title=french.spaced(call.record.title),
        reference=call.file.call.reference or call.id,
        sender=sender,
        held_on=_held_on(call, lines, run),
        place=sender.city,
        body=(
            *_attendance(recusals, members),
            *_method(call),
            *_decisions(call.file.rubric, lines),
            *_agreements(call.file.rubric, agreed),
            *(_ranking(call, run, rows) if run else ()),
        ),
        signatories=(Attendee("", "Présidence du jury"), Attendee("", "Secrétariat de séance")),
        fingerprint=run.result_hash if run else "",
        witness=log_witness(run.audit_lines, run.audit_head) if run else "",
    )


def _held_on(call: OpenedCall, lines: Sequence[JuryLine], run: RankingRun | None) -> date:
    """The day of the last thing that the minutes tell."""
    moments = [line.at for line in lines] + ([run.created_at] if run else [])
    return paris(max(moments, default=call.record.closes_at)).date()


_LINES_OF_MEMBERS, _LINES_TO_ADD = 8, 2

Part = Heading | Paragraph | Sentences | MinutesTable


def _attendance(recusals: Sequence[_Recused], members: Sequence[str]) -> list[Part]:
    """The jury as the roles name it, with lines left for who is added by hand."""
    names = [*members, *["\u00a0"] * max(_LINES_OF_MEMBERS - len(members), _LINES_TO_ADD)]
    blank = tuple((Cell(name), *(Cell("\u00a0") for _ in range(3))) for name in names)
    columns = (
        PaperColumn("Nom"),
        PaperColumn("Qualité ou collège"),
        PaperColumn("Présence", 30),
        PaperColumn("Signature", 40),
    )
    return [
        Heading("Membres du jury"),
        Paragraph("Acte de nomination et quorum, à compléter :"),
        MinutesTable(columns, blank),
        Heading("Déports"),
        Paragraph("Les personnes déportées n’ont ni lu, ni noté, ni débattu le dossier nommé en face."),
        MinutesTable(
            (PaperColumn("Personne", 50), PaperColumn("Dossier", 39, reference=True), PaperColumn("Motif")),
            tuple((Cell(one.person), Cell(one.reference), Cell(french.spaced(one.reason))) for one in recusals),
            empty="Aucun déport.",
        ),
    ]


def _method(call: OpenedCall) -> list[Part]:
    parts: list[Part] = [
        Heading("Méthode adoptée"),
        Paragraph(
            "Le jury est saisi de tous les dossiers. Il adopte la méthode publiée avant l’ouverture de l’appel, "
            "qui prépare sa délibération :"
        ),
    ]
    for section in rules_in_words(call.file):
        if section.id in _ADOPTED:
            parts.append(Paragraph(f"{section.title}{french.NBSP}:"))
            parts.append(Sentences(section.sentences))
    return parts


def _decisions(rubric: Rubric, lines: Sequence[JuryLine]) -> list[Part]:
    def what(line: JuryLine) -> Cell:
        amount = ""
        if line.amount is not None:
            consensus = line.decision is JuryDecisionKind.CONSENSUS
            amount = (
                f"{figure(line.amount, rubric, 2)} {out_of(rubric)}"
                if consensus
                else french.euros(int(line.amount * 100))
            )
        return Cell(_DECIDED[line.decision] if line.decision else "–", amount)

    return [
        Heading("Décisions du jury"),
        MinutesTable(
            (
                PaperColumn("Dossier", 39, reference=True),
                PaperColumn("Association", 44),
                PaperColumn("Décision", 30),
                PaperColumn("Motif"),
            ),
            tuple(
                (Cell(line.reference or "–"), Cell(line.association), what(line), Cell(french.spaced(line.reason)))
                for line in lines
            ),
            empty="Le jury n’a modifié aucun résultat du classement.",
        ),
    ]


def _agreements(rubric: Rubric, agreed: Sequence[_Agreed]) -> list[Part]:
    """Nothing where no dossier went to a consensus."""
    if not agreed:
        return []
    return [
        Heading("Notes de consensus"),
        Paragraph("Ces notes remplacent la moyenne des évaluations, qui restent au dossier."),
        MinutesTable(
            (
                PaperColumn("Dossier", 39, reference=True),
                PaperColumn("Note", 24),
                PaperColumn("Présents", 44),
                PaperColumn("Motif et réserves"),
            ),
            tuple(
                (
                    Cell(one.reference),
                    Cell("–" if one.total is None else f"{figure(one.total, rubric, 2)} {out_of(rubric)}"),
                    Cell(french.listed(one.attendees)),
                    Cell(french.spaced(one.reason), french.spaced(one.dissent)),
                )
                for one in agreed
            ),
        ),
    ]


def _unproven(run: RankingRun) -> list[Part]:
    """What the selection lacks in proof, and why it was frozen all the same; nothing where it is the best."""
    if not is_unproven(run):
        return []
    sentence = "Le calcul s’est arrêté avant d’avoir prouvé qu’aucune autre sélection ne fait mieux"
    if gap := run.report.get("gap"):
        least = Decimal(str(gap))
        points = f"{french.plain(least)}{french.NBSP}{'points' if french.is_plural(least) else 'point'}"
        sentence += f"{french.NBSP}: il pourrait manquer jusqu’à {points} à la somme des notes"
    parts: list[Part] = [Paragraph(f"{sentence}.")]
    if run.unproven_reason:
        parts.append(
            Paragraph(f"Motif pour lequel il est arrêté sans cette preuve{french.NBSP}: {run.unproven_reason}")
        )
    return parts


def _ranking(call: OpenedCall, run: RankingRun, rows: Sequence[ResultRow]) -> list[Part]:
    granted = round(run.report["budget"]["granted"] * 100)
    counts = Counter(row.status for row in rows)
    at = french.moment(paris(run.created_at))
    sentence = (
        f"Classement n°{french.NBSP}{run.number}, calculé le {at}. Il retient "
        f"{french.count(counts['laureate'], 'lauréat')} pour {french.euros(granted)}."
    )
    return [
        Heading("Classement soumis au jury"),
        Paragraph(sentence),
        *_unproven(run),
        MinutesTable(
            (PaperColumn("Résultat"), PaperColumn("Dossiers", 30, figure=True)),
            tuple((Cell(word), Cell(french.number(counts[status]))) for status, word in STATUS_WORDS.items()
                  if counts[status]),
        ),
        Heading("Lauréats"),
        MinutesTable(
            (PaperColumn("Rang", 14, figure=True), PaperColumn("Dossier", 39, reference=True), PaperColumn("Association"),
             PaperColumn("Note", 18, figure=True), PaperColumn("Attribué", 28, figure=True)),
            tuple(
                (
                    Cell(french.number(row.rank or 0)),
                    Cell(row.application_id),
                    Cell(row.association),
                    Cell("–" if (score := row.score(call.file.scoring.method)) is None else figure(score, call.file.rubric, 2)),
                    Cell("–" if row.masked else french.euros(row.granted_amount or 0)),
                )
                for row in rows
                if row.status == "laureate"
            ),
            empty="Aucun lauréat.",
        ),
    ]  # fmt: skip
