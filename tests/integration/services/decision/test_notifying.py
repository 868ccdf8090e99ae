"""All decisions are told at one hour that two persons agreed on; before it nobody is told anything, after it once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from aap import jobs
from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.decided import Notification, NotificationState
from aap.records.outbox import OutboxMail
from aap.records.rankings import Decision
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.actor import Actor
from aap.services.call.calls import get_call
from aap.services.decision.notifying import (
    FURTHEST,
    awaited_notification,
    cancel_notification,
    confirm_notification,
    notify_at_hour,
    propose_notification,
    send_test_mail,
)
from aap.services.errors import InvalidInput, NotFound, RecusedFromActs, SamePerson
from aap.services.outbox import start_job
from aap.web.public_links import PublicLinks
from tests.conftest import TestClock
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices

LINKS = PublicLinks("https://aap.example.org")


def propose(here: Office, at: datetime | None, *, by: Actor | None = None) -> str:
    actor = by or here.factory.actor(here.first)
    with here.factory.platform.database.writing() as session:
        return propose_notification(session, actor=actor, call_id=here.call.id, at=at, now=here.factory.now).id


def confirm(here: Office, notification_id: str, *, by: Actor | None = None) -> NotificationState:
    with here.factory.platform.database.writing() as session:
        return NotificationState(
            confirm_notification(
                session, actor=by or here.factory.actor(here.second), call_id=here.call.id,
                notification_id=notification_id, links=LINKS, now=here.factory.now,
            ).state
        )  # fmt: skip


def cancel(here: Office, notification_id: str) -> None:
    with here.factory.platform.database.writing() as session:
        cancel_notification(
            session, actor=here.factory.actor(here.second), call_id=here.call.id, notification_id=notification_id,
            now=here.factory.now,
        )  # fmt: skip


def told(here: Office) -> tuple[list[datetime | None], set[str], int]:
    """When each decision was told, the dossiers' states, how many mails say so."""
    with here.factory.platform.database.reading() as session:
        moments = session.exec(
            select(Decision.notified_at).where(Decision.call_id == here.call.id).order_by(Decision.id)
        ).all()
        states = session.exec(select(Application.state).where(Application.call_id == here.call.id)).all()
        mails = session.exec(select(OutboxMail.id).where(OutboxMail.kind == "decision_notified")).all()
    return list(moments), {str(state) for state in states}, len(mails)


BEFORE: tuple[list[datetime | None], set[str], int] = ([None] * 5, {"eligible", "ineligible"}, 0)


@on_both_databases
def test_at_the_hour_that_two_persons_agreed_on_everybody_is_told_at_once(office: Offices, clock: TestClock) -> None:
    here = office(CallState.DECIDED)
    assert told(here) == BEFORE  # prepared, with letters, and no state says so
    hour = here.factory.now + timedelta(hours=20)
    proposed = propose(here, hour)
    with pytest.raises(SamePerson):
        confirm(here, proposed, by=here.factory.actor(here.first))
    assert confirm(here, proposed) is NotificationState.CONFIRMED
    assert confirm(here, proposed) is NotificationState.CONFIRMED  # pressed twice
    clock.now = hour - timedelta(seconds=1)
    jobs.tick(here.factory.platform)
    assert told(here) == BEFORE
    clock.now = hour + timedelta(seconds=40)
    jobs.tick(here.factory.platform)
    jobs.tick(here.factory.platform)
    assert told(here) == ([clock.now] * 5, {"notified"}, 5)
    with here.factory.platform.database.reading() as session:
        done = session.get_one(Notification, proposed)
        kept = session.exec(select(Decision.notification_id)).all()
        mail = session.exec(select(OutboxMail).where(OutboxMail.kind == "decision_notified").limit(1)).one()
    assert (done.state, done.decisions, done.done_at, set(kept)) == ("done", 5, clock.now, {proposed})
    assert "association/dossiers" in mail.body
    assert [word for word in ("lauréat", "retenu", "€", "attente") if word in mail.subject + mail.body] == []


@on_both_databases
def test_now_is_the_moment_of_the_confirmation(office: Offices, clock: TestClock) -> None:
    here = office(CallState.DECIDED)
    proposed = propose(here, None)
    clock.move(hours=2)
    jobs.tick(here.factory.platform)
    assert told(here) == BEFORE
    assert confirm(here, proposed) is NotificationState.DONE
    assert confirm(here, proposed) is NotificationState.DONE
    assert told(here) == ([clock.now] * 5, {"notified"}, 5)
    with pytest.raises(InvalidInput) as refused:
        propose(here, None)
    assert [one.key for one in refused.value.objections] == ["decision.none_waits"]


@on_both_databases
def test_what_was_agreed_on_is_cancelled_until_the_hour_and_not_after(office: Offices, clock: TestClock) -> None:
    here = office(CallState.DECIDED)
    hour = here.factory.now + timedelta(hours=20)
    first = propose(here, hour)
    confirm(here, first)
    clock.move(hours=19)
    cancel(here, first)
    cancel(here, first)  # pressed twice
    clock.move(hours=2)
    jobs.tick(here.factory.platform)
    assert told(here) == BEFORE
    with pytest.raises(NotFound):
        confirm(here, first)
    second = propose(here, None)
    confirm(here, second)
    with pytest.raises(InvalidInput) as refused:
        cancel(here, second)
    assert [one.key for one in refused.value.objections] == ["decision.notification_begun"]


def test_an_hour_that_has_come_is_told_even_where_the_worker_is_late(office: Offices, clock: TestClock) -> None:
    here = office(CallState.DECIDED)
    proposed = propose(here, here.factory.now + timedelta(hours=1))
    confirm(here, proposed)
    clock.move(hours=1, seconds=1)
    with pytest.raises(InvalidInput) as refused:  # it is being told
        cancel(here, proposed)
    assert [one.key for one in refused.value.objections] == ["decision.notification_begun"]
    clock.move(hours=30)
    jobs.tick(here.factory.platform)
    assert told(here) == ([clock.now] * 5, {"notified"}, 5)


def test_an_hour_that_passed_before_it_was_confirmed_is_now(office: Offices, clock: TestClock) -> None:
    here = office(CallState.DECIDED)
    proposed = propose(here, here.factory.now + timedelta(hours=1))
    clock.move(hours=3)
    jobs.tick(here.factory.platform)
    assert told(here) == BEFORE
    assert confirm(here, proposed) is NotificationState.DONE
    assert told(here) == ([clock.now] * 5, {"notified"}, 5)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=-1), FURTHEST + timedelta(minutes=1)])
def test_an_hour_that_is_past_or_far_ahead_is_refused(office: Offices, ahead: timedelta) -> None:
    here = office(CallState.DECIDED)
    with pytest.raises(InvalidInput) as refused:
        propose(here, here.factory.now + ahead)
    assert [one.key for one in refused.value.objections] == ["decision.notification_hour"]


def test_one_notification_at_a_time_and_none_while_a_letter_is_missing(office: Offices) -> None:
    here = office(CallState.DECIDED)
    with here.factory.platform.database.writing() as session:
        one = session.exec(select(Decision).limit(1)).one()
        kept, one.letter_sha256 = one.letter_sha256, None
        session.add(one)
    with pytest.raises(InvalidInput) as refused:
        propose(here, None)
    assert [(one.key, one.values) for one in refused.value.objections] == [("decision.letters_missing", {"number": 1})]
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Decision, one.id)
        held.letter_sha256 = kept
        session.add(held)
    propose(here, None)
    with pytest.raises(InvalidInput) as refused:
        propose(here, None)
    assert [one.key for one in refused.value.objections] == ["decision.notification_awaited"]


def test_what_is_decided_after_the_proposal_waits_for_another(office: Offices) -> None:
    here = office(CallState.DECIDED)
    proposed = propose(here, None)
    with here.factory.platform.database.writing() as session:
        left = session.exec(select(Decision).limit(1)).one()
        left.notification_id = None
        session.add(left)
    confirm(here, proposed)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        assert awaited_notification(session, actor=here.factory.actor(here.first), call=call) is None
        waiting = session.exec(select(Decision.id).where(col(Decision.notified_at).is_(None))).all()
    assert waiting == [left.id]


def test_letters_of_a_confirmed_hour_are_rendered_no_more(office: Offices) -> None:
    here = office(CallState.DECIDED)
    platform = here.factory.platform
    proposed = propose(here, here.factory.now + timedelta(hours=1))
    confirm(here, proposed)
    with platform.database.writing() as session:
        session.exec(select(Decision).limit(1)).one().reason = "Autre chose."
    with platform.database.reading() as session:
        before = session.exec(select(Decision.letter_sha256).order_by(Decision.id)).all()
    with platform.database.writing() as session:
        job = start_job(
            session, "letters", actor=here.factory.actor(here.first), now=here.factory.now, call_id=here.call.id
        )
    jobs.sweep(platform)
    with platform.database.reading() as session:
        assert session.exec(select(Decision.letter_sha256).order_by(Decision.id)).all() == before
        assert session.get_one(type(job), job.id).result == {"letters": 0}


def test_who_is_recused_of_a_candidate_neither_proposes_nor_confirms_nor_cancels(office: Offices) -> None:
    here = office(CallState.DECIDED)
    waiting = propose(here, here.factory.now + timedelta(hours=1))
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=here.second.id, application_id=here.dossiers[1].id, origin=RecusalOrigin.REVIEWER,
                reason="Un parent.", created_at=here.factory.now,
            )
        )  # fmt: skip
    second = here.factory.actor(here.second)
    acts: tuple[Callable[[], Any], ...] = (
        lambda: propose(here, None, by=second), lambda: confirm(here, waiting, by=second), lambda: cancel(here, waiting),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(RecusedFromActs):
            act()


def test_a_test_mail_goes_to_who_asks_and_to_nobody_else(office: Offices) -> None:
    here = office(CallState.DECIDED)
    first = here.factory.actor(here.first)
    for _ in range(2):
        with here.factory.platform.database.writing() as session:
            send_test_mail(
                session, actor=first, call_id=here.call.id, reference=here.dossiers[0].reference, title="Projet",
                links=LINKS, now=here.factory.now,
            )  # fmt: skip
    with here.factory.platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).where(OutboxMail.kind == "decision_notified")).all()
    assert [(mail.recipient, mail.application_id, mail.subject[:7]) for mail in mails] == [
        (here.first.email, None, "[Essai]")
    ]
    assert here.dossiers[0].id not in mails[0].body


@on_both_databases
def test_done_by_several_at_the_same_moment_it_is_done_once(office: Offices, clock: TestClock) -> None:
    here = office(CallState.DECIDED)
    proposed = propose(here, here.factory.now + timedelta(hours=1))
    confirm(here, proposed)
    clock.move(hours=1)
    found = at_once(here, lambda session: notify_at_hour(session, proposed, links=LINKS, now=clock.now))
    assert sorted(found) == [0, 0, 5]
    assert told(here) == ([clock.now] * 5, {"notified"}, 5)


@on_both_databases
def test_proposed_by_several_at_the_same_moment_it_is_proposed_once(office: Offices) -> None:
    here = office(CallState.DECIDED)
    actor = here.factory.actor(here.first)
    found = at_once(
        here,
        lambda session: (
            propose_notification(session, actor=actor, call_id=here.call.id, at=None, now=here.factory.now).state
        ),
    )
    assert sorted(map(str, found)) == ["InvalidInput", "InvalidInput", "proposed"]


def at_once(here: Office, act: Callable[[Session], Any]) -> list[Any]:
    """What three threads get that do the same at the same moment."""
    start, found = threading.Barrier(3), []

    def take() -> None:
        start.wait()
        try:
            with here.factory.platform.database.writing() as session:
                result = act(session)
            found.append(result)
        except Exception as error:
            found.append(type(error).__name__)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_dossier_that_was_withdrawn_stays_so(office: Offices) -> None:
    here = office(CallState.DECIDED)
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Application, here.dossiers[3].id)
        held.state = ApplicationState.WITHDRAWN
        session.add(held)
    confirm(here, propose(here, None))
    assert here.reload(here.dossiers[3]).state == ApplicationState.WITHDRAWN
    assert here.reload(here.dossiers[2]).state == ApplicationState.NOTIFIED
