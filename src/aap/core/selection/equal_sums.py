"""Among selections with the same sum of scores, the lexicographically best by rank.

First one cut, which only the selection at hand breaks: what is the best of all others worth? Mostly less, and that is
a proof by an optimum, which needs no second look as a proof by "there is none" would. Otherwise the undecided candidates
are settled in rank order, 24 at a time, with weights 2^23 … 1: a sum of such weights is greater exactly where the
selection is lexicographically better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.selection.model import Answer, Fixed, maximise, reduce_rows
from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Columns, Retained, Row, make_row
from aap.core.selection.work import OutOfWork

CHUNK = 24
_KEPT_SUM = RuleRef("laureates", "sum")
_OTHER = RuleRef("laureates", "other")


def weights_by_rank(size: int, columns: Columns) -> Columns:
    """Weights 2^(k-1) … 1 for the k given columns (at most 24), 0 elsewhere."""
    weights = np.zeros(size, np.int64)
    weights[columns] = 2 ** np.arange(len(columns) - 1, -1, -1)
    return weights


def settle(
    rows: Sequence[Row], worth: Columns, fixed: Fixed, retained: Retained, nodes: int | None
) -> tuple[Retained, bool]:
    """The lexicographically best among the selections worth as much as `retained`, and whether that is proven.

    `fixed`: what all optima share. `nodes`: the work that each step may take, None: all that is left.
    """
    total = int(worth[retained].sum())
    kept = [*rows, make_row(_KEPT_SUM, {j: -int(worth[j]) for j in np.flatnonzero(worth).tolist()}, -total)]
    reduced = reduce_rows(kept, fixed)
    if reduced is None:
        raise SelectionError("the optimum breaks the rows that it was found with")
    fixed = reduced.fixed
    open_ = np.flatnonzero(fixed == -1)
    if retained[open_].all():
        return retained, True
    other = make_row(_OTHER, {int(j): 1 if retained[j] else -1 for j in open_}, int(retained[open_].sum()) - 1)
    answer = _asked([*rows, other], worth, fixed, nodes)
    proven = answer.status != "stopped"
    if answer.retained is not None and int(worth[answer.retained].sum()) >= total:
        retained, proven = _by_chunks(kept, fixed, better_by_rank(retained, answer.retained), nodes)
    return (retained if proven else _filled(rows, worth, retained)), proven


def _asked(rows: Sequence[Row], objective: Columns, fixed: Fixed, nodes: int | None) -> Answer:
    try:
        return maximise(rows, objective, fixed, node_limit=nodes)
    except OutOfWork as stopped:
        return Answer("stopped", stopped.retained)


def _filled(rows: Sequence[Row], worth: Columns, retained: Retained) -> Retained:
    """With every candidate of no worth that can be added, the best-ranked first: nobody is left out for nothing."""
    filled = retained.copy()
    moved = True
    while moved:
        moved = False
        for column in np.flatnonzero(~filled & (worth == 0)).tolist():
            filled[column] = True
            if all(row.holds(filled) for row in rows):
                moved = True
            else:
                filled[column] = False
    return filled


def better_by_rank(first: Retained, second: Retained) -> Retained:
    """The one that holds the highest-ranked candidate at the first difference."""
    difference = np.flatnonzero(first != second)
    return second if len(difference) and second[difference[0]] else first


def _by_chunks(kept: Sequence[Row], fixed: Fixed, best: Retained, nodes: int | None) -> tuple[Retained, bool]:
    while True:
        open_ = np.flatnonzero(fixed == -1)
        missing = open_[~best[open_]]
        if not len(missing):
            return best, True
        fixed[open_[open_ < missing[0]]] = 1  # the best has them all: no better start exists
        chunk = open_[open_ >= missing[0]][:CHUNK]
        answer = _asked(kept, weights_by_rank(len(fixed), chunk), fixed, nodes)
        if answer.status == "infeasible":
            raise SelectionError("the solver lost a solution that it was given")
        if answer.retained is not None:
            best = better_by_rank(best, answer.retained)
        if answer.status == "stopped":
            return best, False
        fixed[chunk] = best[chunk]
        reduced = reduce_rows(kept, fixed)
        if reduced is None:
            raise SelectionError("the optimum breaks the rows that it was found with")
        fixed = reduced.fixed
