"""Differences within applications: the matrix that tells reviewers apart, and what is computed with it.

With Z who reviewed (reviews x reviewers) and M the projection that takes each application's mean away, G = Z'MZ is the
Laplacian of the graph whose nodes are the reviewers: two of them are joined with weight 1/k by each application that
both read, k its number of reviews. It knows nothing about the applications' quality, which M has removed.

Up to `LARGEST_DENSE` reviewers G is kept as a matrix. Above, it is applied through the reviews (SciPy's sparse arrays):
systems are solved by conjugate gradients, and the logarithm of a determinant is estimated by Lanczos quadrature from
probes that never change (Ubaru, Chen and Saad 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LARGEST_DENSE = 3_000  # reviewers: a matrix of 72 MB; its eigenvalues take some seconds
PROBES = 128
PROBE_STEPS = 30
STEPS = 80  # of Lanczos from one vector, kept orthogonal


@dataclass(frozen=True)
class Design:
    """Who reviewed what, as indices; `application` and `reviewer` have one entry a review.

    A reviewer has at most one review of an application. `component_of_reviewer`: number of the connected component of
    each reviewer, from 0. Applications and reviewers are numbered from 0, each has a review.
    """

    application: Ints
    reviewer: Ints
    component_of_reviewer: Ints

    @property
    def reviewers(self) -> int:
        return len(self.component_of_reviewer)

    @property
    def applications(self) -> int:
        return int(self.application.max()) + 1

    @property
    def components(self) -> int:
        return int(self.component_of_reviewer.max()) + 1


@dataclass(frozen=True)
class Quadrature:
    """Values and weights: sum of weight x f(value) stands for a quadratic form, or for the trace, of f(G)."""

    values: Floats
    weights: Floats


class Within:
    """G of a design, and sums over its reviews, applications, reviewers and components."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.per_application = np.bincount(design.application, minlength=design.applications).astype(float)
        self.per_reviewer = np.bincount(design.reviewer, minlength=design.reviewers).astype(float)
        self.own = self.per_reviewer - self.by_reviewer(1.0 / self.per_application[design.application])
        """G's diagonal."""
        self.is_dense = design.reviewers <= LARGEST_DENSE

    def by_reviewer(self, v: Floats) -> Floats:
        """Z'v: the sum of `v`, one a review, over each reviewer's."""
        found: Floats = np.bincount(self.design.reviewer, weights=v, minlength=self.design.reviewers).astype(np.float64)
        return found

    def centred(self, v: Floats) -> Floats:
        """M v: `v`, one a review, less the mean of its application."""
        sums = np.bincount(self.design.application, weights=v, minlength=self.design.applications)
        less: Floats = v - (sums / self.per_application)[self.design.application]
        return less

    def levelled(self, v: Floats) -> Floats:
        """`v`, reviewers (x columns), with each component's mean in the place of its members'."""
        group = self.design.component_of_reviewer
        sums = np.zeros((self.design.components, *v.shape[1:]))
        np.add.at(sums, group, v)
        sizes = np.bincount(group).reshape(-1, *[1] * (v.ndim - 1))
        means: Floats = (sums / sizes)[group]
        return means

    @cached_property
    def panels(self) -> list[Ints]:
        """The reviewers of each application."""
        order = np.argsort(self.design.application, kind="stable")
        return np.split(self.design.reviewer[order], np.cumsum(self.per_application.astype(int))[:-1])

    @cached_property
    def matrix(self) -> Floats:
        """G, reviewers x reviewers."""
        found = np.diag(self.per_reviewer)
        for panel in self.panels:
            found[panel[:, None], panel] -= 1.0 / len(panel)
        return found

    @cached_property
    def _sparse(self) -> Callable[[Floats], Floats]:
        from scipy.sparse import csr_array  # only who has very many reviewers waits for it

        design = self.design
        shape = (design.applications, design.reviewers)
        who = csr_array((np.ones(len(design.reviewer)), (design.application, design.reviewer)), shape=shape)
        means, back = csr_array(who.multiply(1.0 / self.per_application[:, None])), csr_array(who.T)

        def times(v: Floats) -> Floats:
            given: Floats = self.per_reviewer.reshape(-1, *[1] * (v.ndim - 1)) * v - back @ (means @ v)
            return given

        return times

    def times(self, v: Floats) -> Floats:
        """G v, `v` reviewers (x columns)."""
        found: Floats = self.matrix @ v if self.is_dense else self._sparse(v)
        return found

    def solve(self, right: Floats, shift: float, *, precision: float = 1e-13) -> Floats:
        """(G + shift I)^-1 right, `right` reviewers x columns; with no shift, `right` balances within components.

        Conjugate gradients scaled by the diagonal, each column to a relative residual of `precision` or as near as goes.
        """
        scale = 1.0 / np.where(self.own + shift > 0.0, self.own + shift, 1.0)[:, None]
        x, r = np.zeros_like(right), right.copy()
        z = scale * r
        p, size = z.copy(), np.einsum("ij,ij->j", r, z)
        enough = precision**2 * size
        for _ in range(10 * self.design.reviewers + 100 if self.is_dense else 2_000):
            if (size <= enough).all():
                break
            ahead = self.times(p) + shift * p
            step = _ratio(size, np.einsum("ij,ij->j", p, ahead), where=size > enough)
            x += step * p
            r -= step * ahead
            z = scale * r
            before, size = size, np.einsum("ij,ij->j", r, z)
            p = z + _ratio(size, before, where=size > enough) * p
        return x

    def eigenvalues(self) -> Quadrature:
        """The spectrum of G; for very many reviewers an estimate of it, always the same one.

        The estimate of a trace is brought nearer by G's own trace, which is known: the share of the probes' error that
        goes with theirs is taken away (least squares over the probes).
        """
        q = self.design.reviewers
        if self.is_dense:
            values: Floats = np.linalg.eigvalsh(self.matrix).astype(np.float64)
            return Quadrature(np.maximum(values, 0.0), np.ones(q))
        drawn = np.random.Generator(np.random.Philox(key=1)).integers(0, 2, (q, PROBES))
        signs: Floats = (drawn * 2.0 - 1.0).astype(np.float64)
        found = [_gauss(*one) for one in self._lanczos(signs, PROBE_STEPS)]
        traces = np.array([float(one.weights @ one.values) for one in found])
        off = traces - traces.mean()
        tilt = off * ((float(self.own.sum()) - traces.mean()) / max(float(off @ off), np.finfo(float).tiny))
        shares = 1.0 / PROBES + tilt
        return Quadrature(
            np.concatenate([one.values for one in found]),
            np.concatenate([one.weights * share for one, share in zip(found, shares, strict=True)]),
        )

    def seen_from(self, v: Floats) -> Quadrature:
        """Quadrature of v' f(G) v for a `v` that balances within components; values of (nearly) 0 are left out."""
        found = _gauss(*self._lanczos(v[:, None], min(STEPS, self.design.reviewers), orthogonal=True)[0])
        kept = found.values > 1e-10 * found.values.max(initial=0.0)
        return Quadrature(found.values[kept], found.weights[kept])

    def _lanczos(self, start: Floats, steps: int, *, orthogonal: bool = False) -> list[tuple[Floats, Floats, float]]:
        """For each column the tridiagonal matrix of G in its Krylov space (diagonal, beside it) and its squared length.

        Where a space is exhausted the matrix falls apart and what follows has no weight.
        """
        length = np.sqrt(np.einsum("ij,ij->j", start, start))
        v = start * _ratio(np.ones_like(length), length, where=length > 0.0)
        before, beside = np.zeros_like(v), np.zeros(v.shape[1])
        largest = 2.0 * float(self.per_reviewer.max())
        kept, diagonals, offs = [v], [], []
        for _ in range(steps):
            w = self.times(v) - beside * before
            alpha = np.einsum("ij,ij->j", w, v)
            w -= alpha * v
            if orthogonal:
                basis = np.hstack(kept)
                for _ in range(2):
                    w -= basis @ (basis.T @ w)
            beside = np.sqrt(np.einsum("ij,ij->j", w, w))
            beside = np.where(beside > 1e-12 * largest, beside, 0.0)
            diagonals.append(alpha)
            offs.append(beside)
            before, v = v, w * _ratio(np.ones_like(beside), beside, where=beside > 0.0)
            if orthogonal:
                kept.append(v)
        diagonal, off = np.array(diagonals), np.array(offs)
        return [(diagonal[:, c], off[:-1, c], float(length[c] ** 2)) for c in range(start.shape[1])]


def _gauss(diagonal: Floats, beside: Floats, mass: float) -> Quadrature:
    """Gauss quadrature of a tridiagonal matrix (Golub and Welsch 1969)."""
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    return Quadrature(np.maximum(values, 0.0), mass * vectors[0] ** 2)


def _ratio(above: Floats, below: Floats, *, where: NDArray[np.bool_]) -> Floats:
    """`above / below`, 0 where it isn't asked for."""
    return np.divide(above, below, out=np.zeros_like(above), where=where & (below != 0.0))
