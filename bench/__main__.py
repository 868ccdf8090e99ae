"""Runs every benchmark of this folder, one after the other: `make bench`, or `python -m bench rank selection`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    """Runs the named benchmarks (all without a name); gives the number of those that failed."""
    failed = 0
    for script in sorted(Path(__file__).parent.glob("*_bench.py")):
        name = script.stem.removesuffix("_bench")
        if names and name not in names:
            continue
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"bench.{script.stem}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
