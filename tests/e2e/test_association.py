"""The association's path in a real browser: from the task list to the receipt, through a cut of the network and a second
tab; by keyboard, on a small screen, and light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Response, Route, expect
from sqlmodel import select

from aap.own_files import rubrics_folder
from aap.records.applications import Submission
from aap.records.outbox import OutboxMail
from aap.records.people import MembershipRole
from tests.e2e.conftest import assert_accessible, crashed, picture, sign_in
from tests.factories import PASSWORD
from tests.worlds.applicants import ANSWERS, POSTED, Space, Spaces, pdf, photo
from tests.worlds.mailbox import as_received

Contexts = Callable[..., BrowserContext]

PASTE = """(text) => {
  const held = new DataTransfer();
  held.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(event);
}"""


def opened(new_context: Contexts, one: Space, **options: object) -> Page:
    page = new_context(**options).new_page()
    sign_in(page, one.person.email, PASSWORD)
    return page


def go(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector("html[data-ready]")


def looked_at(page: Page, name: str) -> None:
    """Accessible and no wider than the screen at 1280 and at 320 px; kept as pictures at 1280 and 375."""
    assert_accessible(page)
    picture(page, f"association-{name}-1280")
    page.set_viewport_size({"width": 375, "height": 800})
    picture(page, f"association-{name}-375")
    page.set_viewport_size({"width": 320, "height": 640})
    assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("Enregistré à")


def fill(page: Page, fields: dict[str, object]) -> None:
    for name, value in fields.items():
        field = page.locator(f'[name="{name}"]')
        kind = field.first.get_attribute("type")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                page.check(f'[name="{name}"][value="{one}"]')
        else:
            field.first.fill(str(value))


def test_from_the_task_list_to_the_receipt_with_a_cut_and_a_second_tab(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, "/association/")
    looked_at(page, "home")
    go(page, one.url)
    looked_at(page, "tasks-empty")

    # A section, typed while the network goes and comes back.
    page.get_by_role("link", name="Votre projet", exact=True).click()
    page.wait_for_selector("html[data-ready]")
    looked_at(page, "section-empty")
    page.fill('[name="q.titre"]', "Quarante mentors")
    saved(page)
    page.context.set_offline(True)
    page.fill('[name="q.titre"]', str(POSTED["projet"]["q.titre"]))
    page.fill('[name="q.resume"]', str(POSTED["projet"]["q.resume"]))
    expect(page.locator("[data-save-state]")).to_contain_text("Pas de connexion")
    looked_at(page, "section-offline")
    page.context.set_offline(False)
    saved(page)
    assert one.dossier().answers == {
        "titre": ANSWERS["projet"]["titre"], "resume": str(ANSWERS["projet"]["resume"]).strip()
    }  # fmt: skip

    # The same section in a second tab: neither text is lost.
    second = page.context.new_page()
    go(second, f"{one.url}/sections/projet")
    second.fill('[name="q.resume"]', "Un résumé écrit dans le second onglet.")
    saved(second)
    expect(second.locator("[data-save-state]")).to_contain_text("Enregistré à")
    page.wait_for_timeout(100)
    page.fill('[name="q.resume"]', str(POSTED["projet"]["q.resume"]) + "Suite.")
    conflict = page.locator("#deux-versions")
    expect(conflict).to_contain_text("Un résumé écrit dans le second onglet.")
    expect(conflict).to_contain_text("Suite.")
    looked_at(page, "section-conflict")
    conflict.get_by_role("button", name="Garder ma version").click()
    saved(page)
    second.close()

    # By the keyboard: the rest of the page, then the button.
    fill(page, {k: v for k, v in POSTED["projet"].items() if k not in ("q.titre", "q.resume")})
    page.locator('[name="q.actions.0.description"]').focus()
    page.keyboard.press("Tab")  # remove
    page.keyboard.press("Tab")  # add
    page.keyboard.press("Enter")
    expect(page.locator('[name="q.actions.1.intitule"]')).to_be_focused()
    page.keyboard.type("Réunir les familles")
    page.keyboard.press("Tab")
    page.keyboard.type("Une soirée au lycée.")
    page.get_by_role("button", name="Enregistrer et continuer").press("Enter")
    page.wait_for_url(re.compile("/sections/jeunes[?]"))

    page.wait_for_selector("html[data-ready]")
    fill(page, {k: v for k, v in POSTED["jeunes"].items() if k != "q.orienteurs.detail"})
    expect(page.locator('[name="q.quartiers"]')).to_be_hidden()
    page.fill('[name="q.orienteurs.detail"]', str(POSTED["jeunes"]["q.orienteurs.detail"]))
    page.fill('[name="q.nombre"]', "quarante")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, "section-errors")
    page.locator(".error-summary a").first.press("Enter")
    expect(page.locator('[name="q.nombre"]')).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sections/moyens[?]"))
    _fill_budget(page, one)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url(re.compile("/sections/pieces[?]"))
    _send_files(page, one)
    go(page, one.url)
    looked_at(page, "tasks-complete")
    _submit(page, one)


def _fill_budget(page: Page, one: Space) -> None:
    page.wait_for_selector("html[data-ready]")
    fill(page, {k: v for k, v in POSTED["moyens"].items() if not k.startswith("q.budget")})
    page.fill('[name="q.budget.60"]', "2 000")
    expect(page.locator('[data-total="charges"]')).to_have_text("2 000 €")
    expect(page.locator("[data-balance]")).to_contain_text("Écart entre produits et charges : 2 000 €")
    page.locator('[name="q.budget.641"]').focus()
    page.evaluate(PASTE, '641\t"Salaires\net ""primes"""\t14 000\n645\tCharges\t4 000\n')
    expect(page.locator('[data-total="charges"]')).to_have_text("20 000 €")
    fill(page, {"q.budget.request": "12000", "q.budget.74-commune": "5 000"})
    expect(page.locator("[data-request]")).to_have_text("12 000 €")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.locator(".error-summary")).to_contain_text("Ils doivent être égaux")
    looked_at(page, "budget-errors")
    page.fill('[name="q.budget.756"]', "3000")
    expect(page.locator("[data-balance]")).to_contain_text("représente 60 %")
    page.locator("summary", has_text="Contributions volontaires").click()
    fill(page, {"q.budget.864": "6000", "q.budget.870": "6000"})
    saved(page)


def _send_files(page: Page, one: Space) -> None:
    page.wait_for_selector("html[data-ready]")
    statutes = page.locator('[data-question="statuts"]')
    statutes.locator("input[type=file]").set_input_files(
        {"name": "logiciel.exe", "mimeType": "application/pdf", "buffer": b"MZ" + b"\0" * 200}
    )
    expect(statutes.locator(".field-error")).to_contain_text("est un programme")
    looked_at(page, "files-refused")
    page.context.set_offline(True)
    statutes.locator("input[type=file]").set_input_files(
        {"name": "statuts.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    expect(statutes.locator("[data-words]")).to_contain_text("La connexion a été coupée")
    page.context.set_offline(False)
    expect(statutes.locator(".files")).to_contain_text("statuts.pdf")
    page.locator('[data-question="comptes"] input[type=file]').set_input_files(
        [
            {"name": f"p{n}.jpg", "mimeType": "image/jpeg", "buffer": photo(colour=c)}
            for n, c in enumerate(("red", "blue"))
        ]
    )
    expect(page.locator('[data-question="comptes"] .files')).to_contain_text("p0.pdf")
    sent: list[str] = []

    def cut(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 2:  # the first piece: the question where to begin came before
            route.abort()
        else:
            route.continue_()

    page.route("**/pieces/rib?*", cut)
    page.locator('[data-question="rib"] input[type=file]').set_input_files(
        {"name": "rib.pdf", "mimeType": "application/pdf", "buffer": pdf("RIB") + b"\n%" + b"0" * 1_200_000}
    )
    expect(page.locator('[data-question="rib"] .files')).to_contain_text("rib.pdf", timeout=15_000)
    assert len(sent) == 6  # three pieces, one of them again, and the word that all is there
    looked_at(page, "files")
    assert {question: len(held) for question, held in one.dossier().files.items()} == {
        "statuts": 1,
        "comptes": 1,
        "rib": 1,
    }


def _submit(page: Page, one: Space) -> None:
    page.get_by_role("link", name="Relire le dossier").click()
    looked_at(page, "read-through")
    page.get_by_role("link", name="Continuer vers le dépôt").click()
    looked_at(page, "submit")
    button = page.get_by_role("button", name="Déposer le dossier")
    button.click()
    expect(page.locator(".error-summary")).to_be_focused()
    looked_at(page, "submit-errors")
    page.check('[name="capacity"][value="self"]')
    for box in page.locator('[name="attestation"]').all():
        box.check()
    page.get_by_role("button", name="Déposer le dossier").dblclick()
    page.wait_for_url("**/accuse")
    number = f"{one.dossier().application.reference}-1"
    expect(page.locator("main")).to_contain_text(number)
    looked_at(page, "receipt")
    go(page, f"{one.url}/accuse")
    expect(page.locator("main")).to_contain_text(number)
    with one.database.reading() as session:
        assert [made.receipt_number for made in session.exec(select(Submission))] == [number]


def test_what_a_crash_left_on_the_device_comes_back(space: Spaces, new_context: Contexts) -> None:
    one = space()
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/projet")
    page.context.set_offline(True)
    page.fill('[name="q.titre"]', "Tapé sans réseau, puis l’onglet est tombé")
    page.wait_for_timeout(400)
    again = crashed(page).new_page()
    go(again, f"{one.url}/sections/projet")
    expect(again.locator("[data-save-notice]")).to_contain_text("Texte retrouvé")
    days = """import(document.querySelector("script[src$='/aap.js']").src.replace("/aap.js", "/times.js"))
        .then((times) => ["2025-03-01T12:00Z", "2025-03-11T12:00Z"].map(times.day))"""
    assert again.evaluate(days) == ["1ᵉʳ mars 2025", "11 mars 2025"]
    expect(again.locator('[name="q.titre"]')).to_have_value("Tapé sans réseau, puis l’onglet est tombé")
    looked_at(again, "section-recovered")
    again.get_by_role("button", name="Le garder").click()
    saved(again)
    assert one.dossier().answers == {"titre": "Tapé sans réseau, puis l’onglet est tombé"}


def test_a_dossier_weighs_little_at_first_and_less_after(space: Spaces, new_context: Contexts) -> None:
    one = space(ANSWERS)
    page = opened(new_context, one)
    weights: dict[str, int] = {}

    def weigh(answer: Response) -> None:
        if answer.status == 200:
            weights[answer.url.partition("?")[0]] = len(gzip.compress(answer.body()))

    fresh = page.context
    page.close()
    page = fresh.new_page()
    page.on("response", weigh)
    go(page, f"{one.url}/sections/moyens")
    first = sum(weights.values())
    known = set(weights)
    weights.clear()
    go(page, f"{one.url}/sections/projet")
    after = sum(size for url, size in weights.items() if url not in known)
    assert first < 120_000, first
    assert after < 30_000, after
    print(f"first load {first} bytes gzipped, then {after}")


def test_the_pages_beside_the_path_are_accessible_too(space: Spaces, new_context: Contexts) -> None:
    one = space(ANSWERS).attach_all()
    page = opened(new_context, one)
    one.factory.association(one.person)
    go(page, f"/association/dossiers/nouveau/{one.call.id}")
    looked_at(page, "start")
    go(page, f"{one.url}/recevabilite")
    looked_at(page, "eligibility")
    go(page, f"{one.url}/depot")
    page.locator("summary", has_text="Faire approuver").click()
    page.get_by_role("button", name="Envoyer le lien").click()
    expect(page.locator("main")).to_contain_text("La demande est envoyée à Dominique Exemple")
    page.locator("summary", has_text="Joindre un pouvoir").click()
    looked_at(page, "submit-asked")
    with one.database.reading() as session:
        mails = session.exec(select(OutboxMail)).all()
    bodies = [as_received(one.factory.platform, mail).body for mail in mails]
    link = next(found[0] for body in bodies if (found := re.search(r"/association/signature/\S+", body)))
    theirs = new_context().new_page()
    go(theirs, link)
    looked_at(theirs, "signature")
    theirs.get_by_role("button", name="J’approuve ce dossier").press("Enter")
    expect(theirs.locator("main")).to_contain_text("Merci, c’est enregistré")
    looked_at(theirs, "signature-approved")
    reader = one.colleague(MembershipRole.READER)
    other = new_context().new_page()
    sign_in(other, reader.email, PASSWORD)
    go(other, f"{one.url}/sections/moyens")
    looked_at(other, "section-read")


def test_years_stand_side_by_side_and_a_pasted_line_fills_them(space: Spaces, new_context: Contexts) -> None:
    text = Path(rubrics_folder() / "mentorat-2026.yaml").read_text()
    one = space(ANSWERS, text=text.replace("budget: project\n", "budget: project\n          years: [2026, 2027]\n", 1))
    page = opened(new_context, one)
    go(page, f"{one.url}/sections/moyens")
    balance = page.locator("[data-balance]")
    expect(balance.nth(1)).to_contain_text("Aucun montant n’est encore écrit")
    page.locator('[name="q.budget.60"]').focus()
    page.evaluate(PASTE, '60\t"Achats\nde l’année"\t2 500\t3 000\n')
    expect(page.locator('[name="q.budget.60"]')).to_have_value("2 500")
    expect(page.locator('[name="q.budget.2027.60"]')).to_have_value("3 000")
    fill(page, {"q.budget.2027.request": "2000", "q.budget.2027.70": "1000"})
    expect(page.locator('[data-total="charges-2027"]')).to_have_text("3 000 €")
    expect(balance.nth(1)).to_contain_text("2027 – Charges et produits sont égaux.")
    expect(balance.nth(0)).to_contain_text("Écart entre produits et charges : 500 €")
    page.locator("summary", has_text="Vos propres lignes").click()
    page.locator('[name="q.budget.own.0.account"]').select_option("60")
    fill(
        page,
        {
            "q.budget.own.0.label": "Ordinateurs",
            "q.budget.own.0.amount": "400",
            "q.budget.obtained.74-commune": "5 001",
        },
    )
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.locator(".error-summary")).to_contain_text("(74 Commune ou intercommunalité, dont obtenu)")
    looked_at(page, "budget-years")
    assert one.dossier().answers["budget"]["later"]["2027"]["charges"] == {"60": "3000.00"}
    assert one.dossier().answers["budget"]["own"] == [{"account": "60", "label": "Ordinateurs", "amount": "400.00"}]
