"""Small selection problems of every kind, drawn by hypothesis; both for `select` and for the enumeration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from aap.core.quotas.bounds import KINDS
from aap.core.selection.problem import Candidate, QuotaRule, Rules
from tests.unit.core.selection.enumeration import Enumeration, Person

REGIONS = ("bretagne", "corse", "oise")
VALUES = {
    "region": st.lists(st.sampled_from((*REGIONS, "")), max_size=3),
    "territory": st.sampled_from(([], ["rural"], ["urban"], ["rural", "urban"])),
    "size": st.sampled_from(([], ["small"], ["large"])),
}


@dataclass(frozen=True)
class Problem:
    """One problem in plain values; `rules` is the `selection` block of a call file with the budget in cents."""

    people: tuple[Person, ...]
    rules: Mapping[str, Any]

    @property
    def candidates(self) -> list[Candidate]:
        return [
            Candidate(
                person.id,
                person.score,
                person.grant,
                {name: tuple(values) for name, values in person.attributes.items()},
                person.imposed,
            )
            for person in self.people
        ]

    @property
    def core_rules(self) -> Rules:
        return Rules(
            mode=self.rules["mode"],
            laureates=self.rules.get("laureates"),
            budget=self.rules.get("budget"),
            protect_top=self.rules.get("protect_top", 0),
            waiting_list=self.rules.get("waiting_list", 0),
            quotas=tuple(_quota(quota) for quota in self.rules.get("quotas", ())),
            at_limit=self.rules.get("at_limit", "skip"),
            reduce_to=Fraction(self.rules["reduce_to"]) if "reduce_to" in self.rules else None,
        )

    @property
    def enumerated(self) -> Enumeration:
        return Enumeration(self.people, self.rules)


def _quota(quota: Mapping[str, Any]) -> QuotaRule:
    where = quota.get("where")
    return QuotaRule(
        id=quota["id"],
        title=quota["id"],
        where=None
        if where is None
        else {name: frozenset([values] if isinstance(values, str) else values) for name, values in where.items()},
        each=quota.get("each"),
        bounds=tuple(kind(Decimal(quota[kind.key])) for kind in KINDS if quota.get(kind.key) is not None),
    )


def problem(people: Sequence[tuple[Any, ...]], **rules: Any) -> Problem:
    """`people`: (id, score in points, grant in euros[, attributes[, imposed]]) in rank order."""
    made = []
    for name, points, euros, *more in people:
        attributes = more[0] if more else {}
        made.append(
            Person(
                name,
                round(Fraction(str(points)) * 10_000),
                round(Fraction(str(euros)) * 100),
                {key: values.split("|") if values else [] for key, values in attributes.items()},
                bool(more[1]) if len(more) > 1 else False,
            )
        )
    return Problem(tuple(made), {"mode": "value", **rules})


@st.composite
def quotas(draw: st.DrawFn, number: int, with_budget: bool) -> dict[str, Any]:
    """One quota, id `q<number>`, with at least one bound."""
    quota: dict[str, Any] = {"id": f"q{number}"}
    if draw(st.booleans()):
        quota["each"] = draw(st.sampled_from(("region", "region", "territory", "size", "nobody-has-it")))
    else:
        quota["where"] = draw(
            st.sampled_from(
                (
                    {"territory": "rural"},
                    {"region": ["corse", "oise"]},
                    {"size": "small"},
                    {"size": "small", "territory": "rural"},
                    {"region": "bretagne", "territory": ["rural", "urban"]},
                    {"region": "atlantis"},
                )
            )
        )
    bounds = ["min", "max", "min_share"] + (["max_share"] if with_budget else [])
    for bound in draw(st.lists(st.sampled_from(bounds), min_size=1, max_size=2, unique=True)):
        if bound == "min":
            quota[bound] = draw(st.sampled_from((0, 1, 1, 1, 2)))
        elif bound == "max":
            quota[bound] = draw(st.sampled_from((0, 1, 1, 2, 2, 3)))
        elif bound == "min_share":
            quota[bound] = draw(st.sampled_from(("0", "0.1", "0.15", "0.3333", "0.5", "1")))
        else:
            quota[bound] = draw(st.sampled_from(("0", "0.15", "0.3333", "0.5", "0.5", "0.75", "1")))
    return quota


@st.composite
def problems(draw: st.DrawFn, largest: int = 8) -> Problem:
    """A problem of up to `largest` candidates, with ties, zero and negative scores, free dossiers and odd cents."""
    size = draw(st.integers(0, largest))
    scores = st.sampled_from((-30_000, 0, 0, 100_000, 500_000, 500_000, 500_001, 642_500, 800_000, 1_000_000))
    drawn = draw(st.lists(scores, min_size=size, max_size=size))
    grants = st.sampled_from((0, 1, 33_333, 50_000, 50_000, 100_000, 100_001, 150_000, 400_000))
    imposing = not draw(st.integers(0, 3))
    people = tuple(
        Person(
            f"d{position}",
            score,
            draw(grants),
            {name: draw(values) for name, values in VALUES.items()},
            imposing and draw(st.integers(0, 5)) == 0,
        )
        for position, score in enumerate(sorted(drawn, reverse=True))
    )
    rules: dict[str, Any] = {"mode": draw(st.sampled_from(("value", "merit"))), "waiting_list": draw(st.integers(0, 3))}
    if draw(st.integers(0, 3)):
        rules["laureates"] = draw(st.integers(0, size + 1))
    total = sum(person.grant for person in people)
    if draw(st.integers(0, 3)):
        rules["budget"] = draw(
            st.one_of(st.integers(0, total + 1), st.just(total // 2), st.just(2 * total // 3), st.just(0))
        )
    rules["protect_top"] = draw(st.sampled_from((0, 0, 0, 0, 1, 2, 20)))
    count = draw(st.integers(0, 3))
    rules["quotas"] = [draw(quotas(number, "budget" in rules)) for number in range(count)]
    return Problem(people, rules)


@st.composite
def problems_with_a_line(draw: st.DrawFn) -> Problem:
    """`merit` with `stop` or `reduce`, grants of a few euros, so that every amount can be tried."""
    tried = draw(problems(largest=7))
    people = tuple(
        replace(person, grant=person.grant // 100 + draw(st.sampled_from((0, 0, 100, 250)))) for person in tried.people
    )
    rules = {**tried.rules, "mode": "merit", "at_limit": draw(st.sampled_from(("stop", "reduce", "reduce")))}
    if rules["at_limit"] == "reduce":
        rules["reduce_to"] = draw(st.sampled_from(("0.01", "0.1", "0.3", "0.5", "0.7", "1")))
    if draw(st.booleans()):  # a minimum that somebody meets, so that the walk has something to save for
        bound = draw(st.sampled_from(({"min": 1}, {"min": 2}, {"min_share": "0.15"}, {"min_share": "0.5"})))
        whom = draw(
            st.sampled_from(({"where": {"territory": "rural"}}, {"each": "size"}, {"where": {"size": "small"}}))
        )
        rules["quotas"] = [{"id": "least", **whom, **bound}, *rules["quotas"][:1]]
    if "budget" in rules:
        total = sum(person.grant for person in people)
        rules["budget"] = draw(st.one_of(st.integers(0, total + 1), st.just(total // 2), st.just(2 * total // 3)))
    return Problem(people, rules)


@st.composite
def problems_of_decisions(draw: st.DrawFn, largest: int = 7) -> Problem:
    """Most candidates imposed by the jury, many of them alike, and rules that they can hardly all keep."""
    size = draw(st.integers(2, largest))
    people = tuple(
        Person(
            f"d{position}",
            900_000 - position,
            draw(st.sampled_from((0, 100, 100, 100, 150, 300))),
            {"region": draw(st.sampled_from(([], ["corse"], ["oise"]))), "territory": [], "size": []},
            draw(st.integers(0, 4)) > 0,
        )
        for position in range(size)
    )
    rules: dict[str, Any] = {"mode": draw(st.sampled_from(("value", "merit"))), "waiting_list": 0}
    if draw(st.booleans()):
        rules["laureates"] = draw(st.integers(0, size - 1))
    if draw(st.booleans()):
        rules["budget"] = draw(st.integers(0, size)) * 100
    rules["protect_top"] = draw(st.sampled_from((0, 0, 1)))
    count = draw(st.integers(0, 2))
    rules["quotas"] = [draw(quotas(number, "budget" in rules)) for number in range(count)]
    return Problem(people, rules)
