"""The points that were lacking: with them it is retained, with one ten-thousandth less it is not."""

from __future__ import annotations

import dataclasses
import random

import pytest

from aap.core.ranking.counterfactual import NothingToGain, in_words, points_needed
from aap.core.ranking.run import Run
from tests.unit.core.ranking.ranking_builders import a_call
from tests.unit.core.selection.enumeration import Enumeration
from tests.unit.core.selection.test_whole_calls import SEED, a_random_call, random_tables, run
from tests.unit.core.selection.whole_call import Dossier, WholeCall

pytestmark = pytest.mark.thorough

UNITS = 10_000
RUBRIC = a_call().rubric


def retained_with(redone: WholeCall, one: Dossier, more: int) -> bool:
    """By enumeration, with some ten-thousandths of a point more for one dossier."""
    assert one.score is not None
    raised = dataclasses.replace(one, score=one.score + more)
    others = [other for other in redone.candidates if other.id != one.id]
    people = [redone.person(other) for other in sorted([*others, raised], key=redone.key)]
    every = Enumeration(people, redone.every.rules)
    chosen = every.best(every.atoms)
    return chosen is not None and one.id in every.ids(chosen)


def needed(answer: Run, name: str) -> int | None:
    return points_needed(answer.given.call, answer.parts[0].ranking, name)


@pytest.mark.parametrize("block", range(4))
def test_the_points_are_the_fewest(block: int) -> None:
    found = {"some": 0, "none": 0, "below": 0}
    for number in range(block * 50, block * 50 + 50):
        chance = random.Random(f"points {number}")
        call = a_random_call(chance)
        tables = random_tables(chance, call)
        redone = WholeCall(call, *tables, SEED)
        if redone.imposed_in_vain() or redone.lines() is None:
            continue
        answer = run(call, tables)
        for one in redone.dossiers:
            status = next(row.status for row in answer.rows if row.application_id == one.id)
            below = one.place == "below_threshold" and one.missed == "overall"
            if status == "laureate" or not (one.place == "candidate" or below):
                with pytest.raises(NothingToGain):
                    needed(answer, one.id)
                continue
            assert one.score is not None
            points = needed(answer, one.id)
            low = 0
            if below:
                low = redone.least_score() - one.score
                found["below"] += 1
            if points is None:
                found["none"] += 1
                tries = [
                    1_000_000 - one.score,
                    *(chance.randint(low, 1_000_000 - one.score) for _ in range(3) if low <= 1_000_000 - one.score),
                ]
                assert not any(retained_with(redone, one, more) for more in tries if more >= low)
                continue
            found["some"] += 1
            assert max(1, low) <= points <= 1_000_000 - one.score
            assert retained_with(redone, one, points)
            less = [points - 1, *(chance.randint(low, points - 1) for _ in range(3) if low < points)]
            assert not any(retained_with(redone, one, more) for more in less if more >= low)
    assert all(found.values()), found


def test_the_answer_reads_in_french() -> None:
    assert in_words(12_500, RUBRIC) == (
        "Avec 1,25\u00a0point de plus, toutes choses égales par ailleurs, ce projet aurait été retenu."
    )
    assert in_words(20_000, RUBRIC).startswith("Avec 2\u00a0points de plus")
    assert in_words(None, RUBRIC) == (
        "Aucune note, même de 100\u00a0points, n’aurait suffi\u00a0: les autres règles de l’appel ne le permettaient pas."
    )
