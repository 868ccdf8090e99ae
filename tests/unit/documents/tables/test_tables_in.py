"""The tables of a run: dialects that are read, and everything that is wrong told at once."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from aap.core.call.loading import load_call
from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.problems import BadInput
from aap.documents.tables.cells import Refused, read_euros, read_number, yes
from aap.documents.tables.saved_sheets import cell_text
from aap.documents.tables.table_files import TableFile
from aap.documents.tables.tables_in import read_run_inputs

CALL_TEXT = """\
schema: 1
call: {id: essai}
rubric:
  scale: {min: 0, max: 5, step: 0.5}
  criteria: [{id: quality, weight: 1}, {id: reach, weight: 1, scale: {min: 1, max: 10, step: 1}}]
scoring: {method: raw}
selection: {mode: value, laureates: 3, quotas: [{id: rural, where: {territory: rural}, min: 1}]}
"""
CALL = load_call(CALL_TEXT, name="call.yaml")
A = "application_id,association,requested_amount,territory\nA1,Une,1000,rural\nA2,Deux,2000.50,rural|qpv\n"
R = "application_id,reviewer_id,criterion,score\nA1,R1,quality,2.5\nA1,R1,reach,7\n"
APPLICATIONS = (
    Application("A1", "Une", 100000, attributes={"territory": ("rural",)}),
    Application("A2", "Deux", 200050, attributes={"territory": ("rural", "qpv")}),
)


def csv_file(text: str, name: str = "t.csv") -> TableFile:
    return TableFile(name, text.encode())


def read_applications(table: TableFile, call: CallFile = CALL) -> tuple[Application, ...]:
    return read_run_inputs(call, table, csv_file(R.splitlines()[0] + "\n")).applications


def xlsx_file(rows: list[list[object]], name: str = "t.xlsx") -> TableFile:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return TableFile(name, stream.getvalue())


def told(error: BadInput) -> list[str]:
    """Each problem as `file row heading: message [found]`."""
    return [
        f"{p.file} {p.row} {p.heading}: {p.message} [{p.found}]".replace("\u00a0", " ")
        for p in error.problems
        if p.is_error
    ]


# --- dialects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        A.encode(),
        b"\xef\xbb\xbf" + A.encode(),
        A.replace(",", ";").replace("2000.50", "2000,5").encode(),
        A.replace("2000.50", '"2000,50"').encode(),
        A.replace("2000.50", "2 000.50").encode(),
        A.replace("2000.50", '"2\u202f000,50\u00a0€"').encode(),
        A.replace(",", ";").replace("2000.50", "2\u00a0000,50 €").encode("cp1252"),
        A.replace("\n", "\r\n").encode(),
        (A + ",,,\n\n,,,,,\n").encode(),
        A.replace("territory\n", "territory,,\n").encode(),
        A.replace("Une", ' "Une" '.strip()).replace("A1,", " A1 ,").encode(),
        A.replace(A.splitlines()[0], "Application_ID , ASSOCIATION,Requested_Amount,Territory").encode(),
        A.replace(A.splitlines()[0], A.splitlines()[0].upper()).replace(",", ";").encode(),
        A.replace(",", "\t").encode(),
        A.replace(",", "\t").encode("utf-16"),
        b"\xff\xfe" + A.encode("utf-16-le"),
        b"\xfe\xff" + A.replace(",", ";").replace("\n", "\r\n").encode("utf-16-be"),
        b"sep=;\r\n" + A.replace(",", ";").encode(),
        b"\xef\xbb\xbfsep=,\n" + A.encode(),
        b"sep=\t\n" + A.replace(",", "\t").encode(),
        b'"sep=;";;\n' + A.replace(",", ";").encode(),
    ],
)
def test_every_dialect_gives_the_same_applications(content: bytes) -> None:
    assert read_applications(TableFile("A.csv", content)) == APPLICATIONS


def test_a_column_in_capitals_beside_the_expected_one_is_another_column() -> None:
    text = A.replace("territory\n", "territory,Territory,ASSOCIATION\n").replace("rural\n", "rural,x,y\n")
    first, _ = read_applications(csv_file(text))
    assert first.association == "Une"
    assert first.attributes == {"territory": ("rural",), "Territory": ("x",), "ASSOCIATION": ("y",)}


def test_two_columns_that_only_capitals_part_from_the_expected_one_are_not_guessed() -> None:
    with pytest.raises(BadInput) as refused:
        read_applications(csv_file(A.replace("territory\n", "Territory,TERRITORY\n"), "A.csv"))
    assert told(refused.value) == ["A.csv 1 territory: colonne absente, alors que le quota « rural » porte sur elle []"]


def test_typed_cells_give_the_same_applications() -> None:
    rows: list[list[object]] = [
        ["application_id", "association", "requested_amount", "territory", "eligible", "draw_token"],
        ["A1", "Une", 1000, "rural", True, 7],
        ["A2", "Deux", 2000.5, "rural|qpv", "OUI", datetime(2025, 2, 28)],  # noqa: DTZ001
        [None, "", None, None, None, None],
    ]
    first, second = read_applications(xlsx_file(rows))
    assert first == Application("A1", "Une", 100000, draw_token="7", attributes={"territory": ("rural",)})
    assert second == Application(
        "A2", "Deux", 200050, draw_token="2025-02-28", attributes={"territory": ("rural", "qpv")}
    )


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0.1 + 0.2, "0.3"), (9600.000000000002, "9600"), (2.5, "2.5"), (1e-7, "0.0000001"), (-0.5, "-0.5"),
        (12345678901234.0, "12345678901234"), (1e15, "1000000000000000"), (False, "false"), (None, ""),
    ],
)  # fmt: skip
def test_a_computed_cell_is_the_figure_that_the_spreadsheet_shows(cell: object, text: str) -> None:
    assert cell_text(cell) == text


def test_windows_letters_and_cells_of_several_lines_are_read() -> None:
    text = 'application_id;association;requested_amount;territory\nA1;"Été\nà l’œuvre";1;x\n'
    (application,) = read_applications(TableFile("A.csv", text.encode("cp1252")))
    assert application.association == "Été\nà l’œuvre"


def test_windows_letters_that_happen_to_be_some_of_utf_8_are_read() -> None:
    text = A.replace("Une", "«\u00a0Liberté\u00a0»").replace("Deux", "À l’été")
    first, second = read_applications(TableFile("A.csv", text.encode("cp1252")))
    assert (first.association, second.association) == ("«\u00a0Liberté\u00a0»", "À l’été")


def test_true_is_the_same_value_in_a_workbook_in_capitals_and_in_the_call() -> None:
    call = load_call(CALL_TEXT.replace("{territory: rural}", "{territory: TRUE}"), name="call.yaml")
    (quota,) = call.selection.quotas
    assert quota.where == {"territory": ("true",)}
    rows = A.replace("rural|qpv", "False|TRUE|x").replace("rural", "True")
    values = [a.attributes["territory"] for a in read_applications(csv_file(rows), call)]
    assert values == [("true",), ("false", "true", "x")]


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    (application,) = read_applications(csv_file(A[:54].rstrip("A") + "=1+1,@a,1,+x\n"))
    assert (application.id, application.association, application.attributes) == ("=1+1", "@a", {"territory": ("+x",)})


@pytest.mark.parametrize(
    ("cell", "eligible"), [("", True), ("Oui", True), ("NON", False), ("false", False), ("1", True)]
)
def test_eligibility_is_read_in_every_writing(cell: str, eligible: bool) -> None:
    text = A.replace("territory\n", "territory,eligible\n").replace("1000,rural", f"1000,rural,{cell}")
    assert read_applications(csv_file(text))[0].eligible is eligible


@given(st.integers(0, 10**11), st.sampled_from([" ", "\u00a0", "\u202f", ""]), st.sampled_from(",."))
def test_an_amount_is_read_as_it_was_written(cents: int, thousands: str, point: str) -> None:
    text = f"{cents // 100:,}".replace(",", thousands) + f"{point}{cents % 100:02d}"
    assert read_euros(text) * 100 == cents


@pytest.mark.parametrize(
    "text", ["", "x", "NaN", "inf", "1e3", "1,234,5", "12 00", "1 2345", ".", "5.", "--1", "0x1", "٣"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "value"), [(".5", "0.5"), (",50", "0.50"), ("-12 000,5", "-12000.5"), ("+3", "3"), ("0003", "3")]
)
def test_a_number_is_read_as_french_and_english_write_it(text: str, value: str) -> None:
    assert read_number(text) == Decimal(value)


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(Refused):
        yes("peut-être")


# --- identifiers ------------------------------------------------------------------------------------------------------


def test_identifiers_that_lost_their_zeros_in_one_of_the_tables_are_told() -> None:
    marks = R.replace("A1,", "007,").replace("A1,R1,reach", "007,R1,reach")
    with pytest.raises(BadInput) as refused:
        read_run_inputs(CALL, csv_file(A.replace("A1,", "7,"), "A.csv"), csv_file(marks, "R.csv"))
    message = "cet identifiant a perdu ou gagné des zéros au début (un tableur les ôte d’une colonne de nombres)"
    assert told(refused.value) == [f"R.csv {row} application_id: {message} [007]" for row in (2, 3)]
    assert {p.allowed.replace("\u00a0", " ") for p in refused.value.problems} == {
        "« 7 », écrit pareil dans les deux tableaux"
    }


def test_no_break_spaces_around_an_identifier_are_none_and_those_within_are_told() -> None:
    assert read_applications(csv_file(A.replace("A1,", "\u00a0A1\u202f,"))) == APPLICATIONS
    with pytest.raises(BadInput) as refused:
        read_applications(csv_file(A.replace("A1,", "A\u00a01,"), "A.csv"))
    assert [(p.row, p.heading, p.message, p.allowed.replace("\u00a0", " ")) for p in refused.value.problems] == [
        (
            2,
            "application_id",
            "cet identifiant contient une espace insécable, que l’on ne distingue pas d’une espace ordinaire",
            "« A 1 » écrit avec des espaces ordinaires",
        )
    ]


def test_a_cell_that_could_not_be_read_is_told_once() -> None:
    text = A.replace("A1,Une,1000", "#N/A,#REF!,#VALUE!")
    with pytest.raises(BadInput) as refused:
        read_applications(csv_file(text, "A.csv"))
    shown = "le tableur affiche une erreur dans cette cellule"
    assert told(refused.value) == [
        f"A.csv 2 application_id: {shown} [#N/A]",
        f"A.csv 2 association: {shown} [#REF!]",
        f"A.csv 2 requested_amount: {shown} [#VALUE!]",
    ]


# --- files that are no tables -----------------------------------------------------------------------------------------


def zipped(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", ["t.csv None : le fichier est vide []"]),
        (b"\xef\xbb\xbf \n", ["t.csv None : le fichier est vide []"]),
        (b"%PDF-1.7", ["t.csv None : ce n’est pas une table [un PDF]"]),
        (b"a\x00b", ["t.csv None : ce n’est pas une table [un fichier binaire]"]),
        ("é,b".encode("utf-16")[:-1], ["t.csv None : ce n’est pas une table [un texte UTF-16 abîmé]"]),
        (A.encode("utf-16-le"), [
            "t.csv None : ce n’est pas une table [un fichier binaire, ou un texte UTF-16 sans sa marque]"
        ]),
        (b"\x81\n", ["t.csv 1 : encodage non accepté [octet 0x81]"]),
        (A.replace("Une", "Été").encode() + "A3,Forêt,1,x\n".encode("cp1252"), [
            "t.csv 4 : le fichier est en UTF-8, mais pas ici [octet 0xEA]"
        ]),
        (b"\xef\xbb\xbf" + A.replace("Une", "Été").encode("cp1252"), [
            "t.csv 2 : le fichier est en UTF-8, mais pas ici [octet 0xC9]"
        ]),
        (b"PK\x03\x04xx", ["t.csv None : ce n’est pas un classeur XLSX ou ODS [un fichier endommagé]"]),
        (zipped("a", b""), [
            "t.csv None : ce n’est pas un classeur XLSX ou ODS [une archive ZIP ou un autre document bureautique]"
        ]),
        (zipped("xl/workbook.xml", b"<!DOCTYPE a>"), ["t.csv None : ce n’est pas un classeur XLSX ou ODS [une DTD]"]),
        (zipped("xl/workbook.xml", b"<a/>"), [
            "t.csv None : ce n’est pas un classeur XLSX ou ODS [un fichier illisible ou protégé par un mot de passe]"
        ]),
        (A.replace("association", "asso").encode(), ["t.csv 1 association: colonne absente []"]),
        (A.replace("territory", "association").encode(), ["t.csv 1 association: colonne donnée deux fois []"]),
        (A.replace("Une", '"Une').encode(), ["t.csv 2 : un guillemet n’est pas refermé []"]),
        (A.replace("Une", '"Une" x').encode(), [
            "t.csv 2 : un guillemet est mal placé (doublez les guillemets à l’intérieur d’une cellule) []"
        ]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(content: bytes, problems: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_applications(TableFile("t.csv", content))
    assert told(refused.value) == problems


@pytest.mark.parametrize(("at", "damage"), [(0.0, b""), (0.3, b"\x00" * 40), (0.5, b"\xff" * 40)])
def test_a_damaged_workbook_is_refused_wherever_the_damage_is(at: float, damage: bytes) -> None:
    whole = xlsx_file([line.split(",") for line in A.splitlines()]).content
    place = max(4, int(len(whole) * at))
    content = whole[:place] + damage + whole[place + 40 :]
    with pytest.raises(BadInput) as refused:
        read_applications(TableFile("t.xlsx", content))
    assert [problem.message for problem in refused.value.problems] == ["ce n’est pas un classeur XLSX ou ODS"]


def test_a_missing_file_and_a_folder_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        read_run_inputs(CALL, tmp_path / "A.csv", tmp_path)
    assert [p.message for p in refused.value.problems] == [
        "le fichier n’existe pas",
        "c’est un dossier, un fichier est attendu",
    ]


# --- rows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ("A1,x,1,r", ["application_id: cet identifiant est déjà celui de la ligne 2 [A1]"]),
        (",x,1,r", ["application_id: cette cellule est vide []"]),
        ("#N/A,x,1,r", ["application_id: le tableur affiche une erreur dans cette cellule [#N/A]"]),
        ("A3,x,,r", ["requested_amount: cette cellule est vide []"]),
        ("A3,x,-1,r", ["requested_amount: un montant ne peut pas être négatif [-1]"]),
        ("A3,x,20000.005,r", ["requested_amount: un montant a au plus deux décimales [20000.005]"]),
        ("A3,x,20.000,r", ["requested_amount: on ne sait si ce montant a des milliers ou trois décimales [20.000]"]),
        ("A3,x,€,r", ["requested_amount: ce n’est pas un montant [€]"]),
        ("A3,x,NaN,r", ["requested_amount: ce n’est pas un montant [NaN]"]),
        ("A3,x,1e9,r", ["requested_amount: ce n’est pas un montant [1e9]"]),
        ("A3,x,10,r,11", ["proposed_amount: le montant proposé dépasse le montant demandé [11]"]),
        ("A3,x,10,r,,maybe", ["eligible: cette valeur n’est ni oui ni non [maybe]"]),
        ("A3,x,10,r,,,z", [": cette ligne a plus de cellules que l’en-tête de colonnes [z]"]),
    ],
)
def test_a_wrong_application_is_told(row: str, problems: list[str]) -> None:
    text = A.replace("territory\n", "territory,proposed_amount,eligible\n") + row + "\n"
    with pytest.raises(BadInput) as refused:
        read_applications(csv_file(text, "A.csv"))
    assert told(refused.value) == [f"A.csv 4 {problem}" for problem in problems]


def test_a_quotas_value_that_no_application_has_is_pointed_at() -> None:
    read = read_run_inputs(CALL, csv_file(A.replace("rural", "Rural")), csv_file(R))
    assert [(w.heading, w.found, w.nearest) for w in read.warnings] == [("territory", "rural", "Rural")]
    assert read_run_inputs(CALL, csv_file(A.replace("rural|", "")), csv_file(R)).warnings == ()


def test_a_quota_needs_its_column() -> None:
    with pytest.raises(BadInput) as refused:
        read_applications(csv_file(A.replace("territory", "territoire"), "A.csv"))
    (problem,) = refused.value.problems
    assert (problem.heading, problem.nearest) == ("territory", "territoire")


@pytest.mark.parametrize("column", ["association", "eligible", "requested_amount"])
def test_a_quota_on_a_column_that_is_no_attribute_is_refused(column: str) -> None:
    call = load_call(CALL_TEXT.replace("territory", column), name="call.yaml")
    with pytest.raises(BadInput) as refused:
        read_applications(csv_file(A, "A.csv"), call)
    assert told(refused.value) == [
        f"A.csv 1 {column}: cette colonne n’est pas une caractéristique, le quota « rural » ne peut pas porter sur elle []"
    ]


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ("A9,R1,quality,1", ["4 application_id: aucune candidature ne porte cet identifiant [A9]"]),
        ("A1,,quality,1", ["4 reviewer_id: cette cellule est vide []"]),
        ("A1,R1,qualité,1", ["4 criterion: critère inconnu [qualité]"]),
        ("A1,R1,quality,1", ["4 criterion: note déjà donnée à la ligne 2 [quality]"]),
        ("A2,R1,quality,1", [
            "4 reviewer_id: évaluation incomplète de la candidature « A2 » : sans note pour « reach » [R1]"
        ]),
        ("A2,R1,quality,1\nA2,R1,reach,", ["5 score: note absente pour le critère « reach » []"]),
        ("A2,R1,quality,5.5\nA2,R1,reach,0", [
            "4 score: cette note est hors de l'échelle [5.5]",
            "5 score: cette note est hors de l'échelle [0]",
        ]),
        ("A2,R1,quality,0.25\nA2,R1,reach,1.5", [
            "4 score: cette note n’est pas sur la grille de l'échelle [0.25]",
            "5 score: cette note n’est pas sur la grille de l'échelle [1.5]",
        ]),
        ("A2,R1,quality,x\nA2,R1,reach,1", ["4 score: ce n’est pas une note [x]"]),
    ],
)  # fmt: skip
def test_a_wrong_mark_is_told(row: str, problems: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_run_inputs(CALL, csv_file(A), csv_file(R + row + "\n", "R.csv"))
    assert told(refused.value) == [f"R.csv {problem}" for problem in problems]


def test_an_incomplete_review_is_left_out_on_demand_with_a_warning() -> None:
    read = read_run_inputs(CALL, csv_file(A), csv_file(R + "A2,R1,quality,1\n"), drop_incomplete_reviews=True)
    assert read.marks == (Mark("A1", "R1", "quality", Decimal("2.5")), Mark("A1", "R1", "reach", Decimal(7)))
    assert [(p.row, p.severity) for p in read.warnings] == [(4, "warning")]


D = "application_id,decision,amount,reason,author\n"


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ("A1,inn,,r,a", ["2 decision: décision inconnue [inn]"]),
        ("A1,amount,,r,a", ["2 amount: cette cellule est obligatoire pour la décision « amount » []"]),
        ("A1,consensus,,r,a", ["2 amount: cette cellule est obligatoire pour la décision « consensus » []"]),
        ("A1,consensus,100.5,r,a", ["2 amount: le total convenu est hors de l'échelle [100.5]"]),
        ("A1,amount,-5,r,a", ["2 amount: un montant ne peut pas être négatif [-5]"]),
        ("A1,amount,1.001,r,a", ["2 amount: on ne sait si ce montant a des milliers ou trois décimales [1.001]"]),
        ("A1,out,3,r,a", [
            "2 amount: un montant n’a pas de sens pour la décision « out » (écrivez une ligne amount) [3]"
        ]),
        ("A7,out,,r,a", ["2 application_id: aucune candidature ne porte cet identifiant [A7]"]),
        ("A1,in,,r,a\nA1,out,,r,a", [
            "3 application_id: la candidature a déjà une décision, « in », à la ligne 2 [A1]"
        ]),
        ("A1,amount,1,r,a\nA1,amount,1,r,a", [
            "3 application_id: la candidature a déjà une décision, « amount », à la ligne 2 [A1]"
        ]),
    ],
)  # fmt: skip
def test_a_wrong_decision_is_told(rows: str, problems: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_run_inputs(CALL, csv_file(A), csv_file(R), csv_file(D + rows + "\n", "D.csv"))
    assert told(refused.value) == [f"D.csv {problem}" for problem in problems]


def test_an_amount_may_stand_beside_in_and_a_consensus_has_decimals() -> None:
    rows = 'A1,In,,r,a\nA1,AMOUNT,"1,5",r,a\nA2,consensus,70.1234,r,a\n'
    assert read_run_inputs(CALL, csv_file(A), csv_file(R), csv_file(D + rows)).decisions == (
        JuryDecision("A1", "in", None, "r", "a"),
        JuryDecision("A1", "amount", Decimal("1.5"), "r", "a"),
        JuryDecision("A2", "consensus", Decimal("70.1234"), "r", "a"),
    )


def test_a_decision_without_reason_or_author_is_a_warning() -> None:
    read = read_run_inputs(CALL, csv_file(A), csv_file(R), csv_file(D + "A1,out,,,\n"))
    assert read.decisions == (JuryDecision("A1", "out", None, "", ""),)
    assert [(p.row, p.heading, p.severity) for p in read.warnings] == [
        (2, "author", "warning"),
        (2, "reason", "warning"),
    ]


def test_an_amount_above_the_request_is_a_warning() -> None:
    read = read_run_inputs(CALL, csv_file(A), csv_file(R), csv_file(D + "A1,amount,1000.01,r,a\n"))
    assert [(p.row, p.heading, p.severity) for p in read.warnings] == [(2, "amount", "warning")]


def test_the_problems_of_all_files_come_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        read_run_inputs(
            CALL,
            csv_file(A.replace("1000", "x"), "A.csv"),
            csv_file(R.replace("2.5", "9"), "R.csv"),
            csv_file(D + "A1,no,,r,a\n", "D.csv"),
        )
    assert told(refused.value) == [
        "A.csv 2 requested_amount: ce n’est pas un montant [x]",
        "R.csv 2 score: cette note est hors de l'échelle [9]",
        "D.csv 2 decision: décision inconnue [no]",
    ]
