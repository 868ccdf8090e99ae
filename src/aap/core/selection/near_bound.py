"""The greatest sum by looking at every selection that the linear bound leaves possible, where these are few.

With multipliers of the rows each column has a side (in or out) and a penalty: no selection is worth more than the bound
less the penalties of the columns that it has on the other side, less what it leaves of each row times the row's price. So
all selections worth more than `bound - reach` are among the sets of columns whose penalties and leavings add up to less
than `reach`; in a usual call that is some hundreds for a reach that the best selection is in. It takes a thousandth of a
second where the solver's own search takes ten or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aap.core.selection.model import Reduced, Relaxation
from aap.core.selection.rows import Columns, Integers, Retained

_MOST = 10_000  # sets looked at; where more are possible, the solver is asked
_FIRST = 8  # columns that may change sides in the first look
_WIDEN = 1.6
_BITS = 62
_ROUNDING = 1e-3  # as in `value`


@dataclass(frozen=True, slots=True)
class Near:
    """`retained`: the best that was met, over all columns; `proven`: none is worth more."""

    retained: Retained | None
    proven: bool


def best_near_bound(reduced: Reduced, relaxation: Relaxation, worth: Columns) -> Near:
    """The selection with the greatest sum of `worth`, the best by rank of these, where few could have it; not proven else."""
    if any(coefficient.dtype == object for _, coefficient, _ in reduced.rows):
        return Near(None, False)  # beyond 64 bits
    sides = relaxation.reduced > 0
    penalties = np.abs(relaxation.reduced)
    nearest = np.argsort(penalties, kind="stable")
    matrix, room = _room(reduced, sides)
    start = reduced.fixed == 1
    start[reduced.free] = sides
    total = int(worth[start].sum())
    gains = np.where(sides, -worth[reduced.free], worth[reduced.free])
    reach = float(penalties[nearest[min(_FIRST, len(nearest)) - 1]]) + 1.0 if len(nearest) else 1.0
    best: Retained | None = None
    most = 0
    while True:
        columns = nearest[: int(np.searchsorted(penalties[nearest], reach))]
        # Until there is any selection, what is left of the rows doesn't count: it is found the sooner.
        prices = np.zeros(len(room)) if best is None else relaxation.prices
        found = _within(reach, columns[::-1], penalties, gains, matrix, room, prices, sides)
        if found is None:
            return Near(best, False)
        moved, gain = found
        if moved is not None and (best is None or total + gain >= most):
            best, most = start.copy(), total + gain
            best[reduced.free[moved]] ^= True
        if best is None and len(columns) == len(nearest) and reach > penalties.sum():
            return Near(None, True)  # every set was looked at
        if best is not None and most >= relaxation.bound - reach + _ROUNDING:
            return Near(best, True)
        reach = _wider(reach, len(columns), penalties[nearest])
        if best is not None:
            reach = min(reach, relaxation.bound - most + 2 * _ROUNDING)


def _wider(reach: float, count: int, penalties: npt.NDArray[np.float64]) -> float:
    """The next reach after one that `count` columns are in: more columns are, if there are more."""
    return (
        max(reach * _WIDEN, float(penalties[min(count, len(penalties) - 1)]) + 1.0)
        if len(penalties)
        else reach * _WIDEN
    )


def _room(reduced: Reduced, sides: Retained) -> tuple[Integers, Integers]:
    """What moving each column to its other side adds to each row, columns x rows, and what each row has left before."""
    matrix = np.zeros((len(reduced.free), len(reduced.rows)), np.int64)
    room = np.zeros(len(reduced.rows), np.int64)
    for number, (columns, coefficient, bound) in enumerate(reduced.rows):
        room[number] = bound - int(coefficient[sides[columns]].sum())
        matrix[columns, number] = np.where(sides[columns], -coefficient, coefficient)
    return matrix, room


def _within(
    reach: float,
    columns: Columns,
    penalties: npt.NDArray[np.float64],
    gains: Columns,
    matrix: Integers,
    room: Integers,
    prices: npt.NDArray[np.float64],
    sides: Retained,
) -> tuple[Columns | None, int] | None:
    """Of the sets of columns whose penalties and leavings add up to less than `reach` the one that keeps the rows and
    gains most; of several the best by rank. The dearest columns come first: few sets have them, and the others mend little.

    Gives the columns that move (None: no such set keeps the rows) and what is gained; None where the sets are too many.
    """
    threatened = (np.maximum(matrix[columns], 0).sum(axis=0) > room) | (prices > 0)  # the others hold whatever moves
    matrix, room, prices = matrix[:, threatened], room[threatened], prices[threatened]
    priced = np.flatnonzero(prices > 0)
    penalty = np.zeros(1)
    gained = np.zeros(1, np.int64)
    added = np.zeros((1, len(room)), np.int64)
    members = np.zeros((1, len(columns) // _BITS + 1), np.int64)  # bit k of all words together: the k-th column
    # What the columns behind the k-th can take off each row at most, and what they can add.
    nothing = np.zeros((1, len(room)), np.int64)
    less = np.concatenate([np.cumsum(np.minimum(matrix[columns], 0)[::-1], axis=0)[::-1], nothing])[1:]
    more = np.concatenate([np.cumsum(np.maximum(matrix[columns], 0)[::-1], axis=0)[::-1], nothing])[1:]
    marks = np.zeros((len(columns), members.shape[1]), np.int64)
    every = np.arange(len(columns))
    marks[every, every // _BITS] = 1 << every % _BITS
    for bit, column in enumerate(columns.tolist()):
        taking = penalty + penalties[column] < reach
        penalty = np.concatenate([penalty, penalty[taking] + penalties[column]])
        gained = np.concatenate([gained, gained[taking] + gains[column]])
        added = np.concatenate([added, added[taking] + matrix[column]])
        members = np.concatenate([members, members[taking] | marks[bit]])
        keep = (added <= room - less[bit]).all(axis=1)
        if len(priced):
            left = np.maximum(room - more[bit] - added, 0)[:, priced]
            keep &= penalty + left @ prices[priced] < reach
        penalty, gained, added, members = penalty[keep], gained[keep], added[keep], members[keep]
        if len(penalty) > _MOST:
            return None
    if not len(penalty) or (not len(columns) and (room < 0).any()):
        return None, 0
    best = np.flatnonzero(gained == gained.max())
    moved = np.asarray((members[best][:, None, :] & marks).any(axis=2), np.bool_)
    inside = (sides[columns] ^ moved)[:, np.argsort(columns)[::-1]]
    first = np.lexsort(inside.T)[-1] if len(columns) else 0
    return columns[moved[first]], int(gained[best[first]])
