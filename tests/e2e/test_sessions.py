"""The end of a session in a real browser: a warning, a button to stay, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, expect

from aap.records.applications import ApplicationState
from aap.records.calls import CallState
from aap.records.people import Role
from tests.conftest import TestClock
from tests.e2e.conftest import assert_accessible, sign_in
from tests.e2e.test_association import Contexts, go, opened
from tests.e2e.test_words_are_never_lost import stored
from tests.factories import PASSWORD, Factory
from tests.worlds.applicants import ANSWERS, Spaces

TYPED = "Trois lignes de motif que personne ne veut taper deux fois."


@pytest.fixture
def app(strict_app: Flask) -> Flask:
    """Served with the limits of every day."""
    return strict_app


def test_an_agent_is_warned_stays_is_signed_out_and_finds_what_was_typed(
    factory: Factory, clock: TestClock, new_context: Callable[..., BrowserContext]
) -> None:
    call = factory.call(CallState.CLOSED)
    official = factory.person(Role.OFFICIAL, call=call)
    dossier = factory.application(call, state=ApplicationState.SUBMITTED)
    page = new_context().new_page()
    page.clock.install()
    sign_in(page, official.email, PASSWORD)
    address = f"/instruction/{call.id}/dossiers/{dossier.reference}"
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.locator("textarea[name=body]").fill(TYPED)
    warning = page.get_by_role("dialog", name="Êtes-vous toujours là ?")
    page.clock.fast_forward("23:30")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("01:30")
    expect(warning).to_be_visible()
    assert_accessible(page)
    clock.move(minutes=25)
    warning.get_by_role("button", name="Rester connecté").press("Enter")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("25:00")
    expect(warning).to_be_visible()
    page.clock.fast_forward("05:00")
    over = page.get_by_role("dialog", name="Vous êtes déconnecté")
    expect(over).to_be_visible()
    assert_accessible(page)
    clock.move(minutes=31)
    over.get_by_role("link", name="Se reconnecter").click()
    page.fill("input[name=email]", official.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"**{address}")
    expect(page.locator("textarea[name=body]")).to_have_value(TYPED)
    expect(page.get_by_text("Nous avons remis dans la page ce que vous aviez saisi")).to_be_visible()


def test_the_pages_of_sessions_are_accessible_and_a_form_goes_on_without_a_script(
    factory: Factory, clock: TestClock, new_context: Callable[..., BrowserContext]
) -> None:
    admin, person = factory.person(Role.ADMIN), factory.person()
    other = new_context().new_page()
    sign_in(other, admin.email, PASSWORD)
    for width in (1280, 320):
        other.set_viewport_size({"width": width, "height": 800})
        for address in ("/compte/connexions", "/compte/confirmation?confirm_next=/compte", "/compte"):
            other.goto(address)
            assert_accessible(other)
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, admin.email, PASSWORD)
    page.goto(f"/administration/personnes/{person.id}")
    clock.move(minutes=16)
    page.select_option("select[name=role]", "official")
    page.get_by_role("button", name="Donner ce rôle").click()
    page.fill("input[name=confirm_password]", PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Le rôle est donné.")).to_be_visible()
    assert page.url.endswith(f"/administration/personnes/{person.id}")
    page.goto("/compte/connexions")
    page.get_by_role("button", name="Mettre fin à toutes les autres").click()
    expect(page.get_by_text("1 autre connexion a pris fin.")).to_be_visible()


def test_who_signs_in_again_in_another_window_goes_on_in_this_one(
    space: Spaces, new_context: Contexts, clock: TestClock
) -> None:
    one = space(ANSWERS)
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    clock.move(hours=13)
    page.fill('[name="q.titre"]', "Tapé après la fin de la session")
    expect(page.locator("[data-save-state]")).to_contain_text("Vous n’êtes plus connecté")
    again = page.context.new_page()
    sign_in(again, one.person.email, PASSWORD)
    stored(page, one, titre="Tapé après la fin de la session")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.get_by_text("C’est enregistré.")).to_be_visible()
