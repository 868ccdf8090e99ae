"""The selection, whole: who is retained, why, at what price, and who waits."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.draw_zone import draw_zone
from aap.core.selection.merit_reasons import certificates_by_merit, reason_by_merit
from aap.core.selection.model import solver_name
from aap.core.selection.outcome import Certificate, FundingLine, NothingFound, QuotaOutcome, Reason, SelectionOutcome
from aap.core.selection.prices import quota_prices, retained_by_quota
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.reasons import certificates_by_value, reason_by_value
from aap.core.selection.replacement import waiting_list
from aap.core.selection.rows import System, compile_system
from aap.core.selection.solving import EXACT_UP_TO, Removals, Solved, short_of_reasons, solve_selection
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
        system = compile_system(candidates, rules)
        found = _drawn(system, prices) if rules.draw_zone and rules.draws_a_line else _select(system, prices)
        return _with_who_waits(system, found)


def _with_who_waits(system: System, found: SelectionOutcome) -> SelectionOutcome:
    """The outcome with its waiting list: in rank order, at what the selection grants."""
    granting = system
    if found.funding_line is not None and found.funding_line.offer is not None:
        granted = [dataclasses.replace(one, grant=found.granted_to(one.id, one.grant)) for one in system.candidates]
        granting = compile_system(granted, system.rules)
    ids = [candidate.id for candidate in system.candidates]
    kept = frozenset(found.retained)
    waiting = waiting_list(granting, np.array([name in kept for name in ids], np.bool_))
    return dataclasses.replace(
        found,
        waiting_list=tuple(ids[j] for j in waiting.waiting),
        only_successors=tuple(ids[j] for j in waiting.only_successors),
        no_successor=tuple(ids[j] for j in waiting.no_successor),
        unserved=tuple(ids[j] for j in waiting.unserved),
    )


def _select(system: System, prices: bool) -> SelectionOutcome:
    """The selection, but for who waits."""
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
    line = None
    if solved.walk is not None:
        try:
            certificates, passed, line = _to_the_line(system, solved)
            reached = True
        except OutOfWork:
            solved, by_quota, price_of = short_of_reasons(system, solved), {}, {}
    if solved.walk is None:
        certificates, passed, reached = _passed_over(system, solved)
    granting = solved.granting(system)
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
        waiting_list=(),
        reasons=reasons,
        certificates={ids[column]: certificate for column, certificate in certificates.items()},
        quotas=_quotas(system, solved, price_of),
        objective=solved.total,
        granted=sum(candidate.grant for j, candidate in enumerate(granting.candidates) if solved.retained[j]),
        proven_optimal=solved.proven,
        tie_proven=solved.tie_proven,
        solver=solver_name(),
        gap=solved.gap,
        complete=complete and reached,
        prices=price_of,
        funding_line=line,
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


def _drawn(system: System, prices: bool) -> SelectionOutcome:
    """The selection, but for who waits, with those in the zone of doubt in the order of the draw; told in rank order."""
    zone = draw_zone(system)
    plain = dataclasses.replace(system.rules, draw_zone=False)
    if zone is None:
        return _select(compile_system(system.candidates, plain), prices)
    found = _select(compile_system(zone.reordered(system.candidates), plain), prices)
    ids = [candidate.id for candidate in system.candidates]
    kept = frozenset(found.retained)
    members = tuple(ids[column] for column in zone.members)
    by_lot = {name: Reason("drawn") for name in members if name in kept and found.reasons[name].kind != "jury_in"}
    return dataclasses.replace(
        found,
        retained=tuple(name for name in ids if name in kept),
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
            money=part.money(solved.granting(system).candidates, solved.retained),
            price=prices.get(part.quota.id),
        )
        for part in system.parts
    )
