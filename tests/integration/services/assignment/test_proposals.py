"""Proposals over the records of a call: what is given, what never moves, what is refused once things changed."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from aap.jobs import sweep
from aap.records.applications import Application, ApplicationState
from aap.records.audit import AuditValues
from aap.records.calls import CallState
from aap.records.outbox import Job, OutboxMail
from aap.records.reviews import Assignment, AssignmentProposal, Recusal, RecusalOrigin, Reviewer, ReviewState
from aap.services.assignment.moves import board, lock_seats, move_by_hand, preview_move, set_available
from aap.services.assignment.proposals import apply_proposal, compute_proposal, discard_proposal, keep_proposal, prepare
from aap.services.assignment.situation import AssignmentSettings, default_settings, situation
from aap.services.audit import verify_chain
from aap.services.call.calls import get_call
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.outbox import start_job
from aap.services.panel.recusing import add_recusal, lift_recusal
from aap.services.ranking.input import ranking_input
from aap.services.review.progress import ReviewsTotals, reviews_totals
from aap.services.steering.advancing import advance_call
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.worlds.assignments import Tables


@on_both_databases
def test_a_distribution_gives_every_dossier_its_reviewers_and_tells_them(table: Tables) -> None:
    here = table()
    pairs = here.distribute()
    assert Counter(reference for reference, _ in pairs) == {one.reference: 2 for one in here.dossiers}
    assert sorted(Counter(code for _, code in pairs).values()) == [4] * 6
    with here.factory.platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).order_by(col(OutboxMail.recipient))).all()
        assert {mail.recipient for mail in mails} == {person.email for person in here.reviewers.values()}
        assert all("4 dossiers" in mail.body and "https://example.org/evaluation/" in mail.body for mail in mails)
        shown = board(session, actor=here.actor, call=here.call)
        assert verify_chain(session).faults == ()
    assert (shown.pairs, shown.missing, len(shown.panels)) == (24, 0, 12)
    assert shown.connection is not None
    assert len(shown.connection.components) == 1


@on_both_databases
def test_what_is_marked_or_locked_never_moves(table: Tables) -> None:
    here = table()
    before = here.distribute()
    kept = sorted(before)[::5]
    for reference, code in kept[:3]:
        here.mark(reference, code, ReviewState.DRAFT if code == kept[0][1] else ReviewState.SUBMITTED)
    with here.factory.platform.database.writing() as session:
        for reference, code in kept[3:]:
            lock_seats(session, actor=here.actor, call_id=here.call.id, reference=reference, code=code, locked=True,
                       now=here.factory.now)  # fmt: skip
        for person in here.reviewers.values():  # everybody knows everything now: all else may move
            profile = session.exec(select(Reviewer).where(Reviewer.person_id == person.id)).one()
            profile.themes = ["ecole"] if profile.themes == ["sport"] else ["sport"]
            session.add(profile)
    after = here.distribute(dataclasses.replace(default_settings(here.call), mode="rebuild"))
    assert set(kept) <= after
    assert after != before


@on_both_databases
def test_who_drops_out_loses_only_what_is_not_submitted(table: Tables) -> None:
    here = table()
    before = here.distribute()
    theirs = sorted(pair for pair in before if pair[1] == "R02")
    here.mark(*theirs[0])
    here.mark(*theirs[1], ReviewState.DRAFT)
    with here.factory.platform.database.writing() as session:
        set_available(session, actor=here.actor, call_id=here.call.id, person_id=here.reviewers["R02"].id,
                      available=False, now=here.factory.now)  # fmt: skip
    usual = default_settings(here.call)
    after = here.distribute(AssignmentSettings("complete", usual.reviews, departing=("R02",)))
    assert before - after == set(theirs[1:])
    assert {reference for reference, _ in after - before} == {reference for reference, _ in theirs[1:]}
    assert theirs[0] in after


@on_both_databases
def test_completing_takes_nothing_back_from_anybody(table: Tables) -> None:
    """Not from who is unavailable since, nor where a swap would fill one more seat."""
    here = table()
    before = here.distribute()
    with here.factory.platform.database.writing() as session:
        set_available(session, actor=here.actor, call_id=here.call.id, person_id=here.reviewers["R02"].id,
                      available=False, now=here.factory.now)  # fmt: skip
        for person in here.reviewers.values():
            profile = session.exec(select(Reviewer).where(Reviewer.person_id == person.id)).one()
            profile.max_load = 2
            session.add(profile)
    after = here.distribute(AssignmentSettings("complete", default_settings(here.call).reviews))
    assert after == before


@on_both_databases
def test_once_decided_the_pages_show_what_was_dealt_and_read(table: Tables) -> None:
    here = table()
    pairs = here.distribute()
    for reference, code in pairs:
        here.mark(reference, code)
    refused = here.dossiers[0].reference
    with here.factory.platform.database.writing() as session:
        for one in here.dossiers:
            record = session.get_one(Application, one.id)
            record.state = ApplicationState.NOTIFIED
            record.ineligible_reason = "Hors du champ." if one.reference == refused else ""
            session.add(record)
    here.set_state(CallState.PUBLISHED)
    read = {pair for pair in pairs if pair[0] != refused}
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        shown = board(session, actor=here.actor, call=call)
        totals = reviews_totals(session, call)
    assert (shown.given, shown.dossiers, shown.pairs, shown.missing, shown.reviewers) == (11, 11, 22, 0, 6)
    assert {(one.reference, seat.code) for one in shown.panels for seat in one.seats} == read
    assert totals == ReviewsTotals(assigned=22, submitted=22, short=0, unassigned=0)


def test_nothing_applies_once_the_situation_has_changed(table: Tables) -> None:
    here = table()
    database, now = here.factory.platform.database, here.factory.now
    with database.writing() as session:
        found = prepare(session, actor=here.actor, call_id=here.call.id, settings=default_settings(here.call), now=now)
        kept = keep_proposal(session, actor=here.actor, found=found, proposal=compute_proposal(found), now=now)
        add_recusal(session, actor=here.actor, application_id=here.dossiers[0].id,
                    person_id=here.reviewers["R01"].id, reason="Cousine.", now=now)  # fmt: skip
    with database.writing() as session, pytest.raises(InvalidInput) as refused:
        apply_proposal(
            session,
            actor=here.actor,
            call_id=here.call.id,
            proposal_id=kept.id,
            links=PublicLinks("https://example.org"),
            now=now,
        )
    assert refused.value.problems == {"": Objection("assignment.situation_changed")}
    assert here.pairs() == set()
    with database.writing() as session:
        discard_proposal(session, actor=here.actor, call=here.call, proposal_id=kept.id, now=now)
    with database.writing() as session, pytest.raises(NotFound):
        discard_proposal(session, actor=here.actor, call=here.call, proposal_id=kept.id, now=now)


@pytest.mark.parametrize(
    ("rules", "share", "bridges"),
    [
        ("", None, {4}),  # of 24
        ("assignment: {bridges: 0.5}\n", Decimal("0.5"), {12}),
        ("assignment: {bridges: 0}\n", Decimal(0), {2, 3}),  # what joins the two groups
    ],
)
def test_the_call_file_says_how_many_reviews_go_across_themes(
    table: Tables, rules: str, share: Decimal | None, bridges: set[int]
) -> None:
    here = table(rules=rules)
    usual = default_settings(here.call)
    assert usual.bridges == share
    assert AssignmentSettings.of_json(json.loads(json.dumps(usual.as_json()))) == usual
    themes = {one.reference: one.theme for one in here.dossiers}
    known = {code: "sport" if code <= "R03" else "ecole" for code in here.reviewers}
    assert sum(themes[reference] != known[code] for reference, code in here.distribute()) in bridges


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_conflict_is_never_given_confirmed_or_not(table: Tables, confirmed: bool) -> None:
    here = table()
    with here.factory.platform.database.writing() as session:
        for one in here.dossiers:
            session.add(Recusal(person_id=here.reviewers["R01"].id, application_id=one.id, origin=RecusalOrigin.MATCH,
                                reason="…", confirmed=confirmed, created_at=here.factory.now))  # fmt: skip
    assert "R01" not in {code for _, code in here.distribute()}


def test_departments_earlier_reviewers_and_states_count(table: Tables) -> None:
    here = table(dossiers=6)
    earlier_call = here.factory.call(CallState.PUBLISHED)
    read = here.dossiers[0]
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Application, read.id)
        for code in ("R01", "R02"):
            profile = session.exec(select(Reviewer).where(Reviewer.code == code)).one()
            profile.departments = ["69"]
            session.add(profile)
        late = session.get_one(Application, here.dossiers[5].id)
        late.state = ApplicationState.TO_COMPLETE
        gone = session.get_one(Application, here.dossiers[4].id)
        gone.state = ApplicationState.WITHDRAWN
        session.add_all([late, gone])
        association_id = held.association_id
    old = here.factory.application(earlier_call, None, ApplicationState.NOTIFIED)
    with here.factory.platform.database.writing() as session:
        moved = session.get_one(Application, old.id)
        moved.association_id = association_id
        session.add(moved)
        session.add(Assignment(call_id=earlier_call.id, application_id=old.id, person_id=here.reviewers["R03"].id,
                               created_at=here.factory.now))  # fmt: skip
    pairs = here.distribute(dataclasses.replace(default_settings(here.call), avoid_earlier=True))
    assert {reference for reference, _ in pairs} == {one.reference for one in here.dossiers[:4]}
    assert {code for _, code in pairs}.isdisjoint({"R01", "R02"})
    assert (read.reference, "R03") not in pairs
    with here.factory.platform.database.reading() as session:
        assert situation(session, here.call, default_settings(here.call)).waiting == 1


def test_a_recusal_after_marking_takes_the_marks_from_the_ranking_and_keeps_them_in_the_audit(table: Tables) -> None:
    here = table(dossiers=4)
    pairs = sorted(here.distribute())
    for reference, code in pairs:
        here.mark(reference, code)
    reference, code = pairs[0]
    database, now = here.factory.platform.database, here.factory.now

    def marked() -> set[tuple[str, str]]:
        with database.reading() as session:
            return {(mark.application_id, mark.reviewer_id) for mark in ranking_input(session, here.call).given.marks}

    assert marked() == set(pairs)
    with database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=here.dossier(reference).id,
                    person_id=here.reviewers[code].id, reason="Administratrice en 2023.", now=now)  # fmt: skip
    assert marked() == set(pairs) - {(reference, code)}
    with database.reading() as session:
        kept = [row.content for row in session.exec(select(AuditValues)) if row.content]
        assert {"marks": {"qualite": "3", "solidite": "3"}} in [content["before"] for content in kept]
        recusal = session.exec(select(Recusal)).one()
    with database.writing() as session:
        lift_recusal(session, actor=here.actor, recusal_id=recusal.id, reason="Erreur de nom.", now=now)
    assert marked() == set(pairs) - {(reference, code)}  # lifted, not given back
    with database.writing() as session:  # given again by hand: what had been marked counts again
        move_by_hand(session, actor=here.actor, call_id=here.call.id,
                     typed={"reference": reference, "into": code}, now=now)  # fmt: skip
    assert marked() == set(pairs)


def test_a_move_by_hand_shows_its_effect_and_locks(table: Tables) -> None:
    here = table()
    pairs = here.distribute()
    reference = here.dossiers[0].reference
    out = sorted(code for name, code in pairs if name == reference)[0]
    into = next(code for code in here.reviewers if (reference, code) not in pairs)
    typed = {"reference": reference, "out": out, "into": into}
    with here.factory.platform.database.reading() as session:
        move = preview_move(session, actor=here.actor, call=here.call, typed=typed)
    assert (move.effect.panel, move.effect.load) == (2, 5)
    assert here.pairs() == pairs
    with here.factory.platform.database.writing() as session:
        move_by_hand(session, actor=here.actor, call_id=here.call.id, typed=typed, now=here.factory.now)
    assert here.pairs() == pairs - {(reference, out)} | {(reference, into)}
    assert (reference, into) in here.distribute()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"out": "", "into": ""}, "into"),
        ({"out": "R99", "into": ""}, "out"),
        ({"out": "", "into": "R99"}, "into"),
        ({"out": "", "into": "given"}, "into"),
        ({"out": "marked", "into": ""}, "out"),
        ({"out": "", "into": "recused"}, "into"),
    ],
)
def test_a_move_that_can_t_be_is_refused_beside_its_field(table: Tables, typed: dict[str, str], field: str) -> None:
    here = table()
    pairs = here.distribute()
    reference = here.dossiers[0].reference
    inside = sorted(code for name, code in pairs if name == reference)
    outside = sorted(set(here.reviewers) - set(inside))
    here.mark(reference, inside[0])
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=here.dossier(reference).id,
                    person_id=here.reviewers[outside[0]].id, reason="Frère.", now=here.factory.now)  # fmt: skip
    names = {"given": inside[1], "marked": inside[0], "recused": outside[0]}
    sent = {"reference": reference, **{name: names.get(value, value) for name, value in typed.items()}}
    with here.factory.platform.database.writing() as session, pytest.raises(InvalidInput) as refused:
        move_by_hand(session, actor=here.actor, call_id=here.call.id, typed=sent, now=here.factory.now)
    assert list(refused.value.problems) == [field]


@pytest.mark.parametrize("what", ["stranger", "reviewer", "state", "empty"])
def test_who_may_not_propose_is_refused(table: Tables, what: str) -> None:
    here = table(dossiers=0 if what == "empty" else 3)
    actors = {"stranger": here.stranger, "reviewer": here.reviewers["R01"]}
    actor = here.factory.actor(actors.get(what, here.official))
    expected: Any = {"state": StateForbids, "empty": InvalidInput}.get(what, NotFound)
    if what == "state":
        here.set_state(CallState.PUBLISHED)
    with here.factory.platform.database.writing() as session, pytest.raises(expected):
        prepare(session, actor=actor, call_id=here.call.id, settings=default_settings(here.call), now=here.factory.now)


def test_long_work_proposes_in_the_background(table: Tables) -> None:
    here = table()
    with here.factory.platform.database.writing() as session:
        job = start_job(session, "assignment", actor=here.actor, now=here.factory.now, call_id=here.call.id,
                        arguments=default_settings(here.call).as_json())  # fmt: skip
        job_id = job.id
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        done = session.get_one(Job, job_id)
        kept = session.get_one(AssignmentProposal, done.result["proposal"])
    assert (done.state, len(kept.content["added"])) == ("done", 24)


@pytest.mark.parametrize("links", [None, PublicLinks("https://example.org")])
def test_reviewers_are_told_when_the_reviews_open_and_not_before(table: Tables, links: PublicLinks | None) -> None:
    here = table(state=CallState.CLOSED)
    here.distribute()
    database = here.factory.platform.database
    with database.writing() as session:
        assert session.exec(select(OutboxMail)).all() == []
        advance_call(session, actor=here.actor, call_id=here.call.id, to=CallState.REVIEWING, reason="Prêt.",
                     now=here.factory.now, links=links)  # fmt: skip
    with database.reading() as session:
        assert len(session.exec(select(OutboxMail)).all()) == (6 if links else 0)


def test_a_recused_official_sees_nothing_of_the_dossier_and_can_t_lift_it(table: Tables) -> None:
    here = table()
    here.distribute()
    hidden = here.dossiers[0]
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=hidden.id, person_id=here.other.id, reason="Conjoint.",
                    now=here.factory.now)  # fmt: skip
    other = here.factory.actor(here.other)
    with here.factory.platform.database.reading() as session:
        shown = board(session, actor=other, call=here.call)
        recusal = session.exec(select(Recusal)).one()
    assert hidden.reference not in {one.reference for one in shown.panels}
    assert (shown.dossiers, shown.pairs) == (12, 24)  # counts are the same for everybody
    with here.factory.platform.database.writing() as session:
        for attempt in (
            lambda: lift_recusal(session, actor=other, recusal_id=recusal.id, reason="Non.", now=here.factory.now),
            lambda: preview_move(session, actor=other, call=here.call,
                                 typed={"reference": hidden.reference, "into": "R01"}),
            lambda: add_recusal(session, actor=other, application_id=hidden.id, person_id=here.other.id, reason="x",
                                now=here.factory.now),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                attempt()


def test_somebody_who_works_elsewhere_can_t_be_recused(table: Tables) -> None:
    here = table()
    with here.factory.platform.database.writing() as session, pytest.raises(NotFound):
        add_recusal(session, actor=here.actor, application_id=here.dossiers[0].id, person_id=here.stranger.id,
                    reason="Voisin.", now=here.factory.now)  # fmt: skip
