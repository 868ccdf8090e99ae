"""Swaps of two dossiers' reviewers that join what falls apart and sharpen the comparison, at little fit.

A swap takes reviewer q of dossier d and reviewer r of dossier e, and gives them each other's: every load and every
panel keeps its size. Three rounds, each deterministic:

1. `join`: while there are several components, the swap between two of them that costs the least fit.
2. `thicken`: the same across a place where a component hangs by a single review, dossier or reviewer.
3. `sharpen`: swaps that lower the mean expected error variance (aap.core.assignment.connection). Its derivative by the
   panels ranks many drawn swaps at once, a batch of the best that don't touch each other is made, the variance is
   computed again, and a batch that doesn't lower it is halved. The work is counted in rounds, never in time.

Fixed pairs, and those to keep, never move. `floor`: new pairs of the last round are never below it; those of the first
two are where nothing else joins, at most one a dossier. The share of bridges is aap.core.assignment.crossing's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from aap.core.assignment.connection import DEFAULT_VARIANCES, AssumedVariances, Precision
from aap.core.assignment.problem import Bools, Floats, Grid, Ints, drawn
from aap.core.scoring.review_graph import WeakLinks, weak_links

ROUNDS = 10
"""Batches of sharpening at most."""

DRAWN = 200_000
"""Swaps looked at in a batch."""

JOINTS = 3
"""Swaps that join a component with the others, where the fit allows: one is a thread, three hold."""

DOSSIERS_A_JOINT = 100
"""Each joint of a large component is a swap for so many of its dossiers."""

STARTS = 48
"""Seats from which the cheapest joining swap is sought."""


Swap = tuple[int, int, int, int]
"""Dossier, its reviewer, other dossier, other reviewer: places in the grid."""


@dataclass
class Panels:
    """An assignment under change. `movable` (n, m): pairs of `given` that may be swapped; `left`: fit to lose yet.
    `keeps_bridges`: no swap lowers the number of reviews across themes.
    """

    grid: Grid
    given: Bools
    movable: Bools
    left: int
    floor: int = 0
    variances: AssumedVariances = DEFAULT_VARIANCES
    lowered: set[int] = field(default_factory=set)
    keeps_bridges: bool = False

    @property
    def bridges(self) -> int:
        """Reviews across themes, the fixed ones too."""
        return int((self.given & self.grid.crossing).sum())

    def loss(self, d: int, q: int, e: int, r: int) -> int:
        """Fit lost when q leaves d for e and r leaves e for d (negative: won)."""
        fit = self.grid.fit
        return int(fit[d, q] + fit[e, r] - fit[d, r] - fit[e, q])

    def swap(self, d: int, q: int, e: int, r: int) -> None:
        for array in (self.given, self.movable):
            array[d, q] = array[e, r] = False
            array[d, r] = array[e, q] = True

    def shift(self, d: int, q: int, r: int) -> None:
        """Dossier d goes from q to r; their loads change."""
        self.left -= int(self.grid.fit[d, q] - self.grid.fit[d, r])
        for array in (self.given, self.movable):
            array[d, q], array[d, r] = False, True


def join_and_sharpen(panels: Panels) -> None:
    """All three rounds, in place."""
    join(panels)
    thicken(panels)
    sharpen(panels)


def gained(panels: Panels, d: Ints | int, q: Ints | int, e: Ints, r: Ints) -> Ints:
    """Bridges that come with swaps, less those that go."""
    across = panels.grid.crossing
    come = across[d, r].astype(np.int64) + across[e, q]
    found: Ints = come - across[d, q] - across[e, r]
    return found


def join(panels: Panels) -> None:
    """Joins the components by the cheapest swaps; then, as the fit allows, each of them again with the others."""
    parts = label = _labels(panels.given)
    while label.max(initial=0) > 0:
        found = _cheapest(panels, label, 1)
        if not found:
            return
        make(panels, found[0], hold=True)
        label = _labels(panels.given)
    for _ in range(JOINTS - 1):
        for part in range(int(parts.max(initial=0)), 0, -1):  # the smallest first
            side = np.where(parts < 0, -1, np.where(parts == part, 1, 0))
            again = max(1, int((side == 1).sum()) // DOSSIERS_A_JOINT)
            for swap in _cheapest(panels, side, again, gentle=True):
                make(panels, swap, hold=True)


def thicken(panels: Panels) -> None:
    """Adds swaps across every single link, as long as there are any that help."""
    for _ in range(2 * len(panels.grid.reviewers)):
        links = weak_links(panels.grid.pairs(panels.given))
        if not links:
            return
        side = _sides(panels, links)
        found = [] if side is None else _cheapest(panels, side, 1, gentle=True)
        if not found:
            return
        make(panels, found[0], hold=True)


def make(panels: Panels, swap: Swap, *, hold: bool = False) -> None:
    """Makes a swap; `hold`: its new pairs don't move any more (a cheap swap would undo them)."""
    d, q, e, r = swap
    panels.left -= panels.loss(*swap)
    for dossier, reviewer in ((d, r), (e, q)):
        if panels.grid.fit[dossier, reviewer] < panels.floor:
            panels.lowered.add(dossier)
    panels.swap(*swap)
    if hold:
        panels.movable[d, r] = panels.movable[e, q] = False


def _labels(given: Bools) -> Ints:
    """Component of every dossier (n,), the one with most dossiers first; -1 for a dossier that nobody reads."""
    n, m = given.shape
    dossiers, reviewers = np.nonzero(given)
    graph = coo_array((np.ones(len(dossiers)), (dossiers, reviewers + n)), shape=(n + m, n + m))
    own = connected_components(graph, directed=False)[1][:n].astype(np.int64)
    read: Bools = np.asarray(given.any(axis=1))
    names, first, count = np.unique(own[read], return_index=True, return_counts=True)
    rank = np.lexsort((first, -count))
    number = {int(names[at]): place for place, at in enumerate(rank)}
    return np.array([number[int(one)] if there else -1 for one, there in zip(own, read, strict=True)], dtype=np.int64)


def _sides(panels: Panels, links: WeakLinks) -> Ints | None:
    """The two parts (n,) that the first weak link holds together; None where nothing is cut off without it."""
    cut = panels.given.copy()
    grid = panels.grid
    if links.reviewers:
        cut[:, grid.reviewers.index(links.reviewers[0])] = False
    elif links.applications:
        cut[grid.dossiers.index(links.applications[0])] = False
    else:
        dossier, reviewer = links.reviews[0]
        cut[grid.dossiers.index(dossier), grid.reviewers.index(reviewer)] = False
    label = _labels(cut)
    if label.max(initial=0) < 1:
        return None
    return np.where(label < 0, -1, np.minimum(label, 1))


def _cheapest(panels: Panels, side: Ints, most: int, *, gentle: bool = False) -> list[Swap]:
    """Up to `most` swaps between two sides that cost the least fit, no dossier and no reviewer in two of them.

    Sought from the STARTS most promising seats. `gentle`: only within what may be lost. Without it connection goes
    before fit: what falls apart compares nothing.
    """
    dossiers, reviewers = np.nonzero(panels.movable & (side >= 0)[:, None])
    fit, noise, allowed = panels.grid.fit, panels.grid.noise, panels.grid.open & ~panels.given
    fresh = np.ones(len(panels.grid.dossiers), dtype=bool)
    fresh[list(panels.lowered)] = False
    allowed = allowed & ((fit >= panels.floor) | fresh[:, None])
    options: list[tuple[int, int, Swap]] = []
    for at in _starts(panels, side, dossiers, reviewers, allowed)[: max(STARTS, 3 * most)]:
        d, q = int(dossiers[at]), int(reviewers[at])
        ok = (side[dossiers] != side[d]) & allowed[d, reviewers] & allowed[dossiers, q]
        if panels.keeps_bridges:
            ok &= gained(panels, d, q, dossiers, reviewers) >= 0
        e, r = dossiers[ok], reviewers[ok]
        loss = fit[d, q] + fit[e, r] - fit[d, r] - fit[e, q]
        tie = noise[d, r] + noise[e, q]
        for place in np.argsort(loss * 512 + tie, kind="stable")[: 1 if most == 1 else 8]:
            options.append((int(loss[place]), int(tie[place]), (d, q, int(e[place]), int(r[place]))))
    chosen: list[Swap] = []
    touched: set[tuple[str, int]] = set()
    left = panels.left
    for loss_of_one, _, swap in sorted(options):
        names = {("d", swap[0]), ("r", swap[1]), ("d", swap[2]), ("r", swap[3])}
        if len(chosen) >= most or (gentle and loss_of_one > left):
            break
        if not names & touched:
            chosen.append(swap)
            touched |= names
            left -= loss_of_one
    return chosen


def _starts(panels: Panels, side: Ints, dossiers: Ints, reviewers: Ints, allowed: Bools) -> Ints:
    """Seats outside the first side from which little is lost at best: by what their dossier and reviewer could get."""
    fit = panels.grid.fit
    elsewhere = np.zeros((int(side.max(initial=0)) + 1, fit.shape[1]), dtype=bool)  # who reads on which side
    elsewhere[side[dossiers], reviewers] = True
    seats = np.flatnonzero(side[dossiers] > 0)
    if not len(seats):
        return seats
    bounds = np.full(len(seats), np.iinfo(np.int64).max)
    could = np.where(allowed, fit, -10_000).astype(np.int16)  # a fourth of the memory to walk through
    for one in np.unique(side[dossiers[seats]]):
        here = side[dossiers[seats]] == one
        d, q = dossiers[seats[here]], reviewers[seats[here]]
        others: Bools = np.asarray(np.delete(elsewhere, one, axis=0).any(axis=0))
        away = (side >= 0) & (side != one)
        to_dossier = could[:, others].max(axis=1, initial=-10_000).astype(np.int64)
        to_reviewer = could[away].max(axis=0, initial=-10_000).astype(np.int64)
        bounds[here] = fit[d, q] - to_dossier[d] - to_reviewer[q]
    order = np.lexsort((panels.grid.noise[dossiers[seats], reviewers[seats]], bounds))
    return seats[order]


def sharpen(panels: Panels) -> None:
    """Batches of swaps that lower the mean expected error variance, within the floor and the fit to lose.

    Where joining had to go below the floor, more may: a dossier once, and no lower than that.
    """
    if int(panels.movable.sum()) < 2 or panels.variances.reviewer <= 0.0:
        return
    lowest = panels.floor
    if panels.lowered:
        lowest = min(lowest, int(panels.grid.fit[panels.given].min()))
    precision = Precision(panels.given, panels.variances)
    variance = precision.mean_severity_variance()
    size = max(len(panels.grid.dossiers) // 6, 4)
    for number in range(ROUNDS):
        batch = _batch(panels, precision, size, number, lowest)
        if not batch:
            return
        kept = panels.given.copy(), panels.movable.copy(), panels.left, set(panels.lowered)
        for swap in batch:
            make(panels, swap)
        after = Precision(panels.given, panels.variances)
        if after.mean_severity_variance() < variance * (1 - 1e-9):
            precision, variance = after, after.mean_severity_variance()
            continue
        panels.given, panels.movable, panels.left, panels.lowered = kept
        size //= 3
        if size < 1:
            return


def _batch(panels: Panels, precision: Precision, size: int, number: int, lowest: int) -> list[Swap]:
    """The best drawn swaps that touch no dossier twice and no reviewer more than twice, at most `size`."""
    d, q, e, r = _drawn(panels, number, lowest)
    if not len(d):
        return []
    fit = panels.grid.fit
    loss = fit[d, q] + fit[e, r] - fit[d, r] - fit[e, q]
    change = _Change(precision)
    gain = -change.of(precision.row[d], q, r) - change.of(precision.row[e], r, q)
    worth = gain / (1.0 + np.maximum(loss, 0))
    order = np.lexsort((r, e, q, d, -np.round(worth, 9)))
    order = order[gain[order] > 1e-9]
    touched = np.zeros(len(panels.grid.dossiers), dtype=bool)
    moved = np.zeros(len(panels.grid.reviewers), dtype=np.int64)
    chosen: list[Swap] = []
    left = panels.left // 3 + 1 if panels.left > 0 else 0  # what one batch may lose
    for at in order[: 40 * size]:
        swap = (int(d[at]), int(q[at]), int(e[at]), int(r[at]))
        if touched[swap[0]] or touched[swap[2]] or moved[swap[1]] > 1 or moved[swap[3]] > 1:
            continue
        if loss[at] > 0 and loss[at] > left:
            continue
        left -= max(int(loss[at]), 0)
        touched[[swap[0], swap[2]]] = True
        moved[[swap[1], swap[3]]] += 1
        chosen.append(swap)
        if len(chosen) == size:
            break
    return chosen


def _drawn(panels: Panels, number: int, lowest: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Possible swaps within the floor."""
    d, q, e, r = possible_swaps(panels, str(number))
    fit = panels.grid.fit
    fresh = np.ones(len(panels.grid.dossiers), dtype=bool)
    fresh[list(panels.lowered)] = False
    ok = np.ones(len(d), dtype=bool)
    for dossier, leaving, coming in ((d, q, r), (e, r, q)):
        least = np.minimum(np.where(fresh[dossier], lowest, panels.floor), fit[dossier, leaving])
        ok &= fit[dossier, coming] >= least
    if panels.keeps_bridges:
        ok &= gained(panels, d, q, e, r) >= 0
    return d[ok], q[ok], e[ok], r[ok]


def possible_swaps(panels: Panels, label: str) -> tuple[Ints, Ints, Ints, Ints]:
    """Swaps that nothing bars: all of them where there are few, else those among DRAWN pairs of seats."""
    dossiers, reviewers = np.nonzero(panels.movable)
    count = len(dossiers)
    if count * (count - 1) // 2 <= DRAWN:
        one, two = np.triu_indices(count, 1)
    else:
        one = drawn(f"one:{label}", count, (DRAWN,))
        two = (one + 1 + drawn(f"two:{label}", count - 1, (DRAWN,))) % count
    d, q, e, r = dossiers[one], reviewers[one], dossiers[two], reviewers[two]
    allowed = panels.grid.open & ~panels.given
    ok = (d != e) & (q != r) & allowed[d, r] & allowed[e, q]
    return d[ok], q[ok], e[ok], r[ok]


class _Change:
    """First-order change of the sum of the error variances when a reviewer takes the seat of another.

    With n the panel as a 0/1 vector of k reviewers and T = sum of n n' / k²: the variance is trace(C T), and C moves by
    C (change of n n') C / (k ve). So the change is that of n' H n with H = C / k² + C T C / (k ve). Loads don't change in
    a swap, so the diagonal of Z' M Z doesn't either.
    """

    def __init__(self, precision: Precision) -> None:
        self.near: Floats = precision.covariance
        self.seats, self.sizes = precision.seats, precision.sizes
        weighted = precision.panels / self.sizes[:, None]
        square: Floats = (weighted.T @ weighted).toarray()
        self.far: Floats = self.near @ square @ self.near
        self.inner = 1.0 / (self.sizes * precision.variances.noise)

    def of(self, dossiers: Ints, leaving: Ints, coming: Ints) -> Floats:
        """Points squared, one for each of the changes."""
        near = self._term(self.near, dossiers, leaving, coming)
        far = self._term(self.far, dossiers, leaving, coming)
        return near / self.sizes[dossiers] ** 2 + self.inner[dossiers] * far

    def _term(self, matrix: Floats, dossiers: Ints, leaving: Ints, coming: Ints) -> Floats:
        """n' H n with `coming`, less n' H n with `leaving`."""
        panel = self.seats[dossiers]
        others = matrix[panel, coming[:, None]].sum(axis=1) - matrix[panel, leaving[:, None]].sum(axis=1)
        others += matrix[leaving, leaving] - matrix[leaving, coming]  # the one who leaves is among the others no more
        change: Floats = 2.0 * others + matrix[coming, coming] - matrix[leaving, leaving]
        return change
