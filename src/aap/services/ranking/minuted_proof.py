"""What proves the minutes: the draw's seed and its event, who froze what when, the fingerprints."""

from __future__ import annotations

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.delays import paris
from aap.documents.papers.lists import Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, PaperPart, Paragraph, Sentences
from aap.records.deliberations import Unfreezing
from aap.records.people import Person
from aap.records.rankings import RankingRun, RunState
from aap.services.actor import person_name
from aap.services.call.calls import OpenedCall
from aap.services.ranking.runs import bundle_hash


def seed_parts(call: OpenedCall, run: RankingRun) -> list[PaperPart]:
    """The seed of the run, and the event that gave it."""
    held = call.record
    if not held.draw_seed:
        return [
            Heading("Tirage au sort"),
            Paragraph(
                "Aucun événement n’a donné de graine au tirage au sort des égalités parfaites"
                f"{french.NBSP}: l’empreinte de la grille en tient lieu."
            ),
        ]
    noted = f", notée le {french.moment(paris(held.draw_seed_at))}" if held.draw_seed_at else ""
    sentences = [
        f"Graine du tirage au sort{french.NBSP}: {held.draw_seed}{noted}.",
        f"Événement qui l’a donnée{french.NBSP}: {french.closed(french.spaced(held.draw_source or 'à compléter'))}",
    ]
    if run.report.get("draw_seed") != held.draw_seed:
        sentences.append("Le classement ci-dessus a été calculé avec une autre graine.")
    return [Heading("Tirage au sort"), Sentences(tuple(sentences))]


def freeze_parts(session: Session, run: RankingRun) -> list[PaperPart]:
    """Who froze the run, both persons, and the steps back that two persons took. At most four queries."""
    sentences = []
    if run.proposed_at and run.proposed_by:
        who = person_name(session, run.proposed_by)
        sentences.append(f"Proposé par {who}, le {french.moment(paris(run.proposed_at))}.")
    if run.frozen_at and run.frozen_by:
        who, at = person_name(session, run.frozen_by), french.moment(paris(run.frozen_at))
        version = "" if run.frozen_version is None else f", version {french.number(run.frozen_version)}"
        sentences.append(f"Confirmé par {who}, une autre personne, le {at}{version}.")
    if run.state != RunState.FROZEN:
        sentences.append("Ce classement n’est pas arrêté.")
    parts: list[PaperPart] = [Heading("Arrêt du classement"), Sentences(tuple(sentences))]
    steps = session.exec(
        select(Unfreezing, RankingRun)
        .where(
            Unfreezing.run_id == RankingRun.id,
            RankingRun.call_id == run.call_id,
            col(Unfreezing.confirmed_at).is_not(None),
        )
        .order_by(col(Unfreezing.confirmed_at), col(Unfreezing.id))
    ).all()
    if steps:
        people = {one for step, _ in steps for one in (step.proposed_by, step.confirmed_by)}
        names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
        rows = tuple(
            (
                Cell(f"Classement n°{french.NBSP}{back.number}"),
                Cell(french.spaced(step.reason)),
                Cell(f"{names.get(step.proposed_by, '')} puis {names.get(step.confirmed_by or '', '')}"),
                Cell("" if step.confirmed_at is None else french.moment(paris(step.confirmed_at))),
            )
            for step, back in steps
        )
        columns = (PaperColumn("Arrêt repris", 34), PaperColumn("Motif"), PaperColumn("Par", 48), PaperColumn("Le", 38))
        parts.append(MinutesTable(columns, rows))
    return parts


def fingerprint_parts(run: RankingRun) -> list[PaperPart]:
    """Fingerprints (SHA-256) of what the result rests on, and of the result."""
    found = [
        ("Grille et règles scellées", run.rubric_hash),
        ("Données d’entrée du calcul", str(run.report.get("inputs_hash", ""))),
        ("Résultat", run.result_hash),
        ("Archive de vérification", bundle_hash(run)),
        *([("Journal, dernière ligne à l’arrêt", run.audit_head)] if run.audit_head else []),
    ]
    return [
        Heading("Empreintes"),
        Paragraph(
            "L’archive de vérification permet à qui la détient de refaire le calcul et de retrouver ces empreintes."
        ),
        MinutesTable(
            (PaperColumn("De quoi", 52), PaperColumn("SHA-256", reference=True)),
            tuple((Cell(name), Cell(code)) for name, code in found),
        ),
    ]
