"""Who would enter beside those retained before, were some rows not there: as trying every subset says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest

from aap.core.selection.merit_entries import Entries
from aap.core.selection.rows import Retained, Row, System, compile_system
from tests.unit.core.selection.enumeration import Person
from tests.unit.core.selection.small_problems import REGIONS, Problem

pytestmark = pytest.mark.thorough

SIZE = 11
SUBSETS = (np.arange(1 << SIZE)[:, None] >> np.arange(SIZE) & 1).astype(bool)


def a_system(chance: random.Random) -> System:
    """Rules that leave some selections and forbid others, over eleven candidates."""
    people = tuple(
        Person(
            f"d{position:02}",
            1_000_000 - position,
            chance.choice((0, 20_000, 30_000, 50_000, 50_000, 90_000, 100_001)),
            {
                "region": chance.sample(REGIONS, chance.choice((0, 1, 1, 1, 2))),
                "territory": chance.choice(([], ["rural"], ["urban"])),
            },
            chance.random() < 0.1,
        )
        for position in range(SIZE)
    )
    quotas = []
    for number in range(chance.randint(1, 4)):
        asked = chance.choice(({"each": "region"}, {"where": {"territory": "rural"}}, {"where": {"region": "corse"}}))
        bounds = chance.choice(
            (
                {"min": 1},
                {"min": 2},
                {"max": 2},
                {"min": 1, "max": 3},
                {"max_share": "0.4"},
                {"min_share": "0.2"},
                {"min_share": "0.3"},
                {"min_share": "0.5"},
            )
        )
        quotas.append({"id": f"q{number}", **asked, **bounds})
    total = sum(person.grant for person in people)
    rules = {"mode": "merit", "laureates": chance.randint(3, 8), "budget": total * chance.randint(4, 8) // 10}
    given = Problem(people, {**rules, "quotas": quotas})
    return compile_system(given.candidates, given.core_rules)


def keeping(rows: Sequence[Row], subsets: Retained) -> Retained:
    """Which of the subsets keep all of the rows."""
    keep = np.ones(len(subsets), bool)
    for row in rows:
        keep &= subsets[:, row.columns] @ row.coefficient <= row.bound
    return keep


def entering(system: System, retained: Retained, rows: Sequence[Row]) -> list[int]:
    """The passed-over columns that some subset that keeps the rows holds with everybody beside them."""
    found = SUBSETS[keeping(rows, SUBSETS)]
    beside = [system.imposed | (retained & (np.arange(SIZE) < j)) for j in range(SIZE)]
    return [
        j for j in range(SIZE) if not retained[j] and found[:, beside[j] | (np.arange(SIZE) == j)].all(axis=1).any()
    ]


@pytest.mark.parametrize(("exchanges", "nodes"), [(0, 0), (0, 100), (1, 0), (1, 1), (64, 100)])
def test_who_enters_is_whom_some_subset_holds(exchanges: int, nodes: int) -> None:
    met = {"some": 0, "nobody": 0, "all": 0}
    with (
        patch("aap.core.selection.merit_entries._EXCHANGES", exchanges),
        patch("aap.core.selection.merit_entries._NODES", nodes),
    ):
        for number in range(80):
            chance = random.Random(f"entries {number}")
            system = a_system(chance)
            feasible = SUBSETS[keeping(system.rows, SUBSETS) & SUBSETS[:, system.imposed].all(axis=1)]
            if not len(feasible):
                continue
            by_merit = max(feasible.tolist())
            for retained in (np.array(by_merit), feasible[chance.randrange(len(feasible))]):
                entries = Entries(system, retained)
                for row in system.rows:
                    possible = entering(system, retained, [row])
                    assert np.flatnonzero(~entries.impossible[row] & ~retained).tolist() == possible
                for some in ([], *([row] for row in system.rows), chance.sample(system.rows, len(system.rows) // 2)):
                    expected = entering(system, retained, [row for row in system.rows if row not in some])
                    assert np.flatnonzero(entries.without(some, ~retained)).tolist() == expected
                    asked = ~retained & np.array([chance.random() < 0.5 for _ in range(SIZE)])
                    assert np.flatnonzero(entries.without(some, asked)).tolist() == [j for j in expected if asked[j]]
                    met["all" if len(expected) == int((~retained).sum()) else "some" if expected else "nobody"] += 1
    assert all(met.values()), met
