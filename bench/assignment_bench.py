"""Time, fit and connection of three assignments: at random, by affinity alone, and ours.

Run by hand: `python -m bench.assignment_bench [--quick]`. Prints one table a size.

The world: six themes; every reviewer knows one of them, every dossier has one; the fit of an expert is 70 to 100, of
anybody else 0 to 30, drawn a pair (as a comparison of texts would give it). Two departments in a hundred pairs coincide
and are barred, and one pair in a hundred is a conflict. Loads between a third and 1.4 times the mean. Random: the same
rules, drawn prices instead of the fit. Affinity: largest total fit and nothing else. No share: ours
without the share of reviews across themes. No swaps: ours before all swaps.

`error`: mean expected standard error of a calibrated score, points on 100; `severity`: its part that depends on who
reads what, `across`: that of the difference between two dossiers of different themes (docs/assignment.md). `bridges`:
reviews across themes. `worst`: lowest fit of a pair; `panel`: lowest mean fit of a dossier's panel.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from fractions import Fraction

import numpy as np

from aap.core.assignment.bottleneck import fill_seats, fittest
from aap.core.assignment.connection import connection
from aap.core.assignment.distribution import Options, assign
from aap.core.assignment.flow import Network, cheapest_flow
from aap.core.assignment.problem import Bools, Demand, Dossier, Grid, Reviewer, drawn, grid_of

THEMES = 6


def world(n: int, m: int, reviews: int = 3) -> Demand:
    rng = np.random.default_rng(n)
    of_dossier, of_reviewer = rng.integers(0, THEMES, n), np.arange(m) % THEMES
    each = -(-n * reviews // m)
    same = of_dossier[:, None] == of_reviewer[None, :]
    fits = np.where(same, rng.integers(70, 101, (n, m)), rng.integers(0, 31, (n, m)))
    conflicts = np.argwhere(rng.random((n, m)) < 0.01)
    names, people = [f"d{i:05}" for i in range(n)], [f"r{j:04}" for j in range(m)]
    return Demand(
        [Dossier(names[i], (f"t{of_dossier[i]}",), str(rng.integers(1, 96))) for i in range(n)],
        [
            Reviewer(people[j], (f"t{of_reviewer[j]}",), (str(rng.integers(1, 96)),), each // 3, each * 7 // 5 + 1)
            for j in range(m)
        ],
        reviews,
        conflicts=frozenset((names[i], people[j]) for i, j in conflicts),
        affinities=dict(zip(((a, b) for a in names for b in people), fits.ravel().tolist(), strict=True)),
    )


def at_random(grid: Grid) -> Bools:
    """The same rules, with drawn prices: fit plays no part."""
    blind = dataclasses.replace(grid, fit=drawn("random", 101, grid.fit.shape))
    found = fittest(blind, fill_seats(blind))
    assert found is not None
    return found


def by_affinity(grid: Grid) -> Bools:
    """Largest total fit, and nothing else: equal fits as the solver finds them."""
    seats = fill_seats(grid)
    far = (len(grid.reviewers) + 1) * 101
    unit = np.arange(int(seats.caps.max()))[None, :]
    return cheapest_flow(
        Network(
            needs=seats.needs,
            open=grid.open,
            cost=-grid.fit,
            steps=np.where(unit < seats.least[:, None], -far, 0).astype(np.int64),
            caps=seats.caps,
            short=np.full((len(seats.needs), int(seats.needs.max())), far, dtype=np.int64),
            tie=grid.noise,
        )
    )


def compare(n: int, m: int) -> None:
    demand = world(n, m)
    grid = grid_of(demand)
    print(f"\n{n} dossiers × 3 among {m} reviewers")
    print(
        f"{'':<10}{'CPU s':>8}{'fit':>10}{'of best':>9}{'worst':>7}{'panel':>7}{'parts':>7}{'error':>9}{'severity':>10}"
        f"{'across':>9}{'bridges':>9}"
    )
    found: dict[str, tuple[float, Bools]] = {}
    for name, make in (("random", at_random), ("affinity", by_affinity)):
        started = time.process_time()
        given = make(grid)
        found[name] = time.process_time() - started, given
    started = time.process_time()
    proposal = assign(demand)
    found["ours"] = time.process_time() - started, proposal.given
    started = time.process_time()
    unshared = assign(demand, Options(bridges=Fraction(0)))
    found["no share"] = time.process_time() - started, unshared.given
    started = time.process_time()
    unbridged = assign(demand, Options(connect=False))
    found["no swaps"] = time.process_time() - started, unbridged.given
    best = proposal.optimum
    for name, (seconds, given) in found.items():
        link = connection(grid, given)
        panels = np.where(given, grid.fit, 0).sum(axis=1) / np.maximum(given.sum(axis=1), 1)
        fit = int(grid.fit[given].sum())
        print(
            f"{name:<10}{seconds:>8.2f}{fit:>10}{fit / best:>9.4f}{grid.fit[given].min():>7}{panels.min():>7.1f}"
            f"{len(link.components):>7}{link.errors.score:>9.4f}{link.errors.severity:>10.4f}"
            f"{link.errors.across or 0:>9.4f}{int((given & grid.crossing).sum()):>9}"
        )
    cut = proposal.connection.cut
    if cut is not None:
        print(
            f"ours: weakest cut {len(cut.smaller)} | {len(cut.larger)} reviewers, {cut.shared} dossiers in common; "
            f"optimum {best}, proven by LP duality"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small size only")
    quick = parser.parse_args().quick
    for n, m in ((236, 40),) if quick else ((236, 40), (5000, 800)):
        compare(n, m)


if __name__ == "__main__":
    main()
