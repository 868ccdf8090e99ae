"""The severities of the engine's first edition: both effects random. Kept to compare with, not to rank.

y = mean + application (random) + reviewer (random) + noise, two ratios by restricted maximum likelihood, on dense matrices
of the reviewers: for a few hundred applications.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize


def severities(application: np.ndarray, reviewer: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Predicted effects of the reviewers; all three arrays have one entry a review, indices from 0."""
    n, q = int(application.max()) + 1, int(reviewer.max()) + 1
    seen = np.zeros((n, q))
    seen[application, reviewer] = 1.0
    k = seen.sum(axis=1)
    x = np.column_stack([np.ones(len(y)), y])

    def solved(a: float, b: float) -> tuple[float, np.ndarray]:
        weight = a / (1.0 + a * k)
        less = x - (weight[:, None] * np.array([np.bincount(application, c, n) for c in x.T]).T)[application]
        s = np.eye(q) + b * (np.diag(seen.sum(axis=0)) - (seen.T * weight) @ seen)
        by = np.array([np.bincount(reviewer, c, q) for c in less.T]).T
        inner = np.linalg.solve(s, by)
        gram = x.T @ less - b * by.T @ inner  # of 1 and y, in the inverse of the covariance
        quadratic = gram[1, 1] - gram[0, 1] ** 2 / gram[0, 0]
        value = (len(y) - 1) * np.log(quadratic) + np.log1p(a * k).sum() + np.linalg.slogdet(s)[1] + np.log(gram[0, 0])
        return float(value), b * (inner[:, 1] - inner[:, 0] * gram[0, 1] / gram[0, 0])

    starts = [(np.log(a), np.log(b)) for a in (0.3, 2.0) for b in (0.05, 0.5)]
    first = min(starts, key=lambda logs: solved(*np.exp(logs))[0])
    found = minimize(lambda logs: solved(*np.exp(logs))[0], first, method="L-BFGS-B", bounds=[(-12, 12), (-12, 12)]).x
    return solved(*np.exp(found))[1]
