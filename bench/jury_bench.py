"""The effect of a jury's choice before it is recorded: python -m bench.jury_bench [--size 236] [--seeds 3].

Simulated calls of `rank_bench`, in each way of choosing; on each call thirty choices (take one in, drop a laureate, cut an
amount). Prints seconds of CPU: of the first effect (bundle read, ranked, both selections), then the median and the worst,
with what the letter would say. Target: under 1 s at 236 dossiers.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from aap.cli.call import read_call_file
from aap.core.ranking.bundle import read_text, run_bundle
from aap.core.ranking.effect import JuryChoice, StoredRun, decided_with
from aap.core.ranking.run import RunOptions, run_call
from aap.core.ranking.run_input import json_text
from aap.core.selection.outcome import InfeasibleRules
from aap.documents.tables.tables_in import read_run_inputs
from bench.rank_bench import write_call

WAYS = {
    "value": ("value", ""),
    "merit, skip": ("merit", ""),
    "merit, stop": ("merit", "  at_limit: stop\n"),
    "merit, reduce": ("merit", "  at_limit: reduce\n  reduce_to: 0.7\n"),
}


def bundle_of(folder: Path, size: int, way: str, seed: int) -> str:
    """The bundle of one simulated call, as the database keeps it."""
    mode, line = WAYS[way]
    write_call(folder, size, mode, seed)
    file = folder / "call.yaml"
    file.write_text(file.read_text("utf-8").replace("  mode: merit\n", f"  mode: merit\n{line}"), "utf-8")
    call = read_call_file(file).call
    assert call is not None
    given = read_run_inputs(call, folder / "A.csv", folder / "R.csv")
    run = run_call(call, given.applications, given.marks, options=RunOptions(draws=0, draw_seed="banc"))
    return json_text(run_bundle(run))


def measure(bundle: str) -> tuple[float, list[float]]:
    """Seconds of CPU of the first effect, and of each of thirty."""
    start = time.process_time()
    kept = StoredRun(read_text(bundle))
    before = kept.selected(())
    outside = [name for name in before.candidates if name not in before.granted]
    inside = list(before.granted)
    kept.effect(before, (), JuryChoice(inside[-1], "out"))
    first = time.process_time() - start
    choices = [
        *(JuryChoice(name, "in") for name in outside[:10]),
        *(JuryChoice(name, "out") for name in inside[-10:]),
        *(JuryChoice(name, "amount", 3_000_00) for name in inside[-10:]),
    ]
    each = []
    for choice in choices:
        start = time.process_time()
        try:
            kept.effect(before, (), choice)
            kept.explained(decided_with((), choice), choice.application_id)
        except InfeasibleRules:
            pass
        each.append(time.process_time() - start)
    return first, each


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=236)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    print(f"{asked.size} dossiers, {asked.seeds} calls each: first, median, worst (s of CPU)")
    for way in WAYS:
        firsts: list[float] = []
        each: list[float] = []
        for seed in range(asked.seeds):
            with tempfile.TemporaryDirectory() as folder:
                first, of_call = measure(bundle_of(Path(folder), asked.size, way, seed))
            firsts.append(first)
            each += of_call
        print(f"{way:14} {max(firsts):6.2f} {statistics.median(each):6.2f} {max(each):6.2f}", flush=True)


if __name__ == "__main__":
    main()
