"""Whole-process time and peak memory of `aap rank` on simulated calls.

    python -m bench.rank_bench [--sizes 236,1000,5000,20000] [--mode value|merit] [--draws N] [--seed N]
                               [--picture FILE.svg]

Each call has 18 regions, 6 themes, minima, maxima, shares, a budget, and 3 reviews an application on 4 criteria, with
reviewers of different severity. Files are written to a temporary folder; the command runs in a process of its own, as
an operator would start it. Peak memory is that of the largest process among it and its children.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.growth import picture

CRITERIA = {"quality": 40, "solidity": 20, "reach": 20, "territory": 20}
REGIONS = [f"region-{number:02d}" for number in range(1, 19)]
THEMES = ["handicap", "rural", "qpv", "decrochage", "protection", "justice"]


def write_call(folder: Path, size: int, mode: str, seed: int) -> None:
    """Call file and tables of a simulated call of `size` applications, 27 % of which may be retained."""
    chance = random.Random(f"{size} {seed}")
    places = max(3, round(size * 0.27))
    criteria = "\n".join(f"    - {{id: {name}, weight: {weight}}}" for name, weight in CRITERIA.items())
    head = f"  protect_top: {places * 6 // 10}\n" if mode == "value" else ""
    (folder / "call.yaml").write_text(
        f"""schema: 1
call: {{id: bench-{size:05d}}}
rubric:
  scale: {{min: 0, max: 5, step: 0.5}}
  min_reviews: 3
  threshold: 40
  criteria:
{criteria}
  tie_break: [reach, quality]
scoring: {{method: calibrated}}
selection:
  mode: {mode}
{head}  laureates: {places}
  budget: {places * 170_000}
  waiting_list: 15
  quotas:
    - {{id: rural, where: {{territory: rural}}, min: {places // 6}}}
    - {{id: chaque-region, each: region, min: 1}}
    - {{id: part-region, each: region, max_share: 0.25}}
    - {{id: themes, each: theme, max: {places // 3}}}
    - {{id: petites, where: {{size: small}}, min_share: 0.15}}
""",
        encoding="utf-8",
    )
    reviewers = max(6, size * 3 // 20)
    severity = [chance.gauss(0, 0.4) for _ in range(reviewers)]
    with (
        (folder / "A.csv").open("w", newline="", encoding="utf-8") as applications,
        (folder / "R.csv").open("w", newline="", encoding="utf-8") as reviews,
    ):
        rows, marks = csv.writer(applications), csv.writer(reviews)
        rows.writerow(["application_id", "association", "requested_amount", "region", "theme", "territory", "size"])
        marks.writerow(["application_id", "reviewer_id", "criterion", "score"])
        for number in range(size):
            name = f"D{number:05d}"
            region = chance.choice(REGIONS) + (f"|{chance.choice(REGIONS)}" if number % 25 == 0 else "")
            rows.writerow(
                [
                    name,
                    f"Association {number}",
                    chance.randrange(5_000, 400_000, 500),
                    region,
                    chance.choice(THEMES),
                    "rural" if chance.random() < 0.2 else "urban",
                    "small" if chance.random() < 0.3 else "large",
                ]
            )
            quality = chance.gauss(3, 0.8)
            for reviewer in chance.sample(range(reviewers), 3):
                for criterion in CRITERIA:
                    mark = quality + severity[reviewer] + chance.gauss(0, 0.8)
                    marks.writerow([name, f"E{reviewer:04d}", criterion, min(5, max(0, round(mark * 2) / 2))])


def measure(folder: Path, draws: int) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processor (all processes) and peak MB of one run.

    On a machine that does something else the clock says little, and the processor's time is the one to compare. Raises
    CalledProcessError when the run fails.
    """
    script = (
        "import resource, sys\n"
        "from aap.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
        "usage = [resource.getrusage(w) for w in who]\n"
        "print(sum(u.ru_utime + u.ru_stime for u in usage), max(u.ru_maxrss for u in usage))\n"
    )
    command = [
        sys.executable, "-c", script, "rank", "--call", str(folder / "call.yaml"), "--applications",
        str(folder / "A.csv"), "--reviews", str(folder / "R.csv"), "--draws", str(draws), "--out", str(folder / "out"),
    ]  # fmt: skip
    started = time.perf_counter()
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    processor, peak = answer.stdout.split()[-2:]
    return time.perf_counter() - started, float(processor), int(peak) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="236,1000,5000,20000")
    parser.add_argument("--mode", choices=["value", "merit"], default="value")
    parser.add_argument("--draws", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="write how time grows as SVG")
    given = parser.parse_args()
    print(f"mode {given.mode}, {given.draws} draws, {os.cpu_count()} cores")
    taken: dict[int, float] = {}
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory() as name:
            write_call(Path(name), size, given.mode, given.seed)
            seconds, processor, memory = measure(Path(name), given.draws)
        taken[size] = processor
        print(f"{size:>6} applications: {seconds:7.2f} s, processor {processor:7.2f} s, {memory:7.0f} MB", flush=True)
    if given.picture is not None:
        given.picture.write_text(picture(taken, f"aap rank by number of applications, {given.mode}"), encoding="utf-8")


if __name__ == "__main__":
    main()
