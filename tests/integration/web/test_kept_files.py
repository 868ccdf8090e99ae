"""What everybody may ask for is made once for all, asked for again by its version, and keeps no thread from other pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from aap.app import create_app
from aap.records.calls import Call, CallState
from aap.services.platform import Platform
from aap.web.kept_files import kept_file
from aap.web.public import calls
from tests.conftest import Browser
from tests.factories import Factory
from tests.integration.web.public.test_calls import words

PUBLIC = "public, max-age=60, must-revalidate"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls whose questionnaire was rendered."""
    asked: list[str] = []

    def render(file: object) -> bytes:
        asked.append(file.call.id)  # type: ignore[attr-defined]
        return b"%PDF-1.7 questions"

    monkeypatch.setattr(calls, "blank_questionnaire", render)
    return asked


def test_a_questionnaire_is_rendered_once_for_every_process_until_its_call_changes(
    platform: Platform, factory: Factory, rendered: list[str]
) -> None:
    call = factory.call()
    address = f"/appels/{call.id}/questionnaire.pdf"
    first, second = (create_app(platform=platform).test_client() for _ in range(2))
    answers = [client.get(address) for client in (first, second, first)]
    assert [(one.status_code, one.data) for one in answers] == [(200, b"%PDF-1.7 questions")] * 3
    assert (rendered, len({one.headers["ETag"] for one in answers})) == ([call.id], 1)
    with platform.database.writing() as session:
        session.get_one(Call, call.id).closes_at += timedelta(days=1)
    changed = first.get(address)
    assert (len(rendered), changed.headers["ETag"] == answers[0].headers["ETag"]) == (2, False)
    kept = [one for one in (platform.settings.instance / "made").iterdir() if one.suffix != ".lock"]
    assert len(kept) == 1


@pytest.mark.parametrize("page", ["", "/laureats.csv", "/verification.json"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_public_results_are_asked_for_again_by_their_version(
    app: Flask, office: Callable[..., object], page: str, encoding: str
) -> None:
    made = office(CallState.PUBLISHED)
    address = f"/resultats/{made.call.id}{page}"  # type: ignore[attr-defined]
    first = app.test_client().get(address, headers={"Accept-Encoding": encoding})
    assert (first.status_code, first.headers["Cache-Control"], "Set-Cookie" in first.headers) == (200, PUBLIC, False)
    asked = {"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
    again = app.test_client().get(address, headers=asked)
    assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", PUBLIC)
    other = app.test_client().get(address, headers={**asked, "If-None-Match": '"another"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_the_rules_of_a_call_are_asked_for_again_by_their_hash(app: Flask, factory: Factory) -> None:
    address = f"/appels/{factory.call().id}/regles.json"
    first = app.test_client().get(address)
    again = app.test_client().get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code) == (PUBLIC, 304)


def test_the_answer_to_somebody_with_cookies_is_theirs(
    browser: Callable[[], Browser], factory: Factory, office: Callable[..., object]
) -> None:
    made = office(CallState.PUBLISHED)
    page = browser().sign_in(factory.person())
    answer = page.get(f"/resultats/{made.call.id}")  # type: ignore[attr-defined]
    assert (answer.headers["Cache-Control"], "Cookie" in answer.headers["Vary"]) == ("private, no-cache", True)


@pytest.fixture
def slow_maker() -> Iterator[tuple[threading.Event, threading.Event, list[bytes]]]:
    started, go_on = threading.Event(), threading.Event()
    made: list[bytes] = []
    yield started, go_on, made
    go_on.set()


def test_one_makes_and_one_waits_and_the_rest_are_told_to_come_back(
    app: Flask, slow_maker: tuple[threading.Event, threading.Event, list[bytes]]
) -> None:
    started, go_on, made = slow_maker
    answers: list[bytes] = []

    def make() -> bytes:
        made.append(b"content")
        started.set()
        assert go_on.wait(30)
        return b"content"

    def ask() -> None:
        with app.app_context():
            answers.append(kept_file("slow", "1", make).read_bytes())

    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    assert started.wait(30)
    threads[1].start()
    while threads[1].is_alive() and not _is_waiting(app):
        pass
    with app.app_context(), pytest.raises(ServiceUnavailable) as refused:
        kept_file("slow", "1", make)
    go_on.set()
    for thread in threads:
        thread.join()
    assert (answers, made, refused.value.retry_after) == ([b"content"] * 2, [b"content"], 3)


def _is_waiting(app: Flask) -> bool:
    from aap.web import kept_files

    return kept_files._ROOM._value == 0


def test_who_comes_while_a_document_is_made_reads_when_to_come_back(
    browser: Callable[[], Browser], factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = factory.call()
    monkeypatch.setattr("aap.web.kept_files._ROOM", threading.Semaphore(0))
    answer = browser().get(f"/appels/{call.id}/questionnaire.pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert "Réessayez dans quelques secondes" in words(answer)


def test_a_maker_that_fails_leaves_nothing_behind_and_the_next_one_makes(app: Flask, platform: Platform) -> None:
    def fail() -> bytes:
        raise RuntimeError

    with app.app_context():
        with pytest.raises(RuntimeError):
            kept_file("name", "1", fail)
        assert kept_file("name", "1", lambda: b"made").read_bytes() == b"made"
    names = [one.suffix for one in (platform.settings.instance / "made").iterdir()]
    assert sorted(names) == [".1", ".lock"]
