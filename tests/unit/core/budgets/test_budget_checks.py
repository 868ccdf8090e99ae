"""Remarks on budgets: what stops a submission, what surprises."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aap.core.budgets.accounting import Budget, budget_of
from aap.core.budgets.budget_checks import RequestLimits, check_budget, check_together

LIMITS = RequestLimits.of_call(Decimal(20_000), Decimal(600_000), Decimal("0.80"))
SOUND = {"60": 1_000_000, "641": 2_000_000, "645": 800_000, "request": 3_000_000, "758": 800_000}


def codes(budget: Budget, employees: Decimal | None = Decimal(3)) -> list[tuple[str, str]]:
    return [(note.code, note.account) for note in check_budget(budget, limits=LIMITS, employees=employees)]


def test_a_sound_budget_has_no_remark() -> None:
    assert codes(budget_of("project", SOUND)) == []


def test_an_empty_budget_says_so_and_nothing_else() -> None:
    assert codes(budget_of("project", {})) == [("empty", "charges")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"60": 900_000}, [("unbalanced", "products")]),
        ({"864": 5}, [("contributions_unbalanced", "contributions")]),
        ({"request": 0, "74-etat": 3_000_000}, [("request_missing", "request")]),
        ({"request": 1_999_999, "70": 1_000_001}, [("request_below_floor", "request")]),
        ({"request": 2_000_000, "70": 1_000_000}, []),
        ({"60": 97_200_000, "request": 60_000_000, "758": 40_000_000}, []),
        ({"60": 97_200_001, "request": 60_000_001, "758": 39_999_999 + 1}, [("request_above_ceiling", "request")]),
        ({"request": 3_040_000, "758": 760_000}, []),
        ({"request": 3_040_001, "758": 759_999}, [("share_above", "request")]),
        ({"645": 0, "60": 1_800_000}, [("salaries_without_social", "645")]),
        ({"641": 0, "60": 3_000_000}, [("social_without_salaries", "641")]),
        ({"60": 200_000, "indirect": 800_000}, [("indirect_high", "indirect")]),
        ({"60": 240_000, "indirect": 760_000}, []),
        ({"758": 0, "74-region": 800_000}, [("only_public", "products")]),
    ],
)
def test_each_remark_stands_beside_its_account(changes: dict[str, int], expected: list[tuple[str, str]]) -> None:
    assert codes(budget_of("project", {**SOUND, **changes})) == expected


@pytest.mark.parametrize(
    ("charges", "words"),
    [
        (900_000, "Les produits dépassent les charges de 1\u202f000\u00a0€ : 37\u202f000\u00a0€ de charges, "),
        (999_999, "Les produits dépassent les charges de 0,01\u00a0€ : 37\u202f999,99\u00a0€ de charges, "),
        (1_100_000, "Les charges dépassent les produits de 1\u202f000\u00a0€ : 39\u202f000\u00a0€ de charges, "),
    ],
)
def test_a_gap_is_told_with_its_direction(charges: int, words: str) -> None:
    [note] = check_budget(budget_of("project", {**SOUND, "60": charges}), limits=LIMITS)
    assert note.message == words + "38\u202f000\u00a0€ de produits. Ils doivent être égaux."


def test_the_share_of_overheads_is_told_to_a_tenth() -> None:
    [note] = check_budget(budget_of("project", {**SOUND, "60": 145_500, "indirect": 854_500}), limits=LIMITS)
    assert note.message == (
        "Les charges indirectes représentent 22,5\u202f% du total : préparez la clé de répartition."
    )


def test_salaries_without_staff_are_surprising_not_wrong() -> None:
    [note] = check_budget(budget_of("project", SOUND), limits=LIMITS, employees=Decimal(0))
    assert (note.code, note.severity, note.account) == ("salaries_without_staff", "warning", "641")
    assert note.message == ("Vous prévoyez 20\u202f000\u00a0€ de salaires, mais votre dossier ne compte aucun salarié.")


def test_staff_without_salaries_is_asked_of_the_association_only() -> None:
    amounts = {"60": 100, "756": 100}
    notes = check_budget(budget_of("association", amounts), employees=Decimal(1))
    assert [note.message for note in notes] == ["Votre dossier compte un salarié, mais aucun salaire n’est prévu."]


def test_errors_come_before_warnings() -> None:
    budget = budget_of("project", {**SOUND, "645": 0})
    assert [note.severity for note in check_budget(budget, limits=LIMITS)] == ["error", "warning"]


def test_a_share_above_the_limit_is_told_with_the_largest_request() -> None:
    budget = budget_of("project", {**SOUND, "request": 3_040_001, "758": 759_999})
    [note] = check_budget(budget, limits=LIMITS)
    assert note.message == (
        "La demande ne peut pas dépasser 80\u202f% du budget du projet, "
        "soit 30\u202f400\u00a0€ pour un total de 38\u202f000\u00a0€."
    )


def test_a_project_larger_than_its_association_is_surprising() -> None:
    project = budget_of("project", SOUND)
    assert check_together(project, budget_of("association", {"60": 3_800_000})) == ()
    [note] = check_together(project, budget_of("association", {"60": 3_799_999}))
    assert (note.code, note.severity) == ("project_above_association", "warning")
