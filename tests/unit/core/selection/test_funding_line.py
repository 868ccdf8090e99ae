"""`at_limit: stop | reduce`: by trying every subset, and on calls small enough to be done by hand."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from fractions import Fraction
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, event, given, settings

from aap.core.selection.outcome import Certificate, FundingLine, InfeasibleRules, Reason
from aap.core.selection.replacement import replacement
from aap.core.selection.select import select
from aap.core.selection.work import OutOfWork
from tests.unit.core.selection.line_enumeration import LineEnumeration
from tests.unit.core.selection.small_problems import Problem, problem, problems_with_a_line

WITHOUT_LIMIT = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.thorough
@given(problems_with_a_line())
@settings(WITHOUT_LIMIT, max_examples=600)
def test_a_selection_to_the_line_is_the_one_of_all_subsets(tried: Problem) -> None:
    _is_the_one(tried)


@pytest.mark.thorough
@given(problems_with_a_line())
@settings(WITHOUT_LIMIT, max_examples=150)
def test_small_steps_lead_to_the_same_line(tried: Problem) -> None:
    with ExitStack() as stack:
        for name, size in {"funding_line.CHUNK": 2, "merit.CHUNK": 2, "merit._WORTH_TIGHTENING": 0}.items():
            stack.enter_context(patch(f"aap.core.selection.{name}", size))
        _is_the_one(tried)


def _is_the_one(tried: Problem) -> None:
    every = LineEnumeration(tried.people, tried.rules)
    found = every.line(every.atoms)
    if found is None:
        event("infeasible")
        with pytest.raises(InfeasibleRules) as caught:
            select(tried.candidates, tried.core_rules)
        assert every.conflicts(caught.value.names)
        return
    outcome = select(tried.candidates, tried.core_rules)
    event(
        f"line: {found.line is not None}, offer: {found.offer is not None}, nobody after: {found.walked == found.chosen}"
    )
    assert outcome.retained == every.ids(found.chosen)
    line = outcome.funding_line
    assert (None if line is None else line.id) == (None if found.line is None else tried.people[found.line].id)
    assert (None if line is None else line.offer) == found.offer
    assert outcome.proven_optimal
    assert outcome.tie_proven
    assert outcome.objective == every.sum_of_scores(found.chosen)
    grants = {person.id: person.grant for person in found.at_grants.people}
    assert outcome.granted == sum(grants[name] for name in outcome.retained)
    assert [outcome.granted_to(person.id, person.grant) for person in tried.people] == list(grants.values())
    passed = [person.id for person in tried.people if person.id not in outcome.retained]
    assert outcome.waiting_list == tuple(passed[: tried.rules["waiting_list"]])
    assert set(outcome.certificates) == set(passed)
    assert dict(outcome.prices) == {quota["id"]: every.price(quota["id"], found.chosen) for quota in every.quotas}
    allowed = every.reasons(found.chosen)
    for name, reason in outcome.reasons.items():
        event(reason.kind)
        assert str(reason) in allowed[name], (name, str(reason), allowed[name])
    assert [(part.quota.id, part.value, part.count, part.money) for part in outcome.quotas] == [
        (
            quota["id"],
            value,
            sum(every.part(person, quota, value) > 0 for person in retained),
            sum((every.part(person, quota, value) * person.grant for person in retained), Fraction(0)),
        )
        for retained in [[person for person in found.at_grants.people if person.id in outcome.retained]]
        for quota in every.quotas
        for value in every.values_of(quota)
    ]
    granted = [
        dataclasses.replace(
            one, grant=outcome.granted_to(one.id, one.grant) if one.id in outcome.retained else one.grant
        )
        for one in tried.candidates
    ]
    for leaving in outcome.retained:
        enters = replacement(granted, tried.core_rules, outcome.retained, outcome.waiting_list, leaving)
        assert enters == found.at_grants.enters(found.chosen, outcome.waiting_list, leaving)


def test_stop_ends_at_the_first_that_the_budget_keeps_out_though_a_cheaper_one_would_fit() -> None:
    tried = problem([("a", 90, 50), ("b", 80, 60), ("c", 70, 10)], mode="merit", at_limit="stop", budget=10_000)
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.retained == ("a",)
    assert outcome.funding_line == FundingLine("b", Reason("budget_exhausted"))
    assert {name: str(reason) for name, reason in outcome.reasons.items()} == {
        "a": "selected", "b": "budget_exhausted", "c": "budget_exhausted",
    }  # fmt: skip
    assert outcome.certificates["c"] == Certificate(0, (), (), after_line=True)


def test_reduce_offers_the_rest_to_the_application_at_the_line() -> None:
    tried = problem(
        [("a", 90, "50.40"), ("b", 80, 60), ("c", 70, 10)],
        mode="merit", at_limit="reduce", reduce_to="0.8", budget=10_000,
    )  # fmt: skip
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.retained == ("a", "b")
    assert outcome.funding_line == FundingLine("b", Reason("budget_exhausted"), offer=4_900)
    assert outcome.granted == 5_040 + 4_900
    assert [str(reason) for reason in outcome.reasons.values()] == ["selected", "reduced", "budget_exhausted"]


@pytest.mark.parametrize(("share", "offer"), [("0.8167", None), ("0.8166", 4_900), ("1", None)])
def test_less_than_the_least_share_is_not_offered(share: str, offer: int | None) -> None:
    tried = problem(
        [("a", 90, "50.40"), ("b", 80, 60)], mode="merit", at_limit="reduce", reduce_to=share, budget=10_000
    )
    line = select(tried.candidates, tried.core_rules).funding_line
    assert line == FundingLine("b", Reason("budget_exhausted"), offer)


def test_a_full_count_offers_nothing() -> None:
    tried = problem(
        [("a", 90, 50), ("b", 80, 60)], mode="merit", at_limit="reduce", reduce_to="0.1", budget=10_000, laureates=1
    )
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.funding_line == FundingLine("b", Reason("count_reached"))
    assert outcome.retained == ("a",)


def test_a_maximum_passes_over_one_and_draws_no_line() -> None:
    rural = {"territory": "rural"}
    tried = problem(
        [("a", 90, 10, rural), ("b", 80, 10, rural), ("c", 70, 10), ("d", 60, 10), ("e", 50, 10)],
        mode="merit", at_limit="stop", laureates=3, quotas=[{"id": "rural", "where": rural, "max": 1}],
    )  # fmt: skip
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.retained == ("a", "c", "d")
    assert outcome.funding_line == FundingLine("e", Reason("count_reached"))
    assert str(outcome.reasons["b"]) == "quota_max:rural"


def test_after_the_line_few_rather_than_well_ranked() -> None:
    tried = problem(
        [
            ("a", 90, 50), ("b", 85, 60), ("c", 80, 5, {"territory": "rural"}), ("d", 70, 5, {"size": "small"}),
            ("e", 60, 5, {"territory": "rural", "size": "small"}), ("f", 50, 5, {"territory": "rural", "size": "small"}),
        ],
        mode="merit", at_limit="stop", budget=10_000,
        quotas=[
            {"id": "rural", "where": {"territory": "rural"}, "min": 1},
            {"id": "small", "where": {"size": "small"}, "min": 1},
        ],
    )  # fmt: skip
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.retained == ("a", "e")
    assert str(outcome.reasons["e"]) == "selected_by_quota:rural"
    assert [str(outcome.reasons[name]) for name in ("b", "c", "d", "f")] == ["budget_exhausted"] * 4


def test_under_a_minimum_share_the_largest_offer_is_found_though_lower_ones_are_impossible() -> None:
    # What the rural b is offered must be at least half of the money: 40 to 100; halving from 1 would end at nothing.
    rural = {"territory": "rural"}
    tried = problem(
        [("a", 90, 40), ("b", 80, 70, rural), ("c", 70, 40, rural)],
        mode="merit", at_limit="reduce", reduce_to="0.1", budget=10_000,
        quotas=[{"id": "rural", "where": rural, "min_share": "0.5"}],
    )  # fmt: skip
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.retained == ("a", "b")
    assert outcome.funding_line == FundingLine("b", Reason("budget_exhausted"), offer=6_000)


def test_nobody_meets_the_line_where_money_and_places_are_enough() -> None:
    tried = problem([("a", 90, 50), ("b", 80, 50)], mode="merit", at_limit="stop", budget=10_000, laureates=2)
    outcome = select(tried.candidates, tried.core_rules)
    assert outcome.retained == ("a", "b")
    assert outcome.funding_line is None


@pytest.mark.thorough
@given(problems_with_a_line())
@settings(WITHOUT_LIMIT, max_examples=300)
def test_a_line_whose_reasons_take_more_than_the_allowed_work_ends_as_the_best_that_was_met(tried: Problem) -> None:
    every = LineEnumeration(tried.people, tried.rules)
    if every.line(every.atoms) is None:
        return
    with patch("aap.core.selection.select.certificates_by_merit", side_effect=OutOfWork(None, None)):
        outcome = select(tried.candidates, tried.core_rules)
    assert (outcome.proven_optimal, outcome.gap, outcome.funding_line, dict(outcome.prices)) == (False, None, None, {})
    assert outcome.complete is False
    assert set(outcome.reasons) == {person.id for person in tried.people}
    assert {str(outcome.reasons[name]) for name in outcome.retained} <= {"selected", "jury_in"}
    members = {person.id: at for at, person in enumerate(tried.people)}
    chosen = sum(1 << members[name] for name in outcome.retained)
    assert all(atom.keeping >> chosen & 1 for atom in every.atoms if atom.kind != "protect_top")
