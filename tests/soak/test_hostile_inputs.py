"""Hostile inputs to every route: no fault, little time, little memory (figures: docs/security.md)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aap.app import create_app
from aap.services.platform import Platform
from tests.integration.security.world import World, opened
from tests.soak.hostile import Hostile, hostile_requests
from tests.soak.metering import Cost, Meter

pytestmark = [
    pytest.mark.slow,
    # What Werkzeug's test client spooled of a large upload, which is the client's.
    pytest.mark.filterwarnings("ignore:unclosed file <_io.:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LEAST, SECONDS, MEGABYTES = 1_500, 2.0, 200.0


def test_fifteen_hundred_hostile_inputs_are_answered_quickly_and_cheaply(tmp_path: Path) -> None:
    with opened(tmp_path) as world:
        world.app = _without_its_work(world)
        asked = list(hostile_requests(world))
        costs = _costs(world, asked)
    _tell([(one, status, cost) for one, (status, cost) in zip(asked, costs, strict=True)])
    assert len(asked) >= LEAST
    faults = [
        (status, one)
        for one, (status, _) in zip(asked, costs, strict=True)
        if status >= 500 and not _says_no_worker(one, status)
    ]
    assert [f"{status} {one.method} {one.url[:80]} {one.kind} {str(one.more)[:80]}" for status, one in faults] == []
    dear = [
        f"{cost} {one.method} {one.url[:80]} {one.kind} {str(one.more)[:80]}"
        for one, (_, cost) in zip(asked, costs, strict=True)
        if cost.processor > SECONDS or cost.added > MEGABYTES or cost.largest > MEGABYTES
    ]
    assert dear == []


def _without_its_work(world: World) -> Flask:
    """The application as a web process has it: what a worker does is not the request's."""
    held = world.platform
    settings = held.settings.model_copy(update={"immediate_jobs": False})
    app = create_app(platform=Platform(settings, held.database, held.files, held.clock))
    app.config["WTF_CSRF_ENABLED"] = False  # else nothing would come further than the token
    return app


def _says_no_worker(one: Hostile, status: int) -> bool:
    """Health answers so, and means it: there is no worker here."""
    return status == 503 and one.url.startswith("/sante")


def _costs(world: World, asked: list[Hostile]) -> list[tuple[int, Cost]]:
    """Status and cost of each; the database is put back when the next route begins."""
    found = []
    with world.kept() as put_back, Meter() as meter:
        before = ""
        for one in asked:
            if f"{one.method} {one.endpoint}" != before:
                put_back()
                world.set_states(*one.state)
                before = f"{one.method} {one.endpoint}"
            client = _signed_in(world.app, world.browsers[one.who])
            with meter.metered() as cost:
                try:
                    answer = client.open(one.url, method=one.method, **one.more)
                except Exception as error:  # a test client raises what a server answers by 500
                    found.append((599, cost))
                    print(f"{one.method} {one.url[:80]} {one.kind}: {error!r}"[:300])
                    continue
                _ = answer.data
                answer.close()
            found.append((answer.status_code, cost))
    return found


def _signed_in(app: Flask, browser: FlaskClient) -> FlaskClient:
    """A browser of its own with the cookies of this one: what a request does to it is not the next one's."""
    client = app.test_client()
    client._cookies = dict(browser._cookies)
    return client


def _tell(found: list[tuple[Hostile, int, Cost]]) -> None:
    print(f"\n{len(found)} hostile requests to {len({(one.method, one.endpoint) for one, _, _ in found})} routes")
    print("by kind:", dict(Counter(one.kind for one, _, _ in found)))
    print("answers:", dict(sorted(Counter(status for _, status, _ in found).items())))
    for name, unit in (("processor", "s"), ("wall", "s"), ("added", "MB"), ("largest", "MB")):
        ordered = sorted(found, key=lambda each: getattr(each[2], name))
        middle, high, most = (getattr(ordered[int((len(ordered) - 1) * part)][2], name) for part in (0.5, 0.99, 1))
        worst = ordered[-1][0]
        print(f"{name}: median {middle:.3f}, p99 {high:.3f}, most {most:.3f} {unit} ({worst.method} {worst.url[:70]})")
