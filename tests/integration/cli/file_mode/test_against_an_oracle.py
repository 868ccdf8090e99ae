"""Random small runs, redone here from the text of their files with nothing of the engine."""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from tests.integration.cli.file_mode.file_mode_case import DECISIONS_HEADER, Case

# criterion -> weight, lowest mark, highest, step, threshold (all as the call file writes them)
CRITERIA = {
    "quality": ("6e1", "0", "5", "0.5", "2"),
    "reach": ("0.1", "1", "10", "1", None),
    "means": ("29.9", "-2", "2", "0.25", "-1.5"),
}
CALL = """\
schema: 1
call: {{id: oracle-2025}}
rubric:
  scale: {{min: 0, max: 5, step: 0.5}}
  min_reviews: 2
  threshold: {threshold}
  criteria:
    - {{id: quality, weight: 6e1, threshold: 2}}
    - {{id: reach, weight: 0.1, scale: {{min: 1, max: 10, step: 1}}}}
    - {{id: means, weight: 29.9, scale: {{min: -2, max: 2, step: 0.25}}, threshold: -1.5}}
  tie_break: [means, reach]
scoring: {{method: {method}, components: separate}}
selection: {{mode: merit, laureates: 5, waiting_list: 2}}
"""


def rounded(value: Fraction) -> Fraction:
    return Fraction(round(value * 10_000), 10_000)


def written(value: Fraction | None) -> str:
    if value is None:
        return ""
    scaled = round(value * 10_000)
    return f"{'-' if scaled < 0 else ''}{abs(scaled) // 10_000}.{abs(scaled) % 10_000:04d}"


@dataclass
class Tables:
    """One random run: rows of texts, and the same as values."""

    method: str
    threshold: Fraction
    applications: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    marks: list[tuple[str, str, str, str]] = field(default_factory=list)
    decisions: list[tuple[str, str, str]] = field(default_factory=list)

    def case(self, folder: Path) -> Case:
        lines = [",".join(row) for row in self.applications]
        header = "application_id,association,requested_amount,eligible,draw_token"
        return Case(
            folder,
            call=CALL.format(method=self.method, threshold=float(self.threshold)),
            applications="\n".join([header, *lines]) + "\n",
            reviews="application_id,reviewer_id,criterion,score\n" + "".join(f"{','.join(m)}\n" for m in self.marks),
            decisions=DECISIONS_HEADER + "".join(f"{a},{kind},{amount},motif,jury\n" for a, kind, amount in self.decisions),
            options=("--draw-seed", "graine"),
        )  # fmt: skip


def random_tables(seed: int) -> Tables:
    """Few marks and amounts, so that ties, thresholds met by equality and every status occur."""
    chance = random.Random(seed)
    made = Tables(chance.choice(["raw", "calibrated"]), Fraction(chance.choice([30, 50, Fraction("62.5")])))
    kinds = ["out", "declined", "withdrawn", "amount", "consensus"]
    for number in range(24):
        name = f"a{number:02}"
        amount, eligible = chance.choice(["1000", "2000.5"]), chance.choice(["", "oui", "TRUE", "1", "non"])
        made.applications.append((name, f"Association {number}", amount, eligible, chance.choice(["", f"t{number}"])))
        for reviewer in chance.sample(["r1", "r2", "r3", "r4"], chance.choice([0, 1, 2, 2, 2, 3])):
            shift = {"r1": 2, "r2": -1}.get(reviewer, 0)
            for criterion, (_, low, high, step, _) in CRITERIA.items():
                count = (Fraction(high) - Fraction(low)) / Fraction(step)
                place = min(max(int(count * chance.choice([1, 2, 3]) / 4) + shift, 0), int(count))
                mark = Fraction(low) + place * Fraction(step)
                made.marks.append((name, reviewer, criterion, str(float(mark))))
        if chance.random() < 0.3:
            kind = chance.choice(kinds)
            made.decisions.append((name, kind, {"amount": "500", "consensus": "62.50005"}.get(kind, "")))
    for rows in (made.applications, made.marks, made.decisions):
        chance.shuffle(rows)
    return made


@dataclass
class Expected:
    """What the contract says of one application, less the selection."""

    place: str
    score: Fraction | None
    raw: Fraction | None
    calibrated: Fraction | None
    means: dict[str, Fraction]
    reviews: int
    key: tuple[object, ...]
    contested: bool


def marks_of(tables: Tables) -> dict[str, dict[str, dict[str, Fraction]]]:
    """Application, reviewer, criterion: mark."""
    marks: dict[str, dict[str, dict[str, Fraction]]] = defaultdict(lambda: defaultdict(dict))
    for application, reviewer, criterion, score in tables.marks:
        marks[application][reviewer][criterion] = Fraction(score)
    return marks


def total_of(own: dict[str, Fraction]) -> Fraction:
    whole = sum(Fraction(weight) for weight, *_ in CRITERIA.values())
    parts = (
        Fraction(w) * (own[c] - Fraction(low)) / (Fraction(high) - Fraction(low))
        for c, (w, low, high, *_) in CRITERIA.items()
    )
    return 100 * sum(parts, Fraction(0)) / whole


def expected(tables: Tables, severities: dict[str, Fraction]) -> dict[str, Expected]:
    marks, made = marks_of(tables), {}
    decided = {application: (kind, amount) for application, kind, amount in tables.decisions}
    for name, _, amount, eligible, token in tables.applications:
        reviews = marks[name]
        totals = {reviewer: total_of(own) for reviewer, own in reviews.items()}
        kind, agreed = decided.get(name, ("", ""))
        raw = calibrated = None
        if kind == "consensus":
            raw = calibrated = rounded(Fraction(agreed))
        elif totals:
            raw = rounded(sum(totals.values()) / len(totals))
            calibrated = rounded(sum(total - severities[r] for r, total in totals.items()) / len(totals))
        score, other = (raw, calibrated) if tables.method == "raw" else (calibrated, raw)
        means = {c: sum(own[c] for own in reviews.values()) / len(reviews) for c in CRITERIA} if reviews else {}
        missed = [
            c for c, (*_, least) in CRITERIA.items() if means and least is not None and means[c] < Fraction(least)
        ]
        if score is not None and score < tables.threshold:
            missed.append("overall")
        if kind == "withdrawn":
            place = "withdrawn"
        elif eligible == "non":
            place = "ineligible"
        elif len(reviews) < 2:
            place = "incomplete"
        elif missed:
            place = f"below_threshold:{missed[0]}"
        else:
            place = kind if kind in ("out", "declined") else "candidate"
        draw = hashlib.sha256(f"graine:{token or name}".encode()).hexdigest()
        key = (-(score or 0), -means.get("means", 0), -means.get("reach", 0), Fraction(amount), draw)
        sides = (
            {score >= tables.threshold, other >= tables.threshold} if score is not None and other is not None else {0}
        )
        contested = len(sides) == 2 and place not in ("withdrawn", "ineligible", "incomplete")
        made[name] = Expected(place, score, raw, calibrated, means, len(reviews), key, contested)
    return made


@pytest.mark.parametrize("seed", range(20))
def test_the_ranking_is_what_the_contract_says(tmp_path: Path, seed: int) -> None:
    tables = random_tables(seed)
    case = tables.case(tmp_path)
    result = case.run()
    assert result.exit_code == 0, result.output
    with (case.out / "ranking.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with (case.out / "reviewers.csv").open(encoding="utf-8", newline="") as stream:
        reviewers = list(csv.DictReader(stream))
    report = json.loads((case.out / "report.json").read_bytes())
    found = expected(tables, {row["reviewer_id"]: Fraction(row["severity"]) for row in reviewers})

    ranked = sorted(
        (n for n, e in found.items() if e.place in ("candidate", "out", "declined")), key=lambda n: found[n].key
    )
    order = ["below_threshold", "ineligible", "incomplete", "withdrawn"]
    rest = sorted((n for n in found if n not in ranked), key=lambda n: (order.index(found[n].place.split(":")[0]), n))
    assert [(row["rank"], row["application_id"]) for row in rows] == [
        *((str(position), name) for position, name in enumerate(ranked, 1)), *(("", name) for name in rest),
    ]  # fmt: skip
    for row in rows:
        told = found[row["application_id"]]
        assert (row["raw_score"], row["calibrated_score"], row["reviews"]) == (
            written(told.raw), written(told.calibrated), str(told.reviews),
        )  # fmt: skip
        assert [row[f"mark_{c}"] for c in CRITERIA] == [written(told.means.get(c)) for c in CRITERIA]
        code = {"out": "jury_out", "declined": "declined"}.get(told.place, told.place)
        if told.place != "candidate":
            assert row["reason_code"] == code
            assert row["status"] == ("not_selected" if told.place in ("out", "declined") else code.split(":")[0])
    candidates = [name for name in ranked if found[name].place == "candidate"]
    status = {row["application_id"]: (row["status"], row["waiting_rank"]) for row in rows}
    assert [status[name] for name in candidates[:7]] == [
        *[("laureate", "")] * 5, ("waiting_list", "1"), ("waiting_list", "2"),
    ][: len(candidates)]  # fmt: skip
    assert report["contested"] == [row["application_id"] for row in rows if found[row["application_id"]].contested]
    assert report["final"] is not any(told.place == "incomplete" for told in found.values())
    assert report["counts"] == {
        **dict.fromkeys(report["counts"], 0),
        **{value: sum(row["status"] == value for row in rows) for value in {row["status"] for row in rows}},
    }
    variance, widths = report["variance"], {}
    for row in rows:
        if row["ci_low"]:
            widths[row["application_id"]] = (float(row["ci_high"]) - float(row["ci_low"])) / 2
            centre = row["raw_score" if tables.method == "raw" else "calibrated_score"]
            assert written((Fraction(row["ci_low"]) + Fraction(row["ci_high"])) / 2) == centre
    if tables.method == "raw":
        for name, width in widths.items():
            variance_of_mean = (variance["reviewer"] + variance["noise"]) / found[name].reviews
            assert width == pytest.approx(1.6448536269514722 * variance_of_mean**0.5, abs=2e-4)
    given = defaultdict(list)
    for reviews in marks_of(tables).values():
        for reviewer, own in reviews.items():
            given[reviewer].append(total_of(own))
    assert [(row["reviewer_id"], row["reviews"], row["mean_given"]) for row in reviewers] == [
        (reviewer, str(len(totals)), written(sum(totals) / len(totals))) for reviewer, totals in sorted(given.items())
    ]
