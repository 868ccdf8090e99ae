"""What pages cost the server: the CPU time of the whole WSGI call, session and rendering included, and the queries."""

from __future__ import annotations

import cProfile
import pstats
import re
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask.testing import FlaskClient
from sqlalchemy import event

from aap.app import create_app
from aap.services.platform import Platform

ROUNDS = 25


def signed_in(platform: Platform, email: str, password: str) -> FlaskClient:
    """A browser of this person."""
    client = create_app(platform=platform).test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/connexion").text)
    assert token is not None
    typed = {"email": email, "password": password, "csrf_token": token.group(1)}
    assert client.post("/connexion", data=typed).status_code == 302
    return client


def print_page_times(platform: Platform, client: FlaskClient, pages: Mapping[str, str], profiled: str = "") -> None:
    """For each page (name → address) the median CPU time of many requests, its queries and its size. `profiled`: only
    pages whose name begins so, with what their time goes into."""
    for name, address in pages.items():
        if not name.startswith(profiled):
            continue
        client.get(address)
        with _counted(platform) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, answer.text
        spent = []
        profile = cProfile.Profile()
        for _ in range(ROUNDS):
            if profiled:
                profile.enable()
            before = time.process_time()
            client.get(address)
            spent.append(time.process_time() - before)
            profile.disable()
        size = len(answer.data) / 1000
        print(f"  {name}: {1000 * statistics.median(spent):.1f} ms of CPU, {len(queries)} queries, {size:.0f} kB")
        if profiled:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


@contextmanager
def _counted(platform: Platform) -> Iterator[list[str]]:
    queries: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            queries.append(statement)

    event.listen(platform.database.engine, "before_cursor_execute", seen)
    try:
        yield queries
    finally:
        event.remove(platform.database.engine, "before_cursor_execute", seen)
