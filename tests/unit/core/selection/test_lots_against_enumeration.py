"""Calls with lots: each lot's lines are those of a call of its own, with what the lot before it left."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from aap.core.ranking.ranking import ImposedNotCandidate
from aap.core.ranking.run import Run
from aap.core.scoring.totals import ten_thousandths
from aap.core.selection.outcome import InfeasibleRules
from tests.unit.core.selection.test_whole_calls import SEED, a_random_call, random_tables, run
from tests.unit.core.selection.whole_call import Line, WholeCall

pytestmark = pytest.mark.thorough

Tables = tuple[list[dict[str, str]], ...]


@dataclass(frozen=True)
class Lotted:
    """A call with lots, its tables, and each lot as the contract's words make it a call, with its tables."""

    call: dict[str, Any]
    tables: Tables
    alone: dict[str, dict[str, Any]]
    tables_of: dict[str, Tables]


def a_call_with_lots(chance: random.Random, *, spill: bool = True) -> Lotted:
    call = a_random_call(chance)
    names = ["collectif", "individuel", "essai"][: chance.randint(2, 3)]
    items, alone, tables_of = [], {}, {}
    for name in names:
        other = a_random_call(chance)
        given = {key: value for key, value in other["selection"].items() if chance.random() < 0.4 and key != "budget"}
        quotas = given.get("quotas", call["selection"]["quotas"])
        if chance.random() < 0.8 or any("max_share" in quota for quota in quotas):
            given["budget"] = other["selection"]["budget"]
        rubric = {key: value for key, value in other["rubric"].items() if chance.random() < 0.3}
        items.append({"id": name, "selection": given, "rubric": rubric})
        without = {key: value for key, value in call["selection"].items() if key != "budget"}
        alone[name] = {**call, "selection": without | given, "rubric": call["rubric"] | rubric}
        tables = random_tables(chance, alone[name])
        for rows in tables:
            for row in rows:
                row["application_id"] = f"{name[0]}{row['application_id']}"
        for row in tables[0]:
            row["volet"] = name
        tables_of[name] = tables
    call["lots"] = {"attribute": "volet", "items": items}
    if spill:
        funded = [item["id"] for item in items if "budget" in item["selection"]]
        call["lots"]["spill"] = chance.sample(funded, len(funded))
    together = tuple([row for name in names for row in tables_of[name][at]] for at in range(3))
    for rows in together:
        chance.shuffle(rows)
    return Lotted(call, together, alone, tables_of)


def lines_of(run: Run, lot: str | None = None) -> list[Line]:
    return [
        Line(
            row.rank,
            row.application_id,
            row.status,
            frozenset([row.reason_code]),
            None if row.raw_score is None else ten_thousandths(row.raw_score),
            row.granted_amount,
            row.waiting_rank,
        )
        for row in run.rows
        if lot is None or row.lot == lot
    ]


@pytest.mark.parametrize("number", range(500))
def test_every_line_of_every_lot_is_the_one_that_arithmetic_gives(number: int) -> None:
    chance = random.Random(f"lots {number}")
    made = a_call_with_lots(chance)
    spill: Sequence[str] = made.call["lots"]["spill"]
    redone: dict[str, WholeCall] = {}
    expected: dict[str, list[Line] | None] = {}
    left = 0
    for name in [*spill, *(name for name in made.alone if name not in spill)]:
        received = left if name in spill else 0
        one = redone[name] = WholeCall(made.alone[name], *made.tables_of[name], SEED, received)
        lines = expected[name] = one.lines()
        if lines is None:
            break
        left = (one.limit or 0) - sum(line.granted or 0 for line in lines)
    if any(WholeCall(made.alone[name], *made.tables_of[name], SEED).imposed_in_vain() for name in made.alone):
        with pytest.raises(ImposedNotCandidate):
            run(made.call, made.tables)
        return
    impossible = [name for name, lines in expected.items() if lines is None]
    if impossible:
        with pytest.raises(InfeasibleRules) as caught:
            run(made.call, made.tables)
        start = f"lot:{impossible[0]}/"
        assert all(name.startswith(start) for name in caught.value.names)
        assert redone[impossible[0]].every.conflicts([name.removeprefix(start) for name in caught.value.names])
        return
    answer = run(made.call, made.tables)
    assert [row.lot for row in answer.rows] == [name for name in made.alone for _ in made.tables_of[name][0]]
    for name, lines in expected.items():
        found = lines_of(answer, name)
        codes = {line.id: line.codes for line in found}
        assert lines is not None
        assert found == [
            Line(
                line.rank, line.id, line.status,
                codes[line.id] if not line.codes or codes[line.id] <= line.codes else line.codes,
                line.raw_score, line.granted, line.waiting_rank,
            )
            for line in lines
        ]  # fmt: skip
        assert_budget(answer.report["lots"][name], redone[name], found, passes=name in spill[:-1])


def assert_budget(told: Mapping[str, Any], one: WholeCall, found: Sequence[Line], *, passes: bool) -> None:
    granted = sum(line.granted or 0 for line in found)
    assert told["laureates"] == sum(line.status == "laureate" for line in found)
    assert told["objective"] * 10_000 == pytest.approx(
        sum(max(0, line.raw_score or 0) for line in found if line.status == "laureate")
    )
    assert told["budget"] == {
        "limit": None if one.limit is None else one.limit / 100,
        "received": 0 if one.limit is None else (one.limit - one.own) / 100,
        "granted": granted / 100,
        "passed_on": (one.limit - granted) / 100 if passes and one.limit is not None else 0,
    }


@pytest.mark.parametrize("number", range(60))
def test_lots_that_leave_nothing_to_each_other_are_the_calls_that_they_would_be_alone(number: int) -> None:
    chance = random.Random(f"lots sans excédent {number}")
    made = a_call_with_lots(chance, spill=False)
    alone: list[Line] = []
    try:
        for name in made.alone:
            alone += lines_of(run(made.alone[name], made.tables_of[name]))
    except (InfeasibleRules, ImposedNotCandidate):
        with pytest.raises((InfeasibleRules, ImposedNotCandidate)):
            run(made.call, made.tables)
        return
    assert lines_of(run(made.call, made.tables)) == alone
