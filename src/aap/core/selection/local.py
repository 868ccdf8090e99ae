"""Makes a selection that isn't proven the best one such that nobody can say: this one alone, and it would be better.

Candidates stand in rank order, so entering is better, and so is taking the place of a lower-ranked laureate: the sum is
no smaller, and where it is the same, or in `merit`, rank decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.interruption import go_on
from aap.core.selection.rows import Columns, Integers, Retained, Row, dense

_AT_ONCE = 32


def improved(rows: Sequence[Row], retained: Retained, held: Retained, equal_worth: Columns | None = None) -> Retained:
    """The selection after better and better entries and exchanges, until none is left that keeps the rows.

    `held`: who stays whatever happens. `equal_worth`: only those of equal worth change places (the sum is the greatest).
    """
    best = retained.copy()
    if not rows:
        return best | True
    wide = np.array([dense(row, len(best)) for row in rows])
    bounds = np.array([row.bound for row in rows], wide.dtype)
    slack = bounds - wide[:, best].sum(axis=1)
    moved = True
    while moved:
        moved = False
        go_on()
        last = -1
        while (entered := _first_move(wide, slack, best, held, equal_worth, last)) is not None:
            last, leaving = entered
            if leaving is not None:
                best[leaving] = False
            best[last] = True
            slack = bounds - wide[:, best].sum(axis=1)
            moved = True
    return best


def _first_move(
    wide: Integers, slack: Integers, best: Retained, held: Retained, equal_worth: Columns | None, after: int
) -> tuple[int, int | None] | None:
    """Who of those behind `after` enters first, and in whose place (None: nobody's)."""
    outside = np.flatnonzero(~best[after + 1 :]) + after + 1
    over = wide[:, outside] - slack[:, None]
    most = wide[:, best & ~held].max(
        axis=1, initial=0
    )  # that anybody's leaving frees: without that much there is no place
    hopeful = np.flatnonzero((over <= most[:, None]).all(axis=0))
    places = np.flatnonzero(best & ~held)
    freed = wide[:, places]
    for start in range(0, len(hopeful), _AT_ONCE):
        some = hopeful[start : start + _AT_ONCE]
        entering, needed = outside[some], over[:, some]
        alone = np.asarray((needed <= 0).all(axis=0), np.bool_)
        instead = (freed[:, None, :] >= needed[:, :, None]).all(axis=0)
        instead &= places > entering[:, None]
        if equal_worth is not None:
            instead &= equal_worth[places] == equal_worth[entering][:, None]
        able = np.flatnonzero(alone | instead.any(axis=1))
        if len(able):
            first = able[0]
            return int(entering[first]), None if alone[first] else int(places[np.flatnonzero(instead[first])[-1]])
    return None
