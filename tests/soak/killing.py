"""Submissions while the server is killed at random moments, and what must be true of the instance afterwards.

Each volunteer does what a person does: sends a file, deposits the dossier, opens the receipt; when the connection breaks,
does it again. What the server acknowledged is noted; `check` compares it with the instance.
"""

from __future__ import annotations

import hashlib
import http.client
import http.cookiejar
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text
from sqlmodel import select

from aap.core.call.canonical import canonical_hash
from aap.records.applications import Application, ApplicationState, Document, Submission
from aap.records.outbox import Job
from aap.services import audit
from aap.services.platform import Platform, open_platform
from tests.factories import PASSWORD, Factory
from tests.soak.served_instance import settings_of
from tests.worlds.applicants import pdf

ANSWERS = {
    "projet": {"titre": "Un projet qui tient", "resume": "Il est déposé pendant que le serveur tombe."},
    "moyens": {"budget": {"charges": {"60": "20000.00"}, "products": {"request": "9000.00", "756": "11000.00"}}},
}
_PATIENCE = 300.0  # seconds until a volunteer gives up: then the run has failed


@dataclass
class Outcome:
    """What the server acknowledged: receipt numbers and hashes of files by dossier."""

    kills: int = 0
    seconds: float = 0.0
    receipts: dict[str, set[str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    tries: int = 0
    answers: int = 0  # of the server, to the volunteers
    failures: list[str] = field(default_factory=list)


class _Server:
    """The served process; `kill` is kill -9 of its pid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[str] | None = None
        self.reader = threading.Thread()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.soak.served_instance", str(self.folder), str(self.port)]
        with (self.folder / "server.log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == "ready":
                self.reader = threading.Thread(target=self.process.stdout.read, daemon=True)
                self.reader.start()
                return
        self.process.stdout.close()
        raise RuntimeError(f"the server did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class _Volunteer:
    def __init__(self, address: str, email: str, application_id: str, number: int, outcome: Outcome) -> None:
        self.address, self.email, self.id, self.number, self.outcome = address, email, application_id, number, outcome
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )
        self.until = time.monotonic() + _PATIENCE

    def run(self) -> None:
        try:
            self._again(self._sign_in)
            self._again(self._send_file)
            self._again(self._deposit)
        except Exception as error:
            self.outcome.failures.append(f"{self.number}: {error!r}")

    def _again(self, step: object) -> None:
        while True:
            self.outcome.tries += 1
            try:
                step()  # type: ignore[operator]
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                    raise
                if time.monotonic() > self.until:
                    raise
                time.sleep(0.1)
            else:
                return

    def _get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=30) as answer:
            found: str = answer.read().decode()
        self.outcome.answers += 1
        return found

    def _post(self, path: str, fields: list[tuple[str, str]], page: str, file: bytes | None = None) -> str:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self._get(page))
        assert token is not None
        fields = [*fields, ("csrf_token", token[1])]
        body, kind = urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        if file is not None:
            parts = [f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields]
            name = f'--B\r\nContent-Disposition: form-data; name="f.statuts"; filename="{self.number}.pdf"\r\n'.encode()
            body = b"".join(parts) + name + b"Content-Type: application/pdf\r\n\r\n" + file + b"\r\n--B--\r\n"
            kind = "multipart/form-data; boundary=B"
        request = urllib.request.Request(self.address + path, body, {"Content-Type": kind})
        with self.opener.open(request, timeout=30) as answer:
            answer.read()
            self.outcome.answers += 1
            return str(answer.url)

    def _sign_in(self) -> None:
        self._post("/connexion", [("email", self.email), ("password", PASSWORD)], "/connexion")

    def _send_file(self) -> None:
        content = pdf(f"Statuts {self.number}")
        here = f"/association/dossiers/{self.id}"
        self._post(f"{here}/pieces/statuts", [], f"{here}/sections/projet", content)
        self.outcome.files[self.id] = hashlib.sha256(content).hexdigest()

    def _deposit(self) -> None:
        here = f"/association/dossiers/{self.id}"
        fields = [("capacity", "self"), ("attestation", "0")]
        landed = self._post(f"{here}/depot", fields, "/compte")
        assert landed.endswith("/accuse"), landed
        number = re.search(r"ESSAI-\d+-\d+", self._get(f"{here}/accuse"))
        assert number is not None
        self.outcome.receipts.setdefault(self.id, set()).add(number[0])


def submit_under_kills(
    folder: Path, submissions: int, *, volunteers: int = 4, seed: int = 1, answers: tuple[int, int] = (3, 16)
) -> Outcome:
    """Deposits that many dossiers while the server is killed, again and again, at moments that `seed` draws.

    `answers`: least and most that the server gives between two kills.
    """
    platform = open_platform(settings_of(folder))
    factory = Factory(platform)
    call = factory.call()
    waiting = []
    for _ in range(submissions):
        person = factory.person()
        waiting.append((person.email, factory.application(call, factory.association(person), answers=ANSWERS).id))
    platform.database.dispose()
    outcome = Outcome()
    server = _Server(folder)
    server.start()
    address = f"http://127.0.0.1:{server.port}"
    queue = list(enumerate(waiting))
    taking = threading.Lock()

    def work() -> None:
        while True:
            with taking:
                if not queue:
                    return
                number, (email, application_id) = queue.pop()
            _Volunteer(address, email, application_id, number, outcome).run()

    begun = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(volunteers)]
    for thread in threads:
        thread.start()
    try:
        _kill_at_random(server, threads, outcome, random.Random(seed), answers)
    finally:
        server.kill()
    outcome.seconds = time.monotonic() - begun
    return outcome


def _kill_at_random(
    server: _Server, threads: list[threading.Thread], outcome: Outcome, draw: random.Random, answers: tuple[int, int]
) -> None:
    """Lets the server give a few answers, so that there is progress on any machine; kills it anywhere in the next one."""
    while any(thread.is_alive() for thread in threads):
        enough = outcome.answers + draw.randint(*answers)
        while outcome.answers < enough and any(thread.is_alive() for thread in threads):
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.2))
        if any(thread.is_alive() for thread in threads):
            server.kill()
            outcome.kills += 1
            server.start()
    for thread in threads:
        thread.join()


def check(folder: Path, submissions: int, outcome: Outcome) -> None:
    """Every receipt given has its dossier and files; there is one deposit and one job a dossier; the log is whole."""
    assert outcome.failures == []
    assert len(outcome.receipts) == submissions
    platform = open_platform(settings_of(folder))
    try:
        _check_instance(platform, outcome)
    finally:
        platform.database.dispose()


def _check_instance(platform: Platform, outcome: Outcome) -> None:
    with platform.database.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        made = {one.application_id: one for one in session.exec(select(Submission))}
        assert len(session.exec(select(Submission.id)).all()) == len(made)
        assert {id: {one.receipt_number} for id, one in made.items()} == outcome.receipts
        states = set(session.exec(select(Application.state)).all())
        documents = list(session.exec(select(Document)))
        jobs = sorted(job.arguments["submission_id"] for job in session.exec(select(Job)))
        assert audit.verify_chain(session).faults == ()
    assert states == {ApplicationState.SUBMITTED}
    assert jobs == sorted(one.id for one in made.values())
    assert {one.application_id: one.sha256 for one in documents} == outcome.files
    assert len(documents) == len(outcome.files)
    for id, one in made.items():
        assert canonical_hash(one.content) == one.content_hash
        assert [file["sha256"] for file in one.content["documents"]] == [outcome.files[id]]
        assert hashlib.sha256(platform.files.read(outcome.files[id])).hexdigest() == outcome.files[id]
