"""No answer of the solver is a result before it is checked in integers; and what is asked of it at which size."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from aap.core.selection.model import maximise
from aap.core.selection.outcome import Certificate, SelectionError, SelectionOutcome
from aap.core.selection.problem import RuleRef
from aap.core.selection.reasons import certificates_by_value
from aap.core.selection.rows import compile_system
from aap.core.selection.select import select
from aap.core.selection.solving import Solved
from aap.core.selection.value import Best
from tests.unit.core.selection.small_problems import Problem, problem

BUDGET, LAUREATES = RuleRef("budget"), RuleRef("laureates")


def with_answer(given: Problem, *inside: bool) -> SelectionOutcome:
    """The outcome where the search answers that these are the best."""
    answer = Best(np.array(inside), 0, True, 0)
    with patch("aap.core.selection.solving.best_by_value", lambda *_, **__: answer):
        return select(given.candidates, given.core_rules)


def certified(given: Problem, *inside: bool, tie_proven: bool = True) -> dict[int, Certificate]:
    system = compile_system(given.candidates, given.core_rules)
    return certificates_by_value(system, Solved(np.array(inside), 0, tie_proven))


def test_an_answer_without_those_who_must_be_in_is_refused() -> None:
    imposed = problem([("a", 80, 1), ("b", 70, 1, {}, True)], laureates=1)
    with pytest.raises(SelectionError, match="must be in it"):
        with_answer(imposed, True, False)
    assert with_answer(imposed, False, True).retained == ("b",)
    protected = problem([("a", 80, 1), ("b", 70, 1)], laureates=1, protect_top=1)
    with pytest.raises(SelectionError, match="must be in it"):
        with_answer(protected, False, True)
    assert with_answer(protected, True, False).retained == ("a",)


def test_an_answer_that_breaks_a_rule_is_refused_by_its_name() -> None:
    with pytest.raises(SelectionError, match=r"^the selection breaks laureates, budget$"):
        with_answer(problem([("a", 80, 1), ("b", 70, 1)], laureates=1, budget=1_00), True, True)


def test_an_answer_that_could_be_bettered_is_refused() -> None:
    with pytest.raises(SelectionError, match=r"^a can be added and is not$"):
        certified(problem([("b", 70, 1), ("a", 60, 1)], laureates=2), True, False)
    with pytest.raises(SelectionError, match=r"^b can take the place of c$"):
        certified(problem([("a", 80, 9), ("b", 70, "2.5"), ("c", 60, 2)], laureates=2, budget=12_00), True, False, True)
    # to the cent: b costs one more than what c leaves
    dear = problem([("a", 80, 9), ("b", 70, "2.01"), ("c", 60, 2)], laureates=2, budget=11_00)
    assert certified(dear, True, False, True) == {1: Certificate(1, ((BUDGET, 1),), (LAUREATES, BUDGET))}


@pytest.mark.parametrize("tie_proven", [True, False])
@pytest.mark.parametrize("score", [70, "69.9999"])
def test_whether_ties_are_proven_or_not_no_exchange_is_better(score: int | str, tie_proven: bool) -> None:
    people = [("a", 80, 1), ("b", 70, 1), ("c", score, 1)]
    with pytest.raises(SelectionError, match="b can take the place of c"):
        certified(problem(people, laureates=2), True, False, True, tie_proven=tie_proven)


def test_a_certificate_counts_the_exchanges_that_each_rule_breaks() -> None:
    large = {"size": "large"}
    people = [("a", 80, 100, large), ("b", 60, 50), ("c", 50, 50, {}, True), ("d", 40, 90, large), ("e", 5, 0)]
    quota = {"id": "q", "where": large, "max": 1}
    given = problem(people, laureates=4, budget=190_00, quotas=[quota])
    outcome = select(given.candidates, given.core_rules)
    assert outcome.retained == ("b", "c", "d", "e")
    assert outcome.certificates == {
        "a": Certificate(
            4,
            ((BUDGET, 4), (RuleRef("quota_max", "q"), 3), (RuleRef("decision", "c"), 1)),
            (LAUREATES, BUDGET, RuleRef("quota_max", "q")),
        )
    }


def test_exchanges_that_each_break_another_rule_are_all_looked_at() -> None:
    small = {"size": "small"}
    people = [("a", 80, 100), ("b", 60, 100, small), ("c", 50, 10)]
    given = problem(people, laureates=2, budget=110_00, quotas=[{"id": "q", "where": small, "min": 1}])
    outcome = select(given.candidates, given.core_rules)
    assert outcome.retained == ("b", "c")
    assert outcome.certificates == {
        "a": Certificate(2, ((BUDGET, 1), (RuleRef("quota_min", "q"), 1)), (LAUREATES, BUDGET))
    }


def test_a_certificate_by_merit_names_what_frees_and_what_adding_breaks() -> None:
    rural, small = {"territory": "rural"}, {"size": "small"}
    people = [("a", 80, 50), ("b", 70, 45), ("c", 60, 10, rural), ("d", 50, 5), ("e", 40, 10, rural)]
    quota = {"id": "rural", "where": rural, "min": 1}
    given = problem(people, mode="merit", laureates=3, budget=100_00, quotas=[quota])
    assert select(given.candidates, given.core_rules).certificates == {
        "b": Certificate(0, (), (), freeing=BUDGET),
        "e": Certificate(0, (), (LAUREATES,), freeing=LAUREATES),
    }
    both = problem([("a", 80, 10), ("b", 70, 10)], mode="merit", laureates=1, budget=10_00)
    assert select(both.candidates, both.core_rules).certificates == {"b": Certificate(0, (), (LAUREATES, BUDGET))}
    # of a quota, the side that is in the way: its minimum alone holds
    people = [("a", 80, 1), ("b", 70, 1, small), ("d", 50, 1, {**small, **rural})]
    sides = [{"id": "q", "where": small, "min": 1, "max": 1}, quota]
    given = problem(people, mode="merit", quotas=sides)
    assert select(given.candidates, given.core_rules).certificates == {
        "b": Certificate(0, (), (), freeing=RuleRef("quota_max", "q"))
    }


def test_of_a_quota_in_the_way_by_merit_the_first_side_that_suffices_alone_is_named() -> None:
    small, here = {"size": "small"}, {"region": "corse"}
    people = [("a", 80, 1, here), ("b", 70, 1, here), ("d", 50, 1, {**here, **small})]
    sides = [{"id": "q", "where": small, "min": 1, "max": 3}, {"id": "of_two", "where": here, "max": 2}]
    given = problem(people, mode="merit", quotas=sides)
    assert select(given.candidates, given.core_rules).certificates == {
        "b": Certificate(0, (), (), freeing=RuleRef("quota_min", "q"))
    }
    both = problem(
        [("a", 80, 1, here), ("b", 70, 1, {"region": "corse|oise"})],
        mode="merit",
        quotas=[{"id": "q", "each": "region", "min": 1, "max": 1}],
    )
    assert select(both.candidates, both.core_rules).certificates == {
        "a": Certificate(0, (), (), freeing=RuleRef("quota_max", "q", "corse"))
    }


def test_where_no_rule_alone_is_in_the_way_by_merit_the_last_to_remove_is_named() -> None:
    rural, small = {"territory": "rural"}, {"size": "small"}
    people = [("a", 80, 10), ("b", 70, 50), ("c", 60, 45, rural), ("d", 50, 45, small)]
    quotas = [{"id": "rural", "where": rural, "min": 1}, {"id": "small", "where": small, "min": 1}]
    given = problem(people, mode="merit", laureates=3, budget=100_00, quotas=quotas)
    outcome = select(given.candidates, given.core_rules)
    assert outcome.retained == ("a", "c", "d")
    assert outcome.certificates == {"b": Certificate(0, (), (), last=BUDGET)}
    assert str(outcome.reasons["b"]) == "budget_exhausted"


def test_the_tie_phase_may_stop_only_above_a_number_of_candidates() -> None:
    limits: set[int | None] = set()

    def watched(*given: Any, node_limit: int | None = None, **options: Any) -> Any:
        limits.add(node_limit)
        return maximise(*given, node_limit=node_limit, **options)

    def asked(size: int) -> set[int | None]:
        given = problem([(f"p{at}", 50, 1) for at in range(size)], laureates=2)
        limits.clear()
        with (
            patch("aap.core.selection.equal_sums.maximise", watched),
            patch("aap.core.selection.solving.EXACT_UP_TO", 5),
        ):
            assert select(given.candidates, given.core_rules).retained == ("p0", "p1")
        return set(limits)

    assert (asked(5), asked(6)) == ({None}, {500})


@pytest.mark.parametrize("tightened_from", [0, 200])
@pytest.mark.parametrize("chunk", [1, 2, 3, 24])
def test_merit_takes_a_long_head_and_refuses_a_long_tail_whatever_its_stride(chunk: int, tightened_from: int) -> None:
    """Beside the head, 15 euros are left, of which 10 must stay for one of the two rural ones: no row alone says so."""
    rural = {"territory": "rural"}
    head = [(f"a{at:02}", 90 - at, 1) for at in range(20)]
    tail = [(f"b{at:02}", 60 - at, 10) for at in range(20)]
    last = [("c1", 20, 10, rural), ("c2", 19, 12, rural)]
    given = problem(
        [*head, *tail, *last], mode="merit", budget=35_00, quotas=[{"id": "rural", "where": rural, "min": 1}]
    )
    with (
        patch("aap.core.selection.merit.CHUNK", chunk),
        patch("aap.core.selection.merit._WORTH_TIGHTENING", tightened_from),
    ):
        outcome = select(given.candidates, given.core_rules)
    assert outcome.retained == (*(name for name, *_ in head), "c1")
