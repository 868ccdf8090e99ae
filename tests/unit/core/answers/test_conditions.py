"""Which answers count, and how conditions compare what they are asked of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aap.core.answers.checking import check_form
from aap.core.answers.conditions import (
    attributes_of,
    budget_asked,
    shown_answers,
    shown_questions,
    source_values,
    visible_questions,
    visible_sections,
)
from aap.core.answers.eligibility import check_eligibility
from aap.core.call.schema import EligibilityRule, Form
from aap.core.questions.base.condition import Condition, condition_holds

AMOUNTS = {"small": "6000.00", "large": "2000.00"}
FORM = Form.model_validate(
    {
        "attributes": {"size": "answers.size", "why": "answers.why"},
        "sections": [
            {
                "id": "start",
                "title": "Départ",
                "questions": [
                    {
                        "id": "size", "label": "Taille", "type": "choice",
                        "options": [{"value": "small", "label": "Petite"}, {"value": "large", "label": "Grande"}],
                    },
                    {"id": "more", "label": "Plus ?", "type": "yes_no", "show_if": {"question": "size", "equals": "large"}},
                    {"id": "why", "label": "Pourquoi ?", "type": "text", "show_if": {"question": "more", "equals": "oui"}},
                ],
            },
            {
                "id": "small", "title": "Petit budget", "show_if": {"question": "size", "equals": "small"},
                "questions": [{"id": "small_budget", "label": "Budget", "type": "budget", "budget": "project"}],
            },
            {
                "id": "large", "title": "Grand budget", "show_if": {"question": "size", "equals": "large"},
                "questions": [{"id": "large_budget", "label": "Budget", "type": "budget", "budget": "project"}],
            },
            {
                "id": "end", "title": "Fin", "show_if": {"question": "why", "equals": "beaucoup"},
                "questions": [{"id": "last", "label": "Fin", "type": "number"}],
            },
        ],
    }
)  # fmt: skip


def budget(amount: str) -> dict[str, Any]:
    return {"charges": {"60": amount}, "products": {"request": amount}, "contributions": {}}


TYPED = {
    "size": "large",
    "more": "oui",
    "why": "beaucoup",
    "small_budget": budget(AMOUNTS["small"]),
    "large_budget": budget(AMOUNTS["large"]),
    "last": "3",
    "_raw": {"small_budget": {"charges": {"61": "peu"}}, "last": "trois"},
}


def test_hiding_one_question_hides_all_that_hang_on_it_and_what_cannot_be_read_of_them() -> None:
    assert shown_answers(FORM, TYPED) == {
        key: TYPED[key] for key in ("size", "more", "why", "large_budget", "last")
    } | {"_raw": {"last": "trois"}}  # fmt: skip
    small = {**TYPED, "size": "small"}
    assert shown_answers(FORM, small) == {
        "size": "small",
        "small_budget": TYPED["small_budget"],
        "_raw": {"small_budget": {"charges": {"61": "peu"}}},
    }
    assert [section.id for section in visible_sections(FORM, small)] == ["start", "small"]
    assert [question.id for question in shown_questions(FORM, small)] == ["size", "small_budget"]
    assert [question.id for question in visible_questions(FORM.sections[0], small)] == ["size"]


@pytest.mark.parametrize(
    ("changed", "cents"),
    [
        ({}, 2_000_00),
        ({"size": "small"}, 6_000_00),
        ({"size": ""}, None),
        ({"large_budget": {}}, 0),
    ],
)
def test_the_request_is_that_of_the_budget_that_is_shown(changed: dict[str, Any], cents: int | None) -> None:
    answers = {**TYPED, **changed}
    found = budget_asked(FORM, answers, "project")
    assert (None if found is None else found.request) == cents
    assert source_values(FORM, answers, {}).get("request.amount") == (f"{cents // 100}.00" if cents else None)
    assert budget_asked(FORM, answers, "association") is None


def test_of_two_budgets_shown_at_once_the_first_one_filled_in_counts() -> None:
    both = Form.model_validate(
        {
            "sections": [
                {
                    "id": "s",
                    "title": "S",
                    "questions": [
                        {"id": name, "label": name, "type": "budget", "budget": "project"} for name in ("one", "two")
                    ],
                }
            ]
        }
    )
    requests = [
        budget_asked(both, answers, "project")
        for answers in ({"two": budget("20.00")}, {"one": budget("10.00"), "two": budget("20.00")}, {})
    ]
    assert [one and one.request for one in requests] == [20_00, 10_00, 0]


def test_hidden_answers_are_no_attribute_no_value_and_no_fault() -> None:
    small = {**TYPED, "size": "small"}
    assert attributes_of(FORM, TYPED, {}) == {"size": ("large",), "why": ("beaucoup",)}
    assert attributes_of(FORM, small, {}) == {"size": ("small",), "why": ()}
    assert source_values(FORM, small, {"zone": "drom"}) == {
        "association.zone": "drom",
        "answers.size": "small",
        "answers.small_budget": TYPED["small_budget"],
        "request.amount": "6000.00",
    }
    assert {section: [one.code for one in found] for section, found in check_form(FORM, small).items()} == {
        "start": [],
        "small": ["unreadable"],
    }


HOLDS = [
    ({"equals": "250000"}, "250000.00", True),
    ({"equals": "250000.0"}, "250000", True),
    ({"equals": "250_000"}, "250000.00", True),
    ({"equals": "250000"}, "250000.01", False),
    ({"one_of": ["1", "2.50"]}, "2.5", True),
    ({"one_of": ["1", "2.50"]}, "3", False),
    ({"contains": "7"}, ["5.0", "7.0"], True),
    ({"equals": "01"}, "1", False),  # a code
    ({"equals": "1"}, "01", False),
    ({"equals": "01"}, "01", True),
    ({"equals": "oui"}, True, True),
    ({"equals": "-3"}, Decimal("-3.0"), True),
    ({"min": "2000", "max": "2000.00"}, "2000", True),
    ({"min": "2000.01"}, "2000", False),
    ({"min": "5"}, "cinq", False),
    ({"max": "2024-12-31"}, date(2024, 12, 31), True),
    ({"max": "2024-12-31"}, "2025-01-01", False),
    ({"min": "2024-12-31"}, "2024-12-31", True),
    ({"min": "2024-12-31"}, "2024-12-30", False),
    ({"min": "2024-01-01", "max": "2024-12-31"}, "2024-06-01", True),
    ({"max": "2024-12-31"}, "2024", False),
    ({"max": "3000"}, "2024-12-31", False),
    ({"equals": "2024-12-31"}, date(2024, 12, 31), True),
    ({"equals": "250000"}, {"products": {"request": "250000.00"}}, True),
    ({"equals": "250000"}, {"value": "250000.00", "detail": ""}, True),
    ({"equals": "x"}, "", False),
    ({"min": "0"}, None, False),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "answer", "holds"), HOLDS)
def test_a_condition_compares_numbers_as_numbers_and_days_as_days(
    condition: dict[str, Any], answer: object, holds: bool
) -> None:
    assert condition_holds(Condition.model_validate(condition), answer) is holds


def test_a_rule_on_the_requested_amount_or_on_the_day_of_declaration_is_met_by_the_value() -> None:
    rules = [
        EligibilityRule.model_validate(rule)
        for rule in (
            {"id": "exactly", "source": "request.amount", "check": {"equals": "6000"}, "rule": "6 000 euros."},
            {"id": "before", "source": "association.created_on", "check": {"max": "2024-12-31"}, "rule": "Avant 2025."},
            {"id": "hidden", "source": "answers.why", "check": {"equals": "beaucoup"}, "rule": "Beaucoup."},
        )
    ]
    association = {"created_on": date(2019, 5, 28)}
    values = source_values(FORM, {**TYPED, "size": "small"}, association)
    assert [one.state for one in check_eligibility(rules, {}, values).outcomes] == ["met", "met", "unknown"]
    late = source_values(FORM, TYPED, {"created_on": date(2025, 1, 1)})
    assert [one.state for one in check_eligibility(rules, {}, late).outcomes] == ["broken", "broken", "met"]
