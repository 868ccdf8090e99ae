"""Open calls, and one call as everybody reads it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from aap.core.french import NBSP
from aap.records.calls import CallState
from aap.records.people import Role
from aap.services.call.calls import extend_closing
from aap.services.call.public_calls import Phase, phase_of
from tests.factories import CALL_FILE


def words(answer) -> str:
    """The page's text with plain spaces."""
    return answer.text.replace("\u00a0", " ").replace("\u202f", " ").replace("&#39;", "’")


def test_the_first_page_shows_open_upcoming_examined_and_published_calls_and_no_draft(browser, factory, clock) -> None:
    factory.call(id="brouillon", state=CallState.DRAFT)
    factory.call(id="ouvert")
    factory.call(id="examine", state=CallState.REVIEWING)
    factory.call(id="publie", state=CallState.PUBLISHED)
    factory.call(
        id="a-venir",
        text=CALL_FILE.format(
            id="a-venir",
            opens_at=(clock.now + timedelta(days=3)).isoformat(),
            closes_at=(clock.now + timedelta(days=9)).isoformat(),
        ),
    )
    page = words(browser().get("/"))
    order = ["Ouverts en ce moment", "/appels/ouvert", "À venir", "/appels/a-venir", "Clos, en cours d’examen",
             "/appels/examine", "Résultats publiés", "/appels/publie"]  # fmt: skip
    assert [page.index(one) for one in order] == sorted(page.index(one) for one in order)
    assert "brouillon" not in page
    assert "Accessibilité : partiellement conforme" in page


def test_the_first_page_says_so_when_nothing_is_open(browser) -> None:
    assert "Aucun appel n’est ouvert en ce moment" in browser().get("/").text


def test_the_first_page_asks_the_database_once_whatever_the_number_of_calls(browser, factory, count_queries) -> None:
    for _ in range(12):
        factory.call()
    page = browser()
    page.get("/")
    with count_queries() as queries:
        page.get("/")
    assert queries.count == 1


@pytest.mark.parametrize(
    ("state", "days", "phase"),
    [
        (CallState.OPEN, -6, Phase.UPCOMING),
        (CallState.OPEN, 0, Phase.OPEN),
        (CallState.OPEN, 5, Phase.OPEN),
        (CallState.OPEN, 5.005, Phase.GRACE),
        (CallState.OPEN, 5.02, Phase.EXAMINED),
        (CallState.CLOSED, 0, Phase.EXAMINED),
        (CallState.ARBITRATED, 0, Phase.EXAMINED),
        (CallState.DECIDED, 0, Phase.EXAMINED),
        (CallState.PUBLISHED, 0, Phase.PUBLISHED),
        (CallState.ARCHIVED, 0, Phase.PUBLISHED),
    ],
)
def test_a_calls_phase_follows_its_state_and_the_clock(factory, clock, state, days: float, phase: Phase) -> None:
    call = factory.call(state)
    assert phase_of(call, clock.now + timedelta(days=days)) is phase


def test_a_call_says_for_whom_how_much_when_and_how_it_is_judged(browser, factory, count_queries) -> None:
    factory.call(id="essai")
    page = browser()
    page.get("/appels/essai")
    with count_queries() as queries:
        answer = page.get("/appels/essai")
    text = words(answer)
    for said in (
        "Les associations.",
        "100 000 € en tout, pour 2 projets au plus",
        "Clôture le 15 février 2025 à 10 h (heure de Paris)",
        "Il reste",
        "5 jours",
        "Tolérance de 15 minutes pour un dossier déjà commencé",
        "Seules les associations peuvent candidater.",
        "Chaque dossier est noté sur 2 critères.",
        "60 %",
        "Excellent",
        "2 projets au plus sont retenus.",
        "L’enveloppe est de 100 000 € au plus.",
        "appel@example.org",
        "tribunal administratif de Paris",
        "L311-3-1",
        "/appels/essai/eligibilite",
        "/association/dossiers/nouveau/essai",
    ):
        assert said in text, said
    assert queries.count <= 4


@pytest.mark.parametrize("page", ["", "/questions", "/questionnaire.pdf", "/regles.json", "/eligibilite"])
@pytest.mark.parametrize("call_id", ["brouillon", "inconnu", "é%00'", "..%2f..%2fetc"])
def test_a_draft_answers_like_a_call_that_does_not_exist(browser, factory, page: str, call_id: str) -> None:
    factory.call(id="brouillon", state=CallState.DRAFT)
    answer = browser().get(f"/appels/{call_id}{page}")
    assert (answer.status_code, "Appel d’essai" in answer.text) == (404, False)


def test_an_extended_closing_is_announced_and_every_date_follows_it(browser, factory, platform, clock) -> None:
    call = factory.call(id="essai")
    official = factory.actor(factory.person(Role.OFFICIAL))
    with platform.database.writing() as session:
        extend_closing(
            session, actor=official, call_id=call.id, closes_at=clock.now + timedelta(days=8),
            reason="Panne <b>nationale</b>", now=clock.now,
        )  # fmt: skip
    page = browser()
    answer = page.get("/appels/essai")
    text = words(answer)
    assert "Clôture reportée (annonce du 10 février 2025)" in text
    assert "prévue le 15 février 2025 à 10 h, est reportée pour tous au 18 février 2025 à 10 h" in text
    assert "Panne &lt;b&gt;nationale&lt;/b&gt;" in text
    assert "La clôture est fixée au 18 février 2025 à 10 h (heure de Paris)." in text
    assert "Sans réponse deux mois après son dépôt" in text


def test_after_the_closing_no_button_starts_a_dossier(browser, factory, clock) -> None:
    factory.call(id="essai")
    clock.move(days=5, minutes=5)
    grace = words(browser().get("/appels/essai"))
    assert "Seuls les dossiers commencés avant la clôture peuvent encore être déposés." in grace
    clock.move(minutes=20)
    for text in (grace, words(browser().get("/appels/essai"))):
        assert "/association/dossiers/nouveau/essai" not in text


def test_all_questions_can_be_read_with_what_they_accept(browser, factory) -> None:
    factory.call(id="essai")
    text = words(browser().get("/appels/essai/questions"))
    for said in ("1. Votre projet", "Titre du projet", "120 caractères au plus", "Facultatif", "2. Vos moyens",
                 "Budget du projet", "Je certifie que les informations données sont exactes."):  # fmt: skip
        assert said in text, said


def test_a_condition_is_said_with_its_question_and_answer(browser, factory, clock) -> None:
    text = CALL_FILE.format(
        id="conditions",
        opens_at=(clock.now - timedelta(days=1)).isoformat(),
        closes_at=(clock.now + timedelta(days=1)).isoformat(),
    ).replace(
        '        - {id: jeunes,',
        '        - {id: duree, label: "Quelle durée ?", type: choice, options: [{value: longue, label: "Trois ans"}, '
        '{value: courte, label: "Un an"}]}\n'
        '        - {id: suite, label: "Et ensuite ?", type: text, show_if: {question: duree, equals: longue}}\n'
        '        - {id: jeunes,',
    )  # fmt: skip
    factory.call(text=text)
    assert "Demandé si la réponse à « Quelle durée ? » est « Trois ans »." in words(
        browser().get("/appels/conditions/questions")
    )


def test_the_questionnaire_is_a_pdf(browser, factory) -> None:
    factory.call(id="essai")
    answer = browser().get("/appels/essai/questionnaire.pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")


def test_the_file_of_rules_bears_the_sealed_hash(browser, factory, platform) -> None:
    from aap.core.call.canonical import rubric_hash

    call = factory.call(id="essai")
    answer = browser().get("/appels/essai/regles.json")
    assert hashlib.sha256(answer.data).hexdigest() == rubric_hash(call.file)
    assert rubric_hash(call.file) in browser().get("/appels/essai").text


def test_the_shipped_calls_have_complete_pages(browser, factory) -> None:
    from aap.own_files import rubrics_folder

    for path in sorted(rubrics_folder().glob("*.yaml")):
        call = factory.call(text=path.read_text(), id=path.stem)
        for page in ("", "/questions", "/eligibilite"):
            assert browser().get(f"/appels/{call.id}{page}").status_code == 200
    assert f"20{NBSP}000" not in browser().get("/").text  # thousands take the narrow space


def test_communes_are_suggested_to_everybody(browser) -> None:
    page = browser()
    found = page.get("/territoires/communes?q=saint+denis")
    assert [one["label"] for one in found.json[:2]] == ["Saint-Denis (La Réunion)", "Saint-Denis (Seine-Saint-Denis)"]
    for query in ("", "é" * 5_000, "%00", "'; drop", "\U0001f600"):
        answer = page.client.get("/territoires/communes", query_string={"q": query})
        assert (answer.status_code, isinstance(answer.json, list)) == (200, True)
