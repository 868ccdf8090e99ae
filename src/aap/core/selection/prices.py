"""What each quota costs, and whom it lets in: the selection solved again without it."""

from __future__ import annotations

from aap.core.quotas.bounds import of_side
from aap.core.selection.outcome import Reason
from aap.core.selection.rows import System
from aap.core.selection.solving import Parts, Removals


def quota_prices(system: System, removals: Removals) -> dict[str, int]:
    """Quota id -> sum of scores (x 10,000) without the whole quota less the sum with it.

    Never below 0 in `value`; in `merit` a rule may help the sum, and its price is then below 0.
    """
    units = {quota.id: _whole(system, quota.id) for quota in system.rules.quotas}
    changed = removals.totals_that_matter(unit for unit in units.values() if unit)
    return {quota: changed.get(unit, removals.base.total) - removals.base.total for quota, unit in units.items()}


def retained_by_quota(system: System, removals: Removals) -> dict[int, Reason]:
    """Column -> `selected_by_quota` for each retained one that is not retained without a quota that it belongs to.

    Only quotas with a minimum; the first such quota in file order, of several values the first in the cell.
    """
    floors = [part for part in system.parts if of_side(part.quota.bounds, "quota_min")]
    changed = removals.that_matter(frozenset([part.key]) for part in floors)
    reasons: dict[int, Reason] = {}
    for quota in system.rules.quotas:
        found: dict[int, list[str]] = {}
        for part in floors:
            solved = changed.get(frozenset([part.key]))
            if part.quota is not quota or solved is None:
                continue
            for column in part.share_of:
                if removals.base.retained[column] and not solved.retained[column]:
                    found.setdefault(column, []).append(part.value)
        for column, values in found.items():
            cell = system.candidates[column].attributes.get(quota.each, ()) if quota.each else ("",)
            first = next(value for value in cell if value in values)
            reasons.setdefault(column, Reason("selected_by_quota", quota.id, first))
    return reasons


def _whole(system: System, quota: str) -> Parts:
    return frozenset(part.key for part in system.parts if part.quota.id == quota)
