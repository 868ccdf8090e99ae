"""The example that the guide redoes by hand is what the engine computes."""

from __future__ import annotations

import csv
from pathlib import Path

from aap.core.call.loading import load_call
from aap.core.ranking.run import Run, RunOptions, run_call
from aap.documents.tables.tables_in import read_run_inputs

DOCS = Path(__file__).resolve().parents[4] / "docs"
FOLDER = DOCS / "exemple-classement"


def run() -> Run:
    call = load_call((FOLDER / "appel.yaml").read_bytes(), name="appel.yaml")
    inputs = read_run_inputs(call, FOLDER / "candidatures.csv", FOLDER / "notes.csv")
    return run_call(call, inputs.applications, inputs.marks, options=RunOptions(draws=0, draw_seed="exemple"))


def test_the_guide_prints_the_scores_and_severities_of_the_run() -> None:
    guide = (DOCS / "comment-marche-le-classement.md").read_text(encoding="utf-8")
    made = run()
    for row in made.rows:
        assert row.raw_score is not None
        assert row.calibrated_score is not None
        line = next(
            line for line in guide.splitlines() if line.startswith(f"| {row.rank or '–'} | {row.application_id} ")
        )
        assert f"| {row.raw_score:.4f} | {row.calibrated_score:.4f} |".replace(".", ",") in line
    for reviewer in made.reviewers:
        shown = f"{reviewer.severity:.4f}".replace(".", ",").replace("-", "−")
        assert f"| {reviewer.reviewer_id} | {reviewer.reviews} | " in guide
        assert shown in guide


def test_the_guide_tells_the_outcome_of_the_run() -> None:
    made = run()
    assert {row.application_id: (row.status, row.reason_code) for row in made.rows} == {
        "A": ("laureate", "selected"),
        "B": ("laureate", "selected"),
        "C": ("not_selected", "quota_min:rural"),
        "D": ("laureate", "selected_by_quota:rural"),
        "E": ("waiting_list", "budget_exhausted"),
        "F": ("below_threshold", "below_threshold:overall"),
    }
    assert made.report["objective"] == 230.758


def test_a_calibrated_score_is_the_mean_of_the_corrected_totals() -> None:
    with (FOLDER / "notes.csv").open(encoding="utf-8") as notes:
        marks = {
            (m["application_id"], m["reviewer_id"], m["criterion"]): float(m["score"]) for m in csv.DictReader(notes)
        }
    made = run()
    severity = {reviewer.reviewer_id: float(reviewer.severity) for reviewer in made.reviewers}
    for row in made.rows:
        readers = sorted({reviewer for application, reviewer, _ in marks if application == row.application_id})
        corrected = [
            12 * marks[row.application_id, r, "qualite"] + 8 * marks[row.application_id, r, "solidite"] - severity[r]
            for r in readers
        ]
        assert row.calibrated_score is not None
        assert abs(sum(corrected) / len(corrected) - float(row.calibrated_score)) < 1e-4
