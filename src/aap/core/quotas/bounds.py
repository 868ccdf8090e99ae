"""The kinds of bound that a quota may set, each with all that is particular to it.

A kind says its key in the call file and what it means, what doesn't fit in a call that uses it, its row among the rules
that are solved, its words in the rules and in the reasons, and how it stands in the report of a run. What checks, solves,
explains or draws quotas asks `KINDS`, or the bounds that a quota holds, and names none of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import floor, lcm
from typing import ClassVar, Literal, Self

from aap.core import french
from aap.core.findings import Finding
from aap.core.paths import ANY, Path

Side = Literal["quota_min", "quota_max"]
SIDES: tuple[Side, ...] = ("quota_min", "quota_max")
"""The two sides of a quota, in the order in which they are solved and said; reasons and conflicts go by these names."""


@dataclass(frozen=True)
class Group:
    """Those whom a bound is about. `share_of`: candidate → the part of its money that counts (absent: not a member).

    `grants`: cents, of every candidate; `budget`: cents, None is no limit.
    """

    share_of: Mapping[int, Fraction]
    grants: Sequence[int]
    budget: int | None

    @cached_property
    def common(self) -> int:
        """What the members' parts are multiplied by to be integers."""
        return lcm(*(share.denominator for share in self.share_of.values()))

    @cached_property
    def money(self) -> dict[int, int]:
        """Member → cents that count, times `common`."""
        return {j: int(share * self.common) * self.grants[j] for j, share in self.share_of.items()}


@dataclass(frozen=True, slots=True)
class Nouns:
    """Who is counted and what is shared, as a text calls them."""

    laureate: str
    granted: str


IN_REASONS = Nouns("projet", "du montant attribué")  # replayed with every bundle: these words stay
IN_RULES = Nouns("lauréat", "des sommes accordées")


@dataclass(frozen=True, slots=True)
class Bound(ABC):
    """One thing that a quota asks for. `written`: its value in the call file.

    `measure`: a least and a most of one measure can be compared ("laureates": their number, which the chart draws).
    `counts`: what the report gives as achieved.
    `reported_with`: kinds of one word stand in the report together, null where not asked for; always for the empty word.
    """

    key: ClassVar[str]
    description: ClassVar[str]
    side: ClassVar[Side]
    measure: ClassVar[str]
    counts: ClassVar[Literal["laureates", "money"]]
    reported_with: ClassVar[str]

    written: int | Decimal

    @abstractmethod
    def row(self, group: Group) -> tuple[dict[int, int], int]:
        """Candidate → coefficient, and what their sum over the retained is at most, in exact integers.

        Raises ValueError where the rules lack what the bound is measured against.
        """

    @abstractmethod
    def in_words(self, nouns: Nouns) -> str:
        """`au moins 10 projets`."""

    @abstractmethod
    def figure(self) -> int | float:
        """The bound as a number of JSON."""

    def misfits(self, path: Path, *, laureates: int | None, has_budget: bool) -> Iterator[Finding]:
        """What doesn't fit with the other rules of the selection. `path`: the quota's."""
        yield from ()

    @classmethod
    def together(
        cls,
        asked: Iterable[tuple[int, Mapping[str, Sequence[str]] | None, Self]],  # noqa: ARG003
        quotas: Path,  # noqa: ARG003
    ) -> Iterator[Finding]:
        """What doesn't fit among several quotas, which stand at `quotas`.

        `asked`: place of the quota, its `where`, its bound of this kind.
        """
        yield from ()


class _OfLaureates(Bound):
    """A number of laureates."""

    __slots__ = ()
    measure, counts, reported_with = "laureates", "laureates", ""

    def figure(self) -> int:
        return int(self.written)


class _OfMoney(Bound):
    """A share of money; each of a measure of its own, for the whole is not the same."""

    __slots__ = ()
    counts, reported_with = "money", "share"

    @property
    def share(self) -> Fraction:
        return Fraction(self.written)

    def figure(self) -> float:
        return float(self.written)


class LeastLaureates(_OfLaureates):
    __slots__ = ()
    key, side = "min", "quota_min"
    description = "Nombre minimal de lauréats du groupe."

    def row(self, group: Group) -> tuple[dict[int, int], int]:
        return dict.fromkeys(group.share_of, -1), -self.figure()

    def in_words(self, nouns: Nouns) -> str:
        return f"au moins {french.count(self.figure(), nouns.laureate)}"

    def misfits(self, path: Path, *, laureates: int | None, has_budget: bool) -> Iterator[Finding]:
        if laureates is not None and self.written > laureates:
            message = f"ce minimum dépasse le nombre de lauréats ({laureates})"
            rests_on: tuple[Path, ...] = (("selection", "laureates"), (*path, "where"), (*path, "each"))
            yield Finding(
                (*path, self.key), message, found=str(self.written), rests_on=rests_on, is_conflict=True
            )  # fmt: skip


class MostLaureates(_OfLaureates):
    __slots__ = ()
    key, side = "max", "quota_max"
    description = "Nombre maximal de lauréats du groupe."

    def row(self, group: Group) -> tuple[dict[int, int], int]:
        return dict.fromkeys(group.share_of, 1), self.figure()

    def in_words(self, nouns: Nouns) -> str:
        return f"au plus {french.count(self.figure(), nouns.laureate)}"


NEARLY_ALL = Fraction(95, 100)
"""From which part of what is granted on the least shares of one attribute leave next to no choice."""


class LeastShare(_OfMoney):
    """Of the money granted."""

    __slots__ = ()
    key, side, measure = "min_share", "quota_min", "share of what is granted"
    description = "Part minimale des sommes accordées (0.15 : 15 %)."

    def row(self, group: Group) -> tuple[dict[int, int], int]:
        # sum of money[j] / common >= share * sum of grants, both sides times common * denominator
        over, under = self.share.numerator * group.common, self.share.denominator
        return {j: over * grant - under * group.money.get(j, 0) for j, grant in enumerate(group.grants)}, 0

    def in_words(self, nouns: Nouns) -> str:
        return f"au moins {french.percent(self.share)} {nouns.granted}"

    @classmethod
    def together(
        cls, asked: Iterable[tuple[int, Mapping[str, Sequence[str]] | None, Self]], quotas: Path
    ) -> Iterator[Finding]:
        """Least shares of values of one attribute that exclude each other add up to more than the money granted, or to
        so nearly all of it that amounts have to meet them to the cent."""
        by_attribute: dict[str, list[tuple[int, frozenset[str], Self]]] = {}
        for i, where, bound in asked:
            if where is not None and len(where) == 1:
                ((attribute, values),) = where.items()
                by_attribute.setdefault(attribute, []).append((i, frozenset(values), bound))
        for attribute, parts in by_attribute.items():
            apart: list[tuple[int, Self]] = []
            seen: set[str] = set()
            for i, members, bound in parts:
                if not members & seen:
                    seen |= members
                    apart.append((i, bound))
            total = sum((bound.share for _, bound in apart), Fraction(0))
            if total < NEARLY_ALL or (len(apart) == 1 and total <= 1):
                continue
            those = f"les parts minimales des valeurs de {french.quoted(attribute)}"
            message = (
                f"{those} dépassent ensemble le tout ({french.percent(total)})"
                if total > 1
                else f"{those} font ensemble {french.percent(total)} : peu de listes, ou aucune, tombent aussi juste au "
                "centime près ; laissez-leur du jeu"
            )
            place, last = apart[-1]
            of_each: Path = (*quotas, ANY)
            yield Finding(
                (*quotas, place, cls.key),
                message,
                found=str(last.written),
                severity="warning",
                rests_on=((*of_each, cls.key), (*of_each, "where")),
            )


class MostShare(_OfMoney):
    """Of the budget."""

    __slots__ = ()
    key, side, measure = "max_share", "quota_max", "share of the budget"
    description = "Part maximale de l’enveloppe (0.25 : 25 %) ; il en faut une."

    def row(self, group: Group) -> tuple[dict[int, int], int]:
        if group.budget is None:
            raise ValueError(f"{self.key} is a share of the budget, and there is none")
        return group.money, floor(self.share * group.budget * group.common)

    def in_words(self, nouns: Nouns) -> str:
        return f"au plus {french.percent(self.share)} de l’enveloppe"

    def misfits(self, path: Path, *, laureates: int | None, has_budget: bool) -> Iterator[Finding]:
        if not has_budget:
            message = "une part maximale porte sur l’enveloppe, et l’appel n’en a pas (selection.budget)"
            budget: Path = ("selection", "budget")
            yield Finding((*path, self.key), message, found=str(self.written), rests_on=(budget,))


KINDS: tuple[type[Bound], ...] = (LeastLaureates, MostLaureates, LeastShare, MostShare)
"""Every kind, in the order in which the call file and its rules name them. `Quota` has a field for each key."""


def of_side(bounds: Sequence[Bound], side: str) -> list[Bound]:
    """The bounds of one side."""
    return [bound for bound in bounds if bound.side == side]


def in_report(bounds: Sequence[Bound], word: str) -> dict[str, int | float | None]:
    """What the report of a run says of the kinds that are reported with this word."""
    asked = {bound.key: bound.figure() for bound in bounds}
    return {kind.key: asked.get(kind.key) for kind in KINDS if kind.reported_with == word}
