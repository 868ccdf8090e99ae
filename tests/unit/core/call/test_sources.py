"""What rules and characteristics may look at: the list, checked with the nearest name, documented, and true."""

from __future__ import annotations

from pathlib import Path

import pytest

from aap.core.call.loading import inspect_call
from aap.core.call.sources import DEPARTMENTS, REGIONS, SOURCES, ZONES
from aap.records.territories import territories

ROOT = Path(__file__).parents[4]
CALL = """\
schema: 1
call: {{id: essai}}
eligibility:
  - {{id: regle, {rule}, rule: Une règle.}}
form:
  attributes: {{trait: {source}}}
  sections:
    - id: projet
      title: Projet
      questions:
        - {{id: taille, label: Taille, type: choice, options: [{{value: a, label: A}}, {{value: b, label: B}}]}}
        - {{id: prix, label: Prix, type: money}}
        - {{id: jour, label: Jour, type: date}}
        - {{id: tableau, label: Tableau, type: table, columns: [{{id: a, label: A}}]}}
        - {{id: fichier, label: Fichier, type: file}}
        - {{id: suite, label: Suite, type: text, show_if: {show_if}}}
rubric: {{scale: {{min: 0, max: 20, step: 1}}, criteria: [{{id: a, weight: 1}}]}}
scoring: {{method: raw}}
selection: {{mode: merit, laureates: 3}}
"""
SOUND = {"rule": "question: Oui ?, check: {equals: oui}", "source": "association.region",
         "show_if": "{question: taille, equals: a}"}  # fmt: skip


def told(**changed: str) -> list[tuple[str, bool, str, str, str]]:
    """(key, is it an error, message, found, nearest) of each problem."""
    problems = inspect_call(CALL.format(**(SOUND | changed)), name="f").problems
    return [(p.key, p.is_error, p.message.replace("\u00a0", " "), p.found, p.nearest) for p in problems]


def test_the_sound_call_has_no_problem() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("association.departement", "association.department"),
        ("association.regoin", "association.region"),
        ("assocation.zone", "association.zone"),
        ("request.ammount", "request.amount"),
        ("association.iban", ""),
        ("association", ""),
        ("profile.age", ""),
    ],
)
def test_a_source_that_does_not_exist_is_told_with_the_nearest_one(written: str, nearest: str) -> None:
    problem = ("cette source n’existe pas", written)
    found = [(key, message, found, close) for key, _, message, found, close in told(source=written)]
    assert [one[:3] for one in found] == [("form.attributes.trait", *problem)]
    assert found[0][3] == nearest or not nearest
    ((key, *_),) = told(rule=f"source: {written}, check: {{equals: x}}")
    assert key == "eligibility[0].source"


def test_a_source_names_a_question_that_has_a_value() -> None:
    assert [one[0::2] for one in told(source="answers.tailel")] == [
        ("form.attributes.trait", "cette source nomme une question qui n’existe pas", "answers.taille")
    ]
    for name in ("tableau", "fichier"):
        assert [one[0::2] for one in told(source=f"answers.{name}")] == [
            ("form.attributes.trait", "cette réponse n’a pas de valeur qu’une règle ou un quota puisse lire", "")
        ]


CHECKS = [
    ("request.amount", "{equals: 250000}", []),
    ("request.amount", "{equals: beaucoup}", ["equals: la valeur comparée est un nombre"]),
    ("request.amount", "{max: 2024-12-31}", ["max: la valeur comparée est un nombre"]),
    ("answers.prix", "{one_of: [10, vingt]}", ["one_of[1]: la valeur comparée est un nombre"]),
    ("association.created_on", "{max: 2024-12-31}", []),
    ("association.created_on", "{max: 2024}", ["max: la valeur comparée est une date"]),
    ("association.created_on", "{min: 2025-02-30}", ["min: cette date n’existe pas"]),
    ("answers.jour", "{equals: 28/02/2025}", ["equals: la valeur comparée est une date"]),
    ("association.region", "{one_of: [Bretagne, Corse]}", []),
    ("association.region", "{equals: Bretagn}", ["equals: cette réponse n’est pas proposée"]),
    ("association.department", '{equals: "29"}', ["equals: cette réponse n’est pas proposée"]),
    ("association.zone", "{equals: metro}", []),
    (
        "association.name",
        "{min: 3}",
        ["min: min compare des nombres ou des dates, et la valeur est un texte : utilisez equals ou one_of"],
    ),
    ("answers.taille", "{equals: c}", ["equals: cette réponse n’est pas proposée"]),
    ("request.amount", "{min: 5, max: 2}", ["max: le maximum est plus petit que le minimum (« 5 »)"]),
]


@pytest.mark.parametrize(("source", "check", "problems"), CHECKS)
def test_a_check_names_values_of_the_kind_that_its_source_has(source: str, check: str, problems: list[str]) -> None:
    found = told(rule=f"source: {source}, check: {check}")
    assert [f"{key.removeprefix('eligibility[0].check.')}: {message}" for key, _, message, *_ in found] == problems


@pytest.mark.parametrize(
    ("show_if", "message"),
    [
        ("{question: prix, equals: 10.50}", None),
        ("{question: prix, equals: cher}", "la valeur comparée est un nombre"),
        ("{question: jour, min: 2025-01-01}", None),
        ("{question: fichier, equals: oui}", "cette question n’a pas de valeur qu’une condition puisse tester"),
    ],
)
def test_a_condition_of_a_question_is_checked_in_the_same_way(show_if: str, message: str | None) -> None:
    assert [one[2] for one in told(show_if=show_if)] == ([message] if message else [])


def test_the_names_of_territories_are_those_of_the_shipped_table() -> None:
    known = territories()
    departments = known.departments()
    assert sorted(REGIONS) == sorted({one.region.name for one in departments})
    assert sorted(DEPARTMENTS) == sorted({one.name for one in departments})
    assert set(ZONES) == {one.zone for one in departments}


def test_every_source_is_documented_with_its_values() -> None:
    reference = (ROOT / "docs" / "call-file.md").read_text()
    assert [name for name, one in SOURCES.items() if f"| `{name}` | {one.words} |" not in reference] == []
