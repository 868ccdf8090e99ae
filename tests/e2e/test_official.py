"""Two officials lead a call from its closing to the published results, in a real browser; every page is accessible."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import select

from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.outbox import Job, JobState
from aap.records.people import Person
from aap.records.reviews import Mark, Review
from tests.e2e.conftest import assert_accessible, assert_legible_at_night, picture, sign_in
from tests.factories import PASSWORD, Factory
from tests.worlds.offices import LETTERS, RULES, Office, Offices, decline, offices


@pytest.fixture
def office(factory: Factory) -> Offices:
    return offices(factory)


Opened = Callable[..., Page]


@pytest.fixture
def opened(new_context: Callable[..., BrowserContext]) -> Iterator[Opened]:
    """`opened(person)`: a page of theirs, signed in; an error on its console fails the test."""
    complaints: list[str] = []

    def make(person: Person, **options: object) -> Page:
        page = new_context(**options).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        sign_in(page, person.email, PASSWORD)
        return page

    yield make
    assert [text for text in complaints if "422" not in text] == []  # a refused form is told there too


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()


def unscreen(here: Office, at: int) -> None:
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Application, here.dossiers[at].id)
        held.state, held.screened_at, held.ineligible_reason = ApplicationState.SUBMITTED, None, ""


def test_from_the_closed_call_to_the_published_results(office: Offices, opened: Opened) -> None:
    here = office(CallState.CLOSED)
    unscreen(here, 0)
    unscreen(here, 4)
    first, second = opened(here.first), opened(here.second)

    # Screening: one yes, one no with a motive that was forgotten at first.
    first.goto("/instruction/")
    follow(first, "Appel d’essai " + here.call.id)
    follow(first, "Examiner la recevabilité")
    expect(first.get_by_role("status").filter(has_text="dossiers")).to_contain_text("2 dossiers sur 5")
    first.get_by_role("row").nth(1).get_by_role("link").click()
    first.get_by_label("Oui").check()
    press(first, "Enregistrer l’avis")
    expect(first.locator(".notice-success")).to_contain_text("Le dossier est recevable")
    first.goto(here.address(f"dossiers/{here.dossiers[4].reference}"))
    first.get_by_label("Non", exact=True).check()
    press(first, "Enregistrer l’avis")
    expect(first.locator(".error-summary")).to_be_focused()
    first.locator("#motif-recevabilite").fill("L’association a moins d’un an.")
    press(first, "Enregistrer l’avis")
    expect(first.locator(".notice-success")).to_contain_text("irrecevable")

    # Reviews are in already: two steps, confirmed.
    for step in ("Ouvrir les évaluations", "Ouvrir la délibération"):
        first.goto(here.address())
        follow(first, step)
        press(first, step)
    expect(first.locator(".steps [aria-current]")).to_contain_text("Délibération")

    # The jury leaves one out; the ranking is computed and read.
    first.goto(here.address("jury"))
    first.get_by_label("Numéro du dossier").fill(here.dossiers[1].reference)
    first.get_by_label("Écarté par le jury").check()
    first.get_by_label("Motif").fill("Le projet a déjà commencé.")
    press(first, "Enregistrer la décision")
    expect(first.locator("#decisions-jury")).to_contain_text("Le projet a déjà commencé.")
    first.goto(here.address("classement"))
    press(first, "Calculer le classement")
    expect(first.locator("#classement")).to_contain_text("Lauréat")
    follow(first, "Essayer d’autres règles")
    first.get_by_label("Lauréats au plus").fill("1")
    press(first, "Essayer")
    expect(first.locator("#sortent")).to_be_visible()

    # Two persons freeze it.
    first.goto(here.address("classement/1"))
    follow(first, "Proposer de l’arrêter")
    press(first, "Proposer d’arrêter ce classement")
    second.goto(here.address("classement/1"))
    follow(second, "Confirmer ou renvoyer")
    press(second, "Confirmer et arrêter le classement")
    expect(second.locator(".notice-success")).to_contain_text("Le classement est arrêté")

    # Decisions, letters, mails, publication.
    second.goto(here.address())
    follow(second, "Préparer les décisions")
    press(second, "Préparer les décisions et les lettres")
    expect(second.locator(".notice-success")).to_contain_text("5 lettres sont prêtes")
    with second.expect_download() as download:
        follow(second, "Lettres (ZIP)")
    assert download.value.suggested_filename == f"{here.call.id}-lettres.zip"
    with second.expect_download() as download:
        follow(second, "Lauréats (PDF)")
    assert download.value.suggested_filename == f"{here.call.id}-liste-1-laureats.pdf"
    follow(second, "Notifier les décisions")
    expect(second.locator(".panel", has_text="Le courriel")).to_contain_text("une décision vous attend")
    second.get_by_label("Maintenant").check()
    press(second, "Proposer de notifier 5 décisions")
    first.goto(second.url)
    press(first, "Confirmer la notification de 5 décisions")
    second.goto(here.address("decisions"))
    follow(second, "Publier les résultats")
    press(second, "Publier les résultats")
    expect(second.locator(".steps [aria-current]")).to_contain_text("Publié")
    assert here.state() is CallState.PUBLISHED


def diverging(office: Offices) -> Office:
    """A call under review that grants proposed amounts; the reviews of its second dossier are 60 points apart."""
    here = office(
        CallState.REVIEWING,
        rules=f"{RULES}  amounts: proposed\n",
        more=LETTERS + "reviewing:\n  divergence: {overall: 25}\n",
    )
    with here.factory.platform.database.writing() as session:
        held = session.exec(
            select(Review).where(Review.application_id == here.dossiers[1].id, Review.person_id == here.reviewers[1].id)
        ).one()
        for mark in session.exec(select(Mark).where(Mark.review_id == held.id)):
            mark.score = Decimal(1)
    return here


@pytest.mark.parametrize("width", [1280, 320])
def test_an_official_goes_past_a_dossier_closes_the_amounts_and_opens_the_deliberation(
    office: Offices, opened: Opened, width: int
) -> None:
    here = diverging(office)
    page = opened(here.first, viewport={"width": width, "height": 900})
    page.goto(here.address("etape"))
    expect(page.locator("main")).to_contain_text("1 dossier dont les évaluations divergent")
    page.get_by_role("link", name="Voir ce qui reste à revoir").click()
    assert_accessible(page)
    page.locator("summary", has_text="Passer outre").click()
    page.get_by_role("button", name="Passer outre pour ce dossier").click()
    expect(page.locator("main")).to_contain_text("le procès-verbal reproduit ce motif")
    assert_accessible(page)
    page.get_by_label("Pourquoi ce dossier n’est-il pas revu ?").fill("Les deux évaluateurs, entendus, maintiennent.")
    page.get_by_role("button", name="Passer outre pour ce dossier").click()
    expect(page.locator("#revus")).to_contain_text("Les deux évaluateurs, entendus, maintiennent.")
    page.get_by_role("link", name="Arrêter les montants proposés").click()
    assert_accessible(page)
    page.get_by_label("J’arrête les montants de tous les dossiers tels qu’ils sont ici").check()
    page.get_by_role("button", name="Arrêter les montants").click()
    expect(page.locator("main")).to_contain_text("Montants arrêtés le")
    page.goto(here.address("etape"))
    page.get_by_role("button", name="Ouvrir la délibération").click()
    expect(page.locator(".steps [aria-current]")).to_contain_text("Délibération")
    assert here.state() is CallState.DELIBERATING


PAGES: dict[CallState, tuple[str, ...]] = {
    CallState.CLOSED: ("", "candidats", "candidats?q=zzz", "etape", "cloture", "tirage", "evaluations", "evaluations/ecartees",
                       "dossiers/{0}", "dossiers/{0}/historique"),
    CallState.REVIEWING: ("a-revoir", "evaluations/ecarts"),
    CallState.DELIBERATING: ("a-revoir", "jury", "jury/ecran", "arbitrage", "jury?dossier={0}", "classement", "dossiers/{4}"),
    CallState.PROPOSED: ("classement/1", "classement/1/essai?laureats=1&sans=sud", "classement/1/essai?laureats=x",
                         "classement/1/dossiers/{1}", "classement/1/arret"),
    CallState.ARBITRATED: ("classement/1/reprise", "secondes", "decisions", "decisions/preparer", "decisions/textes?dossier={0}"),
    CallState.DECIDED: ("decisions", "decisions/notifier", "decisions/publier"),
    CallState.PUBLISHED: (
        "", "decisions", "decisions/suites", "decisions/recommandes", "decisions/listes", "decisions/listes/2",
        "decisions/{0}/reponse", "etape",
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", PAGES)
@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_is_accessible_and_fits_the_screen(
    office: Offices, opened: Opened, state: CallState, width: int
) -> None:
    here = office(state)
    if state is CallState.PUBLISHED:
        decline(here, here.dossiers[2])
    page = opened(here.first, viewport={"width": width, "height": 900})
    names = [one.reference for one in here.dossiers]
    pages = [here.address(tail.format(*names)) for tail in PAGES[state]]
    for address in ["/instruction/", "/instruction/rattachements", *pages]:
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        for details in page.locator("main details").all():
            details.evaluate("one => one.open = true")
        assert_accessible(page)
        if width == 1280 and state in (CallState.DELIBERATING, CallState.PROPOSED):
            assert_legible_at_night(page)
        picture(page, f"official-{width}-{re.sub('[^a-z0-9]+', '-', address[13:].replace(here.call.id, state))}")


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_of_a_job_are_accessible(office: Offices, opened: Opened, width: int) -> None:
    here = office()
    jobs = [
        Job(kind="ranking", call_id=here.call.id, created_at=here.factory.now, **values)
        for values in (
            {"state": JobState.RUNNING, "done": 3, "total": 12, "message": "Tirages"},
            {"state": JobState.FAILED},
            {"state": JobState.CANCELLED},
            {"state": JobState.DONE, "result": {"conflict": ["laureates", "quota:sud", "decision:ESSAI-1"]}},
            {"state": JobState.DONE, "result": {"problems": ["Des évaluations manquent."]}},
        )
    ]
    with here.factory.platform.database.writing() as session:
        session.add_all(jobs)
    page = opened(here.first, viewport={"width": width, "height": 900})
    for job in jobs:
        page.goto(here.address(f"travaux/{job.id}"))
        assert_accessible(page)


def test_progress_is_followed_with_and_without_scripts(office: Offices, opened: Opened) -> None:
    here = office()
    job = Job(kind="ranking", call_id=here.call.id, created_at=here.factory.now, state=JobState.RUNNING, done=3,
              total=12, message="Tirages")  # fmt: skip
    with here.factory.platform.database.writing() as session:
        session.add(job)
    scripted = opened(here.first)
    plain = opened(here.second, java_script_enabled=False)
    for page in (scripted, plain):
        page.goto(here.address(f"travaux/{job.id}"))
        expect(page.locator("progress")).to_have_attribute("value", "3")
    assert plain.locator("meta[http-equiv=refresh]").count() == 1
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Job, job.id)
        held.state, held.result = JobState.DONE, {"problems": ["Des évaluations manquent."]}
    for page in (scripted, plain):
        expect(page.locator(".notice-danger")).to_contain_text("Des évaluations manquent.")


def test_the_letter_follows_what_is_typed_and_a_button_shows_it_without_scripts(
    office: Offices, opened: Opened
) -> None:
    here = office(CallState.ARBITRATED)
    words = "Avec mes félicitations, Madame la Présidente."
    scripted = opened(here.first)
    plain = opened(here.second, java_script_enabled=False)
    for page in (scripted, plain):
        page.goto(here.address(f"decisions/textes?dossier={here.dossiers[0].reference}"))
        if page is scripted:
            page.wait_for_selector("html[data-ready=true]")
        page.get_by_label("Formule finale, lauréats").fill("Avec mes félicitations, {greeting}.")
    expect(scripted.locator("[data-preview]")).to_contain_text(words)
    plain.get_by_role("button", name="Voir l’aperçu").click()
    expect(plain.locator("[data-preview]")).to_contain_text(words)
    plain.get_by_role("button", name="Enregistrer cette version").click()
    expect(plain.locator(".notice-success").first).to_contain_text("Version 1 enregistrée")
    assert_accessible(scripted)
