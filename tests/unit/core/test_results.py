"""Figures as the tables out write them."""

from __future__ import annotations

from decimal import Decimal

from aap.core.results import ResultRow, euros_text, four_decimals, laureates_table


def test_a_figure_has_four_decimals_and_a_zero_no_sign() -> None:
    figures = {
        None: "", "64.25": "64.2500", "-1.5": "-1.5000", "-0.00004": "0.0000", "-0.0001": "-0.0001", "0": "0.0000",
        "-10": "-10.0000", "2.00005": "2.0000",
    }  # fmt: skip
    assert [four_decimals(None if text is None else Decimal(text)) for text in figures] == list(figures.values())


def test_an_amount_has_its_cents() -> None:
    assert [euros_text(cents) for cents in (None, 0, 5, 100, 1_200_050, -5, -100, -12_345)] == [
        "", "0.00", "0.05", "1.00", "12000.50", "-0.05", "-1.00", "-123.45",
    ]  # fmt: skip


def test_the_list_of_laureates_bears_the_score_that_ranks() -> None:
    def row(rank: int, name: str, status: str) -> ResultRow:
        return ResultRow(
            rank=rank, application_id=name, association=f"Association {name}", status=status,  # type: ignore[arg-type]
            reason_code="selected", reason="Retenu.", raw_score=Decimal(80), calibrated_score=Decimal("81.5"),
            ci_low=None, ci_high=None, selection_probability=None, reviews=2, requested_amount=90_000,
            granted_amount=85_000, waiting_rank=None,
        )  # fmt: skip

    rows = [row(1, "a", "laureate"), row(2, "b", "waiting_list"), row(3, "c", "laureate")]
    for method, score in (("raw", "80.0000"), ("calibrated", "81.5000")):
        assert laureates_table(rows, method).rows == tuple(
            (rank, name, f"Association {name}", score, "900.00", "850.00", "selected", "Retenu.")
            for rank, name in (("1", "a"), ("3", "c"))
        )
