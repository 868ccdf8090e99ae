"""`aap assign`: files in, files out, exit codes, every error at once, the same bytes in any order of rows."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aap.cli import main

DOSSIERS = "application_id,themes,department\n" + "".join(
    f"d{i:02},{'sport' if i % 2 else 'ecole'},{69 if i == 3 else 75}\n" for i in range(12)
)
REVIEWERS = "reviewer_id;themes;departments;min_load;max_load;available\n" + "".join(
    f"r{j};{'sport' if j < 3 else 'ecole'};{'69|38' if j == 0 else ''};1;8;{'non' if j == 6 else 'oui'}\n"
    for j in range(7)
)


def run(folder: Path, *more: str, **tables: str) -> Result:
    """The command on these tables; `dossiers` and `reviewers` unless given."""
    arguments = ["assign", "--out", str(folder / "out"), "--reviews", "3", *more]
    for name, text in {"dossiers": DOSSIERS, "reviewers": REVIEWERS, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        arguments += [f"--{name}", str(folder / f"{name}.csv")]
    return CliRunner().invoke(main, arguments)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "out" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_dossier_gets_its_reviewers_within_the_rules(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        conflicts="application_id,reviewer_id\nd00,r3\n",
        affinities="application_id,reviewer_id,fit\nd01,r5,99\n",
    )
    assert done.exit_code == 0, done.output
    given = rows(tmp_path, "assignment.csv")
    pairs = {(row["application_id"], row["reviewer_id"]) for row in given}
    assert Counter(dossier for dossier, _ in pairs) == {f"d{i:02}": 3 for i in range(12)}
    assert pairs.isdisjoint({("d00", "r3"), ("d03", "r0")})
    assert "r6" not in {reviewer for _, reviewer in pairs}
    loads = {row["reviewer_id"]: int(row["dossiers"]) for row in rows(tmp_path, "loads.csv")}
    assert loads == {**Counter(reviewer for _, reviewer in pairs), "r6": 0}
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["missing"], report["connection"]["components"], report["proven_optimal"]) == (0, 1, True)
    assert rows(tmp_path, "unmet.csv") == []


def test_a_share_of_bridges_is_given_across_themes_and_its_effect_is_told(tmp_path: Path) -> None:
    usual, none, more = (tmp_path / name for name in ("usual", "none", "more"))
    told = {}
    for folder, options in ((usual, ()), (none, ("--bridges", "0")), (more, ("--bridges", "0.5"))):
        folder.mkdir()
        done = run(folder, *options)
        assert done.exit_code == 0, done.output
        told[folder] = done.output.replace("\u00a0", " ").splitlines()[1:]
        pairs = [
            (int(row["application_id"][1:]), int(row["reviewer_id"][1:])) for row in rows(folder, "assignment.csv")
        ]
        report = json.loads((folder / "out" / "report.json").read_text())
        assert report["bridges"]["made"] == sum((d % 2 == 1) != (r < 3) for d, r in pairs)
    report = json.loads((more / "out" / "report.json").read_text())
    assert {key: report["bridges"][key] for key in ("share", "usual", "wanted", "made", "missing")} == {
        "share": 0.5,
        "usual": False,
        "wanted": 18,
        "made": 18,
        "missing": 0,
    }
    assert report["connection"]["across_error"] < report["bridges"]["without"]["across_error"]
    before = json.loads((none / "out" / "report.json").read_text())
    assert report["bridges"]["without"] == {
        "made": before["bridges"]["made"],
        **{key: before["connection"][key] for key in ("mean_error", "severity_error", "across_error")},
    }
    assert told[none] == []
    assert told[usual][0].startswith("6 évaluations croisées (l'évaluateur ne connaît aucun thème du dossier)")
    assert told[more][0].startswith("18 évaluations croisées")
    assert told[more][1].startswith("Entre deux dossiers de thèmes différents, la seule sévérité")
    assert run(tmp_path, "--bridges", "1.5").exit_code == 2


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    for name, turn in (("a", 1), ("b", -1)):
        (tmp_path / name).mkdir()
        head, *lines = DOSSIERS.splitlines()
        people, *others = REVIEWERS.splitlines()
        assert run(tmp_path / name, dossiers="\n".join([head, *lines[::turn]]),
                   reviewers="\n".join([people, *others[::turn]])).exit_code == 0  # fmt: skip
    for file in ("assignment.csv", "loads.csv", "report.json"):
        assert (tmp_path / "a/out" / file).read_bytes() == (tmp_path / "b/out" / file).read_bytes()


def test_a_reviewer_who_is_gone_is_replaced_with_the_fewest_changes(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 0
    before = (tmp_path / "out/assignment.csv").read_text()
    theirs = sum(row["reviewer_id"] == "r1" for row in rows(tmp_path, "assignment.csv"))
    gone = REVIEWERS.replace("r1;sport;;1;8;oui", "r1;sport;;0;8;non").replace(";8;", ";12;")
    assert run(tmp_path, "--force", current=before, reviewers=gone).exit_code == 0
    states = Counter(row["state"] for row in rows(tmp_path, "assignment.csv"))
    assert states == {"kept": 36 - theirs, "new": theirs}


def test_what_can_t_be_satisfied_ends_in_3_with_its_reason_and_the_files(tmp_path: Path) -> None:
    barred = "application_id,reviewer_id\n" + "".join(f"d00,r{j}\n" for j in range(4))
    done = run(tmp_path, conflicts=barred)
    assert done.exit_code == 3
    assert "Le dossier d00 n’a que 2 évaluateurs possibles sur 7" in done.output.replace("\u00a0", " ")
    assert [(row["kind"], row["missing"], row["dossiers"]) for row in rows(tmp_path, "unmet.csv")] == [
        ("dossier", "1", "d00")
    ]


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"dossiers": ""}, "vide"),
        ({"dossiers": "id\nd1\n"}, "colonne absente"),
        ({"dossiers": "application_id\n"}, "aucune ligne"),
        ({"dossiers": "application_id\nd1\nd1\n"}, "déjà à la ligne 2"),
        ({"dossiers": "application_id,reviews\nd1,deux\n"}, "nombre entier"),
        ({"reviewers": "reviewer_id,min_load,max_load\nr1,5,2\n"}, "le minimum dépasse le maximum"),
        ({"reviewers": "reviewer_id,available\nr1,peut-être\n"}, "ni oui ni non"),
        ({"conflicts": "application_id,reviewer_id\nd00,r99\n"}, "dans aucun tableau"),
        ({"affinities": "application_id,reviewer_id,fit\nd00,r1,101\n"}, "nombre entier"),
        ({"affinities": "application_id,reviewer_id,fit\nd00,r1,5\nd00,r1,6\n"}, "déjà une adéquation"),
        ({"fixed": "application_id,reviewer_id\nd00,\n"}, "vide"),
    ],
)
def test_bad_tables_end_in_2_and_leave_no_folder(tmp_path: Path, tables: dict[str, str], words: str) -> None:
    done = run(tmp_path, **tables)
    assert (done.exit_code, (tmp_path / "out").exists()) == (2, False), done.output
    assert words in done.output.replace("\u00a0", " ").replace("’", "'")


def test_all_errors_of_all_tables_come_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, dossiers="application_id\nd1\nd1\n", reviewers="reviewer_id,max_load\nr1,x\nr1,2\n")
    assert done.exit_code == 2
    assert done.output.replace("\u00a0", " ").startswith("3 erreurs :")


def test_an_existing_folder_is_refused_without_force(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 0
    assert run(tmp_path).exit_code == 2
    assert run(tmp_path, "--force").exit_code == 0
    assert not (tmp_path / "out.avant").exists()


def test_preferences_are_a_quarter_of_the_fit_and_their_errors_are_told(tmp_path: Path) -> None:
    asked = "application_id,reviewer_id,rank\nd01,r0,1\nd03,r0,2\nd00,r0,3\n"
    done = run(tmp_path, preferences=asked)
    assert done.exit_code == 0, done.output
    fits = {(one["application_id"], one["reviewer_id"]): int(one["fit"]) for one in rows(tmp_path, "assignment.csv")}
    assert fits["d01", "r0"] == 75 + 25
    assert {fit for (_, reviewer), fit in fits.items() if reviewer != "r0"} <= {20 * 75 // 100 + 12, 75 + 12}
    wrong = "application_id,reviewer_id,rank\nd01,r0,0\nd03,r0,2\nd05,r0,2\nd03,r0,4\nd99,r0,5\n"
    refused = run(tmp_path, "--force", preferences=wrong)
    assert refused.exit_code == 2
    assert [word in refused.output for word in ("ligne\u00a02", "ce rang est déjà", "cette paire a déjà", "d99")] == [
        True
    ] * 4
