"""Where the estimate lies: at an exact optimum, and at the limit where the noise vanishes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from aap.core.scoring.reml import Design, Floats, RestrictedLikelihood, fit
from tests.unit.core.scoring.dense_reml import DenseModel

Row = tuple[str, str, float]


def a_design(rows: Sequence[Row], component: dict[str, int] | None = None) -> tuple[Design, Floats]:
    """`component`: of each name, 0 by default."""
    applications, reviewers = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    components = [np.array([(component or {}).get(name, 0) for name in names]) for names in (applications, reviewers)]
    design = Design(
        np.array([applications.index(row[0]) for row in rows]),
        np.array([reviewers.index(row[1]) for row in rows]),
        *components,
    )
    return design, np.array([row[2] for row in rows])


@pytest.mark.parametrize("seed", range(8))
def test_at_an_estimate_inside_both_slopes_vanish(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 10, 30), rng.normal(0, (4, 8)[seed % 2], 9)
    rows = [
        (f"a{i:02}", f"r{j}", round(60 + a[i] + b[j] + rng.normal(0, (1, 7)[seed // 4]), 2))
        for i in range(30)
        for j in rng.choice(9, 3, replace=False)
    ]
    design, y = a_design(rows)
    found = fit(design, y)
    ratios = found.application / found.noise, found.reviewer / found.noise
    slopes = np.array(RestrictedLikelihood(design, y).at(*ratios).gradient()) * ratios
    assert np.abs(slopes).max() < 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_as_many_effects_as_reviews_say_nothing_by_themselves_about_the_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joined = ("ax", "ay", "by", "bz", "cz", "cw", "dx", "ey")  # a tree: any totals are sums of effects
    a, b = dict(zip("abcde", rng.normal(0, 10, 5), strict=True)), dict(zip("xyzw", rng.normal(0, 8, 4), strict=True))
    rows = [(i, j, round(60 + a[i] + b[j], 1)) for i, j in joined]
    found = fit(*a_design(rows))
    dense = DenseModel(rows)
    best = dense.best()
    scale = best.application + best.reviewer + best.noise
    assert [found.application, found.reviewer, found.noise] == pytest.approx(
        [best.application, best.reviewer, best.noise], abs=3e-5 * scale
    )
    assert dense.log_likelihood(found.application, found.reviewer, found.noise) >= best.log_likelihood - 1e-6
    assert (found.noise == 0.0) is (seed in (3, 5, 6, 7, 9, 11))


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
def test_totals_that_are_sums_have_the_variances_of_their_terms(joined: list[tuple[str, str]]) -> None:
    of_application = {"a": 51.13, "b": 64.71, "c": 40.37, "d": 71.93, "e": 58.59}
    of_reviewer = {"x": 3.17, "y": -4.91, "z": 0.83, "w": 7.77}
    apart = dict.fromkeys("dezw", 1) if ("d", "w") in joined else {}
    found = fit(*a_design([(i, j, of_application[i] + of_reviewer[j]) for i, j in joined], apart))

    def centred(values: dict[str, float]) -> list[float]:
        groups: dict[int, list[str]] = {}
        for name in values:
            if any(name in pair for pair in joined):
                groups.setdefault(apart.get(name, 0), []).append(name)
        return [values[n] - sum(values[m] for m in group) / len(group) for group in groups.values() for n in group]

    components = len(set(apart.values())) + 1
    applications, reviewers = centred(of_application), centred(of_reviewer)
    assert found.noise == 0.0
    assert found.application == pytest.approx(
        sum(value**2 for value in applications) / (len(applications) - components), rel=1e-9
    )
    reviewer = sum(value**2 for value in reviewers) / (len(reviewers) - components)
    assert found.reviewer == pytest.approx(reviewer, rel=1e-9)
    names = sorted({pair[1] for pair in joined})
    of = [apart.get(name, 0) for name in names]
    assert found.covariance == pytest.approx(
        np.array([[reviewer / of.count(one) if one == other else 0.0 for other in of] for one in of])
    )
    if not apart:
        by_name = dict(zip([name for name in of_reviewer if name in names], reviewers, strict=True))
        assert found.effects == pytest.approx([by_name[name] for name in names], abs=1e-9)
