"""What a person sees when a connection breaks on the way back, or the server has no room: nothing lost, nothing twice."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route, expect
from sqlmodel import select

from aap.records.applications import Submission
from tests.e2e.conftest import crashed
from tests.e2e.test_association import Contexts, go, opened, saved
from tests.worlds.applicants import ANSWERS, Space, Spaces, pdf


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
    full = json.dumps({"title": "Le serveur n’a plus de place", "error": "…"})
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


def test_what_is_typed_while_a_save_is_on_its_way_is_not_called_saved(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    held: list[Route] = []
    page.route("**/enregistrement*", lambda route: held.append(route))
    with page.expect_request("**/enregistrement*"):
        page.fill('[name="q.titre"]', "Un premier titre")
    page.fill('[name="q.titre"]', "Un second titre")
    with page.expect_response("**/enregistrement*"):
        held[0].continue_()
    page.evaluate("new Promise(requestAnimationFrame)")  # the script has read it
    expect(page.locator("[data-save-state]")).to_have_text("Modifié, pas encore enregistré")
    page.unroute("**/enregistrement*")
    saved(page)
    assert one.dossier().answers == {"titre": "Un second titre"}


def test_a_script_that_is_late_or_lost_leaves_the_others_their_work(space: Spaces, new_context: Contexts) -> None:
    """On a slow network one after another took seconds, in which nothing was kept."""
    one = space()
    page = opened(new_context, one)
    late: list[Route] = []
    page.route("**/js/counter.js", lambda route: late.append(route))
    with page.expect_response("**/js/autosave.js"):
        page.goto(f"{one.url}/sections/projet")
    page.fill('[name="q.titre"]', "Écrit avant les scripts")
    late[0].abort()
    page.wait_for_selector("html[data-ready]")
    saved(page)
    assert one.dossier().answers == {"titre": "Écrit avant les scripts"}


def test_communes_typed_before_the_script_was_there_are_proposed(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one, viewport={"width": 375, "height": 500})
    late: list[Route] = []
    page.route("**/js/communes.js", lambda route: late.append(route))
    with page.expect_response("**/js/session.js"):
        page.goto(f"{one.url}/sections/jeunes")
    page.locator('[name="q.commune"]').press_sequentially("Rennes")
    late[0].continue_()
    page.get_by_role("option", name="Rennes (Ille-et-Vilaine)").click()
    assert page.input_value('[name="q.commune.code"]') == "35238"


def test_a_button_pressed_while_a_file_is_on_its_way_waits_for_it(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/pieces")
    held: list[Route] = []
    page.route("**/pieces/statuts?*", lambda route: held.append(route))
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    with page.expect_request("**/pieces/statuts?*"):
        page.locator('[data-question="statuts"] input[type=file]').set_input_files(
            {"name": "statuts.pdf", "mimeType": "application/pdf", "buffer": pdf()}
        )
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator("[data-no-network]")).to_contain_text("Des fichiers sont encore en route")
    assert len(posts) == 1
    with page.expect_navigation():
        held[0].continue_()
    expect(page.locator('[data-question="statuts"] .files')).to_contain_text("statuts.pdf")
    assert len(posts) == 2
    assert {question: len(files) for question, files in one.dossier().files.items()} == {"statuts": 1}


def test_a_text_found_late_does_not_replace_what_is_typed_meanwhile(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    page.context.set_offline(True)
    page.fill('[name="q.titre"]', "Un titre d’avant la panne")
    page.fill('[name="q.resume"]', "Un résumé d’avant la panne")
    page.wait_for_timeout(400)
    again = crashed(page).new_page()
    held: list[Route] = []
    again.route("**/enregistrement*lire=1*", lambda route: held.append(route))
    with again.expect_request("**/enregistrement*lire=1*"):
        go(again, f"{one.url}/sections/projet")
    again.fill('[name="q.titre"]', "Un titre de maintenant")
    held[0].continue_()
    expect(again.locator("[data-save-notice]")).to_contain_text("Texte retrouvé")
    expect(again.locator('[name="q.titre"]')).to_have_value("Un titre de maintenant")
    expect(again.locator('[name="q.resume"]')).to_have_value("Un résumé d’avant la panne")
    again.unroute("**/enregistrement*lire=1*")
    again.get_by_role("button", name="Le garder").click()
    saved(again)
    assert one.dossier().answers == {"titre": "Un titre de maintenant", "resume": "Un résumé d’avant la panne"}
    assert "Un titre d’avant la panne" in again.evaluate("JSON.stringify({ ...localStorage })")
