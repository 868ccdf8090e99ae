"""Who enters when laureates leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rows import compile_system


def replacement(
    candidates: Sequence[Candidate],
    rules: Rules,
    retained: Collection[str],
    waiting_list: Sequence[str],
    leaving: str | Collection[str],
) -> str | None:
    """The first on the waiting list whose entry keeps every rule; None where nobody's does.

    Who leaves is no candidate any more: `each` no longer asks for a value that only they had, and a decision `in` or
    a protected place no longer holds them. The other laureates stay.

    Raises:
        KeyError: an id that is no candidate.
    """
    gone = {leaving} if isinstance(leaving, str) else set(leaving)
    known = {candidate.id for candidate in candidates}
    for name in (*gone, *retained, *waiting_list):
        if name not in known:
            raise KeyError(name)
    staying = [candidate for candidate in candidates if candidate.id not in gone]
    system = compile_system(staying, rules)
    column = {candidate.id: j for j, candidate in enumerate(staying)}
    inside = np.zeros(len(staying), np.bool_)
    inside[[column[name] for name in retained if name not in gone]] = True
    for name in waiting_list:
        if name in gone or inside[column[name]]:
            continue
        entered = inside.copy()
        entered[column[name]] = True
        if all(row.holds(entered) for row in system.rows):
            return name
    return None
