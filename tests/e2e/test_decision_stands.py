"""The culture call of the demonstration from its reviews to its results and beyond, in a real browser: two officials lead it,
a third one is recused of a dossier. After each step every page, file and count agrees with the list in force.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aap.demo import deposits
from aap.jobs import sweep
from aap.records.applications import Application
from aap.records.people import Person
from tests.agreement import Truth, assert_one_truth, by_page
from tests.conftest import TestClock
from tests.e2e.conftest import assert_accessible, picture, press, sign_in
from tests.factories import PASSWORD, Factory
from tests.worlds.culture import DIVERGENT, CultureCall, culture_call, recused_of

pytestmark = pytest.mark.timeout(300)

WITHHELD = "Vous êtes déporté d’un dossier de cet appel"


@dataclass
class Path:
    """`pages`: email → the page of somebody who is signed in."""

    here: CultureCall
    address: str
    new_context: Callable[..., BrowserContext]
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, person: Person, password: str = PASSWORD) -> Page:
        if person.email not in self.pages:
            self.pages[person.email] = self.new_context().new_page()
            sign_in(self.pages[person.email], person.email, password)
        return self.pages[person.email]

    def official(self, person: Person, tail: str) -> Page:
        page = self.page(person)
        page.goto(self.here.address(tail))
        return page

    def first(self, tail: str) -> Page:
        return self.official(self.here.first, tail)

    def second(self, tail: str) -> Page:
        return self.official(self.here.second, tail)

    def association(self, dossier: Application, tail: str = "decision") -> Page:
        """The page of the dossier, as who typed it reads it."""
        page = self.page(self.here.owners[dossier.id], deposits.PASSWORD)
        page.goto(f"/association/dossiers/{dossier.id}/{tail}")
        return page

    def agrees(self) -> Truth:
        return assert_one_truth(
            self.here.factory.platform, self.here.call.id, by_page(self.page(self.here.first), self.address)
        )

    def refused(self, tail: str, **form: str) -> None:
        """The recused official reads why on the page, and what they send all the same is refused."""
        page = self.official(self.here.recused, tail)
        expect(page.locator("main")).to_contain_text(WITHHELD)
        form["csrf_token"] = page.locator("input[name=csrf_token]").first.input_value()
        answer = page.request.post(self.address + self.here.address(tail), form=form)
        assert answer.status == 403, (tail, answer.status)

    def told(self, count: str) -> Truth:
        """The letters are made; one official proposes to notify « maintenant », the other confirms."""
        sweep(self.here.factory.platform)
        self.refused("decisions/notifier", when="now")
        page = self.second("decisions/notifier")
        page.get_by_label("Maintenant").check()
        press(page, f"Proposer de notifier {count}")
        self.agrees()
        page = self.first("decisions/notifier")
        press(page, f"Confirmer la notification de {count}")
        return self.agrees()

    def opens_letter(self, dossier: Application) -> None:
        """The association opens its letter from its page."""
        page = self.association(dossier)
        link = page.get_by_role("link", name="Télécharger la lettre (PDF)").get_attribute("href")
        assert link is not None
        answer = page.request.get(self.address + link)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.body().startswith(b"%PDF-")


@pytest.fixture
def path(factory: Factory, address: str, new_context: Callable[..., BrowserContext]) -> Path:
    return Path(culture_call(factory), address, new_context)


def test_a_decision_stands_from_the_reviews_to_a_corrected_decision(path: Path, clock: TestClock) -> None:
    here = path.here
    appealing = here.dossiers[8]
    recused_of(here, here.recused, appealing, clock.now)
    clock.move(days=15)  # the reviewers' deadline is past

    _from_reviews_to_a_ranking(path)
    _jury_sits(path)
    _frozen_by_two(path)
    prepared = _decisions_prepared(path)
    assert prepared.granted == {
        one.reference: 4_000_00 - 1_000_00 * (place == 1) for place, one in enumerate(here.dossiers[:5])
    }
    assert path.told("12 décisions") == prepared
    for dossier in here.dossiers:
        path.opens_letter(dossier)
    path.refused("decisions/publier")
    press(path.second("decisions/publier"), "Publier les résultats")
    path.agrees()

    leaving, entering = here.dossiers[3], here.dossiers[7]  # the only other one of its department
    _declines(path, leaving)
    assert path.agrees().left == {leaving.reference}
    _called(path, entering)
    assert path.told("1 décision").granted[entering.reference] == 4_000_00
    path.opens_letter(entering)

    # Another place becomes free, which the one who appeals takes without any rule giving way.
    clock.move(days=3)
    _declines(path, here.dossiers[4])
    path.agrees()
    _appeal_won(path, appealing)
    assert path.told("1 décision").granted[appealing.reference] == 4_000_00
    path.opens_letter(appealing)

    _corrected(path, here.dossiers[1])
    assert path.told("1 décision").granted == {
        here.dossiers[place].reference: cents
        for place, cents in ((0, 4_000_00), (1, 3_500_00), (2, 4_000_00), (7, 4_000_00), (8, 4_000_00))
    }
    path.opens_letter(here.dossiers[1])


def _from_reviews_to_a_ranking(path: Path) -> None:
    here = path.here
    page = path.first("a-revoir")
    assert_accessible(page)
    for _attempt in range(4):
        waiting = page.locator("#a-revoir-table, main").get_by_text("Passer outre", exact=True)
        if not waiting.count():
            break
        waiting.first.click()
        page.get_by_label("Pourquoi ce dossier n’est-il pas revu ?").first.fill("Les deux lectures se comprennent.")
        press(page, "Passer outre pour ce dossier")
    press(page, "Arrêter les montants proposés")
    page.get_by_label("J’arrête les montants de tous les dossiers tels qu’ils sont ici").check()
    press(page, "Arrêter les montants")
    page = path.first("a-revoir")
    expect(page.locator("main")).to_contain_text("Rien n’est plus à revoir.")
    expect(page.locator("main")).to_contain_text(here.dossiers[DIVERGENT].reference)
    page = path.first("etape")
    picture(page, "stands-advance")
    press(page, "Ouvrir la délibération")
    page = path.first("tirage")
    page.get_by_label("Résultat tiré au sort").fill("2025-14")
    page.get_by_label("Source").fill("Première délibération culturelle adoptée le 14 février 2025")
    press(page, "Enregistrer")
    page = path.first("classement")
    press(page, "Calculer le classement")
    expect(page.get_by_role("heading", name="Classement", exact=True)).to_be_visible()
    picture(page, "stands-ranking")


def _jury_sits(path: Path) -> None:
    """Composed, there in numbers, it lowers one grant after its effect was shown, then votes the lists at once."""
    here = path.here
    page = path.first("jury")
    for name, capacity in (("Awa Présidente", "Vice-présidente"), ("Bruno Élu", "Maire"), ("Chloé Experte", "Autrice")):
        if not page.locator("#nom").is_visible():
            page.get_by_text("Ajouter un membre", exact=True).click()
        page.get_by_label("Prénom et nom").fill(name)
        page.get_by_label("Fonction").fill(capacity)
        page.get_by_label("Préside le jury").set_checked(name.startswith("Awa"))
        press(page, "Ajouter ce membre")
    page.get_by_label("Jour de la séance").fill("2025-02-24")
    page.get_by_label("Acte qui nomme le jury").fill("Arrêté du 3 février 2025 nommant le jury")
    page.get_by_label("Quorum, en membres présents").fill("2")
    press(page, "Ouvrir la séance")
    page.get_by_label("Awa Présidente").check()
    page.get_by_label("Bruno Élu").check()
    press(page, "Noter les présences")
    page = path.first(f"jury?dossier={here.dossiers[1].reference}")
    page.get_by_label("Changer le montant").check()
    page.get_by_label("Nouveau montant").fill("3 000")
    press(page, "Voir l’effet")
    effect = page.locator("#effet")
    expect(effect).to_contain_text("Accorder 3\u202f000\u00a0€ au dossier")
    effect.get_by_label("Motif").fill("Une partie des dépenses est déjà payée par la commune.")
    effect.get_by_label("Pour", exact=True).fill("2")
    assert_accessible(page)
    press(page, "Enregistrer ce choix")
    expect(page.locator("#decisions-jury")).to_contain_text("3\u202f000\u00a0€")
    page = path.first("classement")
    press(page, "Recalculer")
    for _one in here.dossiers:
        page = path.first("jury")
        row = page.locator("#table-un-par-un tbody tr", has_text="À examiner", has=page.get_by_role("link"))
        if not row.count():
            break
        row.first.get_by_role("link").first.click()
        page.get_by_label("Garder ce qui est proposé").check()
        press(page, "Voir l’effet")
        press(page, "Enregistrer ce choix")
    while page.get_by_role("button", name="Voter cette liste").count():
        press(page, "Voter cette liste")
        page = path.first("jury")
    picture(page, "stands-jury")
    expect(page.locator("main")).to_contain_text("Tous les dossiers sont passés devant le jury.")
    press(page, "Clore la séance sur le classement n° 2")
    expect(page.locator(".notice-success")).to_contain_text("La séance est close")


def _frozen_by_two(path: Path) -> None:
    path.refused("classement/2/arret", action="proposer")
    page = path.first("classement/2/arret")
    assert_accessible(page)
    press(page, "Proposer d’arrêter ce classement")
    path.refused("classement/2/arret", action="confirmer")
    press(path.second("classement/2/arret"), "Confirmer et arrêter le classement")


def _decisions_prepared(path: Path) -> Truth:
    """Who signs and when is written down first: the letters wait for it."""
    page = path.first("decisions/textes")
    page.fill("#signed_on", "2025-02-25")
    page.fill("#act", "délibération n° 25-114")
    press(page, "Enregistrer cette version")
    expect(page.locator("main")).to_contain_text("Rien ne manque")
    path.refused("decisions/preparer")
    press(path.second("decisions/preparer"), "Préparer les décisions et les lettres")
    sweep(path.here.factory.platform)
    picture(path.first("decisions"), "stands-decisions")
    return path.agrees()


def _declines(path: Path, dossier: Application) -> None:
    """Asked twice: the decision's page leads to one that says what it does."""
    page = path.association(dossier)
    press(page, "Renoncer à la subvention")
    assert_accessible(page)
    page.get_by_label("Pourquoi y renoncer ?").fill("Le lieu qui devait nous accueillir ferme.")
    press(page, "Renoncer définitivement")
    expect(page.locator("main")).to_contain_text("Vous avez renoncé à la subvention")


def _called(path: Path, dossier: Application) -> None:
    path.refused("decisions/suites", reference=dossier.reference)
    page = path.first("decisions/suites")
    expect(page.locator("#appele").locator("..")).to_contain_text(dossier.reference)
    assert_accessible(page)
    picture(page, "stands-replacements")
    press(page, "Appeler ce dossier")
    path.agrees()


def _appeal_won(path: Path, dossier: Application) -> None:
    """The association appeals on its page; one official upholds it, another takes the new decision."""
    page = path.association(dossier)
    page.get_by_text("Former un recours gracieux", exact=True).click()
    page.get_by_label("Ce que vous contestez, et pourquoi").fill("La coproduction signée n’a pas été lue.")
    press(page, "Envoyer le recours")
    path.agrees()
    page = path.first("recours")
    page.locator("#recours, table").get_by_role("link").first.click()
    page.get_by_label("Il est accueilli", exact=True).check()
    page.get_by_label("Subvention que la nouvelle décision attribuerait").fill("4 000")
    page.get_by_label("Les raisons").fill("La coproduction figurait au dossier et rend le budget sincère.")
    assert_accessible(page)
    press(page, "Répondre")
    path.agrees()
    _away(path, page.url)
    _taken(path, page.url)


def _away(path: Path, url: str) -> None:
    """Who is recused of the dossier opens neither its appeal nor its correction, and reads no name in their lists."""
    page, name = path.page(path.here.recused), path.here.name_of(path.here.dossiers[8])
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 404
    for tail in ("recours", "corrections", "decisions/suites"):
        assert name not in path.official(path.here.recused, tail).locator("body").inner_text(), tail


def _corrected(path: Path, dossier: Application) -> None:
    path.refused(f"dossiers/{dossier.reference}/correction", action="enregistrer")
    page = path.first(f"dossiers/{dossier.reference}/correction")
    page.get_by_label("Une subvention", exact=True).check()
    page.get_by_label("Montant de la subvention").fill("3 500")
    page.get_by_label("Elle est en faveur de l’association").check()
    page.get_by_label("Les raisons").fill("La commune a réduit sa participation de moitié.")
    press(page, "Enregistrer la correction")
    _taken(path, page.url)


def _taken(path: Path, url: str) -> None:
    """The second official reads the effect and takes the decision; the recused one is refused it."""
    recused = path.page(path.here.recused)
    recused.goto(url)
    picture(recused, "stands-recused")
    assert recused.get_by_role("button", name="Prendre la nouvelle décision").count() == 0
    page = path.page(path.here.second)
    page.goto(url)
    assert_accessible(page)
    picture(page, "stands-correction")
    expect(page.locator("main")).to_contain_text("Toutes les règles de l’appel tiennent encore")
    press(page, "Prendre la nouvelle décision")
    expect(page.locator(".notice-success")).to_be_visible()
    path.agrees()
