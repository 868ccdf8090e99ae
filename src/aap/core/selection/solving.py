"""One way to solve a selection, whatever its mode, with some quotas left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aap.core.selection.funding_line import ToTheLine, best_to_the_line
from aap.core.selection.local import improved
from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import Fixed, free_columns
from aap.core.selection.outcome import SelectionError
from aap.core.selection.rows import Retained, Row, System
from aap.core.selection.value import Best, best_by_value
from aap.core.selection.work import OutOfWork

EXACT_UP_TO = 1000  # candidates: above, each step of the tie phase stops after TIE_NODES nodes
TIE_NODES = 500

Parts = frozenset[tuple[str, str]]  # (quota id, value) that are left out
NOTHING: Parts = frozenset()


@dataclass(frozen=True, slots=True)
class Solved:
    """A selection that stands the exact check; `total` is its sum of scores (x 10,000).

    `proven`: it is the best one; else the work ended before, no single entry or exchange would be better, and in `value`
    `gap` is what the sum could still be short of (x 10,000; None in `merit`). `walk`: down to the funding line, where there
    is one to look for.
    """

    retained: Retained
    total: int
    tie_proven: bool
    proven: bool = True
    gap: int | None = 0
    walk: ToTheLine | None = None

    def granting(self, system: System) -> System:
        """The rules at the grants of the selection: less at the funding line, where less was offered."""
        return system if self.walk is None or self.walk.offer is None else self.walk.offer.system


def solve_selection(
    system: System, removed: Parts = NOTHING, base: Solved | None = None, *, ties: bool = True
) -> Solved | None:
    """The selection by the rules, but those quota parts; None where no selection is feasible.

    `base`: the selection by all of the rules, where it is known.
    `ties=False`: in `value`, any of those with the greatest sum.

    Raises:
        OutOfWork: the allowed work ended before a selection was found, or shown not to exist.
    """
    rows = system.rows_without(removed)
    held = system.imposed | system.protected
    fixed = free_columns(system.size, held)
    if system.rules.draws_a_line:
        solved = _to_the_line(system, removed, rows, fixed, base)
        if solved is not None:
            _check(solved.granting(system), removed, solved.retained)
        return solved
    start = None if base is None else base.retained
    solved = (
        _by_merit(system, rows, fixed, start)
        if system.rules.mode == "merit"
        else _by_value(system, rows, fixed, start, ties=ties)
    )
    if solved is not None:
        _check(system, removed, solved.retained)
    return solved


def _to_the_line(system: System, removed: Parts, rows: list[Row], fixed: Fixed, base: Solved | None) -> Solved | None:
    try:
        walk = best_to_the_line(system, removed, None if base is None else base.walk)
    except OutOfWork as stopped:
        return _unproven_by_rank(system, rows, fixed, stopped)
    return None if walk is None else Solved(walk.retained, _total(system, walk.retained), True, gap=None, walk=walk)


def _unproven_by_rank(system: System, rows: list[Row], fixed: Fixed, stopped: OutOfWork) -> Solved:
    """What was met when the work ended, with whoever still fits in. Raises `stopped` where nothing was."""
    met = stopped.retained
    found = (
        met if met is not None and len(met) == system.size and _keeps(rows, fixed, met) else _nobody_else(rows, fixed)
    )
    if found is None:
        raise stopped
    retained = improved(rows, found, fixed == 1)
    return Solved(retained, _total(system, retained), False, proven=False, gap=None)


def short_of_reasons(system: System, solved: Solved) -> Solved:
    """In place of a walk to the line that the work was not enough to explain: what the walk met, as if it had ended there."""
    assert solved.walk is not None
    retained = improved(system.rows, solved.walk.witness, system.imposed)
    return Solved(retained, _total(system, retained), False, proven=False, gap=None)


def _keeps(rows: list[Row], fixed: Fixed, retained: Retained) -> bool:
    return bool(retained[fixed == 1].all()) and all(row.holds(retained) for row in rows)


def _by_merit(system: System, rows: list[Row], fixed: Fixed, start: Retained | None) -> Solved | None:
    try:
        retained = best_by_merit(rows, fixed, start)
    except OutOfWork as stopped:
        found = stopped.retained if stopped.retained is not None else _nobody_else(rows, fixed)
        if found is None:
            raise
        retained = improved(rows, found, fixed == 1)
        return Solved(retained, _total(system, retained), False, proven=False, gap=None)
    return None if retained is None else Solved(retained, _total(system, retained), True, gap=None)


def _by_value(system: System, rows: list[Row], fixed: Fixed, start: Retained | None, *, ties: bool) -> Solved | None:
    nodes = None if system.size <= EXACT_UP_TO else TIE_NODES
    try:
        best = best_by_value(rows, system.worth, fixed, ties=ties, tie_nodes=nodes, start=start)
    except OutOfWork as stopped:
        least = _nobody_else(rows, fixed)
        if least is None or stopped.bound is None:
            raise
        best = Best(least, _total(system, least), False, max(stopped.bound, _total(system, least)))
    if best is None:
        return None
    if not best.proven:
        retained = improved(rows, best.retained, fixed == 1)
        total = _total(system, retained)
        return Solved(retained, total, False, proven=total == best.bound, gap=best.bound - total)
    if ties and not best.tie_proven:
        retained = improved(rows, best.retained, fixed == 1, equal_worth=system.worth)
        return Solved(retained, _total(system, retained), False)
    return Solved(best.retained, best.total, best.tie_proven)


def _nobody_else(rows: list[Row], fixed: Fixed) -> Retained | None:
    """Those who must be retained and nobody else, where that keeps the rules."""
    least = fixed == 1
    return least if all(row.holds(least) for row in rows) else None


def _total(system: System, retained: Retained) -> int:
    return int(system.worth[retained].sum())


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

    All of them raise OutOfWork where the allowed work ends before a proof.
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
        if not solved.proven:
            raise OutOfWork(solved.retained, None)
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
