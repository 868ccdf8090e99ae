"""Rebuild `src/aap/records/territories.json.gz` from the official list of communes.

    python scripts/build_territories.py FOLDER

FOLDER is the `data` folder of the npm package `@etalab/decoupage-administratif` 6.0.0 (MIT licence), once unpacked:
it holds `communes.json`, `departements.json` and `regions.json`. The result is the same bytes for the same input.
See docs/territories.md.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "aap" / "records" / "territories.json.gz"
SOURCE = "@etalab/decoupage-administratif 6.0.0"


def territory_table(folder: Path) -> dict[str, Any]:
    """The three lists as rows; a commune carries its department, which carries its region and zone."""
    communes = _read(folder / "communes.json")
    departments = _read(folder / "departements.json")
    regions = _read(folder / "regions.json")
    return {
        "source": SOURCE,
        "licence": "MIT",
        "regions": sorted([region["code"], region["nom"], region["zone"]] for region in regions),
        "departments": sorted([one["code"], one["nom"], one["region"], one["zone"]] for one in departments),
        "communes": sorted(
            [
                commune["code"],
                commune["nom"],
                commune["departement"],
                " ".join(commune.get("codesPostaux", [])),
                commune.get("population"),
            ]
            for commune in communes
            if commune["type"] == "commune-actuelle"
        ),
    }


def _read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    table = territory_table(Path(sys.argv[1]))
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))
    print(f"{TARGET.name}: {len(table['communes'])} communes, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
