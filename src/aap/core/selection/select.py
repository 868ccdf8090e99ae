"""The selection, whole: who is retained, why, at what price, and who waits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.merit_reasons import certificates_by_merit, reason_by_merit
from aap.core.selection.model import solver_name
from aap.core.selection.outcome import QuotaOutcome, Reason, SelectionOutcome
from aap.core.selection.prices import quota_prices, retained_by_quota
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.reasons import certificates_by_value, reason_by_value
from aap.core.selection.replacement import waiting_list
from aap.core.selection.rows import System, compile_system
from aap.core.selection.solving import EXACT_UP_TO, Removals, Solved, solve_selection


def select(candidates: Sequence[Candidate], rules: Rules, *, prices: bool = False) -> SelectionOutcome:
    """The exact selection among candidates given in rank order.

    `prices`: compute prices and reasons by quota above 1,000 candidates too.

    Raises:
        InfeasibleRules: the rules can't all hold; carries a smallest conflicting set.
        SelectionError: the solver's answer doesn't stand the exact check.
        ValueError: candidates or rules that make no sense (two equal ids, a grant below 0, a share of no budget).
    """
    system = compile_system(candidates, rules)
    solved = solve_selection(system)
    if solved is None:
        raise smallest_conflict(system)
    priced = prices or system.size <= EXACT_UP_TO
    removals = Removals(system, solved)
    by_quota = retained_by_quota(system, removals) if priced else {}
    price_of = quota_prices(system, removals) if priced else {}
    if rules.mode == "value":
        certificates = certificates_by_value(system, solved)
        passed = {column: reason_by_value(system, certificate, column) for column, certificate in certificates.items()}
    else:
        certificates = certificates_by_merit(system, solved.retained)
        passed = {column: reason_by_merit(system, certificate, column) for column, certificate in certificates.items()}
    ids = [candidate.id for candidate in system.candidates]
    reasons = {}
    for column, candidate in enumerate(system.candidates):
        if column in passed:
            reasons[candidate.id] = passed[column]
        elif candidate.imposed:
            reasons[candidate.id] = Reason("jury_in")
        else:
            reasons[candidate.id] = by_quota.get(column, Reason("selected"))
    waiting = waiting_list(system, solved.retained)
    return SelectionOutcome(
        retained=tuple(ids[j] for j in np.flatnonzero(solved.retained)),
        waiting_list=tuple(ids[j] for j in waiting.waiting),
        reasons=reasons,
        certificates={ids[column]: certificate for column, certificate in certificates.items()},
        quotas=_quotas(system, solved, price_of),
        objective=solved.total,
        granted=sum(candidate.grant for j, candidate in enumerate(system.candidates) if solved.retained[j]),
        proven_optimal=True,
        tie_proven=solved.tie_proven,
        solver=solver_name(),
        prices=price_of,
        only_successors=tuple(ids[j] for j in waiting.only_successors),
        no_successor=tuple(ids[j] for j in waiting.no_successor),
        unserved=tuple(ids[j] for j in waiting.unserved),
    )


def _quotas(system: System, solved: Solved, prices: dict[str, int]) -> tuple[QuotaOutcome, ...]:
    return tuple(
        QuotaOutcome(
            quota=part.quota,
            value=part.value,
            members=len(part.share_of),
            count=part.count(solved.retained),
            money=part.money(system.candidates, solved.retained),
            price=prices.get(part.quota.id),
        )
        for part in system.parts
    )
