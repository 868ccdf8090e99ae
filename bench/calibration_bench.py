"""Time of the calibration, and what it gains or loses: right laureates, regret and intervals on simulated calls.

Run by hand: `python -m bench.calibration_bench [--quick] [--repeats N]`. Prints the tables that
docs/how-the-ranking-works-statistics.md cites.

The simulation: 236 applications, 40 reviewers, 3 reviews each, 67 laureates; a total on 100 = quality (sd 11.3) + severity
(4.9) + noise (11.3), not clipped. Right laureates: those of the truly best that a score retains. Regret: by how much the mean
quality of the retained falls short of that of the best, in points. Coverage: share of the truths inside their 90 % interval.
`set aside`: as the engine, without the reviews of those whom it flags as erratic.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from aap.core.call.schema import CallFile
from aap.core.inputs import Application
from aap.core.ranking.draws import drawn_scores
from aap.core.ranking.ranking import rank
from aap.core.scoring.severity import Z90, calibrate
from aap.core.scoring.totals import UNIT, Review
from bench.first_edition import severities as first_edition

QUALITY, SEVERITY, NOISE = 11.3, 4.9, 11.3
THEMES = 4
CROSSING = 0.15  # of the reviews of a call dealt by theme


@dataclass(frozen=True)
class World:
    """A simulated call. `application`, `reviewer`, `total`: one entry a review."""

    quality: np.ndarray
    severity: np.ndarray
    application: np.ndarray
    reviewer: np.ndarray
    total: np.ndarray
    laureates: int

    def without(self, reviewers: set[int]) -> World:
        kept = ~np.isin(self.reviewer, list(reviewers))
        return World(
            self.quality, self.severity, self.application[kept], self.reviewer[kept], self.total[kept], self.laureates
        )

    @property
    def reviews(self) -> list[Review]:
        return [
            Review(f"a{i:05}", f"r{j:05}", {}, Fraction(round(100 * total), 100))
            for i, j, total in zip(self.application.tolist(), self.reviewer.tolist(), self.total.tolist(), strict=True)
        ]


def evenly(rng: np.random.Generator, n: int, q: int, k: int) -> np.ndarray:
    """Panels: applications x seats, each reviewer about as often."""
    panels = np.empty((n, k), dtype=int)
    given = np.zeros(q)
    for i in rng.permutation(n):
        panels[i] = np.argsort(given + rng.random(q))[:k]
        given[panels[i]] += 1
    return panels


def by_theme(rng: np.random.Generator, n: int, q: int, k: int) -> np.ndarray:
    """Reviewers and applications of `THEMES` themes (number modulo `THEMES`); some reviews cross."""
    panels = np.empty((n, k), dtype=int)
    for i in range(n):
        own = [j for j in range(q) if j % THEMES == i % THEMES]
        panel = rng.choice(own, k, replace=False)
        for seat in np.flatnonzero(rng.random(k) < CROSSING):
            panel[seat] = rng.choice([j for j in range(q) if j not in panel and j % THEMES != i % THEMES])
        panels[i] = panel
    return panels


def world(
    rng: np.random.Generator, n: int = 236, q: int = 40, laureates: int = 67, k: int = 3, *,
    dealt: str = "evenly", theme_quality: float = 0.0, theme_severity: float = 0.0, odd: str = "",
) -> World:  # fmt: skip
    """`dealt`: evenly | by theme | by quality | best to severest. `theme_quality`, `theme_severity`: standard deviations
    between themes. `odd`: three reviewers mark `at random` or `upside down`."""
    quality, severity = rng.normal(50, QUALITY, n), rng.normal(0, SEVERITY, q)
    quality += theme_quality * rng.normal(0, 1, THEMES)[np.arange(n) % THEMES]
    severity += theme_severity * rng.normal(0, 1, THEMES)[np.arange(q) % THEMES]
    panels = by_theme(rng, n, q, k) if dealt == "by theme" else evenly(rng, n, q, k)
    if dealt == "by quality":
        place = np.argsort(np.argsort(quality + rng.normal(0, QUALITY / 2, n))) * (q - 6) // n
        panels = np.array([at + rng.choice(7, k, replace=False) for at in place])
    if dealt == "best to severest":
        merit = np.argsort(np.argsort(quality + rng.normal(0, QUALITY, n)))
        panels = panels[np.argsort(-severity[panels].mean(axis=1))][merit]
    application, reviewer = np.repeat(np.arange(n), k), panels.ravel()
    total = quality[application] + severity[reviewer] + rng.normal(0, NOISE, n * k)
    if odd:
        chosen = np.isin(reviewer, rng.choice(q, 3, replace=False))
        total[chosen] = rng.uniform(0, 100, int(chosen.sum())) if odd == "at random" else 100 - total[chosen]
    return World(quality, severity, application, reviewer, np.round(total, 2), laureates)


@dataclass
class Tally:
    """What one way of scoring found, over many worlds."""

    right: list[int] = field(default_factory=list)
    regret: list[float] = field(default_factory=list)

    def add(self, world: World, scores: np.ndarray) -> None:
        best, retained = (np.argsort(-of, kind="stable")[: world.laureates] for of in (world.quality, scores))
        self.right.append(len(set(best.tolist()) & set(retained.tolist())))
        self.regret.append(float(world.quality[best].mean() - world.quality[retained].mean()))


def means(world: World, less: np.ndarray) -> np.ndarray:
    """The mean total of each application, less the severities of its reviewers; -inf where nobody is left."""
    n = len(world.quality)
    sums = np.bincount(world.application, world.total - less[world.reviewer], n)
    counts = np.bincount(world.application, minlength=n)
    return np.where(counts > 0, sums / np.maximum(counts, 1), -np.inf)


def estimated(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, set[int]]:
    """By our engine: severities (0 for who has no review), their half intervals, those of the scores, who is erratic."""
    found = calibrate(world.reviews)
    value, half = np.zeros(len(world.severity)), np.zeros(len(world.severity))
    for name, one in found.severities.items():
        value[int(name[1:])] = one.value / UNIT
        half[int(name[1:])] = 0.0 if one.low is None else (one.value - one.low) / UNIT
    of_score = [
        Z90 * found.error_variance(f"a{i:05}") ** 0.5 if f"a{i:05}" in found.panels else np.inf
        for i in range(len(world.quality))
    ]
    return value, half, np.array(of_score), {int(name[1:]) for name, one in found.severities.items() if one.erratic}


def compare(name: str, make: Callable[[np.random.Generator], World], repeats: int) -> None:
    ways = {way: Tally() for way in ("raw", "ours", "first edition", "set aside", "oracle")}
    scores_in: list[float] = []
    severities_in: list[float] = []
    for seed in range(repeats):
        one = make(np.random.default_rng(seed))
        value, half, of_score, erratic = estimated(one)
        ours = means(one, value)
        scores_in.append(float((np.abs(ours - one.quality) <= of_score).mean()))
        severities_in.append(float((np.abs(value - one.severity) <= half).mean()))
        ways["raw"].add(one, means(one, np.zeros_like(value)))
        ways["ours"].add(one, ours)
        ways["first edition"].add(one, means(one, first_edition(one.application, one.reviewer, one.total)))
        left = one.without(erratic) if erratic else one
        ways["set aside"].add(one, means(left, estimated(left)[0]) if erratic else ours)
        ways["oracle"].add(one, means(one, one.severity))
    gain = np.array(ways["ours"].right) - np.array(ways["raw"].right)
    cells = [f"{np.mean(way.right):5.1f} ({np.mean(way.regret):.2f})" for way in ways.values()]
    print(
        f"| {name} | " + " | ".join(cells)
        + f" | {gain.mean():+.1f} ± {1.96 * gain.std(ddof=1) / repeats**0.5:.1f}"
        + f" | {100 * np.mean(scores_in):.0f} % | {100 * np.mean(severities_in):.0f} % |",
        flush=True,
    )  # fmt: skip


SCENES: dict[str, Callable[[np.random.Generator], World]] = {
    "evenly dealt": world,
    "by theme, equal themes": lambda rng: world(rng, dealt="by theme"),
    "by theme, unequal quality (sd 6)": lambda rng: world(rng, dealt="by theme", theme_quality=6.0),
    "by theme, unequal quality (sd 10)": lambda rng: world(rng, dealt="by theme", theme_quality=10.0),
    "by theme, unequal severity (sd 5)": lambda rng: world(rng, dealt="by theme", theme_severity=5.0),
    "by quality: each reads dossiers of like quality": lambda rng: world(rng, dealt="by quality"),
    "best to severest": lambda rng: world(rng, dealt="best to severest"),
    "few: 5 reviewers, 30 applications, 9 laureates": lambda rng: world(rng, 30, 5, 9),
    "3 of 40 mark at random": lambda rng: world(rng, odd="at random"),
    "3 of 40 mark upside down": lambda rng: world(rng, odd="upside down"),
}


def told_against_truth(repeats: int) -> None:
    """How often applications are among the truly best 67, by the share of 100 draws in which they are drawn so."""
    print("\n| method | " + " | ".join(f"{10 * at}–{10 * at + 10} %" for at in range(10)) + " | mean distance |")
    print("|---|" + "---|" * 11)
    for method in ("raw", "calibrated"):
        call = CallFile.model_validate(
            {
                "schema": 1, "call": {"id": "bench"},
                "rubric": {"scale": {"min": 0, "max": 100, "step": 1}, "criteria": [{"id": "all", "weight": 1}]},
                "scoring": {"method": method}, "selection": {"mode": "merit", "laureates": 67},
            }
        )  # fmt: skip
        told, true = [], []
        for seed in range(repeats):
            one = world(np.random.default_rng(seed))
            reviews = [Review(r.application_id, r.reviewer_id, {"all": 0}, r.total) for r in one.reviews]
            applications = [Application(f"a{i:05}", "", 0) for i in range(236)]
            ranking = rank(call, applications, reviews, draw_seed="bench")
            best = np.argsort(-drawn_scores(ranking, 100, "bench"), axis=1, kind="stable")[:, :67]
            told += (np.bincount(best.ravel(), minlength=236) / 100).tolist()
            truly = {f"a{i:05}" for i in np.argsort(-one.quality)[:67]}
            true += [candidate.id in truly for candidate in ranking.candidates]
        bins = np.minimum((np.array(told) * 10).astype(int), 9)
        share = [float(np.array(true)[bins == one].mean()) for one in range(10)]
        off = [abs(np.array(told)[bins == at].mean() - share[at]) for at in range(10)]
        mean = np.average(off, weights=np.bincount(bins, minlength=10))
        print(f"| {method} | " + " | ".join(f"{100 * one:.0f} %" for one in share) + f" | {mean:.3f} |", flush=True)


def times(sizes: list[tuple[int, int]]) -> None:
    print("| applications | reviewers | seconds | CPU seconds | peak MB |\n|---|---|---|---|---|")
    for n, q in sizes:
        rng = np.random.default_rng(n)
        quality, severity, panels = rng.normal(50, QUALITY, n), rng.normal(0, SEVERITY, q), evenly(rng, n, q, 3)
        application, reviewer = np.repeat(np.arange(n), 3), panels.ravel()
        total = quality[application] + severity[reviewer] + rng.normal(0, NOISE, 3 * n)
        reviews = World(quality, severity, application, reviewer, total, 0).reviews
        started, used = time.perf_counter(), time.process_time()
        calibrate(reviews)
        taken, cpu = time.perf_counter() - started, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {n} | {q} | {taken:.2f} | {cpu:.2f} | {peak:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and few repeats")
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args()
    repeats = 10 if options.quick else options.repeats
    print("Right laureates (regret in points); gain of ours over raw; coverage of 90 % intervals.\n")
    print("| dealt | raw | ours | first edition | set aside | oracle | gain | scores | severities |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, make in SCENES.items():
        compare(name, make, repeats)
    told_against_truth(max(repeats // 5, 2))
    print()
    sizes = [(250, 40), (1_000, 160), (5_000, 800)]
    times(sizes if options.quick else [*sizes, (20_000, 3_000), (17_000, 17_000)])


if __name__ == "__main__":
    main()
