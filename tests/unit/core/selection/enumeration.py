"""The selection by enumeration: written from the contract's text alone, shares no code with `aap.core`.

A set of candidates is an integer whose bit j says that candidate j (in rank order) is in it. A rule is the set of the
selections that keep it, itself an integer: bit s says that selection s keeps the rule. Rules hold together where the
AND of their integers has a bit; so everything here is plain enumeration, good for a dozen candidates.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any


@dataclass(frozen=True)
class Person:
    """A candidate: score x 10,000, grant in cents, attribute -> values in cell order, imposed by the jury or not."""

    id: str
    score: int
    grant: int
    attributes: Mapping[str, Sequence[str]]
    imposed: bool = False


@dataclass(frozen=True)
class Atom:
    """One rule, as fine as reasons name it: kind, quota id and value, and the selections that keep it."""

    kind: str  # laureates, budget, quota_max, quota_min, protect_top, decision
    id: str
    value: str
    keeping: int

    @property
    def code(self) -> str:
        word = {"laureates": "count_reached", "budget": "budget_exhausted"}.get(self.kind, self.kind)
        return word + (f":{self.id}" if self.id else "") + (f"={self.value}" if self.value else "")


class Enumeration:
    """Every selection of one small problem.

    `people`: candidates in rank order. `rules`: the `selection` block of a call file, budget in cents, shares as texts.
    """

    def __init__(self, people: Sequence[Person], rules: Mapping[str, Any]) -> None:
        self.people = list(people)
        self.rules = rules
        self.n = len(self.people)
        self.all = (1 << (1 << self.n)) - 1
        self.quotas: list[Mapping[str, Any]] = list(rules.get("quotas", ()))
        self.own_budget = rules.get(
            "own_budget", rules.get("budget")
        )  # what shares are of, without what another lot left
        self.must = 0  # the jury's `in`, and the protected head
        self.atoms = self._atoms()

    # --- the rules --------------------------------------------------------------------------------------------------

    def _keeping(self, keeps: Callable[[list[int]], bool]) -> int:
        found = 0
        for selection in range(1 << self.n):
            if keeps(members(selection)):
                found |= 1 << selection
        return found

    def _atoms(self) -> list[Atom]:
        atoms = []
        grants = [person.grant for person in self.people]
        if self.rules.get("laureates") is not None:
            most = self.rules["laureates"]
            atoms.append(Atom("laureates", "", "", self._keeping(lambda inside: len(inside) <= most)))
        budget = self.rules.get("budget")
        if budget is not None:
            atoms.append(Atom("budget", "", "", self._keeping(lambda inside: sum(grants[j] for j in inside) <= budget)))
        for quota in self.quotas:
            for value in self.values_of(quota):
                atoms += self._quota_atoms(quota, value)
        head = list(range(min(self.n, self.rules.get("protect_top", 0)))) if self.rules["mode"] == "value" else []
        if head:
            atoms.append(Atom("protect_top", "", "", self._keeping(lambda inside: set(head) <= set(inside))))
            self.must |= sum(1 << j for j in head)
        for j, person in enumerate(self.people):
            if person.imposed:
                atoms.append(Atom("decision", person.id, "", self._keeping(lambda inside, j=j: j in inside)))
                self.must |= 1 << j
        return atoms

    def _quota_atoms(self, quota: Mapping[str, Any], value: str) -> list[Atom]:
        part = [self.part(person, quota, value) for person in self.people]
        grants = [person.grant for person in self.people]

        def count(inside: list[int]) -> int:
            return sum(part[j] > 0 for j in inside)

        def money(inside: list[int]) -> Fraction:
            return sum((part[j] * grants[j] for j in inside), Fraction(0))

        atoms = []
        if quota.get("max") is not None or quota.get("max_share") is not None:
            most, share = quota.get("max"), quota.get("max_share")
            atoms.append(
                Atom(
                    "quota_max",
                    quota["id"],
                    value,
                    self._keeping(
                        lambda inside: (
                            (most is None or count(inside) <= most)
                            and (share is None or money(inside) <= Fraction(share) * self.own_budget)
                        )
                    ),
                )
            )
        if quota.get("min") is not None or quota.get("min_share") is not None:
            least, floor = quota.get("min"), quota.get("min_share")
            atoms.append(
                Atom(
                    "quota_min",
                    quota["id"],
                    value,
                    self._keeping(
                        lambda inside: (
                            (least is None or count(inside) >= least)
                            and (floor is None or money(inside) >= Fraction(floor) * sum(grants[j] for j in inside))
                        )
                    ),
                )
            )
        return atoms

    def values_of(self, quota: Mapping[str, Any]) -> list[str]:
        """The values that a quota with `each` asks about; one empty text for `where`."""
        if "where" in quota:
            return [""]
        return sorted({value for person in self.people for value in held(person, quota["each"])})

    @staticmethod
    def part(person: Person, quota: Mapping[str, Any], value: str) -> Fraction:
        """The part of a candidate's money that counts for a quota's value; 0 for who is no member."""
        if "each" in quota:
            values = held(person, quota["each"])
            return Fraction(values.count(value), len(values)) if values else Fraction(0)
        part = Fraction(1)
        for attribute, accepted in quota["where"].items():
            accepted = [accepted] if isinstance(accepted, str) else accepted
            values = held(person, attribute)
            part *= Fraction(sum(one in accepted for one in values), len(values)) if values else 0
        return part

    # --- the selection ----------------------------------------------------------------------------------------------

    def together(self, atoms: Iterable[Atom]) -> int:
        """The selections that keep all of the rules."""
        left = self.all
        for atom in atoms:
            left &= atom.keeping
        return left

    def without(self, quota: str, value: str | None = None) -> list[Atom]:
        """The rules but a quota, or but one value of it."""
        return [
            atom
            for atom in self.atoms
            if not (atom.kind in ("quota_min", "quota_max") and atom.id == quota and value in (None, atom.value))
        ]

    def sum_of_scores(self, selection: int) -> int:
        return sum(max(0, self.people[j].score) for j in members(selection))

    def best(self, atoms: Sequence[Atom]) -> int | None:
        """The selection under these rules; None where they can't all hold."""
        feasible = members(self.together(atoms))
        if not feasible:
            return None
        if self.rules["mode"] == "value":
            return max(feasible, key=lambda selection: (self.sum_of_scores(selection), self.by_rank(selection)))
        kept = 0
        for j in range(self.n):
            if any(selection & (kept | 1 << j) == kept | 1 << j for selection in feasible):
                kept |= 1 << j
        return kept

    def by_rank(self, selection: int) -> list[bool]:
        """Lexicographically greater: holds the higher-ranked candidate at the first difference."""
        return [bool(selection >> j & 1) for j in range(self.n)]

    # --- reasons ----------------------------------------------------------------------------------------------------

    def reasons(self, chosen: int) -> dict[str, frozenset[str]]:
        """Candidate -> the reason codes that the contract's words allow (one, but on ties that it leaves open)."""
        found = {}
        for j, person in enumerate(self.people):
            if chosen >> j & 1:
                found[person.id] = frozenset([self._why_retained(j)])
            elif self.rules["mode"] == "value":
                found[person.id] = self._why_not_by_value(chosen, j)
            else:
                found[person.id] = self._why_not_by_merit(chosen, j)
        return found

    def _why_retained(self, j: int) -> str:
        person = self.people[j]
        if person.imposed:
            return "jury_in"
        for quota in self.quotas:
            if quota.get("min") is None and quota.get("min_share") is None:
                continue
            for value in held(person, quota["each"]) if "each" in quota else [""]:
                if not self.part(person, quota, value):
                    continue
                then = self.best(self.without(quota["id"], value))
                assert then is not None
                if not then >> j & 1:
                    return f"selected_by_quota:{quota['id']}" + (f"={value}" if value else "")
        return "selected"

    def _why_not_by_value(self, chosen: int, j: int) -> frozenset[str]:
        lower = [k for k in members(chosen) if k > j]
        broken: dict[Atom, int] = {}
        for k in lower:
            exchanged = chosen & ~(1 << k) | 1 << j
            breaks = [atom for atom in self.atoms if not atom.keeping >> exchanged & 1]
            assert breaks, "an exchange keeps every rule"
            for atom in breaks:
                broken[atom] = broken.get(atom, 0) + 1
        named = {atom: times for atom, times in broken.items() if atom.kind in ORDER}
        if not named:  # nobody is lower, or all who are were imposed by the jury
            adding = [atom for atom in self.atoms if not atom.keeping >> (chosen | 1 << j) & 1]
            if any(atom.kind == "laureates" for atom in adding):
                return frozenset(["count_reached"])
            named = dict.fromkeys(adding, 1)
        most = max(named.values())
        ties = [atom for atom, times in named.items() if times == most]
        return self._first(ties, j)

    def _first(self, atoms: Sequence[Atom], j: int) -> frozenset[str]:
        """On equal counts budget, quota_max, quota_min; then file order; then the candidate's own values in the cell.

        The contract says the first; what follows is ours (docs/selection.md).
        """
        return frozenset([min(atoms, key=lambda atom: (ORDER.index(atom.kind), *self._place(atom, j))).code])

    def _place(self, atom: Atom, j: int) -> tuple[int, int, str]:
        if not atom.id:
            return -1, 0, ""
        at, quota = next((at, quota) for at, quota in enumerate(self.quotas) if quota["id"] == atom.id)
        own = held(self.people[j], quota["each"]) if "each" in quota else []
        return at, own.index(atom.value) if atom.value in own else len(own), atom.value

    def _why_not_by_merit(self, chosen: int, j: int) -> frozenset[str]:
        before = chosen & ((1 << j) - 1) | 1 << j
        blocks: list[list[Atom]] = [[atom] for atom in self.atoms if atom.kind in ("laureates", "budget")]
        blocks += [
            [atom for atom in self.atoms if atom.id == quota["id"] and atom.kind != "decision"] for quota in self.quotas
        ]

        def lets_in(removed: Sequence[Atom]) -> bool:
            left = members(self.together(atom for atom in self.atoms if atom not in removed))
            return any(selection & before == before for selection in left)

        def order(atom: Atom) -> tuple[Any, ...]:
            at, own, value = self._place(atom, j)
            return atom.kind != "laureates", atom.kind != "budget", at, atom.kind != "quota_max", own, value

        for block in blocks:
            if block and lets_in(block):
                alone = [atom for atom in block if lets_in([atom])]
                return frozenset([min(alone or block, key=order).code])
        # No rule alone lets it in: the contract doesn't say more. Ours: what is impossible beside them, whoever else
        # enters; else the last of those to remove, in the same order.
        must = before | sum(1 << k for k, person in enumerate(self.people) if person.imposed)
        impossible = [
            atom
            for atom in itertools.chain(*blocks)
            if not any(selection & must == must for selection in members(atom.keeping))
        ]
        if impossible:
            return frozenset([min(impossible, key=order).code])
        for last in range(1, len(blocks)):
            first = list(itertools.chain(*blocks[:last]))
            if blocks[last] and lets_in([*first, *blocks[last]]):
                alone = [atom for atom in blocks[last] if lets_in([*first, atom])]
                return frozenset([min(alone or blocks[last], key=order).code])
        raise AssertionError("without any rule it enters")

    # --- the rest ---------------------------------------------------------------------------------------------------

    def price(self, quota: str, chosen: int) -> int:
        then = self.best(self.without(quota))
        assert then is not None
        return self.sum_of_scores(then) - self.sum_of_scores(chosen)

    def conflict_size(self) -> int:
        """How many rules, named by id, a smallest conflicting set has."""
        blocks = self._by_id()
        for size in range(1, len(blocks) + 1):
            for some in combinations(blocks.values(), size):
                if not self.together(atom for block in some for atom in block):
                    return size
        raise AssertionError("the rules hold together")

    def _by_id(self) -> dict[str, list[Atom]]:
        blocks: dict[str, list[Atom]] = {}
        for atom in self.atoms:
            name = f"quota:{atom.id}" if atom.kind in ("quota_min", "quota_max") else atom.kind
            blocks.setdefault(f"decision:{atom.id}" if atom.kind == "decision" else name, []).append(atom)
        return blocks

    def named(self, name: str) -> list[list[Atom]]:
        """What a name of a conflict stands for, a list of rules for each value that it names."""
        blocks = self._by_id()
        if name in blocks and "=" not in name:
            return [blocks[name]]
        quota, _, values = name.partition("=")
        return [[atom for atom in blocks[quota] if atom.value == value] for value in values.split("|")]

    def conflicts(self, names: Sequence[str]) -> bool:
        """Whether the named rules can't hold together, and can as soon as one of them (one value of one) is dropped."""
        units = [unit for name in names for unit in self.named(name)]
        if any(not unit for unit in units) or self.together(atom for unit in units for atom in unit):
            return False
        return all(self.together(atom for other in units if other is not unit for atom in other) != 0 for unit in units)

    def enters(self, chosen: int, waiting: Sequence[str], leaving: str) -> str | None:
        """Who enters when a laureate leaves: it is no candidate any more, the other laureates stay."""
        left = [person for person in self.people if person.id != leaving]
        rest = Enumeration(left, {**self.rules, "protect_top": 0})
        place = {person.id: j for j, person in enumerate(left)}
        stay = sum(1 << place[self.people[j].id] for j in members(chosen) if self.people[j].id != leaving)
        for name in waiting:
            entered = stay | 1 << place[name]
            if all(atom.keeping >> entered & 1 for atom in rest.atoms):
                return name
        return None

    def ids(self, selection: int) -> tuple[str, ...]:
        return tuple(self.people[j].id for j in members(selection))


ORDER = ("budget", "quota_max", "quota_min")


def members(bits: int) -> list[int]:
    """The positions of the bits that are set, ascending."""
    found = []
    while bits:
        found.append((bits & -bits).bit_length() - 1)
        bits &= bits - 1
    return found


def held(person: Person, attribute: str) -> list[str]:
    """The distinct values in cell order; an empty one is no value."""
    return list(dict.fromkeys(value for value in person.attributes.get(attribute, ()) if value))
