"""The bridge to the solver, against all points: what is taken out before it, the optimum, the bound, the cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import highspy
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from aap.core.selection import model
from aap.core.selection.model import Answer, free_columns, maximise, reduce_rows, relax
from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Row, make_row
from aap.core.selection.work import OutOfWork, Work

pytestmark = pytest.mark.thorough

REAL = model._solver
MANY = settings(max_examples=400, deadline=None, derandomize=True)
RULE = RuleRef("budget")
COEFFICIENTS = (
    0,
    0,
    1,
    1,
    1,
    -1,
    -1,
    2,
    3,
    -4,
    6,
    7,
    10_001,
    -33_333,
    1_000_001,
    2**40 + 1,
    -(2**40),
    3 * 2**61,
    5 - 2**63,
)


@dataclass(frozen=True)
class System:
    """Maximise `objective` over `rows`, with some columns `fixed`; `points`: all that keep the rows."""

    rows: tuple[Row, ...]
    objective: Any
    fixed: Any

    @property
    def points(self) -> list[tuple[int, ...]]:
        choices = [(0, 1) if state < 0 else (state,) for state in self.fixed.tolist()]
        return [point for point in product(*choices) if keeps(self.rows, point)]

    def worth(self, point: Sequence[int]) -> int:
        return sum(gain * inside for gain, inside in zip(self.objective.tolist(), point, strict=True))


def keeps(rows: Sequence[Row], point: Sequence[int]) -> bool:
    return all(
        sum(c * point[j] for j, c in zip(row.columns.tolist(), row.coefficient.tolist(), strict=True)) <= row.bound
        for row in rows
    )


@st.composite
def systems(draw: st.DrawFn, coefficients_of: Sequence[int] = COEFFICIENTS) -> System:
    size = draw(st.integers(1, 7))
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        small = draw(st.booleans())
        of = st.sampled_from(COEFFICIENTS[:12] if small else coefficients_of)
        coefficients = {column: draw(of) for column in range(size)}
        about = sum(draw(st.sampled_from(list(coefficients.values()))) for _ in range(draw(st.integers(0, 3))))
        rows.append(make_row(RULE, coefficients, about + draw(st.sampled_from((-1, 0, 0, 1, 3)))))
    objective = [draw(st.sampled_from((0, 0, 1, 1, 2, 500_000, 500_001, 1_000_000, -1, -7))) for _ in range(size)]
    fixed = [draw(st.sampled_from((-1, -1, -1, -1, 0, 1))) for _ in range(size)]
    return System(tuple(rows), np.array(objective, np.int64), np.array(fixed, np.int8))


@given(systems())
@MANY
def test_what_is_taken_out_before_the_solver_loses_no_point_and_lets_none_in(system: System) -> None:
    before = system.fixed.copy()
    reduced = reduce_rows(system.rows, system.fixed)
    assert (system.fixed == before).all()
    if reduced is None:
        assert system.points == []
        return
    assert reduced.free.tolist() == np.flatnonzero(reduced.fixed == -1).tolist()
    choices = [(0, 1) if state < 0 else (state,) for state in reduced.fixed.tolist()]
    rows = [make_row(RULE, dict(zip(c.tolist(), v.tolist(), strict=True)), b) for c, v, b in reduced.rows]
    assert [p for p in product(*choices) if keeps(rows, [p[j] for j in reduced.free])] == system.points


@given(systems())
@MANY
def test_the_optimum_is_the_best_point(system: System) -> None:
    points = system.points
    answer = maximise(system.rows, system.objective, system.fixed)
    if not points:
        assert answer == Answer("infeasible", None)
        return
    assert answer.status == "optimal"
    assert answer.retained is not None
    found = tuple(answer.retained.astype(int).tolist())
    assert found in points
    assert system.worth(found) == max(map(system.worth, points))


@given(systems())
@MANY
def test_no_point_is_worth_more_than_the_bound_and_moving_a_column_costs_what_is_said(system: System) -> None:
    points = system.points
    relaxed = relax(system.rows, system.objective, system.fixed)
    if relaxed is None:
        assert points == []
        return
    _, bound = relaxed
    for point in points:
        cost = sum(
            abs(price)
            for column, price in zip(bound.free.tolist(), bound.reduced.tolist(), strict=True)
            if point[column] != (price > 0)
        )
        assert system.worth(point) <= bound.bound - cost + 1e-3


@given(systems(COEFFICIENTS[:12]))
@MANY
def test_the_bound_is_as_good_as_the_linear_optimum(system: System) -> None:
    relaxed = relax(system.rows, system.objective, system.fixed)
    assume(relaxed is not None)
    assert relaxed is not None
    dense = np.zeros((len(system.rows), len(system.objective)))
    for number, row in enumerate(system.rows):
        dense[number, row.columns] = row.coefficient
    linear = linprog(
        -system.objective,
        dense if len(dense) else None,
        [row.bound for row in system.rows] or None,
        bounds=[(max(state, 0), abs(state)) for state in system.fixed.tolist()],
    )
    assume(linear.status == 0)
    assert relaxed[1].bound <= -linear.fun + 1e-3


@given(systems(), st.randoms(use_true_random=False))
@MANY
def test_a_cut_leaves_out_the_point_that_breaks_the_row_and_none_that_keeps_it(system: System, chance: Any) -> None:
    assume(system.rows)
    row = system.rows[0]
    every = list(product((0, 1), repeat=len(system.objective)))
    broken = [point for point in every if not keeps([row], point)]
    assume(broken)
    out = chance.choice(broken)
    cut = model._cover_cut(row, np.array(out, np.bool_))
    assert set(cut.coefficient.tolist()) <= {1, -1}
    assert not keeps([cut], out)
    assert all(keeps([cut], point) for point in every if keeps([row], point))


@pytest.mark.parametrize("wide", [10_001, 1_000_001, 2**40 + 1, 3 * 2**61 + 1])
def test_a_wide_row_is_met_by_equality_and_missed_by_one(wide: int) -> None:
    coefficients = {0: wide, 1: 2 * wide - 1, 2: 3}
    for bound, best in ((3 * wide - 1, [0, 1]), (3 * wide - 2, [1, 2])):
        answer = maximise([make_row(RULE, coefficients, bound)], np.array([5, 6, 4]), free_columns(3))
        assert answer.retained is not None
        assert (answer.status, np.flatnonzero(answer.retained).tolist()) == ("optimal", best)


@pytest.mark.parametrize("wide", [10_001, 1_000_001, 2**40 + 1])
def test_a_wide_minimum_leaves_the_bound_true(wide: int) -> None:
    """One place, and the second or the third must have it: the first, worth 10, can't."""
    place = make_row(RULE, {0: 1, 1: 1, 2: 1}, 1)
    least = make_row(RULE, {1: -wide, 2: -wide - 1}, -wide)
    relaxed = relax([place, least], np.array([10, 1, 0]), free_columns(3))
    assert relaxed is not None
    assert relaxed[1].bound == pytest.approx(1, abs=1e-3)


class Scripted:
    """Stands for the solver: the given answers first, then the true ones. `asked`: (rows, cautious) each time."""

    def __init__(self, *answers: tuple[str, list[bool] | None]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, bool]] = []
        self.true = model._solve

    def __call__(self, reduced: Any, objective: Any, limit: int, work: Work, *, cautious: bool, shown: bool) -> Any:
        self.asked.append((len(reduced.rows), cautious))
        if not self.answers:
            return self.true(reduced, objective, limit, work, cautious=cautious, shown=shown)
        status, inside = self.answers.pop(0)
        return model._Found(status, None if inside is None else np.array(inside), nodes=1)  # type: ignore[arg-type]


def best_of_three(solver: Scripted, **options: Any) -> tuple[str, list[int] | None]:
    """At most two units of 2, 2 and 3 (so: the two first), of which each is worth 5, by a solver."""
    row = make_row(RULE, {0: 2, 1: 2, 2: 3}, 4)
    with patch("aap.core.selection.model._solve", solver):
        answer = maximise([row], np.array([5, 5, 5]), free_columns(3), **options)
    return answer.status, None if answer.retained is None else np.flatnonzero(answer.retained).tolist()


def test_a_point_that_breaks_a_row_is_cut_off_and_the_solver_asked_again() -> None:
    solver = Scripted(("optimal", [True, False, True]), ("optimal", [False, True, True]))
    assert best_of_three(solver) == ("optimal", [0, 1])
    assert solver.asked == [(1, False), (2, False), (3, False)]


def test_a_solver_that_keeps_breaking_a_row_is_believed_in_nothing() -> None:
    solver = Scripted(*[("optimal", [True, True, True])] * 3)
    with patch("aap.core.selection.model._ROUNDS_OF_CUTS", 3), pytest.raises(SelectionError, match="exact check"):
        best_of_three(solver)
    assert len(solver.asked) == 3


def test_an_answer_that_there_is_none_gets_a_second_look_unless_it_is_not_wanted() -> None:
    solver = Scripted(("infeasible", None))
    assert best_of_three(solver) == ("optimal", [0, 1])
    assert solver.asked == [(1, False), (1, True)]
    solver = Scripted(("infeasible", None))
    assert best_of_three(solver, second_look=False) == ("infeasible", None)
    assert solver.asked == [(1, False)]


def test_a_refuted_answer_gets_a_second_look_and_is_an_error_when_refuted_again() -> None:
    solver = Scripted(("refuted", None))
    assert best_of_three(solver, second_look=False) == ("optimal", [0, 1])
    assert solver.asked == [(1, False), (1, True)]
    with pytest.raises(SelectionError, match="worth less"):
        best_of_three(Scripted(("refuted", None), ("refuted", None)))


def test_a_solver_that_stops_says_so_with_what_it_has() -> None:
    assert best_of_three(Scripted(("stopped", None)), node_limit=9) == ("stopped", None)
    assert best_of_three(Scripted(("stopped", [True, False, False])), node_limit=9) == ("stopped", [0])
    with pytest.raises(OutOfWork) as nothing:
        best_of_three(Scripted(("stopped", None)))
    assert nothing.value.retained is None
    with pytest.raises(OutOfWork) as something:
        best_of_three(Scripted(("stopped", [True, False, False])))
    assert something.value.retained is not None
    assert something.value.retained.tolist() == [True, False, False]


class Doctored:
    """HiGHS with one of its answers replaced."""

    def __init__(self, **replaced: Any) -> None:
        self.solver = REAL()
        self.replaced = replaced

    def __getattr__(self, name: str) -> Any:
        return (lambda: self.replaced[name]) if name in self.replaced else getattr(self.solver, name)


@pytest.mark.parametrize(
    ("replaced", "verdict"),
    [
        ({}, ("optimal", [True, True, False])),
        ({"getModelStatus": highspy.HighsModelStatus.kInfeasible}, ("infeasible", None)),
        ({"getModelStatus": highspy.HighsModelStatus.kUnboundedOrInfeasible}, ("infeasible", None)),
        ({"getModelStatus": highspy.HighsModelStatus.kSolutionLimit}, ("stopped", [True, True, False])),
        ({"getInfo": SimpleNamespace(mip_dual_bound=-2.9, mip_node_count=1)}, ("optimal", [True, True, False])),
        ({"getInfo": SimpleNamespace(mip_dual_bound=-3.0, mip_node_count=1)}, ("refuted", None)),
        ({"getSolution": SimpleNamespace(col_value=[], value_valid=True)}, ("optimal", None)),
        ({"getSolution": SimpleNamespace(col_value=[1.0, 1.0, 0.0], value_valid=False)}, ("optimal", None)),
        (
            {"getSolution": SimpleNamespace(col_value=[1.0, 0.5, 0.6], value_valid=True)},
            ("optimal", [True, False, True]),
        ),
        (
            {
                "getSolution": SimpleNamespace(col_value=[1 - 1e-7, 1.0, 1e-7], value_valid=True),
                "getInfo": SimpleNamespace(mip_dual_bound=-2.0, mip_node_count=1),
            },
            ("optimal", [True, True, False]),
        ),
    ],
)
def test_what_the_solver_says_is_weighed(replaced: dict[str, Any], verdict: tuple[str, list[bool] | None]) -> None:
    """Two of three units of gain; one more would be 3: a bound below that says nothing against 2."""
    reduced = reduce_rows([make_row(RULE, {0: 2, 1: 2, 2: 3}, 4)], free_columns(3))
    assert reduced is not None
    with patch("aap.core.selection.model._solver", lambda: Doctored(**replaced)):
        found = model._solve(reduced, np.array([5, 5, 5]), 9, Work(9), cautious=False, shown=False)
    assert (found.status, None if found.inside is None else found.inside.tolist()) == verdict


def test_a_solver_that_breaks_off_is_an_error() -> None:
    reduced = reduce_rows([make_row(RULE, {0: 2, 1: 2, 2: 3}, 4)], free_columns(3))
    assert reduced is not None
    broken = Doctored(getModelStatus=highspy.HighsModelStatus.kSolveError)
    with patch("aap.core.selection.model._solver", lambda: broken), pytest.raises(SelectionError, match="ended with"):
        model._solve(reduced, np.array([5, 5, 5]), 9, Work(9), cautious=False, shown=False)


class Watched(Doctored):
    """HiGHS, with what it is told apart from the settings that it always has."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Any] = {}

    def setOptionValue(self, option: str, setting: Any) -> None:
        self.told[option] = setting
        self.solver.setOptionValue(option, setting)


@pytest.mark.parametrize(
    ("cautious", "told"),
    [(False, {"mip_max_nodes": 7}), (True, {"mip_max_nodes": 7, "presolve": "off", "random_seed": 1})],
)
def test_a_second_look_is_another_look(cautious: bool, told: dict[str, Any]) -> None:
    reduced = reduce_rows([make_row(RULE, {0: 2_000_001, 1: 2_000_003, 2: 3_000_001}, 4_000_004)], free_columns(3))
    assert reduced is not None
    solver = Watched()
    made = model._Matrix.of
    with (
        patch("aap.core.selection.model._solver", lambda: solver),
        patch("aap.core.selection.model._Matrix.of", side_effect=made) as matrix,
    ):
        model._solve(reduced, np.array([5, 5, 5]), 7, Work(9), cautious=cautious, shown=False)
    assert (solver.told, matrix.call_args.kwargs) == (told, {"scaled": not cautious})
