"""A further review asked for while the call deliberates is marked then, by nobody else, and counts in the next run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from aap.records.calls import CallState
from aap.records.people import Person, Role
from aap.records.rankings import RankingRow
from aap.records.reviews import Assignment, Reviewer
from aap.services.call.calls import get_call
from aap.services.errors import NotFound, StateForbids
from aap.services.harmonising.further_reviews import ask_further_review
from aap.services.ranking.runs import moved_since
from aap.services.review.reopening import request_reopening
from aap.services.review.reviewer_pages import next_dossier, reviewer_calls
from aap.services.review.reviewing import ReviewEntry, submit_review
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.deliberations import computed
from tests.worlds.offices import LETTERS, Office, Offices, set_state

CLOSED = LETTERS + "reviewing:\n  closes_at: 2025-01-01T12:00:00+01:00\n"


def third(here: Office) -> Person:
    """A reviewer who is asked for one more review of the first dossier, and was dealt the second one before."""
    person = here.factory.person(Role.REVIEWER, call=here.call)
    here.factory.assignment(here.dossiers[1], person)
    with here.factory.platform.database.writing() as session:
        ask_further_review(
            session, actor=here.factory.actor(here.first), call=get_call(session, here.call.id),
            reference=here.dossiers[0].reference, person_id=person.id, links=LINKS, now=here.factory.now,
        )  # fmt: skip
    return person


def submit(here: Office, person: Person, number: int) -> None:
    with here.factory.platform.database.writing() as session:
        entry = ReviewEntry(
            marks={"qualite": "1", "solidite": "1"},
            comments={"qualite": "Trop peu."},
            rubric_hash=get_call(session, here.call.id).record.rubric_hash or "",
        )
        submit_review(
            session, actor=here.factory.actor(person), application_id=here.dossiers[number].id, entry=entry,
            now=here.factory.platform.clock(),
        )  # fmt: skip


@on_both_databases
def test_it_is_submitted_after_the_closing_and_the_next_run_counts_it(office: Offices) -> None:
    here = office(more=CLOSED)
    first = computed(here)
    person = third(here)
    actor, platform = here.factory.actor(person), here.factory.platform
    with platform.database.reading() as session:
        [call] = reviewer_calls(session, actor=actor, now=platform.clock())
        assert call.asked_again
        assert [(one.reference, one.further) for one in call.dossiers] == [
            (here.dossiers[0].reference, True), (here.dossiers[1].reference, False),
        ]  # fmt: skip
        assert next_dossier(session, actor=actor, call_id=here.call.id) == here.dossiers[0].id
    platform.clock.move(minutes=5)  # type: ignore[attr-defined]
    submit(here, person, 0)
    with platform.database.reading() as session:
        [call] = reviewer_calls(session, actor=actor, now=platform.clock())
        assert not call.asked_again
        assert next_dossier(session, actor=actor, call_id=here.call.id) is None
        assert moved_since(session, first)
    second = computed(here)

    def row(run_id: str) -> tuple[int, bool]:
        with platform.database.reading() as session:
            found = session.exec(
                select(RankingRow).where(RankingRow.run_id == run_id, RankingRow.application_id == here.dossiers[0].id)
            ).one()
            return found.reviews, found.rank == 1

    assert (row(first.id), row(second.id)) == ((2, True), (3, False))


@pytest.mark.parametrize(
    ("who", "number", "state", "refusal"),
    [
        ("third", 1, CallState.DELIBERATING, StateForbids),  # dealt to the same reviewer, but not asked for now
        ("reviewer", 0, CallState.DELIBERATING, StateForbids),
        ("stranger", 0, CallState.DELIBERATING, NotFound),
        ("third", 0, CallState.PROPOSED, StateForbids),
        ("third", 0, CallState.ARBITRATED, StateForbids),
    ],
)
def test_nobody_else_marks_and_nothing_else_is_marked_then(
    office: Offices, who: str, number: int, state: CallState, refusal: type[Exception]
) -> None:
    here = office()
    person = third(here)
    people = {"third": person, "reviewer": here.reviewers[0], "stranger": here.stranger}
    set_state(here, state)
    with pytest.raises(refusal):
        submit(here, people[who], number)


def test_its_reopening_is_not_asked_for_as_nobody_could_grant_it(office: Offices) -> None:
    here = office()
    person = third(here)
    submit(here, person, 0)
    with here.factory.platform.database.writing() as session, pytest.raises(StateForbids):
        request_reopening(
            session, actor=here.factory.actor(person), application_id=here.dossiers[0].id, reason="Une faute.",
            links=LINKS, now=here.factory.now,
        )  # fmt: skip


def test_the_reviewer_is_led_to_it_and_marks_it_on_the_page(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(more=CLOSED)
    person = third(here)
    client = browser().sign_in(person)
    assert "Une évaluation de plus vous est demandée pendant la délibération" in client.get("/evaluation/").text
    address = f"/evaluation/dossiers/{here.dossiers[0].id}"
    assert client.get(f"/evaluation/appels/{here.call.id}/suivant").headers["Location"].endswith(address)
    page = client.get(address).text
    assert ('name="note-qualite"' in page, "Avis <i>général</i>" in page, "Bien vu." in page) == (True, False, False)
    assert 'name="note-qualite"' not in client.get(f"/evaluation/dossiers/{here.dossiers[1].id}").text
    with here.factory.platform.database.reading() as session:
        grid = get_call(session, here.call.id).record.rubric_hash
        given = session.exec(select(Assignment).where(Assignment.person_id == person.id, Assignment.further)).one()
        assert session.exec(select(Reviewer).where(Reviewer.person_id == person.id)).first() is not None
    assert given.application_id == here.dossiers[0].id
    sent = {
        "note-qualite": "4", "note-solidite": "4", "avis-qualite": "Bien.", "version": "0", "rubric": grid,
        "action": "submit",
    }  # fmt: skip
    assert client.post(address, sent).status_code == 302
    assert "Les évaluations de cet appel sont terminées" in client.get("/evaluation/").text
