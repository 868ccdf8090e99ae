"""A refused association reads why, takes its sheet, and appeals with a document: the way to court stays on the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect
from sqlmodel import select

from aap.jobs import sweep
from aap.records.calls import CallState
from aap.records.people import Membership, Person
from tests.e2e.conftest import assert_accessible, picture, press, sign_in
from tests.factories import PASSWORD, Factory
from tests.unit.documents.papers import samples
from tests.worlds.offices import LETTERS, RULES, Offices

ONE = RULES.replace("laureates: 2", "laureates: 1").replace("waiting_list: 2", "waiting_list: 0")
SHARED = LETTERS + "reviewing: {comments_shared: true}\n"


def test_a_refused_association_reads_why_and_appeals_with_a_document(
    factory: Factory, office: Offices, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    here = office(CallState.PUBLISHED, rules=ONE, more=SHARED)
    with factory.platform.database.reading() as session:
        owner = session.exec(
            select(Person).where(
                Person.id == Membership.person_id, Membership.association_id == here.dossiers[1].association_id
            )
        ).one()
    page = new_context().new_page()
    sign_in(page, owner.email, PASSWORD)
    page.goto(f"/association/dossiers/{here.dossiers[1].id}/decision")
    expect(page.locator("#notes tfoot")).to_contain_text("80,00 sur 100")
    expect(page.locator("#avis ~ ul").first).to_contain_text("Bien vu.")
    with page.expect_download() as sheet:
        page.evaluate("document.querySelector('a[href$=\"fiche-de-traitement.pdf\"]').download = ''")
        page.get_by_role("link", name="Fiche de traitement de votre dossier (PDF)").click()
    assert "Classé 2ᵉ avec 80,00 points sur 100" in samples.text_of(Path(sheet.value.path()).read_bytes())
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert_accessible(page)
        picture(page, f"refused-{width}")
    annexe = tmp_path / "annexe.pdf"
    annexe.write_bytes(Path(sheet.value.path()).read_bytes())
    page.locator("summary", has_text="Former un recours gracieux").press("Enter")
    page.get_by_label("Ce que vous contestez, et pourquoi").fill("L’annexe n’a pas été lue.")
    page.get_by_label("Pièces à l’appui").set_input_files(annexe)
    press(page, "Envoyer le recours")
    sweep(factory.platform)
    page.reload()
    recourse = page.locator("main")
    for words in ("annexe.pdf", "Accusé de réception (PDF)", "L’administration a jusqu’au", "Saisir le tribunal"):
        expect(recourse).to_contain_text(words)
    assert_accessible(page)
