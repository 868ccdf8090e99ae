"""Why a candidate is passed over, in the rarer cases: ties by a criterion, rules that meet, nothing left, the jury."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aap.core.inputs import Application, Mark
from aap.core.ranking.counterfactual import points_needed
from aap.core.ranking.explanation import explain
from aap.core.ranking.run import Run, RunOptions, run_call
from aap.core.selection.rules import rules_of
from tests.unit.core.ranking.small_runs import a_call, decided, ran, said

RURAL = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}
SMALL = {"id": "petites", "title": "Petites", "where": {"size": "small"}, "max": 1}
THREE = {"a": "80", "b": "70", "c": "60"}


def test_equal_scores_parted_by_a_mark_name_its_criterion() -> None:
    decisions = [decided("b", "consensus", "65"), decided("c", "consensus", "65")]
    run = ran(a_call(tie_break=["quality"]), THREE, decisions=decisions)
    assert said(run, "c")[2] == (
        "Classé 3ᵉ avec 65,00 points sur 100, note arrêtée en commun après les évaluations. Les 2 places ont été attribuées ; "
        "le dernier projet retenu à son rang en "
        "obtient autant et passe devant par sa note au critère « Qualité »."
    )


@pytest.mark.parametrize(
    ("quotas", "code", "words"),
    [
        ([SMALL, RURAL], "quota_max:petites", "le maximum de la règle « Petites » (au plus 1 projet)"),
        ([RURAL, SMALL], "quota_min:rural", "le minimum de la règle « Zones rurales » (au moins 1 projet)"),
    ],
)
def test_in_merit_a_quota_that_another_one_makes_bind_is_told(quotas: list, code: str, words: str) -> None:
    of = {"b": {"size": ("small",)}, "c": {"size": ("small",), "territory": ("rural",)}}
    run = ran(a_call(mode="merit", laureates=3, quotas=quotas), THREE, attributes=of)
    assert said(run, "b") == (
        "not_selected",
        code,
        "Classé 2ᵉ avec 70,00 points sur 100. Le retenir avec le projet mieux classé déjà retenu ne permettrait plus de "
        f"respecter {words} en même temps que les autres règles.",
    )


@pytest.mark.parametrize(
    ("amounts", "who", "words"),
    [
        ({"a": 1000, "b": 900}, "b", "Classé 2ᵉ avec 70,00 points sur 100. Le projet retenu ne laisse rien"),
        (
            {"a": 500, "b": 500, "c": 900},
            "c",
            "Classé 3ᵉ avec 60,00 points sur 100. Les projets retenus ne laissent rien",
        ),
    ],
)
def test_an_empty_purse_is_told_in_the_singular_and_the_plural(amounts: dict[str, int], who: str, words: str) -> None:
    run = ran(a_call(laureates=3, budget=1000), {name: THREE[name] for name in amounts}, amounts=amounts)
    assert said(run, who)[1:] == (
        "budget_exhausted",
        f"{words} de l’enveloppe de 1 000 €, pour un montant de 900 €.",
    )


@pytest.mark.parametrize(
    ("imposed", "places", "words"),
    [
        ("b", "La seule place a été attribuée", "un projet moins bien classé est retenu"),
        ("bc", "Les 2 places ont été attribuées", "les 2 projets retenus moins bien classés le sont"),
    ],
)
def test_where_the_jury_took_the_places_of_all_who_are_lower_it_is_told(imposed: str, places: str, words: str) -> None:
    decisions = [decided(name, "in") for name in imposed]
    run = ran(a_call(laureates=len(imposed)), THREE, decisions=decisions)
    assert said(run, "a")[1:] == (
        "count_reached",
        f"Classé 1ᵉʳ avec 80,00 points sur 100. {places} ; {words} par décision du jury.",
    )


@pytest.mark.parametrize(
    ("bound", "amounts", "code", "words"),
    [
        (
            {"max_share": "0.5"}, {"a": 600, "b": 400, "c": 400}, "quota_max:petites",
            "Son montant est de 600 € : le retenir à la place de l’un quelconque des 2 projets retenus moins bien "
            "classés ferait dépasser le maximum de la règle « Petites » (au plus 50 % de l’enveloppe).",
        ),
        (
            {"max": 0}, {"a": 600, "b": 400, "c": 400}, "quota_max:petites",
            "Le retenir à la place de l’un quelconque des 2 projets retenus moins bien classés ferait dépasser le "
            "maximum de la règle « Petites » (au plus 0 projet).",
        ),
    ],
)  # fmt: skip
def test_an_amount_is_told_where_money_decides(bound: dict, amounts: dict[str, int], code: str, words: str) -> None:
    quota = {"id": "petites", "title": "Petites", "where": {"size": "small"}, **bound}
    run = ran(a_call(budget=1000, quotas=[quota]), THREE, amounts=amounts, attributes={"a": {"size": ("small",)}})
    assert said(run, "a")[1:] == (code, f"Classé 1ᵉʳ avec 80,00 points sur 100. {words}")


@pytest.mark.parametrize(
    ("needed", "unmarked", "words"),
    [
        (1, "b", "Aucune évaluation reçue alors qu’une est nécessaire"),
        (2, "b", "Aucune évaluation reçue sur 2 nécessaires"),
        (2, "", "1 évaluation reçue sur 2 nécessaires"),
    ],
)
def test_a_dossier_that_waits_says_for_how_many_reviews(needed: int, unmarked: str, words: str) -> None:
    run = ran(a_call(min_reviews=needed), THREE, unmarked=unmarked)
    assert said(run, "b") == (
        "incomplete",
        "incomplete",
        f"{words} : le dossier ne peut pas encore être classé.",
    )


@pytest.mark.parametrize(
    ("mode", "size", "words"),
    [
        ("value", 1, " Selon les règles de l’appel, le premier candidat est retenu quel que soit son montant."),
        ("value", 2, " Selon les règles de l’appel, les 2 premiers candidats sont retenus quel que soit leur montant."),
        ("merit", 1, ""),
    ],
)
def test_who_is_in_the_protected_head_reads_so(mode: str, size: int, words: str) -> None:
    run = ran(a_call(mode=mode, protect_top=size), THREE)
    assert said(run, "a")[2] == f"Classé 1ᵉʳ avec 80,00 points sur 100. Retenu, pour 1 000 €.{words}"


def test_a_threshold_is_told_to_its_last_decimal() -> None:
    run = ran(a_call(threshold="66.666666667"), {"a": "80", "b": "66.66"})  # type: ignore[arg-type]
    assert said(run, "b")[2] == "Note finale de 66,66 points sur 100, pour un minimum de 66,666666667."
    call = a_call(criterion={"threshold": "66.666666667"})
    marks = [("a", "70"), ("b", "66.67"), ("b", "66.67"), ("b", "66.66")]
    run = run_call(
        call,
        [Application(id=name, association=name, requested_amount=100_00) for name in "ab"],
        [Mark(name, f"r{at}", "quality", Decimal(mark)) for at, (name, mark) in enumerate(marks)],
        options=RunOptions(draws=0),
    )
    assert said(run, "b")[2] == (
        "Note moyenne de 66,6666666667 sur 100 au critère « Qualité », pour un minimum de 66,666666667."
    )


def figures(run: Run) -> dict[str, dict[str, Any]]:
    """What each sentence rests on, less rank, score and grant."""
    told = explain(run.given.call, rules_of(run.given.call), run.parts[0].ranking, run.parts[0].outcome)
    return {
        name: {key: value for key, value in one.figures.items() if key not in ("rank", "score", "grant")}
        for name, one in told.items()
    }


def test_the_figures_of_a_sentence_stand_beside_it() -> None:
    run = ran(a_call(budget=1000, waiting_list=1), THREE, amounts={"a": 500, "b": 900, "c": 500})
    assert figures(run) == {"a": {}, "b": {"lower_laureates": 1, "exchanges_broken": 1, "waiting_rank": 1}, "c": {}}
    run = ran(a_call(threshold=30), {**THREE, "d": "60", "e": "20"}, amounts={"d": 999})
    assert figures(run) == {
        "a": {},
        "b": {},
        "d": {"places": 2, "last_score": "70.0000"},
        "c": {"places": 2, "last_score": "70.0000"},
        "e": {"threshold": "30"},
    }
    quota = {"id": "r", "each": "region", "min": 1}
    run = ran(a_call(laureates=1, quotas=[quota]), {"a": "80", "b": "70"}, attributes={"b": {"region": ("corse",)}})
    assert figures(run) == {
        "a": {"lower_laureates": 1, "exchanges_broken": 1},
        "b": {"quota": "r", "value": "corse"},
    }
    run = ran(
        a_call(mode="merit", laureates=3, budget=2000),
        THREE,
        amounts={"a": 900, "b": 700, "c": 800},
        decisions=[decided("c", "in")],
    )
    assert figures(run) == {"a": {}, "b": {"rule": "budget", "budget_left": 30_000}, "c": {}}


def test_nobody_is_asked_for_more_than_a_hundred_points() -> None:
    run = ran(a_call(laureates=1), {"a": "100", "b": "90"}, amounts={"a": 500})
    assert points_needed(run.given.call, run.parts[0].ranking, "b") is None
    run = ran(a_call(laureates=1), {"a": "100", "b": "90"}, amounts={"b": 500})
    assert points_needed(run.given.call, run.parts[0].ranking, "b") == 100_000
