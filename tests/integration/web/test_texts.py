"""In a made-up language no page shows a text that was not marked for translation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from tests.factories import PASSWORD
from tests.integration.security.asking import address, rules
from tests.integration.security.world import World, opened
from tests.pseudo import Known, outside, pseudo_app, unmarked

WHO = ("anonymous", "owner", "assigned", "recused", "official", "admin")
STATES = [(C.OPEN, A.DRAFT), (C.REVIEWING, A.ELIGIBLE), (C.DELIBERATING, A.ELIGIBLE), (C.PUBLISHED, A.NOTIFIED)]
SHOWROOM = "guide"  # the parts of the pages, for who develops
GUIDES = "public.guide"  # the users' guides are French for everybody, and say so by their `lang`
PREFIX = "/aap"
"""Below which the site is served here: an address that doesn't begin with it was not made from the route."""


def outside_prefix(page: str) -> list[str]:
    """Addresses of this site, in any attribute, that lead out of the folder it is served in."""
    found = re.findall(r"""=["'](/[^"'/][^"']*|/)["']""", page)
    return [address for address in found if not f"{address}/".startswith(f"{PREFIX}/")]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("texts")) as built:
        yield built


@pytest.fixture(scope="module")
def app(world: World, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    made = pseudo_app(world.platform, tmp_path_factory.mktemp("catalogue"))
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture(scope="module")
def known(world: World) -> Known:
    return Known(world.platform)


@pytest.fixture(scope="module")
def browsers(world: World, app: Flask) -> dict[str, FlaskClient]:
    found = {}
    for who in WHO:
        found[who] = app.test_client()
        person = world.people[who]
        if person:
            found[who].post("/connexion", data={"email": person.email, "password": PASSWORD})
    return found


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state[0]}-{state[1]}")
def test_no_page_shows_an_unmarked_text_or_an_address_written_by_hand(
    world: World, browsers: dict[str, FlaskClient], known: Known, state: tuple[C, A]
) -> None:
    world.set_states(*state)
    pages, faults = 0, {}
    for rule in rules(world, "GET"):
        if rule.endpoint in (SHOWROOM, GUIDES) or (state is not STATES[0] and not rule.arguments):
            continue
        url = address(world, rule, world.own)
        for who, browser in browsers.items():
            answer = browser.get(url, environ_overrides={"SCRIPT_NAME": PREFIX})
            if answer.mimetype == "text/html" and not 300 <= answer.status_code < 400:
                pages += 1
                for words in (*unmarked(answer.text, known), *outside_prefix(answer.text)):
                    faults.setdefault(words, f"{who} {url}")
            answer.close()
    assert faults == {}
    assert pages > 200


REFUSED = [
    ("/connexion", {"email": "personne", "password": ""}),
    ("/inscription", {"email": "personne", "name": "", "password": "court"}),
    ("/connexion/lien", {"email": "personne"}),
]


@pytest.mark.parametrize(("url", "typed"), REFUSED, ids=[url for url, _ in REFUSED])
def test_no_refusal_shows_an_unmarked_text(app: Flask, known: Known, url: str, typed: dict[str, str]) -> None:
    answer = app.test_client().post(url, data=typed)
    assert unmarked(answer.text, known) == []


def test_what_stands_in_no_bracket_is_found_wherever_a_page_can_say_it(known: Known) -> None:
    page = (
        "<title>⟦Marqué⟧ – aap</title><h1 title='Infobulle'>⟦Bonjour <b>à tous</b>⟧</h1><p>Retour vers le dossier</p>"
        "<input type=submit value='Envoyer'><input aria-label='Chercher ici' placeholder='⟦Nom⟧' value='Envoyer'>"
        "<p>⟦Il reste⟧ 3 semaines</p><script>Code</script><td data-label='Par ici'></td><p>12 000 € le 3 mars 2025</p>"
    )
    seen = ["– aap", "Retour vers le dossier", "3 semaines", "12 000 € le 3 mars 2025", "Infobulle", "Envoyer",
            "Chercher ici", "Par ici"]  # fmt: skip
    assert outside(page) == seen
    assert [words for words in seen if not known.explains(words)] == [
        "Retour vers le dossier", "3 semaines", "Infobulle", "Envoyer", "Chercher ici", "Par ici",
    ]  # fmt: skip
