"""Before the hour nothing of a decision is anywhere that its association can look: in no page, mail, file, number or size."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pikepdf
from flask import Flask
from sqlmodel import select

from aap import jobs
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.decided import PostalSending
from aap.records.outbox import OutboxMail
from aap.records.people import Membership, Person
from aap.records.rankings import Decision
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.decision.deciding import prepare_decisions
from aap.services.decision.notifying import confirm_notification, propose_notification
from aap.services.outbox import start_job
from aap.web.public_links import PublicLinks
from tests.conftest import TestClock
from tests.read_answers import text_of
from tests.worlds.applicants import pdf
from tests.worlds.offices import Office, Offices

OTHERS = {"question_id": "budget", "section_id": "projet", "ordinal": 1, "number": 1, "name": "x", "ending": "csv"}
_CHANGING = re.compile(r'(name="csrf_token"[^>]*|nonce=)"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|(?<=service\u00a0: )\w+')
"""What two answers to the same question differ in: tokens, ids of requests."""


def plain(text: str) -> str:
    """With plain spaces only."""
    return " ".join(text.split())


def seen(here: Office, app: Flask, browser: Callable[[], Any]) -> dict[str, tuple[int, str]]:
    """All that each association's owner is answered on every page of theirs and of the public: status and text."""
    found: dict[str, tuple[int, str]] = {}
    for dossier in here.dossiers:
        with here.factory.platform.database.reading() as session:
            person = session.exec(
                select(Person).where(
                    Person.id == Membership.person_id, Membership.association_id == dossier.association_id
                )
            ).first()
        signed = browser().sign_in(person)
        known = {
            **OTHERS, "application_id": dossier.id, "association_id": dossier.association_id, "call_id": here.call.id,
        }  # fmt: skip
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint.partition(".")[0] not in ("association", "public"):
                continue
            if rule.arguments - set(known) or rule.endpoint in ("public.metrics", "public.whole_health"):
                continue  # of the operator: how many requests there were
            with app.test_request_context():
                address = app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            answer = signed.client.get(address)
            found[f"{dossier.reference} {address}"] = answer.status_code, _CHANGING.sub("", text_of(answer))
        export = signed.client.post("/compte/donnees", data={"csrf_token": signed.token("/compte")})
        own = {name: part for name, part in json.loads(export.data).items() if name not in ("journal", "sessions")}
        found[f"{dossier.reference} export"] = export.status_code, json.dumps(own)
    return found


def test_until_the_hour_no_page_file_mail_or_number_of_an_association_or_the_public_changes(
    office: Offices, app: Flask, browser: Callable[[], Any], clock: TestClock
) -> None:
    here = office(CallState.ARBITRATED)
    platform, call_id = here.factory.platform, here.call.id
    first, second = here.factory.actor(here.first), here.factory.actor(here.second)
    before = seen(here, app, browser)
    assert len(before) > 5 * 25
    with platform.database.writing() as session:
        prepare_decisions(session, actor=first, call_id=call_id, now=here.factory.now)
        start_job(session, "letters", actor=first, now=here.factory.now, call_id=call_id)
    jobs.sweep(platform)
    hour = here.factory.now + timedelta(minutes=20)
    links = PublicLinks(platform.settings.base_url)
    with platform.database.writing() as session:
        asked = propose_notification(session, actor=first, call_id=call_id, at=hour, now=here.factory.now)
        confirm_notification(
            session, actor=second, call_id=call_id, notification_id=asked.id, links=links, now=here.factory.now
        )
    jobs.tick(platform)
    after = seen(here, app, browser)
    assert {one: (before[one], after[one]) for one in before if before[one] != after[one]} == {}
    with platform.database.reading() as session:
        # The only mail so far asked the second official to confirm the ranking.
        assert session.exec(select(OutboxMail.kind, OutboxMail.recipient)).all() == [
            ("official_freeze_proposed", here.second.email)
        ]
        kept = session.exec(select(Decision)).all()
    shown = "\n".join(text for _, text in after.values())
    canaries = [canary for one in kept for canary in (one.reason, one.letter_sha256, one.id, f"N° {one.letter_number}")]
    assert [one for one in canaries if one and one in shown] == []
    clock.now = hour
    jobs.tick(platform)
    told = seen(here, app, browser)
    assert len({one.split()[0] for one in told if told[one] != after[one]}) == 5  # each association sees its own, now


def test_the_letters_are_bound_in_the_order_of_the_post_without_those_of_a_recusal(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.DECIDED)
    places = ["97400", "75011", "", "01000", "75002"]
    with here.factory.platform.database.writing() as session:
        for dossier, code in zip(here.dossiers, places, strict=True):
            held = session.get_one(Association, dossier.association_id)
            held.postal_code = code
            session.add(held)
        session.add(
            Recusal(
                person_id=here.second.id, application_id=here.dossiers[4].id, origin=RecusalOrigin.REVIEWER,
                reason="Un parent.", created_at=here.factory.now,
            )
        )  # fmt: skip
    order = [here.dossiers[at].reference for at in (3, 4, 1, 0, 2)]
    for person, expected in ((here.first, order), (here.second, [one for one in order if one != order[1]])):
        signed = browser().sign_in(person)
        started = signed.post(here.address("decisions/lettres.pdf"))
        page = signed.get(started.location).text
        address = re.search(r'href="([^"]+/decisions/lettres/[^"]+\.pdf)"', page)
        assert address is not None
        book = signed.client.get(address[1])
        with pikepdf.Pdf.open(io.BytesIO(book.data)) as made, made.open_outline() as outline:
            titles = [item.title for item in outline.root]
            assert len(made.pages) == len(expected) + 1
        assert [title.partition(" – ")[0] for title in titles] == ["Bordereau", *expected]
        again = signed.post(here.address("decisions/lettres.pdf"))
        assert again.location == started.location  # made already
        other = browser().sign_in(here.second if person is here.first else here.first)
        assert other.client.get(address[1]).status_code == 404
        archive = signed.client.get(here.address("decisions/lettres.zip"))
        with zipfile.ZipFile(io.BytesIO(archive.data)) as letters:
            listed = letters.read("bordereau.csv").decode().splitlines()
            assert [name for name in letters.namelist() if name.endswith("pdf")] == [f"{one}.pdf" for one in expected]
        assert [line.split(",")[2] for line in listed[1:]] == expected


def test_registered_letters_are_noted_with_their_return_and_its_scan(
    office: Offices, browser: Callable[[], Any], clock: TestClock
) -> None:
    here = office(CallState.PUBLISHED)
    clock.move(days=15)
    signed = browser().sign_in(here.first)
    address, name = here.address("decisions/recommandes"), here.dossiers[0].reference
    assert "Non lue depuis le 10 février 2025" in plain(signed.get(address).text)
    assert signed.client.get(address + "/adresses.pdf").data.startswith(b"%PDF-")
    refused = signed.post(address, {"sent_on": "", "sent": name})
    assert (refused.status_code, "Indiquez le jour de la remise" in refused.text) == (422, True)
    posted = signed.post(address, {"sent_on": "25/02/2025", "sent": name, f"tracking-{name}": "1A 001"})
    assert posted.status_code == 303
    page = signed.get(address).text
    assert ("1A 001" in page, "Le délai ne court pas encore" in page) == (True, True)
    with here.factory.platform.database.reading() as session:
        sending = session.exec(select(PostalSending)).one()
    back = f"{address}/{sending.id}"
    wrong = signed.post(back, {"outcome": "delivered", "presented_on": "hier"})
    assert (wrong.status_code, "Indiquez un jour entre l’envoi et aujourd’hui" in wrong.text) == (422, True)
    form = {"outcome": "delivered", "presented_on": "2025-02-25", "proof": (io.BytesIO(pdf("AR")), "ar.pdf")}
    assert signed.post(back, form).status_code == 303
    page = plain(signed.get(address).text)
    assert ("Remise au destinataire, 25 février 2025" in page, "28 avril 2025" in page) == (True, True)
    assert signed.client.get(back + "/preuve.pdf").data.startswith(b"%PDF-")
