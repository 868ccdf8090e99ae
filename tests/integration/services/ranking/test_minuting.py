"""The minutes tell everything that the deliberation left, as PDF and as DOCX with the same words."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from aap.core.results import MASKED
from aap.documents.papers.minutes import Heading, MinutesTable, MinutesView, Paragraph, Sentences
from aap.records.calls import Call, CallState
from aap.records.deliberations import Gate, Looking, Unfreezing
from aap.records.people import Role
from aap.records.rankings import JuryDecisionKind
from aap.services.call.calls import get_call
from aap.services.ranking import minuting
from aap.services.ranking.freezing import confirm_freeze, propose_freeze
from aap.services.ranking.minuting import minutes_pdf, minutes_text
from aap.services.steering.advancing import set_draw_seed
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.unit.documents.papers.samples import text_of
from tests.worlds.deliberations import authority_decides, computed, jury_decides, jury_sits, recused, waived
from tests.worlds.offices import Office, Offices

IN, OUT, AMOUNT = JuryDecisionKind.IN, JuryDecisionKind.OUT, JuryDecisionKind.AMOUNT


def spaced(text: str) -> str:
    """With common spaces."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def plain(text: str) -> str:
    """Without any space: lines are broken elsewhere in each file."""
    return re.sub(r"\s", "", text)


def made(here: Office, person: Any = None) -> tuple[bytes, bytes]:
    """PDF and DOCX."""
    actor, now = here.factory.actor(person or here.first), here.factory.now
    with here.factory.platform.database.writing() as session:
        call = get_call(session, here.call.id)
        values = {"actor": actor, "call": call, "now": now}
        return minutes_pdf(session, **values), minutes_text(session, **values)


def view(here: Office, person: Any = None) -> MinutesView:
    actor = here.factory.actor(person or here.first)
    with here.factory.platform.database.reading() as session:
        return minuting._view(session, actor, get_call(session, here.call.id))


def table(found: MinutesView, heading: str, number: int = 0) -> list[list[str]]:
    """The cells of a part's tables, with their details."""
    parts = list(found.parts)
    start = next(at for at, part in enumerate(parts) if isinstance(part, Heading) and part.heading == heading)
    tables = []
    for part in parts[start + 1 :]:
        if isinstance(part, Heading):
            break
        if isinstance(part, MinutesTable):
            tables.append(part)
    return [[spaced(f"{cell.text}|{cell.detail}".rstrip("|")) for cell in row] for row in tables[number].rows]


def sentences(found: MinutesView, heading: str) -> str:
    parts = list(found.parts)
    start = next(at for at, part in enumerate(parts) if isinstance(part, Heading) and part.heading == heading)
    said = []
    for part in parts[start + 1 :]:
        if isinstance(part, Heading):
            break
        said += list(part.sentences) if isinstance(part, Sentences) else []
        said += [part.paragraph] if isinstance(part, Paragraph) else []
    return spaced(" ".join(said))


def deliberated(office: Offices) -> Office:
    """Everything that minutes may tell, on four dossiers and one that is ineligible."""
    here = office()
    first, second, third, fourth, _ = here.dossiers
    juror = here.factory.person(Role.JURY, call=here.call, name="Claude Élu")
    recused(here, juror, second, "Élue de la commune du porteur.")
    waived(here, third, Gate.DIVERGENT, "Deux lectures du même budget.")
    jury_decides(here, third, AMOUNT, "Budget trop large.", 30_000)
    actor, now, database = here.factory.actor(here.first), here.factory.now, here.factory.platform.database
    with database.writing() as session:
        set_draw_seed(
            session, actor=actor, call_id=here.call.id, seed="12-34-56", source="Loto du 8 février 2025", now=now
        )
        record = session.get_one(Call, here.call.id)
        record.amounts_closed_at, record.amounts_closed_by = now, here.first.id
    proposed = computed(here)
    jury_sits(
        here, proposed, people=(None, juror, None),
        votes=(
            (first, Looking.LISTED, "laureate", (2, 0, 0), ""),
            (fourth, Looking.LISTED, "not_selected", (1, 0, 1), ""),
            (second, Looking.KEPT, "", (1, 0, 0), "Le projet double un autre."),
            (third, Looking.CHANGED, "", (2, 0, 0), "Le montant baisse."),
        ),
    )  # fmt: skip
    authority_decides(here, first, OUT, "Financé par une autre direction.")
    run = computed(here)
    with database.writing() as session:
        propose_freeze(session, actor=actor, run_id=run.id, links=PublicLinks("https://aap.example.org"), now=now)
        confirm_freeze(session, actor=here.factory.actor(here.second), run_id=run.id, now=now)
        session.add(
            Unfreezing(
                run_id=proposed.id, reason="Une pièce manquait.", proposed_by=here.first.id, proposed_at=now,
                confirmed_by=here.second.id, confirmed_at=now + timedelta(hours=1),
            )
        )  # fmt: skip
    return here


@on_both_databases
def test_the_minutes_tell_who_sat_what_was_voted_waived_changed_refused_drawn_and_frozen(office: Offices) -> None:
    here = deliberated(office)
    found = view(here)
    one, two, three, four, five = (dossier.reference for dossier in here.dossiers)
    assert sentences(found, "Séance n°\u00a01") == (
        "Le 7 février 2025, Lyon ; ouverte à 7 h et close à 10 h. Acte de nomination : Arrêté du 3 janvier 2025. "
        "Quorum : 2 membres ; 2 membres présents : il est atteint."
        " Collèges : Associations (1), Élus locaux (1) et Personnalités qualifiées (1)."
    )
    assert [row[:3] for row in table(found, "Séance n°\u00a01")] == [
        ["Dominique Juré|préside", "Préfète honoraire|Personnalités qualifiées", "Présent"],
        ["Sacha Associatif", "Président de réseau|Associations", "Absent"],
        ["Claude Élu", "Maire de Lyon|Élus locaux", "Présent"],
    ]
    criteria = next(
        part for part in found.parts if isinstance(part, MinutesTable) and part.columns[0].title == "Critère"
    )
    assert [one.title for one in criteria.columns] == ["Critère", "Part", "Notes et seuils"]
    assert table(found, "Déports") == [["Claude Élu", two, "Élue de la commune du porteur."]]
    assert table(found, "Sorties pendant la séance n°\u00a01") == [["Claude Élu", two]]
    assert table(found, "Points levés avant la délibération")[0][:3] == [
        three, "Écart entre évaluateurs au-delà de la règle", "Deux lectures du même budget.",
    ]  # fmt: skip
    assert "clos le 10 février 2025 à 10 h par" in sentences(found, "Points levés avant la délibération")
    assert table(found, "Listes votées en bloc") == [
        ["Lauréat", f"1 dossier|{one}", "2 pour, 0 contre, 0 abstention"],
        ["Non retenu", f"1 dossier|{four}", "1 pour, 0 contre, 1 abstention"],
    ]
    assert [[row[0], *row[2:]] for row in table(found, "Dossiers examinés un par un")] == [
        [two, "Proposition gardée|appelé par Claude Élu", "1 pour, 0 contre, 0 abstention", "Le projet double un autre."],
        [three, "Proposition changée", "2 pour, 0 contre, 0 abstention", "Le montant baisse."],
    ]  # fmt: skip
    assert [[row[0], *row[2:]] for row in table(found, "Décisions du jury")] == [
        [three, "Autre montant|30 000 €", "Budget trop large.", f"{here.first.name}|10 février 2025"]
    ]
    assert [[row[0], row[3], row[4]] for row in table(found, "Arbitrage de l’autorité")] == [
        [one, "Financé par une autre direction.", f"{here.second.name}|10 février 2025"]
    ]
    assert f"Entre : {two}. Sort : {one}." in sentences(found, "Arbitrage de l’autorité")
    assert [row[1] for row in table(found, "Lauréats")] == [two, three]
    assert [row[2] for row in table(found, "Liste d’attente")] == [four]
    assert table(found, "Refus, règle par règle") == [
        ["Écarté par décision du jury ou de l’autorité", "1", one], ["Irrecevable", "1", five],
    ]  # fmt: skip
    assert sentences(found, "Tirage au sort") == (
        "Graine du tirage au sort : 12-34-56, notée le 10 février 2025 à 10 h. "
        "Événement qui l’a donnée : Loto du 8 février 2025."
    )
    assert sentences(found, "Arrêt du classement") == (
        f"Proposé par {here.first.name}, le 10 février 2025 à 10 h. "
        f"Confirmé par {here.second.name}, une autre personne, le 10 février 2025 à 10 h, version 1."
    )
    assert table(found, "Arrêt du classement")[0][1:3] == [
        "Une pièce manquait.",
        f"{here.first.name} puis {here.second.name}",
    ]
    names = [row[0] for row in table(found, "Empreintes")]
    assert names == ["Grille et règles scellées", "Données d’entrée du calcul", "Résultat", "Archive de vérification",
                     "Journal, dernière ligne à l’arrêt"]  # fmt: skip
    assert all(re.fullmatch("[0-9a-f]{64}", row[1]) for row in table(found, "Empreintes"))
    assert (found.place, found.held_on.isoformat(), found.signatories[0].name) == (
        "Lyon",
        "2025-02-07",
        "Dominique Juré",
    )


def texts(found: MinutesView) -> Iterator[str]:
    """Every text of the model, in its order."""
    sender = found.sender
    yield from filter(None, (sender.authority, sender.service, sender.address, sender.contact))
    yield from (found.title, found.call_title)
    yield from found.standing.sentences if found.standing else ()
    yield found.opening
    for part in found.parts:
        match part:
            case Heading():
                yield part.heading
            case Paragraph():
                yield part.paragraph
            case Sentences():
                yield from part.sentences
            case MinutesTable():
                yield from (column.title for column in part.columns) if part.rows else (part.empty,)
                for row in part.rows:
                    for cell in row:
                        yield from (cell.text, cell.detail)
    for words, code in found.notes:
        yield words + code
    for person in found.signatories:
        yield from (person.capacity, person.name)


def test_both_files_hold_the_texts_of_the_model_and_the_docx_nothing_else(office: Offices) -> None:
    here = deliberated(office)
    pdf, docx = made(here)
    said = [text for one in texts(view(here)) if (text := plain(one))]
    in_pdf = plain(text_of(pdf))
    assert [one for one in said if one not in in_pdf] == []
    body = Document(io.BytesIO(docx)).element.body
    found = [
        text for one in body.iter(qn("w:p")) if (text := plain("".join(t.text or "" for t in one.iter(qn("w:t")))))
    ]
    assert found == said


def test_the_docx_has_headings_header_rows_and_french_and_always_the_same_bytes(office: Offices) -> None:
    here = deliberated(office)
    _, docx = made(here)
    here.factory.platform.clock.move(hours=5)
    _, again = made(here)
    assert docx == again
    document = Document(io.BytesIO(docx))
    styles = [one.style.name for one in document.paragraphs]
    assert (styles.count("Heading 1"), styles.count("Heading 2") >= 12, styles.count("Heading 3") >= 6) == (
        1,
        True,
        True,
    )
    *tables, signatures = document.tables
    assert [one.rows[0]._tr.trPr.find(qn("w:tblHeader")) is None for one in tables] == [False] * len(tables)
    assert len(signatures.rows) == 1
    assert {one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))} == {"fr-FR"}
    core = document.core_properties
    assert (core.title, core.language, core.created.isoformat()[:10]) == (
        f"Procès-verbal de délibération – {here.call.record.title}", "fr-FR", "2025-02-07",
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_who_is_recused_reads_the_places_of_the_dossier_and_nothing_of_it(office: Offices) -> None:
    here = deliberated(office)
    hidden = here.dossiers[2]
    recused(here, here.first, hidden, "Ancien trésorier.")
    pdf, docx = made(here)
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        words = plain(re.sub("<[^>]+>", "", archive.read("word/document.xml").decode()))
    for text in (plain(text_of(pdf)), words):
        assert [one for one in (hidden.reference, "Budgettroplarge", "Deuxlecturesdumêmebudget", "Lemontantbaisse")
                if one in text] == []  # fmt: skip
        assert plain(MASKED) in text
    found = view(here)
    assert table(found, "Décisions du jury") == [["–", MASKED, "–", "", "–"]]
    assert [MASKED in row for row in table(found, "Points levés avant la délibération")] == [True]


def test_a_call_without_a_meeting_leaves_its_lines_to_complete(office: Offices) -> None:
    here = office(CallState.DELIBERATING)
    found = view(here)
    headings = [part.heading for part in found.parts if isinstance(part, Heading) and part.level == 2]
    assert headings == [
        "Membres du jury", "Déports", "Méthode adoptée", "Points levés avant la délibération", "Décisions du jury",
    ]  # fmt: skip
    assert "à compléter" in sentences(found, "Membres du jury")
    assert len(table(found, "Membres du jury")) == 8
    computed(here)
    assert sentences(view(here), "Tirage au sort").startswith("Aucun événement n’a donné de graine")
    assert sentences(view(here), "Arrêt du classement") == "Ce classement n’est pas arrêté."
    assert sentences(view(here), "Arbitrage de l’autorité") == (
        "L’autorité n’a rien changé à ce que le jury propose (classement n° 1)."
    )
