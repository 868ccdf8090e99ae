"""Versions of the list in force: one a change, whoever comes first; silence lapses a grant only where the call says so."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import select

from aap import jobs
from aap.core.ranking.bundle import verify_bundle
from aap.core.ranking.run_input import json_text
from aap.records.applications import ApplicationState
from aap.records.calls import CallState
from aap.records.decided import ListVersion
from aap.records.outbox import OutboxMail
from aap.records.rankings import Decision
from aap.services.decision import answer_terms
from aap.services.decision.in_force import current_list
from aap.services.decision.list_versions import bundle_of
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.worlds.offices import LETTERS, Office, Offices, decline, set_state

LINKS = PublicLinks("https://aap.example.org")
TERM = LETTERS + "  answer: {within_days: 30, silence: SILENCE}\n"


def versions(here: Office) -> list[ListVersion]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(
            select(ListVersion).where(ListVersion.call_id == here.call.id).order_by(ListVersion.number)
        )
        return list(found)


def mails(here: Office, start: str) -> list[str]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(OutboxMail).order_by(OutboxMail.recipient)).all()
    return [mail.recipient for mail in found if mail.kind == start]


@on_both_databases
def test_two_laureates_who_leave_at_once_make_two_versions_one_after_the_other(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    start = threading.Barrier(2)

    def leave(place: int) -> None:
        start.wait()
        decline(here, here.dossiers[place])

    threads = [threading.Thread(target=leave, args=(place,)) for place in (0, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = versions(here)
    assert [(one.number, one.change, len(one.granted), len(one.gave_up)) for one in held] == [
        (1, "frozen", 2, 0), (2, "left", 1, 1), (3, "left", 0, 2),
    ]  # fmt: skip
    with here.factory.platform.database.reading() as session:
        for one in held:
            assert verify_bundle(json_text(bundle_of(session, one))) == ()
        assert current_list(session, here.call.id).bundle_hash == held[-1].bundle_hash


@on_both_databases
def test_a_run_computed_after_the_decisions_moves_nobody(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    before = versions(here)
    platform, actor = here.factory.platform, here.factory.actor(here.first)
    set_state(here, CallState.DELIBERATING)
    with platform.database.writing() as session:
        given = ranking_input(session, here.call)
        run = compute_run(here.call, given, draws=0)
        store_run(session, actor=actor, call=here.call, given=given, run=run, now=here.factory.now)
        assert current_list(session, here.call.id).version == 0  # no list while the call deliberates
    set_state(here, CallState.PUBLISHED)
    with platform.database.reading() as session:
        held = current_list(session, here.call.id)
    assert (held.version, held.granted, held.bundle_hash) == (1, before[0].granted, before[0].bundle_hash)


def read_by_all(here: Office) -> None:
    """Every association opened its decision when it was told."""
    with here.factory.platform.database.writing() as session:
        session.execute(update(Decision).values(read_at=here.factory.now))


@on_both_databases
@pytest.mark.parametrize(("silence", "left"), [("lapses", 2), ("stands", 0)])
def test_silence_lapses_a_grant_after_a_reminder_and_only_where_the_call_says_so(
    office: Offices, silence: str, left: int, clock: Any
) -> None:
    here = office(CallState.PUBLISHED, more=TERM.replace("SILENCE", silence))
    platform = here.factory.platform
    with platform.database.reading() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        assert answer_terms.answer_term(here.call, decision, None) is None  # days run from the first reading
        term = answer_terms.answer_term(here.call, decision, date(2025, 2, 10))
    # Read on 10 February 2025: thirty days later is a Wednesday.
    assert term is not None
    assert (term.until.isoformat(), term.lapses) == ("2025-03-12", silence == "lapses")

    read_by_all(here)

    def kept() -> tuple[int, int]:
        with platform.database.writing() as session:
            return answer_terms.keep_answer_terms(session, links=LINKS, now=platform.clock())

    clock.now += timedelta(days=22)
    assert kept() == (0, 0)
    clock.now += timedelta(days=1)
    assert [kept(), kept()] == [(2, 0), (0, 0)]
    assert len(mails(here, "grant_reminder")) == 2
    clock.now += timedelta(days=7)
    assert kept() == (0, 0)  # the last day counts
    clock.now += timedelta(days=1)
    assert [kept(), kept()] == [(0, left), (0, 0)]
    assert [one.change for one in versions(here)] == ["frozen", *["left"] * left]
    expected = ApplicationState.DECLINED if left else ApplicationState.NOTIFIED
    assert [here.reload(here.dossiers[place]).state for place in (0, 2)] == [expected, expected]
    assert len(mails(here, "grant_lapsed")) == left
    with platform.database.reading() as session:
        last = current_list(session, here.call.id)
        assert verify_bundle(json_text(bundle_of(session, versions(here)[-1]))) == ()
    assert (len(last.granted), len(last.left)) == (2 - left, left)


def test_without_a_term_a_laureate_is_reminded_once_and_keeps_its_grant(office: Offices, clock: Any) -> None:
    here = office(CallState.PUBLISHED)
    read_by_all(here)
    clock.now += timedelta(days=15)
    told = []
    for days in (0, 0, 400):
        clock.now += timedelta(days=days)
        jobs.tick(here.factory.platform)  # what the worker does every minute
        told.append(len(mails(here, "grant_reminder")))
    assert (told, len(versions(here))) == ([2, 2, 2], 1)
