"""Answers: read as typed, checked against the questions, shown again as typed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aap.core.answers.checking import check_form, check_section
from aap.core.answers.conditions import attributes_of, shown_answers, visible_sections
from aap.core.call.schema import Form, Section
from aap.core.questions.base.question import Question, as_typed, read_answers
from aap.core.questions.number import NumberQuestion
from aap.core.values import clean_text, parse_day

FORM = Form.model_validate(
    {
        "attributes": {"territory": "answers.territories", "region": "association.region", "rural": "answers.remote"},
        "sections": [
            {
                "id": "project",
                "title": "Projet",
                "questions": [
                    {"id": "title", "label": "Titre", "type": "text", "min_length": 5, "max_length": 20},
                    {"id": "summary", "label": "Résumé", "type": "long_text", "required": False},
                    {"id": "young", "label": "Jeunes", "type": "number", "min": 5, "max": 2000, "unit": "jeunes"},
                    {"id": "amount", "label": "Montant", "type": "money", "min": 1000},
                    {"id": "start", "label": "Début", "type": "date"},
                    {"id": "when", "label": "Période", "type": "period"},
                    {
                        "id": "theme",
                        "label": "Sujet",
                        "type": "choice",
                        "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}],
                    },
                    {
                        "id": "territories",
                        "label": "Territoires",
                        "type": "multiple_choice",
                        "options": [{"value": "qpv", "label": "QPV"}, {"value": "rural", "label": "Rural"}],
                    },
                    {
                        "id": "districts",
                        "label": "Quartiers",
                        "type": "text",
                        "show_if": {"question": "territories", "contains": "qpv"},
                    },
                    {"id": "remote", "label": "Isolé", "type": "yes_no", "detail_if": "oui"},
                    {"id": "town", "label": "Commune", "type": "commune"},
                    {"id": "towns", "label": "Communes", "type": "communes", "max_rows": 2},
                    {
                        "id": "partners",
                        "label": "Partenaires",
                        "type": "table",
                        "max_rows": 2,
                        "columns": [
                            {"id": "name", "label": "Nom"},
                            {"id": "gift", "label": "Apport", "type": "money", "required": False},
                        ],
                    },
                    {
                        "id": "steps",
                        "label": "Étapes",
                        "type": "group",
                        "item_label": "Étape",
                        "max_items": 3,
                        "questions": [
                            {"id": "name", "label": "Intitulé", "type": "text"},
                            {"id": "day", "label": "Date", "type": "date"},
                        ],
                    },
                ],
            },
            {
                "id": "money",
                "title": "Budget",
                "show_if": {"question": "amount", "min": 5000},
                "questions": [
                    {"id": "budget", "label": "Budget", "type": "budget", "budget": "project"},
                    {"id": "statutes", "label": "Statuts", "type": "file"},
                ],
            },
        ],
    }
)
PROJECT, MONEY = FORM.sections

TYPED = {
    "title": "  Des mentors\u202epartout ",
    "summary": "Un\r\ndeux",
    "young": "1 200 jeunes",
    "amount": "12\u202f000,50 €",
    "start": "28/02/2026",
    "when": {"start": "1er mars 2026", "end": "2026-12-31"},
    "theme": "b",
    "territories": ["rural", "qpv"],
    "districts": "Les Minguettes",
    "remote": {"value": "oui", "detail": "La vallée"},
    "town": {"codes": ["69123"], "text": ""},
    "towns": {"codes": ["69123", "2A004"], "text": ""},
    "partners": [{"name": "Mairie", "gift": "1500"}, {"name": "", "gift": ""}],
    "steps": [{"name": "Départ", "day": "2026-03-01"}, {"name": "", "day": ""}],
}
ANSWERS = {
    "title": "Des mentorspartout",
    "summary": "Un\ndeux",
    "young": "1200",
    "amount": "12000.50",
    "start": "2026-02-28",
    "when": {"start": "2026-03-01", "end": "2026-12-31"},
    "theme": "b",
    "territories": ["qpv", "rural"],
    "districts": "Les Minguettes",
    "remote": {"value": "oui", "detail": "La vallée"},
    "town": "69123",
    "towns": ["69123", "2A004"],
    "partners": [{"name": "Mairie", "gift": "1500.00"}],
    "steps": [{"name": "Départ", "day": "2026-03-01"}],
}


def test_what_people_type_becomes_the_stored_answers() -> None:
    assert read_answers(PROJECT.questions, TYPED) == ANSWERS


def test_complete_and_correct_answers_have_no_problem() -> None:
    assert check_section(PROJECT, ANSWERS) == ()


def test_what_cannot_be_read_is_kept_as_typed_and_said_beside_its_field() -> None:
    typed = {
        **TYPED,
        "young": "une centaine",
        "amount": "-5",
        "start": "31/02/2026",
        "when": {"start": "bientôt", "end": "2026-01-01"},
        "town": {"codes": [], "text": "35000"},
        "partners": [{"name": "Mairie", "gift": "beaucoup"}],
        "steps": [{"name": "Départ", "day": "hier"}],
    }
    answers = read_answers(PROJECT.questions, typed)
    again = {question.id: as_typed(question, answers) for question in PROJECT.questions}
    assert {key: again[key] for key in ("young", "amount", "start", "town")} == {
        key: typed[key] for key in ("young", "amount", "start", "town")
    }
    assert again["when"]["start"] == "bientôt"
    assert again["partners"] == [{"name": "Mairie", "gift": "beaucoup"}]
    assert again["steps"] == [{"name": "Départ", "day": "hier"}]
    assert {problem.field: problem.code for problem in check_section(PROJECT, answers)} == {
        "young": "unreadable",
        "amount": "unreadable",
        "start": "unreadable",
        "when.start": "unreadable",
        "town": "unreadable",
        "partners.0.gift": "unreadable",
        "steps.0.day": "unreadable",
    }
    assert json.loads(json.dumps(answers)) == answers


def test_an_empty_section_lists_every_required_question_and_no_hidden_one() -> None:
    assert [(problem.field, problem.code) for problem in check_section(PROJECT, {})] == [
        (field, "missing")
        for field in (
            "title", "young", "amount", "start", "when.start", "theme", "territories", "remote", "town", "towns",
            "partners.0.name", "steps",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "value", "field", "message"),
    [
        ("title", "Court", None, None),
        ("title", "Abc", "title", "Votre texte compte 3\u00a0caractères\u00a0: il en faut au moins 5."),
        (
            "title",
            "x" * 23,
            "title",
            "Votre texte compte 23\u00a0caractères, soit 3 de trop\u00a0: le maximum est 20.",
        ),
        ("young", "3", "young", "Le minimum est 5 jeunes."),
        ("amount", "999.99", "amount", "Le minimum est 1\u202f000\u00a0€."),
        ("theme", "z", "theme", "Choisissez l’une des réponses proposées."),
        ("remote", {"value": "oui", "detail": ""}, "remote.detail", "Précisez votre réponse."),
        ("remote", {"value": "non", "detail": ""}, None, None),
        ("towns", ["69123", "69001", "69002"], "towns", "Donnez au plus 2\u00a0communes."),
        (
            "when",
            {"start": "2026-12-31", "end": "2026-01-01"},
            "when.end",
            "La fin est avant le début\u00a0: vérifiez les deux dates.",
        ),
        ("partners", [{"gift": "5.00"}], "partners.0.name", "Remplissez cette case."),
        ("steps", [{"name": "Un", "day": "2026-01-01"}] * 4, "steps", "Gardez au plus 3 fois «\u00a0étape\u00a0»."),
    ],
)
def test_each_rule_of_a_question_is_said_in_words(
    question: str, value: object, field: str | None, message: str | None
) -> None:
    problems = check_section(PROJECT, {**ANSWERS, question: value})
    assert [(problem.field, problem.message) for problem in problems] == ([(field, message)] if field else [])


def test_a_hidden_question_neither_asks_nor_counts() -> None:
    answers = {**ANSWERS, "territories": ["rural"], "amount": "1000.00"}
    assert "districts" not in shown_answers(FORM, answers)
    assert [section.id for section in visible_sections(FORM, answers)] == ["project"]
    assert check_form(FORM, answers) == {"project": ()}


def test_the_budget_is_checked_line_by_line() -> None:
    typed = {"budget": {"charges": {"60": "10 000"}, "products": {"request": "abc"}}}
    answers = {**ANSWERS, **read_answers(MONEY.questions, typed)}
    assert answers["budget"]["charges"] == {"60": "10000.00"}
    assert [(p.field, p.code) for p in check_section(MONEY, answers, files={"statutes": 2})] == [
        ("budget.request", "unreadable"),
        ("statutes", "too_many"),
    ]
    balanced = {"budget": {"charges": {"60": "10000.00"}, "products": {"request": "6000.00", "70": "3000.00"}}}
    assert [(p.field, p.code) for p in check_section(MONEY, {**ANSWERS, **balanced})] == [("budget.products", "budget")]


def test_attributes_come_from_answers_and_from_the_association() -> None:
    assert attributes_of(FORM, ANSWERS, {"region": ["84", "93"]}) == {
        "territory": ("qpv", "rural"),
        "region": ("84", "93"),
        "rural": ("oui",),
    }


@pytest.mark.parametrize(
    "typed",
    ["28/02/2025", "28.2.25", "2025-02-28", "28 février 2025", "28 FEVRIER 2025", " 28-02-2025 ", "28 févr. 25"],
)
def test_dates_are_read_as_the_french_write_them(typed: str) -> None:
    assert parse_day(typed).isoformat() == "2025-02-28"


@pytest.mark.parametrize(
    ("typed", "day"),
    [("5/7/98", "1998-07-05"), ("5/7/49", "2049-07-05"), ("5/7/50", "1950-07-05"), ("1er sept. 98", "1998-09-01")],
)
def test_a_year_of_two_figures_is_of_the_century_that_is_meant(typed: str, day: str) -> None:
    assert parse_day(typed).isoformat() == day


@pytest.mark.parametrize("typed", ["28/02/0205", "0205-02-28", "30/02/2025", "", "28/02", "28 brumaire 2025"])
def test_what_is_no_day_of_ours_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (`date` words its own)
        parse_day(typed)


def test_a_count_of_people_is_whole_where_the_call_says_so() -> None:
    question = NumberQuestion.model_validate(
        {"id": "young", "label": "Jeunes", "type": "number", "unit": "jeunes", "max": 20_000, "whole": True}
    )
    section = Section(id="s", title="S", questions=(question,))
    told = {}
    for typed in ("12 000,5 jeunes", "12 000,0 jeunes", "1 jeune", "30 000"):
        answers = read_answers(section.questions, {"young": typed})
        told[typed] = [problem.message for problem in check_section(section, answers)]
    assert told == {
        "12 000,5 jeunes": ["Écrivez un nombre entier, sans virgule."],
        "12 000,0 jeunes": [],
        "1 jeune": [],
        "30 000": ["Le maximum est 20\u202f000 jeunes."],
    }
    assert question.limits() == ["nombre entier", "au plus 20\u202f000\u00a0jeunes"]


def test_three_decimals_come_back_as_what_is_read_again() -> None:
    question = NumberQuestion(id="rate", label="Taux", type="number")
    read = read_answers([question], {"rate": "12,3450"})
    assert read == {"rate": "12.345"}
    assert as_typed(question, read) == "12,3450"
    assert read_answers([question], {"rate": as_typed(question, read)}) == read


def test_texts_lose_control_characters_and_become_nfc() -> None:
    assert clean_text("a\x00b\ud800c\u202ed\ufeff e\u0301\t") == "abcd é"
    assert clean_text(" un\r\ndeux\rtrois\x07 ", lines=True) == "un\ndeux\ntrois"


def test_double_spaces_are_one_in_what_stands_on_one_line() -> None:
    assert clean_text("Les  Amis\u00a0\u00a0 de\t l’Étang\n\nvert") == "Les Amis de l’Étang vert"
    assert clean_text("Charges :\n  – 12\u00a0000\u00a0€", lines=True) == "Charges :\n  – 12\u00a0000\u00a0€"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)
_IDS = [question.id for section in FORM.sections for question in section.questions]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*_IDS, "_raw"]), _JSON))
def test_no_input_and_no_stored_value_makes_reading_or_checking_fail(answers: dict[str, object]) -> None:
    questions: tuple[Question, ...] = (*PROJECT.questions, *MONEY.questions)
    read = read_answers(questions, answers)
    json.dumps(read).encode()
    section = Section(id="all", title="Tout", questions=questions)
    for stored in (answers, read):
        check_section(section, stored)
        for question in questions:
            as_typed(question, stored)
