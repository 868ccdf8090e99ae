"""The selection, whole: who is retained, why, at what price, and who waits."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.draw_zone import draw_zone
from aap.core.selection.merit_reasons import certificates_by_merit, reason_by_merit
from aap.core.selection.model import solver_name
from aap.core.selection.outcome import Certificate, FundingLine, QuotaOutcome, Reason, SelectionOutcome
from aap.core.selection.prices import quota_prices, retained_by_quota
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.reasons import certificates_by_value, reason_by_value
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
    if rules.draw_zone and rules.draws_a_line:
        return _drawn(system, prices)
    solved = solve_selection(system)
    if solved is None:
        raise smallest_conflict(system)
    priced = prices or system.size <= EXACT_UP_TO
    removals = Removals(system, solved)
    line = None
    by_quota = retained_by_quota(system, removals) if priced else {}
    price_of = quota_prices(system, removals) if priced else {}
    if rules.mode == "value":
        certificates = certificates_by_value(system, solved)
        passed = {column: reason_by_value(system, certificate, column) for column, certificate in certificates.items()}
    elif solved.walk is not None:
        certificates, passed, line = _to_the_line(system, solved)
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
        elif line is not None and line.id == candidate.id:
            reasons[candidate.id] = Reason("reduced")
        else:
            reasons[candidate.id] = by_quota.get(column, Reason("selected"))
    return SelectionOutcome(
        retained=tuple(ids[j] for j in np.flatnonzero(solved.retained)),
        waiting_list=tuple(ids[j] for j in np.flatnonzero(~solved.retained)[: rules.waiting_list]),
        reasons=reasons,
        certificates={ids[column]: certificate for column, certificate in certificates.items()},
        quotas=_quotas(system, solved, price_of),
        objective=solved.total,
        granted=sum(candidate.grant for j, candidate in enumerate(solved.system.candidates) if solved.retained[j]),
        proven_optimal=True,
        tie_proven=solved.tie_proven,
        solver=solver_name(),
        prices=price_of,
        funding_line=line,
    )


def _drawn(system: System, prices: bool) -> SelectionOutcome:
    """With those in the zone of doubt in the order of the draw; what is told is in rank order again."""
    zone = draw_zone(system)
    plain = dataclasses.replace(system.rules, draw_zone=False)
    if zone is None:
        return select(system.candidates, plain, prices=prices)
    found = select(zone.reordered(system.candidates), plain, prices=prices)
    ids = [candidate.id for candidate in system.candidates]
    kept = frozenset(found.retained)
    members = tuple(ids[column] for column in zone.members)
    by_lot = {name: Reason("drawn") for name in members if name in kept and found.reasons[name].kind != "jury_in"}
    return dataclasses.replace(
        found,
        retained=tuple(name for name in ids if name in kept),
        waiting_list=tuple(name for name in ids if name not in kept)[: plain.waiting_list],
        reasons={name: by_lot.get(name, found.reasons[name]) for name in ids},
        certificates={name: found.certificates[name] for name in ids if name in found.certificates},
        zone=members,
        line_of_scores=ids[zone.line],
    )


def _to_the_line(
    system: System, solved: Solved
) -> tuple[dict[int, Certificate], dict[int, Reason], FundingLine | None]:
    """Certificates and reasons of those not retained, and the line.

    Down to the line, why the walk passed over each, at the grants that it walked with; after it, what keeps out the
    application at the line.
    """
    walk = solved.walk
    assert walk is not None
    asked = ~walk.witness
    if walk.line is not None:
        asked[walk.line] = True
        asked[walk.line + 1 :] = False
    certificates = certificates_by_merit(system, walk.witness, asked)
    passed = {column: reason_by_merit(system, certificate, column) for column, certificate in certificates.items()}
    line = None
    if walk.line is not None:
        offer = None if walk.offer is None else walk.offer.amount
        line = FundingLine(system.candidates[walk.line].id, passed[walk.line], offer)
        for column in range(walk.line + 1, system.size):
            certificates[column] = Certificate(0, (), (), after_line=True)
            passed[column] = line.reason
    for column in np.flatnonzero(solved.retained).tolist():
        certificates.pop(column, None)
        passed.pop(column, None)
    return certificates, passed, line


def _quotas(system: System, solved: Solved, prices: dict[str, int]) -> tuple[QuotaOutcome, ...]:
    return tuple(
        QuotaOutcome(
            quota=part.quota,
            value=part.value,
            members=len(part.share_of),
            count=part.count(solved.retained),
            money=part.money(solved.system.candidates, solved.retained),
            price=prices.get(part.quota.id),
        )
        for part in system.parts
    )
