"""The share of reviews across themes: met exactly, proven where it can't be, at little fit, and never against a rule."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aap.core.assignment.bottleneck import fill_seats, most_bridges, wanted
from aap.core.assignment.changes import changes
from aap.core.assignment.crossing import USUAL_SHARE, usual_share
from aap.core.assignment.distribution import Options, Proposal, assign
from aap.core.assignment.problem import Demand, Dossier, Reviewer, grid_of
from tests.unit.core.assignment.worlds import small_demands, themed


def across(proposal: Proposal, demand: Demand) -> int:
    """Bridges by the definition, from the pairs and the tables alone."""
    dossiers = {one.id: set(one.themes) for one in demand.dossiers}
    reviewers = {one.id: set(one.themes) for one in demand.reviewers}
    return sum(
        bool(dossiers[d]) and bool(reviewers[r]) and dossiers[d].isdisjoint(reviewers[r]) for d, r in proposal.pairs
    )


@pytest.mark.parametrize("affinities", [True, False])
def test_the_usual_share_is_met_exactly_and_lowers_the_expected_errors(affinities: bool) -> None:
    demand = themed(236, 40)
    if not affinities:
        demand = dataclasses.replace(demand, affinities={})
    without, ours = assign(demand, Options(bridges=Fraction(0))), assign(demand)
    assert across(without, demand) < 30
    assert across(ours, demand) == ours.bridges.made == ours.bridges.wanted == 107  # 708 × 0.15 = 106.2
    assert (ours.bridges.share, ours.bridges.usual, ours.bridges.missing) == (USUAL_SHARE, True, 0)
    assert ours.bridges.found == across(without, demand)
    assert ours.bridges.without == without.connection.errors
    before, after = without.connection.errors, ours.connection.errors
    assert after.score < before.score
    assert after.severity < 0.95 * before.severity
    assert before.across is not None
    assert after.across is not None
    assert after.across < 0.9 * before.across
    crossing = ours.given & ours.grid.crossing
    assert crossing.sum(axis=1).max() == 1  # no dossier is read by strangers alone
    assert crossing.sum(axis=0).max() <= 6  # of some 18 dossiers a reviewer
    assert (ours.given.sum(axis=0) == without.given.sum(axis=0)).all()
    own = ours.movable & ~ours.grid.crossing
    assert ours.grid.fit[own].min() >= without.grid.fit[without.movable & ~without.grid.crossing].min()
    assert len(ours.connection.components) == 1
    assert assign(demand).pairs == ours.pairs


@pytest.mark.parametrize("share", ["0.05", "0.3", "0.5", "1"])
def test_any_share_is_met_exactly_where_there_is_room(share: str) -> None:
    demand = themed(60, 16)
    proposal = assign(demand, Options(bridges=Fraction(share)))
    assert across(proposal, demand) == -(-Fraction(share) * 180 // 1)
    assert (proposal.given.sum(axis=1) == 3).all()


def with_themes(demand: Demand, words: list[tuple[str, ...]]) -> Demand:
    """The small demand with themes dealt from `words`."""
    dossiers = [dataclasses.replace(one, themes=words[i % len(words)]) for i, one in enumerate(demand.dossiers)]
    reviewers = [
        dataclasses.replace(one, themes=words[(2 * i + 1) % len(words)]) for i, one in enumerate(demand.reviewers)
    ]
    return dataclasses.replace(demand, dossiers=dossiers, reviewers=reviewers)


THEMES = st.lists(st.sampled_from([("a",), ("b",), ("a", "b"), ()]), min_size=1, max_size=5)


@given(small_demands(), THEMES, st.sampled_from(["0.2", "0.5", "1"]))
@settings(max_examples=200, deadline=None)
def test_a_share_that_is_missed_is_the_most_that_exhaustion_finds(
    demand: Demand, words: list[tuple[str, ...]], share: str
) -> None:
    demand = with_themes(demand, words)
    proposal = assign(demand, Options(bridges=Fraction(share)))
    grid = proposal.grid
    free = proposal.given & ~grid.fixed
    assert demand.fixed <= proposal.pairs
    assert not (free & ~grid.open).any()
    assert (proposal.given.sum(axis=0) <= grid.most).all()
    assert (free.sum(axis=1) == proposal.filled.needs).all()
    assert proposal.bridges.made == across(proposal, demand)
    most = most_by_exhaustion(demand)
    assert proposal.bridges.missing == max(proposal.bridges.wanted - most, 0)


def most_by_exhaustion(demand: Demand) -> int:
    """The most bridges with the seats and minima that can be filled, those of the fixed pairs too."""
    grid = grid_of(demand)
    seats, asked = fill_seats(grid), wanted(grid)
    below = int((asked.least - seats.least).sum())
    places = np.argwhere(grid.open)
    best = 0
    for word in range(1 << len(places)):
        chosen = places[[at for at in range(len(places)) if word >> at & 1]]
        made = np.zeros_like(grid.fixed)
        made[chosen[:, 0], chosen[:, 1]] = True
        loads = made.sum(axis=0)
        if (made.sum(axis=1) != seats.needs).any() or (loads > asked.caps).any():
            continue
        if int(np.maximum(asked.least - loads, 0).sum()) > below or (loads < seats.least).any():
            continue
        best = max(best, int(((made | grid.fixed) & grid.crossing).sum()))
    return best


def test_the_most_bridges_have_the_largest_fit_among_them() -> None:
    demand = themed(12, 8)
    grid = grid_of(demand)
    found = most_bridges(grid, fill_seats(grid))
    assert (found & grid.crossing).sum() == 36
    only_bridges = dataclasses.replace(demand, conflicts=grid.pairs(~grid.crossing))
    assert int(grid.fit[found].sum()) == assign(only_bridges, Options(connect=False)).optimum


def test_where_swaps_alone_are_stuck_the_flow_still_finds_the_bridges() -> None:
    # d1 may go to r1 or r3, d2 to r2 or r3: no swap is allowed, but r3 may take either dossier
    dossiers = [Dossier("d1", ("a",)), Dossier("d2", ("b",))]
    reviewers = [Reviewer("r1", ("a",)), Reviewer("r2", ("b",)), Reviewer("r3", ("c",))]
    demand = Demand(dossiers, reviewers, 1, conflicts=frozenset({("d1", "r2"), ("d2", "r1")}))
    proposal = assign(demand, Options(bridges=Fraction(1)))
    assert proposal.pairs == frozenset({("d1", "r3"), ("d2", "r3")})


def test_fixed_pairs_count_and_never_move() -> None:
    demand = themed(60, 12)
    half = frozenset(sorted(assign(demand, Options(connect=False)).pairs)[::2])
    again = assign(dataclasses.replace(demand, fixed=half))
    assert half <= again.pairs
    assert again.bridges.made == again.bridges.wanted == 27


def test_completing_gives_across_themes_no_more_than_the_share_of_what_is_new() -> None:
    demand = themed(60, 20)
    before = assign(demand, Options(bridges=Fraction(0))).pairs
    gone = demand.reviewers[3]
    left = [dataclasses.replace(one, available=False, min_load=0) if one is gone else one for one in demand.reviewers]
    after = assign(dataclasses.replace(demand, reviewers=left, current=before), Options(mode="complete"))
    moved = changes(before, after.pairs)
    themes = {one.id: one.themes for one in (*demand.dossiers, *demand.reviewers)}
    new = sum(themes[d] != themes[r] for d, r in moved.added)
    assert len(moved.added) == 12
    assert new == 2  # 12 × 0.15 = 1.8


@pytest.mark.parametrize(
    ("themes", "share"),
    [
        ([("a",), ("b",)], USUAL_SHARE),
        ([("a",), ("b",), ()], USUAL_SHARE),
        ([("a",), ("b",), ("a", "b"), ()], Fraction(0)),
        ([("a",), ("a",)], Fraction(0)),
        ([(), ()], Fraction(0)),
        ([("a", "a"), ("b",)], USUAL_SHARE),
    ],
)
def test_the_usual_share_holds_where_most_reviewers_know_one_theme(
    themes: list[tuple[str, ...]], share: Fraction
) -> None:
    reviewers = [Reviewer(f"r{at}", named) for at, named in enumerate(themes)]
    away = [Reviewer("x1", ("a", "b"), available=False), Reviewer("x2", ("a", "b"), max_load=0)]
    assert usual_share(grid_of(Demand([Dossier("d", ("a",))], [*reviewers, *away], 1))) == share


def test_nobody_without_theme_or_with_one_in_common_makes_a_bridge() -> None:
    dossiers = [Dossier("d1", ("a", "b")), Dossier("d2")]
    reviewers = [Reviewer("r1", ("a",)), Reviewer("r2"), Reviewer("r3", ("c",)), Reviewer("r4", ("c", "b"))]
    grid = grid_of(Demand(dossiers, reviewers, 1))
    assert grid.pairs(grid.crossing) == {("d1", "r3")}
