"""The bridge to HiGHS: maximise an integer objective over rows, exactly.

Before the solver: fixed columns leave the rows, exact propagation, division by the greatest common divisor. After it:
every solution is checked in integers. A solution that breaks a row by rounding is cut off by a cover inequality (valid
for the row, small coefficients) and the solver runs again; an answer "infeasible" gets a second look with other
settings. HiGHS runs on one thread with a fixed seed and without a time limit, so that it repeats itself; how much it may
work is counted in nodes (`work.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, gcd, isfinite
from typing import Any, Literal

import highspy
import numpy as np
import numpy.typing as npt

from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Columns, Integers, Retained, Row, make_row
from aap.core.selection.work import OutOfWork, Work, run, work_at_hand

Fixed = npt.NDArray[np.int8]  # -1 free, 0 out, 1 in
Floats = npt.NDArray[np.float64]

_CUT = RuleRef("laureates", "cut")
_ROUNDS_OF_CUTS = 200
_PROPAGATIONS = 12
# Above this coefficient a row gets half a unit of slack: no integer point is let in by it, and none is lost to a
# tolerance. Rows of counts stay tight.
_WIDE = 10_000
_SCALE_TO = 2**17
_SLACK = 1e-3  # what rounding may take off a bound of the solver, in units of the divided objective


@dataclass(frozen=True, slots=True)
class Answer:
    """`optimal`: `retained` reaches the maximum. `infeasible`: none. `stopped`: node limit, perhaps a solution.

    `bound` of a stopped one: no solution is worth more, None where that isn't known.
    """

    status: Literal["optimal", "infeasible", "stopped"]
    retained: Retained | None
    bound: int | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A proven bound: no solution is worth more than `bound`, less |reduced[k]| for each column that leaves its side
    (in where `reduced` is above 0), less what each reduced row has left times its price."""

    free: Columns
    bound: float
    reduced: Floats
    fractional: Retained
    prices: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """The rows over the free columns only; `free` are their positions."""

    fixed: Fixed
    free: Columns
    rows: list[tuple[Columns, Integers, int]]  # columns count within `free`


def free_columns(size: int, inside: Retained | None = None) -> Fixed:
    """Nothing decided, but those `inside`."""
    fixed = np.full(size, -1, np.int8)
    if inside is not None:
        fixed[inside] = 1
    return fixed


def reduce_rows(rows: Sequence[Row], fixed: Fixed) -> Reduced | None:
    """Take the fixed columns out and propagate, in integers; None: proven infeasible.

    All rows at once, one after the other in the same arrays: draws come here some thousand times.
    """
    fixed = fixed.copy()
    if any(row.bound < 0 for row in rows if not len(row.columns)):
        return None
    rows = [row for row in rows if len(row.columns)]
    if not rows:
        return Reduced(fixed, np.flatnonzero(fixed == -1), [])
    lengths = np.array([len(row.columns) for row in rows])
    ends = np.cumsum(lengths)
    starts = ends - lengths
    columns = np.concatenate([row.columns for row in rows])
    coefficient = np.concatenate([row.coefficient for row in rows])  # of Python integers where one row is
    bounds = np.array([row.bound for row in rows], coefficient.dtype)
    for left in range(_PROPAGATIONS, -1, -1):
        state = fixed[columns]
        undecided = np.where(state == -1, coefficient, 0)
        slack = bounds - np.add.reduceat(np.where(state == 1, coefficient, 0), starts)
        room = slack - np.add.reduceat(np.minimum(undecided, 0), starts)
        if (room < 0).any():
            return None
        forced = np.abs(undecided) > np.repeat(room, lengths)
        if not left or not forced.any():
            break
        out, inside = columns[forced & (coefficient > 0)], columns[forced & (coefficient < 0)]
        fixed[out] = 0
        fixed[inside] = 1
        if (fixed[out] == 1).any():
            return None  # one row wants it in, another one out
    free = np.flatnonzero(fixed == -1)
    where = np.full(len(fixed), -1, np.int64)
    where[free] = np.arange(len(free))
    divisors = np.gcd.reduceat(undecided, starts)
    reduced = []
    for number in np.flatnonzero(np.add.reduceat(np.maximum(undecided, 0), starts) > slack).tolist():
        part = slice(starts[number], ends[number])
        open_ = state[part] == -1
        divisor = int(divisors[number])
        divided = (coefficient[part][open_] // divisor).astype(rows[number].coefficient.dtype)
        reduced.append((where[columns[part][open_]], divided, int(slack[number]) // divisor))
    return Reduced(fixed, free, reduced)


def maximise(
    rows: Sequence[Row],
    objective: Integers,
    fixed: Fixed,
    *,
    node_limit: int | None = None,
    second_look: bool = True,
    shown: bool = False,
) -> Answer:
    """The retained columns with the greatest sum of `objective` (integers), some already decided.

    `node_limit`: stop after so many nodes (status `stopped`); without it the answer is proven, or there is none.
    `shown`: the objective is the sum of scores, and whoever watches is told how far the search is.

    No solution is handed to the solver to begin from: HiGHS 1.16 may give it back as the optimum, worth less than the
    bound that it reports (the start does not survive presolve's dual reductions).

    Raises:
        OutOfWork: without `node_limit`, the allowed work ended before a proof.
        SelectionError: no solution that stands the exact check could be had.
    """
    work = work_at_hand()
    limit = work.at_most(node_limit)
    working = list(rows)
    bound: int | None = None
    for _ in range(_ROUNDS_OF_CUTS):
        reduced = reduce_rows(working, fixed)
        if reduced is None:
            return Answer("infeasible", None)
        found = _solve(reduced, objective, limit, work, cautious=False, shown=shown)
        limit -= found.nodes
        if found.status == "refuted" or (found.status == "infeasible" and second_look):
            found = _solve(reduced, objective, limit, work, cautious=True, shown=shown)
            limit -= found.nodes
        if found.status == "refuted":
            raise SelectionError("the solver's solution is worth less than the optimum that it reports")
        if found.bound is not None:
            bound = found.bound if bound is None else min(bound, found.bound)
        retained = None
        if found.inside is not None:
            retained = reduced.fixed == 1
            retained[reduced.free] = found.inside
            broken = [row for row in working if not row.holds(retained)]
            if broken:
                working.extend(_cover_cut(row, retained) for row in broken)
                continue
        if found.status == "stopped" and node_limit is None:
            raise OutOfWork(retained, bound)
        return Answer(found.status, retained, bound if found.status == "stopped" else None)
    raise SelectionError("no solution of the solver stands the exact check")


def relax(rows: Sequence[Row], objective: Integers, fixed: Fixed) -> tuple[Reduced, Relaxation] | None:
    """The linear relaxation's bound, recomputed from its multipliers; None: proven infeasible in integers.

    Any multipliers of at least 0 give a valid bound, so that the solver's tolerances cost strength, never truth.
    """
    reduced = reduce_rows(rows, fixed)
    if reduced is None:
        return None
    cost = objective[reduced.free].astype(np.float64)
    base = float(int(objective[reduced.fixed == 1].sum()))
    count = len(reduced.free)
    if not reduced.rows or not count:
        return reduced, Relaxation(
            reduced.free,
            base + float(np.maximum(cost, 0).sum()),
            cost,
            np.zeros(count, np.bool_),
            np.zeros(len(reduced.rows)),
        )
    solver = _solver()
    matrix = _Matrix.of(reduced, scaled=True)
    solver.passModel(matrix.program(-cost, integer=False))
    run(solver)
    solution = solver.getSolution()
    multipliers = np.zeros(len(reduced.rows))
    inside = np.zeros(count)
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        multipliers = np.maximum(0.0, -np.asarray(solution.row_dual))
        inside = np.asarray(solution.col_value)
    weighed = np.zeros(count)
    np.add.at(weighed, matrix.columns, matrix.values * np.repeat(multipliers, matrix.lengths))
    remaining = cost - weighed
    bound = base + float(multipliers @ matrix.bounds) + float(np.maximum(remaining, 0).sum())
    fractional = (inside > 1e-6) & (inside < 1 - 1e-6)
    return reduced, Relaxation(reduced.free, bound, remaining, fractional, multipliers * matrix.scales)


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    """Reduced rows as floats, each divided by a power of two (exact) where its coefficients are wide."""

    count: int
    lengths: Columns
    columns: Columns
    values: Floats
    scales: Floats
    bounds: Floats  # exact bounds, scaled
    upper: Floats  # with the half unit of slack of wide rows

    @classmethod
    def of(cls, reduced: Reduced, scaled: bool) -> _Matrix:
        values, scales, bounds, upper = [], [], [], []
        for _, coefficient, bound in reduced.rows:
            widest = int(np.abs(coefficient).max())
            scale = 1.0
            while scaled and widest * scale > _SCALE_TO:
                scale /= 2
            values.append(coefficient.astype(np.float64) * scale)
            scales.append(scale)
            bounds.append(bound * scale)
            upper.append((bound + (0.5 if widest > _WIDE else 0.0)) * scale)
        return cls(
            count=len(reduced.free),
            lengths=np.array([len(columns) for columns, _, _ in reduced.rows], np.int64),
            columns=np.concatenate([columns for columns, _, _ in reduced.rows]),
            values=np.concatenate(values),
            scales=np.array(scales),
            bounds=np.array(bounds),
            upper=np.array(upper),
        )

    def program(self, cost: Floats, integer: bool) -> Any:
        """The HiGHS model: minimise `cost` over columns in [0, 1]."""
        program = highspy.HighsLp()
        program.num_col_ = self.count
        program.num_row_ = len(self.lengths)
        program.col_cost_ = cost
        program.col_lower_ = np.zeros(self.count)
        program.col_upper_ = np.ones(self.count)
        program.row_lower_ = np.full(len(self.lengths), -highspy.kHighsInf)
        program.row_upper_ = self.upper
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int32)
        program.a_matrix_.index_ = self.columns.astype(np.int32)
        program.a_matrix_.value_ = self.values
        if integer:
            program.integrality_ = [highspy.HighsVarType.kInteger] * self.count
        return program


def _solver() -> Any:
    solver = highspy._core._Highs()  # the wrapper prints a banner on the standard output at its first use
    for option, setting in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),
        ("mip_feasibility_tolerance", 1e-6),
        ("mip_heuristic_run_feasibility_jump", False),  # with the restarts, a third of the time of problems this small
        ("mip_allow_restart", False),
        ("primal_feasibility_tolerance", 1e-7),
        ("dual_feasibility_tolerance", 1e-7),
    ):
        solver.setOptionValue(option, setting)
    return solver


@dataclass(frozen=True, slots=True)
class _Found:
    """What one run of HiGHS gives, over the free columns; `nodes`: what it counts for."""

    status: Literal["optimal", "infeasible", "stopped", "refuted"]
    inside: Retained | None
    bound: int | None = None
    nodes: int = 0


def _solve(reduced: Reduced, objective: Integers, limit: int, work: Work, *, cautious: bool, shown: bool) -> _Found:
    """One run of HiGHS of at most `limit` nodes. `cautious`: the second look (no presolve, no scaling of rows, another seed)."""
    gains = objective[reduced.free]
    if not len(reduced.free) or not reduced.rows:
        return _Found("optimal", np.asarray(gains > 0, np.bool_))
    if limit <= 0:
        return _Found("stopped", None)
    base = int(objective[reduced.fixed == 1].sum())
    divisor = gcd(*(int(gain) for gain in gains)) or 1
    matrix = _Matrix.of(reduced, scaled=not cautious)
    solver = _solver()
    if cautious:
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("mip_max_nodes", limit)
    solver.passModel(matrix.program(-(gains // divisor).astype(np.float64), integer=True))

    def sight(best: float, bound: float) -> None:
        assert work.sight is not None
        work.sight(base + divisor * round(-best) if isfinite(best) else None, base + divisor * floor(_SLACK - bound))

    run(solver, sight if shown and work.sight is not None else None)
    status, end = solver.getModelStatus(), solver.getInfo()
    nodes = work.spend(end.mip_node_count)
    found = highspy.HighsModelStatus
    if status in (found.kInfeasible, found.kUnboundedOrInfeasible):
        return _Found("infeasible", None, nodes=nodes)
    if status not in (found.kOptimal, found.kSolutionLimit, found.kIterationLimit):
        raise SelectionError(f"the solver ended with {solver.modelStatusToString(status)}")
    verdict: Literal["optimal", "stopped"] = "optimal" if status == found.kOptimal else "stopped"
    bound = base + divisor * floor(_SLACK - end.mip_dual_bound) if isfinite(end.mip_dual_bound) else None
    values = np.asarray(solver.getSolution().col_value)
    if len(values) != len(reduced.free) or not solver.getSolution().value_valid:
        return _Found(verdict, None, bound, nodes)
    inside = np.asarray(values > 0.5, np.bool_)
    worth = int((gains[inside] // divisor).sum())
    if verdict == "optimal" and -end.mip_dual_bound > worth + 0.999:
        return _Found("refuted", None, nodes=nodes)
    return _Found(verdict, inside, bound, nodes)


def _cover_cut(row: Row, retained: Retained) -> Row:
    """A cover inequality of the row that the point breaks: valid for every integer point of the row."""
    used = np.where(row.coefficient > 0, retained[row.columns], ~retained[row.columns])
    weights = sorted(
        (
            (abs(int(row.coefficient[k])), int(row.columns[k]), int(row.coefficient[k]) > 0)
            for k in np.flatnonzero(used)
        ),
        reverse=True,
    )
    room = row.bound - int(np.minimum(row.coefficient, 0).sum())
    cover, weight = [], 0
    for size, column, positive in weights:
        cover.append((column, positive))
        weight += size
        if weight > room:
            break
    negatives = sum(not positive for _, positive in cover)
    return make_row(_CUT, {column: 1 if positive else -1 for column, positive in cover}, len(cover) - 1 - negatives)


@lru_cache(maxsize=1)
def solver_name() -> str:
    """The solver and its version, for the report."""
    return f"HiGHS {_solver().version()}"
