"""Why a candidate is passed over in `merit`: the first rule whose removal would let it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from aap.core.selection.model import free_columns, maximise, reduce_rows
from aap.core.selection.outcome import Certificate, Reason, SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.reasons import as_reason
from aap.core.selection.rows import Retained, Row, System


def certificates_by_merit(system: System, retained: Retained) -> dict[int, Certificate]:
    """Column -> certificate of each passed-over candidate."""
    blocks = _blocks(system.rows)
    certificates = {}
    for column in np.flatnonzero(~retained).tolist():
        inside = retained.copy()
        inside[column:] = False
        inside |= system.imposed
        inside[column] = True
        whole = retained.copy()
        whole[column] = True
        dead = [row for row in system.rows if _impossible(row, inside)]
        certificates[column] = Certificate(
            exchanges=0,
            broken=(),
            adding=tuple(dict.fromkeys(row.rule for row in dead)),
            freeing=_freeing(system, blocks, dead, inside, whole, column),
        )
    return certificates


def reason_by_merit(system: System, certificate: Certificate) -> Reason:
    """The rule whose removal lets the candidate in.

    Where no single rule does: the first (count, budget, quotas in file order) that the candidate makes impossible
    with everything retained before it, else the last of those to remove, in that order, before it can enter.
    """
    if certificate.freeing is not None:
        return as_reason(certificate.freeing)
    return as_reason(min(certificate.adding, key=system.rule_position))


def _blocks(rows: Sequence[Row]) -> dict[RuleRef, list[Row]]:
    """The rules as they are removed: count, budget, each quota whole, in this order."""
    blocks: dict[RuleRef, list[Row]] = {}
    for row in rows:
        blocks.setdefault(RuleRef("quota", row.rule.id) if row.quota_part else row.rule, []).append(row)
    return blocks


def _impossible(row: Row, inside: Retained) -> bool:
    """Whether nobody's entry can make the row hold again."""
    held = inside[row.columns]
    return int(row.coefficient[held].sum()) + int(np.minimum(row.coefficient[~held], 0).sum()) > row.bound


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
    inside: Retained,
    whole: Retained,
    column: int,
) -> RuleRef | None:
    """The first rule whose removal lets the candidate in; a quota is named by the side and value that is in the way."""
    guesses = (inside, whole)

    def without(removed: Sequence[Row]) -> bool:
        if any(row not in removed for row in dead):
            return False
        return _possible([row for row in system.rows if row not in removed], inside, guesses)

    for rule, rows in blocks.items():
        if without(rows):
            return rule if rule.kind != "quota" else _side(system, rows, dead, without, column)
    if dead:
        return None
    removed: list[Row] = []
    for rule, rows in blocks.items():
        removed += rows
        if without(removed):
            return rule if rule.kind != "quota" else _side(system, rows, dead, without, column)
    raise SelectionError("a candidate can't enter even without a rule")


def _side(
    system: System,
    rows: Sequence[Row],
    dead: Sequence[Row],
    without: Callable[[Sequence[Row]], bool],
    column: int,
) -> RuleRef:
    """Of a quota: the side and value whose removal alone suffices, else the first that the candidate breaks.

    Maximum before minimum, the candidate's own values in cell order first, then the others.
    """
    quota = next(quota for quota in system.rules.quotas if quota.id == rows[0].rule.id)
    own = list(system.candidates[column].attributes.get(quota.each, ())) if quota.each else []
    sides = sorted(
        dict.fromkeys(row.rule for row in rows),
        key=lambda rule: (
            rule.kind != "quota_max",
            own.index(rule.value) if rule.value in own else len(own),
            rule.value,
        ),
    )
    if len(sides) == 1:
        return sides[0]
    for side in sides:
        if without([row for row in rows if row.rule == side]):
            return side
    broken = {row.rule for row in dead}
    return next((side for side in sides if side in broken), sides[0])
