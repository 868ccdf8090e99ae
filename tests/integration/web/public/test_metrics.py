"""`/metrics`: counts of the instance, the same from every process, for this machine or by token, of nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from aap.app import create_app
from aap.records.applications import ApplicationState, Submission
from aap.records.outbox import Job, JobState, OutboxMail, WorkerProcess
from aap.services.platform import Platform
from aap.services.upkeep.backing_up import make_backup
from tests.databases import on_both_databases
from tests.factories import Factory

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(app: Flask) -> Samples:
    answer = app.test_client().get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


@pytest.fixture
def watched(factory: Factory, platform: Platform) -> str:
    """A call with three dossiers, one deposited now and one yesterday; mails and jobs in each state. Gives its id."""
    call = factory.call()
    for state, ago in (
        (ApplicationState.DRAFT, None),
        (ApplicationState.SUBMITTED, 0),
        (ApplicationState.SUBMITTED, 24),
    ):
        application = factory.application(call, factory.association(factory.person()), state)
        if ago is None:
            continue
        with platform.database.writing() as session:
            session.add(
                Submission(
                    application_id=application.id, ordinal=1, receipt_number=f"R-{ago}",
                    arrived_at=factory.now - timedelta(hours=ago), content_hash="0" * 64,
                )
            )  # fmt: skip
    mail: dict[str, Any] = {"recipient": "camille@example.org", "subject": "s", "body": "b", "created_at": factory.now}
    with platform.database.writing() as session:
        for waits, values in (
            (5, {}),
            (-5, {"error": "refusé"}),
            (60, {"error": "refusé", "given_up_at": factory.now}),
        ):
            session.add(OutboxMail(**mail, not_before=factory.now - timedelta(minutes=waits), **values))
        session.add(WorkerProcess(id="essai", started_at=factory.now, seen_at=factory.now - timedelta(seconds=7)))
        session.add(OutboxMail(**mail, not_before=factory.now, sent_at=factory.now))
        for job in (JobState.RUNNING, JobState.FAILED, JobState.FAILED, JobState.DONE):
            session.add(Job(kind="letters", state=job, created_at=factory.now))
    return call.id


@on_both_databases
def test_every_figure_is_what_the_database_holds(app: Flask, watched: str, platform: Platform) -> None:
    found = samples(app)
    assert {name: value for (name, labels), value in found.items() if not labels and "bytes" not in name} == {
        "aap_deposits_last_hour": 1, "aap_oldest_waiting_seconds": 300, "aap_worker_heartbeat_age_seconds": 7, "aap_documents": 0,
        "aap_audit_lines": found["aap_audit_lines", ()],
    }  # fmt: skip
    assert {labels: value for (name, labels), value in found.items() if name == "aap_dossiers"} == {
        (("call", watched), ("state", "draft")): 1, (("call", watched), ("state", "submitted")): 2,
    }  # fmt: skip
    assert {(name, labels[0][1]): value for (name, labels), value in found.items() if name in ("aap_mails", "aap_jobs")} == {
        ("aap_mails", "waiting"): 2, ("aap_mails", "failing"): 1, ("aap_mails", "given_up"): 1,
        ("aap_jobs", "waiting"): 0, ("aap_jobs", "running"): 1, ("aap_jobs", "failed"): 2,
    }  # fmt: skip
    for name in ("aap_disk_free_bytes", "aap_disk_size_bytes", "aap_database_bytes", "aap_audit_lines"):
        assert found[name, ()] > 0


def test_the_last_backup_is_a_moment_and_absent_where_there_was_none(
    app: Flask, platform: Platform, tmp_path: Path
) -> None:
    name = ("aap_last_backup_timestamp_seconds", ())
    assert name not in samples(app)
    make_backup(platform, tmp_path / "une")
    assert samples(app)[name] == platform.clock().timestamp()


def test_nobody_is_named(app: Flask, watched: str) -> None:
    text = app.test_client().get("/metrics").text
    assert [word for word in ("@", "camille", "ESSAI-", "Projet") if word in text] == []


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.9.10", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("", {}, 404),
        ("192.0.2.7", {"Authorization": "Bearer le-jeton"}, 200),
        ("192.0.2.7", {"Authorization": "Bearer le-jetom"}, 404),
        ("192.0.2.7", {"Authorization": "Basic le-jeton"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer é"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7", "Authorization": "Bearer le-jeton"}, 200),
    ],
)
def test_this_machine_and_who_shows_the_token_read_them(
    platform: Platform, address: str, headers: dict[str, str], status: int
) -> None:
    app = create_app(platform=with_token(platform, "le-jeton"))
    answer = app.test_client().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def with_token(platform: Platform, token: str) -> Platform:
    return replace(platform, settings=platform.settings.model_copy(update={"metrics_token": token}))


def test_an_empty_token_opens_nothing(app: Flask) -> None:
    for shown in ("Bearer", "Bearer ", ""):
        answer = app.test_client().get(
            "/metrics", headers={"Authorization": shown}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
        )
        assert answer.status_code == 404


def test_reading_them_takes_few_queries(app: Flask, watched: str, count_queries: Callable[[], Any]) -> None:
    with count_queries() as queries:
        app.test_client().get("/metrics")
    assert queries.count <= 14


def test_a_proxy_that_refuses_a_body_shows_the_page_by_which_we_refuse_it(app: Flask) -> None:
    answer = app.test_client().get("/envoi-trop-lourd")
    assert answer.status_code == 413
    assert re.search(r"60\sMo en tout", answer.text)
