"""Whatever the rules, every application has a sentence, and the bundle of the run verifies."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from aap.core.problems import BadInput
from aap.core.ranking.bundle import run_bundle, verify_bundle
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run import Run
from aap.core.ranking.run_input import json_text
from aap.core.selection.outcome import InfeasibleRules
from tests.unit.core.ranking.small_runs import a_call, decided, ran

pytestmark = pytest.mark.thorough

ALL_CODES = {
    "selected", "selected_by_quota", "jury_in", "jury_out", "count_reached", "budget_exhausted", "quota_max",
    "quota_min", "below_threshold", "ineligible", "withdrawn", "declined",
}  # fmt: skip


def a_random_run(chance: random.Random) -> Run | None:
    names = [f"d{number:02d}" for number in range(chance.randint(1, 14))]
    quotas: list[dict[str, Any]] = []
    if chance.random() < 0.6:
        quotas.append({"id": "rural", "where": {"territory": "rural"}, "min": chance.randint(1, 2)})
    if chance.random() < 0.5:
        quotas.append({"id": "par-region", "each": "region", "max": chance.randint(1, 3)})
    if chance.random() < 0.4:
        quotas.append({"id": "petites", "where": {"size": "small"}, "min_share": "0.3"})
    if chance.random() < 0.4:
        quotas.append({"id": "part", "each": "region", "max_share": "0.6"})
    call = a_call(
        mode=chance.choice(["value", "merit"]),
        laureates=chance.randint(1, 6),
        budget=chance.randint(2000, 9000),
        waiting_list=chance.randint(0, 3),
        quotas=quotas,
        threshold=chance.choice([None, 20]),
        **({"protect_top": 1} if chance.random() < 0.3 else {}),
    )
    attributes = {
        name: {
            "territory": (chance.choice(["rural", "urban"]),),
            "region": tuple(chance.sample(["corse", "bretagne", "oise"], chance.choice([1, 1, 2]))),
            "size": (chance.choice(["small", "large"]),),
        }
        for name in names
    }
    kinds = ["in", "out", "withdrawn", "declined"]
    try:
        return ran(
            call,
            {name: str(chance.choice([10, 30, 50, 50, 70, 70.5, 90])) for name in names},
            amounts={name: chance.randrange(200, 3000, 100) for name in names},
            attributes=attributes,
            decisions=[decided(name, chance.choice(kinds)) for name in names if chance.random() < 0.05],
            applications={name: {"eligible": False} for name in names if chance.random() < 0.05},
        )
    except (InfeasibleRules, BadInput):  # of no interest here: these rules have no selection
        return None


def test_every_outcome_is_explained_and_replays() -> None:
    chance = random.Random(2025)
    seen: set[str] = set()
    for _ in range(60):
        run = a_random_run(chance)
        if run is None:
            continue
        for row in run.rows:
            seen.add(row.reason_code.partition(":")[0])
            assert row.reason.endswith(".")
            assert "None" not in row.reason
            assert "  " not in row.reason
            assert not re.search("[ \\w][;:!?»]|« ", row.reason)  # no-break spaces, so that no line begins with a sign
            assert not any(name in row.reason for name in (other.application_id for other in run.rows))
        text = json_text(run_bundle(run))
        assert verify_bundle(text) == ()
        assert verify_bundle(json_text(public_bundle(text, key="k").value)) == ()
    assert seen == ALL_CODES


@pytest.mark.parametrize("mode", ["value", "merit"])
def test_a_call_without_any_place_is_explained(mode: str) -> None:
    run = ran(a_call(mode=mode, laureates=0), {"a": "80"})
    assert "aucune place" in run.rows[0].reason
