"""Budgets by spreadsheet, and the legal representative's page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
from pypdf import PdfReader
from sqlmodel import select

from aap.own_files import rubrics_folder
from aap.records.applications import Signature, SignatureState
from aap.records.outbox import OutboxMail
from tests.conftest import Browser
from tests.worlds.applicants import ANSWERS, POSTED, Space, Spaces, pdf
from tests.worlds.mailbox import as_received
from tests.worlds.read_page import ReadPage

Signed = Callable[[Space], Browser]


def exported(browser: Browser, one: Space) -> openpyxl.Workbook:
    with browser.client.get(f"{one.url}/budgets/budget.xlsx") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return openpyxl.load_workbook(io.BytesIO(answer.data))


def cell_of(book: openpyxl.Workbook, code: str) -> Any:
    sheet = book["Budget"]
    (row,) = [row for row in sheet.iter_rows() if row[3].value == f"project:{code}"]
    return row[2]


def imported(browser: Browser, one: Space, book: openpyxl.Workbook | bytes, **fields: str) -> Any:
    out = io.BytesIO()
    if isinstance(book, bytes):
        out.write(book)
    else:
        book.save(out)
    page = f"{one.url}/sections/moyens"
    version = ReadPage.of(browser.get(page)).values["version"][0]
    sent = {"version": version, **fields, "sheet": (io.BytesIO(out.getvalue()), "budget.xlsx")}
    return browser.post(f"{one.url}/budgets/budget?page=a", sent, page=page)


def test_a_budget_goes_out_and_comes_back_with_what_was_typed_in_the_sheet(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    book = exported(browser, one)
    assert (cell_of(book, "641").value, cell_of(book, "61").value) == (14000, None)
    cell_of(book, "61").value = 1200.1
    cell_of(book, "641").value = "12 799,90 €"
    cell_of(book, "756").value = None
    cell_of(book, "74-etat").value = 3000
    answer = imported(browser, one, book)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{one.url}/sections/moyens#q.budget")
    held = one.dossier().answers
    assert held["budget"] == {
        "charges": {"60": "2000.00", "61": "1200.10", "641": "12799.90", "645": "4000.00"},
        "products": {"request": "12000.00", "74-etat": "3000.00", "74-commune": "5000.00"},
        "contributions": {"864": "6000.00", "870": "6000.00"},
    }
    assert {key: held[key] for key in ("taille", "mentors", "partenaires")} == {
        key: ANSWERS["moyens"][key] for key in ("taille", "mentors", "partenaires")
    }


def test_every_cell_that_holds_no_amount_is_named_and_nothing_is_replaced(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    book = exported(browser, one)
    wrong = {"60": "douze", "61": -5, "62": 33.333, "641": 1e30, "65": True, "request": "#REF!", "756": "=A1"}
    for code, value in wrong.items():
        cell_of(book, code).value = value
    answer = imported(browser, one, book)
    read = ReadPage.of(answer)
    assert answer.status_code == 422
    named = [re.match(r"Cellule (C\d+)", message) for _, message in read.summary]
    assert [found and found[1] for found in named] == [cell_of(book, code).coordinate for code in wrong]
    assert {target for target, _ in read.summary} == {"classeur-budget"}
    assert read.unsaid_errors() == []
    assert one.dossier().answers["budget"] == ANSWERS["moyens"]["budget"]


def test_what_is_no_workbook_of_ours_is_refused(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    other = openpyxl.Workbook()
    other.active.append(["Compte", "Libellé", "Montant"])
    told = {}
    for words, content in (
        ("another workbook", other), ("a PDF", pdf()), ("noise", b"PK\x03\x04" + b"x" * 50), ("a program", b"MZ" + b"\0" * 50)
    ):  # fmt: skip
        answer = imported(browser, one, content)
        assert answer.status_code == 422
        told[words] = ReadPage.of(answer).summary[0][1]
    assert "n’est pas le modèle de ce budget" in told["another workbook"]
    assert "n’est pas accepté ici" in told["a PDF"]
    assert "abîmé" in told["noise"]
    assert "est un programme" in told["a program"]


def test_a_budget_that_somebody_changed_meanwhile_is_not_replaced_unseen(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    book = exported(browser, one)
    answer = imported(browser, one, book, version="0")
    assert answer.status_code == 303  # the same amounts: nothing to overwrite
    cell_of(book, "60").value = 1
    answer = imported(browser, one, book, version="0")
    assert answer.status_code == 409
    assert "a modifié ce budget" in ReadPage.of(answer).summary[0][1]
    assert one.dossier().answers["budget"] == ANSWERS["moyens"]["budget"]


def test_the_sheet_adds_up_by_itself(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    sheet = exported(signed(one), one)["Budget"]
    sums = {row[1].value: row[2].value for row in sheet.iter_rows() if str(row[2].value or "").startswith("=")}
    assert list(sums) == [
        "Total des charges", "Total des produits", "Total du compte 86", "Total du compte 87",
        "Produits moins charges (doit être nul)", "Compte 87 moins compte 86 (doit être nul)",
    ]  # fmt: skip
    charges = re.fullmatch(r"=SUM\(C(\d+):C(\d+)\)", sums["Total des charges"])
    assert charges is not None
    amounts = [sheet.cell(row, 3).value or 0 for row in range(int(charges[1]), int(charges[2]) + 1)]
    assert Decimal(sum(amounts)) == 20_000
    assert sheet.protection.sheet
    assert sheet.column_dimensions["D"].hidden


def test_each_year_has_its_workbook_and_the_rest_of_the_budget_stays(space: Spaces, signed: Signed) -> None:
    text = (rubrics_folder() / "mentorat-2026.yaml").read_text()
    one = space(ANSWERS, text=text.replace("budget: project\n", "budget: project\n          years: [2026, 2027]\n", 1))
    browser = signed(one)
    page = f"{one.url}/sections/moyens"
    version = ReadPage.of(browser.get(page)).values["version"][0]
    own = {"q.budget.own.0.account": "60", "q.budget.own.0.label": "Ordinateurs", "q.budget.own.0.amount": "400"}
    kept = {**POSTED["moyens"], **own, "q.budget.obtained.74-commune": "2 000", "version": version, "save": "stay"}
    assert browser.post(f"{page}?page=a", kept, page=page).status_code == 303
    before = one.dossier().answers["budget"]
    with browser.client.get(f"{one.url}/budgets/budget.xlsx?annee=2027") as answer:
        assert answer.headers["Content-Disposition"].endswith("-budget-2027.xlsx")
        book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert cell_of(book, "60").value is None
    cell_of(book, "60").value = cell_of(book, "request").value = 700
    out = io.BytesIO()
    book.save(out)
    version = ReadPage.of(browser.get(page)).values["version"][0]
    sent = {"version": version, "sheet": (io.BytesIO(out.getvalue()), "budget.xlsx")}
    assert browser.post(f"{one.url}/budgets/budget?page=a&annee=2027", sent, page=page).status_code == 303
    later = {"charges": {"60": "700.00"}, "products": {"request": "700.00"}, "contributions": {}}
    assert one.dossier().answers["budget"] == {**before, "later": {"2027": later}}
    assert (before["own"][0]["label"], before["obtained"]) == ("Ordinateurs", {"74-commune": "2000.00"})
    imported(browser, one, exported(browser, one))
    assert one.dossier().answers["budget"] == {**before, "later": {"2027": later}}
    assert browser.get(f"{one.url}/budgets/budget.xlsx?annee=2031").status_code == 404
    shown = browser.get(f"{one.url}/relecture").text
    assert [said for said in ("dont Ordinateurs", "dont obtenu", ">2027</th>") if said not in shown] == []
    with browser.client.get(f"{one.url}/dossier.pdf") as answer:
        paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    assert [said for said in ("dont Ordinateurs", "dont obtenu", "2027") if said not in paper] == []


# --- the representative -----------------------------------------------------------------------------------------------


def link_of(one: Space) -> str:
    with one.database.reading() as session:
        mails = session.exec(select(OutboxMail).order_by(OutboxMail.created_at, OutboxMail.id)).all()
    found = [re.search(r"/association/signature/\S+", as_received(one.factory.platform, mail).body) for mail in mails]
    return next(link[0] for link in reversed(found) if link)


def asked(browser: Browser, one: Space) -> str:
    sent = {"signature_name": "Dominique Exemple", "signature_capacity": "présidente",
            "signature_email": "presidence@example.org"}  # fmt: skip
    assert browser.post(f"{one.url}/approbation", sent, page=f"{one.url}/depot").status_code == 303
    return link_of(one)


def test_the_representative_reads_and_approves_without_an_account(
    space: Spaces, signed: Signed, browser: Callable[[], Browser]
) -> None:
    one = space(ANSWERS).attach_all()
    mine = signed(one)
    link = asked(mine, one)
    theirs = browser()
    page = theirs.get(link)
    assert page.status_code == 200
    assert "Quarante mentors pour les lycéens de la vallée" in page.text
    file = re.search(rf'href="({re.escape(link)}/pieces/[^"]+)"', page.text)
    assert file is not None
    with theirs.client.get(file[1]) as answer:
        assert answer.mimetype == "application/pdf"
    assert theirs.get(f"{link}/pieces/{'0' * 36}").status_code == 404
    empty = theirs.post(link, {"answer": "non", "remark": " "})
    assert (empty.status_code, ReadPage.of(empty).unsaid_errors()) == (422, [])
    assert theirs.post(link, {"answer": "oui"}).status_code == 303
    assert "Merci, c’est enregistré" in theirs.get(link).text
    with one.database.reading() as session:
        (signature,) = session.exec(select(Signature))
    assert signature.address == "127.0.0.1"
    assert "Dominique Exemple a approuvé ce dossier" in mine.get(f"{one.url}/depot").text
    deposit = {"capacity": "representative", "attestation": ["0", "1", "2"]}
    assert mine.post(f"{one.url}/depot", deposit).status_code == 303
    with mine.client.get(f"{one.url}/dossier.pdf") as answer:
        cover = " ".join(PdfReader(io.BytesIO(answer.data)).pages[0].extract_text().split())
    assert re.search(r"approuvé le .+ par Dominique Exemple, présidente, représentant légal, par le lien", cover)


def test_a_changed_dossier_and_an_unknown_link_approve_nothing(
    space: Spaces, signed: Signed, browser: Callable[[], Browser]
) -> None:
    one = space(ANSWERS).attach_all()
    link = asked(signed(one), one)
    one.attach("comptes", "seconds.pdf")
    theirs = browser()
    assert "Le dossier a changé depuis l’envoi de ce lien" in theirs.get(link).text
    assert theirs.post(link, {"answer": "oui"}, page="/connexion").status_code == 422
    for unknown in ("x", "é" * 50, link[:-1].rpartition("/")[2]):
        assert theirs.get(f"/association/signature/{unknown}").status_code == 404


def test_an_approval_that_says_neither_yes_nor_no_is_no_refusal(
    space: Spaces, signed: Signed, browser: Callable[[], Browser]
) -> None:
    one = space(ANSWERS).attach_all()
    link = asked(signed(one), one)
    theirs = browser()
    for unsaid in ({}, {"answer": ""}, {"answer": "si"}):
        answer = theirs.post(link, {**unsaid, "remark": "À revoir."}, page=link)
        assert (answer.status_code, "Approuvez le dossier, ou dites ce qui est à changer." in answer.text) == (
            422,
            True,
        )
    with one.database.reading() as session:
        assert session.exec(select(Signature.state)).all() == [SignatureState.ASKED]


def test_who_is_to_approve_is_asked_for_beside_the_fields(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS).attach_all()
    sent = {"signature_name": "", "signature_capacity": "", "signature_email": "<script>@"}
    answer = signed(one).post(f"{one.url}/approbation", sent, page=f"{one.url}/depot")
    read = ReadPage.of(answer)
    assert answer.status_code == 422
    assert set(read.errors) == {"signature_name", "signature_capacity", "signature_email"}
    assert read.values["signature_email"] == ["<script>@"]
    assert read.unsaid_errors() == []
