"""Legal notices, accessibility, contact, the map of the site."""

from __future__ import annotations

import pytest

from aap.app import create_app
from aap.records.calls import CallState
from aap.web.accessibility import FAULTS, THEMES, statement
from tests.conftest import Browser
from tests.integration.web.public.test_calls import words

PAGES = ("/mentions-legales", "/donnees-personnelles", "/contact", "/plan-du-site", "/accessibilite")


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_stand_with_and_without_calls(browser, factory, address: str, count_queries) -> None:
    page = browser()
    assert page.get(address).status_code == 200
    for state in (CallState.OPEN, CallState.PUBLISHED, CallState.DRAFT):
        factory.call(state, id=f"essai-{state}")
    with count_queries() as queries:
        answer = page.get(address)
    assert (answer.status_code, "essai-draft" in answer.text) == (200, False)
    assert queries.count <= 1


@pytest.mark.parametrize("address", PAGES)
def test_every_page_leads_to_the_notices(browser, address: str) -> None:
    assert f'href="{address}"' in browser().get("/").text


def test_the_rgaa_has_106_criteria_and_every_fault_is_told() -> None:
    marks = "".join(THEMES.values())
    assert (len(marks), set(marks)) == (106, {"+", "-", "."})
    assert [fault.criterion for fault in statement().faults] == list(FAULTS)
    assert all(fault.words for fault in statement().faults)


@pytest.mark.parametrize(
    ("marks", "state"), [("+++", "totalement conforme"), ("+.-", "partiellement conforme"), ("+--", "non conforme")]
)
def test_the_state_follows_from_the_marks(marks: str, state: str) -> None:
    assert statement({"1. Images": marks}).state == state


def test_the_statement_says_state_rate_faults_date_contact_and_recourse(browser, factory) -> None:
    factory.call()
    text = words(browser().get("/accessibilite"))
    found = statement()
    for said in (str(found.state), f"{found.met} / {found.applicable}", *(f"Critère {one}" for one in FAULTS),
                 "appel@example.org", "Défenseur des droits", "établie le"):  # fmt: skip
        assert said in text, said


def test_the_operator_names_itself_in_the_settings(platform, factory) -> None:
    factory.call()
    named = platform.settings.model_copy(
        update={"publisher": "Ministère <b>", "publication_director": "Camille Exemple", "hosting": "Hébergeur fictif",
                "contact": "site@example.org", "data_protection": "dpd@example.org"}
    )  # fmt: skip
    page = Browser(
        create_app(platform=type(platform)(named, platform.database, platform.files, platform.clock)).test_client()
    )
    legal = words(page.get("/mentions-legales"))
    assert [
        said
        for said in ("Ministère &lt;b&gt;", "Camille Exemple", "Hébergeur fictif", "site@example.org")
        if said in legal
    ]
    assert "dpd@example.org" in page.get("/donnees-personnelles").text
    assert "site@example.org" in page.get("/contact").text


def test_an_operator_that_says_nothing_is_the_authority_of_its_calls(browser, factory) -> None:
    factory.call()
    assert "Ministère d’essai" in browser().get("/mentions-legales").text


def test_the_map_shows_what_is_published(browser, factory) -> None:
    factory.call(id="publie", state=CallState.PUBLISHED)
    factory.call(id="ouvert")
    text = browser().get("/plan-du-site").text
    assert ("/resultats/publie" in text, "/resultats/ouvert" in text) == (True, False)
