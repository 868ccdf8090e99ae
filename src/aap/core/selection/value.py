"""`value`: the feasible selection with the greatest sum of scores, ties settled by rank.

The linear relaxation gives a proven bound and a price of moving for every column. Where few selections are left possible
near the bound, all of them are looked at. Else a solution over the undecided core gives a value; every column whose move
costs more than the distance between the two is settled, in every optimum. What is left is solved to gap 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, gcd

import numpy as np

from aap.core.selection.equal_sums import settle
from aap.core.selection.model import Fixed, Floats, Relaxation, maximise, reduce_rows, relax
from aap.core.selection.near_bound import best_near_bound
from aap.core.selection.outcome import SelectionError
from aap.core.selection.rows import Columns, Retained, Row
from aap.core.selection.work import OutOfWork, work_at_hand

_CORE = 60  # columns left open in the first integer problem, besides the fractional ones
_CORE_NODES = 500  # that it may take: it only finds a good solution
_FLOAT = 1e-3  # what rounding may add to a bound of at most 1e12, in units of 1/10,000 point


@dataclass(frozen=True, slots=True)
class Best:
    """The best that was found: `total` is its sum (x 10,000), no selection's is above `bound`.

    `tie_proven`: it is the lexicographically best one.
    """

    retained: Retained
    total: int
    tie_proven: bool
    bound: int

    @property
    def proven(self) -> bool:
        return self.total == self.bound


def best_by_value(
    rows: Sequence[Row],
    worth: Columns,
    fixed: Fixed,
    *,
    ties: bool = True,
    tie_nodes: int | None = None,
    start: Retained | None = None,
) -> Best | None:
    """The best selection; None where no selection is feasible.

    `worth`: scores, none below 0. `ties=False` leaves which optimum open. `tie_nodes`: the work that each step of the
    tie phase may take (None: until it is proven).

    Raises:
        OutOfWork: the allowed work ended before a selection was found, or shown not to exist.
    """
    relaxed = relax(rows, worth, fixed)
    if relaxed is None:
        return None
    reduced, relaxation = relaxed
    bound = _on_the_grid(worth, reduced.fixed, floor(relaxation.bound + _FLOAT))
    near = best_near_bound(reduced, relaxation, worth)
    if near.proven and near.retained is None:
        return None
    retained = near.retained
    if not near.proven:
        known = _better(worth, retained, start)
        retained = _first(rows, worth, reduced.fixed, relaxation, known)
    most: int | None = None  # a bound of the search, where it was stopped
    stopped_early = False
    if retained is None:
        try:
            retained = maximise(rows, worth, reduced.fixed, shown=True).retained
        except OutOfWork as stopped:
            if stopped.retained is None:
                raise OutOfWork(None, bound if stopped.bound is None else min(bound, stopped.bound)) from None
            retained, most, stopped_early = stopped.retained, stopped.bound, True
        if retained is None:
            return None
    elif not near.proven and int(worth[retained].sum()) < bound:
        first = retained
        settled = _settle_by_bound(reduced.fixed, relaxation.reduced, relaxation.bound, int(worth[first].sum()))
        try:
            retained = maximise(rows, worth, settled, shown=True).retained
        except OutOfWork as stopped:
            retained, most, stopped_early = stopped.retained, stopped.bound, True
            if retained is None or worth[retained].sum() < worth[first].sum():
                retained = first
        if retained is None or worth[retained].sum() < worth[first].sum():
            raise SelectionError("the solver lost a solution that it was given")
    total = int(worth[retained].sum())
    settled = _settle_by_bound(reduced.fixed, relaxation.reduced, relaxation.bound, total)
    if total > bound:
        raise SelectionError("a solution is worth more than the proven bound")
    if stopped_early:
        return Best(retained, total, False, bound if most is None else max(total, min(bound, most)))
    if not ties:
        return Best(retained, total, False, total)
    retained, proven = settle(rows, worth, settled, retained, tie_nodes)
    return Best(retained, total, proven, total)


def _better(worth: Columns, first: Retained | None, second: Retained | None) -> Retained | None:
    if first is None or second is None:
        return second if first is None else first
    return second if worth[second].sum() > worth[first].sum() else first


def _on_the_grid(worth: Columns, fixed: Fixed, bound: int) -> int:
    """The bound, brought down to a sum that the scores of the undecided can reach by their common divisor."""
    inside = int(worth[fixed == 1].sum())
    divisor = gcd(*worth[fixed == -1].tolist())
    return inside + (bound - inside) // divisor * divisor if divisor else inside


def _first(
    rows: Sequence[Row], worth: Columns, fixed: Fixed, relaxation: Relaxation, start: Retained | None
) -> Retained | None:
    """A good solution: the fractional columns and those that cost least to move are open, the rest as the bound says.

    `start`, a feasible selection, is good enough where it settles most columns by itself. None where the core holds no
    solution: the caller opens everything.
    """
    free, reduced, fractional = relaxation.free, relaxation.reduced, relaxation.fractional
    size = _CORE + 2 * int(fractional.sum())
    if start is not None:
        left = _settle_by_bound(fixed, reduced, relaxation.bound, int(worth[start].sum()))
        if int((left == -1).sum()) <= 2 * size:
            return start
    while size < len(free):
        core = fixed.copy()
        nearest = np.argsort(np.abs(reduced), kind="stable")
        closed = np.ones(len(free), np.bool_)
        closed[nearest[:size]] = False
        closed[fractional] = False
        core[free[closed]] = (reduced[closed] > 0).astype(np.int8)
        if reduce_rows(rows, core) is not None:
            answer = maximise(
                rows, worth, core, node_limit=min(_CORE_NODES, work_at_hand().left // 4), second_look=False
            )
            if answer.retained is not None:
                return _better(worth, start, answer.retained)
        size *= 4
    return start


def _settle_by_bound(fixed: Fixed, reduced: Floats, bound: float, total: int) -> Fixed:
    """Fix each column that no solution of at least `total` can move."""
    settled = fixed.copy()
    free = np.flatnonzero(fixed == -1)
    sure = bound - np.abs(reduced) < total - _FLOAT
    settled[free[sure]] = (reduced[sure] > 0).astype(np.int8)
    return settled
