"""Gates, computed criteria, agreed marks and reviews set aside in the tables: what is read, what is refused and where."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aap.core.call.schema import CallFile
from aap.core.inputs import JuryDecision
from aap.core.problems import BadInput
from aap.documents.tables.table_files import TableFile
from aap.documents.tables.tables_in import RunInputs, problems_without_call, read_run_inputs

CALL = CallFile.model_validate(
    {
        "schema": 1,
        "call": {"id": "essai"},
        "rubric": {
            "scale": {"min": 0, "max": 5, "step": "0.5"},
            "criteria": [
                {"id": "quality", "weight": 1},
                {"id": "reach", "weight": 1},
                {"id": "honest", "kind": "gate"},
                {
                    "id": "partners",
                    "kind": "computed",
                    "from": "partners",
                    "bonus": 5,
                    "bands": [{"min": 1, "mark": 3}],
                },
                {"id": "zone", "kind": "computed", "from": "zone", "weight": 1, "points": {"drom": 5}},
            ],
        },
        "scoring": {"method": "raw"},
        "selection": {"mode": "value", "laureates": 3},
    }
)
A = "application_id,association,requested_amount,partners,zone\nA1,Une,1000,3,drom\nA2,Deux,2000,,\n"
R = "application_id,reviewer_id,criterion,score\n" + "".join(
    f"{a},{r},{c},{mark}\n"
    for a, r in (("A1", "R1"), ("A1", "R2"), ("A2", "R1"))
    for c, mark in (("quality", "3"), ("reach", "2,5".replace(",", ".")), ("honest", "oui"))
)
D = "application_id,decision,amount,criterion,reviewer_id,reason,author\n"


def _file(name: str, text: str) -> TableFile:
    return TableFile(name, text.encode())


def _read(a: str = A, r: str = R, d: str = D, *, drop: bool = False) -> RunInputs:
    return read_run_inputs(CALL, _file("A.csv", a), _file("R.csv", r), _file("D.csv", d), drop)


def _told(a: str = A, r: str = R, d: str = D) -> list[str]:
    with pytest.raises(BadInput) as refused:
        _read(a, r, d)
    return [str(problem) for problem in refused.value.problems if problem.is_error]


@pytest.mark.parametrize(("yes", "no"), [("oui", "non"), ("1", "0"), ("OUI", "Non")])
def test_the_answers_of_a_gate_are_one_and_zero(yes: str, no: str) -> None:
    table = R.replace("A1,R1,honest,oui", f"A1,R1,honest,{yes}").replace("A1,R2,honest,oui", f"A1,R2,honest,{no}")
    marks = {(m.application_id, m.reviewer_id): m.score for m in _read(r=table).marks if m.criterion == "honest"}
    assert marks == {("A1", "R1"): 1, ("A1", "R2"): 0, ("A2", "R1"): 1}


def test_a_gate_without_answer_and_a_computed_criterion_with_a_mark_are_refused() -> None:
    table = R.replace("A1,R1,honest,oui", "A1,R1,honest,2") + "A2,R1,partners,3\n"
    assert _told(r=table) == [
        "R.csv, ligne\u00a04, colonne score\u00a0: ce critère demande une réponse, oui ou non\u00a0; trouvé\u00a0: "
        "«\u00a02\u00a0»\u00a0; attendu\u00a0: oui, non, 1 ou 0",
        "R.csv, ligne\u00a011, colonne criterion\u00a0: ce critère se calcule, personne ne le note\u00a0; "
        "trouvé\u00a0: «\u00a0partners\u00a0»\u00a0; attendu\u00a0: quality, reach ou honest",
    ]
    assert len(_told(r=R.replace("A1,R1,honest,oui\n", ""))) == 1


def test_the_column_of_a_computed_criterion_is_there_and_its_bands_find_numbers() -> None:
    assert _told(a=A.replace("zone", "zonne")) == [
        "A.csv, ligne\u00a01, colonne zone\u00a0: colonne absente, alors que le critère «\u00a0zone\u00a0» "
        "porte sur elle\u00a0; vouliez-vous dire «\u00a0zonne\u00a0»\u00a0?",
    ]
    assert _told(a=A.replace("A1,Une,1000,3", "A1,Une,1000,3|trois")) == [
        "A.csv, ligne\u00a02, colonne partners\u00a0: le critère «\u00a0partners\u00a0» se calcule sur un "
        "nombre, et cette cellule n’en contient pas un\u00a0; trouvé\u00a0: «\u00a0trois\u00a0»\u00a0; attendu\u00a0: "
        "un nombre, par exemple 12 ou 2,5, ou rien",
    ]


def test_marks_agreed_by_criterion_are_read_on_their_grid_and_what_is_set_aside_by_reviewer_or_review() -> None:
    rows = (
        "A1,consensus,2.5,quality,,m,j\nA1,consensus,4,reach,,m,j\nA1,consensus,non,honest,,m,j\n"
        "A1,set_aside,,,R2,m,j\n,set_aside,,,R1,m,j\nA2,consensus,104.5,,,m,j\n"
    )
    assert _read(d=D + rows).decisions == (
        JuryDecision("A1", "consensus", Decimal("2.5"), "m", "j", "quality"),
        JuryDecision("A1", "consensus", Decimal(4), "m", "j", "reach"),
        JuryDecision("A1", "consensus", Decimal(0), "m", "j", "honest"),
        JuryDecision("A1", "set_aside", None, "m", "j", "", "R2"),
        JuryDecision("", "set_aside", None, "m", "j", "", "R1"),
        JuryDecision("A2", "consensus", Decimal("104.5"), "m", "j"),
    )


BOTH = "A1,consensus,3,quality,,m,j\nA1,consensus,3,reach,,m,j\n"


@pytest.mark.parametrize(
    ("rows", "row", "column", "words"),
    [
        ("A1,consensus,3,quality,,m,j\n", 2, "criterion", "note arrêtée absente pour «\u00a0reach\u00a0»"),
        (BOTH + "A1,consensus,3,reach,,m,j\n", 4, "criterion", "une note arrêtée est déjà donnée à la ligne\u00a03"),
        (BOTH + "A1,consensus,50,,,m,j\n", 4, "criterion", "ne vont pas ensemble (à la ligne\u00a02)"),
        ("A1,consensus,50,,,m,j\n" + BOTH, 3, "criterion", "ne vont pas ensemble (à la ligne\u00a02)"),
        (
            BOTH + "A1,out,,,,m,j\n",
            4,
            "application_id",
            "déjà une décision, «\u00a0consensus\u00a0», à la ligne\u00a02",
        ),
        (BOTH.replace("3,reach", "3.2,reach"), 3, "amount", "n’est pas sur la grille"),
        (BOTH.replace("3,reach", ",reach"), 3, "amount", "une note sur l’échelle du critère"),
        (BOTH + "A1,consensus,2,honest,,m,j\n", 4, "amount", "ce critère demande une réponse, oui ou non"),
        (BOTH + "A1,consensus,3,zone,,m,j\n", 4, "criterion", "ce critère se calcule, personne n’en arrête la note"),
        (BOTH + "A1,consensus,3,qualiti,,m,j\n", 4, "criterion", "vouliez-vous dire «\u00a0quality\u00a0»"),
        ("A1,consensus,105.5,,,m,j\n", 2, "amount", "de 0 à 105 (100 et les bonus)"),
        ("A1,out,,quality,,m,j\n", 2, "criterion", "un critère n’a pas de sens pour la décision «\u00a0out\u00a0»"),
        ("A1,out,,,R1,m,j\n", 2, "reviewer_id", "un évaluateur n’a pas de sens pour la décision «\u00a0out\u00a0»"),
        ("A1,set_aside,,quality,R1,m,j\n", 2, "criterion", "un critère n’a pas de sens"),
        (
            "A1,set_aside,3,,R1,m,j\n",
            2,
            "amount",
            "un montant n’a pas de sens pour la décision «\u00a0set_aside\u00a0»",
        ),
        ("A1,set_aside,,,,m,j\n", 2, "reviewer_id", "cette cellule est vide"),
        (",set_aside,,,R3,m,j\n", 2, "reviewer_id", "aucune évaluation n’est de cet évaluateur"),
        ("A2,set_aside,,,R2,m,j\n", 2, "reviewer_id", "n’a pas évalué la candidature «\u00a0A2\u00a0»"),
        ("A3,set_aside,,,R1,m,j\n", 2, "application_id", "aucune candidature ne porte cet identifiant"),
        ("A1,set_aside,,,R1,m,j\nA1,set_aside,,,R1,m,j\n", 3, "reviewer_id", "déjà écartée à la ligne\u00a02"),
        (",out,,,,m,j\n", 2, "application_id", "cette cellule est vide"),
    ],
)
def test_a_decision_that_does_not_hold_is_told_with_its_row_and_column(
    rows: str, row: int, column: str, words: str
) -> None:
    told = _told(d=D + rows)
    assert [one for one in told if one.startswith(f"D.csv, ligne\u00a0{row}, colonne {column}\u00a0")] == told
    assert [words in one for one in told] == [True]


def test_a_review_set_aside_that_is_incomplete_was_left_out_already() -> None:
    table = R.replace("A1,R2,reach,2.5\n", "")
    read = _read(r=table, d=D + "A1,set_aside,,,R2,m,j\n", drop=True)
    assert (read.decisions, {m.reviewer_id for m in read.marks}) == ((), {"R1"})
    assert [one.message for one in read.warnings if one.file == "D.csv"] == [
        "cette évaluation est incomplète et déjà laissée de côté"
    ]


def test_answers_are_no_fault_where_the_call_can_not_be_read() -> None:
    rows = BOTH + "A1,consensus,non,honest,,m,j\nA1,set_aside,,,R2,m,j\n,set_aside,,,R1,m,j\n"
    assert problems_without_call(_file("A.csv", A), _file("R.csv", R), _file("D.csv", D + rows)) == ()


def test_a_table_of_the_first_edition_is_read_as_before() -> None:
    read = _read(d="application_id,decision,amount,reason,author\nA1,in,,m,j\nA1,amount,500,m,j\nA2,consensus,50,m,j\n")
    assert read.decisions == (
        JuryDecision("A1", "in", None, "m", "j"),
        JuryDecision("A1", "amount", Decimal(500), "m", "j"),
        JuryDecision("A2", "consensus", Decimal(50), "m", "j"),
    )
