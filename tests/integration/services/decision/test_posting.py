"""Unread decisions: recalled once, then sent by registered post, whose return begins the delay of appeal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from aap import jobs
from aap.core.territories import fold
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.decided import PostalSending
from aap.records.outbox import OutboxMail
from aap.records.people import Person
from aap.records.rankings import Decision
from aap.services.call.calls import get_call
from aap.services.decision.deadlines import appeal_delays
from aap.services.decision.posting import (
    POSTED_AFTER,
    REMINDED_AFTER,
    PostList,
    address_files,
    post_list,
    record_return,
    record_sendings,
)
from aap.services.errors import InvalidInput, NotFound
from tests.conftest import TestClock
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices


def listed(here: Office) -> PostList:
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        return post_list(session, actor=here.factory.actor(here.first), call=call, now=here.factory.now)


def references(here: Office, *positions: int) -> list[str]:
    return [here.dossiers[at].reference for at in positions]


def names(here: Office) -> dict[str, str]:
    with here.factory.platform.database.reading() as session:
        return {one.reference: fold(session.get_one(Association, one.association_id).name) for one in here.dossiers}


def read(here: Office, position: int) -> None:
    with here.factory.platform.database.writing() as session:
        held = session.exec(select(Decision).where(Decision.application_id == here.dossiers[position].id)).one()
        held.read_at = here.factory.now
        session.add(held)


def post(here: Office, sent: dict[str, str], sent_on: date | None) -> int:
    with here.factory.platform.database.writing() as session:
        return record_sendings(
            session, actor=here.factory.actor(here.first), call_id=here.call.id, sent=sent, sent_on=sent_on,
            now=here.factory.now,
        )  # fmt: skip


def note(here: Office, sending_id: str, outcome: str, presented_on: date | None, **more: Any) -> PostalSending:
    with here.factory.platform.database.writing() as session:
        return record_return(
            session, actor=here.factory.actor(here.first), call_id=here.call.id, sending_id=sending_id,
            outcome=outcome, presented_on=presented_on, proof_sha256=more.get("proof"), now=here.factory.now,
        )  # fmt: skip


def recalls(here: Office) -> list[str]:
    with here.factory.platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).where(OutboxMail.kind == "decision_unread")).all()
    return sorted(mail.application_id or "" for mail in mails)


@on_both_databases
def test_who_does_not_read_is_recalled_once_and_then_listed_for_the_post(office: Offices, clock: TestClock) -> None:
    here = office(CallState.PUBLISHED)
    read(here, 0)
    clock.move(days=REMINDED_AFTER.days, minutes=-1)
    jobs.tick(here.factory.platform)
    assert (recalls(here), listed(here)) == ([], PostList((), 0))
    clock.move(minutes=2)
    for _ in range(2):
        jobs.tick(here.factory.platform)
    assert recalls(here) == sorted(one.id for one in here.dossiers[1:])
    read(here, 1)
    assert listed(here).lines == ()
    clock.move(days=POSTED_AFTER.days - REMINDED_AFTER.days)
    jobs.tick(here.factory.platform)
    assert len(recalls(here)) == 4
    by_name = sorted(references(here, 2, 3, 4), key=lambda name: names(here)[name])  # all of one postal code
    assert [line.reference for line in listed(here).to_send] == by_name
    assert {line.delay.begins for line in listed(here).lines} == {None}


def test_an_association_without_an_open_account_is_written_to_at_once(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    with here.factory.platform.database.writing() as session:
        owner = session.get_one(Person, here.member.id)
        owner.active = False
        session.add(owner)
    (line,) = listed(here).to_send
    assert (line.reference, line.by_mail) == (here.dossiers[0].reference, False)


@on_both_databases
def test_the_delay_of_appeal_runs_from_the_return_and_a_wrong_address_is_written_to_again(
    office: Offices, clock: TestClock
) -> None:
    here = office(CallState.PUBLISHED)
    clock.move(days=POSTED_AFTER.days)
    today = date(2025, 2, 25)
    first, second, third = references(here, 0, 1, 2)
    assert post(here, {first: " 1A 001 ", second: "", third: "1A 003"}, today) == 3
    assert post(here, {first: "1A 009"}, today) == 0  # it is on its way
    lines = {line.reference: line for line in listed(here).lines}
    assert [lines[one].sendings[0].tracking for one in (first, second, third)] == ["1A 001", "", "1A 003"]
    assert {line.reference for line in listed(here).to_send} == set(references(here, 3, 4))
    clock.move(days=20)
    sendings = {one: lines[one].sendings[0].id for one in lines if lines[one].sendings}
    note(here, sendings[first], "delivered", date(2025, 2, 28))
    note(here, sendings[second], "unclaimed", date(2025, 3, 1), proof="0" * 64)
    note(here, sendings[third], "unknown", date(2025, 3, 1))
    after = {line.reference: line for line in listed(here).lines}
    assert [(after[one].delay.begins, after[one].delay.until) for one in (first, second, third)] == [
        (date(2025, 2, 28), date(2025, 4, 29)), (date(2025, 3, 1), date(2025, 5, 2)), (None, None),
    ]  # fmt: skip
    assert after[second].sendings[0].proof_sha256 == "0" * 64
    assert third in [line.reference for line in listed(here).to_send]
    assert post(here, {third: "1A 004"}, date(2025, 3, 17)) == 1
    # Read before the letter is shown: the reading counts.
    read(here, 2)
    with here.factory.platform.database.reading() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[2].id)).one()
        found = appeal_delays(session, [decision.id])[decision.id]
    assert (found.begins, found.is_over(clock.now + timedelta(days=90))) == (date(2025, 3, 17), True)


def test_overseas_has_a_month_more(office: Offices, clock: TestClock) -> None:
    here = office(CallState.PUBLISHED)
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Association, here.dossiers[0].association_id)
        held.zone = "drom"
        session.add(held)
    read(here, 0)
    with here.factory.platform.database.reading() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        assert appeal_delays(session, [decision.id])[decision.id].until == date(2025, 5, 12)


@pytest.mark.parametrize(
    ("sent", "sent_on", "field"),
    [
        ({"first": ""}, None, "sent_on"),
        ({"first": ""}, date(2025, 2, 26), "sent_on"),  # tomorrow
        ({"first": ""}, date(2025, 2, 9), "sent_on"),  # before the notification
        ({}, date(2025, 2, 25), "sent"),
        ({"first": "1" * 41}, date(2025, 2, 25), "tracking-first"),
    ],
)
def test_a_sending_that_cannot_be_is_refused(
    office: Offices, clock: TestClock, sent: dict[str, str], sent_on: date | None, field: str
) -> None:
    here = office(CallState.PUBLISHED)
    clock.move(days=POSTED_AFTER.days)
    name = here.dossiers[0].reference
    with pytest.raises(InvalidInput) as refused:
        post(here, {name: sent["first"]} if sent else {}, sent_on)
    assert list(refused.value.problems) == [field.replace("first", name)]


@pytest.mark.parametrize(
    ("outcome", "presented_on", "field"),
    [("", date(2025, 2, 25), "outcome"), ("delivered", None, "presented_on"),
     ("refused", date(2025, 2, 24), "presented_on"), ("unclaimed", date(2025, 2, 26), "presented_on")],
)  # fmt: skip
def test_a_return_that_cannot_be_is_refused(
    office: Offices, clock: TestClock, outcome: str, presented_on: date | None, field: str
) -> None:
    here = office(CallState.PUBLISHED)
    clock.move(days=POSTED_AFTER.days)
    post(here, {here.dossiers[0].reference: ""}, date(2025, 2, 25))
    sending = next(line.sendings[0] for line in listed(here).lines if line.sendings)
    with pytest.raises(InvalidInput) as refused:
        note(here, sending.id, outcome, presented_on)
    assert list(refused.value.problems) == [field]


def test_only_what_waits_is_sent_and_addressed(office: Offices, clock: TestClock) -> None:
    here = office(CallState.PUBLISHED)
    actor = here.factory.actor(here.first)

    def addresses(kind: str) -> bytes:
        with here.factory.platform.database.writing() as session:
            call = get_call(session, here.call.id)
            return address_files(session, actor=actor, call=call, kind=kind, now=here.factory.now).content

    with pytest.raises(NotFound):
        addresses("csv")
    with pytest.raises(NotFound):
        post(here, {here.dossiers[0].reference: ""}, date(2025, 2, 10))
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Association, here.dossiers[2].association_id)
        held.name, held.address, held.postal_code, held.commune_name = (
            "Le Phare",
            "1 rue A\nBât. B",
            "34000",
            "Montpellier",
        )
        session.add(held)
    clock.move(days=POSTED_AFTER.days)
    rows = addresses("csv").decode().splitlines()
    assert rows[0].startswith("reference,line_1,line_2")
    assert (
        f'{here.dossiers[2].reference},Le Phare,"Dominique Exemple, présidente",1 rue A,Bât. B,34000 Montpellier'
        in rows
    )
    assert addresses("pdf").startswith(b"%PDF-")
