"""Severities and variances: against the dense model, by hand, and on every awkward shape of review table."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aap.core.scoring.severity import Z90, Calibration, DisconnectedReviews, Variances, calibrate, require_comparable
from aap.core.scoring.totals import Review, ten_thousandths
from tests.unit.core.scoring.dense_reml import DenseModel

Row = tuple[str, str, float]


def _reviews(rows: Sequence[Row]) -> list[Review]:
    return [Review(a, r, {}, Fraction(total).limit_denominator(10_000)) for a, r, total in rows]


def _simulated(seed: int, *, n: int = 14, q: int = 5, k: int = 3, spread: tuple[float, float, float]) -> list[Row]:
    """`n` applications with 1 to `k` reviews among `q` reviewers; `spread`: three standard deviations."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, spread[0], n), rng.normal(0, spread[1], q)
    return [
        (f"a{i:02}", f"r{j}", round(float(60 + a[i] + b[j] + rng.normal(0, spread[2])), 2))
        for i in range(n)
        for j in rng.choice(q, rng.integers(1, k + 1) if i else k, replace=False)
    ]


def _figures(found: Calibration) -> dict[str, tuple[int, int | None, int | None]]:
    return {name: (one.value, one.low, one.high) for name, one in found.severities.items()}


@pytest.mark.parametrize("seed", range(12))
def test_severities_intervals_and_scores_are_those_of_the_dense_model(seed: int) -> None:
    spread = [(12.0, 6.0, 9.0), (5.0, 12.0, 4.0), (12.0, 0.5, 9.0), (1.0, 5.0, 10.0)][seed % 4]
    rows = _simulated(seed, spread=spread)
    found = calibrate(_reviews(rows))
    if len(found.components) > 1:
        pytest.fail("the simulation should be connected")
    best = DenseModel(rows).best()
    assert [found.variances.reviewer, found.variances.noise] == pytest.approx([best.reviewer, best.noise], rel=1e-5)
    half = Z90 * np.sqrt(np.maximum(np.diagonal(best.covariance), 0))
    for at, (name, one) in enumerate(found.severities.items()):
        assert one.value == pytest.approx(best.effects[name] * 10_000, abs=2)
        assert one.low is not None
        assert one.value - one.low == one.high - one.value == pytest.approx(half[at] * 10_000, abs=2)  # type: ignore[operator]
        given_by = [total for _, reviewer, total in rows if reviewer == name]
        assert (one.reviews, one.component) == (len(given_by), 0)
        assert one.mean_given == pytest.approx(np.mean(given_by) * 10_000, abs=0.51)
    for application in {row[0] for row in rows}:
        own = [row for row in rows if row[0] == application]
        panel = [sorted(best.effects).index(row[1]) for row in own]
        score = np.mean([total - best.effects[reviewer] for _, reviewer, total in own])
        assert float(found.score(_reviews(own))) == pytest.approx(score, abs=2e-4)
        assert found.error_variance(application) == pytest.approx(
            best.noise / len(own) + best.covariance[np.ix_(panel, panel)].mean(), rel=1e-5
        )


def test_on_any_small_table_of_marks_the_severities_are_those_of_the_dense_model() -> None:
    """Forests, several components, additive and nearly empty tables among them."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n, q = int(rng.integers(2, 8)), int(rng.integers(2, 7))
        rows = [
            (f"a{i}", f"r{j}", float(rng.choice([0, 12.5, 25, 50, 62.5, 75, 100])))
            for i in range(n) for j in range(q) if rng.random() < 0.6
        ]  # fmt: skip
        found = calibrate(_reviews(rows))
        if not found.estimable or found.variances == Variances(0.0, 0.0):
            continue
        expected = DenseModel(rows).best().effects
        assert {name: one.value / 10_000 for name, one in found.severities.items()} == {
            name: pytest.approx(effect, abs=1e-3) for name, effect in expected.items()
        }


def test_the_mean_covariance_of_the_errors_of_two_scores_is_that_of_all_pairs() -> None:
    rows = _simulated(3, spread=(10, 6, 8))
    found = calibrate(_reviews(rows))
    names = sorted({row[0] for row in rows})[2:]
    covariance = DenseModel(rows).best().covariance
    shares = {a: np.array([(a, f"r{j}") in {row[:2] for row in rows} for j in range(5)], dtype=float) for a in names}
    shares = {a: share / share.sum() for a, share in shares.items()}
    pairs = [(one, two) for one in names for two in names if one != two]
    assert found.error_covariance(names, "calibrated") == pytest.approx(
        np.mean([shares[one] @ covariance @ shares[two] for one, two in pairs]), rel=1e-4
    )
    assert found.error_covariance(names, "raw") == pytest.approx(
        np.mean([found.variances.reviewer * shares[one] @ shares[two] for one, two in pairs])
    )
    assert (found.error_covariance(names[:1], "raw"), found.error_covariance([], "calibrated")) == (0.0, 0.0)
    assert found.raw_error_variance(3) == pytest.approx((found.variances.noise + found.variances.reviewer) / 3)


def test_being_dealt_the_better_applications_is_not_taken_for_leniency() -> None:
    """Two of four reviewers read the good half, the others the rest, three applications are read by all."""
    rows = [(f"good{i}", r, 80.0 + i + (5 if r == "w" else 0)) for i in range(10) for r in "wx"]
    rows += [(f"poor{i}", r, 40.0 + i + (5 if r == "y" else 0)) for i in range(10) for r in "yz"]
    rows += [(f"mid{i}", r, 60.0 + i + (5 if r in "wy" else 0)) for i in range(3) for r in "wxyz"]
    found = calibrate(_reviews(rows))
    assert {name: one.value for name, one in found.severities.items()} == {
        "w": 25_000, "x": -25_000, "y": 25_000, "z": -25_000,
    }  # fmt: skip


def test_an_interval_of_90_percent_is_that_of_the_normal_law() -> None:
    assert pytest.approx(NormalDist().inv_cdf(0.95), abs=1e-12) == Z90


def test_a_reviewer_always_ten_points_above_another_is_five_points_lenient() -> None:
    rows = [(f"a{i}", r, 40.0 + 7 * i + s) for i in range(5) for r, s in (("kind", 5), ("hard", -5))]
    found = calibrate(_reviews(rows))
    assert {name: one.value for name, one in found.severities.items()} == {"hard": -50_000, "kind": 50_000}
    assert (found.variances.noise, found.variances.reviewer) == (0.0, pytest.approx(50.0))
    for i in range(5):
        assert ten_thousandths(found.score([r for r in _reviews(rows) if r.application_id == f"a{i}"])) == (
            10_000 * (40 + 7 * i)
        )


def test_the_calibrated_score_can_be_redone_by_hand_from_the_rounded_severities() -> None:
    reviews = _reviews(_simulated(8, spread=(10, 6, 8)))
    found = calibrate(reviews)
    own = [review for review in reviews if review.application_id == "a00"]
    by_hand = sum((r.total - Fraction(found.severities[r.reviewer_id].value, 10_000) for r in own), Fraction(0)) / 3
    assert found.score(own) == by_hand


def test_row_order_does_not_move_a_figure() -> None:
    reviews = _reviews(_simulated(5, n=30, q=8, spread=(10, 6, 8)))
    expected = calibrate(reviews)
    for seed in range(3):
        random.Random(seed).shuffle(reviews)
        found = calibrate(reviews)
        assert (_figures(found), found.variances) == (_figures(expected), expected.variances)


def test_renaming_everybody_renames_the_severities_and_nothing_else() -> None:
    rows = _simulated(6, n=30, q=8, spread=(10, 6, 8))
    renamed = calibrate(_reviews([(f"z{99 - int(a[1:])}", f"s{9 - int(r[1:])}", t) for a, r, t in rows]))
    expected = {f"s{9 - int(name[1:])}": figures for name, figures in _figures(calibrate(_reviews(rows))).items()}
    assert _figures(renamed) == expected


def test_a_constant_added_to_all_totals_moves_no_severity() -> None:
    rows = _simulated(7, n=30, q=8, spread=(10, 6, 8))
    moved = [(a, r, t + 12.5) for a, r, t in rows]
    assert _figures(calibrate(_reviews(moved))) == _figures(calibrate(_reviews(rows)))


def test_no_review_at_all_gives_an_empty_calibration() -> None:
    found = calibrate([])
    assert found == Calibration(Variances(0.0, 0.0), {}, (), (), False, None, {})


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([("a", "x", 50.0)], ["too_few_reviews"]),
        ([("a", "x", 50.0), ("b", "y", 70.0)], ["several_components", "too_few_reviews"]),
        ([("a", "x", 50.0), ("a", "y", 70.0), ("a", "z", 72.0)], ["severity_unknown"]),
        ([("a", "x", 50.0), ("a", "y", 50.0)], ["severity_unknown"]),
        ([("a", "x", 50.0), ("b", "x", 70.0), ("c", "x", 72.0)], ["too_few_reviews"]),
        ([("a", "x", 50.0), ("a", "y", 40.0), ("b", "z", 60.0), ("b", "w", 75.0)],
         ["several_components", "severity_unknown"]),
    ],
)  # fmt: skip
def test_where_severity_can_not_be_told_it_is_zero_and_has_no_interval(rows: list[Row], codes: list[str]) -> None:
    found = calibrate(_reviews(rows))
    assert set(_figures(found).values()) == {(0, None, None)}
    assert [notice.code for notice in found.notices] == codes
    assert found.variances.reviewer == 0.0


@pytest.mark.parametrize(
    ("joining", "words"),
    [
        ([("c", "x")], "une seule évaluation (x sur c), ou par un seul dossier (c)"),
        ([("e", "x"), ("e", "y"), ("e", "z"), ("e", "w")], "un seul dossier (e)"),
        ([("a", "v"), ("b", "v"), ("c", "v"), ("d", "v")], "un seul évaluateur (v)"),
        ([("c", "x"), ("d", "y")], None),
    ],
)
def test_what_alone_joins_two_groups_is_named(joining: list[tuple[str, str]], words: str | None) -> None:
    panels = [(a, r) for both in ("abxy", "cdzw") for a in both[:2] for r in both[2:]]
    rows = [(a, r, 40.0 + 3 * ord(a) % 17 + 5 * ord(r) % 11) for a, r in (*panels, *joining)]
    assert [(notice.code, notice.text) for notice in calibrate(_reviews(rows)).notices] == (
        []
        if words is None
        else [
            (
                "weak_connection",
                f"Des groupes d’évaluateurs ne sont reliés entre eux que par {words}\u00a0: la comparaison de leur "
                "sévérité est fragile.",
            )
        ]
    )


def test_identical_marks_everywhere_give_three_zero_variances() -> None:
    found = calibrate(_reviews([(f"a{i}", f"r{j}", 55.0) for i in range(4) for j in range(3)]))
    assert found.variances == Variances(0.0, 0.0)
    assert set(_figures(found).values()) == {(0, 0, 0)}


def test_reviewers_who_agree_on_every_application_have_no_severity_and_no_noise() -> None:
    found = calibrate(_reviews([(f"a{i}", f"r{j}", 30.0 + 10 * i) for i in range(4) for j in range(3)]))
    assert found.variances == Variances(0.0, 0.0)
    assert set(_figures(found).values()) == {(0, 0, 0)}


def test_a_reviewer_variance_of_zero_is_reported_as_zero() -> None:
    # balanced table whose reviewers' means are equal: the estimate is zero by the analysis of variance (60 is the mean)
    table = {"a": (50, 60, 70), "b": (60, 70, 50), "c": (70, 50, 60), "d": (40, 40, 40), "e": (80, 80, 80)}
    rows = [(a, f"r{j}", float(t)) for a, totals in table.items() for j, t in enumerate(totals)]
    found = calibrate(_reviews(rows))
    assert found.variances.reviewer == 0.0
    assert set(_figures(found).values()) == {(0, 0, 0)}
    # the mean square within applications, 15 reviews less 5 means
    assert found.variances.noise == pytest.approx(600 / 10)


def test_severities_balance_within_each_component_and_variances_are_shared() -> None:
    one = [(f"a{i}", f"r{j}", 50.0 + (i * 7 + j * j * 5 + i * j) % 23 + 12 * j) for i in range(6) for j in range(3)]
    two = [(f"b{i}", f"s{j}", 90.0 - (i * 5 + j * 9 + i * i * j) % 19) for i in range(5) for j in range(3)]
    found = calibrate(_reviews(one + two))
    best = DenseModel(one + two).best()
    assert [found.variances.reviewer, found.variances.noise] == pytest.approx([best.reviewer, best.noise], rel=1e-6)
    assert {name: s.value for name, s in found.severities.items()} == {
        name: pytest.approx(10_000 * effect, abs=1) for name, effect in best.effects.items()
    }
    for letter in "rs":
        own = [s.value for name, s in found.severities.items() if name[0] == letter]
        assert any(own)
        assert abs(sum(own)) <= 1  # but for the rounding
    assert [part.reviewers for part in found.components] == [("r0", "r1", "r2"), ("s0", "s1", "s2")]
    # lifting one component lifts no severity
    lifted = calibrate(_reviews([(a, r, t + 30) for a, r, t in one] + two))
    assert _figures(lifted) == _figures(found)


def test_residuals_by_hand_and_who_is_erratic() -> None:
    """Four reviewers agree but for a constant of zero, the fifth marks at random: its residuals stand out."""
    rng = np.random.default_rng(3)
    rows = []
    for i in range(30):
        for j in rng.choice(5, 3, replace=False):
            stray = rng.normal(0, 25) if j == 4 else rng.normal(0, 2)
            rows.append((f"a{i:02}", f"r{j}", round(float(50 + i + stray), 1)))
    rows.append(("alone", "r4", 100.0))  # read by nobody else: it says nothing
    found = calibrate(_reviews(rows))
    severity = {name: one.value / 10_000 for name, one in found.severities.items()}
    for name, one in found.severities.items():
        squares = freedom = 0.0
        for application, reviewer, total in rows:
            own = [row[2] - severity[row[1]] for row in rows if row[0] == application]
            if reviewer == name and len(own) > 1:
                squares += (total - severity[name] - sum(own) / len(own)) ** 2
                freedom += 1 - 1 / len(own)
        assert one.residual_sd == pytest.approx(10_000 * (squares / freedom) ** 0.5, abs=1)
        assert one.erratic is (squares / freedom > 3 * found.variances.noise)
    assert [name for name, one in found.severities.items() if one.erratic] == ["r4"]
    notice = next(one for one in found.notices if one.code == "erratic_reviewers")
    assert notice.text.startswith("Un évaluateur note les mêmes dossiers très autrement")
    assert "corrigée\u00a0: r4. Relisez" in notice.text


@pytest.mark.parametrize(("strayed", "flagged"), [(4, False), (5, True)])
def test_four_reviews_are_too_few_to_call_anyone_erratic(strayed: int, flagged: bool) -> None:
    rows = [(f"a{i:02}", f"r{j}", 50.0 + i + (i * 7 + j * 3) % 4) for i in range(40) for j in range(3)]
    rows += [(f"a{i:02}", "wild", 50.0 + 40 * (-1) ** i) for i in range(strayed)]
    found = calibrate(_reviews(rows))
    assert [name for name, one in found.severities.items() if one.erratic] == (["wild"] if flagged else [])


def test_who_read_alone_has_no_residual() -> None:
    found = calibrate(
        _reviews([("a", "x", 50.0), ("a", "y", 60.0), ("b", "x", 70.0), ("b", "y", 75.0), ("c", "z", 9.0)])
    )
    assert [one.residual_sd is None for one in found.severities.values()] == [False, False, True]


def test_a_broken_graph_is_refused_with_its_components() -> None:
    rows = [("a", "x", 50.0), ("b", "x", 70.0), ("c", "y", 72.0), ("c", "z", 12.0)]
    with pytest.raises(DisconnectedReviews) as refused:
        require_comparable(calibrate(_reviews(rows)))
    assert [part.applications for part in refused.value.components] == [("a", "b"), ("c",)]
    assert "groupe 2\u00a0: évaluateurs y, z (dossiers c)" in str(refused.value)
    require_comparable(calibrate(_reviews([*rows, ("c", "x", 12.0)])))


def test_a_broken_graph_names_ten_of_each_group() -> None:
    rows = [(f"a{i:02}", f"r{i:02}", 50.0) for i in range(11)] + [("a00", f"r{i:02}", 50.0) for i in range(1, 11)]
    with pytest.raises(DisconnectedReviews) as refused:
        require_comparable(calibrate(_reviews([*rows, ("b", "x", 50.0)])))
    ten = [f"{i:02}" for i in range(10)]
    assert (
        f"groupe 1\u00a0: évaluateurs {', '.join(f'r{n}' for n in ten)} et 1\u00a0autre "
        f"(dossiers {', '.join(f'a{n}' for n in ten)} et 1\u00a0autre) ; groupe 2"
    ) in str(refused.value)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(0, 4)),
        st.sampled_from([0, 25, 50, 62.5, 100]),
        min_size=1,
        max_size=24,
    )
)
def test_any_table_of_reviews_has_a_calibration_that_holds_together(table: dict[tuple[int, int], float]) -> None:
    found = calibrate(_reviews([(f"a{i}", f"r{j}", total) for (i, j), total in table.items()]))
    assert min(found.variances.reviewer, found.variances.noise) >= 0.0
    furthest = 1_000_000 * len(found.severities)  # each stands within 100 points of who read the same: a chain goes on
    for one in found.severities.values():
        assert abs(one.value) <= furthest
        assert (one.low is None and one.high is None) or one.low <= one.value <= one.high  # type: ignore[operator]
    if found.unknown is not None:
        assert np.linalg.eigvalsh(found.unknown.covariance)[0] >= -1e-6
