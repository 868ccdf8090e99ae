"""The sheet of one dossier has the four parts of the law, figures that a hand can redo, and no name of a reviewer."""

from __future__ import annotations

import pytest

from aap.core.ranking.processing_sheet import processing_sheet
from tests.unit.core.ranking.small_runs import a_call, decided, ran

RUN = ran(a_call(budget=2000, threshold=30), {"a": "80", "b": "70", "c": "64.25"}, decisions=[decided("a", "in")])


def test_the_four_parts_come_in_the_order_of_the_law() -> None:
    sheet = processing_sheet(RUN.part_of("c"), "c", result_hash=RUN.report["result_hash"])
    assert [part.title for part in sheet.parts] == [
        "Part du traitement dans la décision",
        "Données traitées et leurs sources",
        "Paramètres et poids",
        "Opérations effectuées",
    ]


def test_data_parameters_and_operations_are_those_of_the_dossier() -> None:
    _, sources, parameters, operations = processing_sheet(
        RUN.part_of("c"), "c", result_hash=RUN.report["result_hash"]
    ).parts
    assert sources.table == (
        ("Donnée", "Valeur", "Source"),
        ("Montant demandé", "1\u202f000\u00a0€", "dossier"),
        ("Évaluation 1, Qualité", "64,25", "évaluateur"),
    )
    assert parameters.table[1] == ("Qualité", "100\u202f%", "de 0 à 100", "")
    assert operations.table == (("Évaluation", "Total sur 100"), ("1", "64,2500"))
    assert operations.paragraphs[1] == "La note est leur moyenne\u00a0: 64,2500 sur 100."


def test_no_reviewer_and_no_other_dossier_is_named() -> None:
    text = repr(processing_sheet(RUN.part_of("c"), "c", result_hash=RUN.report["result_hash"]))
    assert "r1" not in text
    assert "Association a" not in text


def test_an_unknown_dossier_has_no_sheet() -> None:
    with pytest.raises(KeyError):
        processing_sheet(RUN.part_of("c"), "z", result_hash=RUN.report["result_hash"])
