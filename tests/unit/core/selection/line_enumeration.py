"""The selection with a funding line by enumeration: from the contract's text, shares no code with `aap.core`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.unit.core.selection.enumeration import Atom, Enumeration, members


@dataclass(frozen=True)
class Line:
    """`walked`: retained above the line, with whom the jury imposed wherever the walk met it. Cents, columns, bit sets."""

    walked: int
    chosen: int
    line: int | None
    offer: int | None
    at_grants: Enumeration  # the problem at the grants of the selection


class LineEnumeration(Enumeration):
    """Every selection of one small problem whose rules say `at_limit: stop | reduce`."""

    def best(self, atoms: Sequence[Atom]) -> int | None:
        found = self.line(atoms)
        return None if found is None else found.chosen

    def line(self, atoms: Sequence[Atom]) -> Line | None:
        """Walk to the line, offer what can be offered there, then the fewest after it, best by rank."""
        feasible = members(self.together(atoms))
        if not feasible:
            return None
        unbound = members(self.together(atom for atom in atoms if atom.kind not in ("laureates", "budget")))
        kept = 0
        for j in range(self.n):
            wanted = kept | 1 << j
            if _holding(feasible, wanted):
                kept = wanted
            elif _holding(unbound, wanted):
                break
        else:
            return Line(kept, kept, None, None, self)
        if self.rules["at_limit"] == "reduce":
            grant = self.people[j].grant
            for euros in range(-(-grant // 100) - 1, 0, -1):
                if Fraction(euros * 100) < Fraction(self.rules["reduce_to"]) * grant:
                    break
                cheaper, same = self._offering(j, euros * 100, atoms)
                possible = _holding(members(cheaper.together(same)), kept | 1 << j)
                if possible:
                    return Line(kept, self._fewest(possible, j), j, euros * 100, cheaper)
        return Line(kept, self._fewest(_holding(feasible, kept), j), j, None, self)

    def _offering(self, j: int, grant: int, atoms: Sequence[Atom]) -> tuple[LineEnumeration, list[Atom]]:
        people = [dataclasses.replace(one, grant=grant) if k == j else one for k, one in enumerate(self.people)]
        there = LineEnumeration(people, self.rules)
        names = {(atom.kind, atom.id, atom.value) for atom in atoms}
        return there, [atom for atom in there.atoms if (atom.kind, atom.id, atom.value) in names]

    def _fewest(self, selections: Sequence[int], line: int) -> int:
        fewest = min((selection >> line + 1).bit_count() for selection in selections)
        few = [selection for selection in selections if (selection >> line + 1).bit_count() == fewest]
        return max(few, key=self.by_rank)

    def reasons(self, chosen: int) -> dict[str, frozenset[str]]:
        found = self.line(self.atoms)
        assert found is not None
        assert found.chosen == chosen
        reasons = {}
        for j, person in enumerate(self.people):
            if found.offer is not None and j == found.line:
                reasons[person.id] = frozenset(["reduced"])
            elif chosen >> j & 1:
                reasons[person.id] = frozenset([self._why_retained(j)])
            else:
                at = j if found.line is None else min(j, found.line)
                reasons[person.id] = self._why_not_by_merit(found.walked, at)
        return reasons


def _holding(selections: Sequence[int], wanted: int) -> list[int]:
    return [selection for selection in selections if selection & wanted == wanted]
