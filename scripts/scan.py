"""`make scan`: wapiti as each role against a demonstration of its own, and against pages that are broken on purpose.

Starts and ends everything itself, on the loopback: the broken pages (tests/scan/broken.py), in which it must find every
fault, else the scanner proves nothing; then a small demonstration, asked as nobody, an association, a reviewer, an official
and an administrator. Ends with 1 where something was found, where a fault of the broken pages wasn't, where a request
failed with 5xx, or where somebody was signed out on the way. `--seconds`: for everything, 20 minutes unless said.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.scan.broken import FAULTS  # noqa: E402

from aap.demo.filling import DemoSize, demo_accounts, fill_instance  # noqa: E402
from aap.services.platform import open_platform  # noqa: E402
from aap.settings import Settings  # noqa: E402

WAPITI = ROOT / ".venv-scan/bin/wapiti"
ROLES = ("nobody", "association", "reviewer", "official", "admin")
HOMES: Mapping[str, str] = {
    "nobody": "/",
    "association": "/association/",
    "reviewer": "/evaluation/",
    "official": "/instruction/",
    "admin": "/administration/",
}
"""Where each begins, and below which it stays: else all the time would go to the pages that everybody sees."""
ROOMS = {"nobody": "public"}
"""Their names in the logs, where they aren't the role's."""
LEAST_VIEWS = 5
"""Views of its own room that a role must have been to, else the scan proves nothing."""
LONG = ("xss", "permanentxss", "sql", "file", "exec", "redirect", "crlf", "upload")
SHORT = ("http_headers", "csp", "cookieflags", "csrf")
"""Modules. Those that need a server of the scanner's on the internet (SSRF, XXE) or its downloads are left out."""
NOT_ASKED = ("/deconnexion*", "/mot-de-passe*", "/compte/adresse*", "/compte/connexions*", "/compte/second-facteur*")
"""What would sign the scanner out, or change how it signs in."""
EXPLAINED: Mapping[str, str] = {
    "Secure Flag cookie": "plain HTTP on the loopback; production's cookie is held by tests/integration/security",
    "HTTP Strict Transport Security (HSTS)": "plain HTTP on the loopback; production's header is held there too",
}
PREPARING = 200.0
"""Seconds for the broken pages and for the demonstration."""
SIZE = DemoSize(finished=24, reviewed=8, open=6, draws=0, processes=1)


@dataclass
class Scan:
    """What a scan found, and what it took."""

    who: str
    pages: int = 0
    seconds: float = 0.0
    found: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    signed_in: bool = True
    views: int = 0  # of the role's own room that were asked


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def process(arguments: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """A server for as long as the block lasts; it and what it started end with it."""
    with log.open("w") as lines:
        started = subprocess.Popen(
            arguments, cwd=ROOT, stdout=lines, stderr=lines, env={**os.environ, **environment}, start_new_session=True
        )
    try:
        yield
    finally:
        started.terminate()
        try:
            started.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def browser() -> tuple[urllib.request.OpenerDirector, http.cookiejar.CookieJar]:
    jar = http.cookiejar.CookieJar()
    handlers = (urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers), jar


def wait_for(address: str, seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            browser()[0].open(address, timeout=5).read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
        else:
            return


def sign_in(address: str, email: str, password: str) -> str:
    """The cookies of a new session, as a header has them."""
    opener, jar = browser()
    page = opener.open(f"{address}/connexion", timeout=60).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("the sign-in page has no token")
    fields = {"email": email, "password": password, "csrf_token": token[1]}
    landed = opener.open(f"{address}/connexion", urllib.parse.urlencode(fields).encode(), timeout=60)
    if "/connexion" in landed.url:
        raise RuntimeError(f"{email} could not sign in")
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def still_signed_in(address: str, cookies: str) -> bool:
    asked = urllib.request.Request(f"{address}/compte", headers={"Cookie": cookies})  # noqa: S310  (the loopback)
    answer = browser()[0].open(asked, timeout=60)
    return "/connexion" not in answer.url


def wapiti(address: str, who: str, cookies: str, seconds: float, folder: Path) -> Scan:
    """Runs it within that time: a fifth to look around, half of it shared by its modules, for each ends what it has begun."""
    report = folder / f"{who}.json"
    arguments = [
        str(WAPITI), "--url", address + HOMES.get(who, "/"), "--scope", "folder", "--module", ",".join(SHORT + LONG),
        "--max-scan-time", f"{seconds * 0.2:.0f}", "--max-attack-time", f"{seconds * 0.5 / len(LONG):.0f}",
        "--max-links-per-page", "60", "--max-files-per-dir", "40", "--max-parameters", "60", "--depth", "6",
        "--tasks", "4", "--timeout", "30", "--level", "2", "--scan-force", "normal", "--verbose", "0",
        "--no-bugreport", "--flush-session", "--format", "json", "--output", str(report),
        "--store-session", str(folder / f"{who}.session"), "--store-config", str(folder / "config"),
    ]  # fmt: skip
    for page in NOT_ASKED:
        arguments += ["--exclude", address + page]
    if cookies:
        arguments += ["--cookie-value", cookies]  # goes with each request, whatever the answers set
    begun = time.monotonic()
    for last in (False, True):  # cut off while it writes what it saw, it locks itself out of its own store: once more
        with (folder / f"{who}.log").open("w") as log:
            ended = subprocess.run(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, timeout=seconds * 1.3 + 60,
                check=last, env={**os.environ, "HOME": str(folder), "NO_PROXY": "127.0.0.1"},
            )  # fmt: skip
        if ended.returncode == 0:
            break
        shutil.rmtree(folder / f"{who}.session", ignore_errors=True)
    scan = Scan(who, seconds=time.monotonic() - begun)
    said = json.loads(report.read_text())
    scan.pages = said["infos"]["crawled_pages_nbr"]
    for kind, findings in (*said["vulnerabilities"].items(), *said["anomalies"].items()):
        if findings:
            scan.found[kind] = len(findings)
            scan.examples[kind] = f"{findings[0]['method']} {findings[0]['path']}: {findings[0]['info']}"[:300]
    return scan


def answered(scan: Scan, log: Path, after: int) -> None:
    """What the instance's log says since that byte of it: answers by hundreds, views of the role's own room."""
    with log.open("rb") as lines:
        lines.seek(after)
        text = lines.read().decode(errors="replace")
    scan.statuses = Counter(f"{code[0]}xx" for code in re.findall(r'"status": (\d{3})', text))
    room = ROOMS.get(scan.who, scan.who)
    scan.views = len(set(re.findall(rf'"endpoint": "({room}\.\w+)"', text)))


def scan_broken(folder: Path, seconds: float) -> list[str]:
    """The faults of the broken pages that were not found."""
    port = free_port()
    with process([sys.executable, "-m", "tests.scan.broken", str(port)], folder / "broken.log", {}):
        wait_for(f"http://127.0.0.1:{port}/")
        scan = wapiti(f"http://127.0.0.1:{port}", "broken", "", seconds, folder)
    tell(scan)
    return [fault for fault in FAULTS if not scan.found[fault]]


def scan_instance(folder: Path, seconds: float, roles: tuple[str, ...]) -> list[Scan]:
    """One scan a role, in turns, against one demonstration, which ends with them."""
    settings = Settings(instance=folder / "instance", environment="testing", secret_key="only-for-scans-" + "x" * 32)
    platform = open_platform(settings)
    fill_instance(platform, seed=3, tell=lambda *_: None, scale=SIZE)
    accounts = {one["role"]: one for one in reversed(demo_accounts(platform))}
    platform.database.dispose()
    port, log = free_port(), folder / "instance.log"
    address = f"http://127.0.0.1:{port}"
    environment = {
        "AAP_INSTANCE": str(settings.instance), "AAP_ENVIRONMENT": "testing", "AAP_SECRET_KEY": settings.secret_key,
        "AAP_RATE_LIMIT": "false", "AAP_LOG_FORMAT": "json", "AAP_BASE_URL": address,
    }  # fmt: skip
    scans = []
    serve = [sys.executable, "-m", "aap.cli", "serve", "--port", str(port), "--workers", "2"]
    with process(serve, log, environment):
        wait_for(f"{address}/connexion")
        for who in roles:
            held = accounts.get(who)
            cookies = sign_in(address, held["email"], held["password"]) if held else ""
            before = log.stat().st_size
            scan = wapiti(address, who, cookies, seconds, folder)
            answered(scan, log, before)
            scan.signed_in = not cookies or still_signed_in(address, cookies)
            tell(scan)
            scans.append(scan)
    return scans


def tell(scan: Scan) -> None:
    answers = ", ".join(f"{count} × {code}" for code, count in sorted(scan.statuses.items()))
    out = "" if scan.signed_in else "; signed out on the way"
    seen = f" ({scan.views} views of its room)" if scan.views else ""
    print(
        f"{scan.who}: {scan.pages} pages and forms{seen}, {scan.seconds:.0f} s{answers and '; '}{answers}{out}",
        flush=True,
    )
    for kind, count in sorted(scan.found.items()):
        print(f"  {count} × {kind}: {scan.examples[kind]}", flush=True)
        if kind in EXPLAINED and scan.who != "broken":
            print(f"    explained: {EXPLAINED[kind]}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1200.0, help="for everything")
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=ROLES)
    parser.add_argument("--keep", type=Path, help="a folder for the reports and logs")
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        missed = scan_broken(folder, PREPARING * 0.8)  # few pages: it takes a fraction of that
        share = (given.seconds - PREPARING) / len(given.roles)
        scans = scan_instance(folder, share, tuple(given.roles))
    wrong = [f"not found in the broken pages: {fault}" for fault in missed]
    for scan in scans:
        wrong += [f"{scan.who}: {kind}" for kind in scan.found if kind not in EXPLAINED]
        wrong += [f"{scan.who}: {scan.statuses['5xx']} × 5xx"] if scan.statuses["5xx"] else []
        wrong += [f"{scan.who}: {scan.views} views only"] if scan.views < LEAST_VIEWS else []
        wrong += [] if scan.signed_in else [f"{scan.who}: signed out on the way"]
    print(f"{time.monotonic() - begun:.0f} s in all. " + ("\n".join(wrong) or "Nothing found that isn't explained."))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
