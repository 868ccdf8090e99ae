"""A run with a funding line: its report, its sentences, its amounts, its bundle."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from aap.core.inputs import Application, Mark
from aap.core.ranking.bundle import run_bundle, verify_bundle
from aap.core.ranking.counterfactual import in_words, points_needed
from aap.core.ranking.draws import draw_selections
from aap.core.ranking.run import Run, RunOptions, run_call
from tests.unit.core.ranking.small_runs import a_call, decided, ran, said

RURAL = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}
FOUR = {"a": "80", "b": "70.5", "c": "60", "d": "50"}
IN_FIELDS = {"d": {"territory": ("rural",)}}


def to_the_line(**selection: Any) -> Any:
    return a_call(mode="merit", **{"at_limit": "stop", "laureates": None, **selection})


def amounts_of(run: Run) -> dict[str, int | None]:
    return {row.application_id: row.granted_amount for row in run.rows}


def test_stop_says_where_the_order_ended_and_why() -> None:
    run = ran(to_the_line(budget=2500), FOUR, amounts={"b": 2000, "d": 500})
    assert run.report["funding_line"] == {"rank": 2, "score": 70.5}
    assert run.report["budget"] == {"limit": 2500, "granted": 1000}
    assert said(run, "b")[1:] == (
        "budget_exhausted",
        "Classé 2ᵉ avec 70,50 points sur 100. Le projet mieux classé déjà retenu laisse 1 500 € de l’enveloppe de 2 500 €, "
        "pour un montant de 2 000 €.",
    )
    for name, place, points in (("c", "3ᵉ", "60,00"), ("d", "4ᵉ", "50,00")):
        assert said(run, name)[1:] == (
            "budget_exhausted",
            f"Classé {place} avec {points} points sur 100. Selon les règles de l’appel, les projets sont retenus dans "
            "l’ordre du classement jusqu’au premier que l’enveloppe de 2 500 € ne permet plus de financer en entier, au "
            "2ᵉ rang. Après ce rang, aucun projet n’est retenu.",
        )


def test_the_last_one_is_offered_what_is_left() -> None:
    run = ran(
        to_the_line(at_limit="reduce", reduce_to="0.7", budget=2500, quotas=[RURAL]),
        FOUR, amounts={"b": 2000, "d": 100}, attributes=IN_FIELDS,
    )  # fmt: skip
    assert run.report["funding_line"] == {"rank": 2, "score": 70.5}
    assert amounts_of(run) == {"a": 100_000, "b": 140_000, "c": None, "d": 10_000}
    assert run.report["budget"] == {"limit": 2500, "granted": 2500}
    assert said(run, "b") == (
        "laureate",
        "reduced",
        "Classé 2ᵉ avec 70,50 points sur 100. Retenu, pour 1 400 € sur 2 000 € demandés : c’est le plus grand montant, en "
        "euros entiers, que les règles de l’appel permettent encore à ce rang.",
    )
    assert said(run, "c")[1:] == (
        "budget_exhausted",
        "Classé 3ᵉ avec 60,00 points sur 100. Selon les règles de l’appel, les projets sont retenus dans l’ordre du "
        "classement jusqu’au premier que l’enveloppe de 2 500 € ne permet plus de financer en entier, au 2ᵉ rang, à qui "
        "un montant réduit est proposé. Après ce rang, seul est retenu un projet dont les minimums de l’appel ont besoin.",
    )
    assert said(run, "d")[1:] == (
        "selected_by_quota:rural",
        "Classé 4ᵉ avec 50,00 points sur 100. Retenu, pour 100 €, grâce à la règle « Zones rurales » (au moins 1 projet) : "
        "sans cette règle, il ne l’aurait pas été.",
    )


@pytest.mark.parametrize(
    ("budget", "amounts", "proposed", "words"),
    [
        (2500, {"b": 2000}, {}, "1 500 € sur 2 000 € demandés : c’est ce que le projet mieux classé déjà retenu laisse de "
         "l’enveloppe de 2 500 €."),
        ("2500.50", {"b": 2000}, {}, "1 500 € sur 2 000 € demandés : c’est, à l’euro près, ce que le projet mieux classé "
         "déjà retenu laisse de l’enveloppe de 2 500,50 €."),
        (2500, {"b": 2000}, {"b": 180_000}, "1 500 € sur 2 000 € demandés, au lieu des 1 800 € prévus : c’est ce que le "
         "projet mieux classé déjà retenu laisse de l’enveloppe de 2 500 €."),
    ],
)  # fmt: skip
def test_what_is_offered_is_told_with_where_it_comes_from(
    budget: Any, amounts: dict[str, int], proposed: dict[str, int], words: str
) -> None:
    run = ran(
        to_the_line(at_limit="reduce", reduce_to="0.7", budget=budget, amounts="proposed"),
        {name: FOUR[name] for name in "ab"}, amounts=amounts,
        applications={name: {"proposed_amount": cents} for name, cents in proposed.items()},
    )  # fmt: skip
    assert said(run, "b")[1:] == ("reduced", f"Classé 2ᵉ avec 70,50 points sur 100. Retenu, pour {words}")


def test_the_first_may_be_offered_the_whole_budget() -> None:
    run = ran(to_the_line(at_limit="reduce", reduce_to="0.5", budget=600), {"a": "80"})
    assert said(run, "a")[2].endswith("Retenu, pour 600 € sur 1 000 € demandés : c’est toute l’enveloppe de 600 €.")


def test_too_little_is_left_to_be_offered() -> None:
    run = ran(to_the_line(at_limit="reduce", reduce_to="0.7", budget=1600), FOUR)
    assert said(run, "b")[1:] == (
        "budget_exhausted",
        "Classé 2ᵉ avec 70,50 points sur 100. Le projet mieux classé déjà retenu laisse 600 € de l’enveloppe de 1 600 €, "
        "pour un montant de 1 000 €. Aucun montant réduit, égal à au moins 70 % de 1 000 €, n’était possible.",
    )


def test_a_full_count_is_told_with_the_places() -> None:
    run = ran(to_the_line(laureates=2), FOUR, decisions=[decided("d", "in")])
    assert said(run, "b")[1] == "count_reached"
    assert said(run, "c")[1:] == (
        "count_reached",
        "Classé 3ᵉ avec 60,00 points sur 100. Selon les règles de l’appel, les projets sont retenus dans l’ordre du "
        "classement jusqu’au premier que le nombre de places (2) ne permet plus de retenir, au 2ᵉ rang. Après ce rang, "
        "seul est retenu un projet retenu par décision du jury.",
    )


def test_several_after_the_line_are_told_by_what_keeps_them() -> None:
    scores = {**FOUR, "e": "40", "f": "30", "g": "20"}
    rural = {name: {"territory": ("rural",)} for name in "de"}
    run = ran(
        to_the_line(laureates=5, quotas=[{**RURAL, "min": 2}]), scores, attributes=rural,
        decisions=[decided("f", "in"), decided("g", "in")],
    )  # fmt: skip
    assert run.parts[0].outcome.retained == ("a", "d", "e", "f", "g")
    assert said(run, "c")[2].endswith(
        "au 2ᵉ rang. Après ce rang, seuls sont retenus 2 projets dont les minimums de l’appel ont besoin et 2 projets "
        "retenus par décision du jury."
    )


def test_who_several_minima_keep_after_the_line_reads_so() -> None:
    attributes = {"d": {"territory": ("rural",), "size": ("small",)}, "c": {}}
    quotas = [RURAL, {**RURAL, "id": "campagnes", "title": "Campagnes"}]
    run = ran(to_the_line(laureates=2, quotas=quotas), FOUR, attributes=attributes)
    assert said(run, "d")[1:] == (
        "selected",
        "Classé 4ᵉ avec 50,00 points sur 100. Retenu, pour 1 000 €. Après le 2ᵉ rang, où s’arrête l’attribution dans "
        "l’ordre du classement, seuls sont retenus les projets dont les minimums de l’appel ont besoin.",
    )


def test_where_nobody_meets_the_line_the_report_says_null() -> None:
    for call in (to_the_line(budget=4000), a_call(mode="merit"), a_call(mode="value")):
        assert ran(call, FOUR).report["funding_line"] is None


def test_a_bundle_with_a_reduced_amount_verifies_and_a_changed_amount_is_found() -> None:
    call = to_the_line(at_limit="reduce", reduce_to="0.5", budget=2600, waiting_list=1)
    run = ran(call, FOUR, options=RunOptions(draws=6, draw_seed="graine"))
    bundle = run_bundle(run)
    assert verify_bundle(json.dumps(bundle)) == ()
    bundle["results"]["report"]["funding_line"]["rank"] = 2
    assert [difference.place for difference in verify_bundle(json.dumps(bundle))] == [
        "results.report.result_hash",
        "report, funding_line",
    ]


def test_every_draw_retains_who_is_whole_and_who_is_reduced() -> None:
    call = to_the_line(at_limit="reduce", reduce_to="0.5", budget=2600)
    run = ran(call, FOUR)
    draws = draw_selections(run.parts[0].ranking, run.parts[0].rules, number=5)
    assert sum(draws.retained.values()) == 5 * 3  # amounts are equal: each draw retains two whole and one reduced


def test_more_points_are_counted_up_to_the_line() -> None:
    call = to_the_line(budget=2500)
    run = ran(call, FOUR)
    needed = points_needed(call, run.parts[0].ranking, "d")
    assert needed == 205_000  # as many as b, and the smaller request passes first
    assert in_words(needed, call.rubric).startswith("Avec 20,5\u00a0points de plus")


def test_a_draw_in_the_zone_of_doubt_is_told_and_verifies() -> None:
    call = to_the_line(laureates=2, draw_zone={"interval": "0.5"}, waiting_list=1)
    means = {"a": 90, "b": 71, "c": 70, "d": 69, "e": 20}
    marks = [
        Mark(name, reviewer, "quality", Decimal(mean + shift))
        for name, mean in means.items()
        for reviewer, shift in (("r1", 3), ("r2", -3))
    ]
    made = [Application(name, f"Association {name}", 100_000) for name in means]
    run = run_call(call, made, marks, options=RunOptions(draws=4, draw_seed="graine 2"))
    assert run.report["funding_line"] == {"rank": 3, "score": 70}
    assert set(run.parts[0].outcome.zone) == {"b", "c", "d"}
    won, *lost = run.parts[0].outcome.zone
    assert run.parts[0].outcome.retained == ("a", won)
    words = (
        "les notes ne départagent pas 3 projets proches de la ligne de financement, et leur ordre est celui du tirage au sort "
        "public annoncé par l’appel"
    )
    assert said(run, won)[1] == "drawn"
    assert said(run, won)[2].endswith(f"Retenu, pour 1 000 €, par tirage au sort : {words}.")
    ends = (
        "Ce projet est le premier que le nombre de places (2) ne permet plus de retenir.",
        "L’attribution s’est arrêtée avant ce projet, au premier que le nombre de places (2) ne permet plus de retenir.",
    )
    for name, end in zip(lost, ends, strict=True):
        assert f"points sur 100. L{words[1:]}. {end}" in said(run, name)[2]
    assert said(run, "e")[2].endswith(
        "Selon les règles de l’appel, les projets sont retenus dans l’ordre du classement, ceux que les notes ne départagent "
        f"pas de la ligne de financement dans l’ordre d’un tirage au sort public. {ends[1]}"
    )
    assert verify_bundle(json.dumps(run_bundle(run))) == ()
