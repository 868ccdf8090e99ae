"""`merit`: walk down the ranking, keep whoever some feasible selection holds with everything retained before.

That selection is the lexicographically greatest feasible one, so the walk goes in strides: as long as the next k can
all stay, k doubles; where the rules bite, 24 at a time are settled by weights 2^23 … 1; in the tail one question
rejects the next k at once ("can any of them enter?").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from aap.core.selection.equal_sums import CHUNK, better_by_rank, weights_by_rank
from aap.core.selection.model import Fixed, maximise, reduce_rows, relax
from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Columns, Retained, Row, make_row
from aap.core.selection.work import OutOfWork

_ANY = RuleRef("laureates", "any")
_WORTH_TIGHTENING = 400  # open columns from which a linear bound costs less than the questions that it spares
_FLOAT = 1e-3


def best_by_merit(rows: Sequence[Row], fixed: Fixed, start: Retained | None = None) -> Retained | None:
    """The selection by merit; None where no selection is feasible. `start`: a feasible selection, if one is known.

    Raises:
        OutOfWork: the allowed work ended on the way; carries the best selection that was met, if any was.
    """
    witness = start if start is not None else maximise(rows, np.zeros(len(fixed), np.int64), fixed).retained
    if witness is None:
        return None
    try:
        for found in _steps(rows, fixed, witness):
            witness = found
    except OutOfWork as stopped:
        if stopped.retained is not None:  # it keeps the rows, and everybody who was kept so far
            witness = better_by_rank(witness, stopped.retained)
        raise OutOfWork(witness, None) from None
    return witness


def _steps(rows: Sequence[Row], fixed: Fixed, witness: Retained) -> Iterator[Retained]:
    """Selections that keep the rows, one better by rank than the other; the last is the one by merit."""
    stride = CHUNK
    entering = True  # whether the last stride let more in than it kept out
    while True:
        reduced = reduce_rows(rows, fixed)
        if reduced is None:
            raise SelectionError("the walk lost its witness")
        fixed = reduced.fixed
        open_ = np.flatnonzero(fixed == -1)
        missing = open_[~witness[open_]]
        if not len(missing):
            return
        fixed[open_[open_ < missing[0]]] = 1  # the witness holds them with everything before
        if len(open_) > _WORTH_TIGHTENING:
            _tighten(rows, fixed)
            if fixed[missing[0]] != -1:
                continue
        open_ = np.flatnonzero(fixed == -1)
        if stride > CHUNK:
            ahead = open_[:stride]
            found = _all_of(rows, fixed, ahead) if entering else _any_of(rows, fixed, ahead)
            if entering and found is not None:
                yield (witness := found)
                fixed[ahead] = 1
                stride *= 2
                continue
            if not entering and found is None:
                fixed[ahead] = 0
                stride *= 2
                continue
            if found is not None:
                yield (witness := found)
            stride = CHUNK
        chunk = open_[:CHUNK]
        found = maximise(rows, weights_by_rank(len(fixed), chunk), fixed).retained
        if found is None:
            raise SelectionError("the walk lost its witness")
        yield (witness := found)
        fixed[chunk] = witness[chunk]
        entering = 2 * int(witness[chunk].sum()) > len(chunk)
        if witness[chunk].all() or not witness[chunk].any():
            stride = 2 * CHUNK


def _tighten(rows: Sequence[Row], fixed: Fixed) -> None:
    """Fix what no feasible selection can have otherwise, by linear bounds.

    For each row over more than half of the open columns: the least that it can reach under the other rows, and what
    each column adds to it; a column that takes it over its bound is fixed.
    """
    for row in rows:
        state = fixed[row.columns]
        if 2 * int((state == -1).sum()) <= int((fixed == -1).sum()):
            continue
        objective = np.zeros(len(fixed), row.coefficient.dtype)
        objective[row.columns] = -row.coefficient
        relaxed = relax([other for other in rows if other is not row], objective, fixed)
        if relaxed is None:
            raise SelectionError("the walk lost its witness")
        reduced, relaxation = relaxed
        over = relaxation.bound - np.abs(relaxation.reduced) < -row.bound - _FLOAT * (1 + abs(row.bound) * 1e-6)
        fixed[:] = reduced.fixed
        fixed[relaxation.free[over]] = (relaxation.reduced[over] > 0).astype(np.int8)


def _all_of(rows: Sequence[Row], fixed: Fixed, columns: Columns) -> Retained | None:
    inside = fixed.copy()
    inside[columns] = 1
    return maximise(rows, np.zeros(len(fixed), np.int64), inside).retained


def _any_of(rows: Sequence[Row], fixed: Fixed, columns: Columns) -> Retained | None:
    one = make_row(_ANY, dict.fromkeys(columns.tolist(), -1), -1)
    return maximise([*rows, one], np.zeros(len(fixed), np.int64), fixed).retained
