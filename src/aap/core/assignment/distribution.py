"""The assignment: from a demand to a proposal, in the steps of its modules. Pure, and always the same for the same."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from aap.core.assignment.bottleneck import Seats, fill_seats, fittest, only, raise_floor, wanted
from aap.core.assignment.bridging import Panels, join_and_sharpen
from aap.core.assignment.connection import (
    DEFAULT_VARIANCES,
    AssumedVariances,
    Connection,
    Errors,
    connection,
    errors,
)
from aap.core.assignment.crossing import bridges_wanted, cross, usual_share
from aap.core.assignment.problem import Bools, Demand, Grid, Pair, grid_of

Mode = Literal["rebuild", "complete"]

LOSS_PERCENT = 2
"""Of the largest total fit: what a higher worst fit and a better connection may cost together."""

FLOOR_SHARE = 4
"""A higher worst fit may take one part in so many of that."""


@dataclass(frozen=True)
class Options:
    """`mode`: `rebuild` everything that isn't fixed, or `complete` what is there with the fewest changes. `connect`: make
    swaps for the comparison at all. `bridges`: share of reviews across themes, 0 to 1; None: the usual one.
    """

    mode: Mode = "rebuild"
    connect: bool = True
    bridges: Fraction | None = None
    variances: AssumedVariances = DEFAULT_VARIANCES


@dataclass(frozen=True)
class Bridges:
    """Reviews across themes (aap.core.assignment.crossing). `share` asked for, `usual` where nobody said it; `wanted`: their
    number by it; `found`: before the swaps for the share; `made`: now; `without`: the errors to expect before them.
    """

    share: Fraction
    usual: bool
    wanted: int
    found: int
    made: int
    without: Errors

    @property
    def missing(self) -> int:
        """Bridges that seats, minima, loads and bars leave no room for: there is no assignment with more."""
        return max(self.wanted - self.made, 0)


@dataclass(frozen=True)
class Proposal:
    """An assignment with what it rests on.

    `given` (n, m): every pair, the fixed ones too. `optimum`: largest total fit of the pairs that were free, proven by
    LP duality; `fit`: theirs after the floor and all swaps. `asked`, `filled`: seats, minima and loads as asked for
    and as attained. `grid` is the demand's; `movable`: the pairs that were free.
    """

    grid: Grid
    given: Bools
    movable: Bools
    optimum: int
    fit: int
    asked: Seats
    filled: Seats
    connection: Connection
    bridges: Bridges

    @property
    def pairs(self) -> frozenset[Pair]:
        return self.grid.pairs(self.given)

    @property
    def complete(self) -> bool:
        """Whether every seat is filled and every minimum reached."""
        return self.missing == 0 and bool((self.filled.least == self.asked.least).all())

    @property
    def missing(self) -> int:
        """Seats that nobody can take."""
        return int((self.asked.needs - self.filled.needs).sum())

    @property
    def worst_fit(self) -> int:
        """The lowest fit of a pair that was free; of all of them where none was."""
        of = self.movable if self.movable.any() else self.given
        return int(self.grid.fit[of].min()) if of.any() else 0

    @property
    def mean_fit(self) -> float:
        return float(self.grid.fit[self.given].mean()) if self.given.any() else 0.0

    @property
    def worst_dossier_fit(self) -> float:
        """The lowest mean fit of a dossier's panel, of those that have one."""
        sizes = self.given.sum(axis=1)
        read = sizes > 0
        if not read.any():
            return 0.0
        totals = np.where(self.given, self.grid.fit, 0).sum(axis=1)
        return float((totals[read] / sizes[read]).min())


STANDARD = Options()


def assign(demand: Demand, options: Options = STANDARD) -> Proposal:
    """The best assignment; what can't be satisfied is left out and explained by aap.core.assignment.report.

    Raises aap.core.assignment.flow.NotOptimal (an error of the program).
    """
    whole = grid_of(demand)
    grid, asked = whole, wanted(whole)
    if options.mode == "complete":
        keep = whole.current & whole.open
        grid = only(whole, fill_seats(whole, keep).given & keep)
    seats = fill_seats(grid)
    best = fittest(grid, seats)
    assert best is not None  # `fill_seats` has shown that these seats can be filled
    optimum = int(grid.fit[best].sum())
    loss = optimum * LOSS_PERCENT // 100
    floor, free = raise_floor(grid, seats, best, loss=loss // FLOOR_SHARE)
    left = loss - (optimum - int(grid.fit[free].sum()))
    panels = Panels(grid, grid.fixed | free, free.copy(), left, floor, options.variances)
    share = usual_share(grid) if options.bridges is None else options.bridges
    if not options.connect:
        share = Fraction(0)
    elif free.any():
        join_and_sharpen(panels)
    found = panels.bridges
    wanted_bridges = bridges_wanted(share, grid, int(free.sum()), completing=options.mode == "complete")
    without = errors(whole, panels.given, options.variances)
    panels = cross(panels, seats, wanted_bridges)
    free = panels.given & ~grid.fixed
    given = grid.fixed | free
    beside = given & ~whole.fixed
    filled = Seats(beside.sum(axis=1), np.minimum(beside.sum(axis=0), asked.least), asked.caps, beside)
    return Proposal(
        grid=whole,
        given=given,
        movable=free,
        optimum=optimum,
        fit=int(grid.fit[free].sum()),
        asked=asked,
        filled=filled,
        connection=connection(whole, given, options.variances),
        bridges=Bridges(share, options.bridges is None, wanted_bridges, found, panels.bridges, without),
    )
