"""The pages of a ranking and of its decisions with the demonstration's 236 dossiers:
python -m bench.ranking_page_bench [folder] [--profile NAME].

Targets: 25 ms of CPU for the ranking, 20 ms for the decisions. `folder`: an instance that is filled once and kept.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import structlog

from aap.demo.deposits import PASSWORD
from aap.demo.filling import FINISHED, DemoSize, fill_instance
from aap.services.platform import open_platform
from aap.settings import Settings
from bench.page_times import print_page_times, signed_in

DOSSIERS = 236
PAGES = {
    name: f"/instruction/{FINISHED}/{tail}"
    for name, tail in {
        "ranking": "classement/1",
        "ranking, filtered": "classement/1?resultat=laureate",
        "decisions": "decisions",
    }.items()
}


def main(folder: Path, profiled: str) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet)
    settings = Settings(instance=folder, environment="testing", rate_limit=False, secret_key="bench")
    platform = open_platform(settings)
    if not any(folder.glob("files/*")):
        size = DemoSize(finished=DOSSIERS, reviewed=8, open=6, draws=400, processes=1)
        fill_instance(platform, seed=3, tell=lambda *_: None, scale=size)
    client = signed_in(platform, "instruction@example.org", PASSWORD)
    structlog.configure(wrapper_class=quiet)
    print_page_times(platform, client, PAGES, profiled)
    platform.database.dispose()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    chosen = arguments.pop(arguments.index("--profile") + 1) if "--profile" in arguments else ""
    kept = [Path(one) for one in arguments if one != "--profile"]
    with tempfile.TemporaryDirectory() as made:
        main(kept[0] if kept else Path(made), chosen)
