"""The briefing: one note and one table of what the jury proposes, with what is doubtful and what the authority changed."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from aap.core.results import MASKED
from aap.records.deliberations import Gate
from aap.records.people import Person
from aap.records.rankings import JuryDecisionKind
from aap.records.reviews import Reviewer, SetAside
from aap.services.call.calls import get_call
from aap.services.errors import NotFound
from aap.services.ranking.briefing import briefing_note, briefing_table
from tests.databases import on_both_databases
from tests.unit.documents.papers.samples import text_of
from tests.worlds.deliberations import authority_decides, computed, jury_decides, jury_sits, recused, waived
from tests.worlds.offices import LETTERS, Office, Offices, review

OUT, AMOUNT = JuryDecisionKind.OUT, JuryDecisionKind.AMOUNT


def proposed(office: Offices) -> Office:
    """The jury cuts an amount, and one gate was passed."""
    here = office()
    jury_decides(here, here.dossiers[2], AMOUNT, "Budget trop large.", 30_000)
    waived(here, here.dossiers[2], Gate.DIVERGENT, "Relu.")
    jury_sits(here, computed(here, draws=60))
    return here


def made(here: Office, person: Any = None) -> tuple[str, dict[str, list[list[Any]]], bytes]:
    """The note's text, the table's sheets, and the note."""
    actor, now = here.factory.actor(person or here.first), here.factory.now
    with here.factory.platform.database.writing() as session:
        call = get_call(session, here.call.id)
        note = briefing_note(session, actor=actor, call=call, now=now)
        table = briefing_table(session, actor=actor, call=call, now=now)
        again = briefing_table(session, actor=actor, call=call, now=now)
    assert table == again
    book = openpyxl.load_workbook(io.BytesIO(table.content))
    sheets = {
        name: [list(row) for row in book[name].iter_rows(min_row=2, values_only=True)] for name in book.sheetnames
    }
    book.close()
    return " ".join(text_of(note.content).replace("\u202f", " ").replace("\u00a0", " ").split()), sheets, note.content


@on_both_databases
def test_the_authority_reads_what_is_proposed_what_the_jury_changed_and_what_asks_for_attention(
    office: Offices,
) -> None:
    here = proposed(office)
    note, sheets, _ = made(here)
    one, two, three, four, _ = (dossier.reference for dossier in here.dossiers)
    for words in (
        "Note à l’autorité", "Ce que le jury propose (classement n° 1", "Lauréats 2 sur 2 au plus", "70 000 € sur 100 000 €",
        "Auvergne-Rhône-Alpes", "Occitanie", "point levé sans examen", "Budget trop large.", "Le Sud", "au moins 1 lauréat",
        "Liste d’attente", "L’autorité n’a rien changé", "Sélection prouvée la meilleure oui",
    ):  # fmt: skip
        assert words in note, words
    assert list(sheets) == [
        "Lauréats proposés", "Liste d’attente", "Décisions du jury", "Arbitrage", "Équilibres", "L’essentiel",
    ]  # fmt: skip
    laureates = sheets["Lauréats proposés"]
    assert [(row[0], row[1], row[4], row[7]) for row in laureates] == [
        (1, one, "Auvergne-Rhône-Alpes", 40_000), (3, three, "Occitanie", 30_000),
    ]  # fmt: skip
    assert "point levé sans examen" in laureates[1][9]
    assert [row[2] for row in sheets["Liste d’attente"]] == [two, four]
    assert [(row[0], row[2], row[3], row[4]) for row in sheets["Décisions du jury"]] == [
        (three, "Autre montant", 30_000, "Budget trop large.")
    ]
    assert sheets["Arbitrage"] == []
    assert [row[2:] for row in sheets["Équilibres"] if row[0] == "Le Sud"] == [[1, None]]


@on_both_databases
def test_after_the_arbitration_both_say_what_the_authority_changed(office: Offices) -> None:
    here = proposed(office)
    one, two, *_ = (dossier.reference for dossier in here.dossiers)
    authority_decides(here, here.dossiers[0], OUT, "Hors sujet.")
    note, sheets, _ = made(here)
    assert "Le classement n’a pas encore été recalculé avec ces décisions." in note
    computed(here)
    note, sheets, _ = made(here)
    for words in (
        "Hors sujet.",
        f"Entre : {two}.",
        f"Sort : {one}.",
        "Classement n° 2, recalculé avec ces décisions",
        here.second.name,
    ):
        assert words in note, words
    assert [[row[0], *row[2:]] for row in sheets["Arbitrage"]] == [
        [one, "Lauréat, 40\u202f000\u00a0€", "Écarté", 40_000, None, f"Entre\u00a0: {two}. Sort\u00a0: {one}.", "Hors sujet.",
         here.second.name]
    ]  # fmt: skip
    assert [row[1] for row in sheets["Lauréats proposés"]] == [one, here.dossiers[2].reference]


def disputed(office: Offices) -> tuple[Office, Person]:
    """The first dossier has a third review, far below the others; and who wrote it."""
    here = office(more=LETTERS + "reviewing: {divergence: {overall: 20}}\n")
    third = here.factory.person()
    with here.factory.platform.database.writing() as session:
        session.add(Reviewer(call_id=here.call.id, person_id=third.id, code="R99", created_at=here.factory.now))
    review(here.factory, here.dossiers[0], third, (2.0, 2.0))
    return here, third


def test_reviews_that_differ_beyond_the_rule_and_those_near_the_line_are_flagged(office: Offices) -> None:
    here, _ = disputed(office)
    jury_sits(here, computed(here, draws=60))
    _, sheets, _ = made(here)
    flags = {row[1]: row[9] or "" for row in sheets["Lauréats proposés"]}
    flags |= {row[2]: row[9] or "" for row in sheets["Liste d’attente"]}
    shares = {row[1]: row[8] for row in sheets["Lauréats proposés"]}
    assert ["écart entre évaluateurs" in flags[one.reference] for one in here.dossiers[:4]] == [
        True,
        False,
        False,
        False,
    ]
    near = {name for name, said in flags.items() if "près de la ligne" in said}
    assert {name for name, share in shares.items() if share is not None and 0.2 <= share <= 0.8} <= near


def test_a_review_that_was_set_aside_asks_for_no_attention_as_at_the_gates(office: Offices) -> None:
    here, third = disputed(office)
    with here.factory.platform.database.writing() as session:
        session.add(
            SetAside(
                call_id=here.call.id, person_id=third.id, ground="rule", reason="Règle 4.", proposed_by=here.first.id,
                proposed_at=here.factory.now, confirmed_by=here.second.id, confirmed_at=here.factory.now,
            )
        )  # fmt: skip
    jury_sits(here, computed(here))
    note, sheets, _ = made(here)
    assert [one for one in (note, str(sheets)) if "écart entre évaluateurs" in one] == []


def test_who_is_recused_reads_the_place_of_the_dossier_only(office: Offices) -> None:
    here = proposed(office)
    authority_decides(here, here.dossiers[0], OUT, "Hors sujet.")
    recused(here, here.first, here.dossiers[0], "Ancien salarié.")
    recused(here, here.first, here.dossiers[2], "Ancien salarié.")
    note, sheets, _ = made(here)
    every = f"{note} {sheets}"
    hidden = [one for dossier in (here.dossiers[0], here.dossiers[2]) for one in (dossier.reference, dossier.title)]
    assert [one for one in (*hidden, "Hors sujet", "Budget trop large", "point levé") if one in every] == []
    assert [row[2] for row in sheets["Lauréats proposés"]] == [MASKED, MASKED]


def test_nothing_is_proposed_before_a_ranking_is_computed(office: Offices) -> None:
    with pytest.raises(NotFound):
        made(office())
