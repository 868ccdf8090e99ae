"""The jury's room in a browser: the effect in place, with the keyboard, on a narrow screen, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import assert_accessible, picture, sign_in
from tests.factories import PASSWORD
from tests.worlds.juries import NAMES, Juries, Jury, apart

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


def test_a_second_screen_follows_what_is_before_the_jury(jury: Juries, new_context: Contexts) -> None:
    """The chair's page leads, by hand once and then by itself; a screen of who is recused says nothing of the dossier."""
    here = jury()
    here.sit(*NAMES)
    first, second, third = (one.reference.rpartition("-")[2] for one in here.office.dossiers[:3])
    apart(here.office, here.office.second, here.office.dossiers[0])
    chair, screen = entered(here, new_context), entered(here, new_context, viewport={"width": 1920, "height": 1080})
    own = new_context(viewport={"width": 320, "height": 700}).new_page()
    sign_in(own, here.office.second.email, PASSWORD)
    plain = entered(here, new_context, java_script_enabled=False)
    for one in (screen, own):
        one.goto(here.office.address("jury/ecran"))
        expect(one.locator("h1")).to_have_text("Aucun dossier n’est devant le jury")
    chair.goto(here.office.address("jury"))
    press(chair, "Mener les écrans d’ici")
    expect(chair.locator("[data-said]")).to_have_text("Les écrans montrent cette page.")
    chair.goto(here.office.address(f"jury?dossier={first}"))
    expect(screen.locator("h1")).to_contain_text(first)
    expect(own.locator("h1")).to_have_text("Dossier dont vous êtes déporté")
    chair.get_by_label("Écarter", exact=True).check()
    expect(screen.locator(".screen")).to_contain_text(f"ferait entrer le {second}")
    expect(screen.locator(".screen")).to_contain_text(f"Pour ce choix, doivent sortir : {NAMES[2]}.")
    assert screen.locator(".screen").get_by_role("button").count() == 0
    assert first not in own.content()
    assert_accessible(screen)
    picture(screen, "jury-screen-1920")
    assert_accessible(own)
    chair.goto(here.office.address(f"jury?dossier={third}"))
    expect(own.locator("h1")).to_contain_text(third)
    assert_accessible(own)
    picture(own, "jury-screen-320")
    plain.goto(here.office.address("jury/ecran"))
    expect(plain.locator("h1")).to_contain_text(third)
    assert plain.locator("meta[http-equiv=refresh]").count() == 1
    plain.goto(here.office.address(f"jury?dossier={first}&choix=out"))
    press(plain, "Montrer ceci aux écrans")
    expect(screen.locator(".screen")).to_contain_text(f"ferait entrer le {second}")
    plain.get_by_label("Motif").first.fill("Le projet double un service existant.")
    press(plain, "Enregistrer ce choix")
    expect(screen.locator("h1")).to_have_text("Aucun dossier n’est devant le jury")
