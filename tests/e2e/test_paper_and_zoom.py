"""On paper a page reads as on a screen, without what can only be pressed; zoomed to 200 and 400 %, nothing is cut or covered."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from pypdf import PdfReader

from aap.records.calls import CallState
from tests.e2e.conftest import assert_accessible, assert_legible_at_night, sign_in
from tests.factories import PASSWORD
from tests.worlds.applicants import ANSWERS, Spaces
from tests.worlds.offices import Offices, offices

Contexts = Callable[..., BrowserContext]

LONG = "\n".join(f"Ligne {number} de la réponse, que la page ne montre pas toute." for number in range(1, 41))
COVERED = """() => {
  const height = innerHeight;
  const stuck = [...document.querySelectorAll("body *")].filter((one) =>
    ["sticky", "fixed"].includes(getComputedStyle(one).position) && one.checkVisibility() && one.offsetHeight);
  return stuck.filter((one) => one.offsetHeight > height / 4).map((one) => one.className);
}"""
"""What stays on the screen and takes more than a quarter of it."""


def printed(page: Page, name: str) -> list[str]:
    """The text of each page as Chromium prints it; kept in `test-results/` to be looked at."""
    content = page.pdf(prefer_css_page_size=True)
    folder = Path(__file__).parents[2] / "test-results"
    folder.mkdir(exist_ok=True)
    (folder / f"paper-{name}.pdf").write_bytes(content)
    return [" ".join(sheet.extract_text().split()) for sheet in PdfReader(io.BytesIO(content)).pages]


def test_a_section_and_a_dossier_print_as_they_read(space: Spaces, new_context: Contexts) -> None:
    one = space({**ANSWERS, "projet": {**ANSWERS["projet"], "resume": LONG}})
    page = new_context(color_scheme="dark").new_page()
    sign_in(page, one.person.email, PASSWORD)
    page.goto(f"{one.url}/sections/projet")
    page.wait_for_selector("html[data-ready]")
    text = " ".join(printed(page, "section"))
    assert [number for number in range(1, 41) if f"Ligne {number} de la réponse" not in text] == []
    assert "Deux journées avec une éducatrice." in text
    assert [
        words
        for words in ("Enregistrer", "Ajouter", "Retirer", "Mes dossiers", "Besoin d’aide", "http")
        if words in text
    ] == []
    page.goto(f"{one.url}/sections/moyens")
    page.wait_for_selector("html[data-ready]")
    assert "14 000" in " ".join(printed(page, "budget")).replace("\u202f", " ")
    page.goto(f"{one.url}/relecture")
    text = " ".join(printed(page, "dossier"))
    assert ("Ligne 40 de la réponse" in text, "Mon compte" in text) == (True, False)


@pytest.mark.parametrize(
    ("state", "tail", "words"),
    [(CallState.CLOSED, "candidats", "Candidats"), (CallState.PROPOSED, "classement/1", "Classement")],
)
def test_the_tables_of_officials_print_on_wide_paper(
    factory, new_context: Contexts, state: CallState, tail: str, words: str
) -> None:
    office: Offices = offices(factory)
    here = office(state)
    page = new_context().new_page()
    sign_in(page, here.first.email, PASSWORD)
    page.goto(here.address(tail))
    sheets = printed(page, tail.replace("/", "-"))
    assert words in sheets[0]
    assert [one.reference for one in here.dossiers if one.reference not in " ".join(sheets)] == []
    assert [words for words in ("Se déconnecter", "Tableau de bord", "Filtrer") if words in " ".join(sheets)] == []
    size = (
        PdfReader(Path(__file__).parents[2] / "test-results" / f"paper-{tail.replace('/', '-')}.pdf").pages[0].mediabox
    )
    assert size.width > size.height


def test_the_grid_of_a_review_prints_after_the_dossier(factory, new_context: Contexts) -> None:
    here = offices(factory)(CallState.REVIEWING)
    page = new_context().new_page()
    sign_in(page, here.reviewers[0].email, PASSWORD)
    page.goto(f"/evaluation/dossiers/{here.dossiers[0].id}")
    page.wait_for_selector("html[data-ready]")
    sheets = printed(page, "review")
    assert "La grille" in " ".join(sheets[1:])
    assert [words for words in ("Soumettre", "Enregistrer", "Aller à la grille") if words in " ".join(sheets)] == []


@pytest.mark.parametrize(("width", "height"), [(640, 512), (320, 256)])
def test_a_zoomed_dossier_is_neither_cut_nor_covered(
    space: Spaces, new_context: Contexts, width: int, height: int
) -> None:
    one = space(ANSWERS)
    page = new_context(viewport={"width": width, "height": height}).new_page()
    sign_in(page, one.person.email, PASSWORD)
    for path in ("", "/sections/projet", "/sections/moyens", "/depot"):
        page.goto(one.url + path)
        page.wait_for_selector("html[data-ready]")
        assert page.evaluate(COVERED) == []
        assert_accessible(page)


def test_a_dossiers_pages_are_legible_at_night(space: Spaces, new_context: Contexts) -> None:
    one = space(ANSWERS)
    page = new_context().new_page()
    sign_in(page, one.person.email, PASSWORD)
    for path in (
        "/association/",
        one.url,
        f"{one.url}/sections/projet",
        f"{one.url}/sections/moyens",
        f"{one.url}/depot",
    ):
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        assert_legible_at_night(page)
