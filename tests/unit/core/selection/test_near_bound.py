"""What is looked at near the linear bound holds the best selection, or says that it can't tell."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from aap.core.selection.model import free_columns, relax
from aap.core.selection.near_bound import best_near_bound
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import compile_system, make_row
from tests.unit.core.selection.small_problems import Problem, problems
from tests.unit.core.selection.test_against_enumeration import WITHOUT_LIMIT

RULE = RuleRef("budget")


@pytest.mark.thorough
@given(problems(largest=10), st.sampled_from((1, 3, 8)), st.sampled_from((2, 20, 10_000)))
@settings(WITHOUT_LIMIT, max_examples=400)
def test_what_is_proven_near_the_bound_is_the_best_of_all_subsets(problem: Problem, first: int, most: int) -> None:
    if problem.rules["mode"] == "merit":
        return
    every = problem.enumerated
    best = every.best(every.atoms)
    system = compile_system(problem.candidates, problem.core_rules)
    fixed = free_columns(system.size, system.imposed | system.protected)
    relaxed = relax(system.rows, system.worth, fixed)
    if relaxed is None:
        assert best is None
        return
    with (
        patch("aap.core.selection.near_bound._FIRST", first),
        patch("aap.core.selection.near_bound._MOST", most),
    ):
        near = best_near_bound(*relaxed, system.worth)
    event(f"proven: {near.proven}, some: {near.retained is not None}")
    if near.retained is not None:
        assert all(row.holds(near.retained) for row in system.rows)
        assert near.retained[fixed == 1].all()
        assert best is not None
        assert system.worth[near.retained].sum() <= every.sum_of_scores(best)
    if near.proven:
        assert (near.retained is None) == (best is None)
        if near.retained is not None and best is not None:
            assert (
                sum(1 << j for j in np.flatnonzero(near.retained).tolist()) == best
            )  # of equal ones, the best by rank


@pytest.mark.parametrize(("alike", "proven"), [(8, True), (20, False)])
def test_more_than_so_many_sets_are_not_looked_at(alike: int, proven: bool) -> None:
    """Of candidates that are all alike half fit: every choice is as good, and none can be ruled out by its penalty."""
    row = make_row(RULE, dict.fromkeys(range(alike), 2), alike + 1)
    worth = np.full(alike, 5)
    relaxed = relax([row], worth, free_columns(alike))
    assert relaxed is not None
    found = best_near_bound(*relaxed, worth)
    assert (found.proven, found.retained is not None) == (proven, proven)
    assert found.retained is None or int(found.retained.sum()) == alike // 2


def test_amounts_beyond_64_bits_are_left_to_the_solver() -> None:
    row = make_row(RULE, {0: 2**63, 1: 2**63 + 1}, 2**63)
    worth = np.array([1, 2])
    relaxed = relax([row, make_row(RULE, {0: 1, 1: 1}, 1)], worth, free_columns(2))
    assert relaxed is not None
    if any(coefficient.dtype == object for _, coefficient, _ in relaxed[0].rows):
        assert best_near_bound(*relaxed, worth).proven is False
