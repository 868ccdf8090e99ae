"""Who waits and who may replace whom: what the rules say of every laureate, against trying each exchange."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from aap.core.selection.outcome import InfeasibleRules, SelectionOutcome
from aap.core.selection.problem import Rules
from aap.core.selection.replacement import entries
from aap.core.selection.select import select
from tests.unit.core.selection.small_problems import Problem, problem, problems

FEW = settings(
    deadline=None, derandomize=True, max_examples=500, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


def selected(given: Problem, rules: Rules) -> SelectionOutcome:
    try:
        return select(given.candidates, rules)
    except InfeasibleRules:
        assume(False)
        raise


@pytest.mark.thorough
@given(problems(), st.booleans())
@FEW
def test_successors_are_those_whom_trying_every_exchange_finds(small: Problem, successors: bool) -> None:
    rules = dataclasses.replace(small.core_rules, successors=successors)
    outcome = selected(small, rules)
    every = small.enumerated
    chosen = every.best(every.atoms)
    assert chosen is not None
    passed = [person.id for person in small.people if person.id not in outcome.retained]
    by_rank = passed[: rules.waiting_list]
    first = {name: every.enters(chosen, passed, name) for name in outcome.retained}
    called = {name for name in first.values() if name is not None} if successors else set()
    assert outcome.waiting_list == tuple(name for name in passed if name in called or name in by_rank)
    assert outcome.only_successors == tuple(name for name in passed if name in called and name not in by_rank)
    if not (successors or rules.waiting_list):
        assert (outcome.no_successor, outcome.unserved) == ((), ())
        return
    assert outcome.no_successor == tuple(name for name in outcome.retained if first[name] is None)
    assert outcome.unserved == tuple(
        name
        for name in outcome.retained
        if first[name] is not None and every.enters(chosen, outcome.waiting_list, name) is None
    )
    event(f"successors {successors}, without {len(outcome.no_successor)}, unserved {len(outcome.unserved)}")


@pytest.mark.thorough
@given(problems(), st.integers(0, 2))
@FEW
def test_the_quota_of_if_none_is_not_asked_only_where_nobody_could_enter(small: Problem, number: int) -> None:
    rules = dataclasses.replace(small.core_rules, if_none=f"q{number}", successors=True)
    outcome = selected(small, rules)
    without = dataclasses.replace(rules, quotas=tuple(one for one in rules.quotas if one.id != rules.if_none))
    for leaving in outcome.retained:
        asked = (small.candidates, outcome.retained, outcome.waiting_list, [leaving])
        strict = entries(asked[0], dataclasses.replace(rules, if_none=""), *asked[1:]).enters
        spared = entries(asked[0], dataclasses.replace(without, if_none=""), *asked[1:]).enters
        found = entries(asked[0], rules, *asked[1:])
        assert found.enters == (strict or spared)
        assert found.not_asked == (rules.if_none if strict is None and spared is not None else "")


PEOPLE = [
    ("a", 90, 100, {"region": "corse"}),
    ("b", 80, 100, {"region": "oise"}),
    ("c", 70, 400, {"region": "oise"}),
    ("d", 60, 100, {"region": "oise"}),
    ("e", 50, 100, {"region": "corse"}),
]
AT_LEAST_ONE_CORSE = {"id": "corse", "where": {"region": "corse"}, "min": 1}


def test_a_successor_stands_on_the_list_beside_the_next_by_rank_and_is_numbered_by_rank() -> None:
    given = problem(PEOPLE, laureates=2, budget=20_000, waiting_list=1, quotas=[AT_LEAST_ONE_CORSE])
    by_rank = select(given.candidates, given.core_rules)
    assert by_rank.retained == ("a", "b")
    assert (by_rank.waiting_list, by_rank.only_successors, by_rank.no_successor) == (("c",), (), ())
    assert by_rank.unserved == ("a", "b")  # c costs too much for either place
    outcome = select(given.candidates, dataclasses.replace(given.core_rules, successors=True))
    assert (outcome.waiting_list, outcome.only_successors) == (("c", "d", "e"), ("d", "e"))
    assert (outcome.no_successor, outcome.unserved) == ((), ())


def test_whom_nobody_could_replace_is_named_and_the_place_stays_empty_unless_the_rules_say_otherwise() -> None:
    people = [one for one in PEOPLE if one[0] != "e"]
    given = problem(people, laureates=2, budget=20_000, quotas=[AT_LEAST_ONE_CORSE])
    rules = dataclasses.replace(given.core_rules, successors=True, waiting_list=2)
    outcome = select(given.candidates, rules)
    # once a has left, no candidate of Corsica is left, but its minimum is still asked
    assert (outcome.retained, outcome.waiting_list, outcome.no_successor) == (("a", "b"), ("c", "d"), ("a",))
    asked = (given.candidates, outcome.retained, outcome.waiting_list, ["a"])
    kept = entries(asked[0], rules, *asked[1:])
    assert (kept.enters, [str(rule) for rule in kept.broken["d"]]) == (None, ["quota_min:corse"])
    spared = entries(asked[0], dataclasses.replace(rules, if_none="corse"), *asked[1:])
    assert (spared.enters, spared.not_asked) == ("d", "corse")
