"""Groups of reviewers who hardly read the same applications, though the graph of the reviews holds together.

Two groups are weakly joined where fewer than one in twenty of the smaller group's reviews are of applications that the
other read too. What is reported always is so, for it is counted; finding such groups is a search, as no fast method
finds every cut of a graph:

- each component of the graph is looked at on its own;
- the reviewers are placed on a few lines by the slowest vectors of a walk from reviewer to reviewer through common
  applications (the leading eigenvectors of D^-1/2 A D^-1/2, found by subspace iteration from fixed vectors): a walk
  rarely leaves a group that is weakly joined, so its members lie together (Fiedler 1973; Shi and Malik 2000);
- each line is swept from one end to the other, every cut of it is counted, and the one with the smallest share is kept;
- where that share is below the limit the two sides are looked at in turn, each as if the other weren't there.

Everything is in the order of the ids, so the answer doesn't depend on that of the rows. The work grows with the number
of reviews, whatever their pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aap.core.scoring.within import Floats, Ints

SHARE = 20  # one in so many
VECTORS = 6
WALKS = 60  # steps of the subspace iteration: what mixes within a group is then gone
MOST_SPLITS = 20


@dataclass(frozen=True, slots=True)
class WeakSplit:
    """Two groups, each sorted by id. `common` of the `reviews` of the smaller are of applications the larger read too."""

    smaller: tuple[str, ...]
    larger: tuple[str, ...]
    common: int
    reviews: int


def weakly_joined(pairs: Sequence[tuple[str, str]]) -> tuple[WeakSplit, ...]:
    """The weak splits of (application id, reviewer id) pairs, the first found first; at most `MOST_SPLITS`."""
    edges = sorted(set(pairs))
    names = sorted({reviewer for _, reviewer in edges})
    numbers = {name: at for at, name in enumerate(names)}
    places = {name: at for at, name in enumerate(dict.fromkeys(application for application, _ in edges))}
    application = np.array([places[one] for one, _ in edges], dtype=np.intp)
    reviewer = np.array([numbers[one] for _, one in edges], dtype=np.intp)
    found: list[WeakSplit] = []
    waiting = [np.arange(len(edges))] if edges else []
    while waiting and len(found) < MOST_SPLITS:
        within = waiting.pop(0)
        members, own = np.unique(reviewer[within], return_inverse=True)
        _, dossier = np.unique(application[within], return_inverse=True)
        if len(members) < 4:
            continue
        split = _best_cut(dossier, own)
        if split is None:
            continue
        inside, common, reviews = split
        first, second = (tuple(names[at] for at in members[side]) for side in (inside, ~inside))
        small_first = int(inside[own].sum()) * 2 <= len(own)
        if common:  # without a common application they are components, of which another notice tells
            found.append(WeakSplit(*((first, second) if small_first else (second, first)), common, reviews))
        waiting += [within[inside[own]], within[~inside[own]]]
    return tuple(found)


def _best_cut(application: Ints, reviewer: Ints) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], int, int] | None:
    """The reviewers of one side, the smaller side's common reviews and its reviews; None where no cut is weak enough."""
    best: tuple[float, np.ndarray[tuple[int], np.dtype[np.bool_]], int, int] | None = None
    for line in _lines(application, reviewer).T:
        order = np.lexsort((np.arange(len(line)), np.round(line, 9)))
        place = np.empty(len(line), dtype=np.intp)
        place[order] = np.arange(len(line))
        common, reviews = _swept(application, place[reviewer])
        share = common / reviews
        share[[0, -1]] = 1.0  # a group is two reviewers or more
        at = int(np.argmin(share))
        if SHARE * common[at] < reviews[at] and (best is None or share[at] < best[0]):
            best = (float(share[at]), place <= at, int(common[at]), int(reviews[at]))
    return None if best is None else best[1:]


def _swept(application: Ints, place: Ints) -> tuple[Ints, Ints]:
    """For every cut after place 0, 1, … but the last: the smaller side's common reviews, and its reviews.

    A review is common at a cut where its application was read on both sides.
    """
    count = int(place.max()) + 1
    first = np.full(int(application.max()) + 1, count, dtype=np.intp)
    last = np.zeros_like(first)
    np.minimum.at(first, application, place)
    np.maximum.at(last, application, place)
    # a review on the near side, from its own place on, and until its application's last reader has passed
    near = np.cumsum(np.bincount(place, minlength=count + 1) - np.bincount(last[application], minlength=count + 1))
    far = np.cumsum(np.bincount(first[application], minlength=count + 1) - np.bincount(place, minlength=count + 1))
    before = np.cumsum(np.bincount(place, minlength=count))
    after = len(place) - before
    smaller_near = before <= after
    common = np.where(smaller_near, near[:count], far[:count])[:-1]
    return common, np.where(smaller_near, before, after)[:-1]


def _lines(application: Ints, reviewer: Ints) -> Floats:
    """Where each reviewer lies on each line: reviewers x lines."""
    readers = np.bincount(application).astype(float)
    degree = np.bincount(reviewer).astype(float)
    count = len(degree)
    vectors = min(VECTORS, count - 1)
    block = np.random.Generator(np.random.Philox(key=2)).standard_normal((count, vectors))
    still = np.sqrt(degree)[:, None] / float(np.sqrt(degree.sum()))  # the walk's resting place, which tells nothing
    by_application = np.argsort(application, kind="stable")
    at_application = np.concatenate([[0], np.cumsum(readers.astype(int))[:-1]])
    by_reviewer = np.argsort(reviewer, kind="stable")
    at_reviewer = np.concatenate([[0], np.cumsum(degree.astype(int))[:-1]])
    scale = 1.0 / np.sqrt(degree)[:, None]
    for _ in range(WALKS):
        spread = (scale * block)[reviewer[by_application]]
        means = np.add.reduceat(spread, at_application, axis=0) / readers[:, None]
        block = scale * np.add.reduceat(means[application[by_reviewer]], at_reviewer, axis=0)
        block -= still @ (still.T @ block)
        block, _ = np.linalg.qr(block)
    found: Floats = scale * block
    return found
