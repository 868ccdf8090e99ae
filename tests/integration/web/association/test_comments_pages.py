"""Comments beside the questions over HTTP, without scripts: nothing typed is lost, and nobody else ever reads one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.records.people import MembershipRole, Role
from aap.services.dossier.comments import write_comment
from aap.services.dossier.reading_links import make_link
from tests.conftest import Browser
from tests.factories import LINKS
from tests.read_answers import text_of
from tests.worlds.applicants import ANSWERS, Space, Spaces
from tests.worlds.deposits import Cases
from tests.worlds.read_page import ReadPage

Signed = Callable[[Space], Browser]
CANARY = "CANARI-ENTRE-NOUS"


def send(browser: Browser, one: Space, fields: dict[str, Any]) -> Any:
    """The page of « Le projet », opened and sent with these fields."""
    here = f"{one.url}/sections/projet"
    opened = ReadPage.of(browser.get(here))
    values = {name: held for name, held in opened.values.items() if held and name != "csrf_token"}
    action = next(e.get("action") for e in opened.elements if (e.get("action") or "").startswith(f"{here}?page="))
    return browser.post(action, {**values, **fields}, page=here)


def beside(browser: Browser, one: Space) -> str:
    found = ReadPage.of(browser.get(f"{one.url}/sections/projet")).by_id["commentaires-titre"]
    return " ".join("".join(found.itertext()).split())


def test_who_works_alone_has_nobody_to_comment_to(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    assert "Commenter" not in browser.get(f"{one.url}/sections/projet").text
    one.colleague()
    assert beside(browser, one).startswith("Commenter pour mes collègues")


def test_a_comment_leaves_with_the_page_and_the_answers_with_it(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    answer = send(browser, one, {"q.titre": "Un autre titre", "talk.titre": "Trop court ?", "edit": "talk titre"})
    assert (answer.status_code, answer.location) == (303, f"{one.url}/sections/projet#commentaires-titre")
    assert one.dossier().answers["titre"] == "Un autre titre"
    assert "1 commentaire à régler" in beside(browser, one)
    assert "1 commentaire à régler." in ReadPage.of(browser.get(one.url)).text.replace("\u00a0", " ")
    colleague = Browser(browser.client.application.test_client()).sign_in(one.colleague())
    thread = re.search(r"talk\.titre\.([0-9a-f-]+)", colleague.get(f"{one.url}/sections/projet").text)[1]
    # whatever button sends the page, what was typed is said
    assert send(colleague, one, {f"talk.titre.{thread}": "Non.", "save": "stay"}).status_code == 303
    assert "Trop court ?" in (seen := beside(colleague, one))
    assert "Non." in seen
    assert send(colleague, one, {"edit": f"settle {thread}"}).status_code == 303
    assert "1 commentaire réglé" in beside(browser, one)
    assert "à régler" not in ReadPage.of(browser.get(one.url)).text
    assert send(browser, one, {"edit": f"unsay {thread}"}).status_code == 303
    assert "Commentaire supprimé par son auteur." in beside(browser, one)


def test_one_that_is_refused_stays_in_its_field_and_the_others_are_said(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    answer = send(browser, one, {"talk.titre": "x" * 2_001, "talk.resume": "Bien.", "q.titre": "Neuf", "save": "next"})
    page = ReadPage.of(answer)
    assert (answer.status_code, page.values["talk.titre"], page.values["talk.resume"]) == (422, ["x" * 2_001], [""])
    assert (
        page.errors["talk.titre"].endswith("en 2\u202f000 caractères au plus.") or "2 000" in page.errors["talk.titre"]
    )
    assert ("talk.titre", page.summary[0][1]) == page.summary[0]
    assert page.unsaid_errors() == []
    assert one.dossier().answers["titre"] == "Neuf"
    assert "Bien." in browser.get(f"{one.url}/sections/projet").text


def test_who_only_reads_comments_on_the_page_that_is_read(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    reader = Browser(signed(one).client.application.test_client()).sign_in(one.colleague(MembershipRole.READER))
    here = f"{one.url}/sections/projet"
    answer = reader.post(f"{here}/commentaires", {"talk.titre": "Vu du bureau.", "edit": "talk titre"}, page=here)
    assert (answer.status_code, answer.location) == (303, f"{here}#commentaires-titre")
    assert "Vu du bureau." in beside(reader, one)
    refused = ReadPage.of(reader.post(f"{here}/commentaires", {"talk.titre": "x" * 2_001}, page=here))
    assert (refused.values["talk.titre"], refused.unsaid_errors()) == (["x" * 2_001], [])
    assert "Lire les commentaires de vos collègues (1)" in ReadPage.of(reader.get(f"{one.url}/relecture")).text


def test_what_was_typed_when_the_session_was_over_is_said_after_signing_in(
    space: Spaces, strict_app: Flask, clock: Any
) -> None:
    one = space(ANSWERS)
    browser = Browser(strict_app.test_client()).sign_in(one.person)
    here = f"{one.url}/sections/projet"
    text = "Un commentaire tapé pendant longtemps, qu’il ne faut pas perdre."
    values = {name: held for name, held in ReadPage.of(browser.get(here)).values.items() if held}
    clock.move(hours=13)
    late = browser.client.post(here, data={**values, "talk.titre": text, "edit": "talk titre"})
    assert (late.status_code, 'name="kept"' in late.text) == (401, True)
    kept = ReadPage.of(late).values["kept"]
    browser.sign_in(one.person)
    shown = ReadPage.of(browser.client.post("/compte/reprise", data={"kept": kept}))
    assert shown.values["talk.titre"] == [text]
    assert browser.client.post(here, data=shown.values).status_code == 303
    assert text in beside(browser, one)


@pytest.mark.parametrize("state", [(A.DRAFT, C.OPEN), (A.SUBMITTED, C.CLOSED), (A.ELIGIBLE, C.REVIEWING)])
def test_nobody_else_ever_reads_a_comment(
    case: Cases, browser: Callable[[], Browser], state: tuple[A, C], clock: Any
) -> None:
    """The board's link, officials, reviewers, administrators, the deposit's papers: every page that answers."""
    here = case(*state)
    platform = here.factory.platform
    with platform.database.writing() as session:
        write_comment(
            session, actor=here.actor(here.owner), application_id=here.id, question_id="titre", body=CANARY, links=LINKS,
            now=clock(),
        )  # fmt: skip
        _link, token = make_link(
            session, actor=here.actor(here.owner), application_id=here.id, name="Bureau",
            until=(clock() + timedelta(days=9)).date(), shown=[], now=clock(),
        )  # fmt: skip
    reviewer = here.factory.person(Role.REVIEWER, call=here.call)
    if state[0] is not A.DRAFT:
        here.factory.assignment(here.application, reviewer)
    admin = here.factory.person(Role.ADMIN)
    call, reference = here.call.id, here.application.reference
    mine = browser().sign_in(here.owner)
    assert CANARY in mine.get(f"/association/dossiers/{here.id}/sections/projet").text
    asked = [
        (browser(), [f"/association/relecture/{token}"]),
        (browser().sign_in(here.official), [f"/instruction/{call}/dossiers/{reference}", f"/instruction/{call}/candidats.csv"]),
        (browser().sign_in(reviewer), ["/evaluation/", f"/evaluation/dossiers/{here.id}"]),
        (browser().sign_in(admin), ["/administration/journal", "/administration/systeme"]),
        (mine, [f"/association/dossiers/{here.id}/{one}" for one in ("relecture", "dossier.pdf", "depot", "suivi")]),
    ]  # fmt: skip
    told, answered = [], 0
    for page, addresses in asked:
        for address in addresses:
            answer = page.get(address)
            answered += answer.status_code == 200
            if CANARY in text_of(answer):
                told.append(address)
    assert told == []
    assert answered >= 7
    own = json.loads(mine.post("/compte/donnees", {}, page="/compte").text)
    assert [one["body"] for one in own["comments"]] == [CANARY]
