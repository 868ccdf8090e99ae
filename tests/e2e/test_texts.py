"""In a made-up language the scripts, too, show no text that was not marked for translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from aap.services.platform import Platform
from tests.e2e.conftest import crashed, sign_in
from tests.e2e.test_association import Contexts, go
from tests.e2e.test_reviewer import Scene, scene  # noqa: F401  (a fixture)
from tests.factories import PASSWORD
from tests.pseudo import Known, pseudo_app, unmarked
from tests.worlds.applicants import Spaces


@pytest.fixture
def app(platform: Platform, tmp_path: Path) -> Flask:
    return pseudo_app(platform, tmp_path / "catalogue")


def assert_marked(page: Page, platform: Platform) -> None:
    assert unmarked(page.content(), Known(platform)) == []


def test_what_the_scripts_of_a_dossier_say_is_marked(space: Spaces, new_context: Contexts, platform: Platform) -> None:
    one = space()
    page = new_context().new_page()
    sign_in(page, one.person.email, PASSWORD)
    go(page, f"{one.url}/sections/projet")
    page.fill('[name="q.titre"]', "Un titre")
    expect(page.locator("[data-save-state]")).to_contain_text("⟦Enregistré à")
    assert_marked(page, platform)

    page.context.set_offline(True)
    page.fill('[name="q.titre"]', "Tapé sans réseau")
    expect(page.locator("[data-save-state]")).to_contain_text("⟦Pas de connexion")
    assert_marked(page, platform)

    page = crashed(page).new_page()
    go(page, f"{one.url}/sections/projet")
    expect(page.locator("[data-save-notice]")).to_contain_text("⟦Texte retrouvé⟧")
    assert_marked(page, platform)


def test_what_the_scripts_of_the_grid_say_is_marked(
    scene: Scene,  # noqa: F811
    new_context: Contexts,
    platform: Platform,
) -> None:
    page = new_context().new_page()
    sign_in(page, scene.first.email, PASSWORD)
    go(page, f"/evaluation/dossiers/{scene.applications[0].id}")
    page.locator("[id='note-qualite.8']").check()
    expect(page.locator("[data-total]")).to_have_text("⟦1 critères notés sur 2⟧")
    page.get_by_label("Chercher dans le dossier").fill("eleves")
    expect(page.locator("[role=status]").last).to_contain_text("⟦1 résultat⟧")
    page.get_by_label("Chercher dans le dossier").fill("")  # what is found stands in pieces
    assert_marked(page, platform)
