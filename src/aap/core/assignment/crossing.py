"""A share of reviews across themes, so that severity is compared between groups of reviewers and not within them alone.

A bridge is a review of a dossier by a reviewer who knows none of its themes, where both name some. Nobody else's review
is one: who names no theme, or several with one of the dossier's among them, belongs to the dossier's group. The share is
of all reviews of the assignment, the fixed ones too.

1. `reach` makes swaps (aap.core.assignment.bridging) that turn pairs into bridges: the least fit a bridge first, then
   reviewers with few bridges; at most one a dossier as long as that is enough. What isn't a bridge stays above the floor.
   An odd one is a dossier that goes to somebody with room.
2. Where none is left, a min-cost flow tells the most bridges that the seats, minima, loads and bars allow
   (aap.core.assignment.bottleneck.most_bridges): fewer than wanted is then proven, and that flow is the answer; more,
   and `reach` goes down from there.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from aap.core.assignment.bottleneck import Seats, most_bridges
from aap.core.assignment.bridging import Panels, Swap, gained, join, make, possible_swaps
from aap.core.assignment.problem import Grid

USUAL_SHARE = Fraction(15, 100)
"""Of the reviews, where most reviewers know one theme each and nothing else is said."""

_ROUNDS = 200

_SHIFTS = 2_000_000
"""Dossiers' seats times reviewers that a single shift looks at."""

_LOOKED_AT = 40  # of the swaps of a batch, the best so many a reviewer


def usual_share(grid: Grid) -> Fraction:
    """USUAL_SHARE where more than half of the reviewers who may read something name one theme each, and not all of
    these the same; else 0.
    """
    able = grid.most > 0
    themes = grid.one_theme[able]
    one = themes[themes >= 0]
    return USUAL_SHARE if 2 * len(one) > len(themes) and len(np.unique(one)) > 1 else Fraction(0)


def bridges_wanted(share: Fraction, grid: Grid, free: int, *, completing: bool) -> int:
    """Bridges that the share asks for, rounded up: of all reviews, fixed and `free`; when completing, of no more than the
    same share of those that are free, since what is there stays as it was dealt.
    """
    there = int((grid.fixed & grid.crossing).sum())
    missing = max(_up(share * (int(grid.fixed.sum()) + free)) - there, 0)
    return there + min(missing, _up(share * free) if completing else free)


def cross(panels: Panels, seats: Seats, wanted: int) -> Panels:
    """The assignment with `wanted` bridges: exactly where swaps find it, more where fewer would be below, and the most
    there can be where that is less. What has as many already is left as it is.
    """
    panels.keeps_bridges = True
    if panels.bridges >= wanted:
        return panels
    reach(panels, wanted)
    if panels.bridges < wanted:
        fullest = most_bridges(panels.grid, seats)
        other = Panels(panels.grid, panels.grid.fixed | fullest, fullest, 0, panels.floor, panels.variances)
        if other.bridges > panels.bridges:
            reach(other, wanted)
            other.keeps_bridges = True
            join(other)
            return other
    return panels


def reach(panels: Panels, wanted: int) -> None:
    """Swaps towards `wanted` bridges, from either side, in place; never below once above."""
    most = int(panels.given.sum(axis=1).max(initial=0))
    limit = max(-(-wanted // max(len(panels.grid.dossiers), 1)), 1)
    for number in range(_ROUNDS):
        change = wanted - panels.bridges
        if change == 0:
            return
        batch = _batch(panels, change, number, limit)
        if batch:
            for swap in batch:
                make(panels, swap)
        elif not _shift(panels, change, limit):
            if change < 0:
                return
            if limit < most:
                limit += 1
                continue
            for swap in _batch(panels, change + 1, number, limit, most=1):  # one more than wanted rather than one less
                make(panels, swap)
            return


def _shift(panels: Panels, change: int, limit: int) -> bool:
    """One bridge more or less, where a dossier goes from a reviewer who has enough to one who has room: swaps between two
    groups come in twos. The cheapest of those looked at; False where there is none.
    """
    grid = panels.grid
    loads = panels.given.sum(axis=0)
    dossiers, reviewers = np.nonzero(panels.movable & (loads > grid.least)[None, :])
    order = np.argsort(grid.noise[dossiers, reviewers], kind="stable")[: _SHIFTS // (len(loads) + 1)]
    d, q = dossiers[order], reviewers[order]
    across = grid.crossing
    ok = grid.open[d] & ~panels.given[d] & (loads < grid.most)[None, :]
    if change > 0:
        own = (panels.given & across).sum(axis=1)
        ok &= across[d] & (~across[d, q] & (own[d] < limit))[:, None]
    else:
        ok &= ~across[d] & across[d, q][:, None] & (grid.fit[d] >= panels.floor)
    if not ok.any():
        return False
    loss = np.where(ok, (grid.fit[d, q][:, None] - grid.fit[d]) * 256 + grid.noise[d], np.iinfo(np.int64).max)
    at, come = np.unravel_index(int(loss.argmin()), loss.shape)
    panels.shift(int(d[at]), int(q[at]), int(come))
    return True


def _batch(panels: Panels, change: int, number: int, limit: int, most: int = 1_000_000) -> list[Swap]:
    """The cheapest swaps a bridge, no dossier and no reviewer in two of them; together at most `change`.

    `limit`: bridges a dossier may come to. `most`: swaps.
    """
    d, q, e, r = possible_swaps(panels, f"bridges:{number}")
    grid = panels.grid
    fit, across = grid.fit, grid.crossing
    gain = gained(panels, d, q, e, r) * (1 if change > 0 else -1)
    own = (panels.given & across).sum(axis=1)
    ok = (gain > 0) & (gain <= abs(change))
    for dossier, leaving, coming in ((d, q, r), (e, r, q)):
        ok &= across[dossier, coming] | (fit[dossier, coming] >= np.minimum(panels.floor, fit[dossier, leaving]))
        if change > 0:
            ok &= ~across[dossier, coming] | across[dossier, leaving] | (own[dossier] < limit)
    d, q, e, r, gain = d[ok], q[ok], e[ok], r[ok], gain[ok]
    loss = fit[d, q] + fit[e, r] - fit[d, r] - fit[e, q]
    theirs = (panels.given & across).sum(axis=0)
    tie = grid.noise[d, r] + grid.noise[e, q]
    order = np.lexsort((r, e, q, d, tie, theirs[q] + theirs[r], loss * 2 // gain))[: _LOOKED_AT * (len(theirs) + 1)]
    used: set[tuple[str, int]] = set()
    chosen: list[Swap] = []
    left = abs(change)
    for *swap, gains in zip(*(one[order].tolist() for one in (d, q, e, r, gain)), strict=True):
        names = {("d", swap[0]), ("r", swap[1]), ("d", swap[2]), ("r", swap[3])}
        if gains > left or names & used:
            continue
        used |= names
        chosen.append((swap[0], swap[1], swap[2], swap[3]))
        left -= gains
        if left == 0 or len(chosen) == most:
            break
    return chosen


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
