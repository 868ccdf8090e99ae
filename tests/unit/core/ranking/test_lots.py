"""A call's lots: what a lot takes from the call, what lots share, what one leaves to the next, and what a run says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aap.core.call.canonical import rubric_hash
from aap.core.call.lots import call_of_lot, criteria_of, parts_of
from aap.core.call.schema import CallFile
from aap.core.inputs import Application, Mark
from aap.core.ranking.bundle import list_in_force, rankings_of, read_text, received_by, run_bundle, verify_bundle
from aap.core.ranking.counterfactual import points_needed
from aap.core.ranking.draws import drawn_scores
from aap.core.ranking.later_list import Change, later_bundle
from aap.core.ranking.parts import WithoutLot, parted, pooled
from aap.core.ranking.processing_sheet import processing_sheet
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run import Run, RunOptions, part_of_draws, run_call
from aap.core.ranking.run_input import RunInput, json_text, result_hash
from aap.core.results import ranking_table, reviewers_table
from aap.core.scoring.severity import calibrate
from aap.core.scoring.totals import reviews_from_marks
from aap.core.selection.outcome import InfeasibleRules
from tests.unit.core.ranking.small_runs import decided, said
from tests.unit.core.selection.enumeration import Enumeration, Person

RUBRIC: Mapping[str, Any] = {
    "scale": {"min": 0, "max": 100, "step": "0.01"},
    "criteria": [{"id": "quality", "title": "Qualité", "weight": 1}],
}


def a_call(*items: Mapping[str, Any], spill: Sequence[str] = (), method: str = "raw", **selection: Any) -> CallFile:
    return CallFile.model_validate(
        {
            "schema": 1,
            "call": {"id": "lots-2026"},
            "rubric": RUBRIC,
            "scoring": {"method": method},
            "selection": {"mode": "value", **selection},
            "lots": {"attribute": "volet", "items": list(items), **({"spill": list(spill)} if spill else {})},
        }
    )


def lot(
    name: str, rubric: Mapping[str, Any] | None = None, title: str | None = None, **selection: Any
) -> dict[str, Any]:
    return {"id": name, "selection": selection, "rubric": rubric or {}, **({"title": title} if title else {})}


def tables(
    scores: Mapping[str, Mapping[str, str]], amounts: Mapping[str, int] | None = None, criterion: str = "quality"
) -> tuple[list[Application], list[Mark]]:
    """`scores`: application id -> reviewer -> mark; the first letter of an id is that of its lot."""
    volets = {"a": "un", "b": "deux", "c": "trois"}
    applications = [
        Application(name, f"Association {name}", (amounts or {}).get(name, 1000) * 100,
                    attributes={"volet": (volets[name[0]],), "region": ("corse",)})
        for name in scores
    ]  # fmt: skip
    marks = [
        Mark(name, reviewer, criterion, Decimal(mark)) for name, own in scores.items() for reviewer, mark in own.items()
    ]
    return applications, marks


def ran(call: CallFile, scores: Mapping[str, Any], amounts: Mapping[str, int] | None = None, **options: Any) -> Run:
    each = {name: mark if isinstance(mark, dict) else {"r1": mark} for name, mark in scores.items()}
    options = {"draws": 0, "draw_seed": "graine publique"} | options
    return run_call(call, *tables(each, amounts), options=RunOptions(**options))


MANY = {
    "a1": {"r1": "80", "r2": "70", "r3": "90"}, "a2": {"r1": "60", "r2": "55"}, "a3": {"r2": "40", "r3": "66"},
    "b1": {"r1": "75", "r3": "88"}, "b2": {"r2": "50", "r3": "71", "r4": "58"}, "b3": {"r1": "61", "r4": "62"},
}  # fmt: skip
"""Marks of four reviewers, who each read both lots."""


# --- a lot is a call --------------------------------------------------------------------------------------------------


def test_a_lot_takes_from_the_call_what_it_does_not_give_but_the_budget() -> None:
    call = a_call(
        lot("un", {"threshold": 50}, laureates=3, quotas=[{"id": "corse", "where": {"region": "corse"}, "max": 1}]),
        lot("deux", mode="merit", budget=700),
        budget=9000, waiting_list=4, quotas=[{"id": "partout", "each": "region", "min": 1}],
    )  # fmt: skip
    (_, one), (_, two) = parts_of(call)
    assert one.lots is None
    assert (one.selection.mode, one.selection.laureates, one.selection.budget) == ("value", 3, None)
    assert (one.selection.waiting_list.by_rank, [quota.id for quota in one.selection.quotas]) == (4, ["corse"])
    assert (one.rubric.threshold, one.rubric.criteria) == (50, call.rubric.criteria)
    assert (two.selection.mode, two.selection.laureates, two.selection.budget) == ("merit", None, 700)
    assert [quota.id for quota in two.selection.quotas] == ["partout"]
    assert two.rubric == call.rubric


def test_a_call_without_lots_is_its_own_only_part() -> None:
    call = a_call(lot("un")).model_copy(update={"lots": None})
    assert parts_of(call) == ((None, call),)
    assert [criterion.id for criterion in criteria_of(call)] == ["quality"]


def test_ranks_waiting_places_and_reasons_are_those_of_the_lot() -> None:
    call = a_call(
        lot("deux", laureates=1), lot("un", {"threshold": 60}, title="Projets seuls", laureates=1), waiting_list=1
    )
    run = ran(call, {"a1": "80", "b1": "70", "b2": "90", "a2": "50", "b3": "10", "a3": "61"})
    assert [(row.lot, row.rank, row.application_id, row.status, row.waiting_rank) for row in run.rows] == [
        ("deux", 1, "b2", "laureate", None),
        ("deux", 2, "b1", "waiting_list", 1),
        ("deux", 3, "b3", "not_selected", None),
        ("un", 1, "a1", "laureate", None),
        ("un", 2, "a3", "waiting_list", 1),
        ("un", None, "a2", "below_threshold", None),
    ]
    assert said(run, "b3")[2] == (
        "Classé 3ᵉ du lot « deux » avec 10,00 points sur 100. La seule place a été attribuée ; le projet retenu en "
        "obtient 90,00."
    )
    assert said(run, "a1")[2].startswith("Classé 1ᵉʳ du lot « Projets seuls » avec 80,00 points sur 100. Retenu")


def test_the_tables_name_the_lot_and_have_the_marks_of_all_rubrics() -> None:
    own = {"criteria": [{"id": "idea", "weight": 1}]}
    call = a_call(lot("un"), lot("deux", own))
    applications, marks = tables({"a1": {"r1": "80"}, "b1": {"r1": "70"}})
    marks = [mark if mark.application_id == "a1" else Mark("b1", "r1", "idea", Decimal(30)) for mark in marks]
    run = run_call(call, applications, marks, options=RunOptions(draws=0, draw_seed="g"))
    assert run.ranking_table.header[-4:] == ("waiting_rank", "lot", "mark_quality", "mark_idea")
    assert [row[-3:] for row in run.ranking_table.rows] == [("un", "80.0000", ""), ("deux", "", "30.0000")]


# --- shared calibration -----------------------------------------------------------------------------------------------


def test_lots_that_mark_alike_share_a_calibration_whatever_their_thresholds() -> None:
    call = a_call(lot("un", {"threshold": 30, "min_reviews": 2}), lot("deux"), method="calibrated")
    run = ran(call, MANY)
    _, marks = tables(MANY)
    shared = calibrate(reviews_from_marks(marks, call.rubric))
    assert [part.ranking.calibration for part in run.parts] == [shared, shared]
    assert [(row.reviewer_id, row.reviews, row.calibration) for row in run.reviewers] == [
        (name, severity.reviews, "un|deux") for name, severity in shared.severities.items()
    ]
    assert run.reviewers_table.header[-1] == "calibration"


def test_another_measure_has_a_calibration_of_its_own_and_a_reviewer_a_row_in_each() -> None:
    call = a_call(
        lot("un"), lot("deux", {"criteria": [{"id": "quality", "weight": 1, "scale": {"min": 0, "max": 200, "step": 1}}]}),
        method="calibrated",
    )  # fmt: skip
    run = ran(call, MANY)
    assert [(row.calibration, row.reviewer_id, row.reviews) for row in run.reviewers] == [
        ("un", "r1", 2), ("un", "r2", 3), ("un", "r3", 2),
        ("deux", "r1", 2), ("deux", "r2", 1), ("deux", "r3", 2), ("deux", "r4", 2),
    ]  # fmt: skip
    for name, part in zip(("un", "deux"), run.parts, strict=True):
        of_lot = call_of_lot(call, next(one for one in call.lots.items if one.id == name))  # type: ignore[union-attr]
        alone = run_call(
            of_lot, part.given.applications, part.given.marks, options=RunOptions(draws=0, draw_seed="graine publique")
        )
        assert [(r.application_id, r.calibrated_score, r.ci_low) for r in part.rows] == [
            (r.application_id, r.calibrated_score, r.ci_low) for r in alone.rows
        ]


def test_a_warning_is_told_once_with_the_lots_that_it_is_about() -> None:
    own = {"criteria": [{"id": "quality", "weight": 1, "scale": {"min": 0, "max": 200, "step": 1}}]}
    call = a_call(lot("un"), lot("deux", {"min_reviews": 2}), lot("trois", own, title="Essais"))
    twice = {"c1": {"r1": "50", "r2": "61"}, "c2": {"r1": "20", "r2": "24"}}
    run = ran(call, {"a1": "80", "b1": "70", **twice}, draw_seed=None)
    told = [text.replace("\u00a0", " ") for text in run.warnings]
    shared = [text for text in told if text.startswith("Lots « un » et « deux » : ")]
    assert len(shared) == len(set(shared)) > 0
    assert not any(text.startswith("Lot « un »") or text.startswith("Lots « un », ") for text in told)
    assert [text.startswith("Lot « deux » : Un dossier attend") for text in told].count(True) == 1
    assert sum("tirage au sort" in text for text in told) == 1
    assert (run.report["draw_seed"], run.report["final"]) == (rubric_hash(call), False)


# --- what a lot leaves ------------------------------------------------------------------------------------------------

SPILLING = a_call(
    lot("un", budget=2500, quotas=[{"id": "corse", "where": {"region": "corse"}, "max_share": "0.5"}]),
    lot("deux", budget=3000),
    lot("trois", budget=1000),
    spill=["deux", "un"],
)
SPILLED = {"a1": "90", "a2": "80", "a3": "70", "b1": "60", "c1": "50", "c2": "40"}
AMOUNTS = {"a1": 1200, "a2": 1300, "a3": 50, "b1": 1000, "c1": 900, "c2": 101}


def test_what_a_lot_leaves_is_added_to_the_next_ones_limit_and_not_to_its_shares() -> None:
    run = ran(SPILLING, SPILLED, AMOUNTS)
    assert [row.application_id for row in run.rows if row.status == "laureate"] == ["a1", "a3", "b1", "c1"]
    assert {name: one["budget"] for name, one in run.report["lots"].items()} == {
        "un": {"limit": 4500, "received": 2000, "granted": 1250, "passed_on": 0},
        "deux": {"limit": 3000, "received": 0, "granted": 1000, "passed_on": 2000},
        "trois": {"limit": 1000, "received": 0, "granted": 900, "passed_on": 0},
    }
    assert said(run, "a2")[1] == "quota_max:corse"
    assert said(run, "c2")[2].endswith(
        "Le projet retenu laisse 100 € de l’enveloppe de 1 000 €, pour un montant de 101 €."
    )


def test_a_reason_says_what_of_the_envelope_another_lot_left() -> None:
    call = a_call(lot("un", budget=1000), lot("deux", budget=1500), spill=["un", "deux"])
    run = ran(call, {"a1": "90", "b1": "80", "b2": "70"}, {"a1": 900, "b1": 1550, "b2": 60})
    assert said(run, "b2")[2] == (
        "Classé 2ᵉ du lot « deux » avec 70,00 points sur 100. Le projet retenu laisse 50 € de l’enveloppe de 1 600 € (dont "
        "100 € laissés par un autre lot), pour un montant de 60 €."
    )


def test_the_report_tells_each_lots_figures_and_none_of_the_whole() -> None:
    run = ran(SPILLING, SPILLED, AMOUNTS)
    report = run.report
    assert [report[key] for key in ("quotas", "budget", "objective", "variance")] == [None, None, None, None]
    assert report["counts"] | {} == {
        "laureate": 4, "waiting_list": 0, "not_selected": 2, "below_threshold": 0, "ineligible": 0, "incomplete": 0,
        "withdrawn": 0,
    }  # fmt: skip
    assert (report["proven_optimal"], report["tie_proven"], report["final"]) == (True, True, True)
    one = report["lots"]["un"]
    assert list(report["lots"]) == ["un", "deux", "trois"]
    assert {key: one[key] for key in ("laureates", "objective", "proven_optimal")} == {
        "laureates": 2, "objective": 160, "proven_optimal": True,
    }  # fmt: skip
    assert [(quota["id"], quota["achieved"], quota["achieved_amount"]) for quota in one["quotas"]] == [
        ("corse", 2, 1250)
    ]
    assert set(one) == {
        "laureates", "budget", "objective", "proven_optimal", "gap", "funding_line", "quotas", "variance",
    }  # fmt: skip
    assert report["result_hash"] == result_hash(
        ranking_table(run.rows, ["quality"]), reviewers_table(run.reviewers), report
    )


def test_rules_that_cannot_hold_are_named_with_their_lot() -> None:
    call = a_call(
        lot("un", laureates=1),
        lot("deux", laureates=1, quotas=[{"id": "corse", "where": {"region": "corse"}, "min": 2}]),
    )
    with pytest.raises(InfeasibleRules) as caught:
        ran(call, {"a1": "90", "b1": "80", "b2": "70"})
    assert caught.value.names == ("lot:deux/laureates", "lot:deux/quota:corse")
    assert caught.value.lot == "deux"


def test_points_that_were_missing_count_what_another_lot_left() -> None:
    call = a_call(lot("un", budget=1000), lot("deux", budget=1500), spill=["un", "deux"])
    run = ran(call, {"a1": "90", "b1": "80", "b2": "70"}, {"a1": 900, "b1": 1550, "b2": 1600})
    content = read_text(json_text(run_bundle(run)))
    part, ranking = rankings_of(content)[1]
    assert received_by(content, part) == 10_000
    assert points_needed(part.given.call, ranking, "b2", received_by(content, part)) == 100_001
    assert points_needed(part.given.call, ranking, "b2") is None


# --- draws ------------------------------------------------------------------------------------------------------------


def test_draws_of_agreed_scores_are_the_selection_itself() -> None:
    applications, marks = tables({name: {"r1": mark} for name, mark in SPILLED.items()}, AMOUNTS)
    agreed = [decided(name, "consensus", mark) for name, mark in SPILLED.items()]
    run = run_call(SPILLING, applications, marks, agreed, options=RunOptions(draws=5, draw_seed="g"))
    assert run.report["lots"]["un"]["budget"]["received"] == 2000
    assert {row.application_id: row.selection_probability for row in run.rows} == {
        row.application_id: Decimal(int(row.status == "laureate")) for row in run.rows
    }


def test_in_each_draw_the_next_lot_gets_what_is_left_in_that_draw() -> None:
    call = a_call(lot("un", budget=1200), lot("deux", budget=1000), spill=["un", "deux"], method="calibrated")
    amounts = {"a1": 1100, "a2": 1200, "a3": 900, "b1": 1000, "b2": 1050, "b3": 1250}
    marks = {
        "a1": {"r1": "70", "r2": "66"}, "a2": {"r1": "66", "r3": "70"}, "a3": {"r2": "40", "r3": "44", "r4": "43"},
        "b1": {"r1": "70", "r4": "64"}, "b2": {"r2": "20", "r3": "24"}, "b3": {"r1": "63", "r2": "69", "r4": "68"},
    }  # fmt: skip
    run = ran(call, marks, amounts, draws=40)
    scores = drawn_scores(pooled([part.ranking for part in run.parts]), 40, "graine publique")
    names = [[candidate.id for candidate in part.ranking.candidates] for part in run.parts]
    counts = dict.fromkeys(marks, 0)
    seen = set()
    for row in scores.tolist():
        left, start = 0, 0
        for own, budget in zip(names, (120_000, 100_000), strict=True):
            drawn = sorted(zip(own, row[start : start + len(own)], strict=True), key=lambda one: -one[1])
            start += len(own)
            every = Enumeration(
                [Person(name, score, amounts[name] * 100, {}) for name, score in drawn],
                {"mode": "value", "budget": budget + left},
            )
            chosen = every.best(every.atoms)
            assert chosen is not None
            left = budget + left - sum(amounts[name] * 100 for name in every.ids(chosen))
            seen.add((tuple(own), left))
            for name in every.ids(chosen):
                counts[name] += 1
    assert len(seen) > 3, "the draws must leave different sums"
    assert {row.application_id: row.selection_probability for row in run.rows} == {
        name: (Decimal(count) / 40).quantize(Decimal("0.0001")) for name, count in counts.items()
    }
    assert ran(call, marks, amounts, draws=40) == run


def test_a_draw_in_which_too_little_is_left_retains_nobody_and_is_told() -> None:
    call = a_call(lot("un", budget=2000), lot("deux", budget=100), spill=["un", "deux"], method="raw")
    scores = {
        "a1": {"r1": "70", "r2": "67"}, "a2": {"r1": "66", "r2": "69"}, "a3": {"r1": "20", "r2": "24"},
        "b1": {"r1": "40", "r2": "44"},
    }  # fmt: skip
    amounts = {"a1": 1500, "a2": 1900, "a3": 1990, "b1": 600}
    applications, marks = tables(scores, amounts)
    run = run_call(
        call, applications, marks, [decided("b1", "in")], options=RunOptions(draws=50, draw_seed="graine publique")
    )
    share = next(row.selection_probability for row in run.rows if row.application_id == "b1")
    assert share is not None
    assert 0 < share < 1
    told = [text.replace("\u00a0", " ") for text in run.warnings if "laissé par un autre lot" in text]
    assert told == [
        f"Lot « deux » : Dans {50 - share * 50:.0f} tirages sur 50, l’argent laissé par un autre lot ne suffisait pas pour "
        "respecter toutes les règles : personne n’y est compté comme retenu."
    ]


def test_what_a_reduced_grant_leaves_is_left_in_the_draws_too() -> None:
    """Whoever comes first, the second is offered the rest: nothing is left, and nothing lacks."""
    reducing = {"mode": "merit", "at_limit": "reduce", "reduce_to": Decimal("0.5")}
    call = a_call(
        lot("un", budget=1000, **reducing), lot("deux", budget=500), spill=["un", "deux"], method="raw"
    )  # fmt: skip
    scores = {"a1": {"r1": "70", "r2": "67"}, "a2": {"r1": "66", "r2": "69"}, "b1": {"r1": "40", "r2": "44"}}
    run = ran(call, scores, {"a1": 700, "a2": 600, "b1": 500}, draws=20)
    assert {row.application_id: (row.granted_amount, row.selection_probability) for row in run.rows} == {
        "a1": (70_000, 1), "a2": (30_000, 1), "b1": (50_000, 1),
    }  # fmt: skip


def test_parts_of_draws_are_for_a_call_without_lots() -> None:
    given = RunInput(SPILLING, *map(tuple, tables({"a1": {"r1": "80"}})))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="too many values"):
        part_of_draws(given, RunOptions(draws=2, draw_seed="g"), start=0, end=1)


# --- which lot --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "message", "found"),
    [
        ((), "la candidature « x » n’a pas de lot", ""),
        (("un", "deux"), "la candidature « x » a plusieurs lots", "un|deux"),
        (("une",), "la candidature « x » a un lot que l’appel n’a pas", "une"),
    ],
)
def test_an_application_has_one_lot_that_the_call_has(held: tuple[str, ...], message: str, found: str) -> None:
    call = a_call(lot("un"), lot("deux"))
    there = Application("y", "Y", 100, attributes={"volet": ("deux",)})
    given = RunInput(call, (Application("x", "X", 100, attributes={"volet": held}), there), ())
    with pytest.raises(WithoutLot) as caught:
        parted(given)
    [problem] = caught.value.problems
    assert list(caught.value.faults) == ["x"]
    assert (problem.heading, problem.message.replace("\u00a0", " "), problem.found) == ("volet", message, found)
    assert problem.allowed.replace("\u00a0", " ") == "un lot et un seul : un ou deux"


# --- bundles ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def replayable() -> Run:
    call = a_call(
        lot("un", {"threshold": 20}, title="Projets seuls", budget=2000),
        lot("deux", budget=1000, quotas=[{"id": "corse", "where": {"region": "corse"}, "min": 1}]),
        spill=["un", "deux"], method="calibrated",
    )  # fmt: skip
    return ran(call, MANY, draws=10)


def test_a_bundle_replays_the_lots(replayable: Run) -> None:
    text = json_text(run_bundle(replayable))
    assert verify_bundle(text) == ()
    assert read_text(text).given.call.lots is not None
    assert rubric_hash(read_text(text).given.call) == replayable.report["rubric_hash"]


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("call", "lots", "items", 0, "selection", "budget"), "1000", "report, lots"),
        (("results", "report", "lots", "deux", "budget", "received"), 5, "report, lots"),
        (("results", "report", "lots", "un", "variance", "noise"), 3.5, "report, lots"),
        (("inputs", "applications", 0, "attributes", "volet"), ["trois"], "inputs.applications[0].attributes"),
    ],
)
def test_a_bundle_whose_lots_were_changed_does_not_verify(
    replayable: Run, path: Sequence[Any], value: Any, place: str
) -> None:
    bundle = json.loads(json_text(run_bundle(replayable)))
    inner = bundle
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert place in {difference.place for difference in verify_bundle(json_text(bundle))}


def test_a_public_bundle_keeps_the_lots_and_no_other_column(replayable: Run) -> None:
    public = public_bundle(json_text(run_bundle(replayable)), key="clé").value
    assert verify_bundle(json_text(public)) == ()
    assert public["call"]["lots"]["spill"] == ["un", "deux"]
    assert {tuple(one["attributes"]) for one in public["inputs"]["applications"]} == {("region", "volet")}
    assert len(public["results"]["ranking"]) == 7


def test_a_later_list_replays_each_change_in_its_lot_with_the_limit_that_it_had() -> None:
    call = a_call(lot("un", budget=1000), lot("deux", budget=1500), spill=["un", "deux"], waiting_list=2)
    amounts = {"a1": 900, "a2": 1000, "b1": 1550, "b2": 1600, "b3": 1700}
    run = ran(call, {"a1": "90", "a2": "80", "b1": "80", "b2": "70", "b3": "60"}, amounts)
    changes = [
        Change("left", "b1", "renonce", "préfet", date(2026, 5, 2)),
        Change("called", "b2", "appelé", "préfet", date(2026, 5, 3)),
        Change("left", "a1", "renonce", "préfet", date(2026, 5, 4)),
        Change("called", "a2", "appelé", "préfet", date(2026, 5, 5)),
    ]
    text = json_text(later_bundle(run_bundle(run), changes))
    assert verify_bundle(text) == ()
    now = list_in_force(read_text(text))
    assert (now.granted, now.waiting, now.gone) == ({"a2": 100_000, "b2": 160_000}, ["b3"], ["a1", "b1"])
    wrong = [*changes[:1], Change("called", "a2", "appelé", "préfet", date(2026, 5, 3)), *changes[2:3]]
    [difference] = verify_bundle(json_text(later_bundle(run_bundle(run), wrong)))
    assert (difference.place, difference.message) == ("changes[1]", "aucune place n’est libre.")


def test_the_sheet_of_a_dossier_says_its_lot_and_the_limit_that_binds() -> None:
    call = a_call(lot("un", budget=1000), lot("deux", budget=1500), spill=["un", "deux"])
    run = ran(call, {"a1": "90", "b1": "80"}, {"a1": 900, "b1": 1550})
    sheet = processing_sheet(run.part_of("b1"), "b1", result_hash=run.report["result_hash"])
    words = [text.replace("\u00a0", " ").replace("\u202f", " ") for text in sheet.parts[2].paragraphs]
    assert words == [
        "Dossier du lot « deux », qui a son classement et ses règles.",
        "Enveloppe : 1 600 €, dont 100 € laissés par un autre lot.",
    ]
    with pytest.raises(KeyError):
        run.part_of("z1")
