"""The test folders of the subjects that changed since the last commit (or in it, when nothing is uncommitted), one a line.

`make quick` runs them beside the unit tests: src/aap/services/dossier/signing.py → tests/unit/services/dossier and
tests/integration/services/dossier, as far as they exist; templates/official/ → tests/integration/web/official.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = {"account", "admin", "association", "official", "public", "reviewer"}
ELSEWHERE = {
    "templates/documents": ["documents"],
    "templates/report": ["documents"],
    "templates/security": ["identity"],
    "templates/ui": ["web/forms"],
    "src/aap/web/static": ["web/forms"],
    "src/aap/jobs": ["jobs", "services/decision"],
    "src/aap/app.py": ["web"],
    "rubrics": ["core/call"],
}
"""Files whose tests stand in a folder that their path doesn't name."""


def changed() -> list[str]:
    """Paths from the root: what is uncommitted, else what the last commit touched."""

    def lines(*command: str) -> list[str]:
        return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )

    found = lines("diff", "--name-only", "HEAD") + lines("ls-files", "--others", "--exclude-standard")
    return [path for path in found if path] or [path for path in lines("diff", "--name-only", "HEAD~1", "HEAD") if path]


def folders(paths: Iterable[str]) -> list[str]:
    """Test files and folders for these paths, sorted, none inside another."""
    wanted: set[Path] = set()
    for path in map(Path, paths):
        parts = path.parts
        if parts[0] == "tests":
            wanted.add(path if path.name.startswith("test_") else path.parent)
            continue
        rooms = next((rooms for start, rooms in ELSEWHERE.items() if path.as_posix().startswith(start)), None)
        if rooms is None and parts[:2] == ("src", "aap"):
            rooms = [Path(*parts[2:-1]).as_posix(), Path(*parts[2:-1], path.stem).as_posix()]
        elif rooms is None and parts[0] == "templates" and parts[1] in PAGES:
            rooms = [f"web/{parts[1]}"]
        for room in rooms or []:
            # A file that lies loose in a room of many subjects has the tests beside it, not those of every subject.
            deep = room not in ("", ".", "core", "services", "documents", "web")
            for kind in ("unit", "integration"):
                place = Path("tests", kind, room)
                if not deep:
                    wanted |= {path.relative_to(ROOT) for path in (ROOT / place).glob("test_*.py")}
                elif (ROOT / place).is_dir():
                    wanted.add(place)
    there = {path for path in wanted if (ROOT / path).exists() and path.parts[1:2] not in (("e2e",), ("soak",))}
    # The worlds are what many tests start from: their own change is tried by the tests that changed with it.
    there -= {Path("tests"), Path("tests/worlds")}
    return sorted(str(path) for path in there if not any(parent in there for parent in path.parents))


if __name__ == "__main__":
    print("\n".join(folders(changed())))
