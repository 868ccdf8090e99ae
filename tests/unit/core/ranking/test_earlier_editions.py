"""A bundle of the first edition: its scores are taken as given, everything that follows from them is done again.

`edition_1_bundle.json` was written by engine 1.0.0 from docs/exemple-classement, with an agreed score, an amount and 400
draws.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from aap.core.ranking.bundle import rankings_of, read_text, verification
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run import ENGINE_VERSION
from aap.core.ranking.run_input import json_text, result_hash
from aap.core.results import Table

KEPT = Path(__file__).with_name("edition_1_bundle.json")


def table(rows: list[list[str]]) -> Table:
    return Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))


def changed(path: str, value: Any) -> str:
    """The kept bundle with one value changed and its hash made again, as somebody who cheats would."""
    bundle = copy.deepcopy(json.loads(KEPT.read_text(encoding="utf-8")))
    node = bundle
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        node = node[step]
    node[last] = value
    results = bundle["results"]
    results["report"]["result_hash"] = result_hash(
        table(results["ranking"]), table(results["reviewers"]), results["report"]
    )
    return json_text(bundle)


def test_a_bundle_of_the_first_edition_holds_and_its_scores_are_taken_as_given() -> None:
    found = verification(KEPT.read_bytes())
    assert (found.differences, found.scores_given) == ((), True)


def test_who_redoes_its_scores_by_hand_finds_its_severities() -> None:
    content = read_text(KEPT.read_bytes())
    [(_, ranking)] = rankings_of(content)
    stored = {row[0]: row[3] for row in content.reviewers.rows}
    assert {name: f"{one.value / 10_000:.4f}" for name, one in ranking.calibration.severities.items()} == stored
    assert [standing.calibrated_score for standing in ranking.standings] == [
        content.scores[standing.id].calibrated_score for standing in ranking.standings
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("results/ranking/1/0", "2"),
        ("results/ranking/1/3", "not_selected"),
        ("results/ranking/1/4", "jury_in"),
        ("results/ranking/1/6", "71.0000"),
        ("results/ranking/2/7", "20.0000"),  # another order, another selection
        ("results/ranking/1/13", "1.00"),
        ("results/report/objective", 1),
        ("results/report/counts/laureate", 5),
        ("results/report/final", False),
        ("results/report/edition", 2),
        ("results/report/engine_version", "2.0.0"),
        ("results/report/engine_version", "3.0.0"),
        ("results/report/engine_version", 1),
        ("results/reviewers/1/0", "somebody"),
        ("results/reviewers/1/3", "many"),
        ("results/reviewers/0/3", "other"),
    ],
)
def test_what_follows_from_the_scores_is_done_again(path: str, value: Any) -> None:
    assert verification(changed(path, value)).differences != ()


def test_a_changed_hash_is_found() -> None:
    text = KEPT.read_text(encoding="utf-8")
    digest = json.loads(text)["results"]["report"]["result_hash"]
    assert [one.place for one in verification(text.replace(digest, "0" * 64)).differences] == [
        "results.report.result_hash"
    ]


def test_its_public_bundle_without_marks_is_replayed_from_its_scores() -> None:
    public = public_bundle(KEPT.read_bytes(), key="secret")
    found = verification(json_text(public.value))
    assert (found.differences, found.scores_given, found.with_marks) == ((), True, False)
    assert public.value["results"]["report"]["engine_version"] == ENGINE_VERSION


def test_its_public_bundle_with_marks_is_of_the_first_edition_and_holds() -> None:
    public = public_bundle(KEPT.read_bytes(), key="secret", marks=True)
    text = json_text(public.value)
    found = verification(text)
    assert (found.differences, found.scores_given) == ((), True)
    assert public.value["results"]["report"]["engine_version"] == "1.0.0"
    names = {row[1]: row[2] for row in public.correspondence.rows if row[0] == "évaluateur"}
    stored = {row[0]: row[1:] for row in read_text(KEPT.read_bytes()).reviewers.rows}
    assert {row[0]: tuple(row[1:]) for row in public.value["results"]["reviewers"][1:]} == {
        names[name]: cells for name, cells in stored.items()
    }
    assert not [name for name in ("Dupuis", "Les Amis du Livre", "Plan de financement") if name in text]
