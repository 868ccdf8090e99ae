"""What waits for the service: each kind counted, dated, in the states in which it is work, and led to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select

from aap.records.applications import Application, ApplicationState, CompletionRequest, Message
from aap.records.calls import Call, CallState
from aap.records.outbox import OutboxMail
from aap.records.rankings import Contest, Decision
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.call.calls import get_call
from aap.services.steering.awaiting import KINDS, Awaited, awaited
from aap.web.official.awaited_words import task_line
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]


def waiting(here: Office) -> dict[str, Awaited]:
    with here.factory.platform.database.reading() as session:
        return {one.kind: one for one in awaited(session, [get_call(session, here.call.id)])}


@on_both_databases
def test_each_kind_of_work_is_counted_and_dated(office: Offices) -> None:
    here = office()
    now = here.factory.now
    first, second, third, *_ = here.dossiers
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.REVIEWING
        for at, dossier in enumerate((first, second)):
            held = session.get_one(Application, dossier.id)
            held.state, held.submitted_at = ApplicationState.SUBMITTED, now - timedelta(days=9 - at)
        session.add_all(
            [
                CompletionRequest(application_id=second.id, sections=["projet"], message="x", due_at=now, created_at=now,
                                  answered_at=now - timedelta(days=1)),
                Message(application_id=third.id, from_service=False, body="Bonjour", created_at=now - timedelta(days=6)),
                Message(application_id=third.id, from_service=False, body="Encore", created_at=now),
                Recusal(person_id=here.reviewers[0].id, application_id=third.id, origin=RecusalOrigin.OFFICIAL, reason="Nom",
                        confirmed=False, created_at=now),
                OutboxMail(recipient="a@example.org", subject="s", body="b", application_id=first.id, created_at=now,
                           not_before=now, given_up_at=now),
            ]
        )  # fmt: skip
    found = waiting(here)
    assert {kind: one.number for kind, one in found.items()} == {
        "to_screen": 1, "completed": 1, "messages": 1, "conflicts": 1, "unsent": 1,
    }  # fmt: skip
    assert found["to_screen"].since == now - timedelta(days=9)
    assert found["completed"].since == now - timedelta(days=1)
    assert (found["messages"].since, found["messages"].until) == (now - timedelta(days=6), now - timedelta(days=1))
    with here.factory.platform.database.writing() as session:
        session.add(
            Message(application_id=third.id, from_service=True, body="Voici", created_at=now + timedelta(hours=1))
        )
        session.get_one(Call, here.call.id).state = CallState.PUBLISHED
    assert set(waiting(here)) == {"unsent"}


@on_both_databases
def test_a_ranking_waits_for_its_second_person(office: Offices) -> None:
    assert {kind: one.number for kind, one in waiting(office(CallState.PROPOSED)).items()} == {"ranking": 1}


@on_both_databases
def test_an_appeal_waits_until_silence_answers_it(office: Offices) -> None:
    decided = office(CallState.PUBLISHED)
    now = decided.factory.now
    with decided.factory.platform.database.writing() as session:
        decision = session.exec(select(Decision.id).where(Decision.call_id == decided.call.id)).first()
        assert decision is not None
        session.add(
            Contest(
                call_id=decided.call.id, number=1, decision_id=decision, received_on=now.date(), body="x", created_at=now
            )
        )  # fmt: skip
    appeal = waiting(decided)["appeals"]
    assert (appeal.number, appeal.until is not None and appeal.until > now + timedelta(days=55)) == (1, True)


def test_the_home_page_leads_from_every_number_to_its_list(office: Offices, browser: Browsers) -> None:
    here = office()
    now = here.factory.now
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.CLOSED
        held = session.get_one(Application, here.dossiers[0].id)
        held.state, held.submitted_at = ApplicationState.SUBMITTED, now - timedelta(days=3)
        session.add(Message(application_id=here.dossiers[1].id, from_service=False, body="Bonjour", created_at=now))
    signed = browser().sign_in(here.first)
    page = signed.get("/instruction/").text
    for words, address, at in (
        ("1 dossier à examiner", "candidats?etat=submitted", 0), ("1 association attend", "candidats?signale=message", 1),
    ):  # fmt: skip
        assert words in page.replace("\u00a0", " ")
        assert f'href="{here.address(address)}"' in page
        shown = signed.get(here.address(address)).text
        assert [one.reference in shown for one in here.dossiers] == [place == at for place in range(5)]


@pytest.mark.parametrize("kind", [*KINDS, "places"])
def test_every_kind_has_words_and_a_place_where_it_is_done(office: Offices, app: Flask, kind: str) -> None:
    here = office()
    with app.test_request_context():
        line = task_line(
            Awaited(kind, here.call, 2, here.factory.now, here.factory.now), here.factory.now + timedelta(days=1)
        )
    assert line.what
    assert line.address.startswith(here.address())
    assert (line.late, line.soon) == (True, True)
