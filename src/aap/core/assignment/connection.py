"""How well the calibration will be able to compare reviewers: components, weakest cut, expected standard error.

The expected standard error is that of a calibrated score (aap.core.scoring.severity, aap.core.scoring.reml): for dossier i with
panel S_i of k reviewers,

    Var_i = ve / k + mean of the block S_i x S_i of C,    C = vb (I + (vb / ve) M)^-1 + the part due to the mean,
    M = Zb' Ra Zb,    Ra = (I + (va / ve) Za Za')^-1,

which is Henderson's prediction error variance of the reviewers' effects (Biometrics 31, 1975). It depends on who reads
what and on the variances, not on the marks, so it is known beforehand. As in the calibration, every component of the
graph has a mean of its own: what its reviewers have in common can't be told from the quality of what they read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, eigh, lapack
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from aap.core.assignment.problem import Bools, Floats, Grid, Ints
from aap.core.scoring.review_graph import Component, WeakLinks, components, weak_links


@dataclass(frozen=True, slots=True)
class AssumedVariances:
    """Variances of a review's total, in points on 100 squared, before there are marks.

    The default is what was found on marks of 1 to 10 of an earlier call: 1.28, 0.24 and 1.27, times (100 / 9)².
    """

    application: float = 158.0
    reviewer: float = 29.6
    noise: float = 156.8


DEFAULT_VARIANCES = AssumedVariances()


@dataclass(frozen=True)
class Cut:
    """Two groups of reviewers with few dossiers in common, for their size. `shared`: dossiers read in both groups."""

    smaller: tuple[str, ...]
    larger: tuple[str, ...]
    shared: int


@dataclass(frozen=True)
class Connection:
    """`mean_error`: mean over the dossiers of the calibrated score's expected standard error, points on 100;
    `severity_error`: the same without the noise of a dossier's own reviews: what the connection can change.
    """

    components: tuple[Component, ...]
    weak: WeakLinks
    cut: Cut | None
    mean_error: float
    severity_error: float


def seats_of(given: Bools) -> Ints:
    """The reviewers of each dossier, (n, largest panel); places that nobody holds hold m."""
    n, m = given.shape
    dossiers, reviewers = np.nonzero(given)
    sizes = np.bincount(dossiers, minlength=n)
    place = np.arange(len(dossiers)) - (np.cumsum(sizes) - sizes)[dossiers]
    seats = np.full((n, max(int(sizes.max(initial=0)), 1)), m, dtype=np.int64)
    seats[dossiers, place] = reviewers
    return seats


class Precision:
    """Expected error variances of the panels of one assignment (at least one pair).

    `seats` (n, k): reviewers of the dossiers that are read. `covariance` (m + 1, m + 1): of (true - predicted effect),
    points squared; the last row and column are the zeros of an empty place.
    """

    def __init__(self, given: Bools, variances: AssumedVariances) -> None:
        m = given.shape[1]
        seats = seats_of(given)
        read = (seats < m).any(axis=1)
        self.row = np.cumsum(read) - 1  # of a dossier's place in the grid, for those that are read
        self.seats = seats[read]
        there = self.seats < m
        self.sizes: Floats = there.sum(axis=1).astype(np.float64)
        self.variances = variances
        dossiers = np.nonzero(there)[0]
        self.panels = csr_array((np.ones(len(dossiers)), (dossiers, self.seats[there])), shape=(len(self.seats), m + 1))
        self.covariance = _covariance(self.panels, self.sizes, variances)

    def severity_variances(self) -> Floats:
        """Variance of the mean of the reviewers' effects given the reviews, one a dossier that is read."""
        blocks: Floats = self.covariance[self.seats[:, :, None], self.seats[:, None, :]].sum(axis=(1, 2))
        return np.maximum(blocks, 0.0) / self.sizes**2

    def mean_severity_variance(self) -> float:
        return float(self.severity_variances().mean())

    def mean_error(self) -> float:
        return float(np.sqrt(self.variances.noise / self.sizes + self.severity_variances()).mean())


def _components(panels: csr_array) -> tuple[int, Ints]:
    """Number of components, and that of every dossier and then every reviewer."""
    n, m = panels.shape
    dossiers, reviewers = panels.nonzero()
    graph = coo_array((np.ones(len(dossiers)), (dossiers, reviewers + n)), shape=(n + m, n + m))
    parts, part = connected_components(graph, directed=False)
    return int(parts), part.astype(np.int64)


def _covariance(panels: csr_array, sizes: Floats, variances: AssumedVariances) -> Floats:
    """Prediction error covariance of all reviewers (those who read nothing: zeros), points squared."""
    a, b = variances.application / variances.noise, variances.reviewer / variances.noise
    load = panels.sum(axis=0).astype(np.float64)
    shrink = a / (1.0 + a * sizes)
    m_matrix: Floats = np.diag(load) - (panels.T @ (panels * shrink[:, None])).toarray()
    m_matrix *= b
    m_matrix[np.diag_indices_from(m_matrix)] += 1.0
    factor, _ = cho_factor(m_matrix, lower=True, overwrite_a=True, check_finite=False)
    lower, failed = lapack.dpotri(factor, lower=1)
    assert failed == 0
    inverse: Floats = np.tril(lower) + np.tril(lower, -1).T
    parts, part = _components(panels)
    of_mean = 1.0 / (1.0 + a * sizes)  # Ra 1, the same for each review of a dossier
    h: Floats = panels.T @ of_mean
    u = inverse @ h
    n = len(sizes)
    # 1' H^-1 1 in each component
    weight = np.bincount(part[:n], sizes * of_mean, parts) - b * np.bincount(part[n:], h * u, parts)
    level = b * u * np.sqrt(variances.noise / np.where(weight > 0, weight, 1.0))[part[n:]]
    covariance = variances.reviewer * inverse
    covariance += np.where(part[n:][:, None] == part[n:][None, :], np.outer(level, level), 0.0)
    idle = load == 0
    covariance[idle, :] = 0.0
    covariance[:, idle] = 0.0
    return covariance


def connection(grid: Grid, given: Bools, variances: AssumedVariances = DEFAULT_VARIANCES) -> Connection:
    """How an assignment (n, m), fixed pairs included, holds together."""
    if not given.any():
        return Connection((), WeakLinks(), None, 0.0, 0.0)
    pairs = grid.pairs(given)
    parts = components(pairs)
    precision = Precision(given, variances)
    return Connection(
        components=parts,
        weak=weak_links(pairs),
        cut=weakest_cut(grid, given) if len(parts) == 1 else None,
        mean_error=precision.mean_error(),
        severity_error=float(np.sqrt(precision.severity_variances()).mean()),
    )


def weakest_cut(grid: Grid, given: Bools) -> Cut | None:
    """The cut with the fewest shared reviews for its size, along the Fiedler vector of the reviewers' graph.

    Reviewers are joined by the dossiers that they share. Sorted by the second eigenvector of the normalised Laplacian,
    every place to cut is tried and the smallest conductance kept (Cheeger's sweep; Chung, Spectral Graph Theory, 1997).
    The exact minimum is not sought: it would mostly be one reviewer with one dossier.
    """
    seen = np.flatnonzero(given.any(axis=0))
    read = given[:, seen].astype(np.float64)
    together = read.T @ read
    np.fill_diagonal(together, 0.0)
    degree = together.sum(axis=1)
    if len(seen) < 4 or (degree == 0).any():
        return None
    root = 1.0 / np.sqrt(degree)
    laplacian = np.eye(len(seen)) - root[:, None] * together * root[None, :]
    _, vectors = eigh(laplacian, subset_by_index=(0, 1), overwrite_a=True, check_finite=False)
    order = np.argsort(np.round(vectors[:, 1] * root, 9), kind="stable")
    sorted_graph = together[np.ix_(order, order)]
    # crossing[j]: links between the first j + 1 and the others
    crossing = np.cumsum(degree[order] - 2.0 * np.tril(sorted_graph).sum(axis=1))
    volume = np.cumsum(degree[order])
    inside = slice(1, len(seen) - 2)  # at least two reviewers on each side
    conductance = crossing[inside] / np.minimum(volume, volume[-1] - volume)[inside]
    at = int(np.argmin(np.round(conductance, 12))) + 2
    first, second = seen[order[:at]], seen[order[at:]]
    shared = int((given[:, first].any(axis=1) & given[:, second].any(axis=1)).sum())
    groups = [tuple(grid.reviewers[r] for r in sorted(side)) for side in (first, second)]
    smaller, larger = sorted(groups, key=lambda side: (len(side), side))
    return Cut(smaller, larger, shared)
