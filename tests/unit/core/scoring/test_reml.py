"""Where the estimate lies: against the textbook, at the limit where the noise vanishes, and where nothing can be told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from aap.core.scoring import within as within_module
from aap.core.scoring.reml import Fit, _Profile, fit
from aap.core.scoring.within import Design, Floats, Within
from tests.unit.core.scoring.dense_reml import DenseModel

Row = tuple[str, str, float]


def a_design(rows: Sequence[Row], component: dict[str, int] | None = None) -> tuple[Design, Floats]:
    """`component`: of each name, 0 by default."""
    applications, reviewers = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    design = Design(
        np.array([applications.index(row[0]) for row in rows]),
        np.array([reviewers.index(row[1]) for row in rows]),
        np.array([(component or {}).get(name, 0) for name in reviewers]),
    )
    return design, np.array([row[2] for row in rows])


def simulated(seed: int, n: int, q: int, *, sd: float, noise: float, k: int = 3) -> list[Row]:
    """Every application has 1 to `k` readers; the first has `k`."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 10, n), rng.normal(0, sd, q)
    return [
        (f"a{i:03}", f"r{j:03}", round(float(60 + a[i] + b[j] + rng.normal(0, noise)), 2))
        for i in range(n)
        for j in rng.choice(q, rng.integers(1, k + 1) if i else k, replace=False)
    ]


@pytest.mark.parametrize("seed", range(30))
def test_variances_effects_and_covariance_are_those_of_the_textbook(seed: int) -> None:
    n, q = ((6, 3), (14, 5), (9, 7), (30, 8), (5, 10))[seed % 5]
    rows = simulated(seed, n, q, sd=(6.0, 0.5, 12.0)[seed % 3], noise=(8.0, 2.0)[seed % 2])
    parts = component_of(rows)
    found = fit(*a_design(rows, parts))
    best = DenseModel(rows).best()
    if best.reviewer > 1e5 * best.noise:
        assert found.noise == 0.0  # the likelihood rises without end
        return
    assert [found.reviewer, found.noise] == pytest.approx([best.reviewer, best.noise], rel=1e-5, abs=1e-7)
    assert found.effects == pytest.approx(list(best.effects.values()), abs=1e-4)
    assert found.rest.covariance == pytest.approx(best.covariance, abs=1e-4)


def component_of(rows: Sequence[Row]) -> dict[str, int]:
    of: dict[str, int] = {name: at for at, name in enumerate(sorted({row[1] for row in rows}))}
    for application in {row[0] for row in rows}:
        panel = [of[row[1]] for row in rows if row[0] == application]
        of = {name: min(panel) if part in panel else part for name, part in of.items()}
    numbers = sorted(set(of.values()))
    return {name: numbers.index(part) for name, part in of.items()}


def test_of_several_low_points_of_the_criterion_the_lowest_is_the_estimate() -> None:
    """Two reviewers of many dossiers who agree, three of one who differ: zero and something are both likely, in turns."""
    won = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = [(f"a{i:02}", f"r{j}", float(rng.normal(0, 5))) for i in range(40) for j in range(2)]
        rows += [("b", f"s{j}", float(rng.normal(0, 0.1) + 10 * j)) for j in range(3)]
        dense = DenseModel(rows)
        logs = np.linspace(-12, 14, 400)
        values = np.array([dense.criterion(float(np.exp(x))) for x in logs])
        found = fit(*a_design(rows, component_of(rows)))
        ratio = found.reviewer / found.noise
        assert dense.criterion(ratio) <= min(values.min(), dense.criterion(0.0)) + 1e-8
        if ((values[1:-1] < values[:-2]) & (values[1:-1] < values[2:])).any() and values[0] < values[1]:
            won.add("zero" if ratio == 0.0 else "a positive ratio")
    assert won == {"zero", "a positive ratio"}


@pytest.mark.parametrize("x", [-6.0, -1.0, 0.0, 2.5, 8.0])
def test_the_slope_is_that_of_the_criterion(x: float) -> None:
    design, y = a_design(simulated(3, 14, 5, sd=6, noise=8))
    within = Within(design)
    profile = _Profile(within, within.centred(y), len(y) - design.applications)
    h = 1e-5
    assert profile.slope(x) == pytest.approx((profile.at(x + h) - profile.at(x - h)) / (2 * h), abs=1e-5)


@pytest.mark.parametrize(
    "joined",
    [
        list(itertools.product("abc", "xy")),
        list(itertools.product("abcd", "xyz")),
        [("a", "x"), ("a", "y"), ("b", "y"), ("b", "z"), ("c", "z"), ("c", "x"), ("d", "x"), ("d", "z"), ("e", "y")],
        [*itertools.product("abc", "xy"), *itertools.product("de", "zw")],
    ],
    ids=["six reviews", "twelve", "not all by all", "two components"],
)
def test_totals_that_are_sums_have_no_noise_and_the_variance_of_their_terms(joined: list[tuple[str, str]]) -> None:
    of_application = {"a": 51.13, "b": 64.71, "c": 40.37, "d": 71.93, "e": 58.59}
    of_reviewer = {"x": 3.17, "y": -4.91, "z": 0.83, "w": 7.77}
    apart = dict.fromkeys("zw", 1) if ("d", "w") in joined else {}
    found = fit(*a_design([(i, j, of_application[i] + of_reviewer[j]) for i, j in joined], apart))
    names = sorted({pair[1] for pair in joined})
    of = [apart.get(name, 0) for name in names]
    level = {part: np.mean([of_reviewer[n] for n in names if apart.get(n, 0) == part]) for part in of}
    effects = [of_reviewer[name] - level[apart.get(name, 0)] for name in names]
    reviewer = sum(value**2 for value in effects) / (len(names) - len(level))
    assert found.noise == 0.0
    assert found.reviewer == pytest.approx(reviewer, rel=1e-9)
    assert found.effects == pytest.approx(effects, abs=1e-9)
    assert found.rest.covariance == pytest.approx(
        np.array([[reviewer / of.count(one) if one == other else 0.0 for other in of] for one in of])
    )


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "x", 50.0), ("b", "x", 70.0), ("c", "y", 72.0)],
        [("a", "x", 50.0), ("a", "y", 70.0)],
        [("a", "x", 50.0), ("a", "y", 70.0), ("a", "z", 20.0)],
        [("a", "x", 50.0), ("a", "y", 70.0), ("b", "z", 20.0), ("b", "w", 10.0)],
    ],
    ids=["as many reviews as applications", "one contrast", "one application", "panels that share nobody"],
)
def test_without_evidence_there_is_no_severity(rows: list[Row]) -> None:
    found = fit(*a_design(rows, component_of(rows)))
    assert (found.reviewer, found.effects.tolist(), found.known) == (0.0, [0.0] * len(found.effects), False)


@pytest.mark.parametrize("shape", ["a star", "two panels with one reader in common"])
def test_one_reviewer_shared_among_799_panels_tells_nothing_about_them_all(shape: str) -> None:
    rng = np.random.default_rng(5)
    rows: list[Row] = []
    for i in range(799):
        panel = ["s", f"r{i:03}"] if shape == "a star" else [f"r{i:03}" if i else "r001", f"t{i:03}", f"u{i:03}"]
        rows += [(f"a{i:03}", name, float(50 + 40 * (name == "s") + rng.normal(0, 10))) for name in panel]
    found = fit(*a_design(rows, component_of(rows)))
    assert (found.reviewer, found.known) == (0.0, False)


def test_a_shared_reviewer_whose_severity_stands_out_is_estimated_among_however_many_panels() -> None:
    """A star has contrasts of two variances, ve (1 + R/2) and ve (1 + R (n + 1)/2): the maximum is where both are met."""
    n, rng = 600, np.random.default_rng(5)
    rows = [
        (f"a{i:03}", name, float(50 + 5 * (name == "s") + rng.normal(0, 10)))
        for i in range(n)
        for name in ("s", f"r{i:03}")
    ]
    found = fit(*a_design(rows))
    apart = np.array([(rows[2 * i][2] - rows[2 * i + 1][2]) / 2**0.5 for i in range(n)])
    shared = float(apart.sum()) ** 2 / n
    others = (float(apart @ apart) - shared) / (n - 1)
    times = shared / others
    ratio = (times - 1) / ((n + 1) / 2 - times / 2)
    noise = others / (1 + ratio / 2)
    assert [found.reviewer, found.noise] == pytest.approx([ratio * noise, noise], rel=1e-8)
    assert found.known


@pytest.mark.parametrize(("contrasts", "known"), [(499, True), (500, False)])
def test_a_maximum_that_hardly_stands_out_counts_below_500_contrasts_only(contrasts: int, known: bool) -> None:
    """The shared reviewer's mean lies 1.6 of its standard errors off: 0.6 of twice the log-likelihood."""
    above = 10 * (2.5 / contrasts) ** 0.5
    rows = [
        row
        for i in range(contrasts)
        for row in ((f"a{i:03}", "s", 50.0 + (10 if i % 2 else -10) + above), (f"a{i:03}", f"r{i:03}", 50.0))
    ]
    found = fit(*a_design(rows))
    assert (found.known, found.reviewer > 0.0) == (known, known)


def as_large(monkeypatch: pytest.MonkeyPatch, rows: list[Row]) -> tuple[Fit, Fit]:
    """The fit by matrices, and the one that very large calls have."""
    dense = fit(*a_design(rows))
    monkeypatch.setattr(within_module, "LARGEST_DENSE", 10)
    return dense, fit(*a_design(rows))


def test_a_call_too_large_for_a_matrix_has_nearly_the_same_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The determinant is estimated there: a tenth of the estimate's own standard error at 300 reviewers, less above."""
    rows = simulated(1, 400, 300, sd=6, noise=8)
    dense, large = as_large(monkeypatch, rows)
    assert [large.reviewer, large.noise] == pytest.approx([dense.reviewer, dense.noise], rel=1e-2)
    expected = DenseModel(rows).given(large.reviewer / large.noise, large.noise)
    assert large.effects == pytest.approx(list(expected.effects.values()), abs=1e-6)
    assert large.rest.variances() == pytest.approx(np.diagonal(expected.covariance), rel=1e-6)
    names = sorted({row[1] for row in rows})
    panels = [[names.index(row[1]) for row in rows if row[0] == f"a{i:03}"] for i in range(400)]
    blocks = [expected.covariance[np.ix_(panel, panel)].mean() for panel in panels]
    assert large.rest.panel_variances() == pytest.approx(blocks, rel=1e-6)


def test_in_a_large_call_too_exact_sums_have_no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(20, 80, 60), rng.integers(-9, 9, 40)
    rows = [(f"a{i:03}", f"r{j:03}", float(a[i] + b[j])) for i in range(60) for j in rng.choice(40, 4, replace=False)]
    dense, large = as_large(monkeypatch, rows)
    assert (dense.noise, large.noise) == (0.0, 0.0)
    assert large.effects == pytest.approx(dense.effects, abs=1e-6)
    assert large.effects == pytest.approx(b - b.mean(), abs=1e-6)
    assert large.rest.variances() == pytest.approx(dense.rest.variances())
    assert large.rest.panel_variances() == pytest.approx(dense.rest.panel_variances())


@pytest.mark.parametrize("large", [False, True])
def test_drawn_effects_have_the_covariance_of_what_is_not_known(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = simulated(4, 25, 12, sd=6, noise=8)
    dense, sparse = as_large(monkeypatch, rows)
    drawn = (sparse if large else dense).rest.drawn(np.random.default_rng(1), 8_000)
    assert drawn.mean(axis=1) == pytest.approx(np.zeros(12), abs=0.25)
    assert np.cov(drawn) == pytest.approx(dense.rest.covariance, abs=0.05 * dense.rest.covariance.max())


def test_without_noise_only_the_level_of_a_component_is_drawn() -> None:
    rows = [(i, j, 50.0 + 3 * ord(i) % 7 + 5 * ord(j) % 11) for i, j in itertools.product("abc", "xyz")]
    found = fit(*a_design(rows))
    drawn = found.rest.drawn(np.random.default_rng(1), 4_000)
    assert drawn == pytest.approx(np.tile(drawn[0], (3, 1)))
    assert drawn[0].var() == pytest.approx(found.reviewer / 3, rel=0.1)
