"""At sizes that can't be enumerated, another solver (CP-SAT, integers throughout) gives the same selection."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

import pytest
from ortools.sat.python import cp_model

from aap.core.selection.outcome import InfeasibleRules
from aap.core.selection.select import select
from tests.unit.core.selection.enumeration import Enumeration, held
from tests.unit.core.selection.small_problems import Problem, problem

REGIONS = [f"region-{number}" for number in range(8)]
THEMES = ["handicap", "justice", "decrochage", "protection"]


def a_call(number: int, size: int) -> Problem:
    """Scores of 4 decimals, a budget that binds, minima, maxima and shares by region and theme, some decisions."""
    chance = random.Random(f"autre solveur {number}")
    steps = chance.choice([100_000, 5_000, 1])  # from many equal scores to hardly any
    scores = sorted((chance.randrange(200_000, 950_000) // steps * steps for _ in range(size)), reverse=True)
    people = [
        (
            f"d{position:03d}",
            Fraction(score, 10_000),
            chance.choice([chance.randrange(5_000, 200_000, 500), chance.randrange(1, 20_000_000) / 100]),
            {
                "region": "|".join(chance.sample(REGIONS, chance.choice([1, 1, 1, 2]))),
                "theme": chance.choice(THEMES),
                "size": chance.choice(["small", "large", ""]),
            },
            chance.random() < 0.03,
        )
        for position, score in enumerate(scores)
    ]
    places = size // 3
    mode = ("value", "merit")[number % 2]
    return problem(
        people,
        mode=mode,
        laureates=places,
        budget=places * chance.randrange(40_000, 110_000) * 100 + chance.randrange(100),
        protect_top=places // 3 if mode == "value" and chance.random() < 0.5 else 0,
        quotas=[
            {"id": "petites", "where": {"size": "small"}, "min_share": "0.3"},
            {"id": "chaque-region", "each": "region", "min": 1},
            {"id": "part-region", "each": "region", "max_share": "0.22"},
            {"id": "themes", "each": "theme", "max": places // 3, "min": places // 8},
        ],
    )


class Other:
    """The rules in CP-SAT, shares multiplied by their denominators; `without` names one that is left out."""

    def __init__(self, problem: Problem, without: str = "") -> None:
        self.people = problem.people
        self.model = cp_model.CpModel()
        self.inside = [self.model.new_bool_var(person.id) for person in problem.people]
        rules = problem.rules
        grants = [person.grant for person in problem.people]
        if without != "laureates":
            self.model.add(sum(self.inside) <= rules["laureates"])
        if without != "budget":
            self.model.add(sum(g * x for g, x in zip(grants, self.inside, strict=True)) <= rules["budget"])
        for position, person in enumerate(problem.people):
            if person.imposed or position < rules["protect_top"]:
                self.model.add(self.inside[position] == 1)
        for quota in rules["quotas"]:
            if quota["id"] == without:
                continue
            for value in (
                sorted({v for p in problem.people for v in held(p, quota["each"])}) if "each" in quota else [""]
            ):
                self._quota(quota, [Enumeration.part(person, quota, value) for person in problem.people], rules)

    def _quota(self, quota: dict[str, Any], part: Sequence[Fraction], rules: Any) -> None:
        members = [x for x, share in zip(self.inside, part, strict=True) if share]
        halves = [
            int(2 * share) * person.grant * x for x, share, person in zip(self.inside, part, self.people, strict=True)
        ]
        if "min" in quota:
            self.model.add(sum(members) >= quota["min"])
        if "max" in quota:
            self.model.add(sum(members) <= quota["max"])
        if "max_share" in quota:
            share = Fraction(quota["max_share"])
            self.model.add(share.denominator * sum(halves) <= 2 * share.numerator * rules["budget"])
        if "min_share" in quota:
            share = Fraction(quota["min_share"])
            granted = sum(person.grant * x for x, person in zip(self.inside, self.people, strict=True))
            self.model.add(share.denominator * sum(halves) >= 2 * share.numerator * granted)

    def solve(self, objective: Any = None, held: Collection[int] = ()) -> list[int] | None:
        """The chosen positions; None where there is no selection with everybody `held`."""
        model = self.model.clone()
        for position in held:
            model.add(self.inside[position] == 1)
        if objective is not None:
            model.maximize(objective)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        assert status in (
            cp_model.OPTIMAL,
            cp_model.FEASIBLE if objective is None else cp_model.OPTIMAL,
            cp_model.INFEASIBLE,
        )
        if status == cp_model.INFEASIBLE:
            return None
        return [position for position, x in enumerate(self.inside) if solver.boolean_value(x)]

    def walk(self) -> list[int] | None:
        """Down the ranking: whoever some selection holds with everybody kept before."""
        found = self.solve()
        kept: list[int] = []
        for position in range(len(self.people)):
            if found is None:
                return None
            if position not in found:
                found = self.solve(held=[*kept, position]) or found
            if position in found:
                kept.append(position)
        return kept


@pytest.mark.parametrize("number", range(14))
def test_another_solver_gives_the_same_selection(number: int) -> None:
    given = a_call(number, 60)
    other = Other(given)
    try:
        outcome = select(given.candidates, given.core_rules)
    except InfeasibleRules:
        assert other.solve() is None
        return
    scores = [person.score for person in given.people]
    if given.rules["mode"] == "merit":
        kept = other.walk()
    else:
        total = sum(score * x for score, x in zip(scores, other.inside, strict=True))
        best = other.solve(total)
        assert best is not None
        other.model.add(total == sum(scores[position] for position in best))
        kept = other.walk()
    assert kept is not None
    assert outcome.retained == tuple(given.people[position].id for position in kept)
    assert outcome.tie_proven


@pytest.mark.parametrize("number", [1, 5, 9])
def test_another_solver_names_the_same_first_rule_that_lets_a_candidate_in(number: int) -> None:
    given = a_call(number, 40)
    names = ["laureates", "budget", *(quota["id"] for quota in given.rules["quotas"])]
    others = {name: Other(given, without=name) for name in names}
    outcome = select(given.candidates, given.core_rules)
    assert len(outcome.certificates) > 20
    imposed = [position for position, person in enumerate(given.people) if person.imposed]
    expected = {}
    for position, person in enumerate(given.people):
        if person.id in outcome.certificates:
            before = [k for k in range(position) if given.people[k].id in outcome.retained]
            beside = {position, *before, *imposed}
            expected[person.id] = next((name for name in names if others[name].solve(held=beside) is not None), None)
    named = {name: certificate.freeing for name, certificate in outcome.certificates.items()}
    assert {name: rule and (rule.id or rule.kind) for name, rule in named.items()} == expected
