"""The whole job in a real browser: an administrator opens a call, an association applies, officials screen and assign,
reviewers mark, two officials decide, and everybody reads the results. Nothing is made behind the pages but accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aap.demo.identifiers import siret
from aap.records.people import Person, Role
from tests.conftest import TestClock
from tests.e2e.conftest import assert_accessible, picture, press, sign_in
from tests.factories import CALL_FILE, PASSWORD, Factory
from tests.worlds.mailbox import link_in, mails_to

CALL = "essai-complet"
LETTERS = """letters:
  signed_on: 2025-02-14
  published: "décision du 14 février 2025"
  signatory: {first_name: Hélène, last_name: Exemplaire, capacity: Cheffe du service, delegation: "arrêté fictif"}
  waiting_list_expires: 2025-10-31
"""

pytestmark = pytest.mark.timeout(300)


def sound(page: Page) -> Page:
    assert_accessible(page)
    return page


@pytest.fixture
def enter(new_context: Callable[..., BrowserContext]) -> Callable[[Person], Page]:
    def signed(person: Person) -> Page:
        page = new_context().new_page()
        sign_in(page, person.email, PASSWORD)
        return page

    return signed


def test_from_the_call_file_to_the_published_results(
    factory: Factory,
    clock: TestClock,
    enter: Callable[[Person], Page],
    new_context: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    admin = enter(factory.person(Role.ADMIN))
    officials = [factory.person(Role.OFFICIAL) for _ in range(2)]
    _open_the_call(admin, clock, tmp_path)

    # Two associations apply, each from the sign-up on.
    deposits = [
        _apply(new_context().new_page(), factory, clock, name, amount, first=index == 0)
        for index, (name, amount) in enumerate((("Les Lucioles fictives", 60_000), ("Le Phare fictif", 50_000)))
    ]

    # The official closes, screens, invites two reviewers, distributes the dossiers.
    clock.move(days=6)
    first = enter(officials[0])
    first.goto(f"/instruction/{CALL}/etape")
    press(first, "Fermer le dépôt")
    for page, _email in deposits:
        first.goto(f"/instruction/{CALL}/dossiers/{_reference(page)}")
        first.get_by_label("Oui", exact=True).check()
        press(first, "Enregistrer l’avis")
    reviewers = [factory.person(name=f"Noé Relecteur-{number}") for number in (1, 2)]
    for person in reviewers:
        first.goto(f"/instruction/{CALL}/evaluateurs/invitation")
        first.get_by_label("Prénom et nom").fill(person.name)
        first.get_by_label("Adresse électronique").fill(person.email)
        press(sound(first), "Inviter")
    desks = [_declare_no_interest(enter(person)) for person in reviewers]
    first.goto(f"/instruction/{CALL}/repartition")
    press(sound(first), "Proposer")
    press(sound(first), "Appliquer")
    first.goto(f"/instruction/{CALL}/etape")
    press(first, "Ouvrir les évaluations")

    # The reviewers mark; the second one is more severe.
    for desk, marks in zip(desks, ((("5", "4.5"), ("4", "4")), (("4", "4"), ("3", "3"))), strict=True):
        _mark_all(desk, deposits, marks)

    # Ranking, two persons, decisions, mails, publication.
    first.goto(f"/instruction/{CALL}/etape")
    press(first, "Ouvrir la délibération")
    first.goto(f"/instruction/{CALL}/classement")
    press(first, "Calculer le classement")
    expect(first.get_by_role("heading", name="Classement", exact=True)).to_be_visible()
    picture(sound(first), "whole-ranking")
    first.goto(f"/instruction/{CALL}/classement/1/arret")
    press(first, "Proposer d’arrêter ce classement")
    second = enter(officials[1])
    second.goto(f"/instruction/{CALL}/classement/1/arret")
    press(sound(second), "Confirmer et arrêter le classement")
    second.goto(f"/instruction/{CALL}/decisions/preparer")
    press(second, "Préparer les décisions et les lettres")
    second.goto(f"/instruction/{CALL}/decisions/notifier")
    second.get_by_label("Maintenant").check()
    press(sound(second), "Proposer de notifier 2 décisions")
    first.goto(second.url)
    press(sound(first), "Confirmer la notification de 2 décisions")
    second.goto(f"/instruction/{CALL}/decisions/publier")
    press(second, "Publier les résultats")

    # The associations read their decision; everybody reads the results.
    laureate, refused = (page for page, _ in deposits)
    for page, words in ((laureate, "60 000"), (refused, "liste d’attente")):
        page.goto("/association/")
        page.get_by_role("link", name="Projet des").first.click()
        page.goto(re.sub(r"/(accuse|suivi).*$", "", page.url) + "/decision")
        expect(page.locator("main")).to_contain_text(re.compile(words.replace(" ", r"\s")))
        sound(page)
    stranger = new_context().new_page()
    stranger.goto(f"/resultats/{CALL}")
    expect(stranger.locator("main")).to_contain_text("Les Lucioles fictives")
    expect(stranger.locator("main")).not_to_contain_text("Le Phare fictif")
    picture(sound(stranger), "whole-results")


def _open_the_call(page: Page, clock: TestClock, folder: Path) -> None:
    text = CALL_FILE.format(
        id=CALL,
        opens_at=(clock.now - timedelta(days=1)).isoformat(),
        closes_at=(clock.now + timedelta(days=5)).isoformat(),
    )
    file = folder / f"{CALL}.yaml"
    file.write_text(text + LETTERS)
    page.goto("/administration/appels")
    page.set_input_files("input[type=file]", file)
    press(sound(page), "Vérifier et charger")
    press(sound(page), "Ouvrir l’appel")
    page.goto(f"/appels/{CALL}")
    sound(page)


def _apply(page: Page, factory: Factory, clock: TestClock, name: str, amount: int, *, first: bool) -> tuple[Page, str]:
    """Signs up, describes the association, fills the dossier and submits it."""
    email = f"{'lucioles' if first else 'phare'}@example.org"
    page.goto("/inscription")
    page.fill("#name", "Dominique Exemple")
    page.fill("#email", email)
    page.fill("#password", "quatre mots sans rapport")
    press(page, "Créer mon compte")
    page.goto(link_in(mails_to(factory.platform, email)[0]))
    if page.get_by_role("button", name="Confirmer").count():
        page.get_by_role("button", name="Confirmer").first.click()
    if "/connexion" in page.url:
        sign_in(page, email, "quatre mots sans rapport")

    page.goto(f"/appels/{CALL}/eligibilite")
    page.get_by_label("Oui", exact=True).first.check()
    press(page, "Vérifier")
    page.goto(f"/association/associations/nouvelle?pour={CALL}")
    page.fill("#siret", siret(11 if first else 12))
    press(page, "Continuer")
    known = {"name": name, "address": "1 rue de l’Exemple", "postal_code": "69003", "commune": "Lyon (Rhône)",
             "rna": "W691000001" if first else "W691000002"}  # fmt: skip
    _fill(page, known)
    press(page, "Commencer")
    dossier = page.url
    press(page, "Présenter votre association")
    described = {"email": email, "phone": "01 99 00 00 01", "representative_name": "Dominique Exemple",
                 "representative_capacity": "présidente", "representative_email": email}  # fmt: skip
    _fill(page, described)
    expect(page).to_have_url(dossier)

    page.goto(f"{dossier}/sections/projet")
    page.fill('[name="q.titre"]', f"Projet des {name}")
    page.fill('[name="q.resume"]', "Un mentor pour chacun, chaque semaine.")
    page.get_by_role("button", name=re.compile("^Enregistrer")).first.click()
    page.goto(f"{dossier}/sections/moyens")
    for account, value in {"60": amount, "request": amount}.items():
        page.fill(f'[name="q.budget.{account}"]', str(value))
    page.get_by_role("button", name=re.compile("^Enregistrer")).first.click()
    page.wait_for_load_state()
    page.goto(f"{dossier}/depot")
    page.get_by_label(re.compile("Je suis le représentant légal")).check()
    page.get_by_label(re.compile("Je certifie")).check()
    clock.move(minutes=1)
    press(sound(page), "Déposer le dossier")
    expect(page.locator("main")).to_contain_text("reçu")
    if first:
        picture(sound(page), "whole-receipt")
    return page, email


def _fill(page: Page, typed: dict[str, str]) -> None:
    for field, value in typed.items():
        page.fill(f"#{field}", value)
    press(page, "Enregistrer")
    assert page.locator(".error-summary").all_inner_texts() == []


def _reference(page: Page) -> str:
    text = page.locator("main").inner_text()
    found = re.search(rf"(AAP-{CALL}-\w+)-1", text)
    assert found, text
    return found.group(1)


def _declare_no_interest(page: Page) -> Page:
    page.goto("/evaluation/interets")
    page.get_by_label(re.compile("Ma déclaration est complète")).check()
    page.locator("main button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("Mes évaluations")
    return page


def _mark_all(page: Page, deposits: list[tuple[Page, str]], marks: tuple[tuple[str, str], ...]) -> None:
    for (applicant, _email), (quality, strength) in zip(deposits, marks, strict=True):
        title = applicant.locator("main").inner_text()
        page.goto("/evaluation/")
        name = "Les Lucioles fictives" if "Lucioles" in title else "Le Phare fictif"
        page.get_by_role("link", name=f"Projet des {name}").click()
        page.check(f'[name="note-qualite"][value="{quality}"]')
        page.check(f'[name="note-solidite"][value="{strength}"]')
        page.get_by_role("button", name=re.compile("^Soumettre")).first.click()
        page.wait_for_load_state()
