"""Workers as real processes on one instance: whoever dies, each mail arrives, and twice only what was on the wire."""

from __future__ import annotations

import pytest
from sqlmodel import col, func, select

from aap.records.outbox import OutboxMail
from aap.services.platform import Platform
from tests.worlds.mail_server import mail_server
from tests.worlds.working import QUEUES, Worker, mails_wait, wait_until, workers

pytestmark = pytest.mark.timeout(300)  # each worker is seconds of start on a busy machine
on_each_queue = pytest.mark.parametrize("served", QUEUES, indirect=True)


def unsent(platform: Platform) -> int:
    with platform.database.reading() as session:
        return session.exec(select(func.count()).where(col(OutboxMail.sent_at).is_(None))).one()


@on_each_queue
def test_two_workers_of_which_one_is_killed_send_each_mail_once(served: Platform) -> None:
    ids = mails_wait(served, 150)
    with mail_server(pause=0.02) as server, workers(served, 2, smtp_port=server.port) as running:
        wait_until(lambda: len(server.received) >= 20)
        holder = next(one for one in running if holds(served, one))
        holder.kill()
        running.append(Worker(served, smtp_port=server.port))
        wait_until(lambda: unsent(served) == 0)
    assert {one.id for one in server.received} == {f"<{id}@example.org>" for id in ids}
    assert sorted(server.times().values(), reverse=True)[:2] in ([1, 1], [2, 1])


def holds(platform: Platform, worker: Worker) -> bool:
    """Whether it sends a mail now."""
    with platform.database.reading() as session:
        owners = session.exec(select(OutboxMail.owner).where(col(OutboxMail.owner).is_not(None))).all()
    return any(f"-{worker.process.pid}-" in str(owner) for owner in owners) or not owners
