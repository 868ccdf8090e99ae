"""Why a candidate is passed over in `merit`: the first rule whose removal would let it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from aap.core.selection.model import free_columns, maximise, reduce_rows
from aap.core.selection.outcome import Certificate, Reason, SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.reasons import as_reason, file_order
from aap.core.selection.rows import Retained, Row, System


def certificates_by_merit(system: System, retained: Retained) -> dict[int, Certificate]:
    """Column -> certificate of each passed-over candidate."""
    blocks = _blocks(system.rows)
    impossible = {row: _impossible(system, row, retained) for row in system.rows}
    certificates = {}
    for column in np.flatnonzero(~retained).tolist():
        inside = retained.copy()
        inside[column:] = False
        inside |= system.imposed
        inside[column] = True
        whole = retained.copy()
        whole[column] = True
        dead = [row for row, beside in impossible.items() if beside[column]]
        freeing, last = _freeing(system, blocks, dead, (inside, whole), column)
        certificates[column] = Certificate(
            exchanges=0,
            broken=(),
            adding=tuple(dict.fromkeys(row.rule for row in dead)),
            freeing=freeing,
            last=last,
        )
    return certificates


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


def _impossible(system: System, row: Row, retained: Retained) -> Retained:
    """For each column: whether nobody else's entry can make the row hold beside it and everything retained before it.

    Beside it and them stand those whom the jury imposed. Meaningless for the retained columns.
    """
    least = np.zeros(system.size, row.coefficient.dtype)
    least[row.columns] = np.minimum(row.coefficient, 0)  # what a column that is still free may take off
    more = np.zeros(system.size, row.coefficient.dtype)
    more[row.columns] = row.coefficient
    more -= least  # what its being inside adds to that
    before = np.where(retained & ~system.imposed, more, 0)
    held = np.cumsum(before) + more[system.imposed].sum() + more
    return np.asarray(held + least.sum() > row.bound, np.bool_)


def _possible(rows: Sequence[Row], inside: Retained, guesses: Sequence[Retained]) -> bool:
    """Whether some selection with everybody `inside` keeps the rows; `guesses` are tried first."""
    if any(all(row.holds(guess) for row in rows) for guess in guesses):
        return True
    fixed = free_columns(len(inside), inside)
    if reduce_rows(rows, fixed) is None:
        return False
    return maximise(rows, np.zeros(len(inside), np.int64), fixed).retained is not None


def _freeing(
    system: System,
    blocks: dict[RuleRef, list[Row]],
    dead: Sequence[Row],
    guesses: tuple[Retained, Retained],
    column: int,
) -> tuple[RuleRef | None, RuleRef | None]:
    """The first rule whose removal alone lets the candidate in; a quota is named by the side and value in the way.

    Where there is none and no rule is impossible by itself: second, the rule with whose removal, after all those
    before it, the candidate can enter. `guesses`: everybody to hold, and a selection that may do.
    """

    def without(removed: Sequence[Row]) -> bool:
        if any(row not in removed for row in dead):
            return False
        return _possible([row for row in system.rows if row not in removed], guesses[0], guesses)

    for rule, rows in blocks.items():
        if without(rows):
            return (rule if rule.kind != "quota" else _side(system, rows, without, column)), None
    if dead:
        return None, None
    before: list[Row] = []
    for rule, rows in blocks.items():
        if without([*before, *rows]):
            return None, rule if rule.kind != "quota" else _side(system, rows, partial(_and, without, before), column)
        before += rows
    raise SelectionError("a candidate can't enter even without a rule")


def _and(without: Callable[[Sequence[Row]], bool], before: Sequence[Row], rows: Sequence[Row]) -> bool:
    return without([*before, *rows])


def _side(system: System, rows: Sequence[Row], without: Callable[[Sequence[Row]], bool], column: int) -> RuleRef:
    """Of a quota: the first side and value whose removal alone suffices, else the first of all.

    The maximum comes before the minimum, then the candidate's own values in cell order before the others.
    """
    sides = sorted(dict.fromkeys(row.rule for row in rows), key=lambda rule: _order(system, rule, column))
    if len(sides) == 1:
        return sides[0]
    for side in sides:
        if without([row for row in rows if row.rule == side]):
            return side
    return sides[0]
