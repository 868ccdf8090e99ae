"""Makes the kept instance of the release whose code runs this: `python -m tests.kept.keep` (see the README beside it)."""

from __future__ import annotations

import argparse
import io
import json
import lzma
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.kept.driving import PASSWORD, SECRET, Visitor, World
from tests.kept.story import Kept, Story, tell
from tests.kept.walking import Walk

BEGINNING = datetime(2025, 11, 4, 8, 30, tzinfo=UTC)
LARGEST = 1_000_000
"""Bytes of the archive."""
WALKERS = (
    "", "admin", "instruction", "lucioles", "phare", "passerelle", "veilleurs", "lecteur", "autre", "noe", "zoe",
    "max",
)  # fmt: skip
"""One of each kind, and nobody signed in."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the archive")
    folder = parser.parse_args().out
    version = metadata.version("aap")
    archive, manifest = folder / f"{version}.tar.xz", folder / f"{version}.json"
    if archive.exists():
        sys.exit(f"{archive} is there already: a kept instance is never made anew.")
    with tempfile.TemporaryDirectory() as held:
        work = Path(held)
        kept, moment = _make(work)
        _refuse_traces(work / "instance", work)
        facts = {"version": version, **_facts(work, kept, moment)}
        (work / "pages.json").write_text(json.dumps(_pages(work, kept, moment)), encoding="utf-8")
        packed = _pack(work)
    if len(packed) > LARGEST:
        sys.exit(f"The archive has {len(packed)} bytes: make the instance smaller.")
    archive.write_bytes(packed)
    manifest.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{archive}: {len(packed):,} bytes")


def _make(work: Path) -> tuple[Kept, datetime]:
    """Tells the story, and puts what it leaves into `work/instance`, each database as one file."""
    world = World(work / "told", work / "mail", BEGINNING)
    kept = tell(Story(world))
    world.close()
    shutil.copytree(work / "told" / "files", work / "instance" / "files")
    shutil.copy(work / "told" / "data.key", work / "instance" / "data.key")
    for name in ("aap.sqlite3", "queue.sqlite3"):
        with closing(sqlite3.connect(work / "told" / name, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(work / "instance" / name),))
    return kept, world.clock.now


def _refuse_traces(instance: Path, work: Path) -> None:
    """Nothing in the instance may tell on which machine it was made."""
    traces = {str(work), str(Path.cwd()), str(Path.home()), str(Path(sys.prefix)), tempfile.gettempdir() + "/"}
    for path in sorted(instance.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found = sorted(trace for trace in traces if trace.encode() in content)
        if found:
            sys.exit(f"{path.relative_to(instance)} names {found}")


def _pack(work: Path) -> bytes:
    """A tar.xz of the instance and of the addresses of its pages: the same files give the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in [*sorted(one for one in (work / "instance").rglob("*") if one.is_file()), work / "pages.json"]:
            entry = tarfile.TarInfo(path.relative_to(work).as_posix())
            entry.size, entry.mode = path.stat().st_size, 0o644
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return lzma.compress(out.getvalue(), preset=9 | lzma.PRESET_EXTREME)


_LAST = (
    "NOT EXISTS (SELECT 1 FROM decision AS later WHERE later.application_id = application.id "
    "AND later.number > decision.number)"
)
"""Of decisions: no later one replaces it."""


# --- what a newer release is held to ----------------------------------------------------------------------------------


def _facts(work: Path, kept: Kept, moment: datetime) -> dict[str, Any]:
    """The manifest. What this release itself would open and send is tried on copies."""
    rows = _Rows(work / "instance" / "aap.sqlite3")
    finished_at = moment + timedelta(minutes=5)
    return {
        "kept_at": moment.isoformat(),
        "finished_at": finished_at.isoformat(),
        "secret_key": SECRET,
        "password": PASSWORD,
        "revision": rows.one("SELECT version_num FROM alembic_version"),
        "audit": {
            "lines": rows.one("SELECT count(*) FROM audit_line"),
            "head": rows.one("SELECT hash FROM audit_line ORDER BY sequence DESC LIMIT 1"),
        },
        "calls": {
            call: {
                "candidates": rows.column(
                    "SELECT reference FROM application WHERE call_id = ? AND submitted_at IS NOT NULL ORDER BY 1", call
                ),
                "runs": rows.column("SELECT number FROM ranking_run WHERE call_id = ? ORDER BY 1", call),
                "laureates": rows.pairs(
                    "SELECT reference, amount FROM decision JOIN application ON application.id = application_id "
                    "WHERE decision.call_id = ? AND outcome = 'laureate' AND notified_at IS NOT NULL ORDER BY 1",
                    call,
                ),
                "published": rows.column(
                    "SELECT reference FROM decision JOIN application ON application.id = application_id "
                    f"WHERE decision.call_id = ? AND outcome = 'laureate' AND answer <> 'declined' AND {_LAST} ORDER BY 1",
                    call,
                ),
                "letters": rows.pairs(
                    "SELECT reference, letter_sha256 FROM decision JOIN application ON application.id = application_id "
                    f"WHERE decision.call_id = ? AND letter_sha256 IS NOT NULL AND {_LAST} ORDER BY 1",
                    call,
                ),
            }
            for call in kept.calls
        },
        "mails": {
            "sent": rows.one("SELECT count(*) FROM outbox_mail WHERE sent_at IS NOT NULL"),
            "waiting": rows.column("SELECT id FROM outbox_mail WHERE sent_at IS NULL AND attempts < 12 ORDER BY id"),
            "given_up": rows.column("SELECT id FROM outbox_mail WHERE sent_at IS NULL AND attempts >= 12 ORDER BY id"),
            "leaving": _leaving(work, finished_at),
        },
        "jobs": rows.pairs("SELECT kind || ' ' || state, count(*) FROM job GROUP BY 1 ORDER BY 1"),
        "actors": kept.actors,
        "shows": kept.shows,
    }


class _Rows:
    """A database as it was put away."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self, query: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query: str) -> Any:
        return self.all(query)[0][0]

    def column(self, query: str, *values: str) -> list[Any]:
        return [row[0] for row in self.all(query, *values)]

    def pairs(self, query: str, *values: str) -> dict[str, Any]:
        return dict(self.all(query, *values))


def _copy(work: Path, name: str, moment: datetime) -> World:
    shutil.copytree(work / "instance", work / name)
    world = World(work / name, work / f"{name}-mail", moment)
    return world


def _leaving(work: Path, moment: datetime) -> dict[str, int]:
    """Recipient → number of mails that leave once the pending work is done."""
    world = _copy(work, "finished", moment)
    world.finish()
    world.close()
    return dict(sorted(Counter(message["To"] for message in world.messages()).items()))


def _pages(work: Path, kept: Kept, moment: datetime) -> dict[str, list[str]]:
    """Actor → addresses that open; an empty name: nobody signed in."""
    world = _copy(work, "walked", moment)
    walk = Walk(world.app)
    for actor in WALKERS:
        visitor = Visitor(world, kept.actors[actor]).sign_in() if actor else Visitor(world)
        walk.go(actor, visitor, [address for one, address, _words in kept.shows if one == actor])
    world.close()
    if walk.faults:
        sys.exit("\n".join(walk.faults))
    return {actor: sorted(found) for actor, found in walk.opened.items()}


if __name__ == "__main__":
    main()
