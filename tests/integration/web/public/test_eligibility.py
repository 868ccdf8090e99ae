"""May my association apply? Answered without an account, carried into the dossier."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from aap.records.applications import Application
from aap.records.calls import CallState
from aap.web.filters import moment
from tests.factories import CALL_FILE
from tests.integration.web.public.test_calls import words

RULES = """
eligibility:
  - id: association
    question: "Êtes-vous une association ?"
    check: {equals: oui}
    rule: "Seules les associations peuvent candidater."
  - id: dettes
    question: "Êtes-vous à jour ?"
    check: {equals: oui}
    if_not: to_check
    rule: "Être à jour de ses cotisations."
  - id: taille
    question: "Quelle taille ?"
    type: choice
    options: [{value: petite, label: Petite}, {value: grande, label: Grande}]
    check: {equals: petite}
    rule: "Être une petite association."
  - id: jeunes
    question: "Combien de jeunes ?"
    type: number
    check: {min: 20}
    rule: "Accompagner au moins 20 jeunes."
  - id: montant
    source: request.amount
    check: {min: 1000}
    rule: "Demander au moins 1 000 €."
"""
YES = {"e.association": "oui", "e.dettes": "oui", "e.taille": "petite", "e.jeunes": "1 200"}


@pytest.fixture
def call(factory, clock):
    text = CALL_FILE.format(
        id="essai",
        opens_at=(clock.now - timedelta(days=1)).isoformat(),
        closes_at=(clock.now + timedelta(days=5)).isoformat(),
    )
    head, _sep, rest = text.partition("\neligibility:\n")
    _old, form, tail = rest.partition("form:\n")
    return factory.call(text=head + RULES + form + tail)


def check(browser, answers: dict[str, str]) -> str:
    page = browser()
    answer = page.post("/appels/essai/eligibilite", answers)
    assert (answer.status_code, answer.location) == (303, "/appels/essai/eligibilite#resultat")
    return words(page.get("/appels/essai/eligibilite"))


def test_yes_leads_to_a_dossier(browser, call) -> None:
    text = check(browser, YES)
    assert "Oui : vous pouvez répondre à cet appel" in text
    assert "/association/dossiers/nouveau/essai" in text
    assert "Demander au moins 1 000 €." in text  # what only the dossier can tell


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"e.association": "non"}, "Seules les associations peuvent candidater."),
        ({"e.taille": "grande"}, "Être une petite association."),
        ({"e.jeunes": "19,5"}, "Accompagner au moins 20 jeunes."),
    ],
)
def test_no_names_the_rule_and_starts_nothing(browser, call, change: dict[str, str], rule: str) -> None:
    text = check(browser, {**YES, **change})
    verdict = text[text.index('id="resultat"') : text.index("<form")]
    assert "Non : vous ne pouvez pas répondre à cet appel" in verdict
    assert [one for one in (rule, "Être à jour de ses cotisations.") if one in verdict] == [rule]
    assert "/association/dossiers/nouveau/essai" not in text


def test_after_a_no_the_page_says_why_whom_to_ask_and_which_other_calls_are_open(browser, factory, call) -> None:
    alone = check(browser, {**YES, "e.taille": "grande"})
    assert "Aucun autre appel n’est ouvert en ce moment." in alone
    other = factory.call(id="un-autre")
    factory.call(id="passe", state=CallState.REVIEWING)
    text = check(browser, {**YES, "e.taille": "grande", "e.jeunes": "5"})
    told = " ".join(re.sub("<[^>]+>", " ", text[text.index('id="resultat"') : text.index("<form")]).split())
    assert "2 règles de l’appel ne sont pas respectées." in told
    assert "La règle de l’appel : « Être une petite association. »" in told
    assert "À la question « Quelle taille ? », vous avez répondu : Grande" in told
    assert "« Combien de jeunes ? », vous avez répondu : 5 " in told
    assert "demandez au service de l’appel avant de renoncer : appel@example.org" in told
    closes = moment(other.record.closes_at).replace("\u00a0", " ")
    assert f"Les autres appels ouverts {other.record.title} Clôture le {closes} (heure de Paris)." in told
    assert ('href="/appels/un-autre"' in text, 'href="/appels/passe"' in text) == (True, False)
    yes = check(browser, YES)
    assert ("Les autres appels ouverts" in yes, "À qui demander" in yes) == (False, False)


def test_the_dossiers_own_check_says_the_same(browser, factory, call) -> None:
    factory.call(id="un-autre")
    person = factory.person()
    application = factory.application(call, factory.association(person), eligibility={"association": "non"})
    text = words(browser().sign_in(person).get(f"/association/dossiers/{application.id}/recevabilite"))
    assert [one in text for one in ("Pourquoi ?", "À qui demander ?", 'href="/appels/un-autre"')] == [True, True, True]


def test_what_the_service_checks_is_neither_yes_nor_no(browser, call) -> None:
    text = check(browser, {**YES, "e.dettes": "non"})
    assert "À vérifier par le service" in text
    assert "Être à jour de ses cotisations." in text
    assert "/association/dossiers/nouveau/essai" in text


def test_questions_without_an_answer_are_asked_for_beside_them_and_in_the_summary(browser, call) -> None:
    answer = browser().post("/appels/essai/eligibilite", {"e.association": "oui", "e.jeunes": "beaucoup"})
    text = words(answer)
    assert answer.status_code == 422
    assert text.count("Répondez à cette question.") == 4
    assert text.count("Écrivez un nombre, en chiffres.") == 2
    assert 'value="beaucoup"' in text
    assert 'href="#e.jeunes"' in text
    assert 'id="e.association" name="e.association" value="oui" checked' in text
    assert 'id="resultat"' not in text


@pytest.mark.parametrize(
    "value", ["", "peut-être", "x" * 50_000, "\x00", "<script>", "'--", "\U0001f468\u200d\U0001f469" * 50]
)
def test_hostile_answers_are_no_answers(browser, call, value: str) -> None:
    page = browser()
    answer = page.post("/appels/essai/eligibilite", dict.fromkeys((*YES, "e.inconnue"), value))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert page.get("/appels/essai/eligibilite").status_code == 200
    cookie = page.client.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) < 2_000


def test_the_cookie_keeps_the_calls_looked_at_last(browser, factory) -> None:
    calls = [factory.call() for _ in range(5)]
    page = browser()
    for call in calls:
        page.post(f"/appels/{call.id}/eligibilite", {"e.association": "oui"})
    answered = ["Oui : vous pouvez répondre" in words(page.get(f"/appels/{call.id}/eligibilite")) for call in calls]
    assert answered == [False, False, True, True, True]


def test_the_answers_go_into_the_dossier(browser, factory, platform, call) -> None:
    page = browser()
    page.post("/appels/essai/eligibilite", YES)
    person = factory.person()
    association = factory.association(person)
    page.sign_in(person)
    started = page.post("/association/dossiers/nouveau/essai", {"association": association.id})
    assert started.status_code == 302
    with platform.database.reading() as session:
        kept = session.exec(select(Application.eligibility)).one()
    assert kept == {"association": "oui", "dettes": "oui", "taille": "petite", "jeunes": "1200"}


def test_a_call_that_is_not_open_answers_but_starts_nothing(browser, factory) -> None:
    factory.call(id="clos", state=CallState.REVIEWING)
    page = browser()
    page.post("/appels/clos/eligibilite", {"e.association": "oui"})
    text = words(page.get("/appels/clos/eligibilite"))
    assert "Cet appel ne reçoit plus de dossiers." in text
    assert "/association/dossiers/nouveau/clos" not in text
