"""What a person sees when a connection breaks on the way back, or the server has no room: nothing lost, nothing twice."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route, expect
from sqlmodel import select

from aap.records.applications import Submission
from tests.e2e.test_association import Contexts, go, opened, saved
from tests.worlds.applicants import ANSWERS, Space, Spaces


def break_first_answer(page: Page, pattern: str) -> list[str]:
    """The first POST to such an address reaches the server, and its answer reaches nobody. Gives the posts seen."""
    posts: list[str] = []

    def pass_on(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        posts.append(route.request.post_data or "")
        if len(posts) > 1:
            route.continue_()
            return
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route(pattern, pass_on)
    return posts


def receipts(one: Space) -> list[str]:
    with one.database.reading() as session:
        return [made.receipt_number for made in session.exec(select(Submission))]


def test_a_deposit_whose_answer_was_cut_is_sent_once_more_and_stored_once(space: Spaces, new_context: Contexts) -> None:
    one = space(ANSWERS).attach_all()
    page = opened(new_context, one)
    go(page, f"{one.url}/depot")
    page.check('[name="capacity"][value="self"]')
    for box in page.locator('[name="attestation"]').all():
        box.check()
    posts = break_first_answer(page, "**/depot")
    page.get_by_role("button", name="Déposer le dossier").click()
    page.wait_for_url("**/accuse")
    assert (len(posts), posts[0] == posts[1]) == (2, True)
    assert receipts(one) == [f"{one.dossier().application.reference}-1"]
    expect(page.locator("main")).to_contain_text(receipts(one)[0])


def test_an_autosave_whose_answer_was_cut_is_sent_once_more_without_a_word(
    space: Spaces, new_context: Contexts
) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    posts = break_first_answer(page, "**/enregistrement*")
    page.fill('[name="q.titre"]', "Un titre dont la réponse s’est perdue")
    saved(page)
    assert (len(posts), posts[0] == posts[1]) == (2, True)
    assert one.dossier().answers == {"titre": "Un titre dont la réponse s’est perdue"}


def test_a_full_server_is_said_in_words_and_the_text_stays_until_it_is_stored(
    space: Spaces, new_context: Contexts
) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    full = json.dumps({"title": "Ce site n’a plus de place", "error": "…"})
    page.route(
        "**/enregistrement*", lambda route: route.fulfill(status=507, body=full, content_type="application/json")
    )
    page.fill('[name="q.titre"]', "Un titre pour lequel il n’y a pas de place")
    expect(page.locator("[data-save-state]")).to_contain_text("plus de place")
    expect(page.locator("[data-save-state]")).to_contain_text("votre texte est gardé sur cet appareil")
    assert "Un titre pour lequel" in page.evaluate("JSON.stringify({ ...localStorage })")
    assert one.dossier().answers == {}
    page.unroute("**/enregistrement*")
    saved(page)
    assert one.dossier().answers == {"titre": "Un titre pour lequel il n’y a pas de place"}
