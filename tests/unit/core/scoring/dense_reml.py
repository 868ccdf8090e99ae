"""The same model by its textbook definition: full covariance matrices, no elimination, no gradient.

Written apart from the product to check it: V = va Za Za' + vb Zb Zb' + ve I, restricted likelihood by its formula,
maximised by a grid and a simplex on the standard deviations. O(n^3) for each evaluation: for small tables only.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize


@dataclass(frozen=True)
class DenseFit:
    application: float
    reviewer: float
    noise: float
    log_likelihood: float
    effects: dict[str, float]
    covariance: np.ndarray  # of (effect - prediction), reviewers sorted


class DenseModel:
    def __init__(self, rows: Sequence[tuple[str, str, float]], fixed: Sequence[int] | None = None) -> None:
        """`rows`: application, reviewer, total. `fixed`: the level of each row's mean (by default one)."""
        self.y = np.array([total for _, _, total in rows])
        self.reviewers = sorted({reviewer for _, reviewer, _ in rows})
        applications = sorted({application for application, _, _ in rows})
        self.za = np.array([[float(a == name) for name in applications] for a, _, _ in rows])
        self.zb = np.array([[float(r == name) for name in self.reviewers] for _, r, _ in rows])
        levels = fixed or [0] * len(rows)
        self.x = np.array([[float(level == one) for one in sorted(set(levels))] for level in levels])

    def log_likelihood(self, va: float, vb: float, ve: float) -> float:
        v = va * self.za @ self.za.T + vb * self.zb @ self.zb.T + ve * np.eye(len(self.y))
        sign, log_v = np.linalg.slogdet(v)
        if sign <= 0:
            return -np.inf
        inverse = np.linalg.inv(v)
        middle = self.x.T @ inverse @ self.x
        p = inverse - inverse @ self.x @ np.linalg.inv(middle) @ self.x.T @ inverse
        return float(-0.5 * (log_v + np.linalg.slogdet(middle)[1] + self.y @ p @ self.y))

    def best(self) -> DenseFit:
        scale = float(np.var(self.y))
        values = [0.0, *np.geomspace(1e-3, 10, 9)]
        start = max(
            itertools.product(values, values, values[1:]),
            key=lambda parts: self.log_likelihood(*(scale * part for part in parts)),
        )
        # each pattern of zeros has its own search, so that a boundary is met exactly
        found: list[tuple[float, tuple[float, float, float]]] = []
        for keep_a, keep_b in itertools.product((False, True), repeat=2):
            open_ = [at for at, kept in enumerate((keep_a, keep_b, True)) if kept]

            def parts_of(roots: np.ndarray, open_: list[int] = open_) -> tuple[float, float, float]:
                parts = [0.0, 0.0, 0.0]
                for at, value in zip(open_, roots, strict=True):
                    parts[at] = scale * float(value) ** 2
                return parts[0], parts[1], parts[2]

            first = np.array([np.sqrt(start[at] or 0.01) for at in open_])
            for _ in range(3):  # restarted: a simplex may collapse too early
                first = minimize(
                    lambda roots, f=parts_of: -self.log_likelihood(*f(roots)),
                    first,
                    method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000, "maxfev": 4000},
                ).x
            found.append((self.log_likelihood(*parts_of(first)), parts_of(first)))
        highest = max(value for value, _ in found)
        value, (va, vb, ve) = next(one for one in found if one[0] >= highest - 1e-9)
        return self.given(va, vb, ve, value)

    def given(self, va: float, vb: float, ve: float, value: float = np.nan) -> DenseFit:
        v = va * self.za @ self.za.T + vb * self.zb @ self.zb.T + ve * np.eye(len(self.y))
        inverse = np.linalg.inv(v)
        p = inverse - inverse @ self.x @ np.linalg.inv(self.x.T @ inverse @ self.x) @ self.x.T @ inverse
        effects = vb * self.zb.T @ p @ self.y
        covariance = vb * np.eye(len(self.reviewers)) - vb**2 * self.zb.T @ p @ self.zb
        return DenseFit(va, vb, ve, value, dict(zip(self.reviewers, effects, strict=True)), covariance)
