"""Each bad input has its exit code and a message that says where, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.file_mode.file_mode_case import APPLICATIONS, CALL, DECISIONS_HEADER, REVIEWS, Case


def call(old: str, new: str) -> dict[str, Any]:
    assert old in CALL, old
    return {"call": CALL.replace(old, new, 1)}


def applications(old: str, new: str) -> dict[str, Any]:
    assert old in APPLICATIONS, old
    return {"applications": APPLICATIONS.replace(old, new, 1)}


def reviews(old: str, new: str) -> dict[str, Any]:
    assert old in REVIEWS, old
    return {"reviews": REVIEWS.replace(old, new, 1)}


def decisions(*rows: str) -> dict[str, Any]:
    return {"decisions": DECISIONS_HEADER + "".join(f"{row}\n" for row in rows)}


# name -> what differs from the sound files, exit code, words of the message
BAD: dict[str, tuple[dict[str, Any], int, tuple[str, ...]]] = {
    "no call file": ({"call": None}, 2, ("call.yaml", "n’existe pas")),
    "empty call file": ({"call": ""}, 2, ("call.yaml",)),
    "call file of another format": ({"call": b"%PDF-1.7\x00\x01"}, 2, ("call.yaml",)),
    "call file that is a list": ({"call": "- 1\n- 2\n"}, 2, ("call.yaml",)),
    "broken YAML": (call("call: {id", "call: {{id"), 2, ("call.yaml:3:1",)),
    "a key twice": (call("schema: 1", "schema: 1\nschema: 1"), 2, ("call.yaml:2", "schema")),
    "schema of the future": (call("schema: 1", "schema: 2"), 2, ("call.yaml:1", "schema")),
    "unknown key": (call("min_reviews", "min_review"), 2, ("call.yaml:5", "min_reviews")),
    "bad call id": (call("essai-2025", "Essai 2025"), 2, ("call.id",)),
    "no criteria": (call("criteria:", "criterias:"), 2, ("criteria",)),
    "negative weight": (call("weight: 60", "weight: -60"), 2, ("weight", "-60")),
    "weight that is a word": (call("weight: 60", "weight: lourd"), 2, ("weight", "lourd")),
    "infinite weight": (call("weight: 60", "weight: .inf"), 2, ("weight",)),
    "two criteria of one id": (call("id: reach", "id: quality"), 2, ("quality",)),
    "scale upside down": (call("min: 0, max: 5", "min: 5, max: 0"), 2, ("scale",)),
    "step of zero": (call("step: 0.5", "step: 0"), 2, ("step",)),
    "tie break on nothing": (call("[reach]", "[rich]"), 2, ("tie_break", "rich", "reach")),
    "threshold above 100": (call("threshold: 20", "threshold: 120"), 2, ("threshold", "120")),
    "unknown method": (call("calibrated", "magic"), 2, ("scoring.method", "magic")),
    "number with a comma": (call("weight: 60", 'weight: "60,5"'), 2, ("call.yaml:8:45", "60,5", "point")),
    "number that is too large": (call("weight: 60", "weight: 1e40"), 2, ("call.yaml:8:45", "1e40")),
    "weight of zero": (call("weight: 60", "weight: 0"), 2, ("call.yaml:8:45", "supérieur à 0")),
    "closing without an offset": (
        call("{id: essai-2025}", "{id: essai-2025, closes_at: 2025-02-28T23:59:59}"), 2, ("closes_at", "décalage"),
    ),
    "closing before opening": (
        call("{id: essai-2025}", "{id: essai-2025, opens_at: 2025-03-01T09:00:00Z, closes_at: 2025-02-28T23:59:59Z}"),
        2, ("call.yaml:2", "closes_at"),
    ),
    "level off the grid": (
        call("title: Qualité, weight: 60", 'title: Qualité, weight: 60, levels: {0.3: "peu"}'), 2,
        ("levels.0.3", "par pas de 0,5"),
    ),
    "criterion threshold off the scale": (call("weight: 60", "weight: 60, threshold: 6"), 2, ("threshold", "de 0 à 5")),
    "criterion without a scale": (call("  scale: {min: 0, max: 5, step: 0.5}\n", ""), 2, ("criteria[0]", "échelle")),
    "step that doesn't divide": (call("step: 0.5", "step: 0.3"), 2, ("rubric.scale.step", "0.3")),
    "two quotas of one id": (
        call("min: 1}", "min: 1}\n    - {id: rural, each: territory, max: 2}"), 2, ("call.yaml:19", "rural"),
    ),
    "upper case quota": (call("id: rural", "id: Rural"), 2, ("quotas[0].id", "Rural")),
    "no reviews wanted": (call("min_reviews: 2", "min_reviews: 0"), 2, ("min_reviews", "supérieur ou égal à 1")),
    "budget with three decimals": (call("budget: 30000", "budget: 30000.001"), 2, ("budget", "deux décimales")),
    "aliases that explode": (
        {"call": "a: &a [x, x, x, x, x, x, x, x, x]\n"
         + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9))},
        2, ("call.yaml:", "trop de valeurs"),
    ),
    "a call file of two megabytes": ({"call": "# " + "x" * 2_000_000}, 2, ("call.yaml", "trop grand")),
    "unknown mode": (call("mode: value", "mode: valeur"), 2, ("selection.mode", "valeur")),
    "laureates that are a fraction": (call("laureates: 2", "laureates: 2.5"), 2, ("laureates", "2.5")),
    "negative budget": (call("budget: 30000", "budget: -1"), 2, ("budget", "-1")),
    "quota with where and each": (call("min: 1}", "min: 1, each: territory}"), 2, ("quotas",)),
    "quota without a bound": (call(", min: 1}", "}"), 2, ("quotas",)),
    "share of no budget": (
        {"call": CALL.replace("  budget: 30000\n", "").replace("min: 1}", "max_share: 0.5}")}, 2, ("max_share",),
    ),
    "share above one": (call("min: 1}", "max_share: 1.5}"), 2, ("max_share", "1.5")),
    "quota on a column that isn't there": (call("territory: rural", "territoire: rural"), 2, ("territoire",)),
    "no applications file": ({"applications": None}, 2, ("A.csv", "n’existe pas")),
    "empty applications file": ({"applications": ""}, 2, ("A.csv",)),
    "applications without rows": ({"applications": APPLICATIONS.splitlines()[0] + "\n"}, 2, ("A.csv",)),
    "applications without a column": (applications("requested_amount", "montant"), 2, ("A.csv", "requested_amount")),
    "a PDF for a table": ({"applications": b"%PDF-1.7 \x00"}, 2, ("A.csv", "PDF")),
    "a column twice": (applications("association,", "association,association,"), 2, ("A.csv",)),
    "an id twice": (applications("\nb,", "\na,"), 2, ("A.csv, ligne\u00a03", "application_id")),
    "an empty id": (applications("\nb,", "\n,"), 2, ("A.csv, ligne\u00a03", "application_id")),
    "an amount in words": (applications("9000", "neuf mille"), 2, ("ligne\u00a04", "requested_amount", "neuf mille")),
    "a negative amount": (applications("9000", "-9000"), 2, ("ligne\u00a04", "-9000")),
    "an amount with three decimals": (applications("9000", "9000.001"), 2, ("ligne\u00a04", "9000.001")),
    "no amount": (applications("9000", ""), 2, ("ligne\u00a04", "requested_amount")),
    "a formula's error": (applications("9000", "#REF!"), 2, ("ligne\u00a04", "#REF!")),
    "more cells than headings": (applications("9000,urban", "9000,urban,x,y"), 2, ("ligne\u00a04",)),
    "proposed above requested": (
        {"applications": "application_id,association,requested_amount,proposed_amount,territory\na,A,100,200,rural\n",
         "reviews": "application_id,reviewer_id,criterion,score\n"}, 2, ("ligne\u00a02", "proposed_amount"),
    ),
    "eligible perhaps": (
        {"applications": "application_id,association,requested_amount,territory,eligible\na,A,100,rural,peut-être\n"},
        2, ("eligible", "peut-être"),
    ),
    "no reviews file": ({"reviews": None}, 2, ("R.csv", "n’existe pas")),
    "reviews without a column": (reviews("criterion", "critere"), 2, ("R.csv", "criterion")),
    "unknown application": (reviews("a,r1,quality", "z,r1,quality"), 2, ("R.csv, ligne\u00a02", "application_id")),
    "unknown criterion": (reviews("a,r1,quality", "a,r1,qualite"), 2, ("R.csv, ligne\u00a02", "quality")),
    "mark above the scale": (reviews("4.5\n", "5.5\n"), 2, ("R.csv, ligne\u00a02", "5.5")),
    "mark off the grid": (reviews("4.5\n", "4.4\n"), 2, ("R.csv, ligne\u00a02", "4.4")),
    "mark in words": (reviews("4.5\n", "bien\n"), 2, ("R.csv, ligne\u00a02", "bien")),
    "mark that is not a number": (reviews("4.5\n", "NaN\n"), 2, ("R.csv, ligne\u00a02", "NaN")),
    "a mark twice": (reviews("a,r1,reach", "a,r1,quality"), 2, ("R.csv, ligne\u00a03",)),
    "a mark missing": (reviews("a,r1,reach,4\n", ""), 2, ("R.csv", "reach")),
    "an empty mark": (reviews("4.5\n", "\n"), 2, ("R.csv, ligne\u00a02",)),
    "an empty reviewer": (reviews("a,r1,quality", "a,,quality"), 2, ("R.csv, ligne\u00a02", "reviewer_id")),
    "reviewers without a common application": (
        {"reviews": REVIEWS.replace("a,r2", "a,r4").replace("b,r2", "b,r5").replace("b,r3", "b,r6")
         .replace("d,r2", "d,r4")}, 2, ("groupe",),
    ),
    "decisions without a column": ({"decisions": "application_id,decision,amount\n"}, 2, ("D.csv", "reason")),
    "unknown decision": (decisions("a,peut-etre,,motif,jury"), 2, ("D.csv, ligne\u00a02", "peut-etre")),
    "decision on nobody": (decisions("z,out,,motif,jury"), 2, ("D.csv, ligne\u00a02", "application_id")),
    "decisions without an author's column": (
        {"decisions": "application_id,decision,reason\na,out,motif\n"}, 2, ("D.csv, ligne\u00a01", "author"),
    ),
    "two decisions": (decisions("a,out,,motif,jury", "a,in,,motif,jury"), 2, ("D.csv, ligne\u00a03",)),
    "amount without an amount": (decisions("a,amount,,motif,jury"), 2, ("D.csv, ligne\u00a02", "amount")),
    "in with an amount": (decisions("a,in,100,motif,jury"), 2, ("D.csv, ligne\u00a02", "amount")),
    "consensus above 100": (decisions("a,consensus,101,motif,jury"), 2, ("D.csv, ligne\u00a02", "101")),
    "in for no candidate": (
        {**applications("\nc,Jeunesse en Loire,9000,urban\n", "\nc,Jeunesse en Loire,9000,urban\ne,Seul,10,urban\n"),
         **decisions("a,out,,motif,jury", "e,in,,motif,jury")}, 2, ("D.csv, ligne\u00a03, colonne decision", "dossier e"),
    ),
    "in for one below a threshold": (
        {**call("threshold: 20", "threshold: 50"), **decisions("d,in,,motif,jury")}, 2,
        ("D.csv, ligne\u00a02", "sous un seuil"),
    ),
    "in for an ineligible one": (
        {"applications": APPLICATIONS.replace("territory\n", "territory,eligible\n").replace("urban\n", "urban,NON\n", 1)
         .replace("rural\n", "rural,\n").replace("9000,urban\n", "9000,urban,\n"),
         **decisions("a,in,,motif,jury")}, 2, ("D.csv, ligne\u00a02", "irrecevable"),
    ),
    "consensus without a total": (decisions("a,consensus,,motif,jury"), 2, ("D.csv, ligne\u00a02", "total sur 100")),
    "amount with three decimals": (decisions("a,amount,10.001,motif,jury"), 2, ("D.csv, ligne\u00a02", "10.001")),
    "negative amount decided": (decisions("a,amount,-1,motif,jury"), 2, ("D.csv, ligne\u00a02", "négatif")),
    "out beside an amount": (
        decisions("a,out,,motif,jury", "a,amount,10,motif,jury"), 2, ("D.csv, ligne\u00a03", "out"),
    ),
    "two amounts": (decisions("a,amount,9,motif,jury", "a,amount,10,motif,jury"), 2, ("D.csv, ligne\u00a03",)),
    "out with an amount": (decisions("a,out,10,motif,jury"), 2, ("D.csv, ligne\u00a02", "colonne amount")),
    "an open quotation mark": (applications("Les Amis", '"Les Amis'), 2, ("A.csv", "guillemet")),
    "an amount of two readings": (applications("10000", "10.000"), 2, ("A.csv, ligne\u00a02", "10000 ou 10,00")),
    "a budget of two readings": (call("30000", "30.000"), 2, ("call.yaml:15:11", "30000 ou 30.00")),
    "letters of a Macintosh": (
        {"applications": APPLICATIONS.replace("Loire", "Forêt").encode("mac_roman")}, 2, ("A.csv", "Mac OS Roman")
    ),
    "an archive that is no workbook": ({"applications": b"PK\x03\x04 etc"}, 2, ("A.csv", "XLSX")),
    "a folder for a table": ({"options": ("--decisions", ".")}, 2, ("dossier",)),
    "negative draws": ({"options": ("--draws", "-1")}, 2, ("--draws",)),
    "draws in words": ({"options": ("--draws", "beaucoup")}, 2, ("--draws",)),
    "empty draw seed": ({"options": ("--draw-seed", " ")}, 2, ("--draw-seed",)),
    "unknown option": ({"options": ("--budget", "3")}, 2, ("--budget",)),
    "letters of a call without any": ({"options": ("--letters",)}, 2, ("letters", "obligatoire", "letters: {}")),
    "letters with an unknown name": (
        {"call": CALL + "letters: {refusal: {object: 'Refus {titre}'}}\n", "options": ("--letters",)}, 2, ("titre",),
    ),
    "minimum above the count": (
        call("{territory: rural}, min: 1}", "{territory: [rural, urban]}, min: 3}"), 3,
        ("  laureates\n  quota:rural\n",),
    ),
    "jury in above the count": (
        decisions("a,in,,motif,jury", "b,in,,motif,jury", "c,in,,motif,jury"), 3,
        ("laureates", "decision:a", "decision:b", "decision:c"),
    ),
    "minimum without enough money": (
        {**call("budget: 30000", "budget: 7999")}, 3, ("budget", "quota:rural"),
    ),
    "minimum without members": (call("territory: rural", "territory: lunar"), 3, ("quota:rural",)),
    "protected head above the budget": (
        {"call": CALL.replace("budget: 30000", "budget: 15000\n  protect_top: 2")}, 3, ("budget", "protect_top"),
    ),
}  # fmt: skip


def test_there_are_at_least_sixty_of_them() -> None:
    assert len(BAD) >= 60


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_is_told_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    changes, code, words = BAD[name]
    case = Case(tmp_path, **changes)
    result = case.run()
    output = result.output
    assert (result.exit_code, [word for word in words if word not in output]) == (code, []), output
    assert "Traceback" not in output
    given = {case.names[part] for part in case.names if getattr(case, part) is not None}
    assert {path.name for path in tmp_path.iterdir()} == given


def test_rules_in_conflict_are_the_only_rules_named(tmp_path: Path) -> None:
    text = CALL.replace("mode: value", "mode: merit\n  protect_top: 1").replace("laureates: 2", "laureates: 3")
    decided = decisions("a,in,,motif,jury", "a,amount,31000,motif,jury")
    result = Case(tmp_path, call=text, **decided).run()
    assert result.exit_code == 3
    assert result.output.splitlines()[-2:] == ["  budget", "  decision:a"]
    assert "protect_top" not in result.output
    ranked = Case(tmp_path, call=text).run()
    assert (ranked.exit_code, "selection.protect_top" in ranked.output) == (0, True)


def test_errors_of_all_tables_are_told_at_once(tmp_path: Path) -> None:
    case = Case(
        tmp_path,
        applications=APPLICATIONS.replace("9000", "neuf").replace("8000", "-8"),
        reviews=REVIEWS.replace("4.5\n", "7\n", 1),
        decisions=DECISIONS_HEADER + "a,peut-etre,,motif,jury\n",
    )
    result = case.run()
    assert result.exit_code == 2
    for place in ("A.csv, ligne\u00a04", "A.csv, ligne\u00a05", "R.csv, ligne\u00a02", "D.csv, ligne\u00a02"):
        assert place in result.output


def test_errors_of_a_call_file_and_of_the_tables_are_told_at_once(tmp_path: Path) -> None:
    case = Case(
        tmp_path,
        call=CALL.replace("weight: 60", "weight: lourd"),
        applications=APPLICATIONS.replace("9000", "neuf"),
        reviews=REVIEWS.replace("4.5\n", "bien\n", 1).replace("b,r3", "z,r3", 1),
        decisions=DECISIONS_HEADER + "a,peut-etre,,motif,jury\n",
    )
    result = case.run()
    assert result.exit_code == 2
    assert result.output.startswith("5\u00a0erreurs")
    for place in (
        "call.yaml:8:45", "A.csv, ligne\u00a04, colonne requested_amount", "R.csv, ligne\u00a02, colonne score",
        "R.csv, ligne\u00a08, colonne application_id", "D.csv, ligne\u00a02, colonne decision",
    ):  # fmt: skip
        assert place in result.output


def test_a_letter_that_names_what_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    case = Case(tmp_path, call=CALL + "letters:\n  refusal:\n    object: 'Refus de {asociation}'\n")
    warned = case.run()
    assert (warned.exit_code, "call.yaml:21:13" in warned.output, "{association}" in warned.output) == (0, True, False)
    refused = case.run("--letters", "--force")
    assert (refused.exit_code, "call.yaml:21:13" in refused.output) == (2, True)
    assert "association" in refused.output
