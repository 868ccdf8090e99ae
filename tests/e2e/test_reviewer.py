"""In a real browser: marking by the keyboard alone, what stays hidden, who gets 404, and every page within reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import select

from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.people import Person, Role
from aap.records.reviews import Mark, Review
from aap.services.call.calls import OpenedCall
from aap.services.platform import Platform
from aap.services.review.reviewing import ReviewEntry, submit_review
from aap.services.review.specimens import add_fictitious, agree_marks, start_round
from tests.e2e.conftest import assert_accessible, assert_legible_at_night, picture, sign_in
from tests.factories import CALL_FILE, PASSWORD, Factory

Contexts = Callable[..., BrowserContext]
REVIEWING = (
    'reviewing: {others_visible: after_own, closes_at: "2025-12-14T23:59:00+01:00", preferences: true, '
    "divergence: {overall: 25}}\n"
)
BROKEN_DATES = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    for (const match of walker.currentNode.data.matchAll(/[0-9]+[\\u00a0 ][a-zéû]+[\\u00a0 ]20[0-9]{2}/g)) {
      const range = document.createRange();
      range.setStart(walker.currentNode, match.index);
      range.setEnd(walker.currentNode, match.index + match[0].length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) found.push(match[0]);
    }
  }
  return found;
}"""


@dataclass
class Scene:
    """A call under review: three dossiers, all given to `first` and `second`."""

    call: OpenedCall
    applications: list[Application]
    first: Person
    second: Person
    official: Person
    factory: Factory

    def submit(self, person: Person, application: Application, qualite: str, solidite: str, text: str = "") -> None:
        platform = self.factory.platform
        entry = ReviewEntry(
            marks={"qualite": qualite, "solidite": solidite},
            comments={"qualite": text or "Vu."},
            rubric_hash="0" * 64,
        )
        with platform.database.writing() as session:
            submit_review(
                session, actor=self.factory.actor(person), application_id=application.id, entry=entry,
                now=platform.clock(),
            )  # fmt: skip


FIVE = """  criteria:
    - {id: qualite, title: "Qualité du projet", question: "Le projet est-il construit ?", weight: 30, comment: "below:2",
       levels: {0: "Absent", 1: "Ébauché, sans calendrier ni public nommé", 3: "Solide", 5: "Excellent"}}
    - {id: solidite, title: "Solidité", weight: 25, levels: {0: "Fragile", 5: "Éprouvée"}}
    - {id: portee, title: "Portée", weight: 20, comment: always, levels: {0: "Locale", 5: "Nationale"}}
    - {id: cout, title: "Coût", weight: 15, levels: {0: "Excessif", 5: "Juste"}}
    - {id: elan, title: "Élan", weight: 10, scale: {min: -2, max: 2, step: 1}}
"""


@pytest.fixture
def scene(factory: Factory) -> Scene:
    return scene_of(factory, CALL_FILE)


@pytest.fixture
def five(factory: Factory) -> Scene:
    """The same with five criteria, one of which goes below zero."""
    before, _, rest = CALL_FILE.partition("  criteria:\n")
    return scene_of(factory, before + FIVE.replace("{", "{{").replace("}", "}}") + "  tie" + rest.partition("  tie")[2])


def scene_of(factory: Factory, call_file: str, reviewing: str = REVIEWING) -> Scene:
    text = call_file.format(
        id="revue",
        opens_at=(factory.now - timedelta(days=30)).isoformat(),
        closes_at=(factory.now - timedelta(days=5)).isoformat(),
    )
    call = factory.call(CallState.REVIEWING, text=text + reviewing, id="revue")
    people = [factory.person(Role.REVIEWER, call=call) for _ in range(3)]
    applications = [
        factory.application(
            call,
            None,
            ApplicationState.ELIGIBLE,
            {"projet": {"titre": f"Projet {number}", "resume": "Des ateliers, chaque semaine, pour les élèves."}},
        )
        for number in range(3)
    ]
    for application in applications:
        for person in people[:2]:
            factory.assignment(application, person)
    return Scene(call, applications, people[0], people[1], factory.person(Role.OFFICIAL), factory)


def entered(new_context: Contexts, person: Person, **options: object) -> Page:
    page = new_context(**options).new_page()
    sign_in(page, person.email, PASSWORD)
    return page


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-ready]", state="attached")


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is out of the keyboard's reach")


@pytest.mark.parametrize("size", [(1280, 600), (375, 600)])
def test_the_bar_of_the_grid_never_hides_what_has_the_focus(
    scene: Scene, new_context: Contexts, size: tuple[int, int]
) -> None:
    page = entered(new_context, scene.first, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page.goto(f"/evaluation/dossiers/{scene.applications[0].id}")
    ready(page)
    page.locator("input[name=note-qualite]").first.focus()
    hidden = []
    while page.evaluate("document.activeElement.closest('#grille') && !document.activeElement.closest('.marking-bar')"):
        hidden += page.evaluate(
            """async () => {
              for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
              const bar = document.querySelector(".marking-bar").getBoundingClientRect();
              const focused = document.activeElement;
              const box = focused.getBoundingClientRect();
              return box.bottom > bar.top && focused.tagName !== "SUMMARY" ? [focused.name] : [];
            }"""
        )
        page.keyboard.press("Tab")
    assert hidden == []


def test_a_dossier_is_marked_by_the_keyboard_alone(scene: Scene, new_context: Contexts, platform: Platform) -> None:
    page = entered(new_context, scene.first)
    page.goto("/evaluation/")
    tab_to(page, "a[href$='/suivant']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/evaluation/dossiers/*")
    ready(page)
    tab_to(page, "input[name=note-qualite]")
    page.keyboard.type("3,5")
    expect(page.locator("input[name=note-qualite]:checked")).to_have_value("3.5")
    page.keyboard.press("Enter")
    page.keyboard.type("Un projet construit.")
    tab_to(page, "input[name=note-solidite]")
    page.keyboard.type("4")
    expect(page.locator("[data-total]")).to_have_text("Total\u00a0: 74,0\u00a0/\u00a0100")
    expect(page.locator("[data-save-state]")).to_contain_text("Enregistré à")
    first = page.url
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/evaluation/dossiers/" in url and url.partition("?")[0] != first)
    with platform.database.reading() as session:
        found = session.exec(
            select(Review.state, Mark.criterion, Mark.score).where(Mark.review_id == Review.id)  # type: ignore[call-overload]
        ).all()
    assert {(state, criterion, str(score)) for state, criterion, score in found} == {
        ("submitted", "qualite", "3.5"),
        ("submitted", "solidite", "4"),
    }


def test_five_criteria_stand_beside_the_dossier_and_the_bar_hides_none(five: Scene, new_context: Contexts) -> None:
    page = entered(new_context, five.first, viewport={"width": 1280, "height": 800})
    page.goto(f"/evaluation/dossiers/{five.applications[0].id}")
    ready(page)
    page.evaluate("document.querySelector('#grille').scrollIntoView({block: 'start', behavior: 'instant'})")
    whole = """[...document.querySelectorAll('.criterion')].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.top >= 0 && box.bottom <= document.querySelector('.marking-bar').getBoundingClientRect().top;
    }).length"""
    assert page.evaluate(whole) == 5
    repeated = """[...document.querySelectorAll('[id]')].map((one) => one.id).filter((id, at, all) => all.indexOf(id) !== at)"""
    assert page.evaluate(repeated) == []
    picture(page, "reviewer-five-criteria")

    page.locator("[id='note-qualite.2']").focus()
    page.keyboard.press("1")
    words = page.locator("[id='note-qualite.mots']")
    expect(words).to_have_text("Ébauché, sans calendrier ni public nommé")
    comment = page.get_by_label("Commentaire : Qualité du projet")
    label = page.locator("label[for=avis-qualite]")
    expect(label).to_contain_text("demandé pour cette note")
    expect(label.get_by_text("facultatif")).to_have_count(0)
    expect(comment).to_have_attribute("aria-required", "true")
    page.locator("[id='note-qualite.8']").check()
    expect(label.get_by_text("demandé pour cette note")).to_be_hidden()
    expect(page.locator("label[for=avis-portee] .optional")).to_be_hidden()
    expect(page.locator("#reponse-resume")).to_have_class("bears")
    page.locator("[id='note-elan']").focus()
    page.keyboard.type("-1")
    expect(page.locator("input[name=note-elan]:checked")).to_have_value("-1")
    expect(page.locator("#reponse-resume")).not_to_have_class("bears")


def test_search_in_the_dossier_finds_without_accents(scene: Scene, new_context: Contexts) -> None:
    page = entered(new_context, scene.first)
    page.goto(f"/evaluation/dossiers/{scene.applications[0].id}")
    ready(page)
    page.get_by_label("Chercher dans le dossier").fill("eleves")
    expect(page.locator("mark.here")).to_have_text("élèves")


def test_a_second_reviewer_sees_nothing_before_submitting(scene: Scene, new_context: Contexts) -> None:
    application = scene.applications[0]
    scene.submit(scene.first, application, "1", "1", "Secret du premier")
    page = entered(new_context, scene.second)
    for url in ("/evaluation/", f"/evaluation/dossiers/{application.id}", "/evaluation/appels/revue/mes-notes",
                "/evaluation/appels/revue/hors-ligne"):  # fmt: skip
        page.goto(url)
        assert "Secret du premier" not in page.content()
    page.goto(f"/evaluation/dossiers/{application.id}")
    ready(page)
    page.locator("[id='note-qualite.8']").check()
    page.locator("[id='note-solidite.8']").check()
    page.locator(".more-actions > summary").click()
    page.get_by_role("button", name="Soumettre et rester ici").click()
    expect(page.get_by_text("Évaluation soumise.")).to_be_visible()
    page.get_by_text("Commentaires de").click()
    expect(page.get_by_text("Secret du premier")).to_be_visible()


def test_who_steps_back_gets_404_everywhere(scene: Scene, new_context: Contexts) -> None:
    application = scene.applications[0]
    context = new_context()
    page = context.new_page()
    sign_in(page, scene.first.email, PASSWORD)
    page.goto(f"/evaluation/dossiers/{application.id}")
    page.get_by_role("link", name="Me déporter").click()
    page.get_by_label("Quel est ce lien").fill("Ancienne salariée.")
    page.get_by_role("button", name="Me déporter").click()
    page.wait_for_url("**/evaluation/")
    assert application.title not in page.content()
    start = f"/evaluation/dossiers/{application.id}"
    found = {tail: context.request.get(start + tail).status for tail in ("", "/deport", "/pieces/x/y.pdf")}
    assert found == {"": 404, "/deport": 404, "/pieces/x/y.pdf": 404}
    page.goto("/evaluation/?voir=tous")
    assert application.title not in page.content()


def test_two_reviewers_discuss_and_one_changes_a_mark_by_the_keyboard(factory: Factory, new_context: Contexts) -> None:
    scene = scene_of(factory, CALL_FILE, 'reviewing: {discussion_until: "2099-01-05T12:00:00+01:00"}\n')
    application = scene.applications[0]
    address = f"/evaluation/dossiers/{application.id}/discussion"
    scene.submit(scene.second, application, "2", "3", "Le budget ne tient pas.")
    scene.submit(scene.first, application, "4,5", "3")
    first, second = entered(new_context, scene.first), entered(new_context, scene.second, java_script_enabled=False,
                                                               viewport={"width": 320, "height": 800})  # fmt: skip
    second.goto("/evaluation/")
    second.get_by_role("link", name=application.reference).first.click()
    second.get_by_label("Votre message").fill("Le budget est à relire.")
    second.get_by_role("button", name="Envoyer").click()
    expect(second.get_by_text("Le budget est à relire.")).to_be_visible()
    first.goto(address)
    ready(first)
    expect(first.get_by_text("Le budget est à relire.")).to_be_visible()
    picture(first, "reviewer-discussion-open-1280")
    first.get_by_role("link", name="Changer mes notes").click()
    ready(first)
    first.locator("[id='note-qualite']").focus()
    first.keyboard.type("3")
    assert_accessible(first)
    picture(first, "reviewer-changing-1280")
    first.get_by_label("Pourquoi changez-vous").fill("Le budget a été relu.")
    first.keyboard.press("Control+Enter")
    expect(first.get_by_text("4,5 avant, 3 après")).to_be_visible()
    second.goto(address)
    expect(second.get_by_text("Le budget a été relu.")).to_be_visible()
    picture(second, "reviewer-discussion-320")
    for width in (1280, 320):
        first.set_viewport_size({"width": width, "height": 900})
        first.goto(address)
        ready(first)
        assert_accessible(first)
        picture(first, f"reviewer-discussion-{width}")
    official = entered(new_context, scene.official)
    for width in (1280, 320):
        official.set_viewport_size({"width": width, "height": 900})
        official.goto("/instruction/revue/evaluations/discussions")
        ready(official)
        assert_accessible(official)
        picture(official, f"discussions-{width}")


@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_of_reviewers_is_accessible(scene: Scene, new_context: Contexts, width: int) -> None:
    scene.submit(scene.second, scene.applications[1], "1", "1")
    scene.submit(scene.first, scene.applications[1], "5", "4")
    page = entered(new_context, scene.first, viewport={"width": width, "height": 900})
    for name, url in (
        ("list", "/evaluation/"),
        ("dossier", f"/evaluation/dossiers/{scene.applications[0].id}"),
        ("submitted", f"/evaluation/dossiers/{scene.applications[1].id}"),
        ("recusal", f"/evaluation/dossiers/{scene.applications[0].id}/deport"),
        ("declining", f"/evaluation/dossiers/{scene.applications[0].id}/rendre"),
        ("preferences", "/evaluation/appels/revue/preferences"),
        ("offline", "/evaluation/appels/revue/hors-ligne"),
        ("own", "/evaluation/appels/revue/mes-notes"),
    ):
        page.goto(url)
        ready(page)
        assert_accessible(page)
        assert page.evaluate(BROKEN_DATES) == []
        picture(page, f"reviewer-{name}-{width}")
        if width == 1280:
            assert_legible_at_night(page)


@pytest.mark.parametrize("width", [1280, 320])
def test_specimens_and_the_pages_about_the_reviews_are_accessible(
    scene: Scene, new_context: Contexts, platform: Platform, width: int
) -> None:
    actor = scene.factory.actor(scene.official)
    with platform.database.writing() as session:
        given = {"actor": actor, "now": platform.clock()}
        for number in range(2):
            one = add_fictitious(session, call=scene.call, title=f"Essai {number}", parts={"projet": "Texte."}, **given)
            reasons = {"qualite": "Des preuves.", "solidite": "Un exercice."}
            marks = {"qualite": "3", "solidite": "3"}
            agree_marks(session, call=scene.call, specimen_id=one.id, marks=marks, reasons=reasons, **given)
        start_round(session, call=scene.call, **given)
    page = entered(new_context, scene.first, viewport={"width": width, "height": 900})
    page.goto(f"/evaluation/dossiers/{scene.applications[0].id}")
    assert page.url.endswith("/evaluation/appels/revue/calibrage")
    assert_accessible(page)
    for number in range(2):
        page.goto("/evaluation/appels/revue/calibrage")
        page.get_by_role("link", name=f"Essai {number}").click()
        ready(page)
        assert_accessible(page)
        page.locator("[id='note-qualite.8']").check()
        page.locator("[id='note-solidite.8']").check()
        page.get_by_role("button", name="Soumettre et comparer").click()
        expect(page.get_by_role("heading", name="Où vous vous situez")).to_be_visible()
        assert_accessible(page)
        picture(page, f"reviewer-specimen-{width}")
        page.get_by_role("button", name="J’ai comparé").click()
    page.goto(f"/evaluation/dossiers/{scene.applications[0].id}")
    expect(page.get_by_role("heading", name="La grille")).to_be_visible()
    official = entered(new_context, scene.official, viewport={"width": width, "height": 900})
    start = "/instruction/revue/evaluations"
    for name in ("", "/rappels", "/accord", "/ecarts", "/calibrage"):
        official.goto(f"{start}{name}")
        ready(official)
        assert_accessible(official)
        picture(official, f"reviews-{name[1:] or 'progress'}-{width}")
        if width == 1280:
            assert_legible_at_night(official)
