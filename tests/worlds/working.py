"""`aap worker` as real processes on an instance, and a Redis of one's own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aap.records.outbox import OutboxMail
from aap.services.platform import Platform, open_platform
from aap.settings import Settings
from tests.conftest import postgres_database

QUEUES = ("sqlite", "postgres", "redis")
"""Where an instance's database and its queue are; with Redis the database is SQLite."""


@pytest.fixture
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """An instance that workers work on, with the machine's clock. Its parameter is one of `QUEUES`."""
    kind = getattr(request, "param", "sqlite")
    values: dict[str, Any] = {}
    if kind == "postgres":
        url = postgres_database(request.getfixturevalue("postgres"), request.getfixturevalue("migrated_name"))
        values = {"database_url": url, "queue_url": url}
    elif kind == "redis":
        values = {"queue_url": request.getfixturevalue("redis")}
    opened = open_platform(
        Settings(
            instance=tmp_path / "instance", environment="testing", rate_limit=False, secret_key="only-for-tests",
            smtp_host="127.0.0.1", **values,
        )
    )  # fmt: skip
    yield opened
    opened.database.dispose()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """A Redis server of this test, on a socket in its folder; gives its URL."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.fail("Redis is missing: sudo apt-get install redis-server")
    path = tmp_path / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as server:
        wait_until(path.exists)
        yield f"unix://{path}"
        server.terminate()


def wait_until(fact: Callable[[], bool], *, seconds: float = 90, every: float = 0.05) -> None:
    """Fails where it doesn't come true."""
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(every)


def environment(platform: Platform, **values: object) -> dict[str, str]:
    """The settings of an instance as a command reads them."""
    settings = platform.settings
    names = ("instance", "database_url", "queue_url", "environment", "secret_key", "smtp_host")
    given = {name: getattr(settings, name) for name in names} | values
    return {**os.environ, **{f"AAP_{name.upper()}": str(value) for name, value in given.items()}}


class Worker:
    """`aap worker`, or another module that does its part."""

    def __init__(self, platform: Platform, *arguments: str, module: str = "aap.cli", **values: object) -> None:
        log = platform.settings.instance / "worker.log"
        with log.open("a") as written:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *(arguments or ("worker",))],
                env=environment(platform, **values), stderr=written, stdout=written,
            )  # fmt: skip

    def kill(self) -> None:
        """As by the kernel, or by an operator who is in a hurry."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """As by systemd: gives how many seconds it took."""
        begun = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=30)
        return time.monotonic() - begun


@contextmanager
def workers(platform: Platform, number: int, **values: object) -> Iterator[list[Worker]]:
    """That many workers until the block ends; who is killed or added meanwhile is in the list."""
    running = [Worker(platform, **values) for _ in range(number)]
    try:
        yield running
    finally:
        for one in running:
            one.process.kill()
            one.process.wait()


def mails_wait(platform: Platform, number: int, **values: Any) -> list[str]:
    """So many mails to p0@example.org and so on, in the outbox; gives their ids."""
    now = platform.clock()
    mails = [
        OutboxMail(**{"kind": "official_message", "recipient": f"p{one}@example.org", "subject": "Objet", "body": "Texte",
                      "created_at": now + timedelta(microseconds=one), "not_before": now, **values})
        for one in range(number)
    ]  # fmt: skip
    with platform.database.writing() as session:
        session.add_all(mails)
    return [mail.id for mail in mails]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
