"""Time of the calibration, and what it gains: right laureates against raw means, on simulated severities.

Run by hand: `python -m bench.calibration_bench [--quick]`. Prints two tables.

The simulation: 236 applications, 40 reviewers, 3 reviews each, 67 laureates; a mark of 1 to 10 = 5.5 + quality +
severity + noise, rounded to the half and clipped. Right laureates: those of the 67 truly best that a score retains. The
oracle knows the true severities and subtracts them: what no estimate can beat by more than luck.
"""

from __future__ import annotations

import argparse
import resource
import time
from fractions import Fraction

import numpy as np

from aap.core.scoring.severity import calibrate
from aap.core.scoring.totals import Review

LAUREATES = 67


def reviews_of(
    rng: np.random.Generator, n: int, q: int, variances: tuple[float, float, float], k: int = 3
) -> tuple[list[Review], np.ndarray, np.ndarray]:
    """Reviews of `n` applications, the true qualities and the true severities (marks of 1 to 10)."""
    quality, severity, noise = (
        rng.normal(0, spread**0.5, size) for spread, size in zip(variances, (n, q, n * k), strict=True)
    )
    seats = np.resize(np.arange(q), n * k)
    rng.shuffle(seats)
    found = []
    for i in range(n):
        panel = list(dict.fromkeys(seats[i * k : i * k + k].tolist()))
        while len(panel) < k:
            extra = int(rng.integers(q))
            if extra not in panel:
                panel.append(extra)
        for at, j in enumerate(panel):
            mark = np.clip(np.round(2 * (5.5 + quality[i] + severity[j] + noise[i * k + at])) / 2, 1, 10)
            total = Fraction(100) * (Fraction(float(mark)) - 1) / 9
            found.append(Review(f"a{i:05}", f"r{j:04}", {}, total))
    return found, quality, severity


def times(sizes: list[tuple[int, int]]) -> None:
    print(f"{'applications':>12} {'reviewers':>9} {'seconds':>8} {'peak MB':>8}")
    for n, q in sizes:
        reviews, _, _ = reviews_of(np.random.default_rng(n), n, q, (1.28, 0.24, 1.27))
        started = time.perf_counter()
        calibrate(reviews)
        taken = time.perf_counter() - started
        print(f"{n:>12} {q:>9} {taken:>8.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>8.0f}")


def right_laureates(name: str, variances: tuple[float, float, float], repeats: int) -> None:
    right: dict[str, list[int]] = {"raw": [], "calibrated": [], "oracle": []}
    for seed in range(repeats):
        reviews, quality, severity = reviews_of(np.random.default_rng(seed), 236, 40, variances)
        found = calibrate(reviews)
        by_application: dict[str, list[Review]] = {}
        for review in reviews:
            by_application.setdefault(review.application_id, []).append(review)
        best = {f"a{i:05}" for i in np.argsort(-quality)[:LAUREATES]}
        scores = {
            "raw": {a: float(sum(r.total for r in own) / len(own)) for a, own in by_application.items()},
            "calibrated": {a: float(found.score(own)) for a, own in by_application.items()},
            "oracle": {
                a: float(np.mean([float(r.total) - severity[int(r.reviewer_id[1:])] * 100 / 9 for r in own]))
                for a, own in by_application.items()
            },
        }
        for method, of in scores.items():
            retained = sorted(of, key=lambda a: (-of[a], a))[:LAUREATES]
            right[method].append(len(best & set(retained)))
    figures = "".join(f"{np.mean(values):>12.2f}" for values in right.values())
    gain = np.array(right["calibrated"]) - np.array(right["raw"])
    print(f"{name:<40}{figures}{gain.mean():>10.2f} ± {1.96 * gain.std(ddof=1) / repeats**0.5:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and few repeats")
    quick = parser.parse_args().quick
    sizes = [(250, 40), (1000, 160), (5000, 800)]
    times(sizes[:2] if quick else [*sizes, (20_000, 3000)])
    print(f"\n{'right laureates of 67':<40}{'raw':>12}{'calibrated':>12}{'oracle':>12}{'gain':>10}")
    repeats = 20 if quick else 200
    right_laureates("quality 1.28 severity 0.24 noise 1.27", (1.28, 0.24, 1.27), repeats)
    right_laureates("quality 1.28 severity 1.50 noise 1.27", (1.28, 1.50, 1.27), repeats)


if __name__ == "__main__":
    main()
