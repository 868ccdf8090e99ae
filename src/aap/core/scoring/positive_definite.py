"""Symmetric positive definite matrices: determinant, solution and inverse by a Cholesky factor.

NumPy has the factor but no way to use it, so a solution and an inverse start again there, at three times the work. Up to
`SMALL` rows that is less than it takes to load SciPy (0.2 s, a fifth of a whole run of 236 applications). Where SciPy is
not installed (who only verifies a published list needs none), NumPy does all sizes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALL = 500  # rows


class Factored(Protocol):
    """A matrix S, rows x rows, that has been factored."""

    @property
    def log_determinant(self) -> float:
        """log |S|."""

    def solve(self, right: Floats) -> Floats:
        """S^-1 right, `right` rows x columns."""

    def inverse(self) -> Floats:
        """S^-1, symmetric to the last bit."""


def factor(matrix: Floats) -> Factored:
    """Factor `matrix`, which may be overwritten. Raises numpy.linalg.LinAlgError where it isn't positive definite."""
    if len(matrix) > SMALL:
        with suppress(ModuleNotFoundError):
            return _BySciPy(matrix)
    return _ByNumPy(matrix)


class _ByNumPy:
    def __init__(self, matrix: Floats) -> None:
        self._matrix = matrix
        self.log_determinant = 2.0 * float(np.log(np.diagonal(np.linalg.cholesky(matrix))).sum())

    def solve(self, right: Floats) -> Floats:
        return np.linalg.solve(self._matrix, right).astype(np.float64, copy=False)

    def inverse(self) -> Floats:
        inverse: Floats = np.linalg.inv(self._matrix).astype(np.float64, copy=False)
        return 0.5 * (inverse + inverse.T)


class _BySciPy:
    def __init__(self, matrix: Floats) -> None:
        from scipy.linalg import cho_factor

        self._factor, _ = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        self.log_determinant = 2.0 * float(np.log(np.diagonal(self._factor)).sum())

    def solve(self, right: Floats) -> Floats:
        from scipy.linalg import cho_solve

        solution: Floats = cho_solve((self._factor, True), right, check_finite=False)
        return solution

    def inverse(self) -> Floats:
        from scipy.linalg import lapack

        lower, failed = lapack.dpotri(self._factor, lower=1)
        if failed:
            raise np.linalg.LinAlgError("the factor is singular")
        full: Floats = np.tril(lower) + np.tril(lower, -1).T
        return full
