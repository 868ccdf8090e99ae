"""Who is ranked, where, with which scores: whole tables, by the rules one at a time."""

from __future__ import annotations

import hashlib
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from aap.core.call.canonical import rubric_hash
from aap.core.ranking.ranking import ImposedNotCandidate, Ranking, rank
from aap.core.ranking.standing import StoredScores
from aap.core.scoring.severity import Z90, DisconnectedReviews
from aap.core.selection.problem import Candidate
from tests.unit.core.ranking.ranking_builders import a_call, an_application, decided, reviews_of

TABLE = {
    ("a", "x"): "8", ("a", "y"): "6", ("b", "y"): "7", ("b", "z"): "5.5",
    ("c", "x"): "9", ("c", "z"): "4", ("d", "x"): "6", ("d", "y"): "4",
}  # fmt: skip
FOUR = [an_application(name) for name in "abcd"]


def _order(ranking: Ranking) -> list[tuple[int | None, str, str]]:
    return [(standing.rank, standing.id, standing.place) for standing in ranking.standings]


def test_raw_ranking_is_by_mean_total_with_its_interval() -> None:
    call = a_call()
    ranking = rank(call, FOUR, reviews_of(call, TABLE), draw_seed="s")
    assert [(s.rank, s.id, s.raw_score, s.score) for s in ranking.standings] == [
        (1, "a", 700_000, 700_000),
        (2, "c", 650_000, 650_000),
        (3, "b", 625_000, 625_000),
        (4, "d", 500_000, 500_000),
    ]
    variances = ranking.calibration.variances
    half = round(Z90 * ((variances.reviewer + variances.noise) / 2) ** 0.5 * 10_000)
    assert {(s.score - s.ci_low, s.ci_high - s.score) for s in ranking.standings} == {(half, half)}  # type: ignore[operator]
    assert (ranking.final, ranking.provisional_draw, ranking.contested, ranking.notices) == (True, False, (), ())


def test_calibrated_ranking_takes_each_reviewers_severity_away() -> None:
    call = a_call(method="calibrated")
    ranking = rank(call, FOUR, reviews_of(call, TABLE), draw_seed="s")
    severity = {name: one.value for name, one in ranking.calibration.severities.items()}
    assert severity["x"] > 0 > severity["z"]
    expected = {
        name: round(Fraction(raw) - Fraction(severity[one] + severity[two], 2))
        for name, raw, one, two in (
            ("a", 700_000, "x", "y"), ("b", 625_000, "y", "z"), ("c", 650_000, "x", "z"), ("d", 500_000, "x", "y"),
        )
    }  # fmt: skip
    assert {s.id: s.calibrated_score for s in ranking.standings} == expected
    assert [s.id for s in ranking.standings] == ["b", "c", "a", "d"]
    for standing in ranking.standings:
        half = round(Z90 * ranking.calibration.error_variance(standing.id) ** 0.5 * 10_000)
        assert (standing.ci_low, standing.ci_high) == (expected[standing.id] - half, expected[standing.id] + half)


def test_each_place_before_the_selection_and_the_order_of_the_unranked() -> None:
    call = a_call(threshold=50, min_reviews=2)
    table = {(name, r): "6" for name in "acdefghij" for r in "xy"} | {("b", "x"): "9", ("k", "x"): "1", ("k", "y"): "2"}
    applications = [
        an_application(name, eligible=name not in "hi", draw_token=f"{name}") for name in ("k", *"jihgfedcba", "l")
    ]
    decisions = [decided("c", "withdrawn"), decided("i", "withdrawn"), decided("l", "withdrawn"), decided("d", "out"),
                 decided("e", "declined"), decided("k", "out"), decided("f", "in")]  # fmt: skip
    ranking = rank(call, applications, reviews_of(call, table), decisions, "graine")
    drawn = sorted("adefgj", key=lambda name: hashlib.sha256(f"graine:{name}".encode()).hexdigest())
    place = dict.fromkeys("agjf", "candidate") | {"d": "out", "e": "declined"}
    assert _order(ranking) == [
        *((position, name, place[name]) for position, name in enumerate(drawn, 1)),
        (None, "k", "below_threshold"),
        (None, "h", "ineligible"),
        (None, "b", "incomplete"),
        (None, "c", "withdrawn"),
        (None, "i", "withdrawn"),
        (None, "l", "withdrawn"),
    ]
    assert ranking.candidates == tuple(
        Candidate(name, 600_000, 100_000, {}, imposed=name == "f") for name in drawn if place[name] == "candidate"
    )
    assert ranking.final is False
    scores = {s.id: (s.raw_score, len(s.reviewers)) for s in ranking.standings}
    assert (scores["b"], scores["h"], scores["l"]) == ((900_000, 1), (600_000, 2), (None, 0))


def test_a_threshold_is_met_by_equality_and_the_first_missed_is_named() -> None:
    call = a_call(
        criteria=[
            {"id": "one", "weight": 1, "threshold": 5}, {"id": "two", "weight": 1, "threshold": "4.5"},
        ],
        threshold="47.5",
    )  # fmt: skip
    table = {
        ("meets", "x"): ["5", "4.5"], ("both", "x"): ["4.9", "4.4"], ("two", "x"): ["9", "4.4"],
        ("overall", "x"): ["5", "4.5"], ("mean", "x"): ["5.1", "9"], ("mean", "y"): ["4.8", "9"],
    }  # fmt: skip
    ranking = rank(
        call,
        [an_application(name) for name in ("meets", "both", "two", "overall", "mean")],
        reviews_of(call, table),
        [decided("overall", "consensus", "47.4999")],
        "s",
    )
    assert {s.id: (s.place, s.missed) for s in ranking.standings} == {
        "meets": ("candidate", ""),
        "both": ("below_threshold", "one"),
        "two": ("below_threshold", "two"),
        "overall": ("below_threshold", "overall"),
        "mean": ("below_threshold", "one"),  # 4.95
    }


def test_the_overall_threshold_looks_at_the_rounded_score() -> None:
    call = a_call(scale={"min": 0, "max": 3, "step": 1}, threshold="66.6667")
    ranking = rank(call, [an_application("a")], reviews_of(call, {("a", "x"): "2"}), draw_seed="s")
    assert [(s.score, s.place) for s in ranking.standings] == [(666_667, "candidate")]


def test_ties_go_to_the_criteria_then_the_smaller_request_then_the_draw() -> None:
    call = a_call(
        criteria=[{"id": "one", "weight": 1}, {"id": "two", "weight": 1}, {"id": "three", "weight": 2}],
        tie_break=["two", "one"],
    )
    table = {
        ("a", "x"): ["4", "6", "5"], ("b", "x"): ["6", "4", "5"], ("c", "x"): ["3", "6", "5.5"],
        ("d", "x"): ["4", "6", "5"], ("e", "x"): ["4", "6", "5"],
    }  # fmt: skip
    requests = {"a": 900, "b": 100, "c": 100, "d": 800, "e": 800}
    applications = [an_application(name, requested) for name, requested in requests.items()]
    orders = set()
    for seed in ("1", "2", "3", "4", "5"):
        found = [s.id for s in rank(call, applications, reviews_of(call, table), draw_seed=seed).standings]
        last = sorted("de", key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())
        assert found == [*last, "a", "c", "b"]
        orders.add(tuple(found))
    assert len(orders) == 2


def test_without_a_public_seed_the_draw_is_provisional_and_rests_on_the_rubric() -> None:
    call = a_call()
    applications = [an_application(name) for name in "abcdefgh"]
    ranking = rank(call, applications, reviews_of(call, {(name, "x"): "5" for name in "abcdefgh"}))
    assert ranking.draw_seed == rubric_hash(call)
    assert [s.id for s in ranking.standings] == sorted(
        "abcdefgh", key=lambda name: hashlib.sha256(f"{rubric_hash(call)}:{name}".encode()).hexdigest()
    )
    assert "provisional_draw" in [notice.code for notice in ranking.notices]


def test_a_consensus_replaces_both_scores_and_has_no_interval() -> None:
    call = a_call(method="calibrated", threshold=50)
    ranking = rank(call, FOUR, reviews_of(call, TABLE), [decided("d", "consensus", "93.12345")], "s")
    first = ranking.standings[0]
    assert (first.id, first.raw_score, first.calibrated_score, first.ci_low, first.ci_high, first.contested) == (
        "d", 931_234, 931_234, None, None, False,
    )  # fmt: skip
    assert first.mean_marks == {"quality": Fraction(5)}
    plain = rank(call, FOUR, reviews_of(call, TABLE), draw_seed="s").calibration.severities
    assert ranking.calibration.severities == plain


def test_stored_scores_stand_for_those_computed_where_there_is_a_score_at_all() -> None:
    call = a_call(method="calibrated")
    without_review = [*FOUR, an_application("e")]
    reviews = reviews_of(call, TABLE)

    def scores(stored: dict[str, StoredScores] | None) -> dict[str, StoredScores]:
        return {
            s.id: StoredScores(s.raw_score, s.calibrated_score, s.ci_low, s.ci_high)
            for s in rank(call, without_review, reviews, draw_seed="s", stored=stored).standings
        }

    computed = scores(None)
    another, none = StoredScores(610_000, 640_000, 500_000, 780_000), StoredScores(None, None, None, None)
    only_raw, only_calibrated = StoredScores(610_000, None, None, None), StoredScores(None, 640_000, None, None)
    stored = {"a": another, "b": only_raw, "c": only_calibrated, "d": none, "e": another}
    assert computed["e"] == none
    assert scores(stored) == computed | {"a": another}
    assert scores({"e": only_raw}) == scores({"e": only_calibrated}) == scores({"e": none}) == computed


def test_a_consensus_does_not_stand_in_for_missing_reviews() -> None:
    call = a_call(min_reviews=3)
    ranking = rank(call, FOUR, reviews_of(call, TABLE), [decided("d", "consensus", "93")], "s")
    assert {s.place for s in ranking.standings} == {"incomplete"}


def test_contested_lists_those_that_the_two_methods_put_on_different_sides() -> None:
    for method in ("raw", "calibrated"):
        call = a_call(method=method, threshold=50)
        applications = [*FOUR[:3], an_application("d"), an_application("e", eligible=False)]
        ranking = rank(call, applications, reviews_of(call, TABLE | {("e", "x"): "6", ("e", "y"): "4"}), draw_seed="s")
        scores = {s.id: (s.raw_score, s.calibrated_score) for s in ranking.standings}
        assert scores["d"][0] == 500_000 > scores["d"][1]  # type: ignore[operator]
        assert ranking.contested == ("d",)


@pytest.mark.parametrize(
    ("method_of_amounts", "decisions", "grant"),
    [
        ("requested", [], 100_000),
        ("proposed", [], 80_000),
        ("proposed", [decided("a", "amount", "750.50")], 75_050),
        ("requested", [decided("a", "in"), decided("a", "amount", "600")], 60_000),
    ],
)
def test_a_grant_is_requested_proposed_or_the_jurys(method_of_amounts: str, decisions: list, grant: int) -> None:
    call = a_call(amounts=method_of_amounts)
    applications = [an_application("a", proposed_amount=80_000), an_application("b")]
    ranking = rank(call, applications, reviews_of(call, {("a", "x"): "8", ("b", "x"): "5"}), decisions, "s")
    assert [(one.id, one.grant, one.imposed) for one in ranking.candidates] == [
        ("a", grant, len(decisions) == 2),
        ("b", 100_000, False),
    ]


def test_the_jury_can_not_impose_an_application_that_is_no_candidate() -> None:
    call = a_call(threshold=60)
    with pytest.raises(ImposedNotCandidate) as refused:
        rank(
            call,
            [*FOUR, an_application("e"), an_application("f", eligible=False)],
            reviews_of(call, TABLE),
            [decided(name, "in") for name in "adef"],
            "s",
        )
    assert refused.value.places == {"d": "below_threshold", "e": "incomplete", "f": "ineligible"}
    assert len(refused.value.problems) == 3


def test_the_decision_told_is_the_one_that_settles_the_outcome() -> None:
    call = a_call()
    decisions = [
        decided("a", "amount", "500"), decided("a", "in"), decided("b", "consensus", "60"), decided("c", "amount", "7"),
    ]  # fmt: skip
    ranking = rank(call, FOUR, reviews_of(call, TABLE), decisions, "s")
    assert {s.id: s.decision for s in ranking.standings} == {
        "a": decisions[1],
        "b": decisions[2],
        "c": decisions[3],
        "d": None,
    }


def test_a_broken_review_graph_refuses_calibrated_unless_separate_and_warns_raw() -> None:
    table = {("a", "x"): "8", ("a", "y"): "6", ("b", "x"): "5", ("b", "y"): "4", ("c", "z"): "6.9", ("d", "z"): "5"}
    refused = a_call(method="calibrated")
    with pytest.raises(DisconnectedReviews):
        rank(refused, FOUR, reviews_of(refused, table), draw_seed="s")
    few = ["few_reviewers"]
    for call, more in ((a_call(method="raw"), []), (a_call(method="calibrated", components="separate"), few)):
        ranking = rank(call, FOUR, reviews_of(call, table), draw_seed="s")
        assert [s.id for s in ranking.standings] == ["a", "c", "d", "b"]
        assert [notice.code for notice in ranking.notices] == ["several_components", *more]


@pytest.mark.parametrize(("reviewers", "codes"), [(14, ["few_reviewers"]), (15, [])])
def test_fewer_than_fifteen_reviewers_are_few_where_their_severity_counts(reviewers: int, codes: list[str]) -> None:
    table = {(f"a{i}", f"r{j:02}"): f"{3 + (i * 3 + j * 5) % 7}" for i in range(4) for j in range(reviewers)}
    applications = [an_application(f"a{i}") for i in range(4)]
    for method, expected in (("calibrated", codes), ("raw", [])):
        call = a_call(method=method)
        found = rank(call, applications, reviews_of(call, table), draw_seed="s").notices
        assert [notice.code for notice in found if notice.code == "few_reviewers"] == expected


@pytest.mark.parametrize("method", ["raw", "calibrated"])
def test_the_variance_of_worths_is_that_of_the_scores_less_their_errors(method: str) -> None:
    """By the definition, on a call with a score agreed on, which has no interval and no part in it."""
    call = a_call(method=method)
    table = {
        (f"a{i:02}", f"r{j}"): f"{3 + (i * 5 % 11) / 2 + j * 0.3 + (i * j) % 3 * 0.2:.1f}"
        for i in range(12) for j in range(5) if (i + j) % 5 < 3
    }  # fmt: skip
    ranking = rank(
        call, [an_application(f"a{i:02}") for i in range(12)], reviews_of(call, table),
        [decided("a04", "consensus", "99")], "s",
    )  # fmt: skip
    measured = [standing for standing in ranking.standings if standing.id != "a04"]
    calibration = ranking.calibration
    assert calibration.unknown is not None
    effects = calibration.unknown.covariance if method == "calibrated" else np.eye(5) * calibration.variances.reviewer
    shares = np.zeros((11, 5))
    for at, standing in enumerate(measured):
        shares[at, [int(name[1]) for name in standing.reviewers]] = 1 / 3
    errors = shares @ effects @ shares.T + np.eye(11) * calibration.variances.noise / 3
    scores = np.array([(standing.score or 0) / 10_000 for standing in measured])
    mean_covariance = (errors.sum() - np.trace(errors)) / (11 * 10)
    expected = scores.var(ddof=1) - np.trace(errors) / 11 + mean_covariance
    assert ranking.worths.variance == pytest.approx(expected, rel=1e-6)
    assert ranking.worths.mean == pytest.approx(scores.mean())


def test_row_order_moves_nothing() -> None:
    call = a_call(method="calibrated", threshold=50)
    reviews = list(reviews_of(call, TABLE))
    decisions = [decided("a", "in"), decided("c", "out"), decided("d", "consensus", "70")]
    applications = list(FOUR)
    expected = rank(call, applications, reviews, decisions, "s")
    for seed in range(4):
        for rows in (reviews, decisions, applications):
            random.Random(seed).shuffle(rows)
        assert rank(call, applications, reviews, decisions, "s") == expected


def test_no_application_and_no_review_are_ranked_as_such() -> None:
    call = a_call(method="calibrated")
    assert rank(call, [], [], draw_seed="s").standings == ()
    ranking = rank(call, [an_application("a")], [], draw_seed="s")
    assert [(s.place, s.score, s.ci_low, s.mean_marks) for s in ranking.standings] == [("incomplete", None, None, {})]


def test_scaling_the_weights_moves_nothing_but_the_seed() -> None:
    criteria = [{"id": "one", "weight": 3}, {"id": "two", "weight": "1.5"}]
    table = {key: [mark, str(Decimal(10) - Decimal(mark))] for key, mark in TABLE.items()}
    rankings = []
    for factor in (1, 7):
        call = a_call(method="calibrated", criteria=[c | {"weight": Decimal(c["weight"]) * factor} for c in criteria])  # type: ignore[arg-type]
        rankings.append(rank(call, FOUR, reviews_of(call, table), draw_seed="s"))
    assert rankings[0] == rankings[1]
