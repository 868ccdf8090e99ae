"""Components, expected errors and cuts: what the bridges do, against a dense model written apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from aap.core.assignment.bridging import _Change
from aap.core.assignment.changes import effect
from aap.core.assignment.connection import AssumedVariances, Precision, connection, weakest_cut
from aap.core.assignment.distribution import Options, assign
from aap.core.assignment.problem import Bar, Bools, Demand, Dossier, Reviewer, grid_of
from aap.core.assignment.report import figures
from tests.unit.core.assignment.worlds import themed

VARIANCES = AssumedVariances(100.0, 40.0, 90.0)


def dense_variances(given: Bools, variances: AssumedVariances) -> np.ndarray:
    """Var of the mean of (b - b̂) over each panel, by the whole covariance of all reviews, a flat mean a component."""
    dossiers, reviewers = np.nonzero(given)
    za = (dossiers[:, None] == np.arange(given.shape[0])[None, :]).astype(float)
    zb = (reviewers[:, None] == np.arange(given.shape[1])[None, :]).astype(float)
    v = variances.application * za @ za.T + variances.reviewer * zb @ zb.T + variances.noise * np.eye(len(dossiers))
    inverse = np.linalg.inv(v)
    reach = (za @ za.T + zb @ zb.T > 0).astype(float)
    for _ in range(len(dossiers)):
        reach = (reach @ reach > 0).astype(float)
    one = np.unique(reach, axis=0).T  # a column a component
    project = inverse - inverse @ one @ np.linalg.inv(one.T @ inverse @ one) @ one.T @ inverse
    b = variances.reviewer
    covariance = b * np.eye(given.shape[1]) - b * zb.T @ project @ zb * b
    weights = given / given.sum(axis=1)[:, None]
    return np.einsum("ij,jk,ik->i", weights, covariance, weights)


@pytest.mark.parametrize(("bridges", "parts"), [(True, 1), (False, 4)])
def test_expected_errors_are_those_of_a_dense_model(bridges: bool, parts: int) -> None:
    proposal = assign(themed(24, 16), Options(bridges=bridges))
    assert len(proposal.connection.components) == parts
    expected = dense_variances(proposal.given, VARIANCES)
    precision = Precision(proposal.given, VARIANCES)
    assert precision.severity_variances() == pytest.approx(expected, rel=1e-8)
    sizes = proposal.given.sum(axis=1)
    assert precision.mean_error() == pytest.approx(float(np.sqrt(90.0 / sizes + expected).mean()), rel=1e-9)


def test_the_first_order_change_ranks_swaps_as_the_exact_variance_does() -> None:
    given = assign(themed(60, 10), Options(bridges=False)).given
    before = Precision(given, VARIANCES)
    level = before.severity_variances().sum()
    change = _Change(before)
    guessed, exact = [], []
    for d, e in ((d, e) for d in range(0, 60, 4) for e in range(1, 60, 6)):
        q = int(np.flatnonzero(given[d] & ~given[e])[0]) if (given[d] & ~given[e]).any() else None
        r = int(np.flatnonzero(given[e] & ~given[d])[0]) if (given[e] & ~given[d]).any() else None
        if q is None or r is None:
            continue
        one = change.of(np.array([d]), np.array([q]), np.array([r]))
        two = change.of(np.array([e]), np.array([r]), np.array([q]))
        guessed.append(float(one[0] + two[0]))
        swapped = given.copy()
        swapped[d, q] = swapped[e, r] = False
        swapped[d, r] = swapped[e, q] = True
        exact.append(float(Precision(swapped, VARIANCES).severity_variances().sum() - level))
    assert len(exact) > 80
    assert np.corrcoef(guessed, exact)[0, 1] > 0.97


def test_affinity_alone_falls_apart_and_bridges_join_it_at_two_percent() -> None:
    demand = themed(120, 24)
    alone, ours = assign(demand, Options(bridges=False)), assign(demand)
    assert len(alone.connection.components) == 4
    assert len(ours.connection.components) == 1
    assert not ours.connection.weak
    assert ours.connection.mean_error < alone.connection.mean_error
    assert ours.fit >= ours.optimum * 0.98
    assert (ours.given.sum(axis=0) == alone.given.sum(axis=0)).all()
    figures_of_ours = figures(ours)
    assert figures_of_ours["connection"]["components"] == 1
    assert figures_of_ours["connection"]["cut"]["shared"] >= 3


def test_where_no_bridge_is_allowed_the_parts_stay_apart() -> None:
    dossiers = [Dossier(f"d{i}") for i in range(8)]
    reviewers = [Reviewer(f"r{j}") for j in range(4)]
    apart = frozenset((f"d{i}", f"r{j}") for i in range(8) for j in range(4) if (i < 4) != (j < 2))
    proposal = assign(Demand(dossiers, reviewers, 2, conflicts=apart))
    assert proposal.complete
    assert [part.reviewers for part in proposal.connection.components] == [("r0", "r1"), ("r2", "r3")]


def test_bridges_never_move_what_is_fixed() -> None:
    demand = themed(60, 12)
    apart = assign(demand, Options(bridges=False))
    half = frozenset(sorted(apart.pairs)[::2])
    again = assign(dataclasses.replace(demand, fixed=half))
    assert half <= again.pairs
    assert len(again.connection.components) == 1


def test_the_weakest_cut_finds_two_groups_with_few_dossiers_in_common() -> None:
    grid = grid_of(Demand([Dossier(f"d{i:02}") for i in range(21)], [Reviewer(f"r{j}") for j in range(8)], 2))
    given = np.zeros((21, 8), dtype=bool)
    for i in range(20):
        group = 0 if i < 10 else 4
        given[i, [group + i % 4, group + (i + 1 + i // 4) % 4]] = True
    given[20, [1, 6]] = True
    cut = weakest_cut(grid, given)
    assert cut is not None
    assert (cut.smaller, cut.larger, cut.shared) == (("r0", "r1", "r2", "r3"), ("r4", "r5", "r6", "r7"), 1)


def test_a_move_by_hand_tells_fit_load_bar_and_connection() -> None:
    demand = Demand(
        [Dossier("d1", ("sport",)), Dossier("d2", ("sport",))],
        [Reviewer("r1", ("sport",), max_load=1), Reviewer("r2", ("art",)), Reviewer("r3", ("sport",))],
        2,
        conflicts=frozenset({("d2", "r1")}),
    )
    grid = grid_of(demand)
    given = grid.array({("d1", "r1"), ("d1", "r3"), ("d2", "r2"), ("d2", "r3")})
    found = effect(grid, given, gone=("d2", "r2"), come=("d2", "r1"))
    assert (found.bar, found.fit_gone, found.fit_come, found.load, found.most) == (Bar.CONFLICT, 20, 100, 2, 1)
    assert found.too_many
    assert (found.panel, len(found.before.components), len(found.after.components)) == (2, 1, 1)
    assert effect(grid, given, gone=("d2", "r3"), come=None).panel == 1


def test_nothing_to_assign_is_no_error() -> None:
    for demand in (Demand([], [], 3), Demand([Dossier("d")], [], 3), Demand([], [Reviewer("r")], 3)):
        proposal = assign(demand)
        assert proposal.pairs == frozenset()
        assert connection(proposal.grid, proposal.given).components == ()
        assert figures(proposal)["pairs"] == 0
