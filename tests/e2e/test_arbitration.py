"""The authority looks at what a change would do, records it, and computes the ranking again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from aap.records.rankings import JuryDecisionKind
from tests.e2e.conftest import assert_accessible, picture, sign_in
from tests.factories import PASSWORD
from tests.worlds.deliberations import authority_decides, computed, jury_decides, jury_sits
from tests.worlds.offices import Offices


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_the_authority_looks_at_the_effect_records_it_and_reads_it_back(
    office: Offices, new_context: Callable[..., BrowserContext], width: int
) -> None:
    here = office()
    names = [one.reference for one in here.dossiers]
    jury_decides(here, here.dossiers[2], JuryDecisionKind.AMOUNT, "Le budget prévoit un véhicule de trop.", 30_000)
    jury_sits(here, computed(here))
    authority_decides(here, here.dossiers[2], JuryDecisionKind.AMOUNT, "Un reste de l’enveloppe existe.", 35_000)
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    sign_in(page, here.second.email, PASSWORD)
    page.goto(here.address("arbitrage"))
    page.get_by_label("Numéro du dossier").fill(names[0])
    page.get_by_label("Ne pas retenir").check()
    page.get_by_label("Motif", exact=True).fill("Le projet est déjà financé par une autre direction.")
    page.get_by_role("button", name="Voir l’effet").click()
    expect(page.locator(".notice-info, .alert", has_text="Ce que cette décision ferait").first).to_contain_text(
        names[1]
    )
    expect(page.get_by_label("Motif", exact=True)).to_have_value("Le projet est déjà financé par une autre direction.")
    assert_accessible(page)
    picture(page, f"arbitration-effect-{width}")
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.locator("#arbitrage")).to_contain_text("Le projet est déjà financé par une autre direction.")
    for details in page.locator("main details").all():
        details.evaluate("one => one.open = true")
    assert_accessible(page)
    picture(page, f"arbitration-{width}")
