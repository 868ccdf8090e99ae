"""The scripts in a real browser: counters, rows, budget, communes, autosave, crash, conflict; and axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.conftest import crashed


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR")
    context.set_default_timeout(10_000)
    yield context
    context.close()


def opened(context: BrowserContext, address: tuple[str, Flask]) -> Page:
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{address[0]}/guide")
    page.wait_for_selector("html[data-ready]")
    assert problems == []  # the content security policy refuses nothing that the page needs
    return page


def saved(address: tuple[str, Flask]) -> dict[str, Any]:
    found: dict[str, Any] = address[1].extensions["saved"]
    return found


def field(page: Page, name: str) -> Any:
    return page.locator(f'[id="{name}"]')


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, address: tuple[str, Flask], width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = opened(context, address)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_the_counter_says_what_is_left_and_what_is_too_much(
    context: BrowserContext, address: tuple[str, Flask]
) -> None:
    page = opened(context, address)
    field(page, "q.titre").fill("é🦊" * 59)
    expect(field(page, "q.titre-count")).to_have_text("Il reste 2\u00a0caractères")
    field(page, "q.titre").fill("a" * 121)
    expect(field(page, "q.titre-count")).to_have_text("1\u00a0caractère de trop")


def test_rows_and_blocks_come_and_go_in_the_page(context: BrowserContext, address: tuple[str, Flask]) -> None:
    page = opened(context, address)
    page.get_by_role("button", name="Ajouter une ligne").click()
    field(page, "q.partenaires.2.nom").fill("Région")
    page.get_by_role("button", name="Retirer la ligne 2").click()
    expect(field(page, "q.partenaires.1.nom")).to_have_value("Région")
    expect(field(page, "q.partenaires.2.nom")).to_have_count(0)
    page.get_by_role("button", name="Ajouter une étape").click()
    field(page, "q.etapes.1.intitule").fill("Bilan")
    page.get_by_role("button", name="Retirer étape 1").click()
    expect(field(page, "q.etapes.0.intitule")).to_have_value("Bilan")


def test_a_question_appears_with_the_answer_that_asks_for_it(
    context: BrowserContext, address: tuple[str, Flask]
) -> None:
    page = opened(context, address)
    expect(field(page, "q.quartiers")).to_be_visible()
    page.get_by_label("Quartiers prioritaires (QPV)").uncheck()
    expect(field(page, "q.quartiers")).to_be_hidden()
    page.locator('input[name="q.orienteurs"][value="non"]').check()
    expect(field(page, "q.orienteurs.detail")).to_be_hidden()


def test_the_budget_adds_up_while_typing_and_takes_a_paste(context: BrowserContext, address: tuple[str, Flask]) -> None:
    page = opened(context, address)
    field(page, "q.budget.61").fill("1 000,50")
    expect(page.locator('[data-total="charges"]')).to_have_text("53\u202f000,50\u00a0€")
    field(page, "q.budget.60").focus()
    page.evaluate(
        """() => { const paste = new DataTransfer();
        paste.setData("text/plain", "60\\t10 000\\n61\\t0\\n641\\t40 000,00 €\\n");
        const pasted = {clipboardData: paste, bubbles: true, cancelable: true};
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", pasted)) }"""
    )
    expect(page.locator('[data-total="charges"]')).to_have_text("50\u202f000\u00a0€")
    expect(page.locator("[data-balance]").first).to_contain_text("Charges et produits sont égaux.")


def test_a_commune_is_chosen_by_the_keyboard_among_homonyms(
    context: BrowserContext, address: tuple[str, Flask]
) -> None:
    page = opened(context, address)
    field(page, "q.commune").fill("saint-den")
    expect(page.locator(".combo-list [role=option]")).to_have_text(
        ["Saint-Denis (La Réunion), 97400 97417 97490", "Saint-Denis (Seine-Saint-Denis), 93200 93210"]
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field(page, "q.commune")).to_have_value("Saint-Denis (Seine-Saint-Denis)")
    expect(page.locator("[data-save-state]")).to_have_text("Enregistré à 22:14:03, heure de Paris")
    assert saved(address)["post"]["commune"] == "93066"


def test_a_late_answer_opens_nothing_over_what_the_person_has_gone_on_to(
    context: BrowserContext, address: tuple[str, Flask]
) -> None:
    page = opened(context, address)
    held: list[Route] = []
    page.route("**/territoires/communes?*", lambda route: held.append(route))
    with page.expect_request("**/territoires/communes?*"):
        field(page, "q.commune").press_sequentially("saint-den")
    field(page, "q.autres").focus()
    for route in held:
        with suppress(PlaywrightError):  # the page may have given the question up by itself
            route.fulfill(json=[{"code": "97411", "label": "Saint-Denis (La Réunion)", "postal": "97400"}])
    page.unroute("**/territoires/communes?*")
    page.evaluate("fetch('/territoires/communes?q=lyon').then((answer) => answer.json())")  # it came after
    assert page.locator(".combo-list:visible").count() == 0
    assert field(page, "q.commune").get_attribute("aria-expanded") == "false"


def test_what_is_typed_is_saved_and_its_time_shown(context: BrowserContext, address: tuple[str, Flask]) -> None:
    page = opened(context, address)
    field(page, "q.titre").fill("Un titre assez long")
    field(page, "q.nombre").fill("beaucoup")
    field(page, "q.titre").focus()
    expect(page.locator("[data-save-state]")).to_have_text("Enregistré à 22:14:03, heure de Paris")
    expect(field(page, "q.nombre-error")).to_contain_text("Ce n’est pas un nombre.")
    assert saved(address)["post"]["titre"] == "Un titre assez long"
    assert page.evaluate("localStorage.length") == 0


def test_a_cut_keeps_the_text_on_the_device_and_saves_when_it_ends(
    context: BrowserContext, address: tuple[str, Flask]
) -> None:
    page = opened(context, address)
    context.set_offline(True)
    field(page, "q.titre").fill("Écrit sans réseau")
    field(page, "q.resume").focus()
    expect(page.locator("[data-save-state]")).to_contain_text("votre texte est gardé sur cet appareil")
    context.set_offline(False)
    expect(page.locator("[data-save-state]")).to_have_text("Enregistré à 22:14:03, heure de Paris")
    assert saved(address)["post"]["titre"] == "Écrit sans réseau"


def test_text_comes_back_after_a_crash_rows_included(context: BrowserContext, address: tuple[str, Flask]) -> None:
    saved(address)["fail"] = True
    page = opened(context, address)
    page.get_by_role("button", name="Ajouter une ligne").click()
    field(page, "q.partenaires.2.nom").fill("Une fondation")
    field(page, "q.resume").fill("Un texte que personne n’a encore enregistré.")
    field(page, "q.titre").focus()
    expect(page.locator("[data-save-state]")).to_contain_text("Nouvel essai")
    gone = crashed(page)  # nothing goes out on the way, to be saved once the server can
    saved(address)["fail"] = False
    again = opened(gone, address)
    expect(again.get_by_text("Nous avons retrouvé du texte non enregistré")).to_be_visible()
    expect(field(again, "q.resume")).to_have_value("Un texte que personne n’a encore enregistré.")
    expect(field(again, "q.partenaires.2.nom")).to_have_value("Une fondation")
    again.get_by_role("button", name="Le garder").click()
    expect(again.locator("[data-save-state]")).to_have_text("Enregistré à 22:14:03, heure de Paris")
    assert saved(address)["post"]["partenaires"][2] == {"nom": "Une fondation"}


def test_a_stale_save_shows_both_texts_and_loses_neither(context: BrowserContext, address: tuple[str, Flask]) -> None:
    page = opened(context, address)
    saved(address)["version"] = 9
    field(page, "q.titre").fill("Le titre de Paul")
    field(page, "q.resume").focus()
    expect(page.get_by_text("Cette page a été changée ailleurs à 22:10:00 (heure de Paris).")).to_be_visible()
    expect(page.locator(".versions pre")).to_have_text(["Le titre de Paul", "Celui de Léa"])
    page.get_by_role("button", name="Garder ma version").click()
    expect(page.locator("[data-save-state]")).to_have_text("Enregistré à 22:14:03, heure de Paris")
    assert (saved(address)["post"]["titre"], saved(address)["version"]) == ("Le titre de Paul", 10)


def test_the_key_enter_saves_and_removes_nothing(browser: Browser, address: tuple[str, Flask]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address[0]}/guide")
    with page.expect_request(lambda request: request.method == "POST") as posted:
        field(page, "q.partenaires.0.nom").press("Enter")
    assert posted.value.post_data is not None
    assert 'name="save"' in posted.value.post_data
    assert 'name="edit"' not in posted.value.post_data
    context.close()


def test_without_scripts_a_button_adds_a_row_and_keeps_what_was_typed(
    browser: Browser, address: tuple[str, Flask]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address[0]}/guide")
    field(page, "q.partenaires.1.nom").fill("Département")
    page.get_by_role("button", name="Ajouter une ligne").click()
    expect(field(page, "q.partenaires.2.nom")).to_have_value("")
    expect(field(page, "q.partenaires.1.nom")).to_have_value("Département")
    context.close()
