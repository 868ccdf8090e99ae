"""How much the solver may work, and how it is stopped from outside.

Work is counted in nodes of the search tree, which stop a run at the same point every time on one thread; time is never
looked at. One allowance covers everything that is asked within `allowance`: rounds of cuts, second looks, the walk, ties,
prices, conflicts. A run counts as one node at least, so that what ends is bounded too. Outside of it each question has
an allowance of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import isfinite
from time import monotonic
from typing import Any

import highspy

from aap.core.interruption import go_on
from aap.core.selection.rows import Retained

WORK = 5_000
"""Nodes that a selection may take, with all that is asked about it: usual calls take a hundred, hard ones two thousand."""

Sight = Callable[[int | None, int], None]
"""Told of the best sum that was found (None: none yet) and the most that there can be, x 10,000."""

_KINDS = highspy.cb.HighsCallbackType


class OutOfWork(Exception):
    """The allowed work ended before a proof: neither "the best" nor "there is none" is known.

    `retained`: the best that was found, checked in integers, None where nothing was; `bound`: no solution is worth more.
    """

    def __init__(self, retained: Retained | None, bound: int | None) -> None:
        self.retained = retained
        self.bound = bound
        super().__init__("the allowed work of the solver is used up")


@dataclass
class Work:
    """What is left, in nodes; `sight` is told how far a search for the greatest sum is."""

    left: int
    sight: Sight | None = None

    def at_most(self, nodes: int | None) -> int:
        """What a run may take that wants no more than `nodes`."""
        return self.left if nodes is None else min(nodes, self.left)

    def spend(self, nodes: int) -> int:
        """Notes what a run took; gives what it counts for."""
        counted = max(1, nodes)
        self.left = max(0, self.left - counted)
        return counted


_allowed: ContextVar[Work | None] = ContextVar("work of the solver", default=None)


@contextmanager
def allowance(nodes: int, sight: Sight | None = None) -> Iterator[Work]:
    """All questions to the solver within share this allowance; within another one, no more than is left of that."""
    outer = _allowed.get()
    own = Work(nodes if outer is None else min(nodes, outer.left), sight or (outer.sight if outer else None))
    given = own.left
    before = _allowed.set(own)
    try:
        yield own
    finally:
        _allowed.reset(before)
        if outer is not None:
            outer.left = max(0, outer.left - (given - own.left))


def work_at_hand() -> Work:
    """The allowance that holds here."""
    return _allowed.get() or Work(WORK)


def run(solver: Any, sight: Callable[[float, float], None] | None = None) -> None:
    """Runs HiGHS on what it was given; raises what `go_on` raises, within a second of it.

    `sight(best, bound)`: told the solver's own figures while it searches, once a second; nothing of the result rests on it.
    The solver swallows what its callbacks raise, so the error waits until it has returned.
    """
    raised: list[BaseException] = []
    told = monotonic()

    def asked(kind: Any, _message: str, seen: Any, answer: Any, _data: Any) -> None:
        nonlocal told
        try:
            if not raised:
                go_on()
                if (
                    sight is not None
                    and kind == _KINDS.kCallbackMipInterrupt
                    and isfinite(seen.mip_dual_bound)
                    and monotonic() - told >= 1
                ):
                    told = monotonic()
                    sight(seen.mip_primal_bound, seen.mip_dual_bound)
        except BaseException as error:
            raised.append(error)
        if raised:
            answer.user_interrupt = True

    solver.setCallback(asked, None)
    solver.startCallback(_KINDS.kCallbackMipInterrupt)
    solver.startCallback(_KINDS.kCallbackSimplexInterrupt)
    solver.run()
    if raised:
        raise raised[0]
    go_on()
