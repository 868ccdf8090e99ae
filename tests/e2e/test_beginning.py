"""An association comes in by its SIRET, and somebody by an invitation, on a phone and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from aap.services.association import registers
from tests.e2e.conftest import assert_accessible, picture, press, sign_in
from tests.factories import PASSWORD
from tests.worlds.mailbox import link_in, mails_to
from tests.worlds.registers import SIRET, Standing, standing_registers


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standing]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(registers, "PATIENCE", 20)
    with standing_registers() as found:
        yield found


@pytest.fixture
def more_settings(standing: Standing) -> dict[str, object]:
    return {"business_register": standing.business_register, "association_register": standing.association_register}


def test_a_siret_is_enough_to_begin_and_an_invitation_says_who_invites_to_what(new_context, factory, platform) -> None:
    owner = factory.person(name="Camille Exemple")
    page = new_context(viewport={"width": 375, "height": 800}, java_script_enabled=False).new_page()
    checked = new_context(viewport={"width": 375, "height": 800}).new_page()
    for one in (page, checked):
        sign_in(one, owner.email, PASSWORD)
    page.goto("/association/associations/nouvelle")
    page.get_by_label("Numéro SIRET").fill(SIRET)
    press(page, "Continuer")
    expect(page.get_by_label("Nom de l’association")).to_have_value("Les Passerelles fictives")
    checked.goto("/association/associations/nouvelle")
    assert_accessible(checked)
    picture(checked, "beginning-siret")
    checked.goto(page.url)
    assert_accessible(checked)
    picture(checked, "beginning-proposed")
    press(page, "Enregistrer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Les Passerelles fictives")
    here = page.url
    checked.goto(here)
    assert_accessible(checked)
    picture(checked, "beginning-shown")
    page.goto(f"{here}/personnes")
    page.get_by_label("Adresse électronique").fill("alix@example.org")
    press(page, "Envoyer l’invitation")
    guest = new_context(viewport={"width": 375, "height": 800}).new_page()
    guest.goto(link_in(mails_to(platform, "alix@example.org")[-1]))
    expect(guest.get_by_role("main")).to_contain_text("Camille Exemple vous invite")
    assert_accessible(guest)
    picture(guest, "invitation")
    known = factory.person(email="alix@example.org")
    guest.get_by_role("main").get_by_role("link", name="Me connecter").click()
    guest.fill("input[name=email]", known.email)
    guest.fill("input[name=password]", PASSWORD)
    guest.press("input[name=password]", "Enter")
    press(guest, "Accepter l’invitation")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Les Passerelles fictives")
