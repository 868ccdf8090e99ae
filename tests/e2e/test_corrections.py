"""A deposited dossier is corrected until the closing, in a browser: typed, compared, undone, deposited anew; also at 320 px."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.test_association import Contexts, go, looked_at, opened, saved
from tests.e2e.test_words_are_never_lost import stored
from tests.integration.web.association.test_redraft_pages import SAID, deposited
from tests.worlds.applicants import ANSWERS, Spaces

OLD = ANSWERS["projet"]["titre"]


def test_a_deposit_is_corrected_undone_and_deposited_again(space: Spaces, new_context: Contexts) -> None:
    one = deposited(space)
    page = opened(new_context, one)
    go(page, one.url)
    page.get_by_role("button", name=re.compile("Corriger mon dossier")).click()
    expect(page.get_by_text(SAID).first).to_be_visible()
    looked_at(page, "corrections")

    page.get_by_role("link", name=one.call.file.form.sections[0].title).click()
    page.wait_for_selector("html[data-ready]")
    page.fill('[name="q.titre"]', "Un tout autre titre")
    stored(page, one, titre="Un tout autre titre")
    saved(page)
    assert one.dossier().application.title == OLD

    page.get_by_role("link", name="Versions de cette page").click()
    looked_at(page, "section-versions")
    page.get_by_role("link", name=re.compile("Version du")).click()
    expect(page.get_by_text("Dans cette version").first).to_be_visible()
    looked_at(page, "section-version")
    page.get_by_role("button", name="Rétablir cette version").click()
    expect(page.locator('[name="q.titre"]')).to_have_value(OLD)
    page.wait_for_selector("html[data-ready]")
    page.fill('[name="q.titre"]', "Un titre corrigé")
    stored(page, one, titre="Un titre corrigé")

    go(page, f"{one.url}/corrections/abandon")
    looked_at(page, "corrections-abandon")
    page.get_by_role("link", name="Garder les corrections").click()
    page.get_by_role("link", name="Déposer les corrections").click()
    page.get_by_label("Je suis le représentant légal de l’association").check()
    for box in page.get_by_role("checkbox").all():
        box.check()
    looked_at(page, "corrections-submit")
    page.get_by_role("button", name="Déposer les corrections").click()
    expect(page.get_by_text("Ce dépôt remplace celui de l’accusé")).to_be_visible()
    looked_at(page, "corrections-receipt")
    assert (one.dossier().application.title, one.dossier().correcting) == ("Un titre corrigé", False)
