"""Every page of the official's space: who gets it, in which state, and what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aap.records.calls import CallState
from aap.records.people import Role
from tests.worlds.offices import Offices
from tests.worlds.read_page import ReadPage

PAGES: dict[str, tuple[CallState, str]] = {
    # page → a state in which it is there, and words that it must hold
    "": (CallState.DELIBERATING, "Où en est l’appel"),
    "evaluations/discussions": (CallState.REVIEWING, "ne prévoit pas de discussion"),
    "candidats": (CallState.CLOSED, "5 dossiers, 200\u202f000\u00a0€"),
    "etape": (CallState.CLOSED, "Ouvrir les évaluations"),
    "cloture": (CallState.CLOSED, "Nouvelle date de clôture"),
    "tirage": (CallState.CLOSED, "Résultat tiré au sort"),
    "evaluations": (CallState.REVIEWING, "Par évaluateur"),
    "evaluations/ecartees": (CallState.REVIEWING, "Aucune évaluation écartée"),
    "a-revoir": (CallState.REVIEWING, "Rien n’est plus à revoir."),
    "jury": (CallState.DELIBERATING, "Le jury n’est pas composé ici"),
    "jury/ecran": (CallState.DELIBERATING, "Aucune séance n’est ouverte"),
    "arbitrage": (CallState.DELIBERATING, "L’autorité n’a rien changé"),
    "classement": (CallState.DELIBERATING, "Aucun classement n’est encore calculé"),
    "classement/1": (CallState.PROPOSED, "Optimum prouvé"),
    "classement/1/essai": (CallState.PROPOSED, "Ce que cela change"),
    "classement/1/arret": (CallState.PROPOSED, "Renvoyer en délibération"),
    "classement/1/reprise": (CallState.ARBITRATED, "Proposer la reprise"),
    "secondes": (CallState.DELIBERATING, "Personnes qui peuvent confirmer"),
    "decisions": (CallState.DECIDED, "Notifier les décisions"),
    "decisions/preparer": (CallState.ARBITRATED, "Préparer les décisions et les lettres"),
    "decisions/textes": (CallState.DECIDED, "Rien ne manque"),
    "decisions/notifier": (CallState.DECIDED, "Proposer de notifier 5 décisions"),
    "decisions/recommandes": (CallState.PUBLISHED, "Rien à envoyer"),
    "decisions/publier": (CallState.DECIDED, "ne sont pas encore notifiées"),
    "decisions/suites": (CallState.PUBLISHED, "Aucun lauréat n’a renoncé"),
}


@pytest.mark.parametrize(("tail", "state", "words"), [(tail, *rest) for tail, rest in PAGES.items()])
def test_a_page_opens_for_its_officials_and_is_missing_for_everybody_else(
    office: Offices, browser: Callable[[], Any], tail: str, state: CallState, words: str
) -> None:
    here = office(state)
    page = browser().sign_in(here.first).get(here.address(tail))
    assert page.status_code == 200, page.text
    assert words in page.text
    assert ReadPage.of(page).uneven_tables == []
    reviewer, applicant = here.reviewers[0], here.member
    admin = here.factory.person(Role.ADMIN)
    assert [browser().sign_in(who).get(here.address(tail)).status_code for who in
            (here.stranger, reviewer, applicant, admin)] == [404, 404, 404, 404]  # fmt: skip
    assert browser().get(here.address(tail)).status_code == 302
