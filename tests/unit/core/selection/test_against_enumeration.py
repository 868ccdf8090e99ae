"""Whatever the rules, the selection is the one that trying every subset gives, with its reasons, prices and conflicts."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from aap.core.selection.model import Answer, maximise
from aap.core.selection.outcome import InfeasibleRules, SelectionOutcome
from aap.core.selection.replacement import replacement
from aap.core.selection.select import select
from tests.unit.core.selection.small_problems import Problem, problems, problems_of_decisions

pytestmark = pytest.mark.thorough

WITHOUT_LIMIT = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


# How much is looked at in one step: a limit of work that small problems would never reach.
STEPS = {"value._CORE": 1, "equal_sums.CHUNK": 2, "merit.CHUNK": 2, "merit._WORTH_TIGHTENING": 0, "reasons._BLOCK": 3}


@given(problems())
@settings(WITHOUT_LIMIT, max_examples=600)
def test_a_selection_is_the_best_of_all_subsets(problem: Problem) -> None:
    _is_the_best(problem)


@given(problems(largest=10))
@settings(WITHOUT_LIMIT, max_examples=200)
def test_small_steps_lead_to_the_same_selection(problem: Problem) -> None:
    with ExitStack() as stack:
        for name, size in STEPS.items():
            stack.enter_context(patch(f"aap.core.selection.{name}", size))
        _is_the_best(problem)


@given(problems(), st.integers(0, 2), st.booleans())
@settings(WITHOUT_LIMIT, max_examples=300)
def test_a_tie_phase_that_stops_early_says_so_and_keeps_the_sum(problem: Problem, steps: int, found: bool) -> None:
    every = problem.enumerated
    chosen = every.best(every.atoms)
    if chosen is None or problem.rules["mode"] == "merit":
        return
    answers = itertools.count()

    def stopping(*given: Any, **options: Any) -> Answer:
        answer = maximise(*given, **options)
        return answer if next(answers) < steps else Answer("stopped", answer.retained if found else None)

    with patch("aap.core.selection.equal_sums.maximise", stopping):
        outcome = select(problem.candidates, problem.core_rules)
    assert outcome.objective == every.sum_of_scores(chosen)
    assert outcome.retained == every.ids(chosen) or not outcome.tie_proven
    assert outcome.tie_proven or next(answers) > steps
    event(f"proven: {outcome.tie_proven}, right: {outcome.retained == every.ids(chosen)}")


@given(problems())
@settings(WITHOUT_LIMIT, max_examples=300)
def test_without_rounds_a_conflict_is_one_from_which_no_rule_can_be_left_out(problem: Problem) -> None:
    every = problem.enumerated
    if every.best(every.atoms) is not None:
        return
    with patch("aap.core.selection.conflicts._ROUNDS", 0), pytest.raises(InfeasibleRules) as caught:
        select(problem.candidates, problem.core_rules)
    assert not caught.value.smallest_proven
    assert every.conflicts(caught.value.names)


@given(problems_of_decisions())
@settings(WITHOUT_LIMIT, max_examples=300)
def test_of_many_decisions_as_few_as_conflict_are_named(problem: Problem) -> None:
    every = problem.enumerated
    if every.best(every.atoms) is not None:
        return
    with pytest.raises(InfeasibleRules) as caught:
        select(problem.candidates, problem.core_rules)
    assert every.conflicts(caught.value.names)
    assert len(caught.value.names) == every.conflict_size()
    assert caught.value.smallest_proven
    event(f"decisions: {sum(name.startswith('decision:') for name in caught.value.names)}")


def _is_the_best(problem: Problem) -> None:
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
        assert str(reason) in allowed[name], (name, str(reason), allowed[name])


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
