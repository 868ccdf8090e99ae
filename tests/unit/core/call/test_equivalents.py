"""The words of other tools come with what is written here instead."""

from __future__ import annotations

import pytest

from aap.core.call.equivalents import QUESTION_TYPES, suggested_id
from aap.core.questions.base.question import TYPES
from tests.unit.core.call.told import problems_of

FORM = """\
form:
  sections:
    - id: projet
      title: Projet
      questions:
        - {{id: taille, label: Taille, {question}}}
"""


def one_problem(**changed: str) -> tuple[str, str, str, str, str]:
    """(key, message, found, allowed, nearest) of the only problem."""
    (one,) = problems_of(**changed)
    assert one.is_error
    assert one.line is not None
    return one.key, one.message, one.found, one.allowed.replace("\u00a0", " "), one.nearest


def question(keys: str) -> tuple[str, str, str, str, str]:
    key, *rest = one_problem(more=FORM.format(question=keys))
    return (key.removeprefix("form.sections[0].questions[0]."), *rest)  # type: ignore[return-value]


CUT = "la virgule a coupé ce nombre en deux : la décimale s’écrit avec un point"


@pytest.mark.parametrize(
    ("changed", "key", "found", "allowed"),
    [
        ({"rubric": "criteria: [{id: a, weight: 33,3}]"}, "rubric.criteria[0].3", "33,3", "weight: 33.3"),
        ({"selection": "mode: merit, laureates: 3, budget: 1000,50"}, "selection.50", "1000,50", "budget: 1000.50"),
        (
            {"selection": "mode: merit, laureates: 3, budget: 600,000"},
            "selection.000",
            "600,000",
            "budget: 600000 ou budget: 600.00",
        ),
        (
            {"rubric": "criteria: [{id: a, weight: 1, kind: computed, from: t, points: {x: 2,5}}]"},
            "rubric.criteria[0].points.5",
            "2,5",
            "x: 2.5",
        ),
        (
            {"rubric": "criteria: [{id: a, weight: 1, kind: computed, from: t, bands: [{min: 0,5, mark: 1}]}]"},
            "rubric.criteria[0].bands[0].5",
            "0,5",
            "min: 0.5",
        ),
        (
            {"rubric": "criteria: [{id: a, weight: 1, levels: {0,5: faible}}]"},
            "rubric.criteria[0].levels.0",
            "0,5",
            "0.5: …",
        ),
    ],
)
def test_a_comma_that_cuts_a_number_between_braces_is_told_as_such(
    changed: dict[str, str], key: str, found: str, allowed: str
) -> None:
    assert one_problem(**changed) == (key, CUT, found, allowed, "")


def test_a_stray_key_of_digits_is_no_cut_number() -> None:
    assert one_problem(rubric="criteria: [{id: a, weight: 1, 3: x}]")[1] == "clé inconnue"


def test_options_are_written_with_a_value_and_a_label() -> None:
    assert question("type: choice, options: [petite, {value: grande, label: G}]") == (
        "options[0]", "un ensemble de clés est attendu", "petite", '{value: petite, label: "petite"}', "",
    )  # fmt: skip
    assert question("type: choice, options: [Île-de-France]")[3] == '{value: ile-de-france, label: "Île-de-France"}'
    key, message, found, _, nearest = question("type: choice, options: [{value: Île de France, label: I}]")
    assert (key, message, found, nearest) == (
        "options[0].value", "cet identifiant n’est pas bien formé", "Île de France", "ile-de-france",
    )  # fmt: skip


@pytest.mark.parametrize(("typed", "meant"), [("textarea", "long_text"), ("select", "choice"), ("Upload", "file")])
def test_a_type_of_another_tool_comes_with_ours(typed: str, meant: str) -> None:
    key, _, found, _, nearest = question(f"type: {typed}")
    assert (key, found, nearest) == ("type", typed, meant)


def test_every_type_that_is_meant_exists_and_none_that_exists_is_translated() -> None:
    assert set(QUESTION_TYPES.values()) <= set(TYPES)
    assert set(QUESTION_TYPES) & set(TYPES) == set()


LOTS = "les lots s’écrivent au premier niveau du fichier : lots: {attribute: …"
STAGES = "un appel en plusieurs temps est un fichier d’appel par temps : le suivant invite ceux du précédent par call.invited"


@pytest.mark.parametrize(
    ("changed", "key", "said"),
    [
        ({"selection": "mode: merit, laureates: 3, lots: [a]"}, "selection.lots", LOTS),
        ({"call": "lots: 2"}, "call.lots", LOTS),
        ({"more": "lots: [a, b]"}, "lots", LOTS),
        ({"more": "stages: 2"}, "stages", STAGES),
        ({"call": "phases: [a]"}, "call.phases", STAGES),
        (
            {"rubric": "points: 50, criteria: [{id: a, weight: 1}]"},
            "rubric.points",
            "le total dans lequel les notes se lisent s’écrit out_of",
        ),
        (
            {"rubric": "criteria: [{id: a, points: 20, weight: 1}]"},
            "rubric.criteria[0].points",
            "points donne la note de chaque valeur d’un critère calculé",
        ),
        (
            {"rubric": "criteria: [{id: a, coefficient: 2, weight: 1}]"},
            "rubric.criteria[0].coefficient",
            "le poids d’un critère s’écrit weight",
        ),
        (
            {"more": FORM.format(question="type: text, points: 3")},
            "form.sections[0].questions[0].points",
            "une réponse ne donne pas de points",
        ),
        (
            {"more": FORM.format(question="type: text, obligatoire: true")},
            "form.sections[0].questions[0].obligatoire",
            "une réponse facultative s’écrit required: false",
        ),
    ],
)
def test_a_key_where_it_does_not_belong_names_its_equivalent(changed: dict[str, str], key: str, said: str) -> None:
    found = one_problem(**changed)
    assert found[0] == key
    assert found[3].startswith(said)


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("Île-de-France", "ile-de-france"),
        ("  Œuvres & C°", "oeuvres-c"),
        ("2e degré", "e-degre"),
        ("123", ""),
        ("", ""),
    ],
)
def test_a_text_suggests_an_identifier(text: str, identifier: str) -> None:
    assert suggested_id(text) == identifier
