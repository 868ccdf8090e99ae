"""A smallest set of rules that can't all hold.

Every selection of candidates breaks some rules; a conflicting set must hold one rule of those that each selection
breaks. So the smallest conflicting set is a smallest set that hits the broken rules of every selection: hit the ones
seen so far (an integer problem), look for a selection that keeps the hit rules, note what it breaks, repeat; when none
keeps them, they conflict, and no smaller set does.

Many decisions `in` are alike, and so are minima of one ("a laureate in each département"), each kept by one candidate of
its own. Where any k of them could stand in for the k that a selection keeps (checked row by row in the worst case), the
note says "one of the broken rules, or more than k of them", which spares the enumeration.

The rules are known to conflict. Where the allowed work ends before a smallest set is proven, rules are left out one by
one as long as the rest still is shown to conflict; a rule that this can't be shown for stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aap.core.selection.model import free_columns, maximise
from aap.core.selection.outcome import InfeasibleRules, SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Columns, Retained, Row, System, make_row
from aap.core.selection.work import OutOfWork, allowance, work_at_hand

_ROUNDS = 600
_NOTE = RuleRef("laureates", "note")


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A rule that may take part in a conflict: rows to keep, columns that must be retained."""

    rule: RuleRef
    rows: tuple[Row, ...]
    columns: Columns
    keeper: int | None = None  # one whose being retained keeps the rule, whoever else is; nobody else's

    @property
    def single(self) -> bool:
        return self.keeper is not None

    def holds(self, retained: Retained) -> bool:
        return bool(retained[self.columns].all()) and all(row.holds(retained) for row in self.rows)


def smallest_conflict(system: System) -> InfeasibleRules:
    """The error that names a smallest conflicting set of an infeasible system."""
    with allowance(work_at_hand().left):
        return _smallest_conflict(system)


def _smallest_conflict(system: System) -> InfeasibleRules:
    elements = _elements(system)
    chosen, proven, irreducible = _smallest(system.size, elements, [])
    conflict = tuple(elements[k].rule for k in chosen)
    quotas = {rule.id for rule in conflict if rule.kind == "quota"}
    hard = [elements[k] for k in chosen if elements[k].rule.id not in quotas or elements[k].rule.kind != "quota"]
    by_value = _values(system, quotas)
    needed, values_proven, values_irreducible = _smallest(system.size, by_value, hard)
    values: dict[str, tuple[str, ...]] = {}
    for k in needed:
        rule = by_value[k].rule
        if rule.value:
            values[rule.id] = (*values.get(rule.id, ()), rule.value)
    return InfeasibleRules(conflict, values, proven and values_proven, irreducible and values_irreducible)


def _values(system: System, quotas: set[str]) -> list[Element]:
    """Each value of these quotas by itself, in file order."""
    elements = []
    taken = set(np.flatnonzero(system.imposed | system.protected).tolist())
    for part in system.parts:
        if part.quota.id not in quotas:
            continue
        rows = tuple(row for row in system.rows if row.quota_part == part.key)
        keeper = None
        if len(rows) == 1 and rows[0].bound == -1 and bool((rows[0].coefficient == -1).all()):
            cheapest = sorted((system.candidates[j].grant, j) for j in rows[0].columns.tolist() if j not in taken)
            keeper = cheapest[0][1] if cheapest else None
        if keeper is not None:
            taken.add(keeper)
        elements.append(Element(RuleRef("quota", *part.key), rows, np.zeros(0, np.int64), keeper))
    return elements


def _elements(system: System) -> list[Element]:
    """All rules in the order laureates, budget, protected head, quotas in file order, decisions in rank order."""
    nobody = np.zeros(0, np.int64)
    by_rule: dict[RuleRef, list[Row]] = {}
    for row in system.rows:
        by_rule.setdefault(RuleRef("quota", row.rule.id) if row.quota_part else row.rule, []).append(row)
    elements = [Element(rule, tuple(rows), nobody) for rule, rows in by_rule.items()]
    if system.protected.any():
        position = sum(element.rule.kind in ("laureates", "budget") for element in elements)
        elements.insert(position, Element(RuleRef("protect_top"), (), np.flatnonzero(system.protected)))
    elements += [
        Element(RuleRef("decision", system.candidates[j].id), (), np.array([j], np.int64), j)
        for j in np.flatnonzero(system.imposed).tolist()
    ]
    return elements


def _smallest(size: int, elements: Sequence[Element], hard: Sequence[Element]) -> tuple[list[int], bool, bool]:
    """Indices of a smallest subset that conflicts (with the hard ones), whether no smaller one is proven, and whether
    nothing can be left out of it."""
    try:
        with allowance(work_at_hand().left // 2):
            found = _by_notes(size, elements, hard)
    except OutOfWork:
        found = None
    if found is not None:
        return found, True, True
    chosen, irreducible = _irreducible(size, elements, hard)
    return chosen, False, irreducible


def _by_notes(size: int, elements: Sequence[Element], hard: Sequence[Element]) -> list[int] | None:
    """A smallest conflicting subset; None where it takes too many rounds."""
    notes = _Notes(len(elements))
    for _ in range(_ROUNDS):
        hit = notes.hit()
        seen = _selection(size, elements, [*hard, *(elements[k] for k in hit)], {*hit})
        if seen is None:
            return hit
        broken = [k for k, element in enumerate(elements) if not element.holds(seen)]
        if not broken:
            raise SelectionError("the rules were said to conflict, and a selection keeps them all")
        notes.add(broken)
        _note_alike(notes, size, elements, hard, seen, broken)
    return None


def _selection(
    size: int, elements: Sequence[Element], kept: Sequence[Element], kept_indices: set[int]
) -> Retained | None:
    """A selection that keeps the given rules and, greedily, as many others as it can."""
    wished = np.zeros(size, np.int64)
    for element in elements:
        if element.keeper is not None:
            wished[element.keeper] = 1
    best = _keeping(size, kept, wished)
    if best is None:
        return None
    kept = [*kept, *(element for element in elements if element.single and element.holds(best))]
    for k, element in enumerate(elements):
        if k in kept_indices or element.single:
            continue
        found = best if element.holds(best) else _keeping(size, [*kept, element], wished * 0)
        if found is not None:
            best = found
            kept = [*kept, element]
    return best


def _keeping(size: int, kept: Sequence[Element], wished: Columns) -> Retained | None:
    inside = np.zeros(size, np.bool_)
    for element in kept:
        inside[element.columns] = True
    return maximise([row for element in kept for row in element.rows], wished, free_columns(size, inside)).retained


def _irreducible(size: int, elements: Sequence[Element], hard: Sequence[Element]) -> tuple[list[int], bool]:
    """A conflicting subset (decisions are left out first), and whether nothing more can be left out of it."""
    chosen = list(range(len(elements)))
    complete = True
    nothing = np.zeros(size, np.int64)
    for k in reversed(range(len(elements))):
        rest = [j for j in chosen if j != k]
        try:
            if _keeping(size, [*hard, *(elements[j] for j in rest)], nothing) is None:
                chosen = rest
        except OutOfWork:
            complete = False
    return chosen, complete


def _note_alike(
    notes: _Notes,
    size: int,
    elements: Sequence[Element],
    hard: Sequence[Element],
    seen: Retained,
    broken: Sequence[int],
) -> None:
    """Note that no k of those alike suffice, where any k of them can be kept in place of the k that are."""
    singles = [k for k, element in enumerate(elements) if element.single]
    missed = set(broken) & set(singles)
    if not missed:
        return
    columns = np.array([elements[k].keeper for k in singles], np.int64)
    rows = [row for element in hard for row in element.rows]
    rows += [
        row for k, element in enumerate(elements) if k not in broken and not element.single for row in element.rows
    ]
    needed = np.zeros(size, np.bool_)
    for k, element in enumerate(elements):
        if k not in broken and not element.single:
            needed[element.columns] = True
    for element in hard:
        needed[element.columns] = True
    # Decisions on candidates that other kept rules require anyway are never missed.
    group = [k for k, column in zip(singles, columns.tolist(), strict=True) if not needed[column]]
    columns = columns[~needed[columns]]
    rest = seen.copy()
    rest[columns] = False
    for k in group:
        for row in elements[k].rows:  # whoever else kept it makes room for the one who is to keep it
            rest[row.columns] = False
    rest |= needed
    fits = len(columns)
    for row in rows:
        dense = np.zeros(size, row.coefficient.dtype)
        dense[row.columns] = row.coefficient
        worst = np.concatenate([[0], np.cumsum(np.sort(dense[columns])[::-1])]) + row.activity(rest)
        # `fits` must hold for exactly that many: fewer may break a minimum that more would keep.
        while fits >= 0 and worst[fits] > row.bound:
            fits -= 1
    if any(fits >= 0 and _worst(row, columns, size, fits) + row.activity(rest) > row.bound for row in rows):
        return
    if fits > 0:
        notes.add_more_than([k for k in broken if k not in missed], group, fits)


def _worst(row: Row, columns: Columns, size: int, count: int) -> int:
    dense = np.zeros(size, row.coefficient.dtype)
    dense[row.columns] = row.coefficient
    return int(np.sort(dense[columns])[::-1][:count].sum())


class _Notes:
    """What a conflicting set must hold; columns are the elements, then one switch for each "more than k of them"."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.switches = 0
        self.rows: list[Row] = []

    def add(self, broken: Sequence[int]) -> None:
        self.rows.append(make_row(_NOTE, dict.fromkeys(broken, -1), -1))

    def add_more_than(self, broken: Sequence[int], group: Sequence[int], enough: int) -> None:
        """One of `broken`, or more than `enough` of `group`."""
        switch = self.count + self.switches
        self.switches += 1
        self.rows.append(make_row(_NOTE, dict.fromkeys([*broken, switch], -1), -1))
        self.rows.append(make_row(_NOTE, {switch: enough + 1, **dict.fromkeys(group, -1)}, 0))

    def hit(self) -> list[int]:
        """A smallest set of elements that satisfies every note."""
        size = self.count + self.switches
        cost = np.zeros(size, np.int64)
        cost[: self.count] = -1
        chosen = maximise(self.rows, cost, free_columns(size)).retained
        if chosen is None:
            raise SelectionError("no set of rules satisfies the notes")
        return np.flatnonzero(chosen[: self.count]).tolist()
