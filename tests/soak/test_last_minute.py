"""The last minute of a call on a real `aap serve`: 500 people deposit, then 20,000 requests (figures: docs/measures.md)."""

from __future__ import annotations

import http.client
import io
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bench.serving_bench import memory
from sqlmodel import col, func, select

from aap.documents.mail_texts import Mail
from aap.records.applications import Document, Submission
from aap.records.outbox import OutboxMail
from aap.services.platform import Platform, open_platform
from tests.factories import PASSWORD, Factory
from tests.soak.killing import ANSWERS
from tests.soak.served_instance import settings_of
from tests.worlds.applicants import pdf

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
PEOPLE, WITHIN, REQUESTS = 500, 60.0, 20_000


class Client:
    """A browser of one person: one kept-alive connection, and cookies."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, fields: dict[str, object] | None = None) -> tuple[int, str, str]:
        """(status, text, where it leads). A connection that was closed while idle is opened again once, as browsers do."""
        body = urllib.parse.urlencode(fields, doseq=True) if fields is not None else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, held = value.partition(";")[0].partition("=")
                self.cookies[key] = held
        return answer.status, text, answer.getheader("Location", "")

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask("GET", path)[1])
        assert found is not None
        return found[1]


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """(pid, port) of a real `aap serve`, once it says that it is ready."""
    environment = {
        **os.environ, "AAP_INSTANCE": str(folder), "AAP_ENVIRONMENT": "testing", "AAP_RATE_LIMIT": "false",
        "AAP_SECRET_KEY": "only-for-tests", "AAP_LOG_FORMAT": "json",
    }  # fmt: skip
    command = [sys.executable, "-m", "aap.cli", "serve", "--port", "0"]
    with (folder.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert server.stdout is not None
        found = None
        for line in server.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found and "prête" in line:
                break
        assert found is not None
        reading = threading.Thread(target=server.stdout.read, daemon=True)
        reading.start()
        try:
            yield server.pid, int(found[1])
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
            reading.join()
            server.stdout.close()


def fill(platform: Platform) -> list[tuple[str, str]]:
    """(e-mail, dossier) of people whose dossier is complete."""
    factory = Factory(platform)
    call = factory.call()
    kept = platform.files.put(io.BytesIO(pdf()))
    made, documents = [], []
    for _ in range(PEOPLE):
        person = factory.person()
        association = factory.association(person)
        application = factory.application(call, association, answers=ANSWERS)
        documents.append(
            Document(
                association_id=association.id, application_id=application.id, question="statuts", name="statuts.pdf",
                content_type="application/pdf", size=kept.size, sha256=kept.sha256, uploaded_at=factory.now,
            )
        )  # fmt: skip
        made.append((person.email, application.id))
    with platform.database.writing() as session:
        session.add_all(documents)
    return made


def sign_in_all(port: int, people: list[tuple[str, str]]) -> list[tuple[Client, str, str]]:
    """(client, dossier, form token) of each: they have been at their dossier for a while when the minute begins."""
    ready: list[tuple[Client, str, str]] = []
    queue = list(people)
    taking = threading.Lock()

    def work() -> None:
        while True:
            with taking:
                if not queue:
                    return
                email, application_id = queue.pop()
            client = Client(port)
            token = client.token("/connexion")
            status, _text, _to = client.ask(
                "POST", "/connexion", {"email": email, "password": PASSWORD, "csrf_token": token}
            )
            assert status == 302
            ready.append((client, application_id, client.token("/compte")))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ready) == len(people)
    return ready


def deposit_within_a_minute(ready: list[tuple[Client, str, str]]) -> tuple[list[float], list[str]]:
    """Seconds of each deposit, and what went wrong."""
    draw, seconds, faults = random.Random(1), [], []
    start = time.monotonic() + 1

    def deposit(client: Client, application_id: str, token: str, after: float) -> None:
        time.sleep(max(0.0, start + after - time.monotonic()))
        begun = time.monotonic()
        fields = {"capacity": "self", "attestation": ["0"], "csrf_token": token}
        try:
            status, _text, to = client.ask("POST", f"/association/dossiers/{application_id}/depot", fields)
            if status != 303 or not to.endswith("/accuse"):
                faults.append(f"{status} {to}")
        except (OSError, http.client.HTTPException) as error:
            faults.append(repr(error))
        seconds.append(time.monotonic() - begun)

    threads = [threading.Thread(target=deposit, args=(*one, draw.uniform(0, WITHIN))) for one in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds, faults


def receipts_sent(platform: Platform) -> int:
    with platform.database.reading() as session:
        sent = select(func.count()).where(col(OutboxMail.sent_at).is_not(None), OutboxMail.kind == Mail.RECEIPT)
        return session.exec(sent).one()


def test_five_hundred_people_deposit_in_the_last_minute_and_twenty_thousand_requests_keep_memory_flat(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "instance"
    platform = open_platform(settings_of(folder), clock=lambda: datetime.now(UTC))
    people = fill(platform)
    with serving(folder) as (pid, port):
        ready = sign_in_all(port, people)
        seconds, faults = deposit_within_a_minute(ready)
        ended = time.monotonic()
        p95 = statistics.quantiles(seconds, n=20)[18]
        print(
            f"{len(seconds)} deposits: median {statistics.median(seconds):.2f} s, p95 {p95:.2f} s, "
            f"errors {len(faults)} {faults[:3]}"
        )
        with platform.database.reading() as session:
            stored = session.exec(select(func.count()).select_from(Submission)).one()
        while receipts_sent(platform) < 2 * PEOPLE and time.monotonic() - ended < 300:
            time.sleep(0.2)
        print(f"the last receipt left {time.monotonic() - ended:.1f} s after the last deposit")
        assert (faults, stored, receipts_sent(platform)) == (
            [],
            PEOPLE,
            2 * PEOPLE,
        )  # to the person and to the association
        assert p95 < 3

        pages = ["/", "/connexion", "/association/", "/compte", "/appels/essai", "/sante"]
        counts = {"asked": 0, "wrong": 0}

        def read(client: Client, dossier: str, number: int) -> None:
            own = [*pages, f"/association/dossiers/{dossier}"]
            for turn in range(number):
                status, _text, _to = client.ask("GET", own[turn % len(own)])
                counts["asked"] += 1
                counts["wrong"] += status >= 500

        def read_all(number: int) -> None:
            chosen = ready[:8]
            threads = [threading.Thread(target=read, args=(one[0], one[1], number // len(chosen))) for one in chosen]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        read_all(REQUESTS // 10)  # what is loaded by a first request is loaded
        before = memory(pid)
        read_all(REQUESTS)
        after = memory(pid)
        print(
            f"{counts['asked']} requests, {counts['wrong']} failed; memory {before:.0f} MB before, {after:.0f} MB after"
        )
        assert counts["wrong"] == 0
        assert after < before * 1.1
        for client, _dossier, _token in ready:
            client.connection.close()
    platform.database.dispose()
