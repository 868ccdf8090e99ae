"""The greatest sum by looking at every selection that the linear bound leaves possible, where these are few.

With multipliers of the rows each column has a side (in or out) and a penalty: no selection is worth more than the bound
less the penalties of the columns that it has on the other side. So all selections worth more than `bound - reach` are
among the sets of columns whose penalties add up to less than `reach`; in a usual call that is some hundreds for a reach
that the best selection is in. It takes a thousandth of a second where the solver's own search takes ten or more.
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
    """The selection with the greatest sum of `worth`, where few could have it; not proven else."""
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
    while True:
        columns = nearest[: int(np.searchsorted(penalties[nearest], reach))]
        found = _within(reach, columns, penalties, gains, matrix, room)
        if found is None:
            return Near(best, False)
        moved, gain = found
        if moved is not None:
            best = start.copy()
            best[reduced.free[moved]] ^= True
            if total + gain >= relaxation.bound - reach + _ROUNDING:
                return Near(best, True)
            reach = min(reach * _WIDEN, relaxation.bound - (total + gain) + 2 * _ROUNDING)
        elif len(columns) == len(nearest) and reach > penalties.sum():
            return Near(None, True)  # every set was looked at
        else:
            reach *= _WIDEN


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
) -> tuple[Columns | None, int] | None:
    """Of the sets of columns whose penalties add up to less than `reach`, the one that keeps the rows and gains most.

    Gives the columns that move (None: no such set keeps the rows) and what is gained; None where the sets are too many.
    """
    if len(columns) > _BITS:
        return None
    penalty = np.zeros(1)
    gained = np.zeros(1, np.int64)
    added = np.zeros((1, len(room)), np.int64)
    members = np.zeros(1, np.int64)  # bit k: the k-th column
    # What the columns from the k-th on can take off each row at most.
    later = np.cumsum(np.minimum(matrix[columns], 0)[::-1], axis=0)[::-1]
    for bit, column in enumerate(columns.tolist()):
        taking = penalty + penalties[column] < reach
        penalty = np.concatenate([penalty, penalty[taking] + penalties[column]])
        gained = np.concatenate([gained, gained[taking] + gains[column]])
        added = np.concatenate([added, added[taking] + matrix[column]])
        members = np.concatenate([members, members[taking] | (1 << bit)])
        most = room - later[bit + 1] if bit + 1 < len(columns) else room
        keep = (added <= most).all(axis=1)
        penalty, gained, added, members = penalty[keep], gained[keep], added[keep], members[keep]
        if len(penalty) > _MOST:
            return None
    keep = (added <= room).all(axis=1)
    if not keep.any():
        return None, 0
    best = np.flatnonzero(keep)[gained[keep].argmax()]
    return columns[(int(members[best]) >> np.arange(len(columns))) & 1 == 1], int(gained[best])
