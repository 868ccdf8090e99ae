"""The selection, whole: who is retained, why, at what price, and who waits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.merit_reasons import certificates_by_merit, reason_by_merit
from aap.core.selection.model import solver_name
from aap.core.selection.outcome import Certificate, NothingFound, QuotaOutcome, Reason, SelectionOutcome
from aap.core.selection.prices import quota_prices, retained_by_quota
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.reasons import certificates_by_value, reason_by_value
from aap.core.selection.replacement import waiting_list
from aap.core.selection.rows import System, compile_system
from aap.core.selection.solving import EXACT_UP_TO, Removals, Solved, solve_selection
from aap.core.selection.work import WORK, OutOfWork, Sight, allowance


def select(
    candidates: Sequence[Candidate],
    rules: Rules,
    *,
    prices: bool = False,
    work: int = WORK,
    sight: Sight | None = None,
) -> SelectionOutcome:
    """The selection among candidates given in rank order: the best one, or the best found with the allowed work.

    `prices`: compute prices and reasons by quota above 1,000 candidates too. `work`: nodes of the solver's search, for
    everything. `sight`: told of the best sum found and of the most possible, while `value` searches.

    Raises:
        InfeasibleRules: the rules can't all hold; carries a smallest conflicting set.
        NothingFound: the work ended before a selection was found, or shown not to exist.
        SelectionError: the solver's answer doesn't stand the exact check.
        ValueError: candidates or rules that make no sense (two equal ids, a grant below 0, a share of no budget).
    """
    with allowance(work, sight):
        return _select(compile_system(candidates, rules), prices)


def _select(system: System, prices: bool) -> SelectionOutcome:
    try:
        solved = solve_selection(system)
    except OutOfWork as stopped:
        raise NothingFound from stopped
    if solved is None:
        raise smallest_conflict(system)
    by_quota: dict[int, Reason] = {}
    price_of: dict[str, int] = {}
    complete = solved.proven
    if solved.proven and (prices or system.size <= EXACT_UP_TO):
        removals = Removals(system, solved)
        try:
            by_quota, price_of = retained_by_quota(system, removals), quota_prices(system, removals)
        except OutOfWork:
            complete = False
            by_quota = {}
    certificates, passed, reached = _passed_over(system, solved)
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
        proven_optimal=solved.proven,
        tie_proven=solved.tie_proven,
        solver=solver_name(),
        gap=solved.gap,
        complete=complete and reached,
        prices=price_of,
        only_successors=tuple(ids[j] for j in waiting.only_successors),
        no_successor=tuple(ids[j] for j in waiting.no_successor),
        unserved=tuple(ids[j] for j in waiting.unserved),
    )


def _passed_over(system: System, solved: Solved) -> tuple[dict[int, Certificate], dict[int, Reason], bool]:
    """Certificates and reasons by column, and whether the work was enough for those that the mode asks for."""
    if system.rules.mode == "merit" and solved.proven:
        try:
            by_merit = certificates_by_merit(system, solved.retained)
        except OutOfWork:
            pass
        else:
            return by_merit, {column: reason_by_merit(system, one, column) for column, one in by_merit.items()}, True
    by_value = certificates_by_value(system, solved)
    reasons = {column: reason_by_value(system, one, column) for column, one in by_value.items()}
    return by_value, reasons, system.rules.mode == "value"


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
