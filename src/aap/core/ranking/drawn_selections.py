"""The selections of drawn scores: the rules are written as rows once, only scores and order change from draw to draw.

Within a batch the selection of one draw is where the next one begins, and what the linear bound proves about columns is
used as far as it goes. Ties are left where they are found. The answer to a batch depends on the batch alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aap.core.interruption import go_on
from aap.core.selection.draw_zone import second_walk
from aap.core.selection.funding_line import best_to_the_line
from aap.core.selection.local import improved
from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import free_columns
from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import Rules
from aap.core.selection.rows import Retained, System
from aap.core.selection.value import best_by_value
from aap.core.selection.work import OutOfWork, allowance

Scores = NDArray[np.int64]

WORK_OF_A_DRAW = 200
"""Nodes of the solver's search; nearly all draws take fewer than ten."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`retained`: how often each candidate is retained, in rank order; how many draws went without the head; for how
    many the allowed work was not enough; in how many another lot left too little. `granted`: cents, by draw."""

    retained: NDArray[np.int64]
    without_head: int
    unended: int
    without_selection: int = 0
    granted: tuple[int, ...] = ()


def select_batch(system: System, batch: Scores, work: int = 1, received: Sequence[int] | None = None) -> Counted:
    """The selections with each row of scores. `work`: how many times the usual work a draw may take. `received`: cents
    that another lot left in each draw; where they are too few for the rules to hold, nobody is retained.

    Raises ValueError where no selection is feasible without that: the rules are to be checked before.
    """
    rules = system.rules
    counts = np.zeros(system.size, dtype=np.int64)
    grants = np.array([candidate.grant for candidate in system.candidates], np.int64)
    without_head = unended = without_selection = 0
    granted = [0] * len(batch)
    earlier: Retained | None = None
    for number, scores in enumerate(batch):
        go_on()
        if received is not None:
            system = _with_limit(system, dataclasses.replace(rules, received=received[number]))
            earlier = None  # it may be more than this draw's money
        order = np.lexsort((np.arange(system.size), -scores))
        head = np.zeros(system.size, np.bool_)
        if rules.mode == "value":
            head[order[: rules.protect_top]] = True
        with allowance(WORK_OF_A_DRAW * work):
            try:
                found = _retained(system, scores, order, head, earlier)
                if found is None and head.any():
                    found = _retained(system, scores, order, head & False, earlier)
                    without_head += found is not None
            except OutOfWork as stopped:
                unended += 1
                if stopped.retained is None:
                    continue
                found = _Drawn(stopped.retained)
        if found is None and received is not None:
            without_selection += 1
            continue
        if found is None:
            raise ValueError("no selection is feasible: the rules must be checked before drawing")
        if not rules.draws_a_line and not all(row.holds(found.retained) for row in system.rows):
            raise SelectionError("a drawn selection breaks a rule")
        counts[found.retained] += 1
        granted[number] = int(grants[found.retained].sum()) - found.less
        earlier = found.retained
    return Counted(counts, without_head, unended, without_selection, tuple(granted))


def _with_limit(system: System, rules: Rules) -> System:
    """The same rules with another limit of what may be granted in all."""
    limit = rules.limit
    if limit is None:
        return system
    rows = [dataclasses.replace(row, bound=limit) if row.rule.kind == "budget" else row for row in system.rows]
    return dataclasses.replace(system, rules=rules, rows=tuple(rows))


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """One draw's selection. `less`: cents by which the offer at the funding line is below the grant."""

    retained: Retained
    less: int = 0


def _retained(
    system: System, scores: Scores, order: NDArray[np.int64], head: Retained, earlier: Retained | None
) -> _Drawn | None:
    """Who is retained; None where the rules can't all hold. Among equal optima, any."""
    if system.rules.draws_a_line:
        return _to_the_line(system, scores, order)
    if system.rules.mode == "value":
        best = _by_value(system, np.maximum(scores, 0), system.imposed | head)
        return None if best is None else _Drawn(best)
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
    return None if retained is None else _Drawn(retained[place])


def _to_the_line(system: System, scores: Scores, order: NDArray[np.int64]) -> _Drawn | None:
    """Down to the funding line of these scores, with its offer and its zone of doubt."""
    drawn = [dataclasses.replace(system.candidates[at], score=int(scores[at])) for at in order]
    walked = second_walk(drawn, system.rules)
    try:
        walk = best_to_the_line(walked.system)
    except OutOfWork:
        raise OutOfWork(None, None) from None
    if walk is None:
        return None
    rows = (walked.system if walk.offer is None else walk.offer.system).rows
    if not all(row.holds(walk.retained) for row in rows):
        raise SelectionError("a drawn selection breaks a rule")
    retained = np.zeros(system.size, np.bool_)
    retained[order[list(walked.order)]] = walk.retained
    if walk.offer is None or walk.line is None:
        return _Drawn(retained)
    return _Drawn(retained, walked.system.candidates[walk.line].grant - walk.offer.amount)


def _by_value(system: System, worth: Scores, held: Retained) -> Retained | None:
    fixed = free_columns(system.size, held)
    best = best_by_value(system.rows, worth, fixed, ties=False)
    if best is not None and not best.proven:
        raise OutOfWork(best.retained, best.bound)
    return None if best is None else best.retained


def _by_merit(system: System, earlier: Retained | None) -> Retained | None:
    start = None if earlier is None else improved(system.rows, earlier, system.imposed)
    return best_by_merit(system.rows, free_columns(system.size, system.imposed), start)
