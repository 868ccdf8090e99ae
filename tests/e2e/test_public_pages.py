"""Public pages and the association's description in a real browser: accessible, narrow, by keyboard and by pointer."""

from __future__ import annotations

import pytest

from aap.records.calls import CallState
from tests.e2e.conftest import assert_accessible, assert_legible_at_night, picture, sign_in
from tests.factories import PASSWORD
from tests.worlds.described import TYPED

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("width", [1280, 320])
def test_public_pages_are_accessible_and_fit_a_narrow_screen(new_context, factory, office, width: int) -> None:
    factory.call(id="essai")
    published = office(CallState.PUBLISHED).call
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    for name, address in {
        "home": "/",
        "call": "/appels/essai",
        "eligibility": "/appels/essai/eligibilite",
        "questions": "/appels/essai/questions",
        "results": f"/resultats/{published.id}",
        "no-result": f"/resultats/{published.id}?q=nulle+part",
        "accessibility": "/accessibilite",
        "privacy": "/donnees-personnelles",
        "map": "/plan-du-site",
        "users-guide": "/aide/evaluation",
        "unknown": "/nulle-part",
        "sign-in": "/connexion",
        "sign-up": "/inscription",
    }.items():
        page.goto(address)
        assert_accessible(page)
        picture(page, f"public-{name}-{width}")
        if width == 1280:
            assert_legible_at_night(page)


def test_the_check_is_answered_by_the_keyboard_and_leads_to_a_dossier(new_context, factory) -> None:
    factory.call(id="essai")
    person = factory.person()
    page = new_context().new_page()
    page.goto("/appels/essai/eligibilite")
    page.get_by_role("button", name="Vérifier").press("Enter")
    page.get_by_role("alert").wait_for()
    assert_accessible(page)
    page.get_by_role("alert").get_by_role("link").press("Enter")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Vérifier").press("Enter")
    page.get_by_text("Oui : vous pouvez répondre à cet appel").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="Commencer un dossier").press("Enter")
    page.wait_for_url("**/connexion?next=**")
    page.fill("input[name=email]", person.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.get_by_text("Décrivez d’abord votre association").wait_for()


def test_a_commune_is_chosen_from_the_suggestions_with_the_pointer(new_context, factory, platform) -> None:
    person = factory.person()
    page = new_context().new_page()
    sign_in(page, person.email, PASSWORD)
    page.goto("/association/associations/nouvelle/description")
    assert_accessible(page)
    for name, value in TYPED.items():
        if name != "commune" and page.locator(f"[name={name}]").count():
            page.fill(f"[name={name}]", value)
    page.locator("#commune").press_sequentially("saint-denis")
    page.get_by_role("option", name="Saint-Denis (Seine-Saint-Denis)").click()
    assert page.input_value("#commune") == "Saint-Denis (Seine-Saint-Denis)"
    assert page.input_value("[name='commune.code']") == "93066"
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("93200 Saint-Denis (Seine-Saint-Denis)").wait_for()
    assert_accessible(page)


def test_the_errors_of_a_description_are_accessible(new_context, factory) -> None:
    page = new_context(viewport={"width": 320, "height": 800}).new_page()
    sign_in(page, factory.person().email, PASSWORD)
    page.goto("/association/associations/nouvelle/description")
    page.fill("#commune", "Saint-Denis")
    page.press("#commune", "Escape")  # the suggestions stand over the button
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Laquelle ?").wait_for()
    assert_accessible(page)
