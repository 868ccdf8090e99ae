"""Changes that must not move the result, and the mark that must not harm: whole calls, raw scores, both modes."""

from __future__ import annotations

import collections
import io
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aap.core.call.schema import CallFile
from aap.core.problems import BadInput
from aap.core.ranking.run import Run, RunOptions, run_call
from aap.core.results import ResultRow
from aap.core.selection.outcome import InfeasibleRules
from aap.core.selection.select import select
from aap.documents.report.ranking_files import table_files
from aap.documents.tables.table_files import TableFile
from aap.documents.tables.tables_in import read_run_inputs
from tests.unit.core.selection.small_problems import problem
from tests.unit.core.selection.test_whole_calls import SEED, a_random_call, random_tables, run

pytestmark = pytest.mark.thorough

Tables = tuple[list[dict[str, str]], ...]
DECISION = ("application_id", "decision", "amount", "reason", "author")


def some_calls(theme: str, number: int) -> Iterator[tuple[dict[str, Any], Tables, Run, random.Random]]:
    """Random calls whose rules can all hold, with their run."""
    for at in range(number):
        chance = random.Random(f"{theme} {at}")
        call = a_random_call(chance)
        tables = random_tables(chance, call)
        answer = tried(call, tables)
        if answer is not None:
            yield call, tables, answer, chance


def tried(call: Mapping[str, Any], tables: Tables) -> Run | None:
    try:
        return run(call, tables)
    except (InfeasibleRules, BadInput):
        return None


def told(row: ResultRow) -> tuple[Any, ...]:
    """Everything that a row says, but who it is."""
    return (
        row.rank, row.status, row.reason_code, row.reason, row.raw_score, row.reviews, row.requested_amount,
        row.granted_amount, row.waiting_rank, tuple(row.marks.items()),
    )  # fmt: skip


def test_the_order_of_the_rows_moves_nothing() -> None:
    for call, tables, answer, chance in some_calls("ordre", 60):
        shuffled = tuple(chance.sample(rows, len(rows)) for rows in tables)
        again = run(call, shuffled)
        assert again.rows == answer.rows
        assert again.reviewers == answer.reviewers
        assert again.report == answer.report  # hashes too


@st.composite
def cut_in_parts(draw: st.DrawFn, lines: list[str]) -> list[str]:
    """The same lines, cut at any places, the parts one after the other in any order, blank rows between some."""
    places = sorted(draw(st.sets(st.integers(1, max(1, len(lines) - 1)), max_size=6)))
    parts = [lines[begin:end] for begin, end in zip([0, *places], [*places, len(lines)], strict=True)]
    return [line for part in draw(st.permutations(parts)) for line in (*part, *draw(st.sampled_from(((), ("",)))))]


def as_file(name: str, lines: list[str]) -> TableFile:
    """A table of lines `a;b;c` as CSV or, where the name says so, as a workbook."""
    if not name.endswith(".xlsx"):
        return TableFile(name, "\n".join(lines).encode())
    book = openpyxl.Workbook()
    assert book.active is not None
    for row, line in enumerate(lines, 1):
        for column, cell in enumerate(line.split(";"), 1):
            book.active.cell(row, column, cell or None)
    stream = io.BytesIO()
    book.save(stream)
    return TableFile(name, stream.getvalue())


def files_of(call: CallFile, tables: Iterator[TableFile]) -> dict[str, bytes]:
    """The files of a run that hold its figures: `report.json` has the hashes."""
    inputs = read_run_inputs(call, *tables)
    answer = run_call(
        call, inputs.applications, inputs.marks, inputs.decisions, options=RunOptions(draws=20, draw_seed=SEED)
    )
    return {name: content for name, content in table_files(answer) if name.endswith((".csv", ".json"))}


@pytest.mark.parametrize("method", ["raw", "calibrated"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_files_cut_in_parts_and_put_together_in_any_order_give_the_same_bytes(method: str, data: st.DataObject) -> None:
    """A cut may part a review's marks, and a decision's two rows."""
    chance = random.Random(data.draw(st.integers(0, 10_000), label="call"))
    written = a_random_call(chance)
    call = CallFile.model_validate({**written, "scoring": {"method": method, "components": "separate"}})
    applications, reviews, decisions = random_tables(chance, written)
    decisions = [{**row, "reason": "motif", "author": "jury"} for row in decisions]
    tables = [
        (";".join(header), [";".join(row[name] for name in header) for row in rows])
        for header, rows in (
            (tuple(applications[0]), applications), (tuple(reviews[0]), reviews), (DECISION, decisions),
        )
    ]  # fmt: skip
    try:
        whole = files_of(call, (as_file("whole.csv", [header, *lines]) for header, lines in tables))
    except (InfeasibleRules, BadInput):
        return
    names = [f"{at}.{data.draw(st.sampled_from(('csv', 'csv', 'xlsx')))}" for at in range(3)]
    again = [
        as_file(name, [header, *data.draw(cut_in_parts(lines))])
        for name, (header, lines) in zip(names, tables, strict=True)
    ]
    assert files_of(call, iter(again)) == whole


def test_a_call_whose_rules_part_it_by_region_is_the_sum_of_its_parts() -> None:
    """Raw scores, no count, a budget that all fit in: what a region gets is what it gets alone."""
    refused = 0
    for at in range(40):
        chance = random.Random(f"parts {at}")
        call = a_random_call(chance)
        applications, reviews, _ = random_tables(chance, call)
        applications += [{**row, "application_id": f"{row['application_id']}b"} for row in applications]
        reviews += [{**row, "application_id": f"{row['application_id']}b"} for row in reviews]
        for row in applications:
            row["region"] = chance.choice(["bretagne", "corse", "oise", ""])
        quotas = [
            {"id": "regions", "each": "region", "max": chance.randint(1, 3), "max_share": chance.choice(["0.03", "1"])},
            {"id": "petites", "where": {"region": "corse", "size": "small"}, "max": 1},
        ]
        rules = {"mode": call["selection"]["mode"], "amounts": call["selection"]["amounts"], "budget": 100_000}
        call = {**call, "selection": {**rules, "quotas": quotas}}

        def outcome(call: Mapping[str, Any], tables: Tables) -> dict[str, tuple[Any, ...]]:
            return {
                row.application_id: (row.status, row.raw_score, row.granted_amount) for row in run(call, tables).rows
            }

        whole = outcome(call, (applications, reviews, []))
        parts: dict[str, tuple[Any, ...]] = {}
        for region in {row["region"] for row in applications}:
            own = [row for row in applications if row["region"] == region]
            names = {row["application_id"] for row in own}
            parts |= outcome(call, (own, [row for row in reviews if row["application_id"] in names], []))
        assert parts == whole
        refused += sum(status == "not_selected" for status, *_ in whole.values())
    assert refused > 50


def test_other_names_change_names_only() -> None:
    for call, tables, answer, _ in some_calls("noms", 60):
        names = {row["application_id"]: f"x-{row['application_id']}" for row in tables[0]}
        applications = [
            {
                **row,
                "application_id": names[row["application_id"]],
                "association": "Autre",
                "draw_token": row["draw_token"] or row["application_id"],
            }
            for row in tables[0]
        ]
        reviews = [
            {**row, "application_id": names[row["application_id"]], "reviewer_id": f"e{row['reviewer_id']}"}
            for row in tables[1]
        ]
        decisions = [{**row, "application_id": names[row["application_id"]]} for row in tables[2]]
        again = run(call, (applications, reviews, decisions))
        assert [(row.application_id, told(row)) for row in again.rows] == [
            (names[row.application_id], told(row)) for row in answer.rows
        ]


def test_weights_count_by_their_proportions_alone() -> None:
    for call, tables, answer, chance in some_calls("poids", 60):
        factor = chance.choice([3, Decimal("0.7"), Decimal("1e-4")])
        criteria = [
            {**criterion, "weight": str(Decimal(str(criterion["weight"])) * factor)}
            for criterion in call["rubric"]["criteria"]
        ]
        again = run({**call, "rubric": {**call["rubric"], "criteria": criteria}}, tables)
        assert again.rows == answer.rows


@pytest.mark.parametrize("way", ["ineligible", "withdrawn", "incomplete", "out", "declined"])
def test_a_dossier_that_cannot_be_retained_changes_nothing_for_the_others(way: str) -> None:
    for call, tables, answer, _ in some_calls(f"en plus {way}", 40):
        best = {
            "application_id": "zz", "association": "De trop", "requested_amount": "1", "proposed_amount": "",
            "eligible": "non" if way == "ineligible" else "oui", "draw_token": "", "region": "nulle part", "size": "small",
        }  # fmt: skip
        reviews = [*tables[1], *([] if way == "incomplete" else best_marks(call))]
        decided = [{"application_id": "zz", "decision": way, "amount": ""}]
        decisions = [*tables[2], *(decided if way in ("withdrawn", "out", "declined") else [])]
        again = run(call, ([*tables[0], best], reviews, decisions))
        before = 1 if way in ("out", "declined") else 0  # it is ranked, and first: the others' ranks move by one
        found = {row.application_id: row for row in again.rows}
        assert found.pop("zz").status != "laureate"
        for row in answer.rows:
            other = found.pop(row.application_id)
            moved = row.rank + before if row.rank is not None else None
            assert (other.rank, other.status, other.reason_code, other.granted_amount, other.waiting_rank) == (
                moved,
                row.status,
                row.reason_code,
                row.granted_amount,
                row.waiting_rank,
            )
        assert not found


def test_a_candidate_dearer_than_the_whole_budget_takes_nobodys_place() -> None:
    """With the best marks it is ranked first, in no protected head and of no quota."""
    looked_at = 0
    for call, tables, _, _ in some_calls("trop cher", 60):
        call = {**call, "selection": {**call["selection"], "protect_top": 0}}
        before = tried(call, tables)
        if before is None:
            continue
        dear = {**tables[0][0], "application_id": "zz", "requested_amount": "20000.01", "eligible": "oui"}
        dear |= {"proposed_amount": "", "region": "", "size": ""}
        after = run(call, ([*tables[0], dear], [*tables[1], *best_marks(call)], tables[2]))
        assert granted(after) == granted(before)
        looked_at += len(granted(before))
    assert looked_at > 50


def best_marks(call: Mapping[str, Any]) -> list[dict[str, str]]:
    """Two reviews of the dossier `zz` that find nothing to say."""
    return [
        {
            "application_id": "zz",
            "reviewer_id": reviewer,
            "criterion": criterion["id"],
            "score": str((criterion.get("scale") or call["rubric"]["scale"])["max"]),
        }
        for reviewer in ("r1", "r2")
        for criterion in call["rubric"]["criteria"]
    ]


def granted(answer: Run) -> dict[str, int | None]:
    """The laureates, with what they get."""
    return {row.application_id: row.granted_amount for row in answer.rows if row.status == "laureate"}


def test_a_better_mark_never_takes_a_place_away() -> None:
    """Nor does it make the rules of a retained dossier impossible together; docs/selection.md has the proof."""
    raised = collections.Counter[tuple[str, str]]()
    for call, tables, answer, chance in some_calls("meilleure note", 160):
        laureates = [row.application_id for row in answer.rows if row.status == "laureate"]
        for number, mark in enumerate(tables[1]):
            if mark["application_id"] not in laureates:
                continue
            criterion = next(one for one in call["rubric"]["criteria"] if one["id"] == mark["criterion"])
            scale = criterion.get("scale") or call["rubric"]["scale"]
            room = int((scale["max"] - Decimal(mark["score"])) / Decimal(scale["step"]))
            if not room or chance.random() < 0.5:
                continue
            better = Decimal(mark["score"]) + chance.randint(1, room) * Decimal(scale["step"])
            reviews = [*tables[1]]
            reviews[number] = {**mark, "score": str(better)}
            again = run(call, (tables[0], reviews, tables[2]))
            raised[call["selection"]["mode"], call["selection"]["amounts"]] += 1
            assert mark["application_id"] in {row.application_id for row in again.rows if row.status == "laureate"}
    assert len(raised) == 4
    assert min(raised.values()) > 20


def test_calibration_may_move_the_others_so_that_a_better_mark_costs_the_place() -> None:
    """The example of docs/selection.md: B's better mark makes E2 look more generous, and C falls behind D."""
    call = {
        "schema": 1,
        "call": {"id": "essai-2025"},
        "rubric": {"scale": {"min": 0, "max": 10, "step": 1}, "criteria": [{"id": "quality", "weight": 1}]},
        "scoring": {"method": "calibrated"},
        "selection": {"mode": "merit", "budget": 30_000},
    }
    amounts = {"A": "30000", "B": "20000", "C": "10000", "D": "30000"}
    marks = {
        ("A", "E1"): 7, ("A", "E2"): 5, ("B", "E1"): 7, ("B", "E2"): 2, ("C", "E2"): 8, ("C", "E3"): 10,
        ("D", "E2"): 8, ("D", "E1"): 10,
    }  # fmt: skip

    def table(marks: Mapping[tuple[str, str], int]) -> list[tuple[str, str, str]]:
        applications = [
            {
                "application_id": name, "association": name, "requested_amount": amount, "proposed_amount": "",
                "eligible": "oui", "draw_token": "", "region": "", "size": "",
            }
            for name, amount in amounts.items()
        ]  # fmt: skip
        reviews = [
            {"application_id": name, "reviewer_id": reviewer, "criterion": "quality", "score": str(mark)}
            for (name, reviewer), mark in marks.items()
        ]
        rows = run(call, (applications, reviews, [])).rows
        return [(row.application_id, f"{row.calibrated_score:.1f}", row.status) for row in rows]

    assert table(marks) == [
        ("C", "95.8", "laureate"),
        ("D", "91.4", "not_selected"),
        ("A", "61.4", "not_selected"),
        ("B", "46.4", "laureate"),
    ]
    assert table({**marks, ("B", "E2"): 6}) == [
        ("D", "93.3", "laureate"),
        ("C", "92.4", "not_selected"),
        ("B", "68.3", "not_selected"),
        ("A", "63.3", "not_selected"),
    ]


def test_a_better_mark_may_bring_a_costly_dossier_into_a_head_that_the_budget_cannot_bear() -> None:
    """The other example of docs/selection.md."""
    rules = {"budget": 100_000, "protect_top": 1}
    before = problem([("a", 80, 400), ("b", 70, 600), ("c", 60, 1200)], **rules)
    assert select(before.candidates, before.core_rules).retained == ("a", "b")
    after = problem([("c", 85, 1200), ("a", 80, 400), ("b", 70, 600)], **rules)
    with pytest.raises(InfeasibleRules) as caught:
        select(after.candidates, after.core_rules)
    assert caught.value.names == ("budget", "protect_top")
