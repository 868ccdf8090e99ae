"""The two ways of factoring a matrix agree, on both sides of the size where one takes over from the other."""

from __future__ import annotations

import numpy as np
import pytest

from aap.core.scoring import positive_definite


def a_matrix(rows: int) -> positive_definite.Floats:
    """A matrix like the calibration's: diagonally dominant, with negative entries off the diagonal."""
    chance = np.random.default_rng(rows)
    off = -np.abs(chance.normal(size=(rows, rows))) * (chance.random((rows, rows)) < 0.2)
    symmetric = np.triu(off, 1) + np.triu(off, 1).T
    return symmetric + np.diag(1.0 + np.abs(symmetric).sum(axis=0))


@pytest.mark.parametrize("small", [0, 1_000], ids=["by SciPy", "by NumPy"])
def test_determinant_solution_and_inverse_are_those_of_the_matrix(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(positive_definite, "SMALL", small)
    matrix = a_matrix(30)
    right = np.arange(60.0).reshape(30, 2)
    factored = positive_definite.factor(matrix.copy())
    inverse = factored.inverse()
    assert factored.log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-12)
    np.testing.assert_allclose(matrix @ factored.solve(right), right, atol=1e-10)
    np.testing.assert_allclose(matrix @ inverse, np.eye(30), atol=1e-12)
    assert (inverse == inverse.T).all()


@pytest.mark.parametrize("small", [0, 1_000], ids=["by SciPy", "by NumPy"])
def test_a_matrix_that_is_not_positive_definite_is_refused(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(positive_definite, "SMALL", small)
    with pytest.raises(np.linalg.LinAlgError):
        positive_definite.factor(-np.eye(3))
