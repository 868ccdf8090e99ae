"""Makes a selection that isn't proven the best one such that nobody can say: this one alone, and it would be better.

Candidates stand in rank order, so entering is better, and so is taking the place of a lower-ranked laureate: the sum is
no smaller, and where it is the same, or in `merit`, rank decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.interruption import go_on
from aap.core.selection.rows import Columns, Retained, Row, dense


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
        for entering in np.flatnonzero(~best).tolist():
            over = wide[:, entering] - slack
            tight = over > 0
            if tight.any():
                lower = np.flatnonzero(best[entering + 1 :] & ~held[entering + 1 :]) + entering + 1
                if equal_worth is not None:
                    lower = lower[equal_worth[lower] == equal_worth[entering]]
                places = lower[(wide[:, lower] >= over[:, None]).all(axis=0)]
                if not len(places):
                    continue
                best[places[-1]] = False
            best[entering] = True
            slack = bounds - wide[:, best].sum(axis=1)
            moved = True
    return best
