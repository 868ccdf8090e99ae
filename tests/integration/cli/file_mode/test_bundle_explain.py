"""`aap bundle explain`: the reason of one application, and the points that it lacked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from click.testing import CliRunner

from aap.cli import main

CALL = {
    "schema": 1,
    "call": {"id": "essai-2025"},
    "rubric": {"scale": {"min": 0, "max": 100, "step": 1}, "criteria": [{"id": "quality", "weight": 1}]},
    "scoring": {"method": "raw"},
    "selection": {"mode": "value", "laureates": 2, "budget": 3000},
}
SCORES = {"a": 80, "b": 70, "c": 65}


def a_bundle(folder: Path) -> Path:
    tables = {
        "A.csv": [["application_id", "association", "requested_amount"], *([name, "Asso", 1500] for name in SCORES)],
        "R.csv": [
            ["application_id", "reviewer_id", "criterion", "score"],
            *([name, "r1", "quality", score] for name, score in SCORES.items()),
        ],
    }
    for name, rows in tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    (folder / "call.yaml").write_text(json.dumps(CALL), encoding="utf-8")
    answer = CliRunner().invoke(
        main,
        [
            "rank", "--call", str(folder / "call.yaml"), "--applications", str(folder / "A.csv"), "--reviews",
            str(folder / "R.csv"), "--draws", "0", "--draw-seed", "graine", "--out", str(folder / "out"),
        ],
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    return folder / "out" / "bundle.json"


def asked(bundle: Path, name: str) -> tuple[int, str]:
    answer = CliRunner().invoke(main, ["bundle", "explain", str(bundle), name])
    return answer.exit_code, answer.output.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_refused_application_reads_its_reason_and_the_points_it_lacked(tmp_path: Path) -> None:
    bundle = a_bundle(tmp_path)
    code, text = asked(bundle, "c")
    lines = text.splitlines()
    assert code == 0
    assert lines[0] == (
        "c : Classé 3ᵉ avec 65,00 points sur 100. Les 2 places ont été attribuées ; le dernier projet retenu à son rang "
        "en obtient 70,00."
    )
    assert lines[1] in (  # the draw settles b and c on equal scores
        "Avec 5 points de plus, toutes choses égales par ailleurs, ce projet aurait été retenu.",
        "Avec 5,0001 points de plus, toutes choses égales par ailleurs, ce projet aurait été retenu.",
    )


def test_a_laureate_reads_its_reason_alone(tmp_path: Path) -> None:
    bundle = a_bundle(tmp_path)
    assert asked(bundle, "a") == (0, "a : Classé 1ᵉʳ avec 80,00 points sur 100. Retenu, pour 1 500 €.\n")


def test_an_unknown_application_and_a_broken_bundle_are_told(tmp_path: Path) -> None:
    bundle = a_bundle(tmp_path)
    assert asked(bundle, "z") == (2, "bundle.json : le dossier z n’y figure pas.\n")
    bundle.write_text("{}", encoding="utf-8")
    code, text = asked(bundle, "a")
    assert code == 4
    assert text.startswith("bundle.json : ")
