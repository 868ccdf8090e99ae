"""The pages of corrections of a deposit: what they say, that they ask before giving up, and that nobody else reads a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlmodel import col, select

from aap import jobs
from aap.records.applications import Application, Document
from aap.records.applications import ApplicationState as A
from aap.records.people import Role
from aap.records.redrafts import SectionVersion
from aap.services.dossier.applying import OpenedPage, save_section
from aap.services.dossier.redrafting import begin_corrections
from aap.services.dossier.submitting import submit_application
from aap.services.dossier.uploads import attach, remove_document
from aap.web.access import ASSETS
from tests.conftest import Browser
from tests.factories import LINKS
from tests.read_answers import text_of
from tests.worlds.applicants import ANSWERS, POSTED, Space, Spaces, closing
from tests.worlds.read_page import ReadPage

Signed = Callable[[Space], Browser]
SAID = "Votre dossier est déposé. Vos corrections ne comptent qu’une fois déposées."
CANARY = "CANARI-CORRECTION"
SUBMITTED = {"capacity": "self", "attestation": ["0", "1", "2"]}


def plain(answer: Any) -> str:
    return text_of(answer).replace("\u00a0", " ").replace("\u202f", " ")


def run(one: Space, use_case: Any, **values: Any) -> Any:
    with one.database.writing() as session:
        return use_case(session, actor=one.actor, application_id=one.id, now=one.factory.now, **values)


def deposited(space: Spaces) -> Space:
    one = space(ANSWERS).attach_all()
    run(one, submit_application, attested=[0, 1, 2], capacity="self", broken_rules_seen=False)
    one.clock.move(hours=1)
    return one


def write(one: Space, title: str = CANARY) -> None:
    answers = {**ANSWERS["projet"], "titre": title, "resume": title * 12}
    run(one, save_section, section_id="projet", answers=answers, page=OpenedPage(1))


def post_section(browser: Browser, one: Space, fields: dict[str, Any]) -> Any:
    here = f"{one.url}/sections/projet"
    opened = ReadPage.of(browser.get(here))
    page = re.search(r"page=([0-9a-f]+)", "".join(e.get("action") or "" for e in opened.elements))
    assert page is not None
    return browser.post(f"{here}?page={page[1]}", {**fields, "version": opened.values["version"][0]}, page=here)


def test_a_deposit_is_corrected_and_deposited_again_without_scripts(space: Spaces, signed: Signed) -> None:
    one = deposited(space)
    browser = signed(one)
    assert "Corriger mon dossier (jusqu’au" in plain(browser.get(one.url))
    assert browser.post(f"{one.url}/corrections", page=one.url).location == one.url
    for tail in ("", "/sections/projet", "/depot", "/accuse"):
        assert SAID in plain(browser.get(one.url + tail)), tail
    assert "Déposé, corrections à déposer" in plain(browser.get("/association/"))
    assert (
        post_section(browser, one, {**POSTED["projet"], "q.titre": "Un titre corrigé", "save": "stay"}).status_code
        == 303
    )
    assert "Un titre corrigé" in plain(browser.get(f"{one.url}/relecture"))
    stands = plain(browser.get(f"{one.url}/dossier.pdf"))
    assert ("Quarante mentors" in stands, "Un titre corrigé" in stands) == (True, False)
    assert "Depuis le dernier dépôt" in plain(browser.get(f"{one.url}/suivi"))
    sent = browser.post(f"{one.url}/depot", SUBMITTED)
    assert (sent.status_code, sent.location) == (303, f"{one.url}/accuse")
    receipt = plain(browser.get(f"{one.url}/accuse"))
    reference = one.dossier().application.reference
    assert f"Ce dépôt remplace celui de l’accusé n° {reference}-1" in receipt
    assert "remplacé par un dépôt corrigé" in receipt
    assert f"remplace celui de l’accusé n° {reference}-1" in plain(browser.get(f"{one.url}/accuse-2.pdf")).replace(
        "\n", " "
    )
    assert "Ce dépôt remplace" not in plain(browser.get(f"{one.url}/accuse-1.pdf"))
    assert "Un titre corrigé" in plain(browser.get(f"{one.url}/dossier.pdf"))
    assert SAID not in plain(browser.get(one.url))


def test_giving_up_asks_first_and_the_deposit_is_back(space: Spaces, signed: Signed) -> None:
    one = deposited(space)
    browser = signed(one)
    assert browser.get(f"{one.url}/corrections/abandon").location == one.url  # there is nothing to give up
    browser.post(f"{one.url}/corrections", page=one.url)
    write(one)
    asked = browser.get(f"{one.url}/corrections/abandon").text
    assert "votre dossier est de nouveau tel que vous l’avez déposé" in asked
    assert one.dossier().answers["titre"] == CANARY
    assert browser.post(f"{one.url}/corrections/abandon").location == one.url
    assert (one.dossier().answers["titre"], one.dossier().state) == (ANSWERS["projet"]["titre"], A.SUBMITTED)


def test_after_the_closing_corrections_are_said_to_be_without_effect(space: Spaces, signed: Signed) -> None:
    one = deposited(space)
    browser = signed(one)
    run(one, begin_corrections, links=LINKS)
    write(one)
    one.clock.now = closing(one)
    one.clock.move(days=1)
    late = plain(browser.get(f"{one.url}/depot"))
    assert "Vos corrections sont sans effet : votre dossier reste tel que vous l’avez déposé." in late
    refused = browser.post(f"{one.url}/depot", SUBMITTED, page=f"{one.url}/messages")
    assert (refused.status_code, "Vos corrections sont sans effet" in plain(refused)) == (409, True)
    jobs.tick(one.factory.platform)
    page = plain(browser.get(one.url))
    assert "Vos corrections n’ont pas été déposées : elles sont sans effet" in page
    assert "Corriger mon dossier" not in page
    followed = plain(browser.get(f"{one.url}/suivi"))
    assert ("Écrit depuis, non déposé : sans effet" in followed, CANARY in followed) == (True, True)
    assert browser.get(f"{one.url}/sections/projet").status_code == 200
    assert "Cette page est fermée" in browser.get(f"{one.url}/sections/projet").text


def test_a_version_is_read_compared_and_put_back(space: Spaces, signed: Signed) -> None:
    one = space(ANSWERS)
    browser = signed(one)
    one.clock.move(minutes=20)
    write(one, "Tout autre chose")
    here = f"{one.url}/sections/projet/versions"
    assert here in browser.get(f"{one.url}/sections/projet").text
    listed = plain(browser.get(here))
    assert "Ce qui est écrit maintenant" in listed
    with one.database.reading() as session:
        (version,) = session.exec(select(SectionVersion.id))
    compared = plain(browser.get(f"{here}/{version}"))
    assert ("Quarante mentors" in compared, "Tout autre chose" in compared) == (True, True)
    assert browser.post(f"{here}/{version}").location == f"{one.url}/sections/projet"
    assert one.dossier().answers["titre"] == ANSWERS["projet"]["titre"]
    assert "Remplacée par une version rétablie" in plain(browser.get(here))


def test_nobody_else_reads_a_word_of_corrections_before_they_are_deposited(
    space: Spaces, browser: Callable[[], Browser], app: Flask
) -> None:
    """Every answer about the call, its dossiers and their files: for an official, a reviewer of the dossier, another
    association."""
    one = deposited(space)
    run(one, begin_corrections, links=LINKS)
    write(one)
    (held,) = one.dossier().files["statuts"]
    run(one, remove_document, document_id=held.id)
    run(one, attach, question_id="statuts", files=one.stored(f"{CANARY}.pdf"))
    factory = one.factory
    official, reviewer, other = (
        factory.person(Role.OFFICIAL, call=one.call),
        factory.person(Role.REVIEWER, call=one.call),
        factory.person(),
    )
    factory.assignment(one.application, reviewer)
    factory.association(other)
    with one.database.reading() as session:
        reference = session.get_one(Application, one.id).reference
        added = session.exec(select(Document.id).where(col(Document.redraft) == "added")).one()
        version = session.exec(select(SectionVersion.id)).one()
    known = {
        "call_id": one.call.id, "application_id": one.id, "reference": reference, "document_id": added, "version_id": version,
        "association_id": one.association.id, "section_id": "projet", "question_id": "statuts", "ordinal": 1, "number": 1,
    }  # fmt: skip
    objects = {"call_id", "application_id", "reference", "document_id", "association_id"}
    with app.test_request_context():
        addresses = [
            app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in ASSETS
            and rule.arguments <= set(known) and rule.arguments & objects
        ]  # fmt: skip
    told, read = [], 0
    for person in (official, reviewer, other):
        signed = browser().sign_in(person)
        for address in addresses:
            answer = signed.get(address)
            read += answer.status_code == 200
            told += [(person.email, address)] if CANARY in text_of(answer) else []
            answer.close()
    assert (told, read > 30) == ([], True)
    owner = browser().sign_in(one.person)
    assert CANARY in text_of(owner.get(f"{one.url}/relecture"))
    own = owner.get(f"/association/documents/{added}")
    own.close()
    assert own.status_code == 200
