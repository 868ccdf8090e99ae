"""Lots: each is checked as a call is, with what it takes from the call, and what they name of each other exists."""

from __future__ import annotations

import pytest

from tests.unit.core.call.told import told

RULES = "mode: merit, laureates: 10"


def lots(*items: str, rest: str = "", selection: str = RULES, rubric: str = "", form: str = "") -> list[str]:
    more = f"lots: {{attribute: volet, items: [{', '.join(items)}]{rest}}}\n{form}"
    given = {"rubric": rubric} if rubric else {}
    return told(more=more, selection=selection, **given)


ONE = "{id: collectif, title: Collectif, selection: {laureates: 20, budget: 600000}}"
TWO = "{id: individuel, selection: {budget: 1400000}, rubric: {criteria: [{id: z, weight: 1}]}}"


def test_lots_with_budgets_rubrics_and_an_order_of_spilling_are_sound() -> None:
    assert lots(ONE, TWO, rest=", spill: [collectif, individuel]") == []


QUOTA = "{id: nord, where: {region: nord}, max_share: 0.5}"
WRONG = [
    ([ONE, ONE], "", RULES, ["lots.items[1].id ! cet identifiant est déjà celui d’un autre lot (lots.items[0]) [collectif]"]),
    (
        [ONE, "{id: sans}"],
        ", spill: [colectif, sans, collectif, collectif]",
        RULES,
        [
            "lots.spill[0] ! ce lot n’existe pas [colectif]",
            "lots.spill[1] ! ce lot n’a pas d’enveloppe à lui : il n’a rien à laisser ni à recevoir [sans]",
            "lots.spill[3] ! ce lot est déjà cité dans cet ordre [collectif]",
        ],
    ),
    (
        [ONE],
        "",
        f"{RULES}, budget: 5",
        ["selection.budget ? une enveloppe de l’appel ne sert à aucun lot : chacun donne la sienne, ou n’en a pas [5]"],
    ),
    (
        [ONE, "{id: sans}"],
        "",
        f"{RULES}, quotas: [{QUOTA}]",
        ["lots.items[1] ! une part maximale porte sur l’enveloppe, et l’appel n’en a pas (selection.budget) [0.5]"],
    ),
    (
        [f"{{id: sans, selection: {{quotas: [{QUOTA}, {QUOTA}]}}}}"],
        "",
        RULES,
        [
            "lots.items[0].selection.quotas[0].max_share ! une part maximale porte sur l’enveloppe, et l’appel n’en a pas "
            "(selection.budget) [0.5]",
            "lots.items[0].selection.quotas[1].id ! cet identifiant est déjà celui d’un autre quota "
            "(lots.items[0].selection.quotas[0]) [nord]",
            "lots.items[0].selection.quotas[1].max_share ! une part maximale porte sur l’enveloppe, et l’appel n’en a pas "
            "(selection.budget) [0.5]",
        ],
    ),
    (
        ["{id: un, selection: {mode: value}}", "{id: deux, selection: {at_limit: skip}}"],
        "",
        f"{RULES}, at_limit: stop",
        [
            "lots.items[0].selection ! une ligne de financement n’existe qu’avec mode: merit ; avec value, la somme des notes "
            "décide [stop]"
        ],
    ),
    (
        ["{id: un, selection: {waiting_list: {if_none: without:nord}, quotas: [{id: sud, where: {x: y}, min: 1}]}}"],
        "",
        f"{RULES}, quotas: [{{id: nord, where: {{x: y}}, min: 1}}]",
        ["lots.items[0].selection.waiting_list.if_none ! ce quota n’existe pas [without:nord]"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("items", "rest", "selection", "problems"), WRONG)
def test_what_does_not_fit_in_the_lots_is_told(
    items: list[str], rest: str, selection: str, problems: list[str]
) -> None:
    assert lots(*items, rest=rest, selection=selection) == problems


def test_a_lots_rubric_is_checked_with_what_it_takes_from_the_call() -> None:
    rubric = "out_of: 50, threshold: 30, criteria: [{id: a, weight: 1}], tie_break: [a]"
    assert lots("{id: un, rubric: {threshold: 60}}", "{id: deux, rubric: {out_of: 20}}", rubric=rubric) == [
        "lots.items[0].rubric.threshold ! le seuil général porte sur le total, sur 50 (rubric.out_of) [60]",
        "lots.items[1].rubric ! le seuil général porte sur le total, sur 20 (rubric.out_of) [30]",
    ]
    other = "{id: un, rubric: {criteria: [{id: b, kind: gate}, {id: c, weight: 2}]}}"
    assert lots(other, rubric=rubric) == ["lots.items[0].rubric ! ce critère n’existe pas [a]"]


def test_what_the_call_is_told_itself_is_not_repeated_for_each_lot() -> None:
    rubric = "threshold: 101, criteria: [{id: a, weight: 1}]"
    assert lots(ONE, "{id: deux}", rubric=rubric) == [
        "rubric.threshold ! le seuil général porte sur le total, sur 100 (rubric.out_of) [101]"
    ]


def test_the_answers_that_say_the_lot_are_the_lots() -> None:
    form = """\
form:
  attributes: {volet: answers.volet}
  sections:
    - id: s
      title: S
      questions:
        - {id: volet, label: V, type: choice, options: [{value: collectif, label: C}, {value: autre, label: A}]}
"""
    assert lots(ONE, form=form) == [
        "lots.attribute ? une réponse au formulaire n’est l’identifiant d’aucun lot : un tel dossier ne pourrait pas être "
        "classé [« autre »]"
    ]
    assert lots(ONE, form=form.replace("{volet:", "{vollet:")) == [
        "lots.attribute ? form.attributes ne définit pas cette caractéristique [volet]"
    ]
