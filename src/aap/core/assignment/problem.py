"""What an assignment is made from: dossiers, reviewers, who can't read what, how well they fit; and the same as a grid.

Fit is a whole number from 0 to 100, so that the optimum is exact. Without a figure of the caller's own (`affinities`)
it follows from the themes: the share of the dossier's themes that the reviewer knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Pair = tuple[str, str]
"""(dossier id, reviewer id)."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EXPERT = 100
"""Fit of a reviewer who knows every theme of the dossier."""

GENERALIST = 60
"""Fit of a reviewer who named no theme, and of anybody for a dossier without theme."""

OTHER = 20
"""Fit of a reviewer who knows none of the dossier's themes."""

MOST_FIT = 100

WISHES = 25
"""Part of the fit, of 100, that follows the reviewers' lists where there are some; themes or affinities have the rest."""


class Bar(IntEnum):
    """Why a reviewer can't be given a dossier. Where several hold, the first of them."""

    NONE = 0
    CONFLICT = 1
    UNAVAILABLE = 2
    DEPARTMENT = 3
    EARLIER = 4
    DECLINED = 5


@dataclass(frozen=True, slots=True)
class Dossier:
    """`reviews`: how many it needs; None: as many as the others. `department`: code; empty: unknown."""

    id: str
    themes: tuple[str, ...] = ()
    department: str = ""
    reviews: int | None = None

    @property
    def themes_named(self) -> tuple[str, ...]:
        """Each once, sorted."""
        return tuple(sorted(set(self.themes)))


@dataclass(frozen=True, slots=True)
class Reviewer:
    """`departments`: codes to avoid; `themes`: expertise, none: any; loads count dossiers, what is fixed included."""

    id: str
    themes: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    min_load: int = 0
    max_load: int = 25
    available: bool = True


@dataclass(frozen=True)
class Demand:
    """Everything that an assignment follows from; the order of the sequences doesn't matter.

    `conflicts`: pairs that must not be. `earlier`: pairs to avoid because the reviewer read an earlier dossier of the
    same association. `declined`: pairs that the reviewer gave back for lack of time. `fixed`: pairs that stay whatever
    happens (locked, or already marked), even against a rule. `current`: pairs that hold now. `affinities`: fits that replace
    the one computed from themes. `preferences`: what the reviewers would rather read, the rank of a pair in its reviewer's
    list, from 1.
    """

    dossiers: Sequence[Dossier]
    reviewers: Sequence[Reviewer]
    reviews: int
    conflicts: frozenset[Pair] = frozenset()
    earlier: frozenset[Pair] = frozenset()
    fixed: frozenset[Pair] = frozenset()
    current: frozenset[Pair] = frozenset()
    affinities: Mapping[Pair, int] = field(default_factory=dict)
    preferences: Mapping[Pair, int] = field(default_factory=dict)
    declined: frozenset[Pair] = frozenset()
    avoid_department: bool = True
    seed: str = ""


@dataclass(frozen=True)
class Grid:
    """A demand as arrays: n dossiers by m reviewers, both sorted by id.

    `fit` (n, m), 0 to 100; `barred` (n, m), codes of Bar; `fixed`, `current` (n, m); `reviews` (n,): seats a dossier
    needs in all; `least`, `most` (m,): bounds of the loads in all (most: at least what is fixed); `noise` (n, m), 0 to
    255: drawn from the seed, settles ties so that panels mix. `crossing` (n, m): the pair would be a bridge, reviewer and
    dossier both name themes and none in common. `groups` (n,): number of the dossier's set of themes, -1: it names none.
    `one_theme` (m,): place of the only theme that the reviewer names, -1: none or several.
    """

    dossiers: tuple[str, ...]
    reviewers: tuple[str, ...]
    fit: Ints
    barred: NDArray[np.int8]
    fixed: Bools
    current: Bools
    reviews: Ints
    least: Ints
    most: Ints
    noise: Ints
    crossing: Bools
    groups: Ints
    one_theme: Ints

    @property
    def open(self) -> Bools:
        """Pairs that may be given: nothing bars them, and they aren't fixed already."""
        free: Bools = (self.barred == Bar.NONE) & ~self.fixed
        return free

    def pairs(self, given: Bools) -> frozenset[Pair]:
        """The ids of the pairs that hold in an (n, m) array."""
        return frozenset((self.dossiers[d], self.reviewers[r]) for d, r in zip(*np.nonzero(given), strict=True))

    def array(self, pairs: Iterable[Pair]) -> Bools:
        """The pairs as an (n, m) array; those of unknown ids are left out."""
        return _array(pairs, _places(self.dossiers), _places(self.reviewers))


def grid_of(demand: Demand) -> Grid:
    """The arrays of a demand. Pairs of ids that aren't in it are left out."""
    dossiers = sorted(demand.dossiers, key=lambda one: one.id)
    reviewers = sorted(demand.reviewers, key=lambda one: one.id)
    rows, columns = _places([one.id for one in dossiers]), _places([one.id for one in reviewers])
    fixed = _array(demand.fixed, rows, columns)
    load = fixed.sum(axis=0)
    themes = _places(
        sorted(
            {theme for one in dossiers for theme in one.themes} | {theme for one in reviewers for theme in one.themes}
        )
    )
    of_dossier = _members([one.themes for one in dossiers], themes)
    of_reviewer = _members([one.themes for one in reviewers], themes)
    common = of_dossier @ of_reviewer.T
    named: Bools = (of_dossier.sum(axis=1)[:, None] > 0) & (of_reviewer.sum(axis=1)[None, :] > 0)
    groups = {
        themes_of: at for at, themes_of in enumerate(sorted({one.themes_named for one in dossiers if one.themes}))
    }
    available = np.array([one.available for one in reviewers], dtype=bool)
    most = np.array([one.max_load for one in reviewers], dtype=np.int64)
    least = np.array([one.min_load for one in reviewers], dtype=np.int64)
    return Grid(
        dossiers=tuple(rows),
        reviewers=tuple(columns),
        fit=_fits(demand, common, of_dossier.sum(axis=1), named, rows, columns),
        barred=_barred(demand, dossiers, reviewers, rows, columns),
        fixed=fixed,
        current=_array(demand.current, rows, columns) | fixed,
        reviews=np.array([demand.reviews if one.reviews is None else one.reviews for one in dossiers], dtype=np.int64),
        least=np.where(available, least, 0),
        most=np.maximum(np.where(available, most, 0), load),
        noise=drawn(demand.seed, 256, (len(rows), len(columns))),
        crossing=named & (common == 0),
        groups=np.array([groups.get(one.themes_named, -1) for one in dossiers], dtype=np.int64),
        one_theme=np.array(
            [themes[one.themes[0]] if len(set(one.themes)) == 1 else -1 for one in reviewers], dtype=np.int64
        ),
    )


def drawn(seed: str, below: int, shape: tuple[int, ...]) -> Ints:
    """Whole numbers from 0 to `below` - 1, always the same for the same seed (NumPy's Philox keyed by SHA-256)."""
    key = int.from_bytes(hashlib.sha256(f"{seed}:assignment".encode()).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=key)).integers(0, below, shape, dtype=np.int64)


def _places(ids: Iterable[str]) -> dict[str, int]:
    return {one: at for at, one in enumerate(ids)}


def _array(pairs: Iterable[Pair], rows: Mapping[str, int], columns: Mapping[str, int]) -> Bools:
    found = np.zeros((len(rows), len(columns)), dtype=bool)
    at = [(rows[d], columns[r]) for d, r in pairs if d in rows and r in columns]
    if at:
        where = np.array(at)
        found[where[:, 0], where[:, 1]] = True
    return found


def _members(sets: Sequence[tuple[str, ...]], names: Mapping[str, int]) -> Ints:
    """One row a set, one column a name: 1 where the name is in the set."""
    found = np.zeros((len(sets), len(names)), dtype=np.int64)
    for at, one in enumerate(sets):
        for name in one:
            if name in names:
                found[at, names[name]] = 1
    return found


def _fits(
    demand: Demand, common: Ints, count: Ints, named: Bools, rows: Mapping[str, int], columns: Mapping[str, int]
) -> Ints:
    """`common` (n, m): themes in common; `count` (n,): of the dossier; `named` (n, m): both name some."""
    fit = OTHER + ((EXPERT - OTHER) * common) // np.maximum(count, 1)[:, None]
    fit = np.where(named, fit, GENERALIST)
    # a column at a time: there may be millions of pairs
    at_dossier = np.array([rows.get(dossier, -1) for dossier, _ in demand.affinities], dtype=np.int64)
    at_reviewer = np.array([columns.get(reviewer, -1) for _, reviewer in demand.affinities], dtype=np.int64)
    values = np.clip(np.array(list(demand.affinities.values()), dtype=np.int64), 0, MOST_FIT)
    known = (at_dossier >= 0) & (at_reviewer >= 0)
    fit[at_dossier[known], at_reviewer[known]] = values[known]
    return _wished(demand, fit, rows, columns) if demand.preferences else fit


def _wished(demand: Demand, fit: Ints, rows: Mapping[str, int], columns: Mapping[str, int]) -> Ints:
    """The fits with the reviewers' lists: the first of a list has all of WISHES, the last one part of its length of it, what
    isn't on it nothing; who gave no list has the half for every dossier."""
    wishes = np.full(fit.shape, WISHES // 2, dtype=np.int64)
    lists: dict[str, list[tuple[int, str]]] = {}
    for (dossier, reviewer), rank in demand.preferences.items():
        if dossier in rows and reviewer in columns:
            lists.setdefault(reviewer, []).append((rank, dossier))
    for reviewer, ranked in lists.items():
        wishes[:, columns[reviewer]] = 0
        for before, (_, dossier) in enumerate(sorted(ranked)):
            wishes[rows[dossier], columns[reviewer]] = WISHES * (len(ranked) - before) // len(ranked)
    return fit * (MOST_FIT - WISHES) // MOST_FIT + wishes


def _barred(
    demand: Demand,
    dossiers: Sequence[Dossier],
    reviewers: Sequence[Reviewer],
    rows: Mapping[str, int],
    columns: Mapping[str, int],
) -> NDArray[np.int8]:
    barred = np.zeros((len(rows), len(columns)), dtype=np.int8)
    barred[_array(demand.declined, rows, columns)] = Bar.DECLINED
    barred[_array(demand.earlier, rows, columns)] = Bar.EARLIER
    if demand.avoid_department:
        codes = _places(sorted({one.department for one in dossiers if one.department}))
        near = (
            _members([(one.department,) for one in dossiers], codes)
            @ _members([one.departments for one in reviewers], codes).T
        )
        barred[near > 0] = Bar.DEPARTMENT
    barred[:, [not one.available for one in reviewers]] = Bar.UNAVAILABLE
    barred[_array(demand.conflicts, rows, columns)] = Bar.CONFLICT
    return barred
