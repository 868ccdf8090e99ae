"""Who of those that `merit` passes over could enter beside everybody retained before them, were some rules not there.

Candidates between two laureates stand beside the same ones, so one question to the solver serves them all ("can any of
them enter?"). Who cannot enter beside few cannot beside more: as long as the answer is no, twice as many laureates' gaps
are asked at once, beside those retained before the first. A selection that the solver finds serves whoever it holds with
everybody beside them. Before a question, arithmetic: who makes a row impossible, who fits into a selection at hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.selection.model import free_columns, maximise
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Columns, Retained, Row, System, dense, make_row

_ANY = RuleRef("laureates", "any")
_EXCHANGES = 64  # places of others that are tried in a selection at hand
_NODES = 100  # of the search for a selection with many of the asked; then any selection with one of them will do


class Entries:
    """A selection by merit, and beside whom each one that it passes over would enter: retained before, or imposed.

    `impossible[row]`: for each column, whether nobody else's entry can make the row hold beside it and them
    (meaningless for the retained).
    """

    def __init__(self, system: System, retained: Retained) -> None:
        self.system = system
        self.retained = retained
        self._walked = retained & ~system.imposed
        self._before = np.cumsum(self._walked)  # how many of the walked stand before a passed-over column
        self._dense = {row: dense(row, system.size) for row in system.rows}
        self.impossible = {row: self._impossible(row) for row in system.rows}

    def without(self, removed: Sequence[Row], who: Retained) -> Retained:
        """Those of `who` (passed over) whom some selection holds with everybody beside them, some rows left out."""
        rows = [row for row in self.system.rows if row not in removed]
        who = who & ~np.any([self.impossible[row] for row in rows] or [np.zeros_like(who)], axis=0)
        entering = np.zeros_like(who)
        gaps = np.unique(self._before[who])[::-1]
        witness = self.retained
        at, stride = 0, 1
        while at < len(gaps):
            first = gaps[at : at + stride][-1]
            held = self.system.imposed | (self._walked & (self._before <= first))
            group = np.flatnonzero(who & ~entering & (self._before >= first) & (self._before <= gaps[at]))
            if stride == 1:
                fit = self._fit(rows, held, witness, group)
                entering[group[fit]] = True
                group = group[~fit]
            if not len(group):
                at += stride
                continue
            found = self._any_of(rows, held, group, many=stride == 1)
            if found is None:
                at, stride = at + stride, 2 * stride
                continue
            witness, stride = found, 1
            lacking = self._before[self._walked & ~found]
            entering |= who & found & (self._before < (lacking[0] if len(lacking) else self.system.size))
        return entering

    def _any_of(self, rows: Sequence[Row], held: Retained, group: Columns, *, many: bool) -> Retained | None:
        """A selection with the held and at least one of the group, if there is one; with `many`, as many as is easy."""
        one = make_row(_ANY, dict.fromkeys(group.tolist(), -1), -1)
        fixed = free_columns(self.system.size, held)
        wanted = np.zeros(self.system.size, np.int64)
        if many:
            wanted[group] = 1
            answer = maximise([*rows, one], wanted, fixed, node_limit=_NODES)
            if answer.status != "stopped" or answer.retained is not None:
                return answer.retained
        return maximise([*rows, one], np.zeros_like(wanted), fixed).retained

    def _fit(self, rows: Sequence[Row], held: Retained, witness: Retained, group: Columns) -> Retained:
        """Who of the group keeps the rows beside the held alone, or in a selection at hand, perhaps in another's place."""
        fit = np.zeros(len(group), np.bool_)
        for inside in (held, self.retained, witness):
            if not inside[held].all():
                continue
            slack = [row.bound - row.activity(inside) for row in rows]
            fit |= self._keep(rows, slack, group)
            for leaving in np.flatnonzero(inside & ~held)[:_EXCHANGES].tolist():
                if fit.all():
                    return fit
                left = [room + self._dense[row][leaving] for row, room in zip(rows, slack, strict=True)]
                fit |= self._keep(rows, left, group)
        return fit

    def _keep(self, rows: Sequence[Row], slack: Sequence[int], group: Columns) -> Retained:
        keep = np.ones(len(group), np.bool_)
        for row, room in zip(rows, slack, strict=True):
            keep &= np.asarray(self._dense[row][group] <= room, np.bool_)
        return keep

    def _impossible(self, row: Row) -> Retained:
        least = np.minimum(self._dense[row], 0)  # what a column that is still free may take off
        more = self._dense[row] - least  # what its being inside adds to that
        beside = np.cumsum(np.where(self._walked, more, 0)) + more[self.system.imposed].sum()
        return np.asarray(beside + more + least.sum() > row.bound, np.bool_)
