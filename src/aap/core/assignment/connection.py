"""How well the calibration will be able to compare reviewers: components, weakest cut, expected standard errors.

The expected standard error is that of a calibrated score (aap.core.scoring.severity: applications fixed, reviewers random): for
dossier i with panel S_i of k reviewers,

    Var_i = ve / k + mean of the block S_i x S_i of C,    C = ve (Z' M Z + (ve / vb) I)^-1,

Z being the reviewers of the reviews (N, m), M removing the dossiers' means: Henderson's prediction error covariance of the
reviewers' effects (Biometrics 31, 1975) with a flat prior on the dossiers. Z' M Z is the Laplacian of the reviewers'
graph, two of them joined by 1 / k for each dossier that both read. It depends on who reads what and on the variances, not
on the marks, so it is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, eigh, lapack
from scipy.sparse import csr_array

from aap.core.assignment.problem import Bools, Floats, Grid, Ints
from aap.core.scoring.review_graph import Component, WeakLinks, components, weak_links


@dataclass(frozen=True, slots=True)
class AssumedVariances:
    """Variances of a review's total, in points on 100 squared, before there are marks.

    The default is what was found on marks of 1 to 10 of an earlier call: 0.24 and 1.27, times (100 / 9)².
    """

    reviewer: float = 29.6
    noise: float = 156.8


DEFAULT_VARIANCES = AssumedVariances()


@dataclass(frozen=True)
class Cut:
    """Two groups of reviewers with few dossiers in common, for their size. `shared`: dossiers read in both groups."""

    smaller: tuple[str, ...]
    larger: tuple[str, ...]
    shared: int


@dataclass(frozen=True, slots=True)
class Errors:
    """Expected standard errors of calibrated scores, points on 100.

    `score`: mean over the dossiers that are read; `severity`: the same without the noise of a dossier's own reviews, what
    the assignment can change; `across`: that of the difference between two dossiers of different themes, root mean square
    over all such pairs, also without the noise; None where there is none.
    """

    score: float = 0.0
    severity: float = 0.0
    across: float | None = None


@dataclass(frozen=True)
class Connection:
    """How an assignment holds together. `cut` is None where there are several components or few reviewers."""

    components: tuple[Component, ...]
    weak: WeakLinks
    cut: Cut | None
    errors: Errors


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
        self.read: Ints = np.flatnonzero(read)
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

    def errors(self, groups: Ints) -> Errors:
        """`groups` (n,): the group of every dossier of the assignment, -1 for none."""
        severity = self.severity_variances()
        whole = self.variances.noise / self.sizes + severity
        return Errors(
            score=float(np.sqrt(whole).mean()),
            severity=float(np.sqrt(severity).mean()),
            across=self._across(severity, groups[self.read]),
        )

    def _across(self, variances: Floats, group: Ints) -> float | None:
        """Var(x - y) = Var x + Var y - 2 Cov, summed over all pairs of groups at once."""
        names = np.unique(group[group >= 0])
        if len(names) < 2:
            return None
        member = (group[:, None] == names[None, :]).astype(np.float64)
        count: Floats = member.sum(axis=0)
        own: Floats = variances @ member
        seats: Floats = self.panels.T @ (member / self.sizes[:, None])  # (m + 1, groups)
        shared: Floats = seats.T @ self.covariance @ seats
        pairs = count.sum() ** 2 - (count**2).sum()
        total = 2.0 * (own * (count.sum() - count)).sum() - 2.0 * (shared.sum() - np.trace(shared))
        return float(np.sqrt(max(total, 0.0) / pairs))


def _covariance(panels: csr_array, sizes: Floats, variances: AssumedVariances) -> Floats:
    """Prediction error covariance of all reviewers (those who read nothing: zeros), points squared."""
    if variances.reviewer <= 0.0:
        return np.zeros((panels.shape[1], panels.shape[1]))
    load = panels.sum(axis=0).astype(np.float64)
    inner: Floats = np.diag(load) - (panels.T @ (panels / sizes[:, None])).toarray()
    inner[np.diag_indices_from(inner)] += variances.noise / variances.reviewer
    factor, _ = cho_factor(inner, lower=True, overwrite_a=True, check_finite=False)
    lower, failed = lapack.dpotri(factor, lower=1)
    assert failed == 0
    covariance: Floats = variances.noise * (np.tril(lower) + np.tril(lower, -1).T)
    idle = load == 0
    covariance[idle, :] = 0.0
    covariance[:, idle] = 0.0
    return covariance


def errors(grid: Grid, given: Bools, variances: AssumedVariances = DEFAULT_VARIANCES) -> Errors:
    """The errors to expect of an assignment (n, m), fixed pairs included."""
    return Precision(given, variances).errors(grid.groups) if given.any() else Errors()


def connection(grid: Grid, given: Bools, variances: AssumedVariances = DEFAULT_VARIANCES) -> Connection:
    """How an assignment (n, m), fixed pairs included, holds together."""
    if not given.any():
        return Connection((), WeakLinks(), None, Errors())
    pairs = grid.pairs(given)
    parts = components(pairs)
    return Connection(
        components=parts,
        weak=weak_links(pairs),
        cut=weakest_cut(grid, given) if len(parts) == 1 else None,
        errors=errors(grid, given, variances),
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
