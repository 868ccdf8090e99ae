"""The two ways of factoring a matrix agree, whichever the size and what is installed choose."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from aap.core.scoring import positive_definite


def a_matrix(rows: int) -> positive_definite.Floats:
    """A matrix like the calibration's: diagonally dominant, with negative entries off the diagonal."""
    chance = np.random.default_rng(rows)
    off = -np.abs(chance.normal(size=(rows, rows))) * (chance.random((rows, rows)) < 0.2)
    symmetric = np.triu(off, 1) + np.triu(off, 1).T
    return symmetric + np.diag(1.0 + np.abs(symmetric).sum(axis=0))


@pytest.fixture(params=["by SciPy", "by NumPy", "by NumPy for want of SciPy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(positive_definite, "SMALL", 1_000 if request.param == "by NumPy" else 0)
    if request.param == "by NumPy for want of SciPy":
        monkeypatch.setitem(sys.modules, "scipy.linalg", None)  # as where it isn't installed
    return str(request.param)


def test_determinant_solution_and_inverse_are_those_of_the_matrix(way: str) -> None:
    matrix = a_matrix(30)
    right = np.arange(60.0).reshape(30, 2)
    factored = positive_definite.factor(matrix.copy())
    assert type(factored).__name__ == ("_BySciPy" if way == "by SciPy" else "_ByNumPy")
    inverse = factored.inverse()
    assert factored.log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-12)
    np.testing.assert_allclose(matrix @ factored.solve(right), right, atol=1e-10)
    np.testing.assert_allclose(matrix @ inverse, np.eye(30), atol=1e-12)
    assert (inverse == inverse.T).all()


def test_a_matrix_that_is_not_positive_definite_is_refused(way: str) -> None:
    assert way
    with pytest.raises(np.linalg.LinAlgError):
        positive_definite.factor(-np.eye(3))
