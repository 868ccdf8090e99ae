"""The association's document safe: kept once, with the year, reused in every dossier."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from aap.records.applications import Document
from aap.records.people import Membership
from tests.integration.web.public.test_calls import words

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n0000000102 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n169\n%%EOF\n"  # noqa: E501


@pytest.fixture
def safe(browser, factory):
    """(page of an owner, the safe's address)."""
    owner = factory.person()
    association = factory.association(owner)
    return browser().sign_in(owner), f"/association/associations/{association.id}/documents"


def send(page, address: str, content: bytes = PDF, name: str = "comptes.pdf", **typed: str):
    return page.post(address, {"kind": "accounts", "files": (io.BytesIO(content), name), **typed})


def kept(platform) -> list[Document]:
    with platform.database.reading() as session:
        return list(session.exec(select(Document)))


def test_a_document_is_kept_with_its_kind_and_year(safe, platform) -> None:
    page, address = safe
    assert send(page, address, year="2024").location == address
    (document,) = kept(platform)
    assert (document.kind, document.year, document.name, document.provisional, document.content_type) == (
        "accounts", 2024, "comptes.pdf", False, "application/pdf",
    )  # fmt: skip
    text = words(page.get(address))
    assert "Comptes annuels (2024)" in text.replace("<strong>", "").replace("</strong>", "")
    shown = page.client.get(f"/association/documents/{document.id}", buffered=True)
    assert (shown.status_code, shown.mimetype, shown.data[:5]) == (200, "application/pdf", b"%PDF-")


def test_the_same_document_is_kept_once(safe, platform) -> None:
    page, address = safe
    for _ in range(2):
        send(page, address)
    assert len(kept(platform)) == 1


def test_the_same_document_sent_twice_at_once_is_kept_once(safe, platform) -> None:
    page, address = safe
    page.post(address, {"kind": "accounts", "files": [(io.BytesIO(PDF), "a.pdf"), (io.BytesIO(PDF), "b.pdf")]})
    assert len(kept(platform)) == 1


def test_a_promise_is_kept_by_the_day_of_paris(safe, platform, clock) -> None:
    page, address = safe
    clock.now = datetime(2025, 2, 10, 23, 30, tzinfo=UTC)  # past midnight in Paris
    refused = send(page, address, provisional="oui", promised_on="10/02/2025")
    assert (refused.status_code, "Cette date est passée" in refused.text, kept(platform)) == (422, True, [])


def test_provisional_accounts_say_when_the_approved_ones_come(safe, platform, clock) -> None:
    page, address = safe
    assert send(page, address, year="2024", provisional="oui", promised_on="28/06/2025").status_code == 302
    assert kept(platform)[0].promised_on == date(2025, 6, 28)
    text = words(page.get(address))
    assert "provisoire, version définitive promise pour le 28 juin 2025" in text
    assert "Date promise passée" not in text
    clock.move(hours=10)
    with platform.database.writing() as session:
        session.exec(select(Document)).one().promised_on = date(2025, 2, 9)
    assert "Date promise passée" in page.get(address).text


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"kind": ""}, "kind", "Choisissez ce qu’est ce document."),
        ({"kind": "malware"}, "kind", "Choisissez ce qu’est ce document."),
        ({"year": "l’an dernier"}, "year", "Indiquez une année, par exemple 2024."),
        ({"year": "9" * 50}, "year", "Indiquez une année, par exemple 2024."),
        ({"year": "²⁰²⁴"}, "year", "Indiquez une année, par exemple 2024."),
        ({"provisional": "oui"}, "promised_on", "Indiquez quand les comptes approuvés seront prêts"),
        ({"provisional": "oui", "promised_on": "bientôt"}, "promised_on", "Ce n’est pas une date."),
        ({"provisional": "oui", "promised_on": "01/01/2025"}, "promised_on", "Cette date est passée"),
        ({"provisional": "oui", "promised_on": "01/01/2050"}, "promised_on", "Cette date est trop lointaine"),
        ({"promised_on": "28/06/2025"}, "provisional", "Cochez cette case, ou effacez la date promise."),
        (
            {"kind": "statutes", "provisional": "oui", "promised_on": "28/06/2025"},
            "provisional",
            "Seuls des comptes annuels peuvent être provisoires.",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(safe, platform, typed, field: str, message: str) -> None:
    page, address = safe
    answer = send(page, address, **typed)
    text = words(answer)
    assert (answer.status_code, kept(platform)) == (422, [])
    assert message in text[text.index(f'id="{field}-error"') :]
    assert f'href="#{field}"' in text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + b"\x00" * 100, "comptes.exe"),
        (b"MZ\x90\x00" + b"\x00" * 100, "comptes.pdf"),
        (b"<html><script>alert(1)</script></html>", "comptes.pdf"),
        (b"", "vide.pdf"),
        (b"%PDF-1.4 truncated", "coupe.pdf"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(safe, platform, content: bytes, name: str) -> None:
    page, address = safe
    answer = send(page, address, content, name)
    assert (answer.status_code, kept(platform)) == (422, [])
    assert f"{name}\u00a0:" in answer.text


def test_a_post_without_a_file_asks_for_one(safe) -> None:
    page, address = safe
    answer = page.post(address, {"kind": "accounts"})
    assert (answer.status_code, "Choisissez un fichier." in answer.text) == (422, True)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "a\x00b.pdf", "é" * 400 + ".pdf", "<script>.pdf", "\u202efdp.exe.pdf"]
)
def test_hostile_names_are_kept_as_harmless_text(safe, platform, name: str) -> None:
    page, address = safe
    answer = send(page, address, name=name)
    assert answer.status_code in (302, 422)
    for document in kept(platform):
        assert len(document.name) <= 255
        assert not set(document.name) & set("/\\\x00\u202e")
        assert page.client.get(f"/association/documents/{document.id}", buffered=True).status_code == 200
    assert "<script>.pdf" not in page.get(address).text


def test_a_document_is_taken_out(safe, platform) -> None:
    page, address = safe
    send(page, address)
    (document,) = kept(platform)
    assert page.post(f"{address}/{document.id}/retirer", page=address).status_code == 302
    assert "Le coffre est vide" in page.get(address).text
    assert page.post(f"{address}/{document.id}/retirer", page=address).status_code == 404


def test_strangers_find_nothing_and_readers_change_nothing(safe, browser, factory, platform) -> None:
    page, address = safe
    send(page, address)
    (document,) = kept(platform)
    stranger = browser().sign_in(factory.person())
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/association/documents/{document.id}").status_code == 404
    other_owner = factory.person()
    theirs = factory.association(other_owner)
    other = browser().sign_in(other_owner)
    own_address = f"/association/associations/{theirs.id}/documents"
    assert other.post(f"{address}/{document.id}/retirer", page=own_address).status_code == 404
    assert other.post(f"{own_address}/{document.id}/retirer", page=own_address).status_code == 404
    reader = factory.person()
    factory.association(reader)
    with platform.database.writing() as session:
        session.add(
            Membership(
                person_id=reader.id, association_id=document.association_id, role="reader", created_at=factory.now
            )
        )
    guest = browser().sign_in(reader)
    assert "Ajouter un document" not in guest.get(address).text
    assert send(guest, address, name="autre.pdf").status_code == 404
    assert len(kept(platform)) == 1


def test_the_safe_asks_the_same_queries_for_one_and_many_documents(safe, count_queries) -> None:
    page, address = safe
    counts = []
    for kind in ("accounts", "statutes", "activity_report", "bank_details"):
        send(page, address, kind=kind)
        with count_queries() as queries:
            page.get(address)
        counts.append(queries.count)
    assert len(set(counts)) == 1
    assert counts[0] <= 8
