"""Whatever the rules, the selection is the one that trying every subset gives, with its reasons, prices and conflicts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, event, given, settings
from small_problems import Problem, problems

from aap.core.selection import InfeasibleRules, SelectionOutcome, replacement, select

WITHOUT_LIMIT = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(problems())
@settings(WITHOUT_LIMIT, max_examples=600)
def test_a_selection_is_the_best_of_all_subsets(problem: Problem) -> None:
    every = problem.enumerated
    chosen = every.best(every.atoms)
    if chosen is None:
        event("infeasible")
        with pytest.raises(InfeasibleRules) as caught:
            select(problem.candidates, problem.core_rules)
        assert every.conflicts(caught.value.names)
        assert len(caught.value.names) == every.conflict_size()
        assert caught.value.smallest_proven
        return
    outcome = select(problem.candidates, problem.core_rules)
    event(problem.rules["mode"])
    assert outcome.retained == every.ids(chosen)
    assert outcome.proven_optimal
    assert outcome.tie_proven
    assert outcome.objective == every.sum_of_scores(chosen)
    assert outcome.granted == sum(person.grant for person in problem.people if person.id in outcome.retained)
    passed = [person.id for person in problem.people if person.id not in outcome.retained]
    assert outcome.waiting_list == tuple(passed[: problem.rules["waiting_list"]])
    assert dict(outcome.prices) == {quota["id"]: every.price(quota["id"], chosen) for quota in every.quotas}
    if problem.rules["mode"] == "value":
        assert all(price >= 0 for price in outcome.prices.values())
    _reasons_are_allowed(problem, outcome, chosen)
    _quotas_are_told(problem, outcome)
    for leaving in outcome.retained:
        found = replacement(problem.candidates, problem.core_rules, outcome.retained, outcome.waiting_list, leaving)
        assert found == every.enters(chosen, outcome.waiting_list, leaving)


def _reasons_are_allowed(problem: Problem, outcome: SelectionOutcome, chosen: int) -> None:
    allowed = problem.enumerated.reasons(chosen)
    assert set(outcome.reasons) == set(allowed)
    for name, reason in outcome.reasons.items():
        event(reason.kind)
        if allowed[name]:
            assert str(reason) in allowed[name], (name, str(reason), allowed[name])
        else:
            event("no rule alone lets it in")
            assert reason.kind in ("count_reached", "budget_exhausted", "quota_max", "quota_min")


def _quotas_are_told(problem: Problem, outcome: SelectionOutcome) -> None:
    every = problem.enumerated
    retained = [person for person in problem.people if person.id in outcome.retained]
    told = [(q.quota.id, q.value, q.members, q.count, q.money, q.price) for q in outcome.quotas]
    assert told == [
        (
            quota["id"],
            value,
            sum(every.part(person, quota, value) > 0 for person in problem.people),
            sum(every.part(person, quota, value) > 0 for person in retained),
            sum((every.part(person, quota, value) * person.grant for person in retained), Fraction(0)),
            outcome.prices[quota["id"]],
        )
        for quota in every.quotas
        for value in every.values_of(quota)
    ]
