"""How far a bundle's figures may lie from those of another platform: to the last digit, and no further."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from aap.core.inputs import Application, Mark
from aap.core.ranking.bundle import run_bundle, verify_bundle
from aap.core.ranking.run import RunOptions, run_call
from aap.core.ranking.run_input import json_text, result_hash
from aap.core.results import Table
from tests.unit.core.ranking.small_runs import a_call, decided

MARKS = {
    ("a", "x"): 80, ("a", "y"): 60, ("b", "y"): 70, ("b", "z"): 55, ("c", "x"): 90, ("c", "z"): 40, ("d", "x"): 60,
    ("d", "y"): 41,
}  # fmt: skip


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    return made(MARKS)


def made(marks: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    run = run_call(
        a_call(waiting_list=1, method="calibrated"),
        [Application(name, f"Association {name}", 100_000) for name in "abcd"],
        [Mark(name, reviewer, "quality", Decimal(score)) for (name, reviewer), score in marks.items()],
        [decided("d", "amount", "500")],
        options=RunOptions(draws=50, draw_seed="graine"),
    )
    value: dict[str, Any] = json.loads(json_text(run_bundle(run)))
    return value


def kept(bundle: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> bool:
    """Whether the bundle still verifies, its hash made again."""
    changed = copy.deepcopy(bundle)
    change(changed["results"])
    tables = [
        Table(tuple(rows[0]), tuple(map(tuple, rows[1:])))
        for rows in (changed["results"]["ranking"], changed["results"]["reviewers"])
    ]
    report = changed["results"]["report"]
    report["result_hash"] = result_hash(tables[0], tables[1], report)
    return verify_bundle(json_text(changed)) == ()


def moved(table: str, column: str, by: str) -> Callable[[dict[str, Any]], None]:
    def change(results: dict[str, Any]) -> None:
        header, *_, row = results[table]  # the last one: no laureate, on whose score the sum of scores rests
        at = header.index(column)
        assert row[at]
        row[at] = f"{Decimal(row[at]) + Decimal(by):.4f}"

    return change


@pytest.mark.parametrize(
    ("table", "column", "most", "beyond"),
    [
        ("ranking", "calibrated_score", "0.0010", "0.0011"),
        ("ranking", "ci_low", "-0.0010", "-0.0011"),
        ("ranking", "ci_high", "0.0010", "0.0011"),
        ("ranking", "selection_probability", "0.0200", "0.0201"),
        ("ranking", "raw_score", "0", "0.0001"),
        ("ranking", "mark_quality", "0", "0.0001"),
        ("ranking", "requested_amount", "0", "0.0001"),
        ("reviewers", "severity", "0.0010", "0.0011"),
        ("reviewers", "severity_low", "-0.0010", "-0.0011"),
        ("reviewers", "severity_high", "0.0010", "0.0011"),
        ("reviewers", "mean_given", "0", "0.0001"),
    ],
)
def test_a_figure_may_differ_so_far_and_no_further(
    bundle: dict[str, Any], table: str, column: str, most: str, beyond: str
) -> None:
    assert kept(bundle, lambda _: None)
    assert kept(bundle, moved(table, column, most)) or not Decimal(most)
    assert not kept(bundle, moved(table, column, beyond))


def test_a_variance_may_differ_by_a_thousandth_of_itself(bundle: dict[str, Any]) -> None:
    def scaled(factor: float) -> Callable[[dict[str, Any]], None]:
        def change(results: dict[str, Any]) -> None:
            results["report"]["variance"]["noise"] *= factor

        return change

    assert bundle["results"]["report"]["variance"]["noise"] > 10
    assert [kept(bundle, scaled(factor)) for factor in (1.0009, 0.9991, 1.0011, 0.9989)] == [True, True, False, False]


def test_a_variance_of_zero_may_be_a_thousandth_elsewhere() -> None:
    agreed = made({(name, reviewer): 40 + 10 * "abcd".index(name) for name in "abcd" for reviewer in "xyz"})
    assert agreed["results"]["report"]["variance"]["reviewer"] == 0
    found = [
        kept(agreed, lambda results, v=v: results["report"]["variance"].update(reviewer=v)) for v in (0.001, 0.0011)
    ]
    assert found == [True, False]


@pytest.mark.parametrize("text", ["beaucoup", "NaN"])
def test_where_a_number_may_differ_a_text_may_not(bundle: dict[str, Any], text: str) -> None:
    def said(table: str, column: str) -> Callable[[dict[str, Any]], None]:
        def change(results: dict[str, Any]) -> None:
            results[table][-1][results[table][0].index(column)] = text

        return change

    for table, column in (("ranking", "selection_probability"), ("reviewers", "severity"), ("ranking", "ci_low")):
        assert not kept(bundle, said(table, column))


def test_the_order_of_the_rows_is_part_of_a_ranking(bundle: dict[str, Any]) -> None:
    def swapped(results: dict[str, Any]) -> None:
        rows = results["ranking"]
        rows[1], rows[2] = rows[2], rows[1]

    assert not kept(bundle, swapped)


def test_the_software_of_another_machine_is_told_and_not_compared(bundle: dict[str, Any]) -> None:
    assert kept(bundle, lambda results: results["report"].update(solver="HiGHS 9"))
    assert not kept(bundle, lambda results: results["report"].update(solver=9))
    assert not kept(bundle, lambda results: results["report"].update(draw_seed="autre"))


def test_a_bundle_that_is_called_public_bears_no_name(bundle: dict[str, Any]) -> None:
    named = copy.deepcopy(bundle)
    named["public"] = True
    assert "public" in {difference.place for difference in verify_bundle(json_text(named))}
    for application in named["inputs"]["applications"]:
        application["association"] = ""
    assert "public" in {difference.place for difference in verify_bundle(json_text(named))}  # the decision's reason
    named["inputs"]["decisions"][0] |= {"reason": "", "author": ""}
    assert "public" not in {difference.place for difference in verify_bundle(json_text(named))}
    named["inputs"]["decisions"][0]["author"] = "jury"
    assert "public" in {difference.place for difference in verify_bundle(json_text(named))}


def test_a_bundle_of_the_largest_size_is_read_and_one_byte_more_is_not(bundle: dict[str, Any]) -> None:
    text = json_text(bundle)
    with patch("aap.core.ranking.bundle.MAX_BYTES", len(text)):
        assert verify_bundle(text) == ()
        assert [str(difference) for difference in verify_bundle(f"{text} ")] == ["Le fichier dépasse 0 Mo."]
