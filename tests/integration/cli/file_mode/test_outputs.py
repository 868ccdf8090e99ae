"""What `aap rank` writes: whole, exact, the same bytes for the same inputs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from aap.cli import main
from tests.integration.cli.file_mode.file_mode_case import APPLICATIONS, CALL, REVIEWS, Case

FILES = {
    "ranking.csv", "ranking.xlsx", "laureates.csv", "laureates.xlsx", "laureates.pdf", "reviewers.csv", "report.json",
    "bundle.json", "report.html",
}  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def ranking_of(case: Case) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((case.out / "ranking.csv").read_text(encoding="utf-8"))))


def shuffled(table: str, seed: int) -> str:
    header, *rows = table.splitlines()
    random.Random(seed).shuffle(rows)
    return "\n".join([header, *rows]) + "\n"


def as_workbook(table: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in csv.reader(io.StringIO(table)):
        sheet.append([float(cell) if cell.replace(".", "", 1).isdigit() else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = Case(tmp_path_factory.mktemp("run"), real_pdf=True, options=("--draw-seed", "graine"))
    result = case.run()
    assert result.exit_code == 0, result.output
    assert "2 lauréats sur 4 dossiers" in result.output.replace("\u00a0", " ")
    return case.out


def test_every_file_is_there_and_nothing_else(written: Path) -> None:
    assert set(digests(written)) == FILES
    assert {path.name for path in written.parent.iterdir()} == {"call.yaml", "A.csv", "R.csv", "out"}


def test_the_ranking_is_what_a_hand_finds_with_raw_scores(tmp_path: Path) -> None:
    """Totals: 20 points a mark of quality x 60 %, of reach x 40 %; a = (86 + 92) / 2, b = (76 + 74) / 2 …"""
    case = Case(tmp_path, call=CALL.replace("calibrated", "raw"))
    assert case.run().exit_code == 0
    rows = ranking_of(case)
    assert [(r["rank"], r["application_id"], r["status"], r["reason_code"], r["raw_score"]) for r in rows] == [
        ("1", "a", "laureate", "selected", "89.0000"),
        ("2", "b", "laureate", "selected", "75.0000"),
        ("3", "c", "waiting_list", "count_reached", "61.0000"),
        ("4", "d", "not_selected", "count_reached", "48.0000"),
    ]
    assert (rows[0]["granted_amount"], rows[1]["granted_amount"], rows[2]["granted_amount"]) == (
        "10000.00", "12000.50", "",
    )  # fmt: skip
    assert (rows[0]["mark_quality"], rows[0]["mark_reach"], rows[2]["waiting_rank"]) == ("4.7500", "4.0000", "1")


def test_columns_and_keys_are_those_of_the_reference(written: Path) -> None:
    header = (written / "ranking.csv").read_bytes().split(b"\n")[0].decode()
    assert header == (
        "rank,application_id,association,status,reason_code,reason,raw_score,calibrated_score,ci_low,ci_high,"
        "selection_probability,reviews,requested_amount,granted_amount,waiting_rank,mark_quality,mark_reach"
    )
    assert (written / "reviewers.csv").read_bytes().split(b"\n")[0] == (
        b"reviewer_id,reviews,mean_given,severity,severity_low,severity_high,residual_sd,flag"
    )
    report = json.loads((written / "report.json").read_text(encoding="utf-8"))
    assert list(report) == [
        "engine_version", "call_id", "rubric_hash", "inputs_hash", "result_hash", "draw_seed", "method", "mode",
        "counts", "budget", "funding_line", "quotas", "objective", "proven_optimal", "gap", "tie_proven", "final", "solver",
        "variance", "contested", "no_successor", "warnings", "edition", "lots",
    ]  # fmt: skip
    assert report["quotas"] == [{"id": "rural", "value": None, "min": 1, "max": None, "achieved": 1, "price": 0}]
    assert report["budget"] == {"limit": 30000, "granted": 22000.5}
    assert b"\r" not in (written / "ranking.csv").read_bytes()


@pytest.mark.parametrize(
    "dialect",
    ["shuffled", "semicolons", "windows", "bom", "workbook"],
)
def test_the_same_inputs_give_the_same_bytes_in_any_order_and_dialect(
    written: Path, tmp_path: Path, dialect: str
) -> None:
    tables: dict[str, str | bytes] = {"applications": APPLICATIONS, "reviews": REVIEWS}
    case = Case(tmp_path, options=("--draw-seed", "graine"), real_pdf=dialect == "shuffled")
    if dialect == "shuffled":
        tables = {name: shuffled(str(table), 3) for name, table in tables.items()}
    elif dialect == "semicolons":
        tables = {
            name: "\n".join(line.replace(".", ",") for line in str(table).replace(",", ";").splitlines()) + "\n"
            for name, table in (("applications", APPLICATIONS), ("reviews", REVIEWS))
        }
    elif dialect == "windows":
        tables = {name: str(table).replace("\n", "\r\n").encode("cp1252") for name, table in tables.items()}
    elif dialect == "bom":
        tables = {name: b"\xef\xbb\xbf" + str(table).encode() for name, table in tables.items()}
    else:
        tables = {name: as_workbook(str(table)) for name, table in tables.items()}
        case.names |= {"applications": "A.xlsx", "reviews": "R.xlsx"}
    case.applications, case.reviews = tables["applications"], tables["reviews"]
    result = case.run()
    assert result.exit_code == 0, result.output
    found, expected = digests(case.out), digests(written)
    if not case.real_pdf:
        del found["laureates.pdf"], expected["laureates.pdf"]
    assert found == expected


def test_the_bytes_are_the_same_whatever_threads_the_environment_asks_for(tmp_path: Path) -> None:
    """Draws by several processes, and the list in a process of its own, as an operator would start them."""
    case = Case(tmp_path)
    (tmp_path / "call.yaml").write_text(case.call, encoding="utf-8")
    (tmp_path / "A.csv").write_text(APPLICATIONS, encoding="utf-8")
    (tmp_path / "R.csv").write_text(REVIEWS, encoding="utf-8")
    found = []
    for threads in ("1", "3"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        subprocess.run(
            [sys.executable, "-m", "aap.cli", "rank", "--call", "call.yaml", "--applications", "A.csv", "--reviews",
             "R.csv", "--draws", "30", "--draw-seed", "graine", "--out", threads],
            cwd=tmp_path, check=True, capture_output=True, env={**os.environ, **dict.fromkeys(names, threads)},
        )  # fmt: skip
        found.append(digests(tmp_path / threads))
    assert found[0] == found[1]
    assert set(found[0]) == FILES


def test_line_ends_of_a_windows_table_never_reach_the_files(tmp_path: Path) -> None:
    table = APPLICATIONS.replace("Les Amis de Lyon", '"Les Amis\nde Lyon"').replace("\n", "\r\n")
    case = Case(tmp_path, applications=table)
    assert case.run().exit_code == 0
    for name in ("ranking.csv", "laureates.csv", "reviewers.csv", "report.json", "bundle.json"):
        assert b"\r" not in (case.out / name).read_bytes()
    assert ranking_of(case)[0]["association"] == "Les Amis\nde Lyon"


def test_names_that_look_like_formulas_stay_text(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://example.org")'
    table = APPLICATIONS.replace("Les Amis de Lyon", '"=HYPERLINK(""http://example.org"")"')
    case = Case(tmp_path, applications=table)
    assert case.run().exit_code == 0
    for name in ("ranking.xlsx", "laureates.xlsx"):
        sheet = openpyxl.load_workbook(case.out / name).active
        assert sheet is not None
        cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == formula)
        assert cell.data_type == "s"
    rows = ranking_of(case)
    assert rows[0]["association"] == f"'{formula}"
    assert CliRunner().invoke(main, ["verify", str(case.out / "bundle.json")]).exit_code == 0


def test_the_rankings_workbook_holds_the_columns_of_the_csv_as_typed_cells_then_two_sheets_in_french(
    written: Path,
) -> None:
    with (written / "ranking.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    book = openpyxl.load_workbook(written / "ranking.xlsx")
    assert (book.sheetnames, book.active is book.worksheets[0]) == (["ranking", "Classement", "Évaluateurs"], True)
    found = [[cell.value for cell in row] for row in book["ranking"].iter_rows()]
    assert found[0] == header
    for line, row in zip(found[1:], rows, strict=True):
        for value, text in zip(line, row, strict=True):
            assert (
                (Decimal(str(value)) == Decimal(text)) if isinstance(value, (int, float)) else ((value or "") == text)
            )
    for sheet in book.worksheets[:2]:
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:Q5")
        assert [cell.data_type for cell in sheet[2]][:4] == ["n", "s", "s", "s"]
        assert "€" in sheet["M2"].number_format
    assert [cell.value for cell in book["Classement"][2]][:4] == [1, "a", "Les Amis de Lyon", "lauréat"]
    with (written / "reviewers.csv").open(encoding="utf-8", newline="") as stream:
        told = [(row["reviewer_id"], Decimal(row["severity"])) for row in csv.DictReader(stream)]
    sheet = book["Évaluateurs"]
    assert [(row[0].value, Decimal(str(row[3].value))) for row in sheet.iter_rows(min_row=2)] == told


def test_the_report_asks_for_nothing_outside_itself(written: Path) -> None:
    page = (written / "report.html").read_text(encoding="utf-8")
    for outside in ("http://", "https://", "<script", "@import", "url(", "src="):
        assert outside not in page
    assert page.count("<svg") == page.count('role="img"') == page.count("<title id=") >= 3
    assert page.count("<table") >= 5


def test_an_existing_folder_is_kept_without_force_and_replaced_with_it(tmp_path: Path) -> None:
    case = Case(tmp_path)
    assert case.run().exit_code == 0
    before = digests(case.out)
    refused = case.run("--draw-seed", "autre")
    assert (refused.exit_code, digests(case.out)) == (2, before)
    assert "--force" in refused.output
    (case.out / "note.txt").write_text("à garder ?")
    assert case.run("--draw-seed", "autre", "--force").exit_code == 0
    assert set(digests(case.out)) == FILES
    assert json.loads((case.out / "report.json").read_bytes())["draw_seed"] == "autre"


def test_force_sets_aside_a_folder_that_is_no_run(tmp_path: Path) -> None:
    case = Case(tmp_path)
    for name in ("out.avant", "out.avant-2"):
        case.out.mkdir()
        (case.out / "these.txt").write_text(name)
        result = case.run("--force")
        assert result.exit_code == 0, result.output
        assert (tmp_path / name / "these.txt").read_text() == name
        assert str(tmp_path / name) in result.output
        assert set(digests(case.out)) == FILES
        shutil.rmtree(case.out)
    assert {path.name for path in tmp_path.iterdir()} == {"call.yaml", "A.csv", "R.csv", "out.avant", "out.avant-2"}


def test_force_takes_neither_a_file_nor_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(tmp_path)
    case.out.write_text("un fichier")
    assert case.run("--force").exit_code == 2
    assert case.out.read_text() == "un fichier"
    case.out.unlink()
    (case.out / "inside").mkdir(parents=True)
    monkeypatch.chdir(case.out / "inside")
    assert case.run("--force").exit_code == 2
    assert [path.name for path in case.out.iterdir()] == ["inside"]


def test_a_failed_writing_keeps_the_earlier_run_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(tmp_path)
    assert case.run().exit_code == 0
    before = digests(case.out)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aap.cli.rank.write", full)
    failed = case.run("--force")
    assert (failed.exit_code, digests(case.out)) == (1, before)
    assert "No space left" in failed.output
    assert {path.name for path in tmp_path.iterdir()} == {"call.yaml", "A.csv", "R.csv", "out"}


def test_an_interrupted_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aap.cli.rank.write", interrupted)
    case = Case(tmp_path)
    assert case.run().exit_code == 130
    assert {path.name for path in tmp_path.iterdir()} == {"call.yaml", "A.csv", "R.csv"}


def test_an_unexpected_error_is_one_line_and_exit_code_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("aap.core.ranking.run.run_call", broken)
    result = Case(tmp_path).run()
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.output
    assert "Traceback" not in result.output


def test_letters_of_hostile_ids_stay_in_their_folder(tmp_path: Path) -> None:
    case = Case(
        tmp_path,
        real_pdf=True,
        call=CALL + "letters: {}\n",
        applications=APPLICATIONS.replace("\na,", "\n../x,").replace("\nb,", "\n.b,"),
        reviews=REVIEWS.replace("\na,", "\n../x,").replace("\nb,", "\n.b,"),
    )
    result = case.run("--letters")
    assert result.exit_code == 0, result.output
    for missing in ("call.title", "call.authority"):
        assert f"avertissement\u00a0: {missing}" in result.output
    assert {path.name for path in (case.out / "letters").iterdir()} == {
        "%2E.%2Fx.pdf",
        "%2Eb.pdf",
        "c.pdf",
        "d.pdf",
    }
    assert all(path.read_bytes().startswith(b"%PDF-") for path in (case.out / "letters").iterdir())


def test_the_papers_of_a_run_that_is_not_final_say_so(tmp_path: Path) -> None:
    incomplete = REVIEWS.replace("d,r2,quality,3\nd,r2,reach,2\n", "")
    case = Case(tmp_path, real_pdf=True, call=CALL + "letters: {}\n", reviews=incomplete)
    assert case.run("--letters").exit_code == 0
    assert {path.name for path in (case.out / "letters").iterdir()} == {"a.pdf", "b.pdf", "c.pdf"}
    for name, words in (("laureates.pdf", "Document provisoire"), ("letters/a.pdf", "Projet de courrier")):
        text = " ".join(PdfReader(case.out / name).pages[0].extract_text().split())
        assert words in text


def test_an_incomplete_review_can_be_left_out_and_is_reported(tmp_path: Path) -> None:
    case = Case(tmp_path, reviews=REVIEWS.replace("a,r1,reach,4\n", ""))
    result = case.run("--drop-incomplete-reviews")
    assert result.exit_code == 0, result.output
    report = json.loads((case.out / "report.json").read_bytes())
    assert report["final"] is False
    assert any("laissée de côté" in warning for warning in report["warnings"])
    rows = {row["application_id"]: row for row in ranking_of(case)}
    assert (rows["a"]["status"], rows["a"]["rank"], rows["a"]["reviews"]) == ("incomplete", "", "1")
    assert CliRunner().invoke(main, ["verify", str(case.out / "bundle.json")]).exit_code == 0


def test_verify_and_the_public_bundle_from_the_command_line(written: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    public = tmp_path / "bundle-public.json"
    made = runner.invoke(main, ["bundle", "public", str(written / "bundle.json"), "--out", str(public)])
    assert made.exit_code == 0, made.output
    assert "à avoir son montant et ses caractéristiques" in made.output
    checked = runner.invoke(main, ["verify", str(public)])
    assert (checked.exit_code, "les premières ont été prises telles quelles" in checked.output) == (0, True)
    assert json.loads(public.read_text(encoding="utf-8"))["inputs"]["marks"] == []
    whole = tmp_path / "with-marks.json"
    made = runner.invoke(main, ["bundle", "public", str(written / "bundle.json"), "--out", str(whole), "--marks"])
    assert made.exit_code == 0, made.output
    assert len(json.loads(whole.read_text(encoding="utf-8"))["inputs"]["marks"]) > 0
    assert "le calcul refait" in runner.invoke(main, ["verify", str(whole)]).output
    assert "Entraide" not in public.read_text(encoding="utf-8")
    tampered = tmp_path / "tampered.json"
    tampered.write_text((written / "bundle.json").read_text(encoding="utf-8").replace("laureate", "lauréat", 1))
    assert runner.invoke(main, ["verify", str(tampered)]).exit_code == 4
    assert runner.invoke(main, ["verify", str(tmp_path / "nothing.json")]).exit_code == 1


def test_nothing_draws_a_progress_bar_in_a_pipe(tmp_path: Path) -> None:
    result = Case(tmp_path).run()
    assert "\r" not in result.output


def test_a_list_that_changed_has_a_bundle_of_its_own_and_verify_says_which_list_it_gives(
    written: Path, tmp_path: Path
) -> None:
    def ran(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(main, [str(one) for one in arguments])
        return result.exit_code, result.output.replace("\u00a0", " ").replace("\u202f", " ")

    retained = [
        row
        for row in csv.DictReader(io.StringIO((written / "ranking.csv").read_text(encoding="utf-8")))
        if row["status"] == "laureate"
    ]
    leaving = retained[-1]["application_id"]
    table, later, last = tmp_path / "suites.csv", tmp_path / "suites.json", tmp_path / "dernier.json"
    header = "change;application_id;amount;reason;author;date\n"
    table.write_text(f"{header}left;{leaving};;Renonce par lettre;Service;2025-05-12\n")
    code, output = ran("bundle", "change", written / "bundle.json", "--changes", table, "--out", later)
    assert code == 0, output
    assert f"Sortis : {leaving}." in output
    assert f"{len(retained) - 1} lauréat" in output
    assert ran("bundle", "change", written / "bundle.json", "--changes", table, "--out", later)[0] == 2
    code, output = ran("verify", later)
    assert (code, "Liste en vigueur après 1 changement" in output) == (0, True)
    table.write_text(f"{header}left;{leaving};;Renonce;Service;2025-05-13\n")
    assert ran("bundle", "change", later, "--changes", table, "--out", last) == (
        2, f"suites.csv : changes[1] : le dossier {leaving} n’est pas lauréat.\n"
    )  # fmt: skip
    table.write_text(f"{header}lft;{leaving};;;;hier\namount;nobody;;m;s;2025-05-12\n")
    code, output = ran("bundle", "change", later, "--changes", table, "--out", last)
    assert code == 2
    for told in (
        "ligne 2",
        "changement inconnu",
        "left",
        "colonne reason",
        "colonne author",
        "date",
        "ligne 3",
        "nobody",
    ):
        assert told in output, (told, output)
    assert not last.exists()
