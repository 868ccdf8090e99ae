"""Standard input and output for a file that is read or written, answers for programs, and what shells complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from aap import __version__
from aap.cli import main
from tests.integration.cli.file_mode.file_mode_case import (
    APPLICATIONS,
    CALL,
    DECISIONS_HEADER,
    REVIEWS,
    Case,
    QuickPress,
)

GIVEN = {"call": CALL, "applications": APPLICATIONS, "reviews": REVIEWS, "decisions": DECISIONS_HEADER + "c,out,,x,y\n"}


def ranked(folder: Path, through: str, content: str | bytes, *options: str) -> Result:
    """A run in which one file comes by standard input."""
    arguments = ["rank", "--draws", "0", "--out", str(folder / "out")]
    for part, text in GIVEN.items():
        (folder / part).write_text(text)
        arguments += [f"--{part}", "-" if part == through else str(folder / part)]
    with patch("aap.documents.papers.press.Press", QuickPress):
        return CliRunner().invoke(main, [*arguments, *options], input=content)


@pytest.mark.parametrize("through", GIVEN)
def test_any_one_file_of_a_run_may_come_by_standard_input(tmp_path: Path, through: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "stream").mkdir()
    assert ranked(tmp_path / "files", "", "").exit_code == 0
    answer = ranked(tmp_path / "stream", through, GIVEN[through])
    assert answer.exit_code == 0
    first, second = (tmp_path / kind / "out" / "bundle.json" for kind in ("files", "stream"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("through", "content", "place"),
    [
        ("call", CALL.replace("budget: 30000", "budget: 30.000"), "entrée standard:15:11"),
        ("applications", APPLICATIONS.replace("9000", "9.000"), "entrée standard, ligne 4, colonne requested_amount"),
        ("reviews", REVIEWS.replace("a,r1,quality,4.5", "a,r1,quality,9"), "entrée standard, ligne 2, colonne score"),
        ("decisions", DECISIONS_HEADER + "b,in,,x,y\na,amount,5.000,x,y\n", "entrée standard, ligne 3, colonne amount"),
        ("decisions", DECISIONS_HEADER + "d,in,,x,y\nzz,in,,x,y\n", "entrée standard, ligne 3, colonne application_id"),
    ],
)
def test_what_is_wrong_in_it_is_told_with_its_place(tmp_path: Path, through: str, content: str, place: str) -> None:
    answer = ranked(tmp_path, through, content)
    assert answer.exit_code == 2
    assert answer.stderr.replace("\u00a0", " ").startswith(f"{place} : ")
    assert not (tmp_path / "out").exists()


def test_standard_input_is_one_file_only(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        main, ["rank", "--call", "-", "--applications", "-", "--reviews", "R.csv", "--out", str(tmp_path / "out")]
    )
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "« - » ne peut désigner qu’un seul fichier." in answer.stderr


def test_the_report_is_all_that_stands_on_standard_output(tmp_path: Path) -> None:
    answer = Case(tmp_path).run("--json")
    assert answer.exit_code == 0
    assert answer.stdout.encode() == (tmp_path / "out" / "report.json").read_bytes()
    assert json.loads(answer.stdout)["counts"]["laureate"] == 2
    assert "2 lauréats sur 4 dossiers" in answer.stderr.replace("\u00a0", " ")


def test_a_run_that_is_refused_says_nothing_on_standard_output(tmp_path: Path) -> None:
    answer = Case(tmp_path, applications="x\n").run("--json")
    assert (answer.exit_code, answer.stdout) == (2, "")


def test_a_bundle_is_verified_from_standard_input_with_an_answer_for_programs(tmp_path: Path) -> None:
    assert Case(tmp_path).run().exit_code == 0
    content = (tmp_path / "out" / "bundle.json").read_bytes()
    answer = CliRunner().invoke(main, ["verify", "-", "--json"], input=content)
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    said = {key: told.pop(key) for key in ("bundle", "agrees", "differences", "scores_given")}
    assert said == {"bundle": "entrée standard", "agrees": True, "differences": [], "scores_given": False}
    assert told == json.loads(content)["results"]["report"]
    changed = content.replace(b"10000.00", b"10001.00")
    answer = CliRunner().invoke(main, ["verify", "-", "--json"], input=changed)
    assert answer.exit_code == 4
    told = json.loads(answer.stdout)
    assert (told["agrees"], answer.stderr) == (False, "")
    assert {tuple(one) for one in told["differences"]} == {("place", "stored", "found", "message", "sentence")}
    assert all(one["sentence"].startswith(one["place"]) for one in told["differences"])


def test_a_public_bundle_goes_through_a_pipe(tmp_path: Path) -> None:
    assert Case(tmp_path).run().exit_code == 0
    content = (tmp_path / "out" / "bundle.json").read_bytes()
    answer = CliRunner().invoke(main, ["bundle", "public", "-", "--out", "-", "--key", "clé", "--marks"], input=content)
    assert answer.exit_code == 0
    assert "Amis de Lyon" not in answer.stdout
    verified = CliRunner().invoke(main, ["verify", "-"], input=answer.stdout)
    assert (verified.exit_code, verified.stdout.replace("\u00a0", " ")) == (
        0,
        "entrée standard : le calcul refait donne les mêmes résultats.\n",
    )


def test_a_call_file_is_written_and_checked_through_a_pipe() -> None:
    written = CliRunner().invoke(main, ["call", "new", "ma-commune-2026", "--out", "-"])
    checked = CliRunner().invoke(main, ["call", "check", "-"], input=written.stdout)
    assert (written.exit_code, checked.exit_code) == (0, 0)
    assert checked.stdout.replace("\u00a0", " ").startswith("entrée standard : aucune erreur")


def test_dossiers_are_dealt_from_a_table_of_standard_input(tmp_path: Path) -> None:
    (tmp_path / "P.csv").write_text("reviewer_id\nr1\nr2\nr3\n")
    arguments = ["assign", "--dossiers", "-", "--reviewers", str(tmp_path / "P.csv"), "--reviews", "2"]
    answer = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")], input="application_id\na\nb\n")
    assert answer.exit_code == 0
    assert len((tmp_path / "out" / "assignment.csv").read_text().splitlines()) == 5


def test_the_version_is_told() -> None:
    answer = CliRunner().invoke(main, ["--version"])
    assert (answer.exit_code, answer.stdout) == (0, f"aap {__version__}\n")


def completed(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    asked = {"_AAP_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    answer = subprocess.run(
        [sys.executable, "-c", "from aap.cli import main; main(prog_name='aap')"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return answer.stdout.splitlines()


def test_shells_complete_commands_and_options() -> None:
    assert completed("aap", "ver") == ["plain,verify"]
    assert completed("aap", "call", "sh") == ["plain,show"]
    assert completed("aap", "rank", "--dra") == ["plain,--draws", "plain,--draw-seed"]
    assert completed("aap", "--vers") == ["plain,--version"]
