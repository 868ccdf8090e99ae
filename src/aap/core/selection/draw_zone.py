"""The zone of doubt around the funding line: whom the marks can't tell apart from it is put in the order of the public draw.

Those outside the zone above the line keep their order and come first, then the zone by the draw, then those outside it
below; down that order the walk is done again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from aap.core.selection.funding_line import first_line
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rows import System, compile_system


@dataclass(frozen=True, slots=True)
class ZoneOfDoubt:
    """`line`: column of the application at the line of the first walk. `members`: columns in the order of the draw.

    `order`: every column in the order of the second walk.
    """

    line: int
    members: tuple[int, ...]
    order: tuple[int, ...]

    def reordered(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        return [candidates[column] for column in self.order]


def draw_zone(system: System) -> ZoneOfDoubt | None:
    """The zone of these candidates; None where nobody meets the line, nobody is in doubt, or no selection is feasible."""
    line = first_line(system)
    if line is None:
        return None
    score = system.candidates[line].score
    inside = [
        column
        for column, one in enumerate(system.candidates)
        if one.doubt is not None and abs(one.score - score) <= one.doubt
    ]
    if not inside:
        return None
    members = sorted(inside, key=lambda column: (system.candidates[column].draw, column))
    outside = [column for column in range(system.size) if column not in set(inside)]
    above = [column for column in outside if column < line]
    return ZoneOfDoubt(line, tuple(members), (*above, *members, *outside[len(above) :]))


@dataclass(frozen=True, slots=True)
class SecondWalk:
    """What is walked in the end: columns in that order, the rules over them without a zone, and the zone if there is one."""

    order: tuple[int, ...]
    system: System
    zone: ZoneOfDoubt | None


def second_walk(candidates: Sequence[Candidate], rules: Rules) -> SecondWalk:
    """The candidates in the order that is walked: that of the ranking, but for those in the zone of doubt.

    Raises what `compile_system` raises.
    """
    plain = dataclasses.replace(rules, draw_zone=False)
    system = compile_system(candidates, plain)
    zone = draw_zone(system) if rules.draw_zone and rules.draws_a_line else None
    if zone is None:
        return SecondWalk(tuple(range(len(candidates))), system, None)
    return SecondWalk(zone.order, compile_system(zone.reordered(candidates), plain), zone)
