"""A refusal in four sentences that a treasurer recomputes: every figure of letters and sheets, from the marks, by hand.

The hand is this file: fractions of the marks and the laureates' lines, nothing of what composes the letters.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.ranking.parts import RunPart
from aap.core.ranking.processing_sheet import processing_sheet
from aap.core.ranking.run import RunOptions, run_call
from aap.core.results import Census, ResultRow
from aap.documents.papers.letters import LetterView, letter_from_row
from tests.unit.documents.papers import samples

NUMBER = r"(−?\d[\d ]*(?:,\d+)?)"
WEIGHTS = {"quality": 3, "reach": 2, "team": 1}
CRITERIA = [
    {"id": "quality", "title": "Qualité", "weight": 3},
    {"id": "reach", "title": "Portée", "weight": 2, "threshold": 1},
    {"id": "team", "title": "Équipe", "weight": 1},
]
NAMES = [f"d{number:02}" for number in range(24)]


def a_call(method: str, *, out_of: int = 100, lots: Any = None, **selection: Any) -> CallFile:
    return CallFile.model_validate(
        {
            "schema": 1,
            "call": {"id": "phrases-2026", "authority": {"name": "Autorité d’essai"}},
            "rubric": {
                "scale": {"min": 0, "max": 5, "step": "0.5"},
                "threshold": out_of // 4,
                "out_of": out_of,
                "criteria": CRITERIA,
            },
            "scoring": {"method": method},
            "selection": {"mode": "value", "laureates": 8, "waiting_list": 3, **selection},
            "letters": samples.SIGNED,
            **({"lots": lots} if lots else {}),
        }
    )


def some_marks(seed: int) -> list[Mark]:
    """Three of six reviewers a dossier, who are more or less severe."""
    drawn = random.Random(seed)
    severe = {f"r{number}": drawn.choice((-1, -0.5, 0, 0.5, 1)) for number in range(6)}
    found = []
    for position, name in enumerate(NAMES):
        worth = drawn.uniform(0.5, 4.5)
        for step in range(3):
            reviewer = f"r{(position + step * (1 + position % 2)) % 6}"
            for criterion in WEIGHTS:
                mark = min(5, max(0, round(2 * (worth + severe[reviewer] + drawn.uniform(-1, 1))) / 2))
                found.append(Mark(name, reviewer, criterion, Decimal(str(mark))))
    return found


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def value(text: str) -> Fraction:
    return Fraction(text.replace(" ", "").replace(",", ".").replace("−", "-"))


def places(text: str) -> int:
    return len(text.partition(",")[2])


class Treasurer:
    """Reads one dossier's letter and sheet, and recomputes what they say."""

    def __init__(self, call: CallFile, part: RunPart, row: ResultRow, marks: Sequence[Mark], agreed: set[str]) -> None:
        self.call, self.part, self.row = call, part, row
        self.out_of = Fraction(call.rubric.out_of)
        self.own = [mark for mark in marks if mark.application_id == row.application_id]
        self.agreed = row.application_id in agreed
        method = call.scoring.method
        self.view = letter_from_row(part.given.call, row, census=Census.of(part.rows, method), lot=part.lot)
        self.text = plain(" ".join(self.view.paragraphs))
        score = row.calibrated_score if method == "calibrated" else row.raw_score
        self.score = None if score is None else Fraction(score) * self.out_of / 100
        self.mean = sum(
            (Fraction(mark.score) / 5 * Fraction(WEIGHTS[mark.criterion], 6) for mark in self.own), Fraction(0)
        ) / 3 * self.out_of  # fmt: skip
        ranked = [one for one in part.rows if one.rank is not None]
        self.ranked = len(ranked)
        self.laureates = sorted((one for one in part.rows if one.status == "laureate"), key=lambda one: one.rank or 0)
        self.scores = {
            one.application_id: (one.calibrated_score if method == "calibrated" else one.raw_score) for one in ranked
        }
        self.seen: set[str] = set()

    def near(self, text: str, exact: Fraction) -> None:
        """The figure is the exact one, rounded to the decimals it has."""
        assert abs(value(text) - exact) <= Fraction(1, 2 * 10 ** places(text)) + Fraction(1, 10**5), (text, self.text)

    def check(self) -> set[str]:
        kept = re.search(r"(\d+|Un|Aucun) (?:dossiers? (?:ont|a) été|n’a été) retenus?", self.text)
        if kept:
            said = {"Un": 1, "Aucun": 0}.get(kept[1]) if not kept[1].isdigit() else int(kept[1])
            assert said == len(self.laureates)
            self.seen.add("retained")
            among = re.search(r"sur (\d+) classés", self.text)
            assert among is not None
            assert int(among[1]) == self.ranked
        self._rank()
        self._steps()
        self._missing()
        self._table()
        self._sheet()
        return self.seen

    def _rank(self) -> None:
        found = re.search(rf"Votre dossier est classé (\d+)ᵉʳ?ʳ?.*? avec {NUMBER} points? sur {NUMBER}", self.text)
        if self.row.rank is None:
            assert found is None
            return
        assert found is not None, self.text
        assert self.score is not None
        assert (int(found[1]), value(found[3])) == (self.row.rank, self.out_of)
        self.near(found[2], self.score)
        assert places(found[2]) >= 2
        self.seen.add("rank")

    def _steps(self) -> None:
        moved = re.search(
            rf"La moyenne de vos notes, {NUMBER}, (augmentée|diminuée) de {NUMBER} par la correction .*?, donne {NUMBER}\.",
            self.text,
        )
        if moved:
            assert self.score is not None
            self.near(moved[1], self.mean)
            self.near(moved[4], self.score)
            sign = 1 if moved[2] == "augmentée" else -1
            assert value(moved[1]) + sign * value(moved[3]) == value(moved[4])
            self.seen.add("corrected")
            return
        as_is = re.search(rf"Vos notes, comptées selon leur poids, donnent {NUMBER}, sans correction\.", self.text)
        assert bool(as_is) == (
            self.score is not None and bool(self.own) and not self.agreed and self.row.status != "ineligible"
        ), self.text
        if as_is:
            self.near(as_is[1], self.mean)
            self.seen.add("as it is")

    def _missing(self) -> None:
        last = re.search(rf"en obtient {NUMBER}, soit {NUMBER} de plus\.", self.text)
        if last:
            before = [one for one in self.laureates if (one.rank or 0) < (self.row.rank or 0)][-1]
            other = self.scores[before.application_id]
            assert other is not None
            self.near(last[1], Fraction(other) * self.out_of / 100)
            own = re.search(rf"avec {NUMBER} point", self.text)
            assert own is not None
            assert value(last[1]) - value(own[1]) == value(last[2]) > 0
            self.seen.add("points to the last retained")
        assert not re.search(rf"en obtient {NUMBER}\.", self.text)
        least = re.search(
            rf"{NUMBER} (?:points? )?sur \d+[^.]*?, pour un minimum de {NUMBER} : il en manque {NUMBER}\.", self.text
        )
        if least:
            assert value(least[2]) - value(least[1]) == value(least[3]) > 0
            self.seen.add("points to a minimum")
        assert bool(least) == (self.row.status == "below_threshold"), self.text

    def _table(self) -> None:
        table = self.view.marks
        if table is None or not table.lines or self.score is None:
            return
        assert table.adds_up != self.agreed
        if table.adds_up:
            total = sum(value(plain(line.points)) for line in table.lines)
            shown = plain(table.correction.mean if table.correction else table.score.split()[0])
            assert total == value(shown)
            self.near(shown, self.mean)
            for line, criterion in zip(table.lines, WEIGHTS, strict=True):
                marks = [Fraction(mark.score) for mark in self.own if mark.criterion == criterion]
                exact = sum(marks) / 3 / 5 * Fraction(WEIGHTS[criterion], 6) * self.out_of
                unit = Fraction(1, 10 ** places(line.points))
                assert abs(value(plain(line.points)) - exact) < unit
            self.seen.add("points by criterion")

    def _sheet(self) -> None:
        made = processing_sheet(self.part, self.row.application_id, result_hash="0" * 64)
        told = plain(" ".join(made.parts[3].paragraphs))
        for figure in re.findall(rf"(?:en obtient|soit|il en manque|donne) {NUMBER}", self.text):
            assert figure in told or f"score {figure}" in told or f"à {figure}" in told, (figure, told)
        whole = re.search(r"score " + NUMBER + r"\.|l’arrondissent à " + NUMBER + r"\.", told)
        if whole and self.score is not None:
            self.near(whole[1] or whole[2], self.score)


def read(
    call: CallFile, marks: Sequence[Mark], *, decisions: Sequence[JuryDecision] = (), attributes: Any = None
) -> dict[str, set[str]]:
    """Status → what was found and recomputed in the letters of this status."""
    made = [
        Application(
            name, f"Association {name}", (900 + 37 * (position % 7)) * 100,
            attributes=(attributes or {}).get(name, {"region": ("nord" if position % 3 else "sud",)}),
            **({"eligible": False, "ineligible_reason": "pas de siège"} if position == 23 else {}),
        )
        for position, name in enumerate(NAMES)
    ]  # fmt: skip
    run = run_call(call, made, marks, decisions, options=RunOptions(draws=0, draw_seed="graine"))
    agreed = {one.application_id for one in decisions if one.decision == "consensus"}
    found: dict[str, set[str]] = {}
    for part in run.parts:
        for row in part.rows:
            if row.status in ("not_selected", "waiting_list", "below_threshold", "ineligible"):
                found.setdefault(row.status, set()).update(Treasurer(call, part, row, marks, agreed).check())
    return found


QUOTA = [{"id": "sud", "title": "Le Sud", "where": {"region": "sud"}, "min": 4}]


@pytest.mark.parametrize(
    ("method", "out_of", "selection"),
    [
        ("calibrated", 100, {}),
        ("raw", 15, {}),
        ("calibrated", 15, {"mode": "merit", "laureates": None, "budget": 8000}),
        ("calibrated", 100, {"mode": "merit"}),
        ("calibrated", 100, {"quotas": QUOTA, "budget": 7500}),
        ("raw", 100, {"mode": "merit", "at_limit": "stop", "laureates": None, "budget": 7000, "quotas": QUOTA}),
        ("calibrated", 100, {"mode": "merit", "at_limit": "reduce", "reduce_to": "0.4", "laureates": None, "budget": 7000}),
        ("calibrated", 100, {"mode": "merit", "at_limit": "stop", "draw_zone": {"interval": "0.5"}}),
    ],
)  # fmt: skip
def test_every_figure_of_a_refusal_is_found_again_from_the_marks(
    method: str, out_of: int, selection: dict[str, Any]
) -> None:
    for seed in (1, 2):
        found = read(a_call(method, out_of=out_of, **selection), some_marks(seed))
        refused = found["not_selected"]
        steps = "corrected" if method == "calibrated" else "as it is"
        assert refused >= {"retained", "rank", steps, "points by criterion"}
        assert found["waiting_list"] >= {"retained", "rank", steps, "points by criterion"}
        assert found["ineligible"] == {"retained"}
        assert "points to a minimum" in found.get("below_threshold", {"points to a minimum"})
        if not ({"budget", "quotas", "draw_zone"} & selection.keys()):
            assert "points to the last retained" in refused


def test_what_the_jury_agreed_on_is_no_sum_and_what_it_decided_stands_after_the_figures() -> None:
    jury = [
        JuryDecision(NAMES[5], "consensus", Decimal("61.5"), "vu ensemble", "jury"),
        JuryDecision(NAMES[6], "out", None, "déjà aidé", "jury"),
        JuryDecision(NAMES[7], "in", None, "seul projet rural", "jury"),
    ]
    found = read(a_call("calibrated"), some_marks(3), decisions=jury)
    assert found["not_selected"] >= {"retained", "rank", "corrected"}


def test_each_lot_counts_its_own() -> None:
    lots = {
        "attribute": "volet",
        "items": [
            {"id": "collectif", "selection": {"laureates": 3}},
            {"id": "individuel", "selection": {"laureates": 4}},
        ],
    }
    volets = {name: {"volet": ("collectif" if int(name[1:]) % 2 else "individuel",)} for name in NAMES}
    found = read(a_call("calibrated", laureates=None, lots=lots), some_marks(4), attributes=volets)
    assert found["not_selected"] >= {"retained", "rank", "corrected", "points to the last retained"}


def test_two_scores_that_read_alike_have_the_decimals_that_part_them_everywhere() -> None:
    reason = (
        "Classé 71ᵉ avec 64,351\u00a0points sur 100. Les 67 places ont été attribuées\u202f; le dernier projet retenu à son rang "
        "en obtient 64,354."
    )
    view: LetterView = samples.letter(reason=reason, reason_code="count_reached", last=Decimal("64.3541"))
    text = plain(" ".join(view.paragraphs))
    for words in ("64,351 points sur 100", "La moyenne de vos notes, 62,905, augmentée de 1,446", "donne 64,351",
                  "en obtient 64,354, soit 0,003 de plus."):  # fmt: skip
        assert words in text
    assert view.marks is not None
    assert (view.marks.score, [line.points for line in view.marks.lines]) == ("64,351 sur 100", ["52,500", "10,405"])


def test_the_score_of_another_list_than_the_reason_s_is_not_taken_for_the_last_one() -> None:
    reason = (
        "Classé 71ᵉ avec 64,4\u00a0points sur 100. Les 67 places ont été attribuées\u202f; le dernier projet retenu en obtient "
        "66,2."
    )
    text = plain(" ".join(samples.letter(reason=reason, last=Decimal("70.0000")).paragraphs))
    assert "en obtient 66,2." in text
    assert "70" not in text
