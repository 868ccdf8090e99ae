"""Workers as real processes on one instance: whoever dies, each mail arrives, and twice only what was on the wire."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from aap.app import create_app
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.actor import SYSTEM
from aap.services.outbox import start_job
from aap.services.platform import Platform
from aap.services.workers import worker_seen
from tests.conftest import Browser
from tests.factories import Factory
from tests.soak.killing import ANSWERS
from tests.worlds.applicants import pdf
from tests.worlds.killed_batches import check, kill_during_letters
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


def test_a_command_beside_a_worker_sends_nothing_twice(served: Platform) -> None:
    mails_wait(served, 100)
    with mail_server(pause=0.02) as server, workers(served, 1, smtp_port=server.port) as running:
        wait_until(lambda: len(server.received) >= 5)
        for _ in range(2):
            running.append(Worker(served, "tick", smtp_port=server.port))
        wait_until(lambda: unsent(served) == 0)
        assert [one.process.wait() for one in running[1:]] == [0, 0]
    assert set(server.times().values()) == {1}
    assert len(server.times()) == 100


def job_asked(platform: Platform) -> str:
    with platform.database.writing() as session:
        return start_job(session, "audit", actor=SYSTEM, now=platform.clock()).id


def state_of(platform: Platform, job_id: str) -> tuple[JobState, bool]:
    """Its state, and whether somebody holds it."""
    with platform.database.reading() as session:
        job = session.get_one(Job, job_id)
        return JobState(job.state), job.owner is not None


def test_a_receipt_does_not_wait_for_long_work(served: Platform) -> None:
    job_id = job_asked(served)
    with mail_server() as server, workers(served, 1, module="tests.worlds.busy_worker", smtp_port=server.port):
        wait_until(lambda: state_of(served, job_id) == (JobState.RUNNING, True))
        deposit(Factory(served))
        wait_until(lambda: kinds_sent(served).count("association_receipt") == 2)  # the person's and the association's
        assert state_of(served, job_id) == (JobState.RUNNING, True)
        (served.settings.instance / "enough").touch()
        wait_until(lambda: state_of(served, job_id) == (JobState.DONE, False))
    assert len(server.received) == 2
    for receipt in server.received:
        (name,) = [part.get_filename() for part in receipt.message.iter_attachments()]
        assert re.fullmatch(r"accuse-de-reception-ESSAI-\d+-\d+\.pdf", str(name), re.I)


def kinds_sent(platform: Platform) -> list[str]:
    with platform.database.reading() as session:
        return list(session.exec(select(OutboxMail.kind).where(col(OutboxMail.sent_at).is_not(None))))


def deposit(factory: Factory) -> None:
    """By the pages: sign in, the file, the deposit."""
    person = factory.person()
    dossier = factory.application(factory.call(), factory.association(person), answers=ANSWERS)
    browser = Browser(create_app(platform=factory.platform).test_client()).sign_in(person)
    here = f"/association/dossiers/{dossier.id}"
    file = {"f.statuts": (io.BytesIO(pdf("Statuts")), "statuts.pdf")}
    assert browser.post(f"{here}/pieces/statuts", file, page=f"{here}/sections/projet").status_code < 400
    answer = browser.post(f"{here}/depot", {"capacity": "self", "attestation": "0"}, page="/compte")
    assert str(answer.location).endswith("/accuse"), answer.text


def test_a_worker_that_is_told_to_stop_gives_its_work_back(served: Platform) -> None:
    job_id = job_asked(served)
    with workers(served, 1, module="tests.worlds.busy_worker") as (worker,):
        wait_until(lambda: state_of(served, job_id) == (JobState.RUNNING, True))
        worker.stop()
        assert (worker.process.returncode, state_of(served, job_id)) == (0, (JobState.WAITING, False))
    with served.database.reading() as session:
        assert session.get_one(Job, job_id).tries == 0


def test_a_job_of_a_killed_worker_is_done_by_the_next_one(served: Platform) -> None:
    job_id = job_asked(served)
    with workers(served, 1, module="tests.worlds.busy_worker") as running:
        wait_until(lambda: state_of(served, job_id) == (JobState.RUNNING, True))
        running[0].kill()
        (served.settings.instance / "enough").touch()
        running.append(Worker(served, module="tests.worlds.busy_worker"))
        wait_until(lambda: state_of(served, job_id) == (JobState.DONE, False))
    with served.database.reading() as session:
        job, seen = session.get_one(Job, job_id), worker_seen(session, served.clock())
    assert (job.tries, job.deaths) == (2, 1)
    assert seen.waiting_since is None
    assert seen.heartbeat is not None
    assert served.clock() - seen.heartbeat < timedelta(minutes=1)


def test_a_batch_of_letters_whose_workers_are_killed_leaves_each_once_without_a_hole(served: Platform) -> None:
    check(*kill_during_letters(served, 3))
