"""The table of marks of a letter and of the association's page, for criteria of every kind and any total."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aap.core.ranking.reason_figures import Correction
from aap.documents.papers.mark_table import MarkLine, MarkTable, mark_table
from tests.unit.core.ranking.ranking_builders import a_call

CRITERIA = [
    {"id": "quality", "title": "Qualité", "weight": 3, "threshold": 3, "threshold_on": "any"},
    {"id": "reach", "title": "Portée", "weight": 1, "threshold": 2},
    {"id": "plus", "title": "Lien", "bonus": 10},
    {"id": "honest", "title": "Probité", "kind": "gate"},
    {"id": "size", "title": "Taille", "kind": "computed", "from": "size", "weight": 4, "points": {"small": 5}},
]
MARKS = {
    "quality": Decimal("3.5"), "reach": Decimal("1.6667"), "plus": Decimal(4), "honest": Decimal("0.6667"),
    "size": Decimal(5),
}  # fmt: skip


def _table(**others: object) -> MarkTable | None:
    call = a_call(criteria=CRITERIA, scale={"min": 0, "max": 5, "step": "0.5"}, out_of=15, threshold=10)
    return mark_table(call, MARKS, reviews=3, **others)  # type: ignore[arg-type]


def test_every_kind_of_criterion_has_its_words() -> None:
    found = _table(score=Decimal("66.6667"), raw_score=Decimal("66.6667"))
    assert found == MarkTable(
        lines=(
            MarkLine("Qualité", "37,5\u202f%", "3,50 sur\u00a05", "3 dans chaque évaluation"),
            MarkLine("Portée", "12,5\u202f%", "1,67 sur\u00a05", "2", below_threshold=True),
            MarkLine("Lien", "bonus\u00a0: 1,5\u00a0point au plus", "4,00 sur\u00a05"),
            MarkLine("Probité", "éliminatoire", "oui dans 2\u00a0évaluations sur 3", "aucun non"),
            MarkLine("Taille", "50\u202f%", "5,00 sur\u00a05"),
        ),
        score="10,00 sur 15",
        reviews=3,
    )


@pytest.mark.parametrize("missed", ["quality", "honest"])
def test_the_criterion_that_the_reason_names_is_marked_whatever_its_mean_says(missed: str) -> None:
    found = _table(score=Decimal(70), reason_code=f"below_threshold:{missed}")
    assert found is not None
    title = {"quality": "Qualité", "honest": "Probité"}[missed]
    assert {line.title for line in found.lines if line.below_threshold} == {title, "Portée"}


def test_the_minimum_of_the_total_is_said_where_it_is_missed() -> None:
    found = _table(score=Decimal("66.6666"), reason_code="below_threshold:overall")
    assert found is not None
    assert (found.score, found.minimum) == ("10,00 sur 15", "10")


@pytest.mark.parametrize(
    ("raw", "final", "line"),
    [
        ("60", "63.3333", Correction("9,00", "+0,50", "9,50", True, "0,50")),
        ("63.3333", "60", Correction("9,50", "−0,50", "9,00", False, "0,50")),
        ("60.0001", "60", Correction("9,00", "+0,00", "9,00", True, "0,00")),
        ("60", "60", None),
    ],
)
def test_the_correction_stands_between_the_mean_of_the_marks_and_the_final_score_and_adds_up(
    raw: str, final: str, line: Correction | None
) -> None:
    found = _table(score=Decimal(final), raw_score=Decimal(raw))
    assert found is not None
    assert found.correction == line


def test_a_total_that_meets_the_minimum_by_equality_misses_none() -> None:
    """5 of 15 is 33.3333 of 100, to as many decimals as scores have."""
    call = a_call(criteria=CRITERIA, scale={"min": 0, "max": 5, "step": "0.5"}, out_of=15, threshold=5)
    met, missed = (mark_table(call, MARKS, score=Decimal(score)) for score in ("33.3333", "33.3332"))
    assert met is not None
    assert missed is not None
    assert (met.minimum, missed.minimum) == ("", "5")
