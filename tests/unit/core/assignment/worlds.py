"""Small and large worlds of dossiers and reviewers, and the assignment found by trying everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from aap.core.assignment.problem import Demand, Dossier, Pair, Reviewer


@st.composite
def small_demands(draw: st.DrawFn) -> Demand:
    """At most 3 dossiers and 4 reviewers, with conflicts, minima, maxima, fixed pairs and fits of all kinds."""
    n, m = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    dossiers = [Dossier(f"d{i}", department=draw(st.sampled_from(["01", "02"]))) for i in range(n)]
    reviewers = []
    for j in range(m):
        least = draw(st.integers(0, 2))
        reviewers.append(
            Reviewer(
                f"r{j}",
                departments=draw(st.sampled_from([(), (), ("01",)])),
                min_load=least,
                max_load=draw(st.integers(least, 3)),
                available=draw(st.sampled_from([True, True, True, False])),
            )
        )
    pairs = st.sampled_from([(one.id, two.id) for one in dossiers for two in reviewers])
    return Demand(
        dossiers,
        reviewers,
        draw(st.integers(1, 3)),
        conflicts=frozenset(draw(st.lists(pairs, max_size=3))),
        fixed=frozenset(draw(st.lists(pairs, max_size=2))),
        current=frozenset(draw(st.lists(pairs, max_size=4))),
        affinities={pair: draw(st.integers(0, 100)) for pair in draw(st.lists(pairs, max_size=12))},
        seed="essai",
    )


@dataclass(frozen=True)
class Best:
    """What exhaustion finds: seats filled, how unevenly dossiers go short, units below the minima, pairs kept of the
    current ones, total fit."""

    seats: int
    uneven: int
    below: int
    kept: int
    fit: int


def by_exhaustion(needs, least, caps, keep, fit, allowed, *, stay: bool) -> Best:  # type: ignore[no-untyped-def]
    """The lexicographically best of all sets of allowed pairs; `stay`: pairs kept count."""
    places = np.argwhere(allowed)
    best: tuple[int, ...] | None = None
    for word in range(1 << len(places)):
        chosen = places[[at for at in range(len(places)) if word >> at & 1]]
        given = np.zeros_like(allowed)
        if len(chosen):
            given[chosen[:, 0], chosen[:, 1]] = True
        if (given.sum(axis=1) > needs).any() or (given.sum(axis=0) > caps).any():
            continue
        below = int(np.maximum(least - given.sum(axis=0), 0).sum())
        short = needs - given.sum(axis=1)
        uneven = int((short * (short - 1) // 2).sum())
        value = (int(given.sum()), -uneven, -below, int((given & keep).sum()) if stay else 0, int(fit[given].sum()))
        best = value if best is None else max(best, value)
    assert best is not None
    return Best(best[0], -best[1], -best[2], best[3], best[4])


def themed(n: int, m: int, *, themes: int = 4, seed: int = 1, reviews: int = 3) -> Demand:
    """Every reviewer knows one theme only: affinity alone leaves one component a theme."""
    rng = np.random.default_rng(seed)
    of_dossier, of_reviewer = rng.integers(0, themes, n), np.arange(m) % themes
    each = -(-n * reviews // m)
    fits = np.where(of_dossier[:, None] == of_reviewer[None, :], rng.integers(70, 101, (n, m)),
                    rng.integers(0, 31, (n, m)))  # fmt: skip
    return Demand(
        [Dossier(f"d{i:04}", (f"t{of_dossier[i]}",)) for i in range(n)],
        [Reviewer(f"r{j:03}", (f"t{of_reviewer[j]}",), min_load=each // 3, max_load=each * 3 // 2) for j in range(m)],
        reviews,
        affinities={(f"d{i:04}", f"r{j:03}"): int(fits[i, j]) for i in range(n) for j in range(m)},
    )


def loads(pairs: frozenset[Pair], reviewer: str) -> int:
    return sum(one == reviewer for _, one in pairs)
