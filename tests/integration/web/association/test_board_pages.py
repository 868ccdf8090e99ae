"""The board's link over HTTP: shown once, opened without an account, over in words, and slow to guess."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from aap.app import create_app
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.services.dossier.withdrawing import withdraw_application
from aap.services.platform import Platform
from tests.conftest import Browser
from tests.factories import LINKS
from tests.worlds.applicants import ANSWERS, Space, Spaces
from tests.worlds.deposits import Cases
from tests.worlds.read_page import ReadPage

Signed = Callable[[Space], Browser]
OVER = "Ce lien n’ouvre rien"


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def make(browser: Browser, url: str, **fields: Any) -> tuple[Any, str]:
    """The answer that shows a new link, and the link's path."""
    here = f"{url}/relectures"
    given = ReadPage.of(browser.get(here)).values
    sent = {"name": "le bureau", "until": given["until"][0], "shown": given.get("shown", []), **fields}
    answer = browser.post(here, sent, page=here)
    found = re.search(r'value="http://127\.0\.0\.1:8000(/association/relecture/[^"]+)"', answer.text)
    return answer, found[1] if found else ""


def test_a_link_is_shown_once_opens_without_an_account_and_says_what_it_is(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    answer, path = make(browser, one.url)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    listed = browser.get(f"{one.url}/relectures").text
    assert path not in listed
    assert "Jamais ouvert." in plain(listed)
    guest = browser.client.application.test_client()
    page = guest.get(path)
    said = plain(ReadPage.of(page).text)
    assert page.status_code == 200
    for words in (
        "Les Passerelles fictives", "préparé par Camille Exemple, est destiné à : le bureau. Il s’ouvre jusqu’au 24 février 2026",
        "Vous le lisez tel qu’il est en ce moment. Il n’est pas encore déposé", "12 000 €",
        "Quarante mentors pour les lycéens de la vallée", "Ce lien ne montre pas cette pièce.",
    ):  # fmt: skip
        assert words in said
    wanted = {
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
    }
    assert {name: page.headers[name] for name in wanted} == wanted
    files = re.findall(r'href="(/association/relecture/[^"]+/pieces/[^"]+)"', page.text)
    assert len(files) == 2  # statutes and accounts; the bank details are not among them
    taken = guest.get(files[0])
    assert (taken.status_code, taken.data[:5], {name: taken.headers[name] for name in wanted}) == (
        200,
        b"%PDF-",
        wanted,
    )
    taken.close()
    linked = {link for link in re.findall(r'href="(/[^"]*)"', page.text) if "/static/" not in link} - set(files)
    assert {
        link for link in linked if link.startswith(("/association", "/instruction", "/compte", "/connexion"))
    } == set()
    assert "Ouvert une fois" in plain(browser.get(f"{one.url}/relectures").text)


def test_a_member_who_opens_it_sees_the_same_and_not_their_account(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    _answer, path = make(browser, one.url)
    assert one.person.name in browser.get(one.url).text
    page = ReadPage.of(browser.get(path))
    assert [link.get("href") for link in page.elements if "/compte" in (link.get("href") or "")] == []


def test_unknown_revoked_and_expired_are_one_answer_in_words(space: Spaces, signed: Signed, clock: Any) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    paths = [make(browser, one.url)[1] for _ in range(2)]
    here = f"{one.url}/relectures"
    guest = browser.client.application.test_client()
    ends = re.findall(rf'action="({here}/[^"]+/fin)"', browser.get(here).text)
    assert len(ends) == 2
    files = [re.search(r'href="([^"]+/pieces/[^"]+)"', guest.get(path).text)[1] for path in paths]
    assert browser.post(ends[0], {}, page=here).status_code == 303
    assert sorted(guest.get(path).status_code for path in paths) == [200, 404]
    clock.move(days=15)
    answers = [guest.get(path) for path in (*paths, *files, "/association/relecture/inconnu")]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {re.sub(r"[0-9a-f]{16,}", "", answer.text) for answer in answers}
    assert len(bodies) == 1
    assert OVER in bodies.pop()


def test_what_is_wrong_is_said_beside_its_field_and_stays_typed(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    answer, path = make(signed(one), one.url, name="", until="31/12/2099", shown=["comptes"])
    page = ReadPage.of(answer)
    assert (answer.status_code, path, set(page.errors)) == (422, "", {"name", "until"})
    assert (page.values["until"], page.values["shown"], page.unsaid_errors()) == (["31/12/2099"], ["comptes"], [])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ((A.DRAFT, C.OPEN), "L’association l’a retiré le 10 février 2025"),
        ((A.SUBMITTED, C.OPEN), "tel qu’il a été déposé le 10 février 2025"),
    ],
)
def test_after_the_withdrawal_it_says_so(
    case: Cases, browser: Callable[[], Browser], state: tuple[A, C], words: str, clock: Any
) -> None:
    here = case(*state)
    owner = browser().sign_in(here.owner)
    url = f"/association/dossiers/{here.id}"
    _answer, path = make(owner, url)
    with here.factory.platform.database.writing() as session:
        withdraw_application(
            session, actor=here.actor(here.owner), application_id=here.id, reason="", links=LINKS, now=clock()
        )
    said = plain(ReadPage.of(browser().get(path)).text)
    assert words in said
    assert "il ne sera pas examiné" in said
    assert 'name="until"' not in owner.get(f"{url}/relectures").text


def test_a_draft_after_the_closing_is_said_not_to_be_deposited(
    case: Cases, browser: Callable[[], Browser], clock: Any
) -> None:
    here = case(A.DRAFT, C.OPEN)
    _answer, path = make(browser().sign_in(here.owner), f"/association/dossiers/{here.id}")
    with here.factory.platform.database.writing() as session:
        here.call.record.closes_at = clock()
        session.merge(here.call.record)
    clock.move(hours=1)
    assert "ce dossier n’a pas été déposé" in plain(browser().get(path).text)


def test_who_guesses_waits_and_who_reads_doesn_t(space: Spaces, signed: Signed, platform: Platform) -> None:
    one = space(ANSWERS)
    _answer, path = make(signed(one), one.url)
    settings = platform.settings.model_copy(update={"rate_limit": True, "tries_of_address": 3})
    app = create_app(platform=Platform(settings, platform.database, platform.files, platform.clock))

    def asked(client: FlaskClient, address: str, network: str) -> int:
        return client.get(address, environ_overrides={"REMOTE_ADDR": network}).status_code

    client = app.test_client()
    assert [asked(client, path, "203.0.113.7") for _ in range(5)] == [200] * 5
    guessed = [asked(client, f"/association/{page}/faux-{n}", "203.0.113.7") for n in range(2) for page in
               ("relecture", "signature")]  # fmt: skip
    assert guessed == [404, 404, 404, 429]
    assert asked(client, path, "203.0.113.7") == 429
    assert asked(client, path, "198.51.100.4") == 200
