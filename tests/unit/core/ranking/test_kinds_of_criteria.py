"""Gates, computed criteria, bonuses, points of the call, marks agreed by criterion and reviews set aside: by hand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.ranking.bundle import run_bundle, verify_bundle
from aap.core.ranking.counterfactual import in_words, points_needed
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run import Run, RunOptions, run_call
from aap.core.ranking.run_input import RunInput, inputs_hash
from aap.core.scoring.totals import IncompleteReviews
from tests.unit.core.ranking.ranking_builders import a_call, an_application

FIVE = {"min": 0, "max": 5, "step": "0.5"}
GATE = {"id": "honest", "title": "Probité", "kind": "gate"}
QUALITY = {"id": "quality", "title": "Qualité", "weight": 3}
REACH = {"id": "reach", "title": "Portée", "weight": 1}
PARTNERS = {
    "id": "partners",
    "title": "Partenaires",
    "kind": "computed",
    "from": "partners",
    "weight": 1,
    "bands": [{"min": 1, "mark": 2}, {"min": 3, "mark": 4}, {"min": 10, "mark": 5}],
}
ZONE = {
    "id": "zone",
    "title": "Zone",
    "kind": "computed",
    "from": "zone",
    "bonus": 5,
    "points": {"drom": 5, "rural": 3},
    "otherwise": 1,
}

Given = Mapping[tuple[str, str], Mapping[str, str]]


def _marks(table: Given) -> list[Mark]:
    return [Mark(a, r, c, Decimal(mark)) for (a, r), marks in table.items() for c, mark in marks.items()]


def _run(
    criteria: Sequence[Mapping[str, Any]],
    applications: Sequence[Application],
    table: Given,
    decisions: Sequence[JuryDecision] = (),
    **others: Any,
) -> Run:
    call = a_call(criteria=criteria, scale=FIVE, **others)
    return run_call(call, applications, _marks(table), decisions, options=RunOptions(draws=0, draw_seed="s"))


def _lines(run: Run) -> dict[str, tuple[int | None, str, str, Decimal | None]]:
    return {row.application_id: (row.rank, row.status, row.reason_code, row.raw_score) for row in run.rows}


def _marks_of(run: Run, name: str) -> dict[str, str]:
    row = next(row for row in run.rows if row.application_id == name)
    return {criterion: str(mark) for criterion, mark in row.marks.items()}


def _reason(run: Run, name: str) -> str:
    return next(row.reason for row in run.rows if row.application_id == name)


def agreed(application: str, criterion: str, mark: str) -> JuryDecision:
    return JuryDecision(application, "consensus", Decimal(mark), "motif", "jury", criterion)


def aside(reviewer: str, application: str = "") -> JuryDecision:
    return JuryDecision(application, "set_aside", None, "motif", "jury", "", reviewer)


# --- computed criteria and bonuses ------------------------------------------------------------------------------------


def test_a_computed_criterion_enters_every_total_by_its_weight_and_a_bonus_comes_on_top() -> None:
    applications = [
        an_application("a", attributes={"partners": ("3",), "zone": ("drom",)}),
        an_application("b", attributes={"partners": (), "zone": ("ville",)}),
    ]
    table = {("a", "x"): {"quality": "4"}, ("a", "y"): {"quality": "5"}, ("b", "x"): {"quality": "5"}}
    run = _run([QUALITY, PARTNERS, ZONE], applications, table, laureates=1)
    # a: (3·4/5 + 1·4/5)/4·100 = 80, then 95; mean 87.5; and 5·5/5 of bonus. b: (3·1 + 1·0)/4·100 = 75; and 5·1/5.
    assert _lines(run) == {
        "a": (1, "laureate", "selected", Decimal("92.5000")),
        "b": (2, "not_selected", "count_reached", Decimal("76.0000")),
    }
    assert _marks_of(run, "a") == {"quality": "4.5000", "partners": "4.0000", "zone": "5.0000"}
    assert _marks_of(run, "b") == {"quality": "5.0000", "partners": "0.0000", "zone": "1.0000"}


def test_a_bonus_may_lift_a_score_above_100() -> None:
    run = _run([QUALITY, ZONE], [an_application("a", attributes={"zone": ("drom",)})], {("a", "x"): {"quality": "5"}})
    assert run.rows[0].raw_score == Decimal("105.0000")


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ((), "0.0000"),
        (("0",), "0.0000"),
        (("1",), "2.0000"),
        (("2,9",), "2.0000"),
        (("3",), "4.0000"),
        (("1 200",), "5.0000"),
        (("-4",), "0.0000"),
        (("1", "12", "3"), "5.0000"),
    ],
)
def test_the_last_band_that_is_reached_gives_the_mark_and_the_best_of_several_values_counts(
    cell: tuple[str, ...], mark: str
) -> None:
    run = _run(
        [QUALITY, PARTNERS], [an_application("a", attributes={"partners": cell})], {("a", "x"): {"quality": "5"}}
    )
    assert _marks_of(run, "a")["partners"] == mark


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ((), "1.0000"),
        (("ville",), "1.0000"),
        (("rural",), "3.0000"),
        (("rural", "drom"), "5.0000"),
        (("rural", "x"), "3.0000"),
    ],
)
def test_points_by_value_give_the_mark_and_otherwise_the_rest(cell: tuple[str, ...], mark: str) -> None:
    run = _run([QUALITY, ZONE], [an_application("a", attributes={"zone": cell})], {("a", "x"): {"quality": "5"}})
    assert _marks_of(run, "a")["zone"] == mark


def test_a_threshold_on_a_computed_criterion_looks_at_its_mark() -> None:
    criteria = [QUALITY, {**PARTNERS, "threshold": 4, "threshold_on": "any"}]
    applications = [
        an_application("a", attributes={"partners": ("3",)}),
        an_application("b", attributes={"partners": ("2",)}),
    ]
    run = _run(criteria, applications, {("a", "x"): {"quality": "1"}, ("b", "x"): {"quality": "5"}})
    assert [line[:3] for line in _lines(run).values()] == [
        (1, "laureate", "selected"),
        (None, "below_threshold", "below_threshold:partners"),
    ]
    assert _reason(run, "b") == (
        "Note de 2,0 sur 5 au critère «\u00a0Partenaires\u00a0», calculée d’après «\u00a0partners\u00a0», "
        "pour un minimum de 4."
    )


def test_nobody_marks_a_computed_criterion_but_everybody_answers_a_gate() -> None:
    call = a_call(criteria=[QUALITY, GATE, PARTNERS], scale=FIVE)
    with pytest.raises(KeyError):
        run_call(call, [an_application("a")], _marks({("a", "x"): {"quality": "5", "honest": "1", "partners": "3"}}))
    with pytest.raises(IncompleteReviews) as refused:
        run_call(call, [an_application("a")], _marks({("a", "x"): {"quality": "5"}}))
    assert refused.value.missing == (("a", "x", ("honest",)),)


# --- gates ------------------------------------------------------------------------------------------------------------

ANSWERS = {
    ("a", "x"): {"quality": "5", "honest": "1"}, ("a", "y"): {"quality": "5", "honest": "1"},
    ("b", "x"): {"quality": "5", "honest": "1"}, ("b", "y"): {"quality": "5", "honest": "0"},
    ("c", "x"): {"quality": "5", "honest": "0"}, ("c", "y"): {"quality": "5", "honest": "0"},
    ("c", "z"): {"quality": "5", "honest": "1"},
}  # fmt: skip
THREE = [an_application(name) for name in "abc"]


def test_one_no_is_enough_for_a_gate_and_it_has_no_part_in_the_score() -> None:
    run = _run([QUALITY, GATE], THREE, ANSWERS)
    hundred = Decimal("100.0000")
    assert _lines(run) == {
        "a": (1, "laureate", "selected", hundred),
        "b": (None, "below_threshold", "below_threshold:honest", hundred),
        "c": (None, "below_threshold", "below_threshold:honest", hundred),
    }
    assert [_marks_of(run, name)["honest"] for name in "abc"] == ["1.0000", "0.5000", "0.3333"]
    assert _reason(run, "b") == (
        "Critère éliminatoire «\u00a0Probité\u00a0»\u00a0: une évaluation sur 2 répond non, alors qu’une seule suffit à "
        "écarter le dossier."
    )
    assert _reason(run, "c") == (
        "Critère éliminatoire «\u00a0Probité\u00a0»\u00a0: 2 évaluations sur 3 répondent non, alors qu’une seule suffit à "
        "écarter le dossier."
    )


def test_a_majority_gate_is_missed_by_more_noes_than_yeses() -> None:
    run = _run([QUALITY, {**GATE, "fails_if": "majority"}], THREE, ANSWERS, laureates=3)
    assert {name: line[2] for name, line in _lines(run).items()} == {
        "a": "selected",
        "b": "selected",
        "c": "below_threshold:honest",
    }
    assert _reason(run, "c") == (
        "Critère éliminatoire «\u00a0Probité\u00a0»\u00a0: 2 évaluations sur 3 répondent non, une seule répond oui."
    )


def test_the_first_criterion_missed_in_rubric_order_is_named_before_the_total() -> None:
    table = {("a", "x"): {"reach": "0", "honest": "0", "quality": "0"}}
    for criteria, named in (
        ([{**REACH, "threshold": 2}, GATE, QUALITY], "below_threshold:reach"),
        ([GATE, {**REACH, "threshold": 2}, QUALITY], "below_threshold:honest"),
        (
            [{**GATE, "id": "quality"}, {**REACH, "threshold": 0}, {**QUALITY, "id": "honest"}],
            "below_threshold:quality",
        ),
    ):
        assert _lines(_run(criteria, [an_application("a")], table, threshold=50))["a"][2] == named


# --- thresholds -------------------------------------------------------------------------------------------------------


def test_threshold_on_any_looks_at_each_mark_and_on_the_mean_at_the_mean() -> None:
    table = {
        ("a", "x"): {"quality": "2"}, ("a", "y"): {"quality": "4"},
        ("b", "x"): {"quality": "1.5"}, ("b", "y"): {"quality": "5"}, ("b", "z"): {"quality": "5"},
        ("c", "x"): {"quality": "1"}, ("c", "y"): {"quality": "0.5"}, ("c", "z"): {"quality": "5"},
    }  # fmt: skip
    run = _run([{**QUALITY, "threshold": 2, "threshold_on": "any"}], THREE, table)
    assert {name: line[2] for name, line in _lines(run).items()} == {
        "a": "selected",
        "b": "below_threshold:quality",
        "c": "below_threshold:quality",
    }
    assert _reason(run, "b") == (
        "Une évaluation sur 3 donne 1,5 sur 5 au critère «\u00a0Qualité\u00a0», pour un minimum de 2 dans chaque évaluation."
    )
    assert _reason(run, "c") == (
        "2 évaluations sur 3 donnent moins de 2 au critère «\u00a0Qualité\u00a0», la plus basse 0,5 sur 5, pour un minimum "
        "de 2 dans chaque évaluation."
    )
    assert {line[1] for line in _lines(_run([{**QUALITY, "threshold": 2}], THREE, table, laureates=3)).values()} == {
        "laureate"
    }


def test_the_overall_threshold_is_read_in_the_points_of_the_call_and_met_by_equality() -> None:
    # 10 of 15 is 66.6667 of 100: two thirds reach it, 66.6666 would not; scores of files stay on 100.
    table = {("a", "x"): {"quality": "4"}, ("a", "y"): {"quality": "4"}, ("a", "z"): {"quality": "2"},
             ("b", "x"): {"quality": "3"}, ("b", "y"): {"quality": "3"}, ("b", "z"): {"quality": "3.5"}}  # fmt: skip
    run = _run([QUALITY], [an_application("a"), an_application("b")], table, out_of=15, threshold=10, laureates=1)
    assert _lines(run) == {
        "a": (1, "laureate", "selected", Decimal("66.6667")),
        "b": (None, "below_threshold", "below_threshold:overall", Decimal("63.3333")),
    }
    assert _reason(run, "a") == "Classé 1ᵉʳ avec 10,00\u00a0points sur 15. Retenu, pour 1\u202f000\u00a0€."
    assert _reason(run, "b") == "Note finale de 9,50\u00a0points sur 15, pour un minimum de 10."
    points = points_needed(run.given.call, run.parts[0].ranking, "b")
    assert points == 33_334  # 66.6667, and the smaller id is not asked for: the draw parts equal scores
    assert in_words(points, run.given.call.rubric).startswith("Avec 0,5001\u00a0point de plus")


# --- marks agreed by criterion ----------------------------------------------------------------------------------------


def test_agreed_marks_make_the_total_and_are_what_thresholds_ties_and_the_table_read() -> None:
    criteria = [{**QUALITY, "threshold": 3, "threshold_on": "any"}, REACH, PARTNERS, GATE]
    table = {
        (name, reviewer): {"quality": mark, "reach": "3", "honest": "1"}
        for name in "ab"
        for reviewer, mark in (("x", "1"), ("y", "5"))
    }
    applications = [an_application(name, attributes={"partners": ("12",)}) for name in "ab"]
    decisions = [agreed("a", "quality", "3"), agreed("a", "reach", "5")]
    run = _run(criteria, applications, table, decisions, tie_break=["reach"])
    # (3·3/5 + 1·5/5 + 1·5/5)/5·100 = 76
    assert _lines(run) == {
        "a": (1, "laureate", "selected", Decimal("76.0000")),
        "b": (None, "below_threshold", "below_threshold:quality", Decimal("68.0000")),
    }
    assert _marks_of(run, "a") == {"quality": "3.0000", "reach": "5.0000", "partners": "5.0000", "honest": "1.0000"}
    row = run.rows[0]
    assert (row.raw_score, row.calibrated_score, row.ci_low, row.ci_high, row.reviews) == (
        Decimal("76.0000"), Decimal("76.0000"), None, None, 2,
    )  # fmt: skip


def test_an_agreed_gate_takes_the_place_of_the_answers_either_way() -> None:
    for answer, code in (("1", "selected"), ("0", "below_threshold:honest")):
        decisions = [agreed("b", "quality", "4"), agreed("b", "honest", answer)]
        run = _run([QUALITY, GATE], THREE, ANSWERS, decisions, laureates=3)
        assert _lines(run)["b"][2:] == (code, Decimal("80.0000"))
        assert _marks_of(run, "b")["honest"] == f"{answer}.0000"
    assert _reason(run, "b") == (
        "Critère éliminatoire «\u00a0Probité\u00a0»\u00a0: la réponse arrêtée en commun est non."
    )


def test_an_agreed_mark_below_a_threshold_is_said_to_be_agreed() -> None:
    run = _run(
        [{**QUALITY, "threshold": 3}], THREE[:1], {("a", "x"): {"quality": "5"}}, [agreed("a", "quality", "2.5")]
    )
    assert _reason(run, "a") == (
        "Note arrêtée en commun de 2,5 sur 5 au critère «\u00a0Qualité\u00a0», pour un minimum de 3."
    )


# --- reviews set aside ------------------------------------------------------------------------------------------------

FOUR_BY_THREE = {
    (name, reviewer): {"quality": mark}
    for reviewer, marks in (("x", "5431"), ("y", "4320"), ("z", "1543"))
    for name, mark in zip("abcd", marks, strict=True)
}


@pytest.mark.parametrize("method", ["raw", "calibrated"])
def test_a_reviewer_set_aside_counts_for_nothing_as_if_the_reviews_had_never_been(method: str) -> None:
    four = [an_application(name) for name in "abcd"]
    run = _run([QUALITY], four, FOUR_BY_THREE, [aside("z")], method=method, min_reviews=2)
    never = {pair: marks for pair, marks in FOUR_BY_THREE.items() if pair[1] != "z"}
    without = _run([QUALITY], four, never, method=method, min_reviews=2)
    assert run.ranking_table == without.ranking_table
    assert run.reviewers_table == without.reviewers_table
    assert [row.reviewer_id for row in run.reviewers] == ["x", "y"]
    assert run.report["variance"] == without.report["variance"]


def test_one_review_set_aside_may_leave_its_application_incomplete_beside_another_decision() -> None:
    four = [an_application(name) for name in "abcd"]
    decisions = [aside("z", "a"), JuryDecision("a", "out", None, "motif", "jury")]
    run = _run([QUALITY], four, FOUR_BY_THREE, decisions, min_reviews=3, laureates=4)
    assert {name: line[1] for name, line in _lines(run).items()} == {
        "a": "incomplete", "b": "laureate", "c": "laureate", "d": "laureate",
    }  # fmt: skip
    assert next(row for row in run.rows if row.application_id == "a").raw_score == Decimal("90.0000")
    assert [(row.reviewer_id, row.reviews) for row in run.reviewers] == [("x", 4), ("y", 4), ("z", 3)]


# --- bundles ----------------------------------------------------------------------------------------------------------


def _everything() -> Run:
    applications = [
        an_application(name, attributes={"partners": (str(at * 2),), "zone": ("rural",) if at % 2 else ("x", "drom")})
        for at, name in enumerate("abcd")
    ]
    table = {pair: {**marks, "honest": "1"} for pair, marks in FOUR_BY_THREE.items()}
    decisions = [agreed("b", "quality", "2"), agreed("b", "honest", "1"), aside("z", "a"), aside("y")]
    return _run([QUALITY, GATE, PARTNERS, ZONE], applications, table, decisions, out_of=15, threshold=2)


def test_a_bundle_with_every_kind_is_replayed_and_so_is_its_public_one() -> None:
    run = _everything()
    text = json.dumps(run_bundle(run))
    assert verify_bundle(text) == ()
    public = public_bundle(text, key="k").value
    assert verify_bundle(json.dumps(public)) == ()
    assert {name for one in public["inputs"]["applications"] for name in one["attributes"]} == {"partners", "zone"}
    assert len(run_bundle(run)["inputs"]["marks"]) == 24  # those set aside are kept


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"reviewer_id": "nobody"}, "cette décision écarte une évaluation inconnue."),
        ({"decision": "out"}, "un évaluateur n’accompagne que les décisions set_aside."),
        ({"amount": "3"}, "un montant accompagne les décisions amount et consensus, elles seules."),
    ],
)
def test_a_bundle_whose_decisions_do_not_fit_is_told(change: dict[str, str], told: str) -> None:
    value = run_bundle(_everything())
    at = next(i for i, one in enumerate(value["inputs"]["decisions"]) if one.get("reviewer_id") == "z")
    value["inputs"]["decisions"][at] |= change
    assert told in [one.message for one in verify_bundle(json.dumps(value))]


def test_decisions_without_criterion_or_reviewer_keep_the_hash_that_they_had() -> None:
    call = a_call()
    given = RunInput(call, (an_application("a"),), (), (JuryDecision("a", "out", None, "motif", "jury"),))
    assert inputs_hash(given) == "4df7fd2f2370be18ed5160f713cc378d51352c7cb72732437956fefa2d2c4c21"


# --- any rubric -------------------------------------------------------------------------------------------------------


@given(
    marks=st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10), st.booleans()), min_size=1, max_size=5),
    partners=st.lists(st.integers(-2, 14), max_size=3),
    bonus=st.integers(1, 20),
    out=st.sampled_from([5, 15, 20, 50, 100, 105]),
    least=st.integers(0, 30),
)
def test_the_score_and_the_place_are_those_of_the_formula(
    marks: list[tuple[int, int, bool]], partners: list[int], bonus: int, out: int, least: int
) -> None:
    """Half marks out of 5 on two criteria of weights 3 and 1 and a marked bonus; a gate; bands."""
    threshold = Fraction(least * out, 40)
    call = a_call(
        criteria=[QUALITY, {"id": "plus", "bonus": bonus}, GATE, PARTNERS],
        scale=FIVE,
        out_of=out,
        threshold=str(Decimal(least * out) / 40),
    )
    table = {
        ("a", f"r{at}"): {"quality": str(Decimal(q) / 2), "plus": str(Decimal(p) / 2), "honest": str(int(yes))}
        for at, (q, p, yes) in enumerate(marks)
    }
    application = an_application("a", attributes={"partners": tuple(map(str, partners))})
    run = run_call(call, [application], _marks(table), options=RunOptions(draws=0, draw_seed="s"))
    best = max((5 if n >= 10 else 4 if n >= 3 else 2 if n >= 1 else 0 for n in partners), default=0)
    totals = [Fraction(100 * (3 * q + best * 2), 40) + Fraction(bonus * p, 10) for q, p, _ in marks]
    score = Fraction(round(sum(totals) / len(totals) * 10_000), 10_000)
    row = run.rows[0]
    assert row.raw_score == Decimal(score.numerator) / Decimal(score.denominator)
    gate = all(yes for *_, yes in marks)
    reached = score >= Fraction(round(threshold * 100 / out * 10_000), 10_000)
    expected = "selected" if gate and reached else "below_threshold:honest" if not gate else "below_threshold:overall"
    assert row.reason_code == expected


def _shuffled(call: CallFile, run: Run) -> Run:
    given = run.given
    return run_call(
        call, given.applications[::-1], given.marks[::-1], given.decisions[::-1], options=run.options
    )  # fmt: skip


def test_the_order_of_rows_never_shows_with_decisions_of_several_rows() -> None:
    run = _everything()
    again = _shuffled(run.given.call, run)
    assert (again.report, again.ranking_table) == (run.report, run.ranking_table)
    assert dataclasses.replace(again.given) == run.given
