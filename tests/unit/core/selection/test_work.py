"""A selection always ends: after a fixed amount of work with the best found, its gap, and reasons that are true."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from aap.core.interruption import watched
from aap.core.quotas.bounds import LeastLaureates, LeastShare, MostLaureates
from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.model import free_columns, maximise
from aap.core.selection.outcome import InfeasibleRules, NothingFound, SelectionOutcome
from aap.core.selection.problem import Candidate, QuotaRule, Rules
from aap.core.selection.rows import compile_system
from aap.core.selection.select import select
from aap.core.selection.work import WORK, OutOfWork, allowance, work_at_hand
from tests.unit.core.selection.small_problems import Problem, problems
from tests.unit.core.selection.test_against_enumeration import WITHOUT_LIMIT

ONE = LeastLaureates(1)


def ranked(
    scores: list[int], grants: list[int], attribute: str = "", values: list[str] | None = None
) -> list[Candidate]:
    held = values or [""] * len(grants)
    return [
        Candidate(f"d{at:03}", score, grant, {attribute: (value,)} if value else {})
        for at, (score, grant, value) in enumerate(zip(sorted(scores, reverse=True), grants, held, strict=True))
    ]


def four_quarters() -> tuple[list[Candidate], Rules]:
    """Four regions of which each is to have a quarter of the money, to the cent."""
    chance = random.Random(1)
    people = ranked(
        [chance.randrange(300_000, 980_000) for _ in range(80)],
        [chance.randrange(500_000, 40_000_000) for _ in range(80)],
        "region",
        [chance.choice("abcd") for _ in range(80)],
    )
    quotas = tuple(
        QuotaRule(name, name, {"region": frozenset(name)}, None, (LeastShare(Decimal("0.25")),)) for name in "abcd"
    )
    return people, Rules("value", 20, 400_000_000, 0, 10, quotas)


def even_amounts(worth: Callable[[int], int]) -> tuple[list[Candidate], Rules]:
    """Sixty even amounts under an odd budget."""
    chance = random.Random(1)
    grants = sorted((2 * chance.randrange(1_000_000, 20_000_000) for _ in range(60)), reverse=True)
    return ranked([worth(grant) for grant in grants], grants), Rules("value", None, sum(grants) // 3 | 1)


def departments(places: int | None, budget: int | None = None) -> tuple[list[Candidate], Rules]:
    """A laureate in each of 101 départements."""
    chance = random.Random(1)
    names = [f"{number:03}" for number in range(101)]
    people = ranked(
        [chance.randrange(300_000, 980_000) for _ in range(236)],
        [chance.randrange(500_000, 40_000_000) for _ in range(236)],
        "department",
        [*names, *(chance.choice(names) for _ in range(135))],
    )
    return people, Rules("value", places, budget, 0, 0, (QuotaRule("each", "each", None, "department", (ONE,)),))


def test_four_quarters_to_the_cent_end_with_what_may_be_missing() -> None:
    people, rules = four_quarters()
    outcomes = [select(people, rules, work=work) for work in (50, 50, 100)]
    assert outcomes[0] == outcomes[1]
    first, _, second = outcomes
    for outcome in (first, second):
        assert (outcome.proven_optimal, outcome.complete, outcome.prices) == (False, False, {})
        assert outcome.gap is not None
        assert outcome.gap > 0
    assert first.gap is not None
    assert second.gap is not None
    assert second.objective + second.gap <= first.objective + first.gap


@pytest.mark.parametrize("mode", ["value", "merit"])
def test_even_amounts_under_an_odd_budget_are_no_work(mode: str) -> None:
    people, rules = even_amounts(lambda _: 700_000)
    outcome = select(people, Rules(mode, None, rules.budget), work=100)  # type: ignore[arg-type]
    assert (outcome.proven_optimal, outcome.tie_proven) == (True, True)


def test_amounts_that_are_their_own_worth_stop_close_to_the_bound() -> None:
    people, rules = even_amounts(lambda grant: grant // 100)
    outcome = select(people, rules, work=300)
    assert not outcome.proven_optimal
    assert outcome.gap is not None
    assert 0 < outcome.gap < 1_000  # a tenth of a point


def test_a_gap_below_the_common_divisor_of_the_scores_is_none() -> None:
    """All scores are multiples of ten points and the linear bound ends between two sums."""
    people = [Candidate(name, 100_000 * score, grant) for name, score, grant in (("a", 5, 3), ("b", 4, 3), ("c", 3, 3))]
    outcome = select(people, Rules("value", None, 8), work=0)
    assert outcome.retained == ("a", "b")
    assert (outcome.proven_optimal, outcome.gap) == (True, 0)


@pytest.mark.parametrize("budget", [None, 10**9])
@pytest.mark.parametrize("mode", ["value", "merit"])
def test_more_departments_than_places_name_one_department_more_than_places(mode: str, budget: int | None) -> None:
    people, rules = departments(67, budget)
    with pytest.raises(InfeasibleRules) as caught:
        select(people, Rules(mode, rules.laureates, budget, 0, 0, rules.quotas), work=1_000)  # type: ignore[arg-type]
    assert [str(rule) for rule in caught.value.conflict] == ["laureates", "quota:each"]
    assert len(caught.value.values["each"]) == 68
    assert caught.value.smallest_proven


def test_equal_scores_and_amounts_are_settled_by_rank() -> None:
    chance = random.Random(3)
    regions = [chance.choice("abcdefghijklmnopqr") for _ in range(236)]
    people = ranked([700_000] * 236, [5_000_000] * 236, "region", regions)
    quotas = (
        QuotaRule("each", "each", None, "region", (ONE,)),
        QuotaRule("most", "most", None, "region", (MostLaureates(6),)),
    )
    outcome = select(people, Rules("value", 67, 67 * 5_000_000 - 1, 0, 0, quotas), work=1_000)
    assert (len(outcome.retained), outcome.proven_optimal, outcome.tie_proven) == (66, True, True)
    by_merit = select(people, Rules("merit", 67, 67 * 5_000_000 - 1, 0, 0, quotas), work=1_000)
    assert by_merit.retained == outcome.retained


@pytest.mark.parametrize("mode", ["value", "merit"])
def test_nothing_found_and_nothing_proven_is_an_error_of_its_own(mode: str) -> None:
    """Somebody must be retained, so that nobody at all is no way out."""
    people, rules = four_quarters()
    first = QuotaRule("one", "one", {"region": frozenset("a")}, None, (ONE,))
    with pytest.raises(NothingFound):
        select(people, Rules(mode, 20, 400_000_000, 0, 10, (*rules.quotas, first)), work=40)  # type: ignore[arg-type]


@pytest.mark.thorough
@given(problems(), st.integers(0, 4))
@settings(WITHOUT_LIMIT, max_examples=500)
def test_whatever_the_work_what_is_said_is_true(problem: Problem, work: int) -> None:
    every = problem.enumerated
    best = every.best(every.atoms)
    try:
        outcome = select(problem.candidates, problem.core_rules, work=work)
    except NothingFound:
        event("nothing found")
        return
    except InfeasibleRules as error:
        refused: InfeasibleRules | None = error
    else:
        refused = None
    if refused is not None:
        event("infeasible")
        assert best is None
        assert not refused.irreducible or every.conflicts(refused.names)
        return
    assert best is not None
    event(f"proven: {outcome.proven_optimal}, complete: {outcome.complete}")
    if outcome.proven_optimal:
        assert outcome.objective == every.sum_of_scores(best)
        assert outcome.retained == every.ids(best) or not outcome.tie_proven
        assert outcome.gap == (0 if problem.rules["mode"] == "value" else None)
        return
    assert dict(outcome.prices) == {}
    assert {outcome.reasons[name].kind for name in outcome.retained} <= {"selected", "jury_in"}
    if problem.rules["mode"] == "value":
        assert outcome.gap is not None
        assert outcome.objective <= every.sum_of_scores(best) <= outcome.objective + outcome.gap
    else:
        assert outcome.gap is None
    _nothing_alone_is_better(problem, outcome)


def _nothing_alone_is_better(problem: Problem, outcome: SelectionOutcome) -> None:
    system = compile_system(problem.candidates, problem.core_rules)
    inside = np.array([person.id in outcome.retained for person in problem.people], np.bool_)
    held = system.imposed | system.protected

    def holds(changed: np.ndarray) -> bool:
        return all(row.holds(changed) for row in system.rows)

    assert holds(inside)
    for entering in np.flatnonzero(~inside):
        more = inside.copy()
        more[entering] = True
        assert not holds(more)
        for leaving in np.flatnonzero(inside & ~held):
            if leaving > entering:
                other = more.copy()
                other[leaving] = False
                assert not holds(other)


# --- the allowance ----------------------------------------------------------------------------------------------------


def test_an_allowance_within_another_takes_from_it_and_has_no_more_than_it() -> None:
    with allowance(100) as outer:
        with allowance(30) as inner:
            inner.spend(20)
            inner.spend(0)  # a run counts as one node at least
            assert (inner.left, inner.at_most(None), inner.at_most(4)) == (9, 9, 4)
        assert outer.left == 79
        with allowance(1_000) as inner:
            assert inner.left == 79
            inner.spend(500)
        assert work_at_hand().left == 0
    assert work_at_hand().left == WORK


def test_a_question_that_the_work_is_not_enough_for_says_what_it_knows() -> None:
    people, rules = even_amounts(lambda grant: grant // 100)
    system = compile_system(people, rules)
    asked = (system.rows, system.worth, free_columns(system.size))
    with allowance(50), pytest.raises(OutOfWork) as stopped:
        maximise(*asked)
    assert stopped.value.retained is not None
    assert all(row.holds(stopped.value.retained) for row in system.rows)
    assert stopped.value.bound is not None
    assert system.worth[stopped.value.retained].sum() <= stopped.value.bound
    with allowance(1_000) as work:
        assert maximise(*asked, node_limit=50).status == "stopped"
        assert work.left == 950


def test_a_conflict_that_the_work_is_not_enough_for_is_still_one() -> None:
    people, rules = departments(67)
    system = compile_system(people, rules)
    with allowance(0):
        refused = smallest_conflict(system)
    assert not refused.smallest_proven
    assert not refused.irreducible
    assert [str(rule) for rule in refused.conflict] == ["laureates", "quota:each"]


# --- interrupted ------------------------------------------------------------------------------------------------------


class Cancelled(Exception):
    """What the one who watches raises."""


def test_whoever_watches_ends_a_search_within_the_solver() -> None:
    people, rules = four_quarters()
    since = time.monotonic()

    def watch() -> None:
        if time.monotonic() - since > 0.3:
            raise Cancelled

    with watched(watch), pytest.raises(Cancelled):
        select(people, rules, work=10_000_000)
    assert time.monotonic() - since < 2.3


def test_a_search_tells_how_far_it_is() -> None:
    people, rules = four_quarters()
    seen: list[tuple[int | None, int]] = []
    since = time.monotonic()

    def enough() -> None:
        if len(seen) >= 2 or time.monotonic() - since > 30:
            raise Cancelled

    with watched(enough), pytest.raises(Cancelled):
        select(people, rules, work=10_000_000, sight=lambda best, bound: seen.append((best, bound)))
    assert len(seen) == 2
    assert all(best is None or best <= bound for best, bound in seen)
    assert seen[0][1] >= seen[-1][1]
