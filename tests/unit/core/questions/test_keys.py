"""The keys of each type in a call file: what is refused, with what was meant."""

from __future__ import annotations

import re

import pytest

from aap.core.call.loading import inspect_call, load_call
from aap.core.questions.base.question import TYPES
from aap.core.questions.base.union import keys_of

COMMON = "id, label, type, help, example, required, show_if, criteria, identifying"
MIN_TYPES = "money, multiple_choice ou number"
FILE = """\
schema: 1
call: {id: essai}
form:
  sections:
    - id: page
      title: Page
      questions:
        - %s
rubric: {scale: {min: 0, max: 20, step: 1}, criteria: [{id: a, weight: 1}]}
scoring: {method: raw}
selection: {mode: merit, laureates: 3}
"""


def told(question: str) -> list[str]:
    """`word that is pointed at, key ! message [found] allowed → nearest` of what is refused in a file with this question."""
    problems = inspect_call(FILE % question, name="f").problems
    lines = (FILE % question).splitlines()
    start = "form.sections[0].questions[0]"
    told = []
    for one in problems:
        word = re.split(r"[^a-zA-Z0-9_{[]", lines[one.line - 1][one.column - 1 :])[0]
        mark = "!" if one.is_error else "?"
        key = one.key.removeprefix(start)
        told.append(f"{word} {key} {mark} {one.message} [{one.found}] {one.allowed} → {one.nearest}")
    return told


@pytest.mark.parametrize(
    ("question", "problems"),
    [
        (
            "{id: a, label: A, type: yes_no, max_length: 20}",
            ["max_length .max_length ? cette clé ne sert qu’aux questions de type long_text ou text\u00a0: elle est sans "
             "effet ici []  → "],
        ),
        (
            "{id: a, label: A, type: long_text, max_lenght: 20}",
            [f"max_lenght .max_lenght ! clé inconnue [max_lenght] {COMMON}, min_length ou max_length → max_length"],
        ),
        (
            "{id: a, label: A, type: table, columns: [{id: b, label: B, type: monney}]}",
            [
                "monney .columns[0].type ! cette valeur n’est pas possible ici [monney] date, money, number ou text "
                "→ money"
            ],
        ),
        ("{id: a, label: A, type: choice}", ["{id .options ! cette clé est obligatoire []  → "]),
        ("{id: a, label: A, type: choice, options: []}",
         ["[ .options ! il n’y a rien ici [une liste vide] au moins une valeur → "]),
        ("{id: a, label: A, type: budget, budget: projet}",
         ["projet .budget ! cette valeur n’est pas possible ici [projet] association ou project → project"]),
        (
            "{id: a, label: A, type: group, questions: [{id: b, label: B, type: date, min: 3}]}",
            [f"min .questions[0].min ? cette clé ne sert qu’aux questions de type {MIN_TYPES}\u00a0: elle est sans effet "
             "ici []  → "],
        ),
        (
            "{id: a, label: A, type: group, questions: [{id: b, label: B, type: budget, budget: project}]}",
            ["budget .questions[0].type ! une question de ce type ne peut pas être dans un groupe [budget]  → "],
        ),
        ("{id: a, label: A, type: text, min_length: 9, max_length: 3}",
         ["3 .max_length ! le maximum est plus petit que le minimum («\u00a09\u00a0») [3]  → "]),
        (
            "{id: a, label: A, type: choice, detail_if: d, options: [{value: b, label: B}, {value: b, label: C}]}",
            [
                "d .detail_if ! cette réponse n’est pas proposée [d] b → ",
                "b .options[1].value ! cet identifiant est déjà celui d’une autre option "
                "(form.sections[0].questions[0].options[0]) [b]  → ",
            ],
        ),
        ("texte", ["texte  ! un ensemble de clés est attendu [texte] clé : valeur → "]),
    ],
)  # fmt: skip
def test_a_key_is_refused_by_the_type_that_has_no_use_for_it(question: str, problems: list[str]) -> None:
    assert told(question) == problems


def test_without_a_known_type_the_rest_of_the_question_is_checked_too() -> None:
    types = ", ".join(sorted(TYPES)[:-1])
    every = f"{', '.join(keys_of(None)[:-1])} ou {keys_of(None)[-1]}"
    assert told("{id: A, type: longtext, max_length: 3, maxlength: 3}") == [
        "{id .label ! cette clé est obligatoire []  → ",
        "A .id ! cet identifiant n’est pas bien formé [A] des minuscules, chiffres, tirets ou soulignés, une lettre en "
        "premier → a",
        f"longtext .type ! cette valeur n’est pas possible ici [longtext] {types} ou {sorted(TYPES)[-1]} → long_text",
        f"maxlength .maxlength ! clé inconnue [maxlength] {every} → max_length",
    ]
    assert told("{id: a, label: A, unit: jeunes}") == ["{id .type ! cette clé est obligatoire []  → "]


def test_what_depends_on_a_refused_question_is_not_refused_with_it() -> None:
    both = """{id: a, label: A, type: choise, options: [{value: b, label: B}]}
        - {id: c, label: C, type: text, show_if: {question: a, equals: z}}"""
    (problem,) = inspect_call(FILE % both, name="f").problems
    assert (problem.key, problem.nearest) == ("form.sections[0].questions[0].type", "choice")


def test_every_type_stands_in_a_file_of_its_own_name() -> None:
    assert {name: kind.__module__ for name, kind in TYPES.items()} == {
        name: f"aap.core.questions.{name}" for name in TYPES
    }


def test_a_question_is_of_the_class_that_its_type_names() -> None:
    asked = "{id: a, label: A, type: yes_no, detail_if: oui, required: false}"
    (section,) = load_call(FILE % asked, name="f").form.sections
    (question,) = section.questions
    assert type(question) is TYPES["yes_no"]
    assert question.model_fields_set == {"id", "label", "type", "detail_if", "required"}


def test_a_file_that_was_sealed_with_a_key_of_another_type_is_read_without_it() -> None:
    foreign = load_call(FILE % "{id: a, label: A, type: yes_no, max_length: 20}", name="f")
    plain = load_call(FILE % "{id: a, label: A, type: yes_no}", name="f")
    assert foreign == plain
