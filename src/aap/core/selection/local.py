"""Makes a selection that isn't proven the best one such that nobody can say: this one alone, and it would be better.

Candidates stand in rank order, so entering is better, and so is taking the place of a lower-ranked laureate: the sum is
no smaller, and where it is the same, or in `merit`, rank decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.interruption import go_on
from aap.core.selection.rows import Columns, Retained, Row, dense


def improved(
    rows: Sequence[Row], retained: Retained, held: Retained, equal_worth: Columns | None = None
) -> Retained:
    """The selection after better and better entries and exchanges, until none is left that keeps the rows.

    `held`: who stays whatever happens. `equal_worth`: only those of equal worth change places (the sum is the greatest).
    """
    best = retained.copy()
    wide = [dense(row, len(best)) for row in rows]
    slack = [row.bound - row.activity(best) for row in rows]
    moved = True
    while moved:
        moved = False
        for entering in np.flatnonzero(~best).tolist():
            go_on()
            lower = np.flatnonzero(best[entering + 1 :] & ~held[entering + 1 :]) + entering + 1
            if equal_worth is not None:
                lower = lower[equal_worth[lower] == equal_worth[entering]]
            enters = True
            fits = np.ones(len(lower), np.bool_)
            for values, room in zip(wide, slack, strict=True):
                over = values[entering] - room
                if over > 0:
                    enters = False
                fits &= np.asarray(values[lower] >= over, np.bool_)
            places = lower[fits]
            if not enters and not len(places):
                continue
            best[entering] = True
            leaving = [] if enters else [int(places[-1])]
            best[leaving] = False
            slack = [row.bound - row.activity(best) for row in rows]
            moved = True
    return best
