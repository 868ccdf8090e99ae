"""Restricted maximum likelihood of a model with two crossed random effects.

    y = mean of its component + application effect + reviewer effect + noise

with independent effects of variances va, vb and noise ve. Written with the ratios A = va/ve and B = vb/ve, the
covariance of y is ve H, H = I + A Za Za' + B Zb Zb'. The applications are eliminated in closed form, since Za' Za is
diagonal: Ra = (I + A Za Za')^-1 subtracts A/(1 + A k) times an application's sum, k its number of reviews. What remains
is dense in the reviewers only:

    M = Zb' Ra Zb,   S = I + B M,   log|H| = sum log(1 + A k) + log|S|,   H^-1 = Ra - B Ra Zb S^-1 Zb' Ra

so that one evaluation costs one Cholesky factor of the number of reviewers. Minus twice the restricted log-likelihood,
with ve at its optimum given the ratios (Patterson and Thompson 1971; Harville 1977), up to a constant:

    (n - c) log(Q / (n - c)) + log|H| + sum over the c components of log(x' H^-1 x),   Q = y' P y

The search: a coarse grid of ratios, then bounded ascent on their logarithms with the exact gradient, then Newton steps
on that gradient; the boundaries A = 0 and B = 0 are searched apart (S is diagonal there) and win when their likelihood
is at least as high, so a variance is reported as zero when zero is the estimate and not because an ascent ran away.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aap.core.scoring.positive_definite import Factored, Floats, factor

Ints = NDArray[np.intp]

LARGEST_RATIO = float(np.exp(16.0))  # a ratio at this bound stands for a noise of zero
SMALLEST_RATIO = float(np.exp(-14.0))
SAME_CRITERION = 1e-9  # a boundary whose criterion is within this of the interior's is the estimate


@dataclass(frozen=True)
class Design:
    """Who reviewed what, as indices; arrays have one entry a review.

    `component_of_reviewer` and `component_of_application` number the connected components from 0.
    """

    application: Ints
    reviewer: Ints
    component_of_application: Ints
    component_of_reviewer: Ints

    @property
    def components(self) -> int:
        return int(self.component_of_reviewer.max()) + 1


@dataclass(frozen=True)
class Fit:
    """Variances and, given them, the reviewers' effects.

    `mean`: one a component. `effects`: best linear unbiased predictions of the reviewers' effects. `covariance`: of
    (effect - prediction), reviewers x reviewers, the mean being unknown too (Henderson's prediction error variance).
    `known`: whether the reviews can tell the variances from the noise at all.
    """

    application: float
    reviewer: float
    noise: float
    mean: Floats
    effects: Floats
    covariance: Floats
    known: bool


class RestrictedLikelihood:
    """Minus twice the restricted log-likelihood of `y` under `design`, as a function of the two ratios."""

    def __init__(self, design: Design, y: Floats) -> None:
        self.design = design
        applications = len(design.component_of_application)
        self.reviewers = len(design.component_of_reviewer)
        self.per_application = np.bincount(design.application, minlength=applications).astype(float)
        self.per_reviewer = np.bincount(design.reviewer, minlength=self.reviewers).astype(float)
        self.component = design.component_of_reviewer[design.reviewer]
        self.degrees = len(y) - design.components
        self.y = y
        # every ordered pair of reviewers of the same application, as positions in the dense matrix
        rows: list[Ints] = []
        columns: list[Ints] = []
        owners: list[Ints] = []
        order = np.argsort(design.application, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.per_application)[:-1]]).astype(np.intp)
        for count in np.unique(self.per_application).astype(int):
            owner = np.flatnonzero(self.per_application == count)
            group = design.reviewer[order[starts[owner][:, None] + np.arange(count)]]
            rows.append(np.repeat(group, count, axis=1).ravel())
            columns.append(np.tile(group, (1, count)).ravel())
            owners.append(np.repeat(owner, count * count))
        self._pair = np.concatenate(rows) * self.reviewers + np.concatenate(columns)
        self._pair_owner = np.concatenate(owners)

    # --- sums over reviews, applications, reviewers, components ---

    def _by_application(self, v: Floats) -> Floats:
        return _sums(self.design.application, v, len(self.per_application))

    def _by_reviewer(self, v: Floats) -> Floats:
        return _sums(self.design.reviewer, v, self.reviewers)

    def _by_component(self, v: Floats) -> Floats:
        return _sums(self.component, v, self.design.components)

    def _reviewers_by_component(self, v: Floats) -> Floats:
        return _sums(self.design.component_of_reviewer, v, self.design.components)

    def _shared(self, per_application: Floats) -> Floats:
        """N' diag(per_application) N, N the incidence of applications and reviewers: reviewers x reviewers."""
        weights = per_application[self._pair_owner]
        flat = _sums(self._pair, weights, self.reviewers * self.reviewers)
        return flat.reshape(self.reviewers, self.reviewers)

    # --- one evaluation ---

    def at(self, a: float, b: float) -> _Solved:
        """Everything that one pair of ratios gives: solved systems, mean, criterion."""
        return _Solved(self, a, b)

    def criterion(self, a: float, b: float) -> float:
        return self.at(a, b).criterion


class _Solved:
    """The model at ratios `a`, `b`. S is diagonal when one of them is zero, and no matrix is then built."""

    def __init__(self, model: RestrictedLikelihood, a: float, b: float) -> None:
        self.model, self.a, self.b = model, a, b
        design = model.design
        self.shrink = 1.0 + a * model.per_application  # 1 + A k
        self._diagonal: Floats | None = None
        self._factored: Factored | None = None
        if a == 0.0 or b == 0.0:
            self._diagonal = 1.0 + b * model.per_reviewer  # exact for a = 0; 1 for b = 0
            log_s = float(np.log(self._diagonal).sum())
        else:
            s = model._shared(a / self.shrink)
            s *= -b
            s[np.diag_indices_from(s)] += 1.0 + b * model.per_reviewer
            self._factored = factor(s)
            log_s = self._factored.log_determinant
        one = (1.0 / self.shrink)[design.application]  # Ra 1
        h = model._by_reviewer(one)
        ray = self.eliminate(model.y)
        t = model._by_reviewer(ray)
        solved = self.solve(np.column_stack([t, h]))
        self.u = solved[:, 1]  # S^-1 Zb' Ra 1
        self.weight = model._by_component(one) - b * model._reviewers_by_component(h * self.u)  # x' H^-1 x
        against = model._by_component(ray) - b * model._reviewers_by_component(h * solved[:, 0])
        self.mean = against / self.weight
        self.residual = model.y - self.mean[model.component]
        r = self.eliminate(self.residual)
        self.v = solved[:, 0] - self.u * self.mean[design.component_of_reviewer]  # S^-1 Zb' Ra (y - mean)
        self.projected = r - b * self.eliminate(self.v[design.reviewer])  # P y
        self.quadratic = max(float(self.residual @ self.projected), 0.0)
        self.noise = self.quadratic / model.degrees
        self.criterion = (
            model.degrees * float(np.log(max(self.noise, np.finfo(float).tiny)))
            + float(np.log(self.shrink).sum())
            + log_s
            + float(np.log(self.weight).sum())
        )

    def eliminate(self, v: Floats) -> Floats:
        """Ra v."""
        sums = self.model._by_application(v)
        return v - (self.a * sums / self.shrink)[self.model.design.application]

    def solve(self, right: Floats) -> Floats:
        """S^-1 right."""
        if self._diagonal is not None:
            return right / self._diagonal[:, None]
        assert self._factored is not None
        return self._factored.solve(right)

    def inverse(self) -> Floats:
        """S^-1, reviewers x reviewers."""
        if self._diagonal is not None:
            return np.diag(1.0 / self._diagonal)
        assert self._factored is not None
        return self._factored.inverse()

    def gradient(self) -> tuple[float, float]:
        """Derivatives of the criterion by the two ratios.

        d/dB = tr(P Zb Zb') - |Zb' P y|^2 / ve, and the same with Za for A.
        """
        model, a, b = self.model, self.a, self.b
        by_reviewer = model._by_reviewer(self.projected)
        by_application = model._by_application(self.projected)
        k = model.per_application
        # x' H^-1 Za, an application's sum of H^-1 1
        lent = np.bincount(
            model.design.application, weights=self.u[model.design.reviewer], minlength=len(model.per_application)
        )
        seen = (k - b * lent) / self.shrink
        of_application = model.design.component_of_application
        trace_a = float((k / self.shrink).sum()) - float((seen**2 / self.weight[of_application]).sum())
        trace_b = -float((self.u**2 / self.weight[model.design.component_of_reviewer]).sum())
        if self._diagonal is not None:
            inverse_diagonal = 1.0 / self._diagonal
            # tr(S^-1 M) and tr(S^-1 N' D^-2 N) need the diagonals of M and N' D^-2 N only
            own_m = model._by_reviewer((1.0 - a / self.shrink)[model.design.application])
            own_t = model._by_reviewer((1.0 / self.shrink**2)[model.design.application])
            trace_b += float((inverse_diagonal * own_m).sum())
            trace_a -= b * float((inverse_diagonal * own_t).sum())
        else:
            inverse = self.inverse().ravel()
            across = np.bincount(model._pair_owner, weights=inverse[model._pair], minlength=len(model.per_application))
            trace_b += (model.reviewers - float(inverse[:: model.reviewers + 1].sum())) / b
            trace_a -= b * float((across / self.shrink**2).sum())
        noise = max(self.noise, np.finfo(float).tiny)
        return (
            trace_a - float(by_application @ by_application) / noise,
            trace_b - float(by_reviewer @ by_reviewer) / noise,
        )


def fit(design: Design, y: Floats) -> Fit:
    """Variances by restricted maximum likelihood, then the reviewers' effects given them.

    `y`: one value a review, in points on 100; at least one, and at most one by a reviewer for an application. Where
    the reviews can't tell the variances from the noise, both are taken as 0, which leaves all of it in the noise.
    """
    model = RestrictedLikelihood(design, y)
    # A component of several applications, one of which has several reviews, has a reviewer of several applications; an
    # application of several reviews makes its component one of several reviewers: both variances are told, or neither.
    known = bool((model.per_application > 1).any()) and _several(design.component_of_application)
    means = _component_means(model)
    if float(np.abs(y - means[model.component]).max()) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        still = np.zeros(model.reviewers)
        return Fit(0.0, 0.0, 0.0, means, still, np.zeros((model.reviewers, model.reviewers)), known)
    a, b = _best_ratios(model) if known else (0.0, 0.0)
    at_bound = max(a, b) >= 0.99 * LARGEST_RATIO
    if at_bound:
        exact = _without_noise(model)
        if exact is not None:
            return exact
    solved = model.at(a, b)
    reviewer = b * solved.noise
    effects = b * solved.v
    covariance = reviewer * solved.inverse()
    level = b * solved.u * np.sqrt(solved.noise / solved.weight)[design.component_of_reviewer]
    same = design.component_of_reviewer[:, None] == design.component_of_reviewer[None, :]
    covariance += np.where(same, np.outer(level, level), 0.0)
    return Fit(
        application=a * solved.noise,
        reviewer=reviewer,
        noise=0.0 if at_bound else solved.noise,
        mean=solved.mean,
        effects=effects,
        covariance=covariance,
        known=known,
    )


def _sums(group: Ints, v: Floats, groups: int) -> Floats:
    """The sum of `v` in each of the groups 0..groups-1."""
    return np.bincount(group, weights=v, minlength=groups).astype(np.float64, copy=False)


def _several(component: Ints) -> bool:
    """Whether some component has at least two members."""
    return bool((np.bincount(component) > 1).any())


def _component_means(model: RestrictedLikelihood) -> Floats:
    counts = model._by_component(np.ones_like(model.y))
    means: Floats = model._by_component(model.y) / counts
    return means


def _best_ratios(model: RestrictedLikelihood) -> tuple[float, float]:
    """The ratios of the highest restricted likelihood, boundaries included."""
    best, ratios = model.criterion(0.0, 0.0), (0.0, 0.0)
    found = [(_along(lambda x: model.at(x, 0.0), 0), 0.0), (0.0, _along(lambda x: model.at(0.0, x), 1)), _inside(model)]
    for a, b in found:  # from the simplest: a variance is kept only when it raises the likelihood
        value = model.criterion(a, b)
        if value < best - SAME_CRITERION:
            best, ratios = value, (a, b)
    return ratios


def _along(solved_at: Callable[[float], _Solved], axis: int) -> float:
    """The best ratio on one axis, the other being zero: grid, then bisection of the derivative."""
    grid = np.geomspace(SMALLEST_RATIO, LARGEST_RATIO, 31)
    values = [solved_at(float(x)).criterion for x in grid]
    at = int(np.argmin(values))
    low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, len(grid) - 1)])
    if solved_at(high).gradient()[axis] <= 0.0:
        return high
    if solved_at(low).gradient()[axis] >= 0.0:
        return low
    log_low, log_high = float(np.log(low)), float(np.log(high))
    for _ in range(60):
        middle = 0.5 * (log_low + log_high)
        if solved_at(float(np.exp(middle))).gradient()[axis] > 0.0:
            log_high = middle
        else:
            log_low = middle
    return float(np.exp(0.5 * (log_low + log_high)))


def _inside(model: RestrictedLikelihood) -> tuple[float, float]:
    """The best pair of positive ratios: coarse grid, bounded ascent on their logarithms, Newton steps."""
    # totals that two effects explain nearly whole may have their optimum far out
    steps, far = (9, (1e3, 1e6)) if model.reviewers <= 150 else (4, ())
    grid_a, grid_b = (*np.geomspace(0.03, 30.0, steps), *far), (*np.geomspace(0.02, 10.0, steps), *far)
    start = min(itertools.product(grid_a, grid_b), key=lambda pair: model.criterion(float(pair[0]), float(pair[1])))
    low, high = float(np.log(SMALLEST_RATIO)), float(np.log(LARGEST_RATIO))

    def objective(x: Floats) -> tuple[float, Floats]:
        ratios = np.exp(x)
        solved = model.at(float(ratios[0]), float(ratios[1]))
        return solved.criterion, np.array(solved.gradient()) * ratios

    x = _descend(objective, np.log(start), low, high)
    if (x > low + 0.1).all() and (x < high - 0.1).all():
        x = _newton(objective, x)
    return float(np.exp(x[0])), float(np.exp(x[1]))


def _descend(objective: Callable[[Floats], tuple[float, Floats]], x: Floats, low: float, high: float) -> Floats:
    """The least criterion in the square low..high reached downhill from `x`: projected BFGS with backtracking.

    A coordinate that the slope pushes out of the square stays on its side (Bertsekas 1982). Steps are at most 2, so
    that one of a flat valley doesn't leave it.
    """
    value, slope = objective(x)
    curvature = np.eye(2)  # approximate inverse of the Hessian
    for _ in range(200):
        held = ((x <= low) & (slope > 0.0)) | ((x >= high) & (slope < 0.0))
        downhill = np.where(held, 0.0, slope)
        if np.abs(downhill).max() < 1e-7:
            break
        free = np.where(held, 0.0, 1.0)
        direction = -free * (curvature @ downhill)
        if float(direction @ slope) >= 0.0:
            curvature = np.eye(2)
            direction = -downhill
        direction *= min(1.0, 2.0 / float(np.abs(direction).max()))
        for halving in range(40):
            after = np.clip(x + direction * 0.5**halving, low, high)
            new_value, new_slope = objective(after)
            if new_value <= value + 1e-4 * float(slope @ (after - x)):
                break
        else:
            break  # nothing lower in that direction: rounding is all that is left
        moved, turned = after - x, new_slope - slope
        known = float(moved @ turned)
        if known > 0.0:
            shift = np.eye(2) - np.outer(moved, turned) / known
            curvature = shift @ curvature @ shift.T + np.outer(moved, moved) / known
        x, value, slope = after, new_value, new_slope
    return x


def _newton(objective: Callable[[Floats], tuple[float, Floats]], x: Floats) -> Floats:
    """Newton steps on the gradient, so that the optimum doesn't depend on where the ascent stopped."""
    slope = objective(x)[1]
    step = 1e-4
    for _ in range(4):
        hessian = np.column_stack([(objective(x + step * e)[1] - slope) / step for e in np.eye(2)])
        hessian = 0.5 * (hessian + hessian.T)
        if np.linalg.eigvalsh(hessian)[0] <= 0.0:
            break
        move = np.linalg.solve(hessian, slope)
        if np.abs(move).max() > 0.5:
            break
        after = objective(x - move)[1]
        if np.abs(after).max() >= np.abs(slope).max():
            break
        x, slope = x - move, after
        if np.abs(move).max() < 1e-5:  # what is left is about `step` times that
            break
    return x


def _without_noise(model: RestrictedLikelihood) -> Fit | None:
    """The limit of no noise, when the totals are exactly additive: None when they are not.

    The likelihood then has no maximum, but its limit is plain: the effects are known up to a level in each component,
    their variances are those of known effects, and the predictions are the effects centred in each component.
    """
    design = model.design
    counts = model.per_application
    laplacian = np.diag(model.per_reviewer) - model._shared(1.0 / counts)
    centred = model.y - (model._by_application(model.y) / counts)[design.application]
    effects: Floats = np.asarray(
        np.linalg.lstsq(laplacian, model._by_reviewer(centred), rcond=1e-10)[0], dtype=np.float64
    )
    sizes = model._reviewers_by_component(np.ones(model.reviewers))
    effects -= (model._reviewers_by_component(effects) / sizes)[design.component_of_reviewer]
    left = model.y - effects[design.reviewer]
    levels = model._by_application(left) / counts
    applications = np.bincount(design.component_of_application)
    mean = _sums(design.component_of_application, levels, design.components) / applications
    if float(np.abs(left - levels[design.application]).max()) > 1e-9 * float(np.abs(model.y).max()):
        return None
    free_a, free_b = len(levels) - design.components, model.reviewers - design.components
    if len(model.y) - len(counts) <= free_b:
        return None  # as many effects as reviews: any totals are additive, which says nothing about the noise
    of_level = levels - mean[design.component_of_application]
    application, reviewer = float(of_level @ of_level) / free_a, float(effects @ effects) / free_b
    scale = 1e-12 * (application + reviewer)
    application, reviewer = (value if value > scale else 0.0 for value in (application, reviewer))
    if reviewer == 0.0:
        effects = np.zeros(model.reviewers)
    same = design.component_of_reviewer[:, None] == design.component_of_reviewer[None, :]
    shared = (reviewer / sizes)[design.component_of_reviewer][:, None]
    covariance = np.where(same, shared, 0.0)
    return Fit(application, reviewer, 0.0, mean, effects, covariance, known=True)
