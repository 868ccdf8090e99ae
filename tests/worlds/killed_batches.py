"""Workers that are killed while they make a batch of letters, and what must be true of the letters afterwards."""

from __future__ import annotations

import random
import time

from sqlmodel import col, select

from aap import jobs
from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.outbox import Job, JobState
from aap.records.rankings import Decision
from aap.services.decision.deciding import prepare_decisions
from aap.services.outbox import start_job
from aap.services.platform import Platform
from tests.factories import Factory
from tests.worlds.offices import Office, offices
from tests.worlds.working import Worker, wait_until, workers

Letters = list[tuple[str, int | None, str | None]]
"""(reference, number, SHA-256) in the order of the references."""


def letters_of(platform: Platform, here: Office) -> Letters:
    with platform.database.reading() as session:
        found = session.exec(
            select(Application.reference, Decision.letter_number, Decision.letter_sha256)
            .where(Decision.application_id == Application.id, Decision.call_id == here.call.id)
            .order_by(col(Application.reference))
        )
        return [(reference, number, sha256) for reference, number, sha256 in found]


def kill_during_letters(platform: Platform, kills: int) -> tuple[Letters, Letters, set[str]]:
    """Kills workers that often, at random moments of batches; gives the letters as they are then, as one batch that
    nobody disturbs makes them again, and the states in which the batches ended."""
    here = offices(Factory(platform))(CallState.ARBITRATED)
    draw, module = random.Random(7), "tests.worlds.slow_letters"
    actor = here.factory.actor(here.first)
    with platform.database.writing() as session:
        prepare_decisions(session, actor=actor, call_id=here.call.id, now=platform.clock())

    def ask() -> str:
        with platform.database.writing() as session:
            return start_job(session, "letters", actor=actor, now=platform.clock(), call_id=here.call.id).id

    def running() -> bool:
        with platform.database.reading() as session:
            waiting = col(Job.state).in_((JobState.WAITING, JobState.RUNNING))
            return session.exec(select(Job.id).where(waiting).limit(1)).first() is not None

    def begun() -> bool:
        """A piece is being made, or all is done."""
        with platform.database.reading() as session:
            held = select(Job.id).where(Job.kind == "letters.piece", Job.state == JobState.RUNNING)
            return session.exec(held.limit(1)).first() is not None or not running()

    with workers(platform, 2, module=module) as alive:
        ask()
        for _ in range(kills):
            if not running():
                ask()
            wait_until(begun, every=0.01)
            time.sleep(draw.uniform(0, 0.4))
            alive.pop(draw.randrange(2)).kill()
            alive.append(Worker(platform, module=module))
        wait_until(lambda: not running(), seconds=300)
    killed = letters_of(platform, here)
    again = ask()
    jobs.sweep(platform)
    with platform.database.reading() as session:
        states = session.exec(select(Job.state).where(Job.kind == "letters")).all()
        assert session.get_one(Job, again).result == {"letters": len(killed)}
    return killed, letters_of(platform, here), {str(state) for state in states}


def check(killed: Letters, again: Letters, states: set[str]) -> None:
    """Each dossier has one letter; numbers go from 1 without a hole, in the order of the references; the bytes are those of
    a batch that nobody disturbed."""
    assert states == {"done"}
    assert [number for _, number, _ in killed] == list(range(1, len(killed) + 1))
    assert None not in [sha256 for _, _, sha256 in killed]
    assert len({sha256 for _, _, sha256 in killed}) == len(killed) == 5
    assert killed == again
