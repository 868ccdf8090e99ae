"""The synthesis by attribute: counts, money, shares; the same bytes; names that a workbook takes."""

from __future__ import annotations

import io
from decimal import Decimal

from openpyxl import load_workbook

from aap.core.inputs import Application
from aap.documents.tables.synthesis import NO_VALUE, synthesis_tables, synthesis_workbook
from tests.unit.documents.papers.samples import call, row

APPLICATIONS = (
    Application("D-0001", "Une", 1_000_000, attributes={"region": ("84",), "theme": ("sport", "école")}),
    Application("D-0002", "Deux", 500_000, attributes={"region": ("84",), "theme": ("sport",)}),
    Application("D-0003", "Trois", 200_000, attributes={"region": ("93",), "theme": ()}),
)
ROWS = (
    row(1),
    row(2, status="not_selected", requested_amount=500_000, granted_amount=None, calibrated_score=Decimal(60)),
    row(3, rank=None, status="ineligible", requested_amount=200_000, granted_amount=None, calibrated_score=None),
)


def test_each_value_has_its_candidates_laureates_and_money() -> None:
    table = synthesis_tables(call(), APPLICATIONS, ROWS)["region"]
    assert table.astype(object).where(table.notna(), "").to_dict("index") == {
        "84": {
            "candidates": 2, "eligible": 2, "laureates": 1, "rate": 0.5, "score": 70.625, "requested": 15_000.0,
            "granted": 10_000.0, "share": 1.0,
        },
        "93": {
            "candidates": 1, "eligible": 0, "laureates": 0, "rate": 0.0, "score": "", "requested": 2_000.0, "granted": 0.0,
            "share": 0.0,
        },
        "Ensemble": {
            "candidates": 3, "eligible": 2, "laureates": 1, "rate": 1 / 3, "score": 70.625, "requested": 17_000.0,
            "granted": 10_000.0, "share": 1.0,
        },
    }  # fmt: skip


def test_the_money_of_a_dossier_with_two_values_is_split_between_them() -> None:
    table = synthesis_tables(call(), APPLICATIONS, ROWS)["theme"]
    assert table["granted"].to_dict() == {NO_VALUE: 0.0, "sport": 5_000.0, "école": 5_000.0, "Ensemble": 10_000.0}
    assert table["candidates"].to_dict() == {NO_VALUE: 1, "sport": 2, "école": 1, "Ensemble": 3}


def test_the_workbook_has_a_sheet_an_attribute_and_the_same_bytes_each_time() -> None:
    made = synthesis_workbook(call(), APPLICATIONS, ROWS, "Synthèse")
    assert made == synthesis_workbook(call(), APPLICATIONS, ROWS, "Synthèse")
    book = load_workbook(io.BytesIO(made))
    assert len(book.sheetnames) == 2
    sheet = book[book.sheetnames[0]]
    assert [cell.value for cell in sheet[2]][:4] == ["84", 2, 2, 1]
    assert sheet.freeze_panes == "B2"


def test_a_value_that_looks_like_a_formula_stays_text_and_no_attribute_makes_no_error() -> None:
    hostile = (Application("D-0001", "Une", 1_000_000, attributes={"a/b:*?[x]" * 9: ("=1+1",)}),)
    book = load_workbook(io.BytesIO(synthesis_workbook(call(), hostile, ROWS[:1], "x")))
    assert book.worksheets[0]["A2"].data_type == "s"
    assert book.worksheets[0]["A2"].value == "=1+1"
    bare = (Application("D-0001", "Une", 1_000_000),)
    assert len(load_workbook(io.BytesIO(synthesis_workbook(call(), bare, ROWS[:1], "x"))).worksheets) == 1
