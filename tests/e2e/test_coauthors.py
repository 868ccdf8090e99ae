"""Co-authors in a real browser: a comment beside a question while the page saves itself, and the board's page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect
from sqlmodel import select

from aap.records.coauthors import QuestionComment
from tests.e2e.conftest import press
from tests.e2e.test_association import go, looked_at, opened, saved
from tests.worlds.applicants import ANSWERS, Space, Spaces

Contexts = Callable[..., BrowserContext]


def bodies(one: Space) -> list[str]:
    with one.database.reading() as session:
        return list(session.exec(select(QuestionComment.body).order_by(QuestionComment.created_at)))


def test_a_comment_waits_for_its_button_while_the_answers_save_themselves(space: Spaces, new_context: Contexts) -> None:
    one = space(ANSWERS).attach_all()
    one.colleague()  # who works alone has no place for comments
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    beside = page.locator("#commentaires-titre")
    beside.locator("summary").click()
    beside.get_by_label("Nouveau commentaire").fill("Trop long pour la couverture ?")
    page.locator("[name='q.titre']").fill("Des mentors pour la vallée")
    saved(page)
    assert bodies(one) == []
    expect(beside.get_by_label("Nouveau commentaire")).to_have_value("Trop long pour la couverture ?")
    with page.expect_navigation():
        beside.get_by_role("button", name="Commenter").click()
    page.wait_for_selector("html[data-ready]")
    expect(page.get_by_text("Votre commentaire est ajouté.")).to_be_visible()
    expect(page.locator("[name='q.titre']")).to_have_value("Des mentors pour la vallée")
    expect(beside.locator("summary")).to_contain_text("1 commentaire à régler")
    beside.get_by_label("Votre réponse").fill("Oui, je raccourcis.")
    press(page, "Enregistrer")
    page.wait_for_selector("html[data-ready]")
    assert bodies(one) == ["Trop long pour la couverture ?", "Oui, je raccourcis."]
    expect(page.get_by_text("Texte retrouvé")).to_have_count(0)
    looked_at(page, "comments")
    go(page, f"{one.url}/relectures")
    looked_at(page, "board-links")
    page.get_by_label("Pour qui ?").fill("la présidente")
    press(page, "Créer le lien")
    looked_at(page, "board-link-made")
    board = new_context().new_page()
    go(board, page.get_by_label("Lien à transmettre").input_value().replace("http://127.0.0.1:8000", ""))
    expect(board.get_by_text("Vous le lisez tel qu’il est en ce moment.")).to_be_visible()
    expect(board.get_by_text("Trop long pour la couverture ?")).to_have_count(0)
    looked_at(board, "board-reading")
    go(board, "/association/relecture/inconnu")
    looked_at(board, "board-over")
