"""The zone of doubt: the walk to the line, those in doubt by the draw, the walk again."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from aap.core.selection.outcome import FundingLine, InfeasibleRules, Reason
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.select import select
from tests.unit.core.selection.line_enumeration import LineEnumeration
from tests.unit.core.selection.small_problems import Problem, problem, problems_with_a_line


def drawn_problem(tried: Problem, doubts: list[int | None]) -> tuple[list[Candidate], Rules]:
    made = [
        dataclasses.replace(one, doubt=doubt, draw=hashlib.sha256(one.id.encode()).hexdigest())
        for one, doubt in zip(tried.candidates, doubts, strict=True)
    ]
    return made, dataclasses.replace(tried.core_rules, draw_zone=True)


@pytest.mark.thorough
@given(problems_with_a_line(), st.data())
@settings(
    deadline=None, derandomize=True, max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_a_zone_is_walked_in_the_order_of_the_draw(tried: Problem, data: st.DataObject) -> None:
    doubts = [data.draw(st.sampled_from((None, 0, 1, 150_000, 300_000))) for _ in tried.people]
    made, rules = drawn_problem(tried, doubts)
    every = LineEnumeration(tried.people, tried.rules)
    first = every.line(every.atoms)
    if first is None:
        with pytest.raises(InfeasibleRules):
            select(made, rules)
        return
    outcome = select(made, rules)
    zone: list[int] = []
    order = list(range(len(made)))
    if first.line is not None:
        score = made[first.line].score
        zone = [j for j, one in enumerate(made) if one.doubt is not None and abs(one.score - score) <= one.doubt]
        zone.sort(key=lambda j: made[j].draw)
        outside = [j for j in order if j not in zone]
        order = [j for j in outside if j < first.line] + zone + [j for j in outside if j >= first.line]
    again = LineEnumeration([tried.people[j] for j in order], tried.rules)
    second = again.line(again.atoms)
    assert second is not None
    event(f"zone: {len(zone)}, moved: {order != sorted(order)}")
    kept = set(again.ids(second.chosen))
    assert outcome.retained == tuple(one.id for one in made if one.id in kept)
    assert outcome.zone == tuple(made[j].id for j in zone)
    assert outcome.waiting_list == tuple(one.id for one in made if one.id not in kept)[: rules.waiting_list]
    allowed = again.reasons(second.chosen)
    for name, reason in outcome.reasons.items():
        by_lot = name in kept and name in outcome.zone and "jury_in" not in allowed[name]
        assert str(reason) in ({"drawn"} if by_lot else allowed[name])
    if zone:
        assert first.line is not None
        assert outcome.line_of_scores == made[first.line].id


def test_of_two_in_doubt_the_draw_decides_and_the_line_stays_that_of_the_scores() -> None:
    tried = problem(
        [("a", 90, 1), ("b", 71, 1), ("c", 70, 1), ("d", 60, 1)], mode="merit", at_limit="stop", laureates=2
    )
    made, rules = drawn_problem(tried, [50_000, 50_000, 50_000, 50_000])
    made[1] = dataclasses.replace(made[1], draw="2")
    made[2] = dataclasses.replace(made[2], draw="1")
    outcome = select(made, rules)
    assert outcome.retained == ("a", "c")
    assert outcome.zone == ("c", "b")
    assert outcome.line_of_scores == "c"
    assert outcome.funding_line == FundingLine("b", Reason("count_reached"))
    assert {name: str(reason) for name, reason in outcome.reasons.items()} == {
        "a": "selected", "b": "count_reached", "c": "drawn", "d": "count_reached",
    }  # fmt: skip
