"""`aap rank` on a call with lots: what it writes, what it refuses, what it says where a lot's rules can't hold."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from aap.cli import main
from tests.integration.cli.file_mode.file_mode_case import REVIEWS, Case
from tests.integration.cli.file_mode.test_outputs import digests, ranking_of, shuffled

CALL = """\
schema: 1
call: {id: essai-2026, title: Essai par lots}
rubric:
  scale: {min: 0, max: 5, step: 0.5}
  min_reviews: 2
  criteria:
    - {id: quality, title: Qualité, weight: 60}
    - {id: reach, title: Portée, weight: 40}
scoring: {method: calibrated}
selection: {mode: value}
lots:
  attribute: volet
  items:
    - {id: collectif, title: Projets collectifs, selection: {laureates: 1, budget: 15000}}
    - {id: individuel, selection: {budget: 9000}, rubric: {threshold: 20}}
  spill: [collectif, individuel]
letters: {}
"""

APPLICATIONS = """\
application_id,association,requested_amount,volet
a,Les Amis de Lyon,10000,collectif
b,Entraide de la Loire,12000,individuel
c,Jeunesse en Loire,9000,collectif
d,Cap Creuse,2000,individuel
"""


def refused(case: Case, code: int) -> str:
    result = case.run()
    assert result.exit_code == code, result.output
    assert not case.out.exists()
    return result.output.replace("\u00a0", " ").replace("\u202f", " ")


def text_of(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = Case(
        tmp_path_factory.mktemp("lots"), call=CALL, applications=APPLICATIONS, real_pdf=True,
        options=("--draw-seed", "graine", "--letters"),
    )  # fmt: skip
    result = case.run()
    assert result.exit_code == 0, result.output
    assert "3 lauréats sur 4 dossiers, 24 000 € attribués" in result.output.replace("\u00a0", " ").replace(
        "\u202f", " "
    )
    return case


def test_the_tables_list_the_lots_in_file_order(written: Case) -> None:
    assert [(row["lot"], row["rank"], row["application_id"], row["status"]) for row in ranking_of(written)] == [
        ("collectif", "1", "a", "laureate"),
        ("collectif", "2", "c", "not_selected"),
        ("individuel", "1", "b", "laureate"),
        ("individuel", "2", "d", "laureate"),
    ]
    laureates = list(csv.DictReader(io.StringIO((written.out / "laureates.csv").read_text(encoding="utf-8"))))
    assert [(row["lot"], row["rank"], row["application_id"]) for row in laureates] == [
        ("collectif", "1", "a"), ("individuel", "1", "b"), ("individuel", "2", "d"),
    ]  # fmt: skip
    reviewers = list(csv.DictReader(io.StringIO((written.out / "reviewers.csv").read_text(encoding="utf-8"))))
    assert [(row["reviewer_id"], row["calibration"]) for row in reviewers] == [
        (name, "collectif|individuel") for name in ("r1", "r2", "r3")
    ]
    report = json.loads((written.out / "report.json").read_text(encoding="utf-8"))
    assert {name: one["budget"] for name, one in report["lots"].items()} == {
        "collectif": {"limit": 15000, "received": 0, "granted": 10000, "passed_on": 5000},
        "individuel": {"limit": 14000, "received": 5000, "granted": 14000, "passed_on": 0},
    }


def test_the_workbooks_have_a_column_for_the_lot(written: Case) -> None:
    book = openpyxl.load_workbook(written.out / "ranking.xlsx")
    for name, heading in (("ranking", "lot"), ("Classement", "Lot")):
        first, *rows = book[name].iter_rows(values_only=True)
        assert [row[first.index(heading)] for row in rows] == ["collectif", "collectif", "individuel", "individuel"]
    first, *rows = openpyxl.load_workbook(written.out / "laureates.xlsx")["Lauréats"].iter_rows(values_only=True)
    assert [row[first.index("Lot")] for row in rows] == ["collectif", "individuel", "individuel"]


def test_the_list_to_sign_and_the_page_go_lot_by_lot(written: Case) -> None:
    words = text_of(written.out / "laureates.pdf").replace("\u00a0", " ").replace("\u202f", " ")
    first = words.index("Lot « Projets collectifs » : 1 lauréat, 10 000 € attribués (enveloppe de 15 000 €)")
    second = words.index(
        "Lot « individuel » : 2 lauréats, 14 000 € attribués (enveloppe de 9 000 €, plus ce que laisse un autre lot)"
    )
    assert first < words.index("Les Amis de Lyon") < second < words.index("Entraide de la Loire")
    assert "Enveloppe de l’appel 24 000 €" in words
    page = (written.out / "report.html").read_text(encoding="utf-8")
    assert page.index("<h3>Projets collectifs</h3>") < page.index("<h3>individuel</h3>")
    assert page.count('<caption id="c-classement-') == 2
    assert '<caption id="c-lots">Lots</caption>' in page


def test_a_letter_names_the_lot_and_counts_its_dossiers(written: Case) -> None:
    assert {path.name for path in (written.out / "letters").iterdir()} == {"a.pdf", "b.pdf", "c.pdf", "d.pdf"}
    words = text_of(written.out / "letters" / "c.pdf").replace("\u00a0", " ")
    assert "Lot : Projets collectifs" in words
    assert "Un dossier a été retenu sur 2 classés dans le lot « Projets collectifs »." in words


def test_its_bundle_verifies_and_so_does_the_public_one(written: Case, tmp_path: Path) -> None:
    run = CliRunner().invoke
    bundle, public = str(written.out / "bundle.json"), str(tmp_path / "public.json")
    assert run(main, ["verify", bundle]).exit_code == 0
    assert run(main, ["bundle", "public", bundle, "--out", public, "--key", "clé"]).exit_code == 0
    assert run(main, ["verify", public]).exit_code == 0
    told = run(main, ["bundle", "explain", bundle, "c"]).output.replace("\u00a0", " ")
    assert told.startswith("c : Classé 2ᵉ du lot « Projets collectifs »")
    assert "points de plus" in told


def test_the_order_of_the_rows_is_indifferent(written: Case, tmp_path: Path) -> None:
    other = Case(
        tmp_path, call=CALL, applications=shuffled(APPLICATIONS, 1), reviews=shuffled(REVIEWS, 2),
        options=("--draw-seed", "graine"),
    )  # fmt: skip
    assert other.run().exit_code == 0
    before, after = digests(written.out), digests(other.out)
    assert {name: after[name] for name in after if not name.endswith(".pdf")} == {
        name: before[name] for name in after if not name.endswith(".pdf")
    }


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "A.csv, ligne 4, colonne volet : la candidature « c » n’a pas de lot"),
        ("collectif|individuel", "A.csv, ligne 4, colonne volet : la candidature « c » a plusieurs lots"),
        ("colectif", "A.csv, ligne 4, colonne volet : la candidature « c » a un lot que l’appel n’a pas"),
    ],
)
def test_an_application_without_one_lot_is_refused_with_its_row(tmp_path: Path, cell: str, said: str) -> None:
    table = APPLICATIONS.replace("c,Jeunesse en Loire,9000,collectif", f"c,Jeunesse en Loire,9000,{cell}")
    told = refused(Case(tmp_path, call=CALL, applications=table), 2)
    assert said in told
    assert "un lot et un seul : collectif ou individuel" in told
    assert told.count("A.csv, ligne") == 1


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    table = "\n".join(line.rpartition(",")[0] for line in APPLICATIONS.splitlines()) + "\n"
    told = refused(Case(tmp_path, call=CALL, applications=table), 2)
    assert "A.csv, ligne 1, colonne volet : colonne absente, alors que la répartition en lots porte sur elle" in told


def test_a_mark_is_on_a_criterion_of_the_applications_own_lot(tmp_path: Path) -> None:
    own = "rubric: {criteria: [{id: idea, weight: 1}]}"
    call = CALL.replace("rubric: {threshold: 20}", own)
    told = refused(Case(tmp_path, call=call, applications=APPLICATIONS), 2)
    assert "R.csv, ligne 6, colonne criterion : critère inconnu" in told
    assert "idea" in told
    assert "R.csv, ligne 2," not in told
    marks = ["application_id,reviewer_id,criterion,score"]
    marks += [line for line in REVIEWS.splitlines() if line[0] in "ac" and line[1] == ","]
    marks += ["b,r1,idea,4", "b,r2,idea,3", "d,r1,idea,5", "d,r2,idea,4.5"]
    sound = Case(tmp_path, call=call, applications=APPLICATIONS, reviews="\n".join(marks) + "\n")
    assert sound.run().exit_code == 0
    assert list(ranking_of(sound)[0])[-4:] == ["lot", "mark_quality", "mark_reach", "mark_idea"]


def test_rules_of_a_lot_that_cannot_hold_are_named_with_it(tmp_path: Path) -> None:
    quota = "quotas: [{id: deux, where: {volet: collectif}, min: 2}]"
    call = CALL.replace("laureates: 1, budget: 15000", f"budget: 15000, {quota}")
    told = refused(Case(tmp_path, call=call, applications=APPLICATIONS), 3)
    assert [line.strip() for line in told.splitlines() if line.startswith("  ")] == [
        "lot:collectif/budget", "lot:collectif/quota:deux",
    ]  # fmt: skip
