"""The page of a ranking with the demonstration's 236 dossiers: python -m bench.ranking_page_bench [--profile].

Prints the CPU time of the server per request (median of many, the whole WSGI call, session and rendering included) and
its queries. Target: 25 ms.
"""

from __future__ import annotations

import cProfile
import logging
import pstats
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import structlog
from flask.testing import FlaskClient
from sqlalchemy import event

from aap.app import create_app
from aap.demo.deposits import PASSWORD
from aap.demo.filling import FINISHED, DemoSize, fill_instance
from aap.services.platform import Platform, open_platform
from aap.settings import Settings

ROUNDS = 25
DOSSIERS = 236

PAGES = {"ranking": "classement/1", "ranking, filtered": "classement/1?resultat=laureate", "decisions": "decisions"}


def signed_in(platform: Platform) -> FlaskClient:
    client = create_app(platform=platform).test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/connexion").text)
    assert token is not None
    typed = {"email": "instruction@example.org", "password": PASSWORD, "csrf_token": token.group(1)}
    assert client.post("/connexion", data=typed).status_code == 302
    return client


def main(profiled: bool, folder: Path) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet)
    settings = Settings(instance=folder, environment="testing", rate_limit=False, secret_key="bench")
    platform = open_platform(settings)
    if not any(folder.glob("files/*")):
        size = DemoSize(finished=DOSSIERS, reviewed=8, open=6, draws=400, processes=1)
        fill_instance(platform, seed=3, tell=lambda *_: None, scale=size)
    client = signed_in(platform)
    structlog.configure(wrapper_class=quiet)
    counted = [0]
    event.listen(
        platform.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: counted.__setitem__(
            0, counted[0] + (not statement.startswith(("BEGIN", "PRAGMA")))
        ),
    )
    for name, tail in PAGES.items():
        address = f"/instruction/{FINISHED}/{tail}"
        client.get(address)
        counted[0] = 0
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        queries, spent = counted[0], []
        profile = cProfile.Profile()
        for _ in range(ROUNDS):
            if profiled:
                profile.enable()
            before = time.process_time()
            client.get(address)
            spent.append(time.process_time() - before)
            profile.disable()
        size_kb = len(answer.data) / 1000
        print(f"  {name}: {1000 * statistics.median(spent):.1f} ms of CPU, {queries} queries, {size_kb:.0f} kB")
        if profiled:
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
            break
    platform.database.dispose()


if __name__ == "__main__":
    kept = [Path(one) for one in sys.argv[1:] if not one.startswith("--")]
    if kept:  # an instance that is filled once
        main("--profile" in sys.argv, kept[0])
    else:
        with tempfile.TemporaryDirectory() as made:
            main("--profile" in sys.argv, Path(made))
