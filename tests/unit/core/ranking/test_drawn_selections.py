"""Drawn selections and what betters a selection, against a plain walk over all subsets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from aap.core.ranking.drawn_selections import select_batch
from aap.core.selection.local import improved
from aap.core.selection.model import free_columns, reduce_rows
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Retained, Row, System, compile_system, make_row
from tests.unit.core.selection.small_problems import Problem, problems
from tests.unit.core.selection.test_against_enumeration import WITHOUT_LIMIT


def every_selection(system: System, held: Retained) -> list[Retained]:
    """All that keep the rows and hold the `held`."""
    subsets = (np.arange(2**system.size)[:, None] >> np.arange(system.size)) & 1 == 1
    return [one for one in subsets if one[held].all() and all(row.holds(one) for row in system.rows)]


def expected(system: System, scores: Sequence[int]) -> tuple[int, int, bool] | None:
    """Of the selections by these scores: the sum (`value`) or the places held (`merit`), how many, without the head?"""
    order = sorted(range(system.size), key=lambda j: (-scores[j], j))
    head = np.zeros(system.size, np.bool_)
    if system.rules.mode == "value":
        head[order[: system.rules.protect_top]] = True
    found = every_selection(system, system.imposed | head)
    without = not found
    found = found or every_selection(system, system.imposed)
    if not found:
        return None
    if system.rules.mode == "value":
        return max(sum(max(0, scores[j]) for j in np.flatnonzero(one)) for one in found), 0, without
    best = max(found, key=lambda one: one[order].tolist())
    return sum(1 << int(j) for j in np.flatnonzero(best)), 0, False


@pytest.mark.thorough
@given(problems(largest=8), st.lists(st.lists(st.integers(-5, 60), min_size=8, max_size=8), min_size=1, max_size=4))
@settings(WITHOUT_LIMIT, max_examples=300)
def test_each_draw_of_a_batch_has_the_selection_of_a_plain_walk(problem: Problem, drawn: list[list[int]]) -> None:
    system = compile_system(problem.candidates, problem.core_rules)
    batch = np.array(drawn, np.int64)[:, : system.size] * 10_000
    plain = [expected(system, scores) for scores in batch.tolist()]
    event(f"{system.rules.mode}, feasible: {plain[0] is not None}")
    if plain[0] is None:  # whatever the scores: the rows are the same
        with pytest.raises(ValueError, match="no selection is feasible"):
            select_batch(system, batch)
        return
    assert select_batch(system, batch).without_head == sum(one is not None and one[2] for one in plain)
    before = np.zeros(system.size, np.int64)
    for count in range(1, len(batch) + 1):  # what the last draw of a longer and longer batch adds
        after = select_batch(system, batch[:count]).retained
        one = np.flatnonzero(after - before)
        told = plain[count - 1]
        assert told is not None
        if system.rules.mode == "merit":
            assert sum(1 << int(j) for j in one) == told[0]
        else:
            assert int(np.maximum(batch[count - 1], 0)[one].sum()) == told[0]
        before = after


def plainly_improved(rows: Sequence[Row], retained: Retained, held: Retained) -> Retained:
    best = retained.copy()
    moved = True
    while moved:
        moved = False
        for entering in range(len(best)):
            if best[entering]:
                continue
            for leaving in [None, *reversed(range(entering + 1, len(best)))]:
                if leaving is not None and (not best[leaving] or held[leaving]):
                    continue
                tried = best.copy()
                tried[entering] = True
                if leaving is not None:
                    tried[leaving] = False
                if all(row.holds(tried) for row in rows):
                    best, moved = tried, True
                    break
    return best


@pytest.mark.thorough
@given(problems(largest=8), st.integers(0, 1000))
@settings(WITHOUT_LIMIT, max_examples=200)
def test_a_selection_is_bettered_by_one_entry_or_exchange_after_the_other(problem: Problem, at: int) -> None:
    system = compile_system(problem.candidates, problem.core_rules)
    found = every_selection(system, system.imposed)
    if not found:
        return
    retained = found[at % len(found)]
    if not system.rows:
        assert improved(system.rows, retained, system.imposed).all()
        return
    told = improved(system.rows, retained, system.imposed).tolist()
    assert told == plainly_improved(system.rows, retained, system.imposed).tolist()


def test_one_row_that_wants_a_column_in_and_another_out_hold_nowhere() -> None:
    rule = RuleRef("budget")
    rows = [make_row(rule, {0: -1, 1: 1}, -1), make_row(rule, {0: 5, 2: 1}, 4)]
    assert reduce_rows(rows, free_columns(3)) is None
    assert reduce_rows([make_row(rule, {}, -1)], free_columns(1)) is None


def test_a_row_beyond_64_bits_leaves_the_others_in_64_bits() -> None:
    rule = RuleRef("budget")
    rows = [make_row(rule, {0: 2**63, 1: 2**63 + 1, 2: 3}, 2**63 + 3), make_row(rule, {0: 2, 1: 2, 2: 2}, 4)]
    reduced = reduce_rows(rows, free_columns(3))
    assert reduced is not None
    assert [(coefficient.tolist(), bound) for _, coefficient, bound in reduced.rows] == [
        ([2**63, 2**63 + 1, 3], 2**63 + 3),
        ([1, 1, 1], 2),
    ]
    assert [coefficient.dtype for _, coefficient, _ in reduced.rows] == [object, np.int64]
