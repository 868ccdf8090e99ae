"""From the call file's selection rules to the exact rules of the selection."""

from __future__ import annotations

from fractions import Fraction

from aap.core.call.schema import CallFile
from aap.core.quotas.quota import Quota
from aap.core.selection.problem import QuotaRule, Rules


def rules_of(call: CallFile) -> Rules:
    """The call's selection rules: budget in cents."""
    selection = call.selection
    return Rules(
        mode=selection.mode,
        laureates=selection.laureates,
        budget=None if selection.budget is None else int(selection.budget * 100),
        protect_top=selection.protect_top,
        waiting_list=selection.waiting_list.by_rank,
        successors=selection.waiting_list.successors,
        if_none=selection.waiting_list.without or "",
        quotas=tuple(_quota(quota) for quota in selection.quotas),
        at_limit=selection.at_limit,
        draw_zone=selection.draw_zone is not None,
        reduce_to=None if selection.reduce_to is None else Fraction(selection.reduce_to),
    )


def _quota(quota: Quota) -> QuotaRule:
    where = None
    if quota.where is not None:
        where = {
            attribute: frozenset([accepted] if isinstance(accepted, str) else accepted)
            for attribute, accepted in quota.where.items()
        }
    return QuotaRule(
        id=quota.id,
        title=quota.title or quota.id,
        where=where,
        each=quota.each,
        bounds=quota.bounds,
    )
