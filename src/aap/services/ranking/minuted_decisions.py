"""What the minutes say that persons decided: gates passed, reviews set aside, the jury's changes, the authority's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call.points import figure, out_of
from aap.core.call.schema import Rubric
from aap.core.delays import paris
from aap.core.results import MASKED
from aap.core.scoring.marking import title_of
from aap.documents.papers.lists import DOSSIER_COLUMN, STATUS_WORDS, Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, PaperPart, Paragraph, Sentences
from aap.records.applications import Application
from aap.records.deliberations import Gate
from aap.records.people import Person
from aap.records.rankings import JuryDecisionKind
from aap.records.reviews import Consensus, Reviewer
from aap.services.actor import Actor, person_name
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers, recused_references
from aap.services.dossier.counted import set_aside_of
from aap.services.dossier.discussed import ReviewChange, changes_of
from aap.services.ranking.arbitrating import Arbitration, ArbitrationLine
from aap.services.ranking.effects import ListEffect
from aap.services.ranking.gates import waivers_of
from aap.services.ranking.jury import JuryLine

GATE_WORDS: Mapping[Gate, str] = {
    Gate.DIVERGENT: "Écart entre évaluateurs au-delà de la règle",
    Gate.CONTESTED: "Note brute et note corrigée de part et d’autre du seuil",
    Gate.ERRATIC: "Évaluateur aux notes dispersées",
}
DECIDED: Mapping[JuryDecisionKind, str] = {
    JuryDecisionKind.IN: "Retenu",
    JuryDecisionKind.OUT: "Écarté",
    JuryDecisionKind.AMOUNT: "Autre montant",
    JuryDecisionKind.WITHDRAWN: "Retrait",
    JuryDecisionKind.DECLINED: "Désistement",
    JuryDecisionKind.CONSENSUS: "Note de consensus",
}


# --- before the jury --------------------------------------------------------------------------------------------------


def waiver_parts(session: Session, *, actor: Actor, call: OpenedCall) -> list[PaperPart]:
    """The gates that the authority passed one by one, and when amounts were closed. Three queries."""
    hidden = recused_references(session, actor, call.id)
    rows = tuple(
        (Cell(MASKED), Cell("–"), Cell(""), Cell("–"))
        if one.reference in hidden
        else (
            Cell(one.reference),
            Cell(GATE_WORDS[one.gate]),
            Cell(french.spaced(one.reason)),
            Cell(one.author, french.day(paris(one.at).date())),
        )
        for one in waivers_of(session, call)
    )
    columns = (
        DOSSIER_COLUMN, PaperColumn("Point à revoir", 46), PaperColumn("Motif"),
        PaperColumn("Par", 38),
    )  # fmt: skip
    parts: list[PaperPart] = [
        Heading("Points levés avant la délibération"),
        MinutesTable(columns, rows, empty="Aucun point à revoir n’a été levé sans examen."),
    ]
    if call.record.amounts_closed_at is not None:
        by = person_name(session, call.record.amounts_closed_by)
        at = french.moment(paris(call.record.amounts_closed_at))
        parts.append(
            Paragraph(f"Les montants proposés par l’instruction ont été clos le {at}{f' par {by}' if by else ''}.")
        )
    return parts


def aside_parts(session: Session, *, actor: Actor, call_id: str) -> list[PaperPart]:
    """The reviews that two persons set aside; nothing where there are none. Five queries."""
    kept = [one for one in set_aside_of(session, call_id) if one.confirmed_at is not None]
    if not kept:
        return []
    hidden = recused_dossiers(session, actor, call_id)
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call_id)).all())
    ids = {one.application_id for one in kept if one.application_id}
    names = dict(session.exec(select(Application.id, Application.reference).where(col(Application.id).in_(ids))).all())
    people = {one for row in kept for one in (row.proposed_by, row.confirmed_by) if one}
    by = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
    rows = tuple(
        (Cell("–"), Cell(MASKED), Cell(""), Cell("–"))
        if row.application_id in hidden
        else (
            Cell(codes.get(row.person_id, "–")),
            Cell(names[row.application_id] if row.application_id else "Toutes ses évaluations"),
            Cell(french.spaced(row.reason)),
            Cell(french.listed([by.get(one or "", "") for one in (row.proposed_by, row.confirmed_by)])),
        )
        for row in kept
    )
    columns = (
        PaperColumn("Évaluateur", 24), PaperColumn("Évaluations écartées", 42), PaperColumn("Motif"), PaperColumn("Par", 44),
    )  # fmt: skip
    return [Heading("Évaluations écartées"), MinutesTable(columns, rows)]


def changed_marks(change: ReviewChange, titles: Mapping[str, str]) -> str:
    """`Qualité : 3 devenu 4 et Solidité : 2 devenu 3`. `titles`: criterion → its title."""
    told = [
        f"{titles.get(name, name)}{french.NBSP}: {french.plain(before)} devenu {french.plain(after)}"
        for name, (before, after) in change.marks.items()
    ]
    return french.listed(told) or "Commentaires seulement"


def discussion_parts(session: Session, *, actor: Actor, call: OpenedCall) -> list[PaperPart]:
    """The marks that reviewers changed after discussing a dossier, before and after, each with its reason; nothing where
    there are none. Two queries."""
    hidden = recused_dossiers(session, actor, call.id)
    titles = {one.id: title_of(one) for one in call.file.rubric.criteria}
    rows = tuple(
        (Cell(MASKED), Cell("–"), Cell(""), Cell(""))
        if one.application_id in hidden
        else (
            Cell(one.reference),
            Cell(one.code or "–", french.day(paris(one.at).date())),
            Cell(changed_marks(one, titles)),
            Cell(french.spaced(one.reason)),
        )
        for one in changes_of(session, call.id)
    )
    if not rows:
        return []
    columns = (
        DOSSIER_COLUMN, PaperColumn("Évaluateur", 34), PaperColumn("Notes avant, puis après", 54), PaperColumn("Motif"),
    )  # fmt: skip
    return [
        Heading("Notes modifiées après discussion entre évaluateurs"),
        Paragraph(
            "Chaque évaluateur avait noté seul. Le classement prend les notes modifiées ; celles d’avant restent au dossier."
        ),
        MinutesTable(columns, rows),
    ]


# --- the jury ---------------------------------------------------------------------------------------------------------


def jury_parts(rubric: Rubric, lines: Sequence[JuryLine]) -> list[PaperPart]:
    """What the jury changed, each with its reason and who noted it."""

    def what(line: JuryLine) -> Cell:
        amount = ""
        if line.amount is not None:
            consensus = line.decision is JuryDecisionKind.CONSENSUS
            amount = (
                f"{figure(line.amount, rubric, 2)} {out_of(rubric)}"
                if consensus
                else french.euros(int(line.amount * 100))
            )
        return Cell(DECIDED[line.decision] if line.decision else "–", amount)

    return [
        Heading("Décisions du jury"),
        MinutesTable(
            (
                DOSSIER_COLUMN,
                PaperColumn("Association", 40),
                PaperColumn("Décision", 28),
                PaperColumn("Motif"),
                PaperColumn("Noté par", 34),
            ),
            tuple(
                (
                    Cell(line.reference or "–"),
                    Cell(line.association),
                    what(line),
                    Cell(french.spaced(line.reason)),
                    Cell(line.author or "–", "" if line.masked else french.day(paris(line.at).date())),
                )
                for line in lines
            ),
            empty="Le jury n’a modifié aucun résultat du classement.",
        ),
    ]


def agreement_parts(session: Session, *, actor: Actor, call: OpenedCall) -> list[PaperPart]:
    """Marks of consensus, with who agreed on them and who did not; nothing where no dossier went to one. Two queries."""
    hidden = recused_dossiers(session, actor, call.id)
    rubric = call.file.rubric
    found = session.exec(
        select(Consensus, Application)
        .where(
            Consensus.application_id == Application.id,
            Application.call_id == call.id,
            col(Consensus.decided_at).is_not(None),
        )
        .order_by(col(Application.reference))
    )
    rows = tuple(
        (Cell(MASKED), Cell("–"), Cell(""), Cell(""))
        if application.id in hidden
        else (
            Cell(application.reference),
            Cell(f"{figure(held.total, rubric, 2)} {out_of(rubric)}"),
            Cell(french.listed(held.attendees)),
            Cell(french.spaced(held.reason), french.spaced(held.dissent)),
        )
        for held, application in found
        if held.total is not None
    )
    if not rows:
        return []
    columns = (
        DOSSIER_COLUMN, PaperColumn("Note", 24), PaperColumn("Présents", 44),
        PaperColumn("Motif et réserves"),
    )  # fmt: skip
    return [
        Heading("Notes de consensus"),
        Paragraph("Ces notes remplacent la moyenne des évaluations, qui restent au dossier."),
        MinutesTable(columns, rows),
    ]


# --- the authority ----------------------------------------------------------------------------------------------------


def arbitration_parts(found: Arbitration) -> list[PaperPart]:
    """What the authority changed of what the jury proposed, each with its reason and author."""
    if found.proposed is None:
        return []
    number = f"n°{french.NBSP}{french.number(found.proposed.run.number)}"
    if not found.lines:
        return [
            Heading("Arbitrage de l’autorité"),
            Paragraph(f"L’autorité n’a rien changé à ce que le jury propose (classement {number})."),
        ]
    columns = (
        DOSSIER_COLUMN, PaperColumn("Le jury proposait", 38),
        PaperColumn("L’autorité décide", 38), PaperColumn("Motif"), PaperColumn("Par", 32),
    )  # fmt: skip
    parts: list[PaperPart] = [
        Heading("Arbitrage de l’autorité"),
        Paragraph(f"Le jury proposait le classement {number}. L’autorité l’a changé ainsi{french.NBSP}:"),
        MinutesTable(columns, tuple(_arbitrated(one) for one in found.lines)),
    ]
    if found.whole is not None:
        parts += [
            Paragraph(f"Ces décisions, prises ensemble{french.NBSP}:"),
            Sentences(effect_sentences(found.whole)),
        ]
    return parts


def _arbitrated(line: ArbitrationLine) -> tuple[Cell, ...]:
    if line.masked:
        return (Cell(MASKED), Cell("–"), Cell("–"), Cell(""), Cell("–"))
    return (
        Cell(line.reference),
        Cell(proposed_words(line), jury_words(line)),
        Cell(decided_words(line), granted_words(line.amount_after)),
        Cell(french.spaced(line.reason)),
        Cell(line.author, french.day(paris(line.at).date())),
    )


def proposed_words(line: ArbitrationLine) -> str:
    """`Lauréat, 40 000 €`."""
    status = STATUS_WORDS[line.proposed.status] if line.proposed else "–"
    return status if line.amount_before is None else f"{status}, {french.euros(line.amount_before)}"


def jury_words(line: ArbitrationLine) -> str:
    """What the jury had decided on the dossier, with its reasons; empty where it changed nothing."""
    return " ".join(
        f"{DECIDED[kind]}{_in_euros(kind, amount)}{french.NBSP}: {french.closed(french.spaced(reason))}"
        for kind, amount, reason in line.jury
    )


def decided_words(line: ArbitrationLine) -> str:
    """`Retenu, autre montant (25 000 €)`."""
    text = ", ".join(f"{DECIDED[kind].lower()}{_in_euros(kind, amount)}" for kind, amount in line.decisions)
    return text[:1].upper() + text[1:]


def _in_euros(kind: JuryDecisionKind, amount: Decimal | None) -> str:
    told = amount is not None and kind is JuryDecisionKind.AMOUNT
    return f" ({french.euros(int(amount * 100))})" if told and amount is not None else ""


def granted_words(cents: int | None) -> str:
    """What the dossier is granted then."""
    return "Rien attribué" if cents is None else f"{french.euros(cents)} attribués"


def effect_sentences(effect: ListEffect) -> tuple[str, ...]:
    """Who enters, who leaves, whose amount changes, and the total."""
    if effect.changes_nothing:
        return ("Ni entrée, ni sortie, ni autre montant.",)
    colon = f"{french.NBSP}:"
    sentences = []
    if effect.enters:
        sentences.append(f"{_verb(effect.enters, 'Entre', 'Entrent')}{colon} {french.listed(effect.enters)}.")
    if effect.leaves:
        sentences.append(f"{_verb(effect.leaves, 'Sort', 'Sortent')}{colon} {french.listed(effect.leaves)}.")
    sentences += [
        f"{name}{colon} {french.euros(after)} au lieu de {french.euros(before)}."
        for name, before, after in effect.amounts
    ]
    if effect.granted is not None and effect.granted_before is not None and effect.granted != effect.granted_before:
        total = f"{french.euros(effect.granted)} au lieu de {french.euros(effect.granted_before)}"
        sentences.append(f"Montant attribué en tout{colon} {total}.")
    return tuple(sentences)


def _verb(names: Sequence[str], one: str, many: str) -> str:
    return many if len(names) > 1 else one
