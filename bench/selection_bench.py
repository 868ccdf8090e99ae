"""The selection alone, beside HiGHS alone on the same model.

    python -m bench.selection_bench [--sizes 236,1000,5000,20000] [--seeds N]

Each problem has 18 regions, 6 themes, minima, maxima, shares and a budget (scores with 4 decimals, amounts by 500
euros). Three times, of the processor, so that a busy machine distorts them little:

- `HiGHS`: the rows as the selection writes them, one thread, gap 0, straight to the solver; a gap of less than half a
  unit of score counts as none.
- `optimum`: the selection's own optimum, proven and checked in integers, ties left open: what compares with HiGHS.
- `whole`: `select`, with ties settled and reasons; with prices up to 1,000 candidates.
"""

from __future__ import annotations

import argparse
import random
import time
from fractions import Fraction

import highspy
import numpy as np

from aap.core.selection.model import free_columns
from aap.core.selection.problem import Candidate, QuotaRule, Rules
from aap.core.selection.rows import System, compile_system
from aap.core.selection.select import select
from aap.core.selection.value import best_by_value

REGIONS = [f"region-{number:02d}" for number in range(1, 19)]
THEMES = ["handicap", "rural", "qpv", "decrochage", "protection", "justice"]


def a_problem(size: int, seed: int) -> tuple[list[Candidate], Rules]:
    """Candidates in rank order and the rules of a simulated call."""
    chance = random.Random(f"{size} {seed}")
    places = max(3, round(size * 0.27))
    scores = sorted((chance.randrange(300_000, 980_000) for _ in range(size)), reverse=True)
    candidates = [
        Candidate(
            f"D{number:05d}",
            score,
            chance.randrange(5_000, 400_000, 500) * 100,
            {
                "region": tuple(chance.sample(REGIONS, 2 if number % 25 == 0 else 1)),
                "theme": (chance.choice(THEMES),),
                "territory": ("rural" if chance.random() < 0.2 else "urban",),
                "size": ("small" if chance.random() < 0.3 else "large",),
            },
        )
        for number, score in enumerate(scores)
    ]
    quotas = (
        QuotaRule("rural", "rural", {"territory": frozenset({"rural"})}, None, min=places // 6),
        QuotaRule("chaque-region", "chaque-region", None, "region", min=1),
        QuotaRule("part-region", "part-region", None, "region", max_share=Fraction("0.1")),
        QuotaRule("themes", "themes", None, "theme", max=places // 5),
        QuotaRule("petites", "petites", {"size": frozenset({"small"})}, None, min_share=Fraction("0.2")),
    )
    return candidates, Rules("value", places, places * 17_000_000, 0, 15, quotas)


def bare_highs(system: System) -> tuple[float, float]:
    """Seconds of processor and the optimum (x 10,000) by HiGHS on the rows as they are."""
    started = time.process_time()
    solver = highspy._core._Highs()
    for option, setting in (
        ("output_flag", False),
        ("threads", 1),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),
        ("mip_feasibility_tolerance", 1e-6),
    ):
        solver.setOptionValue(option, setting)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = system.size, len(system.rows)
    program.col_cost_ = -system.worth.astype(float)
    program.col_lower_, program.col_upper_ = np.zeros(system.size), np.ones(system.size)
    scale = [1 / max(1, int(np.gcd.reduce(np.abs(row.coefficient)))) for row in system.rows]
    program.row_lower_ = np.full(len(system.rows), -highspy.kHighsInf)
    program.row_upper_ = np.array([row.bound * by for row, by in zip(system.rows, scale, strict=True)])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lengths = [len(row.columns) for row in system.rows]
    program.a_matrix_.start_ = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    program.a_matrix_.index_ = np.concatenate([row.columns for row in system.rows]).astype(np.int32)
    program.a_matrix_.value_ = np.concatenate(
        [row.coefficient.astype(float) * by for row, by in zip(system.rows, scale, strict=True)]
    )
    program.integrality_ = [highspy.HighsVarType.kInteger] * system.size
    solver.passModel(program)
    solver.run()
    return time.process_time() - started, -solver.getInfo().objective_function_value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="236,1000,5000")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    for size in map(int, given.sizes.split(",")):
        bare_total = own_total = whole_total = 0.0
        for seed in range(given.seeds):
            candidates, rules = a_problem(size, seed)
            system = compile_system(candidates, rules)
            bare, optimum = bare_highs(system)
            started = time.process_time()
            best = best_by_value(system.rows, system.worth, free_columns(size), ties=False)
            own = time.process_time() - started
            started = time.process_time()
            outcome = select(candidates, rules)
            whole = time.process_time() - started
            if best is None or best.total != outcome.objective or abs(best.total - optimum) > 0.5:
                raise SystemExit(
                    f"{size} candidates, seed {seed}: {optimum} by HiGHS, {outcome.objective} by the selection"
                )
            bare_total, own_total, whole_total = bare_total + bare, own_total + own, whole_total + whole
        print(
            f"{size:>6} candidates: HiGHS {bare_total / given.seeds:6.2f} s, optimum {own_total / given.seeds:6.2f} s "
            f"({own_total / bare_total:4.2f} x), whole {whole_total / given.seeds:6.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
