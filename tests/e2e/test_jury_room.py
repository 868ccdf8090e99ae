"""The jury's room in a browser: the effect in place, with the keyboard, on a narrow screen, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import assert_accessible, picture, sign_in
from tests.factories import PASSWORD
from tests.worlds.juries import NAMES, Juries, Jury

Contexts = Callable[..., BrowserContext]


def entered(here: Jury, contexts: Contexts, **options: object) -> Page:
    page = contexts(**options).new_page()
    sign_in(page, here.office.first.email, PASSWORD)
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_the_effect_of_a_choice_appears_in_place_and_is_then_kept(jury: Juries, new_context: Contexts) -> None:
    here = jury()
    here.sit(*NAMES)
    first, second = here.office.dossiers[:2]
    page = entered(here, new_context)
    page.goto(here.office.address("jury"))
    page.get_by_label("Ouvrir un dossier").fill(first.reference.rpartition("-")[2])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=first.reference.rpartition("-")[2])).to_be_visible()
    page.get_by_label("Écarter", exact=True).check()
    effect = page.locator("#effet")
    expect(effect).to_contain_text(f"ferait entrer le {second.reference.rpartition('-')[2]}")
    expect(effect).to_contain_text(f"Pour ce choix, doivent sortir : {NAMES[2]}.")
    effect.get_by_label("Motif").fill("Le projet double un service existant.")
    page.get_by_label("Changer le montant").check()
    page.get_by_label("Nouveau montant").fill("30 000")
    expect(effect).to_contain_text("Accorder 30\u202f000\u00a0€ au dossier")
    expect(effect.get_by_label("Motif")).to_have_value("Le projet double un service existant.")
    effect.get_by_label("Pour", exact=True).fill("3")
    page.get_by_label("Nouveau montant").fill("29 000")
    expect(effect).to_contain_text("Accorder 29\u202f000\u00a0€ au dossier")
    expect(effect.get_by_label("Pour", exact=True)).to_have_value("3")
    page.get_by_label("Nouveau montant").fill("30 000")
    effect.get_by_label("Pour", exact=True).focus()
    expect(effect).to_contain_text("Accorder 30\u202f000\u00a0€ au dossier")
    expect(effect).not_to_have_attribute("aria-busy", "true")
    expect(effect.get_by_label("Pour", exact=True)).to_be_focused()
    assert_accessible(page)
    picture(page, "jury-room")
    press(page, "Enregistrer ce choix")
    expect(page.locator(".notice-success")).to_contain_text("Le choix du jury est enregistré.")
    expect(page.locator("#decisions-jury")).to_contain_text("30\u202f000\u00a0€")


@pytest.mark.parametrize("width", [1280, 320])
def test_the_room_is_accessible_and_fits_the_screen(jury: Juries, new_context: Contexts, width: int) -> None:
    here = jury()
    page = entered(here, new_context, viewport={"width": width, "height": 900})
    names = [one.reference for one in here.office.dossiers]
    tails = ["jury"]
    for tail in (*tails, "", f"jury?dossier={names[1]}", f"jury?dossier={names[0]}&choix=out", "jury?dossier=rien"):
        if not tail:
            here.sit(*NAMES)
            tail = "jury"
        page.goto(here.office.address(tail))
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), tail
    picture(page, f"jury-room-{width}")


def test_without_scripts_a_button_asks_for_the_effect(jury: Juries, new_context: Contexts) -> None:
    here = jury()
    here.sit(*NAMES)
    page = entered(here, new_context, java_script_enabled=False)
    page.goto(here.office.address(f"jury?dossier={here.office.dossiers[3].reference}"))
    page.get_by_label("Retenir", exact=True).check()
    press(page, "Voir l’effet")
    expect(page.locator("#effet")).to_contain_text("écarterait le")
    page.get_by_label("Motif").first.fill("Utile au territoire.")
    press(page, "Enregistrer ce choix")
    expect(page.locator("#decisions-jury")).to_contain_text("Utile au territoire.")
