"""The selections of drawn scores: the rules are written as rows once, only scores and order change from draw to draw.

Within a batch the selection of one draw is where the next one begins, and what the linear bound proves about columns is
used as far as it goes. Ties are left where they are found. The answer to a batch depends on the batch alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aap.core.interruption import go_on
from aap.core.selection.local import improved
from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import free_columns
from aap.core.selection.outcome import SelectionError
from aap.core.selection.rows import Retained, System
from aap.core.selection.value import best_by_value
from aap.core.selection.work import OutOfWork, allowance

Scores = NDArray[np.int64]

WORK_OF_A_DRAW = 200
"""Nodes of the solver's search; nearly all draws take fewer than ten."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`retained`: how often each candidate is retained, in rank order; how many draws went without the head; for how
    many the allowed work was not enough."""

    retained: NDArray[np.int64]
    without_head: int
    unended: int


def select_batch(system: System, batch: Scores, work: int = 1) -> Counted:
    """The selections with each row of scores. `work`: how many times the usual work a draw may take.

    Raises ValueError where no selection is feasible: the rules are to be checked before.
    """
    rules = system.rules
    counts = np.zeros(system.size, dtype=np.int64)
    without_head = unended = 0
    earlier: Retained | None = None
    for scores in batch:
        go_on()
        order = np.lexsort((np.arange(system.size), -scores))
        head = np.zeros(system.size, np.bool_)
        if rules.mode == "value":
            head[order[: rules.protect_top]] = True
        with allowance(WORK_OF_A_DRAW * work):
            try:
                retained = _retained(system, scores, order, head, earlier)
                if retained is None and head.any():
                    without_head += 1
                    retained = _retained(system, scores, order, head & False, earlier)
            except OutOfWork as stopped:
                unended += 1
                if stopped.retained is None:
                    continue
                retained = stopped.retained
        if retained is None:
            raise ValueError("no selection is feasible: the rules must be checked before drawing")
        if not all(row.holds(retained) for row in system.rows):
            raise SelectionError("a drawn selection breaks a rule")
        counts[retained] += 1
        earlier = retained
    return Counted(counts, without_head, unended)


def _retained(
    system: System, scores: Scores, order: NDArray[np.int64], head: Retained, earlier: Retained | None
) -> Retained | None:
    """Who is retained; None where the rules can't all hold. Among equal optima, any."""
    if system.rules.mode == "value":
        return _by_value(system, np.maximum(scores, 0), system.imposed | head)
    place = np.empty(system.size, np.int64)
    place[order] = np.arange(system.size)
    ordered = dataclasses.replace(
        system,
        rows=tuple(dataclasses.replace(row, columns=place[row.columns]) for row in system.rows),
        imposed=system.imposed[order],
    )
    try:
        retained = _by_merit(ordered, None if earlier is None else earlier[order])
    except OutOfWork as stopped:
        raise OutOfWork(None if stopped.retained is None else stopped.retained[place], None) from None
    return None if retained is None else retained[place]


def _by_value(system: System, worth: Scores, held: Retained) -> Retained | None:
    fixed = free_columns(system.size, held)
    best = best_by_value(system.rows, worth, fixed, ties=False)
    if best is not None and not best.proven:
        raise OutOfWork(best.retained, best.bound)
    return None if best is None else best.retained


def _by_merit(system: System, earlier: Retained | None) -> Retained | None:
    start = None if earlier is None else improved(system.rows, earlier, system.imposed)
    return best_by_merit(system.rows, free_columns(system.size, system.imposed), start)
