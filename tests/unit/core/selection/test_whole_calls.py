"""From marks and decisions to the table: every line is the one that plain arithmetic and enumeration give."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aap.cli import main
from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.ranking.ranking import ImposedNotCandidate
from aap.core.ranking.run import Run, RunOptions, run_call
from aap.core.scoring.totals import ten_thousandths
from aap.core.selection.outcome import InfeasibleRules
from tests.unit.core.selection.whole_call import Line, WholeCall

pytestmark = pytest.mark.thorough

SEED = "tirage du 3 mars"
REGIONS = ("bretagne", "corse", "oise", "bretagne|corse", "corse|oise", "")


def a_random_call(chance: random.Random) -> dict[str, Any]:
    own_scale = {"scale": {"min": 1, "max": 10, "step": 1}} if chance.random() < 0.5 else {}
    thresholds = [{"threshold": "2.5"} if chance.random() < 0.2 else {} for _ in range(2)]
    quotas: list[dict[str, Any]] = []
    if chance.random() < 0.5:
        quotas.append({"id": "petites", "where": {"size": "small"}, "min": chance.randint(1, 2)})
    if chance.random() < 0.4:
        quotas.append({"id": "par-region", "each": "region", "max": chance.randint(1, 2), "min": chance.randint(0, 1)})
    if chance.random() < 0.4:
        quotas.append(
            {"id": "part", "where": {"region": ["corse", "oise"]}, "max_share": chance.choice(["0.35", "0.5"])}
        )
    if chance.random() < 0.3:
        quotas.append({"id": "plancher", "each": "size", "min_share": "0.1"})
    chance.shuffle(quotas)
    selection: dict[str, Any] = {
        "mode": chance.choice(["value", "merit"]),
        "laureates": chance.randint(1, 5),
        "budget": chance.choice([4000, 7000, "9000.55", 20000]),
        "waiting_list": chance.randint(0, 3),
        "amounts": chance.choice(["requested", "proposed"]),
        "quotas": quotas,
    }
    if chance.random() < 0.3:
        selection["protect_top"] = chance.randint(1, 2)
    rubric: dict[str, Any] = {
        "scale": {"min": 0, "max": 5, "step": "0.5"},
        "min_reviews": chance.choice([1, 2]),
        "criteria": [
            {"id": "quality", "weight": chance.choice([40, "0.3", 1]), **thresholds[0]},
            {"id": "reach", "weight": chance.choice([20, "0.7", 3]), **own_scale, **thresholds[1]},
        ],
        "tie_break": chance.choice([[], ["reach"], ["reach", "quality"]]),
    }
    if chance.random() < 0.3:
        rubric["threshold"] = chance.choice([40, "33.3333"])
    return {
        "schema": 1,
        "call": {"id": "essai-2025"},
        "rubric": rubric,
        "scoring": {"method": "raw"},
        "selection": selection,
    }


def random_tables(chance: random.Random, call: Mapping[str, Any]) -> tuple[list[dict[str, str]], ...]:
    names = [f"d{number}" for number in range(chance.randint(3, 9))]
    applications, reviews, decisions = [], [], []
    for name in names:
        requested = chance.choice(["0", "800", "1500", "1500.05", "2500", "2500", "4000"])
        applications.append(
            {
                "application_id": name,
                "association": f"Association {name}",
                "requested_amount": requested,
                "proposed_amount": "700.05" if Decimal(requested) > 700 and chance.random() < 0.4 else "",
                "eligible": "non" if chance.random() < 0.05 else "oui",
                "draw_token": f"jeton {name[::-1]}" if chance.random() < 0.3 else "",
                "region": chance.choice(REGIONS),
                "size": chance.choice(["small", "large", ""]),
            }
        )
        alike = chance.random() < 0.3  # many equal scores
        for reviewer in chance.sample(["r1", "r2", "r3"], chance.choice([1, 2, 2, 2, 3])):
            for criterion in call["rubric"]["criteria"]:
                scale = criterion.get("scale") or call["rubric"]["scale"]
                steps = int((scale["max"] - scale["min"]) / Decimal(scale["step"]))
                mark = scale["min"] + (steps // 2 if alike else chance.randint(0, steps)) * Decimal(scale["step"])
                reviews.append(
                    {"application_id": name, "reviewer_id": reviewer, "criterion": criterion["id"], "score": str(mark)}
                )
        if chance.random() < 0.2:
            kind = chance.choice(["in", "out", "withdrawn", "declined", "amount", "consensus", "consensus"])
            amount = {"amount": "1000.01", "consensus": chance.choice(["50", "61.23456", "0"])}.get(kind, "")
            decisions.append({"application_id": name, "decision": kind, "amount": amount})
            if kind == "in" and chance.random() < 0.3:
                decisions.append({"application_id": name, "decision": "amount", "amount": "700"})
    return applications, reviews, decisions


def run(call: Mapping[str, Any], tables: Sequence[list[dict[str, str]]]) -> Run:
    applications, reviews, decisions = tables
    return run_call(
        CallFile.model_validate(call),
        [
            Application(
                id=row["application_id"],
                association=row["association"],
                requested_amount=int(Decimal(row["requested_amount"]) * 100),
                proposed_amount=int(Decimal(row["proposed_amount"]) * 100) if row["proposed_amount"] else None,
                eligible=row["eligible"] == "oui",
                draw_token=row["draw_token"],
                attributes={
                    name: tuple(row[name].split("|")) if row[name] else ()
                    for name in ("region", "size", "volet")
                    if name in row
                },
            )
            for row in applications
        ],
        [Mark(r["application_id"], r["reviewer_id"], r["criterion"], Decimal(r["score"])) for r in reviews],
        [
            JuryDecision(
                row["application_id"],
                row["decision"],  # type: ignore[arg-type]
                Decimal(row["amount"]) if row["amount"] else None,
                "motif",
                "jury",
            )
            for row in decisions
        ],
        options=RunOptions(draws=0, draw_seed=SEED),
    )


@pytest.mark.parametrize("number", range(400))
def test_every_line_is_the_one_that_arithmetic_gives(number: int) -> None:
    chance = random.Random(f"appel {number}")
    call = a_random_call(chance)
    tables = random_tables(chance, call)
    redone = WholeCall(call, *tables, SEED)
    expected = redone.lines()
    if redone.imposed_in_vain():
        with pytest.raises(ImposedNotCandidate):
            run(call, tables)
        return
    if expected is None:
        with pytest.raises(InfeasibleRules) as caught:
            run(call, tables)
        assert redone.every.conflicts(caught.value.names)
        return
    answer = run(call, tables)
    found = [
        Line(
            row.rank,
            row.application_id,
            row.status,
            frozenset([row.reason_code]),
            None if row.raw_score is None else ten_thousandths(row.raw_score),
            row.granted_amount,
            row.waiting_rank,
        )
        for row in answer.rows
    ]
    assert _with_one_code(found, expected) == found


def _with_one_code(found: Sequence[Line], expected: Sequence[Line]) -> list[Line]:
    """The expected lines, with the code that was found where several are allowed."""
    codes = {line.id: line.codes for line in found}
    return [
        Line(
            line.rank,
            line.id,
            line.status,
            codes[line.id] if not line.codes or codes[line.id] <= line.codes else line.codes,
            line.raw_score,
            line.granted,
            line.waiting_rank,
        )
        for line in expected
    ]


@pytest.mark.parametrize("number", range(10))
def test_the_command_writes_those_lines(tmp_path: Path, number: int) -> None:
    chance = random.Random(f"fichiers {number}")
    call = a_random_call(chance)
    tables = random_tables(chance, call)
    redone = WholeCall(call, *tables, SEED)
    (tmp_path / "call.yaml").write_text(json.dumps(call, ensure_ascii=False), encoding="utf-8")
    for name, rows in zip(("A.csv", "R.csv", "D.csv"), tables, strict=True):
        header = list(rows[0]) if rows else ["application_id", "decision", "amount"]
        if name == "D.csv":
            header, rows = [*header, "reason", "author"], [{**row, "reason": "motif", "author": "jury"} for row in rows]
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            writer.writerows(rows)
    answer = CliRunner().invoke(
        main,
        [
            "rank", "--call", str(tmp_path / "call.yaml"), "--applications", str(tmp_path / "A.csv"), "--reviews",
            str(tmp_path / "R.csv"), "--decisions", str(tmp_path / "D.csv"), "--draws", "0", "--draw-seed", SEED,
            "--out", str(tmp_path / "out"),
        ],
    )  # fmt: skip
    expected = None if redone.imposed_in_vain() else redone.lines()
    if expected is None:
        assert answer.exit_code == (2 if redone.imposed_in_vain() else 3), answer.output
        assert not (tmp_path / "out").exists()
        return
    assert answer.exit_code == 0, answer.output
    with (tmp_path / "out" / "ranking.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["rank"], row["application_id"], row["status"], row["waiting_rank"]) for row in rows] == [
        (str(line.rank or ""), line.id, line.status, str(line.waiting_rank or "")) for line in expected
    ]
    assert all(row["reason_code"] in line.codes for row, line in zip(rows, expected, strict=True) if line.codes)
