"""What a person reads when something is wrong: words, a reference, ways on; never a traceback."""

from __future__ import annotations

import re

import pytest

from aap.records.people import Role
from aap.services.permissions import Permission
from aap.web.access import requires
from tests.conftest import Browser
from tests.integration.web.public.test_calls import words
from tests.worlds.mailbox import link_in, mails_to

UNKNOWN = ("/nulle-part", "/appels/", "/appels/x/y/z", "/%00", "/é\u202e", "/.git/config", "/" + "a" * 3_000)


@pytest.mark.parametrize("address", UNKNOWN)
def test_an_unknown_address_says_so_and_shows_ways_on(browser, address: str) -> None:
    answer = browser().get(address)
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.text
    assert re.search(r"Référence à donner au service : [0-9a-f]{12}", words(answer))
    assert [link for link in ("/plan-du-site", "/contact") if f'href="{link}"' in answer.text] == [
        "/plan-du-site",
        "/contact",
    ]


@pytest.mark.parametrize("address", ["/administration/", "/instruction/", "/evaluation/"])
def test_a_page_of_another_role_answers_like_one_that_does_not_exist(browser, factory, address: str) -> None:
    assert browser().sign_in(factory.person()).get(address).status_code == 404


def failing(app) -> Browser:
    @app.get("/panne")
    @requires(Permission.PUBLIC_READ)
    def broken() -> str:
        raise RuntimeError("secret of the house")

    return Browser(app.test_client())


def test_a_failure_is_told_in_words_with_its_reference(app) -> None:
    answer = failing(app).get("/panne")
    assert answer.status_code == 500
    assert "Rien de ce que vous aviez enregistré n’est perdu." in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert ("secret of the house" in answer.text, "Traceback" in answer.text) == (False, False)


def test_a_failure_without_the_database_is_still_told_in_words(app, browser, factory, monkeypatch) -> None:
    page = failing(app)
    page.sign_in(factory.person())

    def gone(*_args: object, **_values: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr("aap.records.session.Database.reading", gone)
    answer = page.get("/panne")
    assert (answer.status_code, "Service momentanément indisponible" in answer.text) == (500, True)
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_form_that_was_open_too_long_says_what_to_do(browser, factory) -> None:
    page = browser().sign_in(factory.person())
    answer = page.client.post("/compte", data={"name": "Léa", "csrf_token": "faux"})
    assert (answer.status_code, "Ouvrez cette page de nouveau" in answer.text) == (400, True)


def test_the_page_asked_for_is_found_again_after_a_mailed_link(browser, factory, platform, clock) -> None:
    factory.call(id="essai")
    person = factory.person()
    page = browser()
    assert page.get("/association/dossiers/nouveau/essai").location.startswith("/connexion?next=")
    page.post("/connexion/lien", {"email": person.email})
    page.post(link_in(mails_to(platform, person.email)[0]))
    assert page.get("/apres-connexion").location == "/association/dossiers/nouveau/essai"
    assert page.get("/apres-connexion").location == "/association/"


def test_the_page_asked_for_is_found_again_by_a_new_account(browser, factory, platform, clock) -> None:
    factory.call(id="essai")
    page = browser()
    page.get("/association/dossiers/nouveau/essai")
    new = {"name": "Léa Exemple", "email": "lea@example.org", "password": "quatre mots pas liés"}
    page.post("/inscription", new)
    page.get(link_in(mails_to(platform, "lea@example.org")[0]))
    assert page.post("/connexion", new).location == "/apres-connexion"
    assert page.get("/apres-connexion").location == "/association/dossiers/nouveau/essai"


def test_a_page_asked_for_long_ago_is_forgotten(browser, factory, clock) -> None:
    person = factory.person(Role.OFFICIAL)
    page = browser()
    page.get("/compte")
    clock.move(days=1, minutes=1)
    page.sign_in(person)
    assert page.get("/apres-connexion").location == "/instruction/"


@pytest.mark.parametrize("host", ["a" * 300 + ".example", "..example"])
def test_a_host_that_is_no_name_is_told_in_words(browser, host: str) -> None:
    answer = browser().client.get("/connexion", headers={"Host": host})
    assert (answer.status_code, "Adresse incorrecte" in answer.text) == (400, True)


@pytest.mark.parametrize("body", ["[" * 100_000, "[1, 2]", '"x"', "null", "9" * 10_000])
def test_a_body_of_json_is_taken_by_no_page(browser, factory, body: str) -> None:
    page = browser().sign_in(factory.person())
    page.client.application.config["WTF_CSRF_ENABLED"] = False  # the token would be asked for first
    answer = page.client.post("/association/associations/nouvelle", data=body, content_type="application/json")
    assert answer.status_code == 415
