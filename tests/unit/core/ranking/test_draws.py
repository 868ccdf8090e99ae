"""Draws: they are posterior draws, their seed decides them, and the rules hold in each."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from aap.core.ranking.drawn_selections import select_batch
from aap.core.ranking.draws import Draws, draw_selections, drawn_scores
from aap.core.ranking.ranking import Ranking, rank
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rows import compile_system
from aap.core.selection.rules import rules_of
from aap.core.selection.select import select
from tests.unit.core.ranking.ranking_builders import a_call, an_application, decided, reviews_of


def _ranking(method: str = "calibrated", *, cost: int = 100, n: int = 24, **rules: Any) -> tuple[Ranking, Any]:
    call = a_call(method=method, **({"laureates": 8} | rules))
    rng = np.random.default_rng(4)
    quality, severity = rng.normal(6, 1.2, n), rng.normal(0, 0.6, 6)
    table = {
        (f"a{i:02}", f"r{j}"): f"{np.clip(quality[i] + severity[j] + rng.normal(0, 0.8), 0, 10):.1f}"
        for i in range(n)
        for j in rng.choice(6, 3, replace=False)
    }
    applications = [an_application(f"a{i:02}", cost + i) for i in range(n)]
    decisions = [decided("a03", "consensus", "61.5"), decided("a05", "in")]
    return rank(call, applications, reviews_of(call, table), decisions, "graine"), rules_of(call)


@pytest.mark.parametrize("method", ["raw", "calibrated"])
def test_drawn_worths_have_their_posterior_and_a_consensus_does_not_move(method: str) -> None:
    """Mean and covariance by the definition: precision 1/v + k/noise given the effects, which are drawn for all at once."""
    ranking, _ = _ranking(method)
    drawn = drawn_scores(ranking, 20_000, "s") / 10_000
    calibration, worths = ranking.calibration, ranking.worths
    place = {standing.id: standing for standing in ranking.standings}
    scored = [at for at, candidate in enumerate(ranking.candidates) if not place[candidate.id].consensus]
    (agreed,) = set(range(len(ranking.candidates))) - set(scored)
    assert set(drawn[:, agreed]) == {61.5}
    raw = method == "raw"
    noise = calibration.variances.noise + (calibration.variances.reviewer if raw else 0.0)
    assert calibration.unknown is not None
    effects = calibration.unknown.covariance * (0.0 if raw else 1.0)
    weights, means, own = [], [], []
    for at in scored:
        standing = place[ranking.candidates[at].id]
        precision = 1 / worths.variance + len(standing.reviewers) / noise
        share = len(standing.reviewers) / noise / precision
        weight = np.zeros(len(calibration.severities))
        weight[list(calibration.panels[standing.id])] = share / len(standing.reviewers)
        weights.append(weight)
        means.append((worths.mean / worths.variance) / precision + share * ranking.candidates[at].score / 10_000)
        own.append(1 / precision)
    expected = np.array(weights) @ effects @ np.array(weights).T + np.diag(own)
    spread = np.sqrt(np.diagonal(expected))
    assert np.abs((drawn[:, scored].mean(axis=0) - means) / spread).max() < 5 / 20_000**0.5
    assert np.cov(drawn[:, scored].T) / np.outer(spread, spread) == pytest.approx(
        expected / np.outer(spread, spread), abs=0.04
    )


@pytest.mark.parametrize("method", ["raw", "calibrated"])
def test_what_is_drawn_so_often_is_true_so_often(method: str) -> None:
    """Over simulated calls: of the applications retained in about so many draws, as many are among the truly best."""
    told: list[float] = []
    true: list[bool] = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        quality, severity = rng.normal(50, 11, 90), rng.normal(0, 6, 20)
        table = {
            (f"a{i:02}", f"r{j:02}"): f"{np.clip(quality[i] + severity[j] + rng.normal(0, 11), 0, 100) / 10:.2f}"
            for i in range(90)
            for j in rng.choice(20, 3, replace=False)
        }
        call = a_call(method=method, laureates=25)
        ranking = rank(call, [an_application(f"a{i:02}") for i in range(90)], reviews_of(call, table), draw_seed="s")
        drawn = drawn_scores(ranking, 100, "s")
        best = np.argsort(-drawn, axis=1, kind="stable")[:, :25]
        told += (np.bincount(best.ravel(), minlength=90) / 100).tolist()
        truly = {f"a{i:02}" for i in np.argsort(-quality)[:25]}
        true += [candidate.id in truly for candidate in ranking.candidates]
    bins = np.minimum((np.array(told) * 10).astype(int), 9)
    off = [abs(np.array(told)[bins == one].mean() - np.array(true)[bins == one].mean()) for one in range(10)]
    assert np.average(off, weights=np.bincount(bins, minlength=10)) < 0.03


def test_worths_that_do_not_differ_are_drawn_equal_and_stay_in_rank_order() -> None:
    call = a_call(laureates=2)
    rows = {
        ("a", "x"): "6",
        ("a", "y"): "4",
        ("b", "x"): "4.1",
        ("b", "y"): "5.9",
        ("c", "x"): "5.2",
        ("c", "y"): "4.6",
    }
    ranking = rank(call, [an_application(name) for name in "abc"], reviews_of(call, rows), draw_seed="s")
    assert ranking.worths.variance == 0.0
    mean = round(sum(candidate.score for candidate in ranking.candidates) / 3)
    assert drawn_scores(ranking, 5, "s") == pytest.approx(np.full((5, 3), mean), abs=1)
    first, second, last = (candidate.id for candidate in ranking.candidates)
    assert draw_selections(ranking, rules_of(call), number=10).retained == {first: 10, second: 10, last: 0}


def test_the_same_seed_gives_the_same_draws_and_another_does_not() -> None:
    ranking, rules = _ranking()
    first = draw_selections(ranking, rules, number=40)
    assert draw_selections(ranking, rules, number=40, seed="graine") == first
    assert draw_selections(ranking, rules, number=40, seed="autre") != first
    assert draw_selections(ranking, rules, number=40, processes=2) == first


def test_each_draw_retains_as_many_as_the_rules_allow_and_always_the_imposed() -> None:
    ranking, rules = _ranking()
    seen: list[tuple[int, int]] = []
    drawn = draw_selections(ranking, rules, number=25, progress=lambda done, total: seen.append((done, total)))
    assert sum(drawn.retained.values()) == 25 * 8
    assert drawn.probability("a05") == 1
    assert drawn.probability(ranking.candidates[0].id) > Fraction(9, 10)  # type: ignore[operator]
    assert drawn.probability("nobody") is None
    assert (seen, drawn.notices) == ([(10, 25), (20, 25), (25, 25)], ())


@pytest.mark.parametrize("mode", ["value", "merit"])
def test_a_draw_by_hand_with_count_alone_retains_the_best_scores(mode: str) -> None:
    ranking, rules = _ranking(mode=mode)
    free = dataclasses.replace(
        ranking, candidates=tuple(dataclasses.replace(one, imposed=False) for one in ranking.candidates)
    )
    drawn = draw_selections(free, rules, number=30)
    counts = dict.fromkeys((one.id for one in free.candidates), 0)
    for row in drawn_scores(free, 30, "graine"):
        for at in sorted(range(len(row)), key=lambda at: -row[at])[:8]:
            counts[free.candidates[at].id] += 1
    assert drawn.retained == counts


def test_a_head_that_can_not_hold_is_left_out_and_counted() -> None:
    ranking, rules = _ranking(cost=100, protect_top=6, budget="640")
    with_head = draw_selections(ranking, rules, number=30)
    without = draw_selections(ranking, dataclasses.replace(rules, protect_top=0), number=30)
    assert 0 < with_head.without_head <= 30
    assert without.without_head == 0
    assert [notice.code for notice in with_head.notices] == ["draws_without_head"]
    assert f"Dans {with_head.without_head}\u00a0tirages sur 30" in with_head.notices[0].text


def test_a_head_that_never_holds_leaves_what_there_is_without_it() -> None:
    ranking, rules = _ranking(cost=100, protect_top=6, budget="500")
    with_head = draw_selections(ranking, rules, number=30)
    without = draw_selections(ranking, dataclasses.replace(rules, protect_top=0), number=30)
    assert (with_head.without_head, with_head.retained) == (30, without.retained)


@pytest.mark.parametrize(
    ("rules", "retained", "without_head"),
    [
        ({}, "bcd", 0),
        ({"mode": "merit"}, "a", 0),
        ({"protect_top": 1}, "a", 0),
        ({"protect_top": 2}, "bcd", 10),
    ],
)
def test_each_draw_selects_by_the_rules(rules: dict[str, Any], retained: str, without_head: int) -> None:
    """One dear and good, three cheap ones worth more together; marks that agree, so that no draw moves."""
    call = a_call(**{"laureates": 3, "budget": 300, **rules})
    marks = {"a": "9", "b": "6", "c": "5.9", "d": "5.8"}
    reviews = reviews_of(call, {(name, reviewer): mark for name, mark in marks.items() for reviewer in "xy"})
    ranking = rank(call, [an_application(name, 300 if name == "a" else 100) for name in marks], reviews, draw_seed="s")
    drawn = draw_selections(ranking, rules_of(call), number=10)
    assert drawn.retained == {name: 10 * (name in retained) for name in marks}
    assert drawn.without_head == without_head


def test_reviewers_who_all_agree_leave_nothing_to_draw() -> None:
    call = a_call(method="calibrated")
    reviews = reviews_of(call, {(name, reviewer): "6" for name in "abc" for reviewer in "xy"})
    ranking = rank(call, [an_application(name) for name in "abc"], reviews, draw_seed="s")
    assert set(drawn_scores(ranking, 20, "s").flat) == {600_000}


def test_no_draw_has_no_probability() -> None:
    ranking, rules = _ranking()
    none = draw_selections(ranking, rules, number=0)
    assert (none.number, none.retained, none.without_head, none.probability("a05")) == (0, {}, 0, None)


def test_a_draw_that_does_not_end_counts_with_the_best_found_and_is_told() -> None:
    """With no work at all for the solver: what is decided without it is, the rest is said not to have ended."""
    people = [Candidate(f"d{at:02}", 900_000 - 7_919 * at, 1_000_003 + 7_907 * at * at) for at in range(60)]
    scores = np.array([[person.score for person in people]])
    rules = Rules("merit", 20, 60_000_017)
    with patch("aap.core.ranking.drawn_selections.WORK_OF_A_DRAW", 0):
        stopped = select_batch(compile_system(people, rules), scores)
    assert stopped.unended == 1
    ended = select_batch(compile_system(people, rules), scores)
    assert (ended.unended, int(ended.retained.sum())) == (0, len(select(people, rules).retained))
    told = Draws(400, {}, 0, unended=3).notices
    assert [(notice.code, "3\u00a0tirages sur 400" in str(notice)) for notice in told] == [("draws_unended", True)]
