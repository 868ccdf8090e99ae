"""What is typed is never lost: leaving and coming back, no network, two people, a session that ends, the closing."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, Route, expect

from tests.conftest import TestClock
from tests.e2e.conftest import assert_accessible, sign_in
from tests.e2e.test_association import Contexts, go, looked_at, opened, saved
from tests.factories import PASSWORD
from tests.worlds.applicants import Space, Spaces, closing, last_second, pdf

NO_ANSWER = "() => { window.fetch = () => new Promise(() => {}); }"
"""Nothing that a script sends leaves: a server that doesn't answer."""


def cut(page: Page, pattern: str) -> None:
    page.route(
        pattern, lambda route: route.abort("connectionreset") if route.request.method == "POST" else route.continue_()
    )


def shows(page: Page, text: str) -> None:
    """The title that is in the page, after a way back: where a draft was found, it says so."""
    page.wait_for_selector("html[data-ready]")
    expect(page.locator('[name="q.titre"]')).to_have_value(text)


def stored(page: Page, one: Space, **answers: object) -> None:
    """Waits until these answers are on the server."""
    for _ in range(150):
        found = one.dossier().answers
        if {name: found.get(name) for name in answers} == answers:
            return
        page.wait_for_timeout(100)
    assert one.dossier().answers == answers


def test_what_was_typed_comes_back_however_the_page_was_left(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    here = f"{one.url}/sections/projet"
    go(page, one.url)
    go(page, here)
    notice = page.locator("[data-save-notice]")

    # Left within two seconds, over a link, and back: the browser must not make it look saved.
    page.evaluate(NO_ANSWER)
    page.fill('[name="q.titre"]', "Tapé puis quitté")
    page.get_by_role("link", name="Revenir à la liste").click()
    page.wait_for_url(f"**{one.url}")
    page.go_back()
    shows(page, "Tapé puis quitté")
    expect(notice).to_contain_text("Texte retrouvé")
    expect(notice).to_contain_text("(heure de Paris)")
    assert one.dossier().answers == {}
    other = page.context.new_page()
    go(other, here)
    expect(other.locator('[name="q.titre"]')).to_have_value("Tapé puis quitté")
    other.close()
    notice.get_by_role("button", name="Le garder").click()
    stored(page, one, titre="Tapé puis quitté")

    # The same with a network: it is sent on the way out, and nothing needs to be said on coming back.
    page.fill('[name="q.titre"]', "Envoyé en partant")
    page.get_by_role("link", name="Revenir à la liste").click()
    page.wait_for_url(f"**{one.url}")
    page.go_back()
    shows(page, "Envoyé en partant")
    expect(notice).to_be_empty()

    # A button whose post found nobody: the browser's own page, then back.
    cut(page, "**/sections/projet?*")
    page.evaluate(NO_ANSWER)
    page.fill('[name="q.titre"]', "Bouton sans réponse")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/sections/projet?*")
    page.go_back()
    shows(page, "Bouton sans réponse")
    page.locator('[name="q.titre"]').press("End")
    page.keyboard.type(" !")
    stored(page, one, titre="Bouton sans réponse !")

    # Without a network buttons and links answer on the page.
    page.context.set_offline(True)
    page.fill('[name="q.titre"]', "Sans réseau")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.locator("[data-no-network]")).to_contain_text("Pas de connexion")
    assert_accessible(page)
    page.get_by_role("link", name="Revenir à la liste").click()
    assert page.url.endswith("/sections/projet")
    page.context.set_offline(False)
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.get_by_text("C’est enregistré.")).to_be_visible()
    stored(page, one, titre="Sans réseau")


def test_a_plain_save_raises_no_alarm_and_an_empty_budget_is_not_called_even(
    space: Spaces, new_context: Contexts
) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/moyens")
    balance = page.locator("[data-balance]")
    expect(balance).to_have_text("Aucun montant n’est encore écrit.")
    page.fill('[name="q.budget.request"]', "12000,5")
    expect(balance).to_contain_text("Écart")
    page.get_by_role("link", name="Revenir à la liste").click()
    page.wait_for_url(f"**{one.url}")
    stored(page, one, budget={"charges": {}, "products": {"request": "12000.50"}, "contributions": {}})
    go(page, f"{one.url}/sections/moyens")
    expect(page.locator('[name="q.budget.request"]')).to_have_value("12\u202f000,50")
    page.fill('[name="q.budget.request"]', "13000,50")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.locator(".error-summary")).to_contain_text("Enregistré, mais")
    go(page, f"{one.url}/sections/moyens")
    expect(page.locator("[data-save-notice]")).to_be_empty()
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('aap:draft:'))") == []


def test_two_people_in_one_section_choose_only_where_both_changed_the_same_answer(
    space: Spaces, new_context: Contexts
) -> None:
    one = space()
    lea = one.colleague(name="Léa Martin")
    page, theirs = opened(new_context, one), new_context().new_page()
    sign_in(theirs, lea.email, PASSWORD)
    for one_page in (page, theirs):
        go(one_page, f"{one.url}/sections/projet")
    theirs.fill('[name="q.titre"]', "Le titre de Léa")
    theirs.check('[name="q.theme"][value="mobilite"]')
    saved(theirs)
    page.fill('[name="q.resume"]', "Le résumé de Camille.")
    expect(page.locator("[data-save-notice]")).to_contain_text("Léa Martin a changé")
    merged = {"titre": "Le titre de Léa", "theme": "mobilite", "resume": "Le résumé de Camille."}
    stored(page, one, **merged)
    page.fill('[name="q.titre"]', "Le titre de Camille")
    page.check('[name="q.theme"][value="insertion"]')
    choice = page.locator("#deux-versions")
    expect(choice).to_contain_text("Le titre de Léa")
    expect(choice).to_contain_text("Le titre de Camille")
    expect(choice).to_contain_text(re.compile(r"par Léa Martin le 10.février.2026 à 10"))
    looked_at(page, "section-choice")
    page.fill('[name="q.resume"]', "Le résumé de Camille, allongé.")

    choice.get_by_role("button", name="Garder ma version").first.click()
    choice.get_by_role("button", name="Prendre l’autre version").click()
    expect(page.locator('[name="q.theme"][value="mobilite"]')).to_be_checked()
    stored(page, one, titre="Le titre de Camille", theme="mobilite", resume="Le résumé de Camille, allongé.")

    # By the button, before the script has saved: the page itself asks.
    page.wait_for_selector("html[data-ready]")
    theirs.reload()
    theirs.wait_for_selector("html[data-ready]")
    theirs.fill('[name="q.titre"]', "Le second titre de Léa")
    stored(theirs, one, titre="Le second titre de Léa")
    page.fill('[name="q.titre"]', "Le second titre de Camille")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("main")).to_contain_text("Deux réponses à la même question")
    looked_at(page, "section-choice-form")
    page.check('[name="keep.titre"][value="theirs"]')
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.get_by_text("C’est enregistré.").or_(page.locator(".error-summary"))).to_be_visible()
    expect(page.locator('[name="q.titre"]')).to_have_value("Le second titre de Léa")


def test_the_closing_is_seen_where_one_types_and_nothing_is_called_saved_after_it(
    space: Spaces, new_context: Contexts, clock: TestClock
) -> None:
    one = space()
    page = opened(new_context, one)
    clock.now = closing(one) - timedelta(minutes=62)
    page.clock.install()
    go(page, f"{one.url}/sections/projet")
    bar, state = page.locator(".time-left:visible"), page.locator("[data-save-state]")
    expect(bar).to_contain_text("Clôture dans 1 h 0")
    banner = page.locator(".notice:visible")
    expect(banner).to_have_count(0)
    page.clock.fast_forward("03:00")
    expect(banner).to_contain_text("Moins d’une heure avant la clôture")
    looked_at(page, "section-last-hour")
    page.clock.fast_forward("01:00:00")
    expect(banner).to_contain_text("La tolérance vous laisse jusqu’au")
    expect(bar).to_contain_text("Fin de la tolérance dans")
    clock.now = closing(one) + timedelta(minutes=1)
    page.fill('[name="q.titre"]', "Pendant la tolérance")
    page.clock.fast_forward("00:03")
    saved(page)
    page.clock.fast_forward("00:20:00")
    expect(banner).to_contain_text("Le délai est passé")
    expect(state).not_to_contain_text("Enregistré")
    clock.now = last_second(one) + timedelta(seconds=2)
    page.fill('[name="q.titre"]', "Trop tard")
    page.clock.fast_forward("00:03")
    expect(state).to_contain_text("ne peut plus être déposé")
    expect(state).not_to_contain_text("Enregistré")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("main")).to_contain_text("Le délai est passé")
    expect(page.locator("main")).not_to_contain_text("C’est enregistré")


def test_suggestions_that_come_late_open_over_nothing(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/jeunes")
    held: list[Route] = []
    page.route("**/territoires/communes*", lambda route: held.append(route))
    field, options = page.locator('[name="q.commune"]'), page.get_by_role("option")

    def asked(number: int) -> None:
        for _ in range(150):
            if len(held) == number:
                return
            page.wait_for_timeout(100)
        raise AssertionError(f"{len(held)} questions asked, not {number}")

    field.press_sequentially("Lyo")
    asked(1)
    page.clock.install()  # nothing more is asked by itself
    field.press_sequentially("n 3")
    held[0].continue_()
    expect(options).to_have_count(0)
    page.clock.run_for(200)
    asked(2)
    field.press("Escape")
    held[1].continue_()
    expect(options).to_have_count(0)
    field.press_sequentially(" ")
    page.clock.run_for(200)
    asked(3)
    field.press("Tab")
    held[2].continue_()
    expect(options).to_have_count(0)

    # A file that has arrived takes the focus from nobody.
    go(page, f"{one.url}/sections/pieces")
    page.route("**/pieces/statuts*", lambda route: held.append(route))
    statutes = page.locator('[data-question="statuts"]')
    statutes.locator("input[type=file]").set_input_files(
        {"name": "statuts.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    asked(4)
    page.get_by_role("button", name="Enregistrer et continuer").focus()
    held[3].continue_()
    expect(statutes.locator(".files")).to_contain_text("statuts.pdf")
    expect(page.get_by_role("button", name="Enregistrer et continuer")).to_be_focused()
