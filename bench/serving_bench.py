"""`aap serve` on an empty instance: python -m bench.serving_bench [sign-ins].

Prints the processor time of all its processes until « prête », their memory at rest (PSS: what is shared is divided), how
many people sign in a second through real connections and what one costs of a core (target: 30 a second on two cores), and
how long the health page takes meanwhile. Linux only.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aap.identity import hash_password
from aap.records.people import Person
from aap.records.types import new_id
from aap.services.platform import open_platform
from aap.settings import Settings

SIGN_INS, CLIENTS = 240, 16
PASSWORD = "un long mot de passe"
TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from family(int(child))


def processor(pid: int) -> float:
    """Seconds of all processes that live, and of their dead children."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family(pid)]
    return sum(sum(map(int, one[11:13])) for one in fields) / TICKS


def memory(pid: int) -> float:
    """Megabytes."""
    rollups = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in family(pid)]
    return sum(int(re.search(r"^Pss:\s+(\d+)", one, re.M)[1]) for one in rollups) / 1000  # type: ignore[index]


def fill(instance: Path, people: int) -> list[str]:
    now = datetime.now(UTC)
    emails = [f"personne-{number}@example.org" for number in range(people)]
    password = hash_password(PASSWORD)
    platform = open_platform(Settings(instance=instance))
    with platform.database.writing() as session:
        session.add_all(
            Person(email=email, name=f"Personne {number}", password=password, fs_uniquifier=new_id(), confirmed_at=now,
                   created_at=now)
            for number, email in enumerate(emails)
        )  # fmt: skip
    platform.database.dispose()
    return emails


def serve(instance: Path) -> tuple[subprocess.Popen[str], int]:
    environment = {**os.environ, "AAP_INSTANCE": str(instance), "AAP_RATE_LIMIT": "false"}
    command = [sys.executable, "-m", "aap.cli", "serve", "--port", "0"]
    log = (instance.parent / "serve.log").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"prête : http://127\.0\.0\.1:(\d+)", line):
            return process, int(found[1])
    raise SystemExit((instance.parent / "serve.log").read_text())


def sign_in(port: int, email: str) -> bool:
    """The page and its form, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/connexion")
    page = connection.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token is not None
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    body = urllib.parse.urlencode({"email": email, "password": PASSWORD, "csrf_token": token[1]})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/connexion", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status == 302


def health(port: int) -> float:
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/sante")
    assert connection.getresponse().status == 200
    connection.close()
    return (time.perf_counter() - begun) * 1000


def measure(process: subprocess.Popen[str], port: int, emails: list[str]) -> None:
    print(f"processor until « prête »: {processor(process.pid):.2f} s (target: 4 s)")
    time.sleep(3)
    print(
        f"memory at rest: {memory(process.pid):.0f} MB in {len(list(family(process.pid)))} processes (target: 450 MB)"
    )
    waiting, taking, done = list(emails), threading.Lock(), []

    def work() -> None:
        while True:
            with taking:
                if not waiting:
                    return
                email = waiting.pop()
            done.append(sign_in(port, email))

    before, begun = processor(process.pid), time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    times = []
    while any(thread.is_alive() for thread in threads):
        times.append(health(port))
        time.sleep(0.05)
    seconds, spent = time.perf_counter() - begun, processor(process.pid) - before
    each = spent / len(done) * 1000
    print(
        f"sign-ins: {sum(done)} of {len(done)}, {len(done) / seconds:.0f} a second by the clock; one costs {each:.0f} ms"
    )
    print(f"of a core: two free cores hold {2000 / each:.0f} a second (target: 30)")
    print(f"health meanwhile: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    print(f"memory after: {memory(process.pid):.0f} MB")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        emails = fill(instance, int(sys.argv[1]) if len(sys.argv) > 1 else SIGN_INS)
        process, port = serve(instance)
        try:
            measure(process, port, emails)
        finally:
            begun = time.perf_counter()
            process.terminate()
            process.communicate(timeout=30)
            print(f"stopped after {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
