"""Before the assignment, reviewers rank what they would rather read; the assignment follows it in part."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import select

from aap.core.assignment.problem import grid_of
from aap.records.applications import ApplicationState
from aap.records.calls import Call, CallState
from aap.records.reviews import Preference
from aap.services.assignment.situation import default_settings, situation
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.panel.preferences import rankable_dossiers, state_preferences
from aap.services.panel.recusing import add_recusal
from aap.services.platform import Platform
from tests.databases import on_both_databases
from tests.worlds.assignment_pages import Browsers
from tests.worlds.desks import Desk, Desks


def state(here: Desk, **ranks: str) -> int:
    database = here.factory.platform.database
    with database.writing() as session:
        kept: int = state_preferences(
            session, actor=here.factory.actor(here.first), call_id=here.call.id, ranks=ranks, now=here.factory.now
        )
        return kept


@on_both_databases
def test_a_list_is_kept_replaced_and_followed_by_the_assignment(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing="preferences: true")
    other, third = (here.factory.application(here.call, None, ApplicationState.ELIGIBLE) for _ in range(2))
    assert state(here, **{here.application.id: "2", other.id: "1", "unknown": "1"}) == 2
    with platform.database.reading() as session:
        page = rankable_dossiers(session, actor=here.factory.actor(here.first), call_id=here.call.id)
        found = situation(session, here.call, default_settings(here.call))
    assert [one.application_id for one in page.dossiers] == [other.id, here.application.id, third.id]
    grid, bare = grid_of(found.demand), grid_of(replace(found.demand, preferences={}))
    row = {one: at for at, one in enumerate(grid.dossiers)}
    codes = {person.id: code for code, (_, person) in found.reviewers.items()}
    column = grid.reviewers.index(codes[here.first.id])
    fits = [int(grid.fit[row[one.reference], column]) for one in (other, here.application, third)]
    theme = int(bare.fit[row[other.reference], column]) * 75 // 100
    assert fits == [theme + 25, theme + 12, theme]
    assert int(grid.fit[0, grid.reviewers.index(codes[here.second.id])]) == theme + 12
    assert state(here, **{third.id: "1"}) == 1
    with platform.database.reading() as session:
        assert [(one.application_id, one.rank) for one in session.exec(select(Preference))] == [(third.id, 1)]


def test_what_is_no_rank_or_twice_the_same_is_refused_beside_its_dossier(desk: Desks) -> None:
    here = desk(reviewing="preferences: true")
    other = here.factory.application(here.call, None, ApplicationState.ELIGIBLE)
    with pytest.raises(InvalidInput) as refused:
        state(here, **{here.application.id: "3", other.id: "x"})
    assert refused.value.problems == {
        one.id: Objection("panel.rank_unreadable", most=2) for one in (here.application, other)
    }
    with pytest.raises(InvalidInput) as refused:
        state(here, **{here.application.id: "1", other.id: "1"})
    assert list(refused.value.problems.values()) == [Objection("panel.rank_twice", rank=1)]


def test_only_where_the_call_asks_before_the_deliberation_and_without_what_one_is_recused_of(desk: Desks) -> None:
    silent, here = desk(), desk(reviewing="preferences: true")
    database, now = here.factory.platform.database, here.factory.now
    with pytest.raises(NotFound):
        state(silent)
    with database.writing() as session:
        add_recusal(session, actor=here.factory.actor(here.official), application_id=here.application.id,
                    person_id=here.first.id, reason="Parent.", now=now)  # fmt: skip
    assert state(here, **{here.application.id: "1"}) == 0
    with database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.DELIBERATING
    with pytest.raises(StateForbids):
        state(here)


def test_the_page_shows_the_list_and_takes_it(desk: Desks, browser: Browsers) -> None:
    here = desk(reviewing="preferences: true")
    signed = browser().sign_in(here.third)
    assert "Classer les dossiers" in signed.get("/evaluation/").text
    address, name = f"/evaluation/appels/{here.call.id}/preferences", f"rang-{here.application.id}"
    refused = signed.post(address, {name: "9"})
    assert (refused.status_code, f'id="{name}-error"' in refused.text, 'value="9"' in refused.text) == (422, True, True)
    assert signed.post(address, {name: "1"}).status_code == 302
    assert 'value="1"' in signed.get(address).text
    assert browser().sign_in(here.official).get(address).status_code == 404
