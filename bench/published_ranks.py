"""How near a ranking comes to ranks that somebody else published for the same votes.

Run by hand: `python -m bench.published_ranks ranking.csv expected.csv --first 106`. The first is `aap rank`'s, the second has
the columns `application_id` and `expected_rank` (smaller is better). Prints Spearman's correlation over the applications of
both, and how many of the first ones are the same.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr


def column(path: Path, name: str) -> dict[str, float]:
    """A column of numbers by application, without the empty cells."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {row["application_id"]: float(row[name]) for row in csv.DictReader(lines) if row[name]}


def compared(ours: dict[str, float], theirs: dict[str, float], first: int) -> tuple[float, int]:
    """Spearman's correlation of the two, and how many are among the `first` of both; smaller is better."""
    names = sorted(ours.keys() & theirs.keys())
    pairs = np.array([(ours[name], theirs[name]) for name in names])
    heads = [{names[at] for at in np.argsort(one, kind="stable")[:first]} for one in pairs.T]
    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic), len(heads[0] & heads[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ranking", type=Path)
    parser.add_argument("expected", type=Path)
    parser.add_argument("--first", type=int, default=106)
    options = parser.parse_args()
    scores = {name: -score for name, score in column(options.ranking, "calibrated_score").items()}
    correlation, shared = compared(scores, column(options.expected, "expected_rank"), options.first)
    print(f"rank correlation {correlation:.4f}; {shared} of the first {options.first} are the same")


if __name__ == "__main__":
    main()
