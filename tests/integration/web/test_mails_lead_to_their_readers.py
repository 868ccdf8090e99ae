"""Who is told of what by mail: everybody of the association and the service, each by a link that opens for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aap import jobs
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.records.outbox import OutboxMail
from aap.records.people import Person
from aap.records.rankings import Outcome
from aap.services.actor import SYSTEM
from aap.services.decision.answering import answer_grant
from aap.services.decision.first_reading import note_reading
from aap.services.dossier.closing_reminders import remind_drafts
from aap.services.dossier.completion import ask_completion
from aap.services.dossier.dossiers import submissions_of
from aap.services.dossier.messages import write_message, write_to_service
from aap.services.dossier.withdrawing import withdraw_application
from aap.services.outbox import start_job
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.deposits import Case, Cases
from tests.worlds.mailbox import link_in, mails_to

SERVICE = "appel@example.org"


def run(here: Case, use_case: Callable[..., Any], person: Person, **values: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(
            session, actor=here.actor(person), application_id=here.id, links=LINKS, now=platform.clock(), **values
        )


def kinds(here: Case, address: str) -> list[str]:
    return [mail.kind for mail in mails_to(here.factory.platform, address)]


def days(mail: OutboxMail) -> dict[str, str]:
    """Identifier → day, of the calendar that goes with a mail."""
    return dict(
        zip(*(re.findall(rf"^{name}[^:]*:(\S+)", mail.calendar, re.M) for name in ("UID", "DTSTART")), strict=True)
    )


def leads(browser: Callable[[], Any], here: Case, person: Person, address: str = "") -> list[str]:
    """The pages that a person's mails (or those of an address that they read) lead to: each opens for them."""
    signed = browser().sign_in(person)
    found = [link_in(mail) for mail in mails_to(here.factory.platform, address or person.email)]
    assert [signed.get(one).status_code for one in found] == [200] * len(found), found
    return found


def test_a_deposit_is_acknowledged_to_every_colleague(case: Cases, browser: Callable[[], Any]) -> None:
    here = case()
    platform = here.factory.platform
    with platform.database.writing() as session:
        (deposit,) = submissions_of(session, here.id)
        start_job(session, "receipt", actor=SYSTEM, now=platform.clock(), arguments={"submission_id": deposit.id})
    jobs.sweep(platform)
    for person in (here.owner, here.reader):
        assert leads(browser, here, person) == [f"/association/dossiers/{here.id}/accuse"]
    assert {mail.sender for mail in mails_to(platform, here.reader.email)} == {"Ministère d’essai"}


def test_a_withdrawal_is_told_to_the_colleagues_and_to_the_service(case: Cases, browser: Callable[[], Any]) -> None:
    here = case(A.SUBMITTED, C.OPEN)
    for _ in range(2):
        run(here, withdraw_application, here.owner, reason="Le projet est reporté.")
    for person in (here.owner, here.reader):
        assert kinds(here, person.email) == ["association_withdrawn"]
        assert leads(browser, here, person) == [f"/association/dossiers/{here.id}"]
    (told,) = mails_to(here.factory.platform, here.reader.email)
    assert f"{here.owner.name} a retiré le dossier" in told.body
    assert "le déposer à nouveau jusqu’au" in told.body
    dossier = f"/instruction/{here.call.id}/dossiers/{here.application.reference}"
    assert leads(browser, here, here.official, SERVICE) == [dossier]
    assert kinds(here, here.stranger.email) == []


def test_a_draft_taken_back_is_told_to_the_colleagues_alone_and_after_the_closing_it_can_t_be_taken_up(
    case: Cases,
) -> None:
    here = case(A.DRAFT, C.CLOSED)
    run(here, withdraw_application, here.owner, reason="")
    (told,) = mails_to(here.factory.platform, here.reader.email)
    assert "à nouveau" not in told.body
    assert kinds(here, SERVICE) == []


def test_messages_lead_each_side_to_where_it_answers(case: Cases, browser: Callable[[], Any]) -> None:
    here = case()
    run(here, write_message, here.official, body="Bonjour.")
    run(here, write_to_service, here.owner, body="Bonjour.")
    assert leads(browser, here, here.reader) == [f"/association/dossiers/{here.id}/messages"]
    dossier = f"/instruction/{here.call.id}/dossiers/{here.application.reference}"
    assert leads(browser, here, here.official, SERVICE) == [dossier]


@on_both_databases
def test_a_completion_asked_again_moves_its_day_in_the_diary(case: Cases, clock: Any) -> None:
    here = case(call_state=C.CLOSED)
    asked = {"sections": ["projet"], "message": "Précisez."}
    first = here.factory.now + timedelta(days=5)
    run(here, ask_completion, here.official, **asked, due_at=first)
    clock.move(hours=1)
    here.put_state(A.SUBMITTED)
    run(here, ask_completion, here.official, **asked, due_at=first + timedelta(days=5))
    told = mails_to(here.factory.platform, here.reader.email)
    assert [days(mail) for mail in told] == [
        {f"completion-{here.id}": f"{at:%Y%m%dT%H%M%SZ}"} for at in (first, first + timedelta(days=5))
    ]
    sequences = [int(*re.findall(r"SEQUENCE:(\d+)", mail.calendar)) for mail in told]
    assert sequences[1] - sequences[0] == 3600


def test_a_reminder_has_the_closing_for_the_diary(case: Cases, clock: Any) -> None:
    here = case(A.DRAFT, C.OPEN)
    platform = here.factory.platform
    closes = here.factory.now + timedelta(days=8)
    with platform.database.writing() as session:
        here.call.record.closes_at = closes
        session.merge(here.call.record)
    clock.move(days=2)
    with platform.database.writing() as session:
        assert remind_drafts(session, links=LINKS, now=platform.clock()) == 1
    (told,) = mails_to(platform, here.owner.email)
    assert days(told) == {f"closing-{here.id}": f"{closes:%Y%m%dT%H%M%SZ}"}
    assert told.sender == "Ministère d’essai"


@on_both_databases
def test_the_first_reading_tells_everybody_the_days_that_begin_and_once(case: Cases) -> None:
    here = case()
    decision = here.decide(Outcome.NOT_SELECTED)
    for person in (here.reader, here.owner):
        run(here, note_reading, person)
    for person in (here.owner, here.reader):
        (told,) = mails_to(here.factory.platform, person.email)
        assert (told.kind, days(told)) == ("decision_read", {f"appeal-{decision.id}": "20250411"})
        assert "jusqu’au 11 avril 2025 inclus" in told.body.replace("\u00a0", " ")
        assert "acceptez" not in told.body


def test_an_acceptance_and_a_decline_are_told_to_every_colleague(case: Cases) -> None:
    here = case()
    here.decide()
    run(here, answer_grant, here.owner, answer="accepted", reason="")
    run(here, answer_grant, here.owner, answer="declined", reason="Notre cofinanceur se retire.")
    for person in (here.owner, here.reader):
        assert sorted(kinds(here, person.email)) == ["grant_accepted", "grant_declined"]
    (freed,) = mails_to(here.factory.platform, SERVICE)
    assert link_in(freed) == f"/instruction/{here.call.id}/decisions/suites"
