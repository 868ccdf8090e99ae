"""The same model by its textbook definition: an orthonormal basis of the contrasts, full matrices, no eigenvalues.

Written apart from the product to check it. K spans what is orthogonal to every application (reviews x N - n), so K'y has
the covariance S = vb K'Zb Zb'K + ve I, whose likelihood is the restricted one. It is maximised by a fine grid of the
ratio and a bounded search around each of its highest points. O(n^3) for each evaluation: for small tables only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import minimize_scalar


@dataclass(frozen=True)
class DenseFit:
    reviewer: float
    noise: float
    effects: dict[str, float]
    covariance: np.ndarray  # of (effect - prediction), reviewers sorted


class DenseModel:
    def __init__(self, rows: Sequence[tuple[str, str, float]]) -> None:
        """`rows`: application, reviewer, total."""
        self.y = np.array([total for _, _, total in rows])
        self.reviewers = sorted({reviewer for _, reviewer, _ in rows})
        applications = sorted({application for application, _, _ in rows})
        za = np.array([[float(a == name) for name in applications] for a, _, _ in rows])
        self.zb = np.array([[float(r == name) for name in self.reviewers] for _, r, _ in rows])
        self.k = null_space(za.T)
        self.contrasts = self.k.shape[1]
        self.seen = self.k.T @ self.y
        self.across = self.k.T @ self.zb

    def criterion(self, ratio: float) -> float:
        """Minus twice the restricted log-likelihood, the noise at its optimum, up to a constant."""
        s = ratio * self.across @ self.across.T + np.eye(self.contrasts)
        quadratic = float(self.seen @ np.linalg.solve(s, self.seen))
        return float(self.contrasts * np.log(quadratic) + np.linalg.slogdet(s)[1])

    def best_ratio(self, most: float = 1e7) -> float:
        """The ratio of the highest likelihood; 0 where none is higher than that of 0."""
        logs = np.linspace(np.log(1e-6), np.log(most), 241)
        values = [self.criterion(float(np.exp(x))) for x in logs]
        best, ratio = self.criterion(0.0), 0.0
        for at, value in enumerate(values):
            low, high = logs[max(at - 1, 0)], logs[min(at + 1, len(logs) - 1)]
            if value > min(values[max(at - 1, 0)], values[min(at + 1, len(logs) - 1)]):
                continue
            found = minimize_scalar(
                lambda x: self.criterion(float(np.exp(x))),
                bounds=(low, high),
                method="bounded",
                options={"xatol": 1e-10},
            )
            if found.fun < best - 1e-9:
                best, ratio = float(found.fun), float(np.exp(found.x))
        return ratio

    def best(self) -> DenseFit:
        ratio = self.best_ratio()
        s = ratio * self.across @ self.across.T + np.eye(self.contrasts)
        return self.given(ratio, float(self.seen @ np.linalg.solve(s, self.seen)) / self.contrasts)

    def given(self, ratio: float, noise: float) -> DenseFit:
        vb = ratio * noise
        inverse = np.linalg.inv(vb * self.across @ self.across.T + noise * np.eye(self.contrasts))
        effects = vb * self.across.T @ inverse @ self.seen
        covariance = vb * np.eye(len(self.reviewers)) - vb**2 * self.across.T @ inverse @ self.across
        return DenseFit(vb, noise, dict(zip(self.reviewers, effects, strict=True)), covariance)
