"""One way to solve a selection, whatever its mode, with some quotas left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aap.core.selection.funding_line import ToTheLine, best_to_the_line
from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import free_columns
from aap.core.selection.outcome import SelectionError
from aap.core.selection.rows import Retained, System
from aap.core.selection.value import best_by_value

EXACT_UP_TO = 1000  # candidates: above, each step of the tie phase stops after TIE_NODES nodes
TIE_NODES = 500

Parts = frozenset[tuple[str, str]]  # (quota id, value) that are left out
NOTHING: Parts = frozenset()


@dataclass(frozen=True, slots=True)
class Solved:
    """A selection that stands the exact check; `total` is its sum of scores (x 10,000).

    `system`: the rules at the grants of the selection; `walk`: down to the funding line, where there is one to look for.
    """

    retained: Retained
    total: int
    tie_proven: bool
    system: System
    walk: ToTheLine | None = None


def solve_selection(
    system: System, removed: Parts = NOTHING, base: Solved | None = None, *, ties: bool = True
) -> Solved | None:
    """The selection by the rules, but those quota parts; None where no selection is feasible.

    `base`: the selection by all of the rules, where it is known.

    `ties=False`: in `value`, any of those with the greatest sum.
    """
    rows = system.rows_without(removed)
    fixed = free_columns(system.size, system.imposed | system.protected)
    start = None if base is None else base.retained
    walk = None
    if system.rules.draws_a_line:
        walk = best_to_the_line(system, removed, None if base is None else base.walk)
        if walk is None:
            return None
        retained, proven = walk.retained, True
        system = system if walk.offer is None else walk.offer.system
    elif system.rules.mode == "merit":
        walked = best_by_merit(rows, fixed, start)
        if walked is None:
            return None
        retained, proven = walked, True
    else:
        nodes = None if system.size <= EXACT_UP_TO else TIE_NODES
        best = best_by_value(rows, system.worth, fixed, ties=ties, tie_nodes=nodes, start=start)
        if best is None:
            return None
        retained, proven = best.retained, best.tie_proven
    _check(system, removed, retained)
    return Solved(retained, int(system.worth[retained].sum()), proven, system, walk)


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
    Not with a funding line, which moves where a rule is left out: then each set of parts is solved by itself.
    """

    system: System
    base: Solved
    _known: list[tuple[Parts, Parts, Solved]] = field(default_factory=list)
    _unsettled: list[tuple[Parts, Parts, Solved]] = field(default_factory=list)  # ties left open: good for sums

    def __post_init__(self) -> None:
        self._known.append((NOTHING, NOTHING, self.base))

    def without(self, removed: Parts) -> Solved:
        """The selection without these parts, ties settled."""
        return self._found(removed, self._known) or self._solve(removed, ties=True)

    def total_without(self, removed: Parts) -> int:
        """Its sum of scores, for which ties don't matter in `value`."""
        found = self._found(removed, self._known) or self._found(removed, self._unsettled)
        return (found or self._solve(removed, ties=self.system.rules.mode == "merit")).total

    def _found(self, removed: Parts, known: Iterable[tuple[Parts, Parts, Solved]]) -> Solved | None:
        if self.system.rules.draws_a_line:
            return next((solved for _, left_out, solved in known if removed == left_out), None)
        return next((solved for needed, left_out, solved in known if needed <= removed <= left_out), None)

    def _solve(self, removed: Parts, *, ties: bool) -> Solved:
        solved = solve_selection(self.system, removed, self.base, ties=ties)
        if solved is None:
            raise SelectionError("fewer rules, and no selection any more")
        if self.system.rules.mode == "value" and solved.total < self.base.total:
            raise SelectionError("fewer rules, and a smaller sum of scores")
        needed = frozenset(
            row.quota_part
            for row in self.system.rows
            if row.quota_part in removed and row.quota_part is not None and not row.holds(solved.retained)
        )
        (self._known if ties else self._unsettled).append((needed, removed, solved))
        return solved

    def that_matter(self, units: Iterable[Parts]) -> dict[Parts, Solved]:
        """The units (each removed alone) whose removal changes the selection, with the selection then."""
        return {unit: self.without(unit) for unit in self._narrowed(list(dict.fromkeys(units)), self._changes)}

    def totals_that_matter(self, units: Iterable[Parts]) -> dict[Parts, int]:
        """The units whose removal changes the sum of scores, with the sum then."""
        if self.system.rules.mode == "merit":  # the sum may stay, or fall, where the selection changes
            return {unit: solved.total for unit, solved in self.that_matter(units).items()}
        distinct = list(dict.fromkeys(units))
        mattering = self._narrowed(distinct, lambda removed: self.total_without(removed) != self.base.total)
        return {unit: self.total_without(unit) for unit in mattering}

    def _changes(self, removed: Parts) -> bool:
        return not bool((self.without(removed).retained == self.base.retained).all())

    def _narrowed(self, units: list[Parts], matters: Callable[[Parts], bool]) -> list[Parts]:
        """The units that matter alone; where several together don't, none does (unless a funding line moves)."""
        if self.system.rules.draws_a_line:
            return [unit for unit in units if matters(unit)]
        if not units or not matters(frozenset().union(*units)):
            return []
        if len(units) == 1:
            return units
        middle = len(units) // 2
        return self._narrowed(units[:middle], matters) + self._narrowed(units[middle:], matters)
