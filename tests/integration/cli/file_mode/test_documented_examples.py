"""The examples that the documentation prints are accepted as they stand, and go together."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from aap.core.call.loading import inspect_call, load_call
from aap.documents.tables.table_files import TableFile
from aap.documents.tables.tables_in import read_run_inputs

DOCS = Path(__file__).resolve().parents[4] / "docs"


def blocks(name: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_call_of_the_reference_has_neither_error_nor_warning() -> None:
    text, _line, _lots = blocks("call-file.md", "yaml")
    assert [str(problem) for problem in inspect_call(text, name="exemple.yaml").problems] == []


def test_the_funding_line_of_the_reference_fits_its_call() -> None:
    text, line, _lots = blocks("call-file.md", "yaml")
    around = re.sub(r"(?ms)^selection:\n.*?(?=^\S|\Z)", line, text)
    call = load_call(around, name="exemple.yaml")
    assert (call.selection.at_limit, call.selection.reduce_to) == ("reduce", Decimal("0.7"))


def test_the_lots_of_the_reference_and_of_the_guide_fit_its_call() -> None:
    text, _line, lots = blocks("call-file.md", "yaml")
    assert blocks("file-mode.md", "yaml") == [lots]
    call = load_call(f"{text}\n{lots}", name="exemple.yaml")
    assert call.lots is not None
    assert [(lot.id, lot.selection.budget) for lot in call.lots.items] == [
        ("collectif", 600_000),
        ("individuel", 1_400_000),
    ]


def test_the_tables_of_the_guide_are_read_with_the_call_of_the_reference() -> None:
    text, _line, _lots = blocks("call-file.md", "yaml")
    # the guide's tables have fewer columns than the call's quotas name
    call = load_call(text[: text.index("  quotas:")], name="exemple.yaml")
    applications, reviews, decisions = (
        TableFile(name, table.encode())
        for name, table in zip("ARD", blocks("file-mode.md", "csv"), strict=True)
    )  # fmt: skip
    read = read_run_inputs(call, applications, reviews, decisions)
    assert [(a.id, a.requested_amount, a.attributes["territory"]) for a in read.applications] == [
        ("D-001", 1_200_050, ("rural", "qpv")), ("D-002", 900_000, ("urban",)),
    ]  # fmt: skip
    assert [(d.application_id, d.decision) for d in read.decisions] == [
        ("D-001", "in"), ("D-001", "amount"), ("D-002", "declined"),
    ]  # fmt: skip
    assert (len(read.marks), read.warnings, read.imposed_at) == (2, (), {"D-001": 2})


def test_the_rubric_that_shows_every_kind_of_criterion_is_accepted() -> None:
    (rubric,) = blocks("call-file.md", "yml")
    around = "schema: 1\ncall: {id: exemple}\n{rubric}scoring: {method: raw}\nselection: {mode: merit, laureates: 3}\n"
    text = around.replace("{rubric}", rubric)
    assert [str(problem) for problem in inspect_call(text, name="exemple.yaml").problems] == []
    assert [c.kind for c in load_call(text, name="exemple.yaml").rubric.criteria] == [
        "marked", "gate", "computed", "marked",
    ]  # fmt: skip
