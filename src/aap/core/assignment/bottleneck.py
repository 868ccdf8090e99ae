"""The three exact steps of an assignment: as many seats as possible, the largest total fit, the highest worst fit.

1. `fill_seats`: as many seats as possible, spread over the dossiers that go short; then as few reviewers below their minimum
   as possible; then as many of the pairs to keep as possible. Lexicographic, in one flow.
2. `fittest`: with the seats and minima so found, the largest total fit. Among equals: balanced loads, then pairs that
   hold now, and panels that mix (a drawn figure a pair).
3. `raise_floor`: the highest fit that no new pair is below while the total stays within a share of the optimum (the
   bottleneck, by bisection over the fits that occur: the largest total can only fall when the floor rises).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from aap.core.assignment.flow import Network, cheapest_flow
from aap.core.assignment.problem import Bools, Grid, Ints

BALANCE = 64_000
"""Price of the last seat of a full load, in the order below fit; the first seat of an empty one costs nothing."""

_LARGEST = 4 * 10**18  # the solver multiplies prices by the number of nodes, in 64 bits

_NOISE = 256


@dataclass(frozen=True)
class Seats:
    """What can be filled, apart from what is fixed: seats a dossier (n,), units a reviewer must have (m,) and may have
    (m,), and the pairs (n, m) with which it was shown.
    """

    needs: Ints
    least: Ints
    caps: Ints
    given: Bools


def wanted(grid: Grid) -> Seats:
    """What the demand asks for, beside what is fixed."""
    needs = np.maximum(grid.reviews - grid.fixed.sum(axis=1), 0)
    load = grid.fixed.sum(axis=0)
    caps = grid.most - load
    least = np.minimum(np.maximum(grid.least - load, 0), caps)
    return Seats(needs, least, caps, np.zeros_like(grid.fixed))


def fill_seats(grid: Grid, keep: Bools | None = None) -> Seats:
    """As many seats as can be filled at once, and the minima that can be reached with them; of the pairs to `keep`,
    as many as this allows. `given` shows it.
    """
    asked = wanted(grid)
    keep = (keep if keep is not None else np.zeros_like(grid.fixed)) & grid.open
    below = int(keep.sum()) + 1  # price of one unit below a minimum
    empty = below * (int(asked.least.sum()) + 1) * 1000  # price of an empty seat; a second one in a dossier, a bit more
    most = int(asked.caps.max(initial=0))
    under = np.arange(most)[None, :] < asked.least[:, None]
    network = Network(
        needs=asked.needs,
        open=grid.open,
        cost=np.where(keep, -1, 0).astype(np.int64),
        steps=np.where(under, -below, 0).astype(np.int64),
        caps=asked.caps,
        short=_short(asked, empty, max(empty // 1000, 1)),
        tie=grid.noise,
    )
    given = cheapest_flow(network)
    return Seats(given.sum(axis=1), np.minimum(given.sum(axis=0), asked.least), asked.caps, given)


def fittest(grid: Grid, seats: Seats, *, floor: int = 0) -> Bools | None:
    """The pairs with the largest total fit, none below `floor`; None where the floor leaves seats or minima unmet."""
    total = int(seats.needs.sum())
    n, m = grid.fit.shape
    largest = int(grid.fit.max(initial=1))
    balance = min(BALANCE, _LARGEST // ((m + 2) * (n + m + 2) * (largest + 1) * (total + 1)))
    scale = total * (balance + 2 * _NOISE) + 1  # a point of fit outweighs everything below
    cost = np.where(grid.current, grid.noise - _NOISE, grid.noise) - grid.fit * scale
    highest = largest * scale + balance + 2 * _NOISE
    unmet = (len(grid.reviewers) + 1) * highest + 1  # no exchange along a path can be worth an unmet rule
    most = int(seats.caps.max(initial=0))
    unit = np.arange(most)[None, :]
    load = grid.fixed.sum(axis=0)[:, None]
    steps = ((load + unit) * balance) // np.maximum(grid.most, 1)[:, None]
    steps = np.where(unit < seats.least[:, None], steps - unmet, steps)
    network = Network(
        needs=seats.needs,
        open=grid.open & (grid.fit >= floor),
        cost=cost,
        steps=steps.astype(np.int64),
        caps=seats.caps,
        short=_short(seats, unmet, 0),
        tie=grid.noise,
    )
    given = cheapest_flow(network)
    met = (given.sum(axis=1) == seats.needs).all() and (given.sum(axis=0) >= seats.least).all()
    return given if met else None


def raise_floor(grid: Grid, seats: Seats, best: Bools, *, loss: int) -> tuple[int, Bools]:
    """The highest floor with a total fit at most `loss` below that of `best`, and the fittest pairs above it."""
    if not best.any():
        return 0, best
    optimum = int(grid.fit[best].sum())
    worst = int(grid.fit[best].min())
    floors = np.unique(grid.fit[grid.open])
    floors = floors[floors > worst]
    found, low, high = (worst, best), 0, len(floors)
    while low < high:
        middle = (low + high) // 2
        given = fittest(grid, seats, floor=int(floors[middle]))
        if given is not None and optimum - int(grid.fit[given].sum()) <= loss:
            found, low = (int(grid.fit[given].min()), given), middle + 1
        else:
            high = middle
    return found


def most_bridges(grid: Grid, seats: Seats) -> Bools:
    """With the same seats and minima, the most pairs across themes; among these the largest total fit."""
    m = len(grid.reviewers)
    largest = int(grid.fit.max(initial=1))
    across = (m + 1) * largest + 1  # no exchange along a path changes the fit by as much
    unmet = (m + 1) * (across + largest) + 1
    unit = np.arange(int(seats.caps.max(initial=0)))[None, :]
    network = Network(
        needs=seats.needs,
        open=grid.open,
        cost=np.where(grid.crossing, -across, 0) - grid.fit,
        steps=np.where(unit < seats.least[:, None], -unmet, 0).astype(np.int64),
        caps=seats.caps,
        short=_short(seats, unmet, 0),
        tie=grid.noise,
    )
    return cheapest_flow(network)


def only(grid: Grid, kept: Bools) -> Grid:
    """The grid with more pairs that stay."""
    return replace(grid, fixed=grid.fixed | kept)


def _short(seats: Seats, first: int, more: int) -> Ints:
    most = int(seats.needs.max(initial=0))
    return np.tile(first + more * np.arange(most, dtype=np.int64), (len(seats.needs), 1))
