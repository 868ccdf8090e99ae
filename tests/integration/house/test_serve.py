"""`aap serve` as operators run it: real processes on 127.0.0.1, killed, kept waiting and told to stop."""

from __future__ import annotations

import http.client
import http.cookiejar
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)  # seconds on a free machine, minutes on a busy one

AT_ONCE = 10
"""More requests than two web processes have threads."""


@dataclass
class Served:
    """A running `aap serve` and what it has printed."""

    process: subprocess.Popen[str]
    instance: Path
    address: str
    seconds: float

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def health(self, *, patience: float = 30.0, path: str = "/sante") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def child(self, name: str) -> int:
        """The process that the supervisor started as `name`: `web` is gunicorn's master. 0: not there yet."""
        found = [pid for pid in children(self.process.pid) if _is_web(pid) == (name == "web")]
        return found[0] if found else 0


def _is_web(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"gunicorn: master")


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def family(pid: int) -> list[int]:
    return [pid, *(one for child in children(pid) for one in family(child))]


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(true: Callable[[], object], seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.05)


def serve(instance: Path, **environment: str) -> Served:
    command = [sys.executable, "-m", "aap.cli", "serve", "--port", "0"]
    values = {**os.environ, "AAP_INSTANCE": str(instance), "AAP_RATE_LIMIT": "false", **environment}
    log = instance.with_suffix(".log").open("w")
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=values)
    log.close()
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"prête : (http://127\.0\.0\.1:\d+)", line):
            return Served(process, instance, found[1], time.monotonic() - begun)
    raise AssertionError(instance.with_suffix(".log").read_text()[-3000:])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serves an empty instance, with these settings."""
    started: list[Served] = []

    def begin(**environment: str) -> Served:
        started.append(serve(tmp_path / "instance", **environment))
        return started[-1]

    yield begin
    for running in started:
        running.process.terminate()
        running.process.communicate(timeout=30)


@pytest.fixture
def served(start: Callable[..., Served]) -> Served:
    return start()


class Staying(urllib.request.HTTPRedirectHandler):
    """Takes a redirection for the answer that it is."""

    def redirect_request(self, *_given: object) -> None:
        return None


def held_writer(served: Served) -> sqlite3.Connection:
    """Holds the database's writer, as a long write does."""
    driver = sqlite3.connect(served.instance / "aap.sqlite3", isolation_level=None, timeout=30, check_same_thread=False)
    driver.execute("BEGIN IMMEDIATE")
    return driver


def registering(served: Served, number: int) -> Callable[[], int]:
    """Gets the page of the form; what it gives sends it, which needs the writer, and gives the status of the answer."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({}), Staying
    )
    address = f"{served.address}/inscription"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', opener.open(address, timeout=60).read().decode())
    assert token is not None
    fields = {"name": "Camille Exemple", "email": f"camille{number}@example.org", "password": "quatre mots pas liés"}
    body = urllib.parse.urlencode({**fields, "csrf_token": token[1]}).encode()

    def send() -> int:
        try:
            return int(opener.open(address, body, timeout=60).status)
        except urllib.error.HTTPError as answer:
            return answer.code

    return send


def registered(served: Served) -> list[str]:
    driver = sqlite3.connect(served.instance / "aap.sqlite3")
    try:
        return [email for (email,) in driver.execute("SELECT email FROM person ORDER BY email")]
    finally:
        driver.close()


def test_it_is_ready_when_it_answers_keeps_connections_and_mails_its_own_address(served: Served) -> None:
    assert served.health(patience=5) == 200
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request("GET", "/")
    assert connection.getresponse().read()
    local = connection.sock.getsockname()
    time.sleep(4)  # longer than gunicorn keeps a connection by itself
    connection.request("GET", "/sante")
    assert (connection.getresponse().status, connection.sock.getsockname()) == (200, local)
    connection.close()
    registering(served, 1)()
    eventually(lambda: list((served.instance / "mail").glob("*.eml")))
    mail = next((served.instance / "mail").glob("*.eml")).read_text()
    assert f"{served.address}/" in mail.replace("=\n", "")


def test_health_is_answered_while_every_thread_waits(served: Served) -> None:
    posts = [registering(served, number) for number in range(AT_ONCE)]
    writer = held_writer(served)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda post=post: answers.append(post())) for post in posts]
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert (served.health(patience=5), answers) == (200, [])
    writer.execute("ROLLBACK")
    writer.close()
    for thread in threads:
        thread.join()
    assert answers == [302] * AT_ONCE


def test_what_is_in_flight_ends_before_it_stops(served: Served) -> None:
    post, processes = registering(served, 1), family(served.process.pid)
    writer = held_writer(served)
    answers: list[int] = []
    sending = threading.Thread(target=lambda: answers.append(post()))
    sending.start()
    time.sleep(1)
    begun = time.monotonic()
    served.process.send_signal(signal.SIGINT)
    time.sleep(1)
    writer.execute("ROLLBACK")
    writer.close()
    assert served.process.wait(timeout=30) == 0
    assert time.monotonic() - begun < 10
    sending.join()
    assert (answers, registered(served)) == ([302], ["camille1@example.org"])
    eventually(lambda: not [pid for pid in processes if alive(pid)], 5)


def test_web_and_worker_come_back_when_they_are_killed(served: Served) -> None:
    web, worker = served.child("web"), served.child("worker")
    for pid in (web, worker):
        os.kill(pid, signal.SIGKILL)
    assert served.health(patience=60) == 200  # whoever comes meanwhile waits: the address stays taken
    eventually(lambda: served.child("web") not in (0, web) and served.child("worker") not in (0, worker))
    assert not {web, worker} & set(children(served.process.pid))
    registering(served, 1)()
    eventually(lambda: list((served.instance / "mail").glob("*.eml")))


def test_nothing_outlives_a_killed_supervisor(served: Served) -> None:
    processes = family(served.process.pid)
    served.process.kill()
    served.process.wait()
    eventually(lambda: not [pid for pid in processes if alive(pid)], 20)


def test_an_address_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "aap.cli", "serve", "--port", port]
        environment = {**os.environ, "AAP_INSTANCE": str(tmp_path / "instance")}
        ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert (ended.returncode, f"127.0.0.1:{port} ne peut pas être prise" in ended.stderr) == (1, True)
    assert "Traceback" not in ended.stderr


def test_links_that_lead_to_another_port_of_this_machine_are_warned_of(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    start(AAP_BASE_URL="http://127.0.0.1:9")
    assert "mènent à http://127.0.0.1:9 (AAP_BASE_URL)" in (tmp_path / "instance.log").read_text()
