"""Restricted maximum likelihood of reviewers' severity, seen within applications only.

    y = application (fixed) + reviewer (random, variance vb) + noise (variance ve)

Taking each application's mean away leaves N - n contrasts, of covariance ve (I + R G) in the reviewers' space, R = vb/ve
and G = Z'MZ (aap.core.scoring.within). With g = Z'My, minus twice the restricted log-likelihood, ve at its optimum given
R (Patterson and Thompson 1971; Harville 1977), is up to a constant

    (N - n) log Q + log|I + R G|,   Q = y'My - R g'(I + R G)^-1 g,   ve = Q / (N - n)

which the eigenvalues of G, and the length of g along them, give for every R at once: the search has one dimension. It
looks at a grid of log R, bisects the slope around every lowest point of it, and takes the lowest of all, R = 0 among
them: a variance is zero because no other has a higher likelihood.

Given R the effects are b = (G + I/R)^-1 g (best linear unbiased predictions), and what isn't known of them has the
covariance ve (G + I/R)^-1. g balances within each component of the graph, so b does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aap.core.scoring.within import Design, Floats, Quadrature, Within

LARGEST_LOG = 16.0  # a ratio of e^16 stands for a noise of zero
GRID = np.linspace(-14.0, LARGEST_LOG, 121)
MANY = 500  # contrasts
SAME_CRITERION = 1e-9  # within this of the criterion without reviewers' effects, there are none
CLEAR = (
    3.84  # how far a maximum stands out, in twice the logarithm of the likelihood: 5 % of a chi-square of one degree
)


@dataclass(frozen=True)
class Fit:
    """The variances of reviewers and noise, and the predicted effects. `rest`: what isn't known of these.

    `known`: whether the contrasts can tell the one variance from the other at all.
    """

    reviewer: float
    noise: float
    effects: Floats
    rest: Unknown
    known: bool


class Unknown:
    """What the reviews leave unknown of the reviewers' effects: jointly normal around 0, covariance C.

    C = noise x (G + I/ratio)^-1; without noise only the level of each component is unknown, with no effects nothing is.
    """

    def __init__(self, within: Within, reviewer: float, noise: float) -> None:
        self._within, self._reviewer, self._noise = within, reviewer, noise
        self._matrix: Floats | None = None

    @property
    def covariance(self) -> Floats:
        """C, reviewers x reviewers: asked for in small calls only."""
        if self._matrix is None:
            q = self._within.design.reviewers
            if self._reviewer == 0.0:
                self._matrix = np.zeros((q, q))
            elif self._noise == 0.0:
                self._matrix = self._reviewer * self._within.levelled(np.eye(q))
            else:
                shifted = self._within.matrix + np.eye(q) * (self._noise / self._reviewer)
                inverse = np.linalg.inv(shifted) * self._noise
                self._matrix = 0.5 * (inverse + inverse.T)
        return self._matrix

    def times(self, v: Floats, *, precision: float = 1e-9) -> Floats:
        """C v, `v` reviewers x columns; to this relative precision in very large calls."""
        if self._within.is_dense:
            return self.covariance @ v
        if self._reviewer == 0.0:
            return np.zeros_like(v)
        if self._noise == 0.0:
            return self._reviewer * self._within.levelled(v)
        return self._noise * self._within.solve(v, self._noise / self._reviewer, precision=precision)

    def variances(self) -> Floats:
        """Of each reviewer's effect."""
        q = self._within.design.reviewers
        if self._within.is_dense or self._reviewer == 0.0:
            return np.diagonal(self.covariance).copy() if self._within.is_dense else np.zeros(q)
        every = np.arange(q, dtype=np.intp)
        return self._of_means([every[at : at + 1] for at in range(q)])

    def panel_variances(self) -> Floats:
        """Of the mean effect of each application's reviewers, correlations included."""
        panels = self._within.panels
        if self._within.is_dense:
            covariance = self.covariance
            return np.array([float(covariance[panel[:, None], panel].mean()) for panel in panels])
        return self._of_means(panels)

    def _of_means(self, groups: list[np.ndarray[tuple[int], np.dtype[np.intp]]]) -> Floats:
        found = []
        for start in range(0, len(groups), 64):
            batch = groups[start : start + 64]
            columns = np.zeros((self._within.design.reviewers, len(batch)))
            for at, members in enumerate(batch):
                columns[members, at] = 1.0 / len(members)
            found.append(
                np.einsum("ij,ij->j", columns, self.times(columns, precision=1e-5))
            )  # a form errs by its square
        return np.concatenate(found)

    def drawn(self, generator: np.random.Generator, number: int) -> Floats:
        """`number` joint draws, reviewers x draws: C (Z'M e / sd of the noise + f / sd of the effects), e and f normal.

        Their covariance is C (G/ve + I/vb) C = C, without a factor of it.
        """
        within, q = self._within, self._within.design.reviewers
        drawn = np.zeros((q, number))
        if self._reviewer == 0.0:
            return drawn
        for start in range(0, number, 50):  # so many draws at a time, or there are as many figures as reviews x draws
            count = min(50, number - start)
            right = np.empty((q, count))
            for at in range(count):
                right[:, at] = generator.standard_normal(q) / self._reviewer**0.5
                if self._noise > 0.0:
                    e = generator.standard_normal(len(within.design.reviewer))
                    right[:, at] += within.by_reviewer(within.centred(e)) / self._noise**0.5
            drawn[:, start : start + count] = self.times(right)
        return drawn


def fit(design: Design, y: Floats) -> Fit:
    """Variances by restricted maximum likelihood, then the effects given them.

    `y`: one value a review, in points on 100; at least one. Where the likelihood says nothing (no contrast, or flat)
    the reviewers' variance is 0. Totals that are exactly sums of the two effects have no noise, and the variance of the
    effects is then that of known ones; so have any totals whose likelihood rises without end.
    """
    within = Within(design)
    contrasts = len(y) - design.applications
    own = within.centred(y)
    left = float(own @ own)
    still = np.zeros(design.reviewers)
    if contrasts == 0:
        return Fit(0.0, 0.0, still, Unknown(within, 0.0, 0.0), known=False)
    profile = _Profile(within, own, contrasts)
    known = not profile.is_flat
    if left <= 1e-24 * float(y @ y):
        return Fit(0.0, 0.0, still, Unknown(within, 0.0, 0.0), known)
    best = profile.best() if known else None
    if known and profile.tells_next_to_nothing and not profile.is_clear(best):
        known, best = False, None
    if best is None:
        noise = left / contrasts
        return Fit(0.0, noise, still, Unknown(within, 0.0, noise), known)
    pull = within.by_reviewer(own)[:, None]
    if best >= LARGEST_LOG:
        effects = within.solve(pull, 0.0)[:, 0]
        effects -= within.levelled(effects)
        reviewer = float(effects @ effects) / (design.reviewers - design.components)
        return Fit(reviewer, 0.0, effects, Unknown(within, reviewer, 0.0), known)
    ratio = float(np.exp(best))
    noise = profile.noise(ratio)
    return Fit(
        ratio * noise, noise, within.solve(pull, 1.0 / ratio)[:, 0], Unknown(within, ratio * noise, noise), known
    )


class _Profile:
    """Minus twice the restricted log-likelihood as a function of the logarithm of the ratio."""

    def __init__(self, within: Within, own: Floats, contrasts: int) -> None:
        self.contrasts = contrasts
        self.spectrum = within.eigenvalues()
        pulled = within.seen_from(within.by_reviewer(own))
        share = pulled.weights / pulled.values  # what of y'My lies along each value
        beyond = float(own @ own) - float(share.sum())
        self.pulled = Quadrature(pulled.values, share)
        self.beyond = beyond if beyond > 1e-12 * float(own @ own) else 0.0  # of y'My outside all effects

    def noise(self, ratio: float) -> float:
        return (self.beyond + float((self.pulled.weights / (1.0 + ratio * self.pulled.values)).sum())) / self.contrasts

    def at(self, log_ratio: float) -> float:
        ratio = float(np.exp(log_ratio))
        spread = float(self.spectrum.weights @ np.log1p(ratio * self.spectrum.values))
        return self.contrasts * float(np.log(max(self.noise(ratio), np.finfo(float).tiny))) + spread

    def slope(self, log_ratio: float) -> float:
        """The derivative by the logarithm of the ratio."""
        ratio = float(np.exp(log_ratio))
        reach = ratio * self.pulled.values
        falls = float((self.pulled.weights * reach / (1.0 + reach) ** 2).sum())
        told = ratio * self.spectrum.values
        return float(self.spectrum.weights @ (told / (1.0 + told))) - falls / max(
            self.noise(ratio), np.finfo(float).tiny
        )

    @cached_property
    def information(self) -> float:
        """What the contrasts say at most, over all ratios, of the logarithm of the ratio; in contrasts.

        Twice the expected information: the sum of squares of h = R d / (1 + R d) around its mean over the contrasts, d the
        eigenvalues: none where all contrasts have the same.
        """
        most = 0.0
        for log_ratio in GRID:
            told = float(np.exp(log_ratio)) * self.spectrum.values
            h = told / (1.0 + told)
            first, second = float(self.spectrum.weights @ h), float(self.spectrum.weights @ h**2)
            most = max(most, second - first * first / self.contrasts)
        return most

    @property
    def is_flat(self) -> bool:
        """Whether the likelihood is the same for every ratio."""
        return self.information < 1e-9

    @property
    def tells_next_to_nothing(self) -> bool:
        """Whether `MANY` contrasts or more say together less than one should: one reviewer shared by hundreds of panels."""
        return self.contrasts >= MANY and self.information < 1.0

    def is_clear(self, best: float | None) -> bool:
        """Whether the likelihood has a maximum between the ends that stands out from no effects at all."""
        return best is not None and best < LARGEST_LOG and self.without_effects - self.at(best) >= CLEAR

    @property
    def without_effects(self) -> float:
        """The criterion where the ratio is 0."""
        return self.contrasts * float(np.log(self.noise(0.0)))

    def best(self) -> float | None:
        """The logarithm of the ratio of the highest likelihood, `LARGEST_LOG` where it has no end; None: no effects."""
        values = [self.at(float(x)) for x in GRID]
        found, lowest = None, self.without_effects - SAME_CRITERION
        for at, value in enumerate(values):
            low, high = GRID[max(at - 1, 0)], GRID[min(at + 1, len(GRID) - 1)]
            if value > min(values[max(at - 1, 0)], values[min(at + 1, len(GRID) - 1)]):
                continue
            place = self._lowest(float(low), float(high))
            if self.at(place) < lowest:
                found, lowest = place, self.at(place)
        return found

    def _lowest(self, low: float, high: float) -> float:
        """Where the slope turns from falling to rising between two points; an end where it doesn't."""
        if self.slope(high) <= 0.0:
            return high
        for _ in range(60):
            middle = 0.5 * (low + high)
            if self.slope(middle) > 0.0:
                high = middle
            else:
                low = middle
        return 0.5 * (low + high)
