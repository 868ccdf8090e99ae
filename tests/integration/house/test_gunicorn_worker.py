"""gunicorn as it serves the product, with one thread: when a request arrived, and what slow or heavy senders cost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlmodel import select

from aap.app import create_app
from aap.records.applications import Submission
from aap.records.calls import Call
from aap.records.people import MembershipRole
from aap.services.platform import Platform, open_platform
from tests.conftest import Browser
from tests.factories import Factory
from tests.soak.killing import ANSWERS
from tests.soak.served_instance import settings_of

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Served:
    platform: Platform
    port: int
    opened: list[HTTPConnection | socket.socket] = field(default_factory=list)

    def connection(self) -> HTTPConnection:
        self.opened.append(made := HTTPConnection("127.0.0.1", self.port, timeout=60))
        return made

    def socket(self) -> socket.socket:
        self.opened.append(made := socket.create_connection(("127.0.0.1", self.port), timeout=60))
        return made

    def get(self, path: str) -> str:
        return read(asked(self.connection(), "GET", path))[1]

    def busy(self, seconds: float) -> threading.Thread:
        """Keeps the only thread."""
        thread = threading.Thread(target=self.get, args=(f"/essai/occupe?seconds={seconds}",))
        thread.start()
        time.sleep(0.3)
        return thread


def asked(connection: HTTPConnection, method: str, path: str, **more: object) -> HTTPConnection:
    connection.request(method, path, **more)  # type: ignore[arg-type]
    return connection


def read(connection: HTTPConnection) -> tuple[int, str]:
    answer: HTTPResponse = connection.getresponse()
    return answer.status, answer.read().decode()


def whole_answer(client: socket.socket) -> str:
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces).decode()


@pytest.fixture
def served(server: Served) -> Iterator[Served]:
    yield server
    while server.opened:
        server.opened.pop().close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    platform = open_platform(settings_of(folder / "instance"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "tests.worlds.gunicorn_app:app", "--bind", f"127.0.0.1:{port}",
        "--workers", "1", "--threads", "1", "--keep-alive", "75", "--worker-class", "aap.serving.gunicorn_worker.ReceivingWorker",
        "--no-control-socket",
    ]  # fmt: skip
    environment = {**os.environ, "AAP_TEST_INSTANCE": str(folder / "instance")}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=Path(__file__).parents[3])
    started = Served(platform, port)
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "log").read_text()
            try:
                started.get("/essai/arrivee")
                break
            except OSError:
                time.sleep(0.2)
        yield started
        while started.opened:
            started.opened.pop().close()
    finally:
        process.terminate()
        process.wait()
        platform.database.dispose()


# --- time of arrival --------------------------------------------------------------------------------------------------


def test_who_waits_for_a_thread_arrived_when_the_first_bytes_came(served: Served) -> None:
    busy = served.busy(2)
    sent = time.time()
    arrived = float(served.get("/essai/arrivee"))
    assert time.time() - sent > 1
    assert sent - 0.05 <= arrived < sent + 0.7
    busy.join()


def test_a_connection_opened_before_counts_by_its_requests_own_first_bytes(served: Served) -> None:
    kept = served.connection()
    read(asked(kept, "GET", "/essai/arrivee"))
    time.sleep(1)
    sent = time.time()
    assert sent - 0.05 <= float(read(asked(kept, "GET", "/essai/arrivee"))[1])
    silent = served.socket()
    time.sleep(1)
    sent = time.time()
    silent.sendall(b"GET /essai/arrivee HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert sent - 0.05 <= float(whole_answer(silent).rpartition("\r\n")[2])


def test_a_request_that_comes_in_pieces_arrived_with_the_first_and_no_header_changes_it(served: Served) -> None:
    client = served.socket()
    sent = time.time()
    client.sendall(b"GET /essai/arrivee HTTP/1.1\r\nHost: x\r\nAap.arrived_at: 1\r\nX-Request-Start: t=1000000000\r\n")
    time.sleep(0.7)
    client.sendall(b"aap-arrived-at: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    arrived = float(whole_answer(client).rpartition("\r\n")[2])
    assert sent - 0.05 <= arrived < sent + 0.6


def test_requests_sent_at_once_on_one_connection_are_answered_in_turn(served: Served) -> None:
    client = served.socket()
    one = b"POST /essai/arrivee HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b"
    client.sendall(one + b"\r\n" + one + one.replace(b"Host: x", b"Host: x\r\nConnection: close"))
    answers = whole_answer(client)
    assert answers.count("HTTP/1.1 400") == 3  # no token in the form: each was read as far as its body


@dataclass
class Applicant:
    """Somebody signed in, before the page that deposits."""

    platform: Platform
    application_id: str
    call_id: str
    headers: dict[str, str]
    body: str

    def deposit(self, connection: HTTPConnection) -> HTTPConnection:
        path = f"/association/dossiers/{self.application_id}/depot"
        return asked(connection, "POST", path, body=self.body, headers=self.headers)

    def close_call(self, at: datetime) -> None:
        with self.platform.database.writing() as session:
            call = session.get_one(Call, self.call_id)
            call.opens_at, call.closes_at, call.grace_minutes = at - timedelta(days=9), at, 0

    @property
    def submissions(self) -> int:
        with self.platform.database.reading() as session:
            return len(session.exec(select(Submission).where(Submission.application_id == self.application_id)).all())


@pytest.fixture
def applicant(served: Served) -> Applicant:
    factory = Factory(served.platform)
    owner = factory.person(email=f"personne-{time.time_ns()}@example.org")
    call = factory.call(id=f"appel-{time.time_ns()}")
    association = factory.association(owner, role=MembershipRole.OWNER)
    reference = f"ESSAI-{time.time_ns()}"
    application = factory.application(call, association, answers=ANSWERS, reference=reference)
    page = Browser(create_app(platform=served.platform).test_client()).sign_in(owner)
    token = page.token(f"/association/dossiers/{application.id}/depot")
    cookies = "; ".join(f"{one.key}={one.value}" for one in page.client._cookies.values())
    fields = {"attestation": "0", "capacity": "self", "csrf_token": token}
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    return Applicant(served.platform, application.id, call.id, headers, urlencode(fields))


def test_a_deposit_that_waits_in_the_queue_at_closing_is_in_time(served: Served, applicant: Applicant) -> None:
    busy = served.busy(3)
    waiting = applicant.deposit(served.connection())
    time.sleep(0.5)
    applicant.close_call(datetime.now(UTC))  # while it waits
    status, page = read(waiting)
    busy.join()
    assert (status, applicant.submissions) == (303, 1), page


def test_a_deposit_on_a_connection_opened_before_closing_and_used_after_is_late(
    served: Served, applicant: Applicant
) -> None:
    kept = served.connection()
    read(asked(kept, "GET", "/essai/arrivee"))
    applicant.close_call(datetime.now(UTC))
    time.sleep(1.1)  # the second of the closing still counts
    status, page = read(applicant.deposit(kept))
    assert (status, applicant.submissions) == (409, 0), page


# --- heavy and slow bodies --------------------------------------------------------------------------------------------


def test_who_sends_slowly_keeps_no_thread_and_is_let_go(served: Served) -> None:
    head = b"POST /connexion HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nemail="
    slow = [served.socket() for _ in range(20)]
    for number, client in enumerate(slow):
        client.sendall(head if number % 2 else head[:40])
    began = time.monotonic()
    served.get("/sante")
    assert time.monotonic() - began < 2
    answers = {whole_answer(client).partition("\r\n")[0] for client in slow}
    assert answers == {"HTTP/1.1 408 Request Timeout"}


def test_posts_of_50_megabytes_are_refused_unread_with_a_page(served: Served) -> None:
    began = time.monotonic()
    for _ in range(4):
        client = served.socket()
        client.sendall(b"POST /connexion HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            client.sendall(bytes(1_000_000))
        answer = whole_answer(client)
        assert answer.startswith("HTTP/1.1 413")
        assert "L’envoi est trop lourd" in answer
    assert time.monotonic() - began < 10


def chunked(path: str, *pieces: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + chunks


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (chunked("/essai/arrivee", b"a=", b"b") + b"0\r\n\r\n", "400"),  # read; its token is missing
        (chunked("/connexion", bytes(9_000), bytes(9_000)), "413"),
        (chunked("/connexion") + b"fffffffffff\r\n", "413"),
        (chunked("/connexion") + b"zz\r\n", "400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, "431"),
        (b"nothing\r\n\r\n", "400"),
    ],
)
def test_what_a_chunked_or_broken_request_is_answered(served: Served, sent: bytes, status: str) -> None:
    client = served.socket()
    client.sendall(sent)
    assert whole_answer(client).startswith(f"HTTP/1.1 {status}")


@pytest.mark.parametrize(("length", "said"), [(3, "HTTP/1.1 100 Continue"), (17_000, "HTTP/1.1 413")])
def test_a_client_that_asks_before_sending_is_told_to_go_on_or_refused(served: Served, length: int, said: str) -> None:
    client = served.socket()
    head = f"POST /connexion HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
    client.sendall(head.encode())
    assert client.recv(65536).decode().startswith(said)
