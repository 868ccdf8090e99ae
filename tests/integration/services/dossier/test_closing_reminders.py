"""Reminders before the closing: to whom, when, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from aap import jobs
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.records.outbox import OutboxMail
from aap.records.people import MembershipRole, TurnedSwitch
from aap.services.call.calls import extend_closing
from aap.services.platform import Platform
from aap.services.upkeep.timekeeping import Kept, keep_time
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.factories import Factory
from tests.worlds.deposits import Case, Cases

LINKS = PublicLinks("http://127.0.0.1:8000")


def reminders(platform: Platform) -> list[tuple[str, str]]:
    """Recipient and subject of every reminder, in the order in which they were written."""
    with platform.database.reading() as session:
        found = session.exec(select(OutboxMail).order_by(OutboxMail.created_at, OutboxMail.recipient))
        return [(mail.recipient, mail.subject) for mail in found if (mail.dedupe_key or "").startswith("reminder:")]


SUBJECTS = {
    "7": "Plus que sept jours pour déposer votre dossier",
    "2": "Plus que deux jours pour déposer votre dossier",
    "4": "Plus que quatre heures pour déposer votre dossier",
}


def open_case(case: Cases, clock: Any) -> Case:
    """A draft begun ten days before the closing."""
    clock.move(days=-5)
    here = case(A.DRAFT, C.OPEN)
    clock.move(days=5)
    with here.factory.platform.database.writing() as session:
        here.call.record.closes_at = here.factory.now + timedelta(days=8)
        session.merge(here.call.record)
    return here


@on_both_databases
def test_each_reminder_is_sent_once_to_who_writes_for_the_association(
    case: Cases, platform: Platform, clock: Any
) -> None:
    here = open_case(case, clock)
    assert keep_time(platform, LINKS) == Kept(0, 0)  # eight days before
    expected = []
    for days, name in ((1, "7"), (5, "2")):
        clock.move(days=days)
        assert [keep_time(platform, LINKS).reminders for _ in range(3)] == [1, 0, 0]
        expected.append((here.owner.email, SUBJECTS[name]))
    clock.move(days=1, hours=20)
    assert [keep_time(platform, LINKS).reminders for _ in range(2)] == [1, 0]
    assert reminders(platform) == [*expected, (here.owner.email, SUBJECTS["4"])]
    clock.move(hours=4)
    assert keep_time(platform, LINKS) == Kept(0, 0)  # closed


def test_a_machine_that_was_off_sends_only_the_last_one_due(case: Cases, platform: Platform, clock: Any) -> None:
    here = open_case(case, clock)
    clock.move(days=7, hours=23)
    assert keep_time(platform, LINKS).reminders == 1
    assert reminders(platform) == [(here.owner.email, SUBJECTS["4"])]


def test_each_reminder_can_be_switched_off_by_itself(case: Cases, platform: Platform, clock: Any) -> None:
    here = open_case(case, clock)
    with platform.database.writing() as session:
        session.add(TurnedSwitch(person_id=here.owner.id, name="2_days"))
    for step in ({"days": 1}, {"days": 5}, {"days": 1, "hours": 20}):
        clock.move(**step)
        keep_time(platform, LINKS)
    assert reminders(platform) == [(here.owner.email, SUBJECTS["7"]), (here.owner.email, SUBJECTS["4"])]


@pytest.mark.parametrize("state", [A.SUBMITTED, A.WITHDRAWN])
def test_a_deposited_or_withdrawn_dossier_is_not_reminded(
    case: Cases, platform: Platform, clock: Any, state: A
) -> None:
    here = open_case(case, clock)
    here.put_state(state)
    clock.move(days=1)
    assert keep_time(platform, LINKS).reminders == 0


def test_a_dossier_begun_after_the_reminder_waits_for_the_next_one(
    factory: Factory, platform: Platform, clock: Any
) -> None:
    owner = factory.person()
    call = factory.call(C.OPEN)  # closes in five days
    factory.application(call, factory.association(owner))
    clock.move(minutes=1)
    assert keep_time(platform, LINKS).reminders == 0
    clock.move(days=3)
    assert (keep_time(platform, LINKS).reminders, reminders(platform)) == (1, [(owner.email, SUBJECTS["2"])])


def test_an_inactive_person_and_another_call_are_left_alone(case: Cases, platform: Platform, clock: Any) -> None:
    here = open_case(case, clock)
    second = here.factory.person(active=False)
    here.factory.join(here.association, second, MembershipRole.EDITOR)
    clock.move(days=1)
    assert (keep_time(platform, LINKS).reminders, reminders(platform)) == (1, [(here.owner.email, SUBJECTS["7"])])


def test_an_extended_closing_has_its_own_reminders(case: Cases, platform: Platform, clock: Any) -> None:
    here = open_case(case, clock)
    clock.move(days=1)
    assert keep_time(platform, LINKS).reminders == 1
    with platform.database.writing() as session:
        extend_closing(
            session, actor=here.actor(here.official), call_id=here.call.id,
            closes_at=here.factory.now + timedelta(days=9), reason="Panne du service", now=here.factory.now,
        )  # fmt: skip
    assert keep_time(platform, LINKS).reminders == 0
    clock.move(days=2)
    assert keep_time(platform, LINKS).reminders == 1
    assert reminders(platform) == [(here.owner.email, SUBJECTS["7"])] * 2


def test_the_workers_minute_sends_them(case: Cases, platform: Platform, clock: Any) -> None:
    here = open_case(case, clock)
    clock.move(days=1)
    assert jobs.tick(platform) == Kept(1, 0)
    with platform.database.reading() as session:
        sent = session.exec(select(OutboxMail).where(OutboxMail.recipient == here.owner.email)).one()
    assert sent.sent_at == clock.now
    assert f"/association/dossiers/{here.id}" in sent.body


def test_more_drafts_take_no_more_queries(case: Cases, platform: Platform, clock: Any, count_queries: Any) -> None:
    here = open_case(case, clock)
    clock.move(days=1)
    keep_time(platform, LINKS)
    with count_queries() as once:
        keep_time(platform, LINKS)
    for _ in range(5):
        owner = here.factory.person()
        with platform.database.writing() as session:
            session.add(TurnedSwitch(person_id=owner.id, name="7_days"))
        here.factory.application(here.call, here.factory.association(owner))
    with count_queries() as again:
        keep_time(platform, LINKS)
    assert again.count == once.count
