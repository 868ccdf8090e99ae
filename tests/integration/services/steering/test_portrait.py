"""A call in numbers: its sums are the list's, what may not be known isn't there, and the page says it in tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import select

from aap.records.applications import Application, Submission
from aap.records.calls import Call, CallState
from aap.services.call.calls import get_call
from aap.services.decision.in_force import current_list
from aap.services.steering.portrait import Portrait, portrait
from tests.databases import on_both_databases
from tests.integration.web.official.test_recused_downloads import hide
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]


def drawn(here: Office) -> Portrait:
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        return portrait(session, actor=here.factory.actor(here.first), call=call, now=here.factory.now)


@on_both_databases
def test_groups_add_up_to_the_list_in_force(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    found = drawn(here)
    with here.factory.platform.database.reading() as session:
        held = current_list(session, here.call.id)
    assert found.decided
    assert (found.requested, found.granted) == (5 * 40_000_00, held.total)
    for groups in (found.groups["region"], found.groups["theme"], tuple(found.departments.values())):
        assert sum(one.dossiers for one in groups) == 5
        assert sum(one.requested for one in groups) == found.requested
        assert (sum(one.laureates for one in groups), sum(one.granted for one in groups)) == (
            len(held.granted),
            held.total,
        )
    assert dict(found.funnel) == {
        "begun": 5,
        "deposited": 5,
        "screened": 5,
        "reviewed": 4,
        "laureates": len(held.granted),
    }
    assert {code: one.dossiers for code, one in found.departments.items()} == {"69": 3, "34": 2}


def test_before_the_decisions_nothing_tells_who_is_retained(office: Offices) -> None:
    here = office()
    found = drawn(here)
    assert not found.decided
    assert {(one.laureates, one.granted) for groups in found.groups.values() for one in groups} == {(0, 0)}
    assert dict(found.funnel)["eligible"] == 4


def test_the_money_of_a_dossier_is_nowhere_for_who_is_recused_of_it(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    before = drawn(here)
    secret = hide(here)
    found = drawn(here)
    asked = here.reload(secret).requested_amount
    assert found.hidden == 1
    assert found.requested == 4 * 40_000_00 != asked + 4 * 40_000_00
    assert [one.dossiers for one in found.groups["region"]] == [one.dossiers for one in before.groups["region"]]
    assert sum(one.requested for one in found.groups["region"]) == found.requested


def test_the_pace_counts_what_was_deposited_by_each_day_before_the_closing(office: Offices) -> None:
    here = office()
    with here.factory.platform.database.writing() as session:
        closes = session.get_one(Call, here.call.id).closes_at
        for at, days in enumerate((5, 3, 3, 0, 0)):
            held = session.exec(select(Application).where(Application.id == here.dossiers[at].id)).one()
            for again in range(2):  # what is deposited again is counted on its first day
                session.add(
                    Submission(
                        application_id=held.id, ordinal=again + 1, receipt_number=f"R{at}-{again}", content_hash="x",
                        arrived_at=closes - timedelta(days=days * (1 - again), minutes=5),
                    )
                )  # fmt: skip
    assert drawn(here).pace == ((5, 1), (4, 1), (3, 3), (2, 3), (1, 3), (0, 5))


def test_the_page_says_the_numbers_in_words_and_leads_to_lists(office: Offices, browser: Browsers) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    page = signed.get(here.address("portrait")).text
    assert f'href="{here.address("candidats")}?departement=34"' in page
    shown = signed.get(here.address("candidats?departement=34")).text
    assert [one.reference in shown for one in here.dossiers] == [False, False, True, True, False]
    assert here.address("portrait") in signed.get(here.address()).text
