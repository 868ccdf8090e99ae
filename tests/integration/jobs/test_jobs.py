"""What is done outside of the request is done once, tried again where that helps, in pieces that any worker takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from huey.api import Huey, Task
from huey.exceptions import RetryTask
from sqlmodel import col, select

from aap import jobs
from aap.core.selection.select import select as select_laureates
from aap.jobs.doing import WORK, run_job
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.actor import SYSTEM
from aap.services.errors import NotFound
from aap.services.outbox import InPieces, Progress, ToCarry, again, cancel, start_job
from aap.services.platform import Platform
from aap.services.workers import (
    LEASE,
    MOST_DEATHS,
    WORKER_DIED,
    WorkerSeen,
    at_work,
    claim_job,
    claim_slot,
    found_dead,
    heartbeat,
    owner_name,
    release_abandoned,
    worker_seen,
)  # fmt: skip
from tests.databases import on_both_databases
from tests.unit.core.selection.test_work import four_quarters


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Kinds of work of a test's own, beside those of the product."""
    made: dict[str, Any] = {}

    class Both(dict[str, Any]):
        def __missing__(self, kind: str) -> Any:
            return made[kind]

    monkeypatch.setattr("aap.jobs.doing.WORK", Both(WORK))
    return made


def ask(platform: Platform, kind: str, **arguments: Any) -> str:
    with platform.database.writing() as session:
        return start_job(session, kind, actor=SYSTEM, now=platform.clock(), arguments=arguments).id


def job(platform: Platform, job_id: str) -> Job:
    with platform.database.reading() as session:
        return session.get_one(Job, job_id)


def another_process(monkeypatch: pytest.MonkeyPatch, name: str = "another") -> None:
    monkeypatch.setattr("aap.services.workers._owner_of", lambda _pid: name)


# --- one owner --------------------------------------------------------------------------------------------------------


@on_both_databases
def test_what_one_worker_does_another_one_that_starts_does_not_do(
    platform: Platform, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def meanwhile(here: Platform, held: Job, _progress: Progress) -> Mapping[str, Any]:
        done.append(held.id)
        with monkeypatch.context() as other:
            another_process(other)
            jobs.resume(here)
            jobs.tick(here)
            assert run_job(here, held.id) is None
        return {"by": held.owner}

    kinds["once"] = meanwhile
    job_id = ask(platform, "once")
    run_job(platform, job_id)
    ended = job(platform, job_id)
    assert (done, ended.state, ended.tries, ended.owner) == ([job_id], JobState.DONE, 1, None)


@on_both_databases
def test_whose_lease_is_over_loses_the_job_and_what_it_still_says_counts_for_nothing(
    platform: Platform, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    def slow(here: Platform, held: Job, progress: Progress) -> Mapping[str, Any]:
        if held.tries == 1:
            clock.now += LEASE + timedelta(seconds=1)
            with monkeypatch.context() as other:
                another_process(other)
                jobs.resume(here)
                run_job(here, held.id)
        progress(1, 1)
        return {"tries": held.tries}

    kinds["slow"] = slow
    job_id = ask(platform, "slow")
    run_job(platform, job_id)
    ended = job(platform, job_id)
    assert (ended.state, ended.result, ended.deaths) == (JobState.DONE, {"tries": 2}, 1)


@on_both_databases
def test_work_whose_end_could_not_be_written_down_is_done_again_when_its_lease_is_over(
    platform: Platform, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    kinds["once"] = lambda _platform, held, _progress: {"tries": held.tries}
    job_id = ask(platform, "once")

    def full(*_given: Any) -> None:
        raise OSError("no space left")

    with at_work(platform):
        with monkeypatch.context() as broken:
            broken.setattr("aap.jobs.doing._done", full)
            with pytest.raises(OSError, match="no space left"):
                run_job(platform, job_id)
        for _ in range(2):
            clock.now += LEASE * 0.6
            with platform.database.writing() as session:
                heartbeat(session, owner_name(), platform.clock())  # it lives, but has nothing in hand
        jobs.resume(platform)
        jobs.sweep(platform)
    assert (job(platform, job_id).state, job(platform, job_id).result) == (JobState.DONE, {"tries": 2})


@on_both_databases
def test_a_job_that_kills_its_workers_is_given_to_five_of_them(
    platform: Platform, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(platform, "poison")
    for number in range(MOST_DEATHS):
        another_process(monkeypatch, f"worker-{number}")
        assert claim_job(platform, job_id) is not None
        with platform.database.writing() as session:
            assert release_abandoned(session, now=platform.clock(), dead=[f"worker-{number}"]) == 1
    assert claim_job(platform, job_id) is None
    ended = job(platform, job_id)
    assert (ended.state, ended.reason, ended.tries) == (JobState.FAILED, WORKER_DIED, 5)


def test_a_worker_that_died_on_this_machine_is_seen_at_once(platform: Platform) -> None:
    with at_work(platform):
        assert found_dead(platform) == ()
        lives = platform.settings.instance / "workers"
        (lives / "machine-1-abc.lock").touch()  # as a killed process leaves it: nobody holds the lock
        assert found_dead(platform) == ("machine-1-abc",)
        jobs.resume(platform)
        assert found_dead(platform) == ()
    assert list(lives.iterdir()) == []


@on_both_databases
def test_it_is_told_when_a_worker_was_last_seen_and_since_when_something_waits(platform: Platform, clock: Any) -> None:
    def seen() -> WorkerSeen:
        with platform.database.reading() as session:
            return worker_seen(session, platform.clock())

    assert seen() == WorkerSeen(None, None)
    with at_work(platform):
        started = platform.clock()
    clock.move(minutes=3)
    asked = platform.clock()
    ask(platform, "audit")
    clock.move(minutes=2)
    assert seen() == WorkerSeen(started, asked)
    jobs.sweep(platform)
    assert seen() == WorkerSeen(started, None)


@on_both_databases
def test_periodic_work_is_taken_once_a_minute_whoever_asks(platform: Platform, clock: Any) -> None:
    slot = platform.clock()
    assert [claim_slot(platform, "minute", slot) for _ in range(3)] == [True, False, False]
    assert claim_slot(platform, "other", slot) is True
    assert claim_slot(platform, "minute", slot + timedelta(minutes=1)) is True


# --- tried again ------------------------------------------------------------------------------------------------------


def test_work_that_raises_is_tried_three_times_and_then_says_why(
    platform: Platform, kinds: dict[str, Any], clock: Any
) -> None:
    def breaks(_platform: Platform, _job: Job, _progress: Progress) -> Mapping[str, Any]:
        raise OSError("no space left")

    kinds["breaks"] = breaks
    job_id = ask(platform, "breaks")
    waits = []
    while (wait := run_job(platform, job_id)) is not None:
        assert (job(platform, job_id).state, run_job(platform, job_id)) == (JobState.WAITING, None)  # not before
        waits.append(wait.total_seconds())
        clock.now += wait
    ended = job(platform, job_id)
    assert (waits, ended.state, ended.tries, ended.reason) == ([10, 60], JobState.FAILED, 3, "OSError: no space left")


def test_work_that_is_refused_is_not_tried_again(platform: Platform, kinds: dict[str, Any]) -> None:
    def refuses(_platform: Platform, _job: Job, _progress: Progress) -> Mapping[str, Any]:
        raise NotFound("call", "essai")

    kinds["refuses"] = refuses
    job_id = ask(platform, "refuses")
    assert run_job(platform, job_id) is None
    assert (job(platform, job_id).state, job(platform, job_id).tries) == (JobState.FAILED, 1)


def test_a_worker_that_stops_gives_work_back_between_two_pieces_and_it_does_not_count(
    platform: Platform, kinds: dict[str, Any]
) -> None:
    def long(_platform: Platform, _job: Job, progress: Progress) -> Mapping[str, Any]:
        progress(1, 2)
        raise AssertionError("it went on")

    kinds["long"] = long
    job_id = ask(platform, "long")
    assert run_job(platform, job_id, stop=lambda: True) == timedelta(0)
    held = job(platform, job_id)
    assert (held.state, held.owner, held.tries) == (JobState.WAITING, None, 0)


# --- pieces and cancelling --------------------------------------------------------------------------------------------


def in_pieces(sizes: list[int], spoilt: int | None = None) -> InPieces:
    def piece(_platform: Platform, held: Job, progress: Progress) -> Mapping[str, Any]:
        progress(held.arguments["size"], held.arguments["size"])
        if held.arguments["piece"] == spoilt:
            raise NotFound("piece")
        return {"size": held.arguments["size"]}

    return InPieces(
        lambda _platform, _job: [{"size": size} for size in sizes],
        piece,
        lambda _platform, _job, results, _progress: {"sizes": [one["size"] for one in results]},
    )


@on_both_databases
def test_work_in_pieces_is_done_when_its_last_piece_is_and_gives_their_results_in_order(
    platform: Platform, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds["cut"] = in_pieces([3, 2, 4])
    job_id = ask(platform, "cut")
    run_job(platform, job_id)
    with platform.database.reading() as session:
        pieces = [one.id for one in session.exec(select(Job).where(Job.parent_id == job_id).order_by(col(Job.id)))]
    progress = []
    for number, one in enumerate(reversed(pieces)):
        another_process(monkeypatch, f"worker-{number}")
        run_job(platform, one)
        held = job(platform, job_id)
        progress.append((held.state, held.done, held.total))
    assert progress == [(JobState.RUNNING, 4, 9), (JobState.RUNNING, 6, 9), (JobState.WAITING, 9, 9)]
    jobs.sweep(platform)
    ended = job(platform, job_id)
    assert (ended.state, ended.result) == (JobState.DONE, {"sizes": [3, 2, 4]})
    with platform.database.reading() as session:
        assert session.exec(select(Job.id)).all() == [job_id]


@on_both_databases
def test_a_piece_that_fails_ends_the_whole_which_can_be_done_again(platform: Platform, kinds: dict[str, Any]) -> None:
    kinds["cut"] = in_pieces([1, 1, 1], spoilt=1)
    job_id = ask(platform, "cut")
    jobs.sweep(platform)
    ended = job(platform, job_id)
    assert (ended.state, ended.reason) == (JobState.FAILED, "NotFound: piece")
    kinds["cut"] = in_pieces([2, 2])
    with platform.database.writing() as session:
        again(session, session.get_one(Job, job_id))
    jobs.sweep(platform)
    ended = job(platform, job_id)
    assert (ended.state, ended.result, ended.reason) == (JobState.DONE, {"sizes": [2, 2]}, "")


@on_both_databases
def test_cancelled_work_ends_at_its_next_piece(platform: Platform, kinds: dict[str, Any]) -> None:
    steps: list[int] = []

    def long(here: Platform, held: Job, progress: Progress) -> Mapping[str, Any]:
        for step in range(1, 4):
            steps.append(step)
            if step == 2:
                with here.database.writing() as session:
                    assert cancel(session, session.get_one(Job, held.id), now=here.clock()) is True
            progress(step, 3)
        return {}

    kinds["long"] = long
    job_id = ask(platform, "long")
    run_job(platform, job_id)
    ended = job(platform, job_id)
    assert (steps, ended.state, ended.done) == ([1, 2], JobState.CANCELLED, 1)
    with platform.database.writing() as session:
        assert cancel(session, session.get_one(Job, job_id), now=platform.clock()) is False


def searching_for_ever(here: Platform, held: Job, progress: Progress) -> Mapping[str, Any]:
    """Within the solver, a step that no progress interrupts."""
    people, rules = four_quarters()
    progress(0, 1)
    select_laureates(people, rules, work=10_000_000)
    return {}


@on_both_databases
def test_work_that_is_cancelled_within_the_solver_ends_within_seconds(
    platform: Platform, kinds: dict[str, Any]
) -> None:
    kinds["search"] = searching_for_ever
    job_id = ask(platform, "search")
    cancelled: list[float] = []

    def cancel_it() -> None:
        with platform.database.writing() as session:
            assert cancel(session, session.get_one(Job, job_id), now=platform.clock()) is True
        cancelled.append(time.monotonic())

    person = threading.Timer(1, cancel_it)
    person.start()
    run_job(platform, job_id)
    person.join()
    assert time.monotonic() - cancelled[0] < 5
    assert job(platform, job_id).state == JobState.CANCELLED


@on_both_databases
def test_a_worker_that_stops_within_the_solver_gives_the_work_back(platform: Platform, kinds: dict[str, Any]) -> None:
    kinds["search"] = searching_for_ever
    job_id = ask(platform, "search")
    begun = time.monotonic()
    assert run_job(platform, job_id, stop=lambda: time.monotonic() - begun > 1) == timedelta(0)
    held = job(platform, job_id)
    assert (held.state, held.tries, held.owner) == (JobState.WAITING, 0, None)


@on_both_databases
def test_cancelling_the_whole_takes_its_pieces_along(platform: Platform, kinds: dict[str, Any]) -> None:
    kinds["cut"] = in_pieces([1, 1, 1])
    job_id = ask(platform, "cut")
    run_job(platform, job_id)
    with platform.database.writing() as session:
        cancel(session, session.get_one(Job, job_id), now=platform.clock())
    jobs.sweep(platform)
    with platform.database.reading() as session:
        assert {one.state for one in session.exec(select(Job))} == {JobState.CANCELLED}


# --- Huey -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def carried(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """An instance with queues: nothing is done until a message is taken."""
    here = replace(platform, settings=platform.settings.model_copy(update={"immediate_jobs": False}))
    monkeypatch.setattr(jobs, "worker_platform", lambda: here)
    yield here
    for huey in jobs.queue(here.settings).both:
        huey.storage.close()


def taken(huey: Huey) -> list[tuple[str, Any]]:
    """The messages of a queue in the order in which a worker takes them."""
    found: list[Task] = []
    while (task := huey.dequeue()) is not None:
        found.append(task)
    return [(task.name, task.args[0]) for task in found]


def test_links_come_before_receipts_and_letters_come_last(carried: Platform) -> None:
    waiting = ToCarry(
        mails={"d1": "decision_notified", "r": "association_receipt", "l": "identity_sign_in_link",
               "d2": "decision_notified"},
        jobs={"j1": "letters.piece", "j2": "ranking", "j3": "receipt"},
    )  # fmt: skip
    jobs.wake(carried, waiting)
    held = jobs.queue(carried.settings)
    assert taken(held.urgent) == [("send_mails", ["l"]), ("send_mails", ["r"]), ("do_job", "j3")]
    assert taken(held.huey) == [("send_mails", ["d1", "d2"]), ("do_job", "j2"), ("do_job", "j1")]


def test_many_mails_are_carried_by_fifty(carried: Platform) -> None:
    jobs.wake(carried, ToCarry(mails=dict.fromkeys(map(str, range(120)), "decision_notified")))
    assert [len(ids) for _, ids in taken(jobs.queue(carried.settings).huey)] == [50, 50, 20]


def test_huey_keeps_the_time_of_the_next_try(carried: Platform, kinds: dict[str, Any]) -> None:
    def breaks(_platform: Platform, _job: Job, _progress: Progress) -> Mapping[str, Any]:
        raise OSError

    kinds["breaks"] = breaks
    job_id = ask(carried, "breaks")
    with pytest.raises(RetryTask) as raised:
        jobs._do_job(job_id)
    assert raised.value.delay == 10


def test_what_no_message_names_is_carried_again_and_what_one_names_is_not(carried: Platform) -> None:
    held = jobs.queue(carried.settings)
    now = carried.clock()
    job_id = ask(carried, "audit")
    with carried.database.writing() as session:
        mail = OutboxMail(kind="identity_confirm", recipient="a@example.org", subject="O", body="T", created_at=now,
                          not_before=now)  # fmt: skip
        session.add(mail)
    jobs.recover(carried)
    jobs.recover(carried)
    assert (taken(held.urgent), taken(held.huey)) == ([("send_mails", [mail.id])], [("do_job", job_id)])


def test_a_queue_that_cannot_be_reached_turns_nobody_s_answer(
    carried: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: Any) -> None:
        raise OSError("no space left")

    job_id = ask(carried, "audit")
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "carry", full)
        jobs.wake(carried, ToCarry(jobs={job_id: "audit"}))
        jobs.wake(carried)
    jobs.recover(carried)
    assert taken(jobs.queue(carried.settings).huey) == [("do_job", job_id)]
