"""Components, expected errors and cuts: what the swaps do, against a dense model written apart."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from aap.core.assignment.bridging import _Change
from aap.core.assignment.changes import effect
from aap.core.assignment.connection import AssumedVariances, Errors, Precision, connection, errors, weakest_cut
from aap.core.assignment.distribution import Options, assign
from aap.core.assignment.problem import Bar, Bools, Demand, Dossier, Reviewer, grid_of
from aap.core.assignment.report import figures
from tests.unit.core.assignment.worlds import themed

VARIANCES = AssumedVariances(40.0, 90.0)


def dense_covariance(given: Bools, variances: AssumedVariances) -> np.ndarray:
    """Covariance of (b - b̂) by the whole covariance of all reviews, the dossiers' means being fixed effects."""
    dossiers, reviewers = np.nonzero(given)
    za = (dossiers[:, None] == np.arange(given.shape[0])[None, :]).astype(float)
    zb = (reviewers[:, None] == np.arange(given.shape[1])[None, :]).astype(float)
    b = variances.reviewer
    inverse = np.linalg.inv(b * zb @ zb.T + variances.noise * np.eye(len(dossiers)))
    project = inverse - inverse @ za @ np.linalg.inv(za.T @ inverse @ za) @ za.T @ inverse
    return b * np.eye(given.shape[1]) - b * zb.T @ project @ zb * b


@pytest.mark.parametrize(("connect", "parts"), [(True, 1), (False, 4)])
def test_expected_errors_are_those_of_a_dense_model(connect: bool, parts: int) -> None:
    proposal = assign(themed(24, 16), Options(connect=connect, bridges=Fraction(0)))
    assert len(proposal.connection.components) == parts
    covariance = dense_covariance(proposal.given, VARIANCES)
    sizes = proposal.given.sum(axis=1)
    weights = proposal.given / sizes[:, None]
    expected = weights @ covariance @ weights.T
    precision = Precision(proposal.given, VARIANCES)
    assert precision.severity_variances() == pytest.approx(np.diag(expected), rel=1e-8)
    groups = proposal.grid.groups
    differences = [
        expected[i, i] + expected[j, j] - 2 * expected[i, j]
        for i in range(24)
        for j in range(24)
        if groups[i] != groups[j]
    ]
    found = precision.errors(groups)
    assert found.score == pytest.approx(float(np.sqrt(90.0 / sizes + np.diag(expected)).mean()), rel=1e-9)
    assert found.severity == pytest.approx(float(np.sqrt(np.diag(expected)).mean()), rel=1e-9)
    assert found.across == pytest.approx(float(np.sqrt(np.mean(differences))), rel=1e-9)


def test_reviewers_without_a_severity_of_their_own_leave_the_noise_alone() -> None:
    proposal = assign(themed(24, 16))
    assert errors(proposal.grid, proposal.given, AssumedVariances(0.0, 90.0)) == Errors(
        pytest.approx(float(np.sqrt(30.0))), 0.0, 0.0
    )


def test_the_first_order_change_ranks_swaps_as_the_exact_variance_does() -> None:
    given = assign(themed(60, 10), Options(connect=False)).given
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
    alone, ours = assign(demand, Options(connect=False)), assign(demand, Options(bridges=Fraction(0)))
    assert len(alone.connection.components) == 4
    assert len(ours.connection.components) == 1
    assert not ours.connection.weak
    assert ours.connection.errors.score < alone.connection.errors.score
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


def test_swaps_never_move_what_is_fixed() -> None:
    demand = themed(60, 12)
    apart = assign(demand, Options(connect=False))
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
