"""One way to solve a selection, whatever its mode, with some quotas left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import free_columns, maximise
from aap.core.selection.outcome import SelectionError
from aap.core.selection.rows import Retained, System
from aap.core.selection.value import best_by_value

EXACT_UP_TO = 1000  # candidates: above, each step of the tie phase stops after TIE_NODES nodes
TIE_NODES = 500

Parts = frozenset[tuple[str, str]]  # (quota id, value) that are left out
NOTHING: Parts = frozenset()


@dataclass(frozen=True, slots=True)
class Solved:
    """A selection that stands the exact check; `total` is its sum of scores (x 10,000)."""

    retained: Retained
    total: int
    tie_proven: bool


def solve(system: System, removed: Parts = NOTHING, start: Retained | None = None) -> Solved | None:
    """The selection by the rules, but those quota parts; None where no selection is feasible."""
    rows = system.rows_without(removed)
    fixed = free_columns(system.size, system.imposed | system.protected)
    if system.rules.mode == "merit":
        walked = best_by_merit(rows, fixed, start)
        if walked is None:
            return None
        retained, proven = walked, True
    else:
        nodes = None if system.size <= EXACT_UP_TO else TIE_NODES
        best = best_by_value(rows, system.worth, fixed, tie_nodes=nodes, start=start)
        if best is None:
            return None
        retained, proven = best.retained, best.tie_proven
    _check(system, removed, retained)
    return Solved(retained, int(system.worth[retained].sum()), proven)


def feasible_with(system: System, removed: Parts, inside: Retained) -> bool:
    """Whether some selection holds everybody `inside` and keeps every rule but those quota parts."""
    rows = system.rows_without(removed)
    return maximise(rows, system.worth * 0, free_columns(system.size, inside)).retained is not None


def _check(system: System, removed: Parts, retained: Retained) -> None:
    if not retained[system.imposed | system.protected].all():
        raise SelectionError("the selection leaves out a candidate that must be in it")
    broken = [str(row.rule) for row in system.rows_without(removed) if not row.holds(retained)]
    if broken:
        raise SelectionError(f"the selection breaks {', '.join(broken)}")


@dataclass
class Removals:
    """Selections with quota parts left out, each solved once.

    A selection found without the parts U that breaks only the parts V among them is also the answer without any W
    between V and U: it is feasible there and nothing better is, even with U left out. So one batch answers for many.
    """

    system: System
    base: Solved
    _known: list[tuple[Parts, Parts, Solved]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known.append((NOTHING, NOTHING, self.base))

    def without(self, removed: Parts) -> Solved:
        for needed, left_out, solved in self._known:
            if needed <= removed <= left_out:
                return solved
        found = solve(self.system, removed, self.base.retained)
        if found is None:
            raise SelectionError("fewer rules, and no selection any more")
        solved = found
        if self.system.rules.mode == "value" and solved.total < self.base.total:
            raise SelectionError("fewer rules, and a smaller sum of scores")
        needed = frozenset(
            row.quota_part
            for row in self.system.rows
            if row.quota_part in removed and row.quota_part is not None and not row.holds(solved.retained)
        )
        self._known.append((needed, removed, solved))
        return solved

    def that_matter(self, units: Iterable[Parts]) -> dict[Parts, Solved]:
        """The units (each removed alone) whose removal changes the selection, with the selection then."""
        listed = list(dict.fromkeys(units))
        if not listed:
            return {}
        solved = self.without(frozenset().union(*listed))
        if bool((solved.retained == self.base.retained).all()):
            return {}
        if len(listed) == 1:
            return {listed[0]: solved}
        middle = len(listed) // 2
        return self.that_matter(listed[:middle]) | self.that_matter(listed[middle:])
