"""Why a candidate is passed over in `merit`: the first rule whose removal would let it in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.selection.merit_entries import Entries
from aap.core.selection.outcome import Certificate, Reason, SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.reasons import as_reason, file_order
from aap.core.selection.rows import Retained, Row, System


def certificates_by_merit(system: System, retained: Retained, asked: Retained | None = None) -> dict[int, Certificate]:
    """Column -> certificate of each passed-over candidate, or of those that are `asked` for."""
    asked = ~retained if asked is None else asked
    entries = Entries(system, retained)
    blocks = _blocks(system.rows)
    freeing: dict[int, RuleRef] = {}
    last: dict[int, RuleRef] = {}
    rest = asked.copy()
    for rule, rows in blocks.items():
        entering = entries.without(rows, rest)
        freeing |= _sides(system, entries, rule, rows, [], entering)
        rest &= ~entering
    for impossible in entries.impossible.values():
        rest &= ~impossible
    before: list[Row] = []
    for rule, rows in blocks.items():
        entering = entries.without([*before, *rows], rest) if before else np.zeros_like(rest)
        last |= _sides(system, entries, rule, rows, before, entering)
        rest &= ~entering
        before += rows
    if rest.any():
        raise SelectionError("a candidate can't enter even without a rule")
    return {
        column: Certificate(
            exchanges=0,
            broken=(),
            adding=tuple(
                dict.fromkeys(row.rule for row, impossible in entries.impossible.items() if impossible[column])
            ),
            freeing=freeing.get(column),
            last=last.get(column),
        )
        for column in np.flatnonzero(asked).tolist()
    }


def reason_by_merit(system: System, certificate: Certificate, column: int) -> Reason:
    """The rule whose removal lets the candidate in.

    Where no single rule does: the first (count, budget, quotas in file order) that the candidate makes impossible
    with everything retained before it, else the last of those to remove, in that order, before it can enter.
    """
    rule = certificate.freeing or certificate.last
    if rule is None:
        rule = min(certificate.adding, key=lambda broken: _order(system, broken, column))
    return as_reason(rule)


def _order(system: System, rule: RuleRef, column: int) -> tuple[bool, bool, int, bool, int, str]:
    """Count, budget, quotas in file order; of one quota the maximum first, then the candidate's own values."""
    quota, own, value = file_order(system, rule, column)
    return rule.kind != "laureates", rule.kind != "budget", quota, rule.kind != "quota_max", own, value


def _blocks(rows: Sequence[Row]) -> dict[RuleRef, list[Row]]:
    """The rules as they are removed: count, budget, each quota whole, in this order."""
    blocks: dict[RuleRef, list[Row]] = {}
    for row in rows:
        blocks.setdefault(RuleRef("quota", row.rule.id) if row.quota_part else row.rule, []).append(row)
    return blocks


def _sides(
    system: System, entries: Entries, rule: RuleRef, rows: Sequence[Row], before: Sequence[Row], entering: Retained
) -> dict[int, RuleRef]:
    """Column -> the rule as a reason names it; of a quota the first side and value whose removal suffices, else the first.

    The maximum comes before the minimum, then the candidate's own values in cell order before the others. `before`:
    rows that are left out too.
    """
    columns = np.flatnonzero(entering).tolist()
    sides = list(dict.fromkeys(row.rule for row in rows))
    if rule.kind != "quota" or len(sides) == 1:
        return dict.fromkeys(columns, sides[0])
    ordered = {column: sorted(sides, key=lambda side: _order(system, side, column)) for column in columns}
    named: dict[int, RuleRef] = {}
    rest = entering
    for turn in range(len(sides)):
        for side in sides:
            asked = np.zeros_like(rest)
            asked[[column for column in np.flatnonzero(rest).tolist() if ordered[column][turn] == side]] = True
            found = entries.without([*before, *(row for row in rows if row.rule == side)], asked)
            named |= dict.fromkeys(np.flatnonzero(found).tolist(), side)
            rest = rest & ~found
    return {column: named.get(column, ordered[column][0]) for column in columns}
