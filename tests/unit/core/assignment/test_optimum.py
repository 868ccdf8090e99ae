"""The flow's optimum against exhaustion, its proof, the bottleneck, and that order and repetition change nothing."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given, settings

from aap.core.assignment import bottleneck
from aap.core.assignment import flow as flow_module
from aap.core.assignment.bottleneck import fill_seats, fittest, raise_floor, wanted
from aap.core.assignment.changes import changes
from aap.core.assignment.distribution import Options, assign
from aap.core.assignment.flow import NotOptimal, potentials
from aap.core.assignment.problem import Demand, Dossier, Ints, Reviewer, grid_of
from tests.unit.core.assignment.worlds import Best, by_exhaustion, small_demands, themed


def uneven(short: Ints) -> int:
    return int((short * (short - 1) // 2).sum())


@given(small_demands())
@settings(max_examples=150, deadline=None)
def test_seats_minima_and_total_fit_are_those_of_exhaustion(demand: Demand) -> None:
    grid = grid_of(demand)
    asked = wanted(grid)
    expected = by_exhaustion(asked.needs, asked.least, asked.caps, grid.current, grid.fit, grid.open, stay=False)
    seats = fill_seats(grid)
    best = fittest(grid, seats)
    assert best is not None
    loads = best.sum(axis=0)
    below = int(np.maximum(asked.least - loads, 0).sum())
    # which dossiers go short is settled before the fit: where nothing goes short the fit is the largest there is
    found = Best(int(best.sum()), uneven(asked.needs - best.sum(axis=1)), below, 0, int(grid.fit[best].sum()))
    if expected.seats == int(asked.needs.sum()) and expected.below == 0:
        assert found == expected
    else:
        assert dataclasses.replace(found, fit=0) == dataclasses.replace(expected, fit=0)
        assert found.fit <= expected.fit
    assert not (best & ~grid.open).any()
    assert (loads <= asked.caps).all()


@given(small_demands())
@settings(max_examples=150, deadline=None)
def test_completing_makes_the_fewest_changes_that_exhaustion_finds(demand: Demand) -> None:
    grid = grid_of(demand)
    asked = wanted(grid)
    keep = grid.current & grid.open
    expected = by_exhaustion(asked.needs, asked.least, asked.caps, keep, grid.fit, grid.open, stay=True)
    proposal = assign(demand, Options(mode="complete"))
    beside = proposal.given & ~grid.fixed
    below = int(np.maximum(asked.least - beside.sum(axis=0), 0).sum())
    found = Best(
        int(beside.sum()), uneven(asked.needs - beside.sum(axis=1)), below, int((beside & keep).sum()), expected.fit
    )
    assert found == expected
    assert demand.fixed <= proposal.pairs


@given(small_demands())
@settings(max_examples=100, deadline=None)
def test_a_proposal_keeps_every_rule_and_loses_at_most_two_percent(demand: Demand) -> None:
    proposal = assign(demand)
    grid = proposal.grid
    free = proposal.given & ~grid.fixed
    assert demand.fixed <= proposal.pairs
    assert not (proposal.pairs - demand.fixed) & demand.conflicts
    assert not (free & ~grid.open).any()
    assert (proposal.given.sum(axis=0) <= grid.most).all()
    assert (free.sum(axis=1) == proposal.filled.needs).all()
    if len(proposal.connection.components) < 2:
        # joining may cost more than two percent in so small a world, and then comes first
        assert proposal.fit <= proposal.optimum
    assert assign(demand).pairs == proposal.pairs


@given(small_demands())
@settings(max_examples=100, deadline=None)
def test_the_floor_is_the_highest_within_the_loss(demand: Demand) -> None:
    grid = grid_of(demand)
    seats = fill_seats(grid)
    best = fittest(grid, seats)
    assert best is not None
    loss = int(grid.fit[best].sum()) // 10
    floor, raised = raise_floor(grid, seats, best, loss=loss)
    reachable = [0]
    for one in np.unique(grid.fit[grid.open]):
        above = fittest(grid, seats, floor=int(one))
        if above is not None and above.any() and grid.fit[best].sum() - grid.fit[above].sum() <= loss:
            reachable.append(int(grid.fit[above].min()))
    if best.any():
        assert floor == max(reachable) == int(grid.fit[raised].min())


def test_pruned_arcs_don_t_change_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = grid_of(themed(60, 20))
    seats = fill_seats(grid)
    whole = fittest(grid, seats)
    monkeypatch.setattr(flow_module, "SMALL", 0)
    monkeypatch.setattr(flow_module, "_CHEAPEST", 1)
    pruned = fittest(grid, fill_seats(grid))
    assert whole is not None
    assert pruned is not None
    assert int(grid.fit[whole].sum()) == int(grid.fit[pruned].sum())


def test_a_flow_that_is_not_the_cheapest_has_no_potentials(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = grid_of(themed(12, 6, themes=1, reviews=2))
    seats = fill_seats(grid)
    networks: list[flow_module.Network] = []

    def kept(one: flow_module.Network) -> np.ndarray:
        networks.append(one)
        return flow_module.cheapest_flow(one)

    monkeypatch.setattr(bottleneck, "cheapest_flow", kept)
    best = fittest(grid, seats)
    network = networks[0]
    assert best is not None
    potentials(network, network.open, best)
    worse = best.copy()
    free = np.argwhere(~best[0] & grid.open[0])[:, 0]
    held = np.flatnonzero(best[0])
    fit = grid.fit[0]
    gone, come = max(held, key=lambda r: fit[r]), min(free, key=lambda r: fit[r])
    worse[0, gone], worse[0, come] = False, True
    with pytest.raises(NotOptimal):
        potentials(network, network.open, worse)


def test_the_order_of_rows_changes_nothing() -> None:
    demand = themed(40, 12)
    dossiers, reviewers = list(demand.dossiers), list(demand.reviewers)
    random.Random(3).shuffle(dossiers)
    random.Random(4).shuffle(reviewers)
    mixed = dataclasses.replace(demand, dossiers=dossiers, reviewers=reviewers)
    assert assign(mixed).pairs == assign(demand).pairs


def test_another_seed_settles_ties_in_another_way_at_the_same_fit() -> None:
    demand = dataclasses.replace(themed(40, 12), affinities={})
    other = dataclasses.replace(demand, seed="autre")
    one, two = assign(demand), assign(other)
    assert one.optimum == two.optimum
    assert one.pairs != two.pairs


def test_equal_fits_share_the_load() -> None:
    demand = Demand([Dossier(f"d{i:02}") for i in range(20)], [Reviewer(f"r{j}") for j in range(8)], 2)
    given = assign(demand).given
    assert sorted(given.sum(axis=0)) == [5] * 8


def test_a_reviewer_who_drops_out_moves_nobody_else() -> None:
    demand = themed(60, 20)
    before = assign(demand).pairs
    gone = demand.reviewers[3]
    left = [dataclasses.replace(one, available=False, min_load=0) if one is gone else one for one in demand.reviewers]
    after = assign(dataclasses.replace(demand, reviewers=left, current=before), Options(mode="complete")).pairs
    moved = changes(before, after)
    theirs = {pair for pair in before if pair[1] == gone.id}
    assert set(moved.removed) == theirs
    assert [pair[0] for pair in moved.added] == sorted(dossier for dossier, _ in theirs)


def test_what_is_fixed_stays_against_every_rule() -> None:
    demand = Demand(
        [Dossier("d1", department="01"), Dossier("d2")],
        [Reviewer("r1", departments=("01",), max_load=0), Reviewer("r2"), Reviewer("r3", available=False)],
        1,
        fixed=frozenset({("d1", "r1"), ("d2", "r3")}),
    )
    assert assign(demand).pairs == frozenset({("d1", "r1"), ("d2", "r3")})
