"""The pages of a dossier over HTTP: the path without scripts, conflicts, deadlines, proofs, and few queries."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader
from sqlmodel import select

from aap.own_files import rubrics_folder
from aap.records.applications import ApplicationState, CompletionRequest, Submission
from aap.records.associations import Association
from aap.records.outbox import OutboxMail
from aap.records.people import MembershipRole
from tests.conftest import Browser
from tests.databases import on_both_databases
from tests.worlds.applicants import ANSWERS, POSTED, Space, Spaces, last_second, pdf
from tests.worlds.read_page import ReadPage, text_of

Signed = Callable[[Space], Browser]
SUBMITTED = {"capacity": "self", "attestation": ["0", "1", "2"]}
PAGES = ("", "/recevabilite", "/sections/projet", "/sections/moyens", "/sections/pieces", "/relecture", "/depot")


def post_section(browser: Browser, one: Space, section: str, fields: dict[str, Any], **more: Any) -> Any:
    here = f"{one.url}/sections/{section}"
    opened = ReadPage.of(browser.get(here))
    page = re.search(r"page=([0-9a-f]+)", "".join(e.get("action") or "" for e in opened.elements))
    assert page is not None
    sent = {**fields, "version": opened.values["version"][0], **more}
    return browser.post(f"{here}?page={page[1]}", sent, page=here)


def test_the_page_of_a_dossier_leads_to_the_first_part_that_is_left(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    browser.post(f"{one.url}/recevabilite", {"e.statut": "oui", "e.mentorat": "oui", "e.obligations": "oui"})
    post_section(browser, one, "projet", POSTED["projet"])
    page = ReadPage.of(browser.get(one.url))
    primary = [e for e in page.elements if "btn-primary" in (e.get("class") or "")]
    assert [(e.get("href"), text_of(e)) for e in primary] == [
        (f"{one.url}/sections/jeunes", "Continuer : Les jeunes et les territoires")
    ]
    assert "3 parties sur 6" in page.text


@on_both_databases
def test_a_dossier_goes_from_start_to_receipt_without_scripts(space: Spaces, signed: Signed) -> None:
    one = space()
    other = one.factory.association(one.person, name="Les Relais fictifs")
    browser = signed(one)
    started = browser.post(f"/association/dossiers/nouveau/{one.call.id}", {"association": other.id})
    assert started.status_code == 302
    url = started.headers["Location"]
    draft = Space(one.factory, one.clock, one.call, one.person, other, one.application)
    draft.application = one.application.model_copy(update={"id": url.rpartition("/")[2]})
    browser.post(f"{url}/recevabilite", {"e.statut": "oui", "e.mentorat": "oui", "e.obligations": "oui"})
    following = []
    for section, fields in POSTED.items():
        files = {
            f"f.{question}": (io.BytesIO(pdf(question)), f"{question}.pdf")
            for question in (("statuts", "comptes", "rib") if section == "pieces" else ())
        }
        answer = post_section(browser, draft, section, {**fields, **files}, save="next")
        assert answer.status_code == 303, ReadPage.of(answer).summary
        following.append(answer.headers["Location"].partition("?")[0].removeprefix(url))
    assert following == ["/sections/jeunes", "/sections/moyens", "/sections/pieces", ""]
    wanted = {key: value for section in ANSWERS.values() for key, value in section.items()}
    assert draft.dossier().answers == {**wanted, "resume": wanted["resume"].strip()}
    assert "Rien ne manque" in browser.get(f"{url}/depot").text
    submitted = browser.post(f"{url}/depot", SUBMITTED)
    assert (submitted.status_code, submitted.headers["Location"]) == (303, f"{url}/accuse")
    again = browser.post(f"{url}/depot", SUBMITTED, page="/compte")
    assert (again.status_code, again.headers["Location"]) == (303, f"{url}/accuse")
    number = f"{draft.dossier().application.reference}-1"
    page = ReadPage.of(browser.get(f"{url}/accuse"))
    assert number in page.text
    assert "10 février 2026 à 10 h 05 min 00 s" in page.text
    assert "10 avril 2026" in page.text
    assert "remplacera ce refus" in page.text  # the decision is announced after that day, as the PDF says
    assert [
        file.name for file in draft.dossier().documents if file.name not in page.text or file.sha256 in page.text
    ] == []
    paper = PdfReader(io.BytesIO(browser.get(f"{url}/accuse-1.pdf").data))  # what proves the files is for the PDF
    proofs = "".join("".join(sheet.extract_text().split()) for sheet in paper.pages)
    assert [file.name for file in draft.dossier().documents if file.sha256 not in proofs] == []
    with one.database.reading() as session:
        assert [made.receipt_number for made in session.exec(select(Submission))] == [number]
        mails = session.exec(select(OutboxMail).where(OutboxMail.subject.contains(number))).all()
    assert {mail.recipient for mail in mails} == {one.person.email, other.email}
    assert [file["name"] for file in mails[0].attachments] == [f"accuse-de-reception-{number}.pdf"]


def test_pages_ask_few_queries_whatever_the_dossiers_hold(
    space: Spaces, signed: Signed, count_queries: Callable[[], Any]
) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    counts: dict[str, int] = {}
    for path in PAGES:
        with count_queries() as queries:
            assert browser.get(one.url + path).status_code == 200
        counts[path] = queries.count
    assert max(counts.values()) <= 10, counts
    one.attach("comptes", "seconds-comptes.pdf")
    for _ in range(5):
        other = one.factory.association(one.person)
        one.factory.application(one.call, other, ApplicationState.SUBMITTED, ANSWERS)
    for path in (*PAGES, "home"):
        with count_queries() as queries:
            browser.get("/association/" if path == "home" else one.url + path)
        assert queries.count <= min(10, counts.get(path, 10)), (path, queries.statements)


def test_a_save_and_a_deposit_ask_few_queries(space: Spaces, signed: Signed, count_queries: Callable[[], Any]) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    token = browser.token(f"{one.url}/sections/projet")
    with count_queries() as queries:
        saved = browser.client.post(
            f"{one.url}/sections/projet/enregistrement?page=a",
            data={**POSTED["projet"], "q.titre": "Un autre titre", "version": "1", "csrf_token": token},
        )
    assert (saved.status_code, saved.json["version"], saved.json["errors"]) == (200, 2, {})
    assert queries.count <= 10, queries.statements


def test_autosave_answers_with_errors_notes_and_conflicts(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    token = browser.token(f"{one.url}/sections/moyens")
    here = f"{one.url}/sections/moyens/enregistrement"
    fields = {**POSTED["moyens"], "q.mentors": "beaucoup", "q.budget.645": "", "q.budget.756": "0", "csrf_token": token}
    saved = browser.client.post(f"{here}?page=a", data={**fields, "version": "1"})
    assert saved.json["saved_at"] == "10:05:00"
    assert saved.json["errors"]["q.mentors"].startswith("Ce n’est pas un nombre")
    assert saved.json["notes"] == {
        "q.budget.645": "Des salaires sont prévus sans charges sociales.",
        "q.budget.products": "Le budget ne compte que de l’argent public\u00a0: vérifiez qu’aucun autre produit n’a été "
        "oublié.",
    }
    conflict = browser.client.post(f"{here}?page=b", data={**fields, "q.mentors": "12", "version": "1"})
    assert conflict.status_code == 409
    told = conflict.json["conflict"]
    assert (told["version"], told["base"]) == (2, saved.json["base"])
    assert told["differences"] == [
        {
            "id": "mentors", "label": "De combien de mentors disposez-vous déjà\u202f?", "mine": "12 mentors",
            "theirs": "beaucoup", "saved_by": "Camille Exemple", "saved_at": "10\u00a0février\u00a02026 à 10\u00a0h\u00a005",
        }
    ]  # fmt: skip
    read = browser.client.post(f"{here}?page=c&lire=1", data={**fields, "q.mentors": " beaucoup "})
    assert (read.json, one.dossier().sections["moyens"].version) == ({"base": saved.json["base"]}, 2)


def test_without_scripts_two_people_s_questions_are_merged_and_each_chooses_where_both_changed_one(
    space: Spaces, signed: Signed, browser: Callable[[], Browser]
) -> None:
    one = space(ANSWERS)
    lea = browser().sign_in(one.colleague(name="Léa Martin"))
    mine = signed(one)
    opened = ReadPage.of(mine.get(f"{one.url}/sections/projet"))
    started = {name: opened.values[name][0] for name in ("version", "base")}
    lea_typed = {**POSTED["projet"], "q.titre": "Le titre de Léa", "q.theme": "mobilite"}
    assert post_section(lea, one, "projet", lea_typed).status_code == 303
    typed = {**POSTED["projet"], "q.titre": "Le titre de Camille", "q.periode.end": "2027-07-31", **started}
    answer = mine.post(f"{one.url}/sections/projet?page=x", typed, page=f"{one.url}/sections/projet")
    page = ReadPage.of(answer)
    assert answer.status_code == 409
    assert (page.values["q.titre"], page.values["q.theme"]) == (["Le titre de Camille"], ["mobilite"])
    assert ("Le titre de Léa" in page.text, "Léa Martin a changé cette réponse" in page.text) == (True, True)
    stands = one.dossier().answers
    assert [stands[name] for name in ("titre", "theme")] == ["Le titre de Léa", "mobilite"]
    assert stands["periode"] == {"start": "2026-09-01", "end": "2027-07-31"}
    again = {**typed, "q.theme": "mobilite", **{name: page.values[name][0] for name in ("version", "base")}}
    taken = mine.post(f"{one.url}/sections/projet?page=y", {**again, "keep.titre": "theirs"}, page=one.url)
    assert (taken.status_code, one.dossier().answers["titre"]) == (303, "Le titre de Léa")
    kept = mine.post(f"{one.url}/sections/projet?page=y", {**again, "keep.titre": "mine"}, page=one.url)
    assert (kept.status_code, one.dossier().answers["titre"]) == (303, "Le titre de Camille")


def test_the_check_links_to_every_field_that_misses(space: Spaces, signed: Signed) -> None:
    one = space({"projet": ANSWERS["projet"]})
    browser = signed(one)
    page = browser.get(f"{one.url}/depot")
    links = re.findall(rf'href="{one.url}/sections/(\w+)\?controle=1#([^"]+)"', page.text)
    assert [target for _section, target in links] == [
        "q.nombre", "q.territoires", "q.commune", "q.orienteurs", "q.taille", "q.mentors", "q.budget", "q.statuts",
        "q.comptes", "q.rib",
    ]  # fmt: skip
    assert 'name="capacity"' not in page.text
    for section, target in links:
        read = ReadPage.of(browser.get(f"{one.url}/sections/{section}?controle=1"))
        assert target in read.by_id
        assert target in read.errors
        assert read.unsaid_errors() == []


def test_too_late_says_so_and_keeps_everything(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    one.clock.now = last_second(one) + timedelta(seconds=1)
    answer = browser.post(f"{one.url}/depot", SUBMITTED, page="/compte")
    assert answer.status_code == 409
    assert "Le délai est passé" in answer.text
    assert "28 février 2026 à 0 h 14" in ReadPage.of(answer).text
    assert one.dossier().state is ApplicationState.DRAFT
    assert one.dossier().answers["titre"] == ANSWERS["projet"]["titre"]
    one.clock.now = last_second(one)
    assert browser.post(f"{one.url}/depot", SUBMITTED, page="/compte").status_code == 303


def test_the_last_minutes_say_what_is_left_and_afterwards_nothing_is_asked_any_more(
    space: Spaces, signed: Signed
) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)

    def at(moment: datetime, tail: str) -> str:
        one.clock.now = moment
        return ReadPage.of(browser.get(f"{one.url}{tail}")).text

    end = last_second(one)
    before = at(end - timedelta(minutes=16), "/depot")
    assert ("tolérance comprise" in before, "Déposez maintenant" in before) == (True, False)
    grace = at(end - timedelta(minutes=10), "/depot")
    assert "La clôture était le 27 février 2026 à 23 h 59. La tolérance vous laisse jusqu’au 28 février" in grace
    late = at(end + timedelta(minutes=1), "/depot")
    assert ("Le délai est passé" in late, "Rien ne manque" in late) == (True, False)
    dossier = at(end + timedelta(minutes=1), "")
    assert ("vous pourrez les reprendre" in dossier, "Déposer le dossier" in dossier) == (True, False)


def test_a_completion_that_is_asked_for_is_complete_once_it_was_done(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS, state=ApplicationState.TO_COMPLETE)
    one.clock.move(hours=1)
    asked = ["projet", "jeunes"]
    with one.database.writing() as session:
        due_at = one.clock.now + timedelta(days=3)
        session.add(CompletionRequest(application_id=one.id, sections=asked, message="Précisez.", created_at=one.clock.now,
                                      due_at=due_at))  # fmt: skip
    browser = signed(one)

    def told() -> list[str]:
        page = browser.get(one.url).text
        return re.findall(r'class="state state-\w+">(Complet|À compléter|Fermée)<', page.partition("À remplir")[2])

    assert told() == ["À compléter", "À compléter", "Fermée", "Fermée"]
    one.clock.move(hours=1)
    post_section(browser, one, "projet", {**POSTED["projet"], "q.titre": "Un titre plus précis"})
    assert told() == ["Complet", "À compléter", "Fermée", "Fermée"]
    assert "Toutes les réponses y sont" not in browser.get(one.url).text


def test_a_wrong_deposit_keeps_what_was_ticked(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS).attach_all()
    answer = signed(one).post(
        f"{one.url}/depot", {"capacity": "mandate", "attestation": ["0", "x", "99", "-1", "9" * 5000]}
    )
    page = ReadPage.of(answer)
    assert answer.status_code == 422
    assert page.unsaid_errors() == []
    assert [target for target, _ in page.summary] == ["capacity", "attestation-1", "attestation-2"]
    assert page.values["attestation"] == ["0"]
    assert page.values["capacity"] == ["mandate"]


def test_the_receipt_and_the_complete_dossier_are_pdfs_that_name_what_was_received(
    space: Spaces, signed: Signed
) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    browser.post(f"{one.url}/depot", SUBMITTED)
    with browser.client.get(f"{one.url}/accuse-1.pdf") as answer, pikepdf.open(io.BytesIO(answer.data)) as receipt:
        assert str(receipt.docinfo["/Title"]).endswith(f"{one.application.reference}-1")
    with browser.client.get(f"{one.url}/dossier.pdf") as answer, pikepdf.open(io.BytesIO(answer.data)) as whole:
        assert len(whole.pages) >= 1 + 3 * 2
    cover = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    assert "représentant légal de l’association, signataire" in " ".join(cover.split())
    assert browser.get(f"{one.url}/accuse-2.pdf").status_code == 404


def test_a_reader_reads_and_a_stranger_finds_nothing(space: Spaces, browser: Callable[[], Browser]) -> None:
    one = space(ANSWERS).attach_all()
    reader = browser().sign_in(one.colleague(MembershipRole.READER))
    assert "vous pouvez la lire, pas la changer" in reader.get(f"{one.url}/sections/projet").text
    assert 'name="q.titre"' not in reader.get(f"{one.url}/sections/projet").text
    stranger = browser().sign_in(one.factory.person())
    document = one.dossier().documents[0].id
    for path in (*(one.url + page for page in PAGES), f"{one.url}/dossier.pdf", f"/association/documents/{document}"):
        assert stranger.get(path).status_code == 404, path
    assert browser().get(one.url).status_code == 302


@pytest.mark.parametrize("section", ["inconnue", "x" * 3000, "%00", "..%2f..%2fetc"])
def test_a_section_that_isn_t_there_is_a_missing_page(space: Spaces, signed: Signed, section: str) -> None:
    one = space()
    assert signed(one).get(f"{one.url}/sections/{section}").status_code == 404


# --- a section that another answer hides ------------------------------------------------------------------------------

SHORT_FORM = """
    - id: detail
      title: Le détail
      show_if: {question: budget, min: 30000}
      questions:
        - {id: justification, label: "Pourquoi ce montant ?", type: long_text}
"""


def test_a_small_request_has_a_shorter_dossier(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    text = (rubrics_folder() / "mentorat-2026.yaml").read_text().replace("id: mentorat-2026", "id: court-2026", 1)
    text = text.replace("    - id: pieces\n", SHORT_FORM.strip("\n") + "\n    - id: pieces\n", 1)
    call = one.factory.call(text=text, id="court-2026")
    large = {**ANSWERS["moyens"]["budget"], "products": {"request": "40000.00"}}
    short = one.factory.application(call, one.association, answers=ANSWERS)
    long = one.factory.application(
        call, one.factory.association(one.person),
        answers={**ANSWERS, "moyens": {**ANSWERS["moyens"], "budget": large}},
    )  # fmt: skip
    browser = signed(one)
    assert "Le détail" not in browser.get(f"/association/dossiers/{short.id}").text
    assert "Le détail" in browser.get(f"/association/dossiers/{long.id}").text
    hidden = f"/association/dossiers/{short.id}/sections/detail"
    assert browser.get(hidden).status_code == 404
    saved = browser.post(hidden, {"q.justification": "Écrit avant", "version": "0"}, page="/compte")
    assert (saved.status_code, saved.headers["Location"]) == (303, f"/association/dossiers/{short.id}")
    one.application = short
    assert one.dossier().typed["justification"] == "Écrit avant"
    assert "justification" not in one.dossier().answers
    assert "justification" not in [problem.question for problem in one.dossier().errors]


def test_the_description_is_a_task_of_the_dossier_and_what_it_lacks_is_named_before_the_deposit(
    space: Spaces, signed: Signed, browser: Callable[[], Browser]
) -> None:
    one = space(ANSWERS).attach_all()
    page = signed(one)
    task = f"/association/associations/{one.association.id}/modifier?dossier={one.id}"
    whole = page.get(one.url)
    assert ("Présenter votre association" in whole.text, task in whole.text) == (True, True)
    assert "Toutes les réponses y sont." in whole.text
    with one.database.writing() as session:
        held = session.get_one(Association, one.association.id)
        held.email, held.representative_name = "", ""
    lacking = ReadPage.of(page.get(one.url))
    assert ("2 réponses manquantes" in lacking.text, "Toutes les réponses y sont." in lacking.text) == (True, False)
    check = page.get(f"{one.url}/depot")
    for field in ("email", "representative_name"):
        assert f"{task}&amp;controle=1#{field}" in check.text
    assert "Indiquez une adresse électronique de l’association." in check.text
    refused = page.post(f"{one.url}/depot", SUBMITTED)
    assert (refused.status_code, one.dossier().state) == (422, "draft")
    form = page.get(f"{task}&controle=1")
    assert "Indiquez une adresse électronique de l’association." in form.text[form.text.index('id="email-error"') :]
    reader = browser().sign_in(one.colleague(MembershipRole.READER))
    assert (task in reader.get(one.url).text, task in reader.get(f"{one.url}/depot").text) == (False, False)
    typed = {**{name: texts[0] for name, texts in ReadPage.of(form).values.items()},
             "email": "bureau@example.org", "representative_name": "Léa Exemple"}  # fmt: skip
    done = page.post(task, typed)
    assert (done.status_code, done.location) == (302, one.url)
    assert page.post(f"{one.url}/depot", SUBMITTED).status_code == 303
