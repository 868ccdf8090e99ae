"""An hour of notification and the step back: a proposed one goes with the list, a confirmed one keeps the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.decided import Notification, NotificationState
from aap.records.rankings import Decision, RankingRun
from aap.services.decision.notifying import (
    cancel_notification,
    confirm_notification,
    notify_at_hour,
    propose_notification,
)
from aap.services.decision.unfreezing import confirm_unfreeze, propose_unfreeze
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices

LINKS = PublicLinks("https://aap.example.org")


def act(here: Office, use_case: Any, second: bool = False, **values: Any) -> Any:
    with here.factory.platform.database.writing() as session:
        actor = here.factory.actor(here.second if second else here.first)
        return use_case(session, actor=actor, now=here.factory.now, **values)


def hour(here: Office, *, confirmed: bool) -> str:
    """An hour for tomorrow; gives its id."""
    call_id = here.call.id
    asked = act(here, propose_notification, call_id=call_id, at=here.factory.now + timedelta(days=1))
    if confirmed:
        act(here, confirm_notification, True, call_id=call_id, notification_id=asked.id, links=LINKS)
    return str(asked.id)


def run_id(here: Office) -> str:
    with here.factory.platform.database.reading() as session:
        return session.exec(select(RankingRun.id).where(RankingRun.call_id == here.call.id)).one()


def propose(here: Office) -> None:
    act(here, propose_unfreeze, run_id=run_id(here), reason="Une note a été mal saisie.", links=LINKS)


def confirm(here: Office) -> int:
    return int(act(here, confirm_unfreeze, True, run_id=run_id(here), minutes_sha256=None))


@on_both_databases
def test_a_proposed_hour_is_cancelled_with_the_list_and_tells_nobody(office: Offices) -> None:
    here = office(CallState.DECIDED)
    asked = hour(here, confirmed=False)
    propose(here)
    assert confirm(here) == 5
    with here.factory.platform.database.writing() as session:
        assert session.get_one(Notification, asked).state == NotificationState.CANCELLED
        assert set(session.exec(select(Decision.notification_id)).all()) == {None}
        actions = session.exec(select(AuditLine.action).order_by(col(AuditLine.sequence).desc()).limit(2)).all()
        assert list(actions) == ["ranking.unfrozen", "notification.cancelled"]
        assert notify_at_hour(session, asked, links=LINKS, now=here.factory.now + timedelta(days=2)) == 0
    with pytest.raises(StateForbids):
        act(here, confirm_notification, True, call_id=here.call.id, notification_id=asked, links=LINKS)


@pytest.mark.parametrize("before", [True, False], ids=["before", "meanwhile"])
def test_a_confirmed_hour_keeps_the_list_from_being_taken_back_until_it_is_cancelled(
    office: Offices, before: bool
) -> None:
    here = office(CallState.DECIDED)
    if not before:
        propose(here)
    asked = hour(here, confirmed=True)
    with pytest.raises(InvalidInput) as refused:
        propose(here) if before else confirm(here)
    assert refused.value.problems[""] in (
        Objection("decision.letters_have_left"), (Objection("decision.letters_have_left"),),
    )  # fmt: skip
    assert here.state() == CallState.DECIDED
    act(here, cancel_notification, True, call_id=here.call.id, notification_id=asked)
    if before:
        propose(here)
    assert (confirm(here), here.state()) == (5, CallState.DELIBERATING)
