"""What differs between two assignments, and what one move by hand would change."""

from __future__ import annotations

from dataclasses import dataclass

from aap.core.assignment.connection import DEFAULT_VARIANCES, AssumedVariances, Connection, connection
from aap.core.assignment.problem import Bar, Bools, Grid, Pair


@dataclass(frozen=True)
class Changes:
    """Pairs that come and go, sorted."""

    added: tuple[Pair, ...]
    removed: tuple[Pair, ...]

    def __len__(self) -> int:
        return len(self.added) + len(self.removed)


def changes(before: frozenset[Pair], after: frozenset[Pair]) -> Changes:
    """From one assignment to the other."""
    return Changes(tuple(sorted(after - before)), tuple(sorted(before - after)))


@dataclass(frozen=True)
class Effect:
    """What a move does. `bar`: why the reviewer shouldn't have the dossier. Fits: total of all pairs, and of the one
    that goes (None: none goes) and comes. Loads: of the reviewer who comes, after, and the most they may have.
    """

    bar: Bar
    fit_gone: int | None
    fit_come: int | None
    load: int
    most: int
    panel: int
    before: Connection
    after: Connection

    @property
    def too_many(self) -> bool:
        return self.load > self.most


def effect(
    grid: Grid,
    given: Bools,
    *,
    gone: Pair | None,
    come: Pair | None,
    variances: AssumedVariances = DEFAULT_VARIANCES,
) -> Effect:
    """The effect of taking a pair away, giving one, or both. Raises KeyError where an id isn't in the grid."""
    row = {one: at for at, one in enumerate(grid.dossiers)}
    column = {one: at for at, one in enumerate(grid.reviewers)}
    after = given.copy()
    fit_gone = fit_come = None
    bar, load, most, panel = Bar.NONE, 0, 0, 0
    if gone is not None:
        at = row[gone[0]], column[gone[1]]
        after[at], fit_gone, panel = False, int(grid.fit[at]), at[0]
    if come is not None:
        at = row[come[0]], column[come[1]]
        after[at], fit_come, panel = True, int(grid.fit[at]), at[0]
        bar, most = Bar(int(grid.barred[at])), int(grid.most[at[1]])
        load = int(after[:, at[1]].sum())
    return Effect(
        bar=bar,
        fit_gone=fit_gone,
        fit_come=fit_come,
        load=load,
        most=most,
        panel=int(after[panel].sum()),
        before=connection(grid, given, variances),
        after=connection(grid, after, variances),
    )
