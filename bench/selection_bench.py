"""The selection alone, beside HiGHS alone on the same model.

    python -m bench.selection_bench [--sizes 236,1000,5000,20000] [--seeds N]
    python -m bench.selection_bench --hard [--work N]

Each problem has 18 regions, 6 themes, minima, maxima, shares and a budget (scores with 4 decimals, amounts by 500
euros). Three times, of the processor, so that a busy machine distorts them little:

- `HiGHS`: the rows as the selection writes them, one thread, gap 0, straight to the solver; a gap of less than half a
  unit of score counts as none.
- `optimum`: the selection's own optimum, proven and checked in integers, ties left open: what compares with HiGHS.
- `whole`: `select`, with ties settled and reasons; with prices up to 1,000 candidates.

`--hard`: selections that no search ends, or ended badly once, with their status, the work taken and the gap; and 400 draws.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Literal

import highspy
import numpy as np

from aap.core.quotas.bounds import LeastLaureates, LeastShare, MostLaureates, MostShare
from aap.core.ranking.drawn_selections import select_batch
from aap.core.selection.model import free_columns
from aap.core.selection.outcome import InfeasibleRules, NothingFound
from aap.core.selection.problem import Candidate, QuotaRule, Rules
from aap.core.selection.rows import System, compile_system
from aap.core.selection.select import select
from aap.core.selection.value import best_by_value
from aap.core.selection.work import WORK, allowance

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
        QuotaRule("rural", "rural", {"territory": frozenset({"rural"})}, None, (LeastLaureates(places // 6),)),
        QuotaRule("chaque-region", "chaque-region", None, "region", (LeastLaureates(1),)),
        QuotaRule("part-region", "part-region", None, "region", (MostShare(Decimal("0.1")),)),
        QuotaRule("themes", "themes", None, "theme", (MostLaureates(places // 5),)),
        QuotaRule("petites", "petites", {"size": frozenset({"small"})}, None, (LeastShare(Decimal("0.2")),)),
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


def hard_cases(mode: Literal["value", "merit"]) -> Iterator[tuple[str, list[Candidate], Rules]]:
    """Selections that no search ends, or that once ended badly."""
    chance = random.Random(1)

    def people(values: list[str], grants: list[int], scores: list[int] | None = None) -> list[Candidate]:
        scores = scores or [chance.randrange(300_000, 980_000) for _ in values]
        ranked = zip(sorted(scores, reverse=True), grants, values, strict=True)
        return [
            Candidate(f"D{at:03}", score, grant, {"of": (value,)}) for at, (score, grant, value) in enumerate(ranked)
        ]

    def cents(count: int) -> list[int]:
        return [chance.randrange(500_000, 40_000_000) for _ in range(count)]

    quarter = QuotaRule("quarter", "quarter", None, "of", (LeastShare(Decimal("0.25")),))
    one = QuotaRule("one", "one", None, "of", (LeastLaureates(1),))
    yield (
        "four regions, a quarter each, in cents",
        people([chance.choice("abcd") for _ in range(80)], cents(80)),
        Rules(mode, 20, 400_000_000, quotas=(quarter,)),
    )
    even = sorted((2 * chance.randrange(1_000_000, 20_000_000) for _ in range(60)), reverse=True)
    yield "60 even amounts, odd budget", people(["a"] * 60, even), Rules(mode, None, sum(even) // 3 | 1)
    worth = [grant // 100 for grant in even]
    yield "the same, worth their amount", people(["a"] * 60, even, worth), Rules(mode, None, sum(even) // 3 | 1)
    names = [f"{number:03}" for number in range(101)]
    of = [*names, *(chance.choice(names) for _ in range(135))]
    yield "101 départements, 67 places", people(of, cents(236)), Rules(mode, 67, None, quotas=(one,))
    equal = people([chance.choice("abcdefghijklmnopqr") for _ in range(236)], [5_000_000] * 236, [700_000] * 236)
    yield "236 equal scores and amounts", equal, Rules(mode, 67, 67 * 5_000_000 - 1, quotas=(one,))


def print_hard(work: int) -> None:
    """Each hard case in both modes, then 400 draws of the usual call of 236."""
    modes: tuple[Literal["value", "merit"], ...] = ("value", "merit")
    for mode in modes:
        for name, candidates, rules in hard_cases(mode):
            started = time.process_time()
            with allowance(WORK * work) as left:
                try:
                    outcome = select(candidates, rules, work=WORK * work)
                    gap = "" if outcome.gap is None else f", gap {outcome.gap / 10_000:.4f}"
                    said = f"proven {outcome.proven_optimal}, ties {outcome.tie_proven}{gap}"
                except InfeasibleRules as refused:
                    said = f"conflict of {sum(map(len, refused.values.values()))} values, smallest {refused.smallest_proven}"
                except NothingFound:
                    said = "nothing found"
                taken = WORK * work - left.left
            print(f"{mode:>5}, {name}: {said}; {taken} nodes, {time.process_time() - started:.2f} s", flush=True)
    for mode in modes:
        candidates, rules = a_problem(236, 0)
        rules = replace(rules, mode=mode, protect_top=38)
        chance = np.random.default_rng(1)
        noise = np.rint(chance.standard_normal((400, 236)) * 60_000).astype(np.int64)
        scores = np.array([candidate.score for candidate in candidates]) + noise
        started = time.process_time()
        system = compile_system(candidates, rules)
        unended = sum(select_batch(system, scores[at : at + 10]).unended for at in range(0, 400, 10))
        print(f"{mode:>5}, 400 draws at 236: {time.process_time() - started:.2f} s, {unended} unended", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="236,1000,5000")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hard", action="store_true")
    parser.add_argument("--work", type=int, default=1)
    given = parser.parse_args()
    if given.hard:
        print_hard(given.work)
        return
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
