"""What health pages tell: deposits first, then whether the work behind goes on."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from aap.records.outbox import Job, OutboxMail, WorkerProcess
from aap.records.session import Database
from aap.records.store_faults import StoreFault, fault_of
from aap.services.actor import SYSTEM
from aap.services.outbox import start_job
from aap.services.platform import Platform
from aap.services.upkeep import service_health as health
from aap.services.upkeep.service_health import Health, HealthWatch, State
from tests.databases import on_both_databases

OK = Health(State.OK)
NOT_TAKEN = Health(State.DEGRADED, ("queue",))


@on_both_databases
def test_an_instance_that_stores_and_has_nothing_to_do_is_well(platform) -> None:
    assert HealthWatch(platform).look() == OK


@on_both_databases
def test_a_mail_or_a_job_that_nobody_takes_is_told_after_ten_minutes(platform, clock) -> None:
    watch = HealthWatch(platform)
    with platform.database.writing() as session:
        start_job(session, "receipt", actor=SYSTEM, now=clock(), arguments={"submission_id": "x"})
    assert watch.look(kept=0) == OK
    clock.move(minutes=11)
    assert watch.look(kept=0) == NOT_TAKEN
    with platform.database.writing() as session:
        session.execute(Job.__table__.delete())
        mail = {"recipient": "lea@example.org", "subject": "Accusé", "body": "…", "created_at": clock()}
        session.add(OutboxMail(**mail, not_before=clock()))
    assert watch.look(kept=0) == OK
    clock.move(minutes=11)
    assert watch.look(kept=0) == NOT_TAKEN


@on_both_databases
def test_a_worker_that_gives_no_sign_of_life_is_told(platform, clock) -> None:
    settings = platform.settings.model_copy(update={"immediate_jobs": False})
    watch = HealthWatch(Platform(**{**vars(platform), "settings": settings}))
    assert watch.look(kept=0) == Health(State.DEGRADED, ("worker",))
    with platform.database.writing() as session:
        session.add(WorkerProcess(id="a", started_at=clock(), seen_at=clock()))
    assert watch.look(kept=0) == OK
    clock.move(minutes=2)
    assert watch.look(kept=0) == Health(State.DEGRADED, ("worker",))


@on_both_databases
def test_whoever_writes_for_a_moment_is_no_reason_to_send_deposits_away(platform, monkeypatch) -> None:
    watch, begun, end = HealthWatch(platform), threading.Event(), threading.Event()

    def hold() -> None:
        with platform.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
            begun.set()
            end.wait(30)

    holding = threading.Thread(target=hold)
    holding.start()
    begun.wait(30)
    started = time.monotonic()
    try:
        assert watch.look(kept=0) == OK
        assert time.monotonic() - started < 5
        monkeypatch.setattr(health, "HELD", 0.0)
        assert watch.look(kept=0) == Health(State.UNAVAILABLE, fault=StoreFault.BUSY)
    finally:
        end.set()
        holding.join()
    assert watch.look(kept=0) == OK


def test_an_answer_is_kept_for_a_second(platform, monkeypatch) -> None:
    watch = HealthWatch(platform)
    assert watch.look() == OK
    monkeypatch.setattr(health, "no_room", lambda _folder: StoreFault.FULL)
    assert watch.look() == OK
    assert watch.look(kept=0) == Health(State.UNAVAILABLE, fault=StoreFault.FULL)


def test_a_folder_that_is_gone_or_closed_takes_no_deposits(tmp_path: Path) -> None:
    assert health.no_room(tmp_path) is None
    assert health.no_room(tmp_path / "nowhere") is StoreFault.AWAY


def test_a_server_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    assert Database("postgresql+psycopg://nobody@127.0.0.1:9/none").refusal() is StoreFault.AWAY
    assert Database(f"sqlite:///{tmp_path}/nowhere/aap.sqlite3").refusal() is StoreFault.AWAY


def test_an_error_of_the_code_is_no_fault_of_the_store() -> None:
    assert [fault_of(error) for error in (ValueError("x"), FileNotFoundError(2, "x"), KeyError("x"))] == [None] * 3


@pytest.mark.parametrize(
    ("asked", "statuses"), [("ok", (200, 200)), ("degraded", (200, 503)), ("unavailable", (503, 503))]
)
def test_the_two_pages_differ_where_only_background_work_fails(
    app, browser, asked: str, statuses: tuple[int, int]
) -> None:
    found = {
        "ok": OK,
        "degraded": NOT_TAKEN,
        "unavailable": Health(State.UNAVAILABLE, fault=StoreFault.READ_ONLY),
    }[asked]
    said = {
        "ok": {"status": "ok"},
        "degraded": {"status": "degraded", "silent": ["queue"]},
        "unavailable": {"status": "unavailable", "fault": "read_only"},
    }[asked]

    class Known:
        def look(self) -> Health:
            return found

    app.extensions["aap.health"] = Known()
    answers = [browser().get(address) for address in ("/sante", "/sante/complet")]
    assert (tuple(answer.status_code for answer in answers), [answer.json for answer in answers]) == (
        statuses,
        [said] * 2,
    )
