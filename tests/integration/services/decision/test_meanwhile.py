"""What happens while long work runs: nothing that was told is changed, nothing that came later is left out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlmodel import Session, select

from aap import jobs
from aap.records.calls import CallState
from aap.records.outbox import Job, JobState
from aap.records.rankings import Decision
from aap.services.actor import Actor
from aap.services.decision import deciding
from aap.services.decision import letters as letter_files
from aap.services.outbox import start_job
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices, notify


def letters(here: Office) -> list[str | None]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(Decision).where(Decision.call_id == here.call.id).order_by(Decision.id))
        return [one.letter_sha256 for one in found]


def test_letters_that_are_notified_while_they_are_rendered_again_stay_as_they_were(
    office: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office(CallState.DECIDED)
    platform, actor = here.factory.platform, here.factory.actor(here.first)
    told = letters(here)
    assert None not in told

    def notified_meanwhile(*_: Any) -> Iterator[bytes]:
        with platform.database.writing() as session:
            notify(session, here, now=here.factory.now)
        return iter([b"another letter"] * len(told))

    monkeypatch.setattr(letter_files, "rendered", notified_meanwhile)
    with platform.database.writing() as session:
        start_job(session, "letters", actor=actor, now=here.factory.now, call_id=here.call.id)
    jobs.sweep(platform)
    assert letters(here) == told


def test_work_asked_for_twice_is_done_once_and_again_where_it_had_begun(office: Offices) -> None:
    here = office(CallState.DECIDED)
    actor = here.factory.actor(here.first)
    with here.factory.platform.database.writing() as session:

        def ask() -> Job:
            job = start_job(session, "letters", actor=actor, now=here.factory.now, call_id=here.call.id)
            session.flush()
            return job

        waiting = ask()
        assert ask().id == waiting.id
        waiting.state = JobState.RUNNING  # it read what there was to do before this was asked for
        assert ask().id != waiting.id


def prepare(session: Session, here: Office, actor: Actor) -> int:
    return deciding.prepare_decisions(session, actor=actor, call_id=here.call.id, now=here.factory.now)


@on_both_databases
@pytest.mark.parametrize(
    ("reached", "step", "outcomes"),
    [
        (CallState.ARBITRATED, prepare, ["5", "StateForbids", "StateForbids"]),
    ],
)
def test_a_step_taken_at_the_same_moment_by_several_is_taken_once(
    office: Offices, reached: CallState, step: Callable[[Session, Office, Actor], int], outcomes: list[str]
) -> None:
    here = office(reached)
    actor = here.factory.actor(here.first)
    start = threading.Barrier(3)
    found: list[str] = []

    def take() -> None:
        start.wait()
        try:
            with here.factory.platform.database.writing() as session:
                done = step(session, here, actor)
            found.append(str(done))
        except Exception as error:
            found.append(type(error).__name__)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == outcomes
