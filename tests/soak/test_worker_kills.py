"""100 kills of workers while mails, receipts and letters are to be done, on each kind of queue (figures: docs/measures.md).

`WORKER_KILLS` says how many kills: each is seconds of start.
"""

from __future__ import annotations

import os
import random
import time

import pytest
from sqlmodel import col, func, select

from aap.records.calls import CallState
from aap.records.outbox import Job, JobState, OutboxMail
from aap.records.rankings import Decision
from aap.services.outbox import start_job
from aap.services.platform import Platform
from tests.factories import Factory
from tests.integration.jobs.test_workers import deposit
from tests.worlds.killed_batches import check, kill_during_letters
from tests.worlds.mail_server import mail_server
from tests.worlds.offices import Office, offices
from tests.worlds.working import QUEUES, Worker, mails_wait, wait_until, workers

KILLS = int(os.environ.get("WORKER_KILLS", "100"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


def ask_for_letters(platform: Platform, here: Office) -> None:
    with platform.database.writing() as session:
        start_job(session, "letters", actor=here.factory.actor(here.first), now=platform.clock(), call_id=here.call.id)


def unfinished(platform: Platform) -> int:
    with platform.database.reading() as session:
        mails = session.exec(select(func.count()).where(col(OutboxMail.sent_at).is_(None))).one()
        waiting = col(Job.state).in_((JobState.WAITING, JobState.RUNNING))
        return mails + session.exec(select(func.count()).where(waiting)).one()


@pytest.mark.parametrize("served", QUEUES, indirect=True)
def test_a_hundred_kills_of_workers_lose_nothing_and_double_only_what_was_on_the_wire(served: Platform) -> None:
    here = offices(Factory(served))(CallState.DECIDED)
    draw, deposits, kills, begun = random.Random(1), 0, 0, time.monotonic()
    with mail_server(pause=0.01) as server, workers(served, 2, smtp_port=server.port) as running:
        while kills < KILLS:
            mails_wait(served, 20, recipient=f"k{kills}@example.org")
            ask_for_letters(served, here)
            if kills % 5 == 0:
                deposit(here.factory)
                deposits += 1
            taken = len(server.received) + draw.randint(1, 15)
            wait_until(lambda taken=taken: len(server.received) >= taken or unfinished(served) == 0, every=0.01)
            time.sleep(draw.uniform(0, 0.3))
            running.pop(draw.randrange(2)).kill()
            kills += 1
            running.append(Worker(served, smtp_port=server.port))
        wait_until(lambda: unfinished(served) == 0, seconds=300)
    with served.database.reading() as session:
        mails = {mail.message_id: mail for mail in session.exec(select(OutboxMail))}
        states = set(session.exec(select(Job.state).where(col(Job.parent_id).is_(None))).all())
        letters = session.exec(select(Decision.letter_sha256)).all()
    times = server.times()
    surplus = sum(times.values()) - len(times)
    print(f"{kills} kills, {len(mails)} mails, {surplus} of them twice, {time.monotonic() - begun:.0f} s")
    assert {(mail.recipient, id) for id, mail in mails.items()} == set(times)
    assert sum(mail.kind == "association_receipt" for mail in mails.values()) >= deposits
    assert surplus <= 2 * kills  # two threads, each with a mail on the wire at most
    assert states == {JobState.DONE}
    assert None not in letters


@pytest.mark.parametrize("served", QUEUES, indirect=True)
def test_a_batch_killed_twenty_times_leaves_each_letter_once_without_a_hole_and_with_the_same_bytes(
    served: Platform,
) -> None:
    check(*kill_during_letters(served, 20))
