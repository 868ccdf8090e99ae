"""`report.json` whole, and the texts and hashes that stand for a run."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from aap.core.ranking.report_figures import euros_number, score_number
from aap.core.ranking.run import RunOptions
from aap.core.ranking.run_input import inputs_hash, json_text, result_hash
from tests.unit.core.ranking.small_runs import a_call, decided, ran

RURAL = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}
SHARE = {"id": "part", "each": "region", "max_share": "0.5", "min_share": "0.1"}


def test_a_report_says_all_that_was_decided() -> None:
    run = ran(
        a_call(threshold=30, budget=2000, waiting_list=1, quotas=[RURAL, SHARE], laureates=3),
        {"a": "80", "b": "70.125", "c": "60", "d": "20", "e": "50", "f": "45"},
        amounts={"a": 900, "b": 500, "c": 700},
        attributes={"a": {"region": ("oise",)}, "c": {"territory": ("rural",), "region": ("corse", "oise")}},
        applications={"f": {"eligible": False}},
        decisions=[decided("b", "amount", "300.50"), decided("e", "withdrawn")],
    )
    report = dict(run.report)
    for name in ("engine_version", "solver", "rubric_hash", "inputs_hash", "result_hash"):
        assert report.pop(name)
    assert report == {
        "edition": 2,
        "call_id": "essai-2025",
        "draw_seed": "graine publique",
        "method": "raw",
        "mode": "value",
        "counts": {
            "laureate": 2, "waiting_list": 1, "not_selected": 0, "below_threshold": 1, "ineligible": 1, "incomplete": 0,
            "withdrawn": 1,
        },
        "budget": {"limit": 2000, "granted": 1000.5},
        "quotas": [
            {"id": "rural", "value": None, "min": 1, "max": None, "achieved": 1, "price": 0},
            {
                "id": "part", "value": "corse", "min": None, "max": None, "achieved": 1, "price": 80,
                "min_share": 0.1, "max_share": 0.5, "achieved_amount": 350,
            },
            {
                "id": "part", "value": "oise", "min": None, "max": None, "achieved": 1, "price": 80,
                "min_share": 0.1, "max_share": 0.5, "achieved_amount": 350,
            },
        ],
        "funding_line": None,
        "objective": 130.125,
        "proven_optimal": True,
            "gap": 0,
        "tie_proven": True,
        "final": True,
        "variance": report["variance"],
        "contested": [],
        "no_successor": ["b", "c"],
        "warnings": report["warnings"],
        "lots": None,
    }  # fmt: skip


def test_a_quota_with_one_share_bears_the_other_empty_and_one_without_bears_none() -> None:
    least = {"id": "part", "where": {"size": "small"}, "min_share": "0.1"}
    small = {"a": {"size": ("small",)}}
    [line] = ran(a_call(quotas=[least]), {"a": "80"}, attributes=small).report["quotas"]
    assert (line["min_share"], line["max_share"], line["achieved_amount"]) == (0.1, None, 1000)
    [line] = ran(a_call(quotas=[RURAL | {"min": 0}]), {"a": "80"}).report["quotas"]
    assert "min_share" not in line


@pytest.mark.parametrize(("missing", "words"), [("c", "Un dossier attend"), ("bc", "2 dossiers attendent")])
def test_a_report_says_how_many_dossiers_wait_for_reviews(missing: str, words: str) -> None:
    call = a_call()
    applications = {"a": "80", "b": "70", "c": "60"}
    run = ran(call, applications, options=RunOptions(draws=0, draw_seed="s"), unmarked=missing)
    assert run.report["final"] is False
    assert (
        f"{words} encore des évaluations\u00a0: le classement est provisoire et rien ne peut être arrêté."
        in (run.report["warnings"])
    )


def test_the_text_of_a_value_is_one_whatever_the_order_of_its_keys() -> None:
    value: dict[str, Any] = {"é": [1.5, None], "a": {"z": True, "b": "ç"}}
    assert json_text(value) == '{"a":{"b":"ç","z":true},"é":[1.5,null]}'
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            json_text([number])


def test_a_results_hash_covers_the_tables_and_the_report_but_itself() -> None:
    run = ran(a_call(), {"a": "80", "b": "70"})
    covered = {
        "ranking": [list(run.ranking_table.header), *map(list, run.ranking_table.rows)],
        "reviewers": [list(run.reviewers_table.header), *map(list, run.reviewers_table.rows)],
        "report": {name: value for name, value in run.report.items() if name != "result_hash"},
    }
    assert run.report["result_hash"] == hashlib.sha256(json_text(covered).encode()).hexdigest()
    assert result_hash(run.ranking_table, run.reviewers_table, run.report) == run.report["result_hash"]


def test_a_draw_token_that_is_the_id_is_the_same_as_none() -> None:
    def hash_with(token: str) -> str:
        run = ran(a_call(), {"a": "80", "b": "70"}, applications={"a": {"draw_token": token}})
        assert run.report["inputs_hash"] == inputs_hash(run.given)
        return inputs_hash(run.given)

    assert hash_with("a") == hash_with("")
    assert hash_with("autre") != hash_with("")


def test_numbers_are_whole_where_they_are() -> None:
    assert [repr(euros_number(cents)) for cents in (0, 1_200_000, 5, 150, -100)] == ["0", "12000", "0.05", "1.5", "-1"]
    assert [repr(score_number(scaled)) for scaled in (0, 640_000, 642_500, 1)] == ["0", "64", "64.25", "0.0001"]
