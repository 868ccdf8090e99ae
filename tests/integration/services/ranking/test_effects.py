"""What other decisions do to a kept run's list, also where the call has lots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aap.core.ranking.bundle import run_bundle
from aap.core.ranking.run_input import json_text
from aap.records.rankings import RankingRun
from aap.services.errors import InvalidInput, Objection
from aap.services.ranking.effects import ListEffect, decided_in, effect_between, list_with
from tests.unit.core.ranking.small_runs import a_call, decided, ran


def lots_run() -> RankingRun:
    """Lot one has a and b, lot two c and d: each pays for one project of 1,000 €, what one leaves goes to two."""
    call = a_call(mode="merit", laureates=5)
    items = [{"id": name, "selection": {"budget": 1000}} for name in ("un", "deux")]
    lots = {"lots": {"attribute": "lot", "items": items, "spill": ["un", "deux"]}}
    call = type(call).model_validate(call.model_dump(by_alias=True, exclude_unset=True) | lots)
    attributes = {name: {"lot": ("un" if name in "ab" else "deux",)} for name in "abcd"}
    marks = {"a": "90", "b": "80", "c": "70", "d": "60"}
    decisions = (decided("b", "in"), replace(decided("c", "out"), stage="authority"))
    return RankingRun(bundle=json_text(run_bundle(ran(call, marks, decisions=decisions, attributes=attributes))))


def test_the_list_of_a_call_with_lots_is_made_again_lot_by_lot() -> None:
    run = lots_run()
    jury = decided_in(run)
    assert [(one.application_id, one.decision) for one in jury] == [("b", "in")]
    proposed = list_with(run, jury)
    assert list(proposed.items()) == [("b", 1000_00), ("c", 1000_00)]
    changed = list_with(run, (decided("a", "out"), decided("b", "out")))
    assert effect_between(proposed, changed) == ListEffect(("d",), ("b",), (), 2000_00, 2000_00)


def test_a_decision_on_who_is_no_candidate_is_refused_in_a_lot_too() -> None:
    with pytest.raises(InvalidInput) as refused:
        list_with(lots_run(), (decided("a", "in"), decided("a", "withdrawn")))
    assert refused.value.problems == {"decision": Objection("ranking.imposed_no_candidate")}
