"""Files over HTTP: what is taken, what is refused with why and what to do, photos bound into a PDF, a full disk."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pillow_heif
import pytest
from PIL import Image

from aap.records.applications import Application, Document
from aap.services.dossier.dossiers import MANDATE
from aap.services.dossier.pieces import Pieces, TooMuchUnderWay
from aap.services.dossier.uploads import copy_document
from aap.services.file_store import FileStore
from tests.conftest import Browser
from tests.worlds.applicants import ANSWERS, POSTED, Space, Spaces, pdf, photo
from tests.worlds.read_page import ReadPage

pillow_heif.register_heif_opener()  # to write one

Signed = Callable[[Space], Browser]


def send(browser: Browser, one: Space, *files: tuple[str, bytes], question: str = "statuts") -> Any:
    """As the script does: apart from the page."""
    return browser.client.post(
        f"{one.url}/pieces/{question}?page=a",
        data={
            f"f.{question}": [(io.BytesIO(content), name) for name, content in files],
            "csrf_token": browser.token(f"{one.url}/sections/pieces"),
        },
    )


def archive(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def encrypted_pdf() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as made:
        out = io.BytesIO()
        made.save(out, encryption=pikepdf.Encryption(owner="secret", user="secret"))
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def with_macros() -> bytes:
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("xl/vbaProject.bin", b"macro")
    return out.getvalue()


def damaged_text() -> bytes:
    """An OpenDocument text whose packed description can't be unpacked."""
    kind = "application/vnd.oasis.opendocument.text"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", kind)
    packed = zlib.compressobj(wbits=-15)
    inner = packed.compress(kind.encode()) + packed.flush()
    assert inner in out.getvalue()
    return out.getvalue().replace(inner, b"\xff" * len(inner))


REFUSED = {
    "a Windows program": ("statuts.pdf", b"MZ\x90\x00" + b"\0" * 300, "est un programme"),
    "a Linux program": ("statuts.pdf", b"\x7fELF" + b"\0" * 300, "est un programme"),
    "a shell script": ("statuts.pdf", b"#!/bin/sh\nrm -rf /\n", "est un programme"),
    "a web page": ("statuts.pdf", b"<html><script>alert(1)</script></html>", "ne peut pas être reçu"),
    "an SVG picture": ("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "ne peut pas être reçu"),
    "an encrypted PDF": ("statuts.pdf", encrypted_pdf(), "protégé par un mot de passe"),
    "a damaged PDF": ("statuts.pdf", b"%PDF-1.7\nnot really", "abîmé"),
    "a damaged text": ("statuts.odt", damaged_text(), "abîmé"),
    "macros": ("comptes.xlsx", with_macros(), "macros"),
    "a spreadsheet where none is wanted": ("comptes.xlsx", workbook(), "n’est pas accepté ici"),
    "a zip": ("tout.zip", archive(a=b"x", b=b"y"), "archive"),
    "a bomb": ("bombe.docx", archive(**{"[Content_Types].xml": b"x", "word__a": b"0" * 30_000_000}), "volume anormal"),
    "an old office file": ("statuts.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "ancien format"),
    "nothing": ("vide.pdf", b"", "est vide"),
    "too much": ("gros.pdf", pdf() + b"\n%" + b"0" * 10_000_001, "dépasse 10\u00a0Mo"),
    "a picture of nothing": ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100, "ne peut pas être reçu"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_refused_with_why_and_what_to_do(space: Spaces, signed: Signed, case: str) -> None:
    name, content, why = REFUSED[case]
    one = space()
    browser = signed(one)
    answer = send(browser, one, (name, content))
    assert answer.status_code == 422
    assert answer.json["error"].startswith(f"{name}\u00a0: ")
    assert why in answer.json["error"]
    assert one.dossier().files == {}
    here = f"{one.url}/sections/pieces"
    page = browser.post(
        here, {"version": "0", "edit": "upload statuts", "f.statuts": (io.BytesIO(content), name)}, page=here
    )
    read = ReadPage.of(page)
    assert page.status_code == 422
    assert " ".join(why.split()) in read.errors["q.statuts"]
    assert [target for target, _ in read.summary] == ["q.statuts"]
    assert read.unsaid_errors() == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_several_photos_become_one_readable_pdf(space: Spaces, signed: Signed, kind: str) -> None:
    one = space()
    colours = ("navy", "white", "olive")
    shots = [(f"IMG_{n}.{kind.lower()}", photo(kind, (900, 1200), c)) for n, c in enumerate(colours)]
    answer = send(signed(one), one, *shots)
    assert answer.status_code == 200
    (held,) = one.dossier().files["statuts"]
    assert (held.name, held.content_type) == ("IMG_0.pdf", "application/pdf")
    content = one.factory.platform.files.read(held.sha256)
    assert hashlib.sha256(content).hexdigest() == held.sha256
    with pikepdf.open(io.BytesIO(content)) as bound:
        assert [[round(float(side)) for side in page.mediabox[2:]] for page in bound.pages] == 3 * [[595, 842]]
    assert "IMG_0.pdf" in answer.json["html"]


def test_an_upload_opens_its_dossier_once(space: Spaces, signed: Signed, count_queries: Callable[[], Any]) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    token = browser.token(f"{one.url}/sections/pieces")
    with count_queries() as queries:
        sent = {"f.statuts": (io.BytesIO(pdf()), "statuts.pdf"), "csrf_token": token}
        answer = browser.client.post(f"{one.url}/pieces/statuts?page=a", data=sent)
    assert (answer.status_code, "statuts.pdf" in answer.json["html"]) == (200, True)
    assert sum("FROM section_answers" in one for one in queries.statements) == 1
    assert queries.count <= 13, queries.statements


def test_a_file_sent_again_after_a_cut_is_kept_once_and_one_too_many_is_refused(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    for _ in range(2):
        assert send(browser, one, ("statuts.pdf", pdf())).status_code == 200
    other = send(browser, one, ("autres.pdf", pdf("autres")))
    assert (other.status_code, other.json["error"]) == (
        422, "Cette question reçoit un seul fichier\u00a0: retirez-en un, puis recommencez.",
    )  # fmt: skip
    assert [file.name for file in one.dossier().files["statuts"]] == ["statuts.pdf"]


def test_a_file_is_read_back_as_it_was_sent_and_taken_away_by_its_button(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    send(browser, one, ("../../etc/passwd\u202efdp.pdf", pdf()))
    (held,) = one.dossier().files["statuts"]
    assert held.name == "passwdfdp.pdf"
    with browser.client.get(f"/association/documents/{held.id}") as answer:
        assert (answer.data, answer.mimetype) == (pdf(), "application/pdf")
    here = f"{one.url}/sections/pieces"
    assert browser.post(f"{here}?page=a&retirer={held.id}", {"version": "0"}, page=here).status_code == 303
    assert one.dossier().files == {}
    assert browser.post(f"{here}?page=a&retirer={held.id}", {"version": "0"}, page=here).status_code == 404


def test_a_full_disk_is_said_plainly_and_nothing_is_half_kept(
    space: Spaces, signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = space(ANSWERS)
    browser = signed(one)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileStore, "put", full)
    answer = send(browser, one, ("statuts.pdf", pdf()))
    assert answer.status_code == 507
    assert "Ce fichier n’a pas pu être enregistré" in answer.json["error"]
    here = f"{one.url}/sections/pieces"
    page = browser.post(here, {"version": "0", "f.statuts": (io.BytesIO(pdf()), "statuts.pdf")}, page=here)
    assert page.status_code == 507
    assert "Ce fichier n’a pas pu être enregistré" in ReadPage.of(page).errors["q.statuts"]
    assert one.dossier().files == {}


def test_a_power_of_attorney_is_attached_and_taken_away(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS).attach_all()
    browser = signed(one)
    depot = f"{one.url}/depot"
    empty = browser.post(f"{one.url}/pouvoir", {}, page=depot)
    wrong = browser.post(f"{one.url}/pouvoir", {"mandate": (io.BytesIO(b"MZ" + b"\0" * 99), "p.pdf")}, page=depot)
    assert [answer.status_code for answer in (empty, wrong)] == [422, 422]
    assert "est un programme" in ReadPage.of(wrong).errors["mandate"]
    sent = browser.post(f"{one.url}/pouvoir", {"mandate": (io.BytesIO(pdf("pouvoir")), "pouvoir.pdf")}, page=depot)
    assert sent.status_code == 303
    (held,) = one.dossier().files[MANDATE]
    assert "pouvoir.pdf" in browser.get(depot).text
    assert browser.post(f"{one.url}/pouvoir", {"retirer": held.id}, page=depot).status_code == 303
    assert MANDATE not in one.dossier().files


# --- the year of a document, the safe ---------------------------------------------------------------------------------


def pressed(browser: Browser, one: Space, edit: str, **fields: str) -> Any:
    here = f"{one.url}/sections/pieces"
    return browser.post(f"{here}?page=a", {"version": "0", "edit": edit, **fields}, page=here)


def test_the_year_of_accounts_is_asked_with_them_and_old_ones_are_pointed_at(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    here = f"{one.url}/sections/pieces"
    assert 'name="year.comptes"' in browser.get(here).text
    assert 'name="year.statuts"' not in browser.get(here).text
    sent = {"f.comptes": (io.BytesIO(pdf()), "comptes.pdf"), "year.comptes": "exercice 2022"}
    answer = browser.client.post(
        f"{one.url}/pieces/comptes?page=a", data={**sent, "csrf_token": browser.token(here)}
    )  # fmt: skip
    assert "Ce document est de 2022" in answer.json["html"]
    (document,) = one.dossier().files["comptes"]
    assert document.year == 2022
    wrong = {"f.comptes": (io.BytesIO(pdf("b")), "b.pdf"), "year.comptes": "l’an passé"}
    answer = browser.client.post(
        f"{one.url}/pieces/comptes?page=a", data={**wrong, "csrf_token": browser.token(here)}
    )  # fmt: skip
    assert (answer.status_code, answer.json["error"]) == (422, "Indiquez une année, par exemple 2024.")


def test_the_year_of_a_document_that_is_there_can_be_given(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    one.attach("comptes")
    (document,) = one.dossier().files["comptes"]
    asked = f"year comptes {document.id}"
    assert asked in browser.get(f"{one.url}/sections/pieces").text
    refused = pressed(browser, one, asked, **{f"year.{document.id}": "24"})
    assert (refused.status_code, ReadPage.of(refused).summary) == (
        422,
        [("q.comptes", "Indiquez une année, par exemple 2024.")],
    )
    assert pressed(browser, one, asked, **{f"year.{document.id}": "2024-2025"}).status_code == 303
    assert one.dossier().files["comptes"][0].year == 2025
    page = browser.get(f"{one.url}/sections/pieces").text
    assert asked not in page
    assert "Ce document est de" not in page


def test_a_document_of_a_dossier_is_kept_in_the_safe_once(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    one.attach("comptes")
    (document,) = one.dossier().files["comptes"]
    for _ in range(2):
        assert pressed(browser, one, f"keep comptes {document.id}").status_code == 303
    page = browser.get(f"/association/associations/{one.association.id}/documents").text
    assert (page.count("comptes.pdf"), page.count("Comptes annuels")) == (1, 2)  # in the list of kinds too
    assert f"keep comptes {document.id}" not in browser.get(f"{one.url}/sections/pieces").text


def test_another_associations_document_is_neither_kept_nor_dated(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    theirs = one.factory.application(one.call, one.factory.association(one.factory.person()))
    with one.database.writing() as session:
        foreign = Document(
            association_id=theirs.association_id, application_id=theirs.id, question="comptes", name="x.pdf",
            content_type="application/pdf", size=1, sha256="0" * 64, uploaded_at=one.factory.now,
        )  # fmt: skip
        session.add(foreign)
        session.flush()
        id = foreign.id
    assert pressed(browser, one, f"keep comptes {id}").status_code == 404
    assert pressed(browser, one, f"year comptes {id}", **{f"year.{id}": "2024"}).status_code == 404


def test_dates_amounts_and_accounts_of_an_earlier_dossier_are_to_be_looked_at(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    told = "Repris de votre dossier précédent"
    assert told not in browser.get(f"{one.url}/sections/projet").text
    before = one.factory.application(
        one.factory.call(id="avant"),
        one.association,
        answers={key: dict(given) for key, given in ANSWERS.items()},
    )
    one.attach("comptes")
    one.attach("statuts")
    with one.database.writing() as session:
        held = session.get(Application, one.id)
        assert held is not None
        held.earlier_id = before.id
        session.add(held)
        for document in one.dossier().documents:
            session.add(copy_document(document, before.id, document.question, one.actor, one.factory.now))
    found = {
        name: browser.get(f"{one.url}/sections/{name}").text.count(told) for name in ("projet", "moyens", "pieces")
    }
    assert found == {"projet": 1, "moyens": 1, "pieces": 1}  # the period, the budget, the accounts
    assert browser.get(one.url).text.count("reprise d’un dossier précédent") == 3
    here = f"{one.url}/sections/projet"
    posted = {
        **POSTED["projet"],
        "q.periode.end": "2027-07-01",
        "version": ReadPage.of(browser.get(here)).values["version"][0],
    }
    assert browser.post(f"{here}?page=a", {**posted, "save": "stay"}, page=here).status_code == 303
    assert told not in browser.get(here).text


def test_a_pdf_is_made_lighter_where_its_sender_ticks_it(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    heavy = io.BytesIO()
    Image.effect_noise((4_000, 4_000), 80).convert("RGB").save(heavy, "PDF", quality=98)
    assert len(heavy.getvalue()) > 10_000_000
    sent = {
        "f.statuts": (io.BytesIO(heavy.getvalue()), "statuts.pdf"),
        "csrf_token": browser.token(f"{one.url}/sections/pieces"),
    }
    answer = browser.client.post(f"{one.url}/pieces/statuts?page=a", data={**sent, "reduce.statuts": "oui"})
    assert answer.status_code == 200
    assert one.dossier().files["statuts"][0].size < 3_000_000


# --- in pieces --------------------------------------------------------------------------------------------------------


def test_a_file_that_comes_in_pieces_goes_on_after_a_cut(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    content, half = pdf("en morceaux"), len(pdf("en morceaux")) // 2
    named = json.dumps([["statuts.pdf", len(content), 1]])

    def told(piece: bytes | None = None, **fields: str) -> Any:
        sent: dict[str, Any] = {"upload": named, "csrf_token": browser.token(f"{one.url}/sections/pieces"), **fields}
        if piece is not None:
            sent["piece"] = (io.BytesIO(piece), "piece")
        return browser.client.post(f"{one.url}/pieces/statuts?page=a", data=sent).json

    assert told(place="0", offset="0") == {"received": 0}
    assert told(content[:half], place="0", offset="0") == {"received": half}
    assert told(content[:half], place="0", offset="0") == {"received": half}  # came twice: the answer was lost
    assert told(content[half + 9 :], place="0", offset=str(half + 9)) == {"received": half}  # one was lost
    assert told() == {"received": 0}  # not whole yet
    assert told(place="0", offset="0") == {"received": half}  # chosen again on another day
    assert one.dossier().files == {}
    assert told(content[half:], place="0", offset=str(half)) == {"received": len(content)}
    assert "statuts.pdf" in told()["html"]
    (document,) = one.dossier().files["statuts"]
    assert (document.name, document.sha256) == ("statuts.pdf", hashlib.sha256(content).hexdigest())
    assert list((one.factory.platform.settings.instance / "pieces").glob("*/*")) == []


def test_nobody_fills_the_disk_with_pieces_and_old_ones_go(space: Spaces, tmp_path: Path) -> None:
    one = space()

    def pieces(purpose: str) -> Pieces:
        return Pieces.of(tmp_path, one.actor, purpose, largest=100)

    now = datetime.now(UTC)
    assert pieces("a").add(0, 0, b"x" * 100, now=now) == 100
    with pytest.raises(TooMuchUnderWay):
        pieces("a").add(0, 100, b"x", now=now)
    assert pieces("b").add(0, 0, b"x" * 100, now=now) + pieces("c").add(0, 0, b"x" * 100, now=now) == 200
    with pytest.raises(TooMuchUnderWay):
        pieces("d").add(0, 0, b"x", now=now)
    with pytest.raises(TooMuchUnderWay):
        pieces("d").add(30, 0, b"x", now=now)
    assert pieces("d").add(0, 0, b"x", now=now + timedelta(days=2)) == 1
    assert [pieces(name).received(0) for name in "abcd"] == [0, 0, 0, 1]


def test_photos_that_come_in_pieces_become_one_pdf(space: Spaces, signed: Signed) -> None:
    one = space()
    browser = signed(one)
    two = [photo(colour="navy"), photo(colour="red")]
    named = json.dumps([[f"{place}.jpg", len(content), 1] for place, content in enumerate(two)])
    sent = {"upload": named, "csrf_token": browser.token(f"{one.url}/sections/pieces")}
    for place, content in enumerate(two):
        data = {**sent, "place": str(place), "offset": "0", "piece": (io.BytesIO(content), "piece")}
        assert browser.client.post(f"{one.url}/pieces/statuts?page=a", data=data).json == {"received": len(content)}
    assert browser.client.post(f"{one.url}/pieces/statuts?page=a", data=sent).status_code == 200
    (document,) = one.dossier().files["statuts"]
    with pikepdf.open(io.BytesIO(one.factory.platform.files.read(document.sha256))) as bound:
        assert len(bound.pages) == 2
