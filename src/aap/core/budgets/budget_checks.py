"""What is wrong or surprising in a dossier's budgets, next to the account that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from aap.core.budgets.accounting import REQUEST, Budget
from aap.core.french import euros, number, percent

# A share of overheads above which funders ask for the key of distribution (a habit of services, not a rule of law).
USUAL_INDIRECT_SHARE = Fraction(1, 5)

NoteCode = Literal[
    "empty",
    "unbalanced",
    "contributions_unbalanced",
    "request_missing",
    "request_below_floor",
    "request_above_ceiling",
    "share_above",
    "salaries_without_staff",
    "staff_without_salaries",
    "salaries_without_social",
    "social_without_salaries",
    "indirect_high",
    "only_public",
    "project_above_association",
]


@dataclass(frozen=True, slots=True)
class BudgetNote:
    """One remark. An `error` stops the submission, a `warning` asks to look again.

    `account` is the line that it stands beside: an account's code, or `charges`, `products`, `contributions` for a
    total.
    """

    code: NoteCode
    severity: Literal["error", "warning"]
    account: str
    message: str


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The call's limits on the request, in cents, and on its share of the project's products."""

    floor: int | None = None
    ceiling: int | None = None
    max_share: Fraction | None = None

    @classmethod
    def of_call(
        cls, min_amount: Decimal | None, max_amount: Decimal | None, max_share: Decimal | None
    ) -> RequestLimits:
        """From the call file's euros and share."""
        return cls(
            floor=None if min_amount is None else int(min_amount * 100),
            ceiling=None if max_amount is None else int(max_amount * 100),
            max_share=None if max_share is None else Fraction(max_share),
        )


def check_budget(
    budget: Budget, *, limits: RequestLimits | None = None, employees: Decimal | None = None
) -> tuple[BudgetNote, ...]:
    """Notes on one budget: what must be mended first, then what surprises.

    `limits` apply to a project's budget; `employees` is the number that the dossier gives elsewhere (None: unknown).
    """
    if not budget.amounts:
        return (BudgetNote("empty", "error", "charges", "Le budget est vide : remplissez au moins une charge."),)
    notes = [*_balance_notes(budget)]
    if budget.kind == "project":
        notes += _request_notes(budget, limits or RequestLimits())
    notes += _staff_notes(budget, employees)
    notes += _habit_notes(budget)
    return tuple(sorted(notes, key=lambda note: note.severity != "error"))


def check_together(project: Budget, association: Budget) -> tuple[BudgetNote, ...]:
    """Notes that need both budgets: a project is a part of the association's year."""
    if association.charges and project.charges > association.charges:
        message = (
            f"Le budget du projet ({euros(project.charges)}) dépasse celui de l’association pour la même année "
            f"({euros(association.charges)}), qui devrait le comprendre."
        )
        return (BudgetNote("project_above_association", "warning", "charges", message),)
    return ()


def _balance_notes(budget: Budget) -> list[BudgetNote]:
    notes = []
    if budget.gap:
        more, less = ("produits", "charges") if budget.gap > 0 else ("charges", "produits")
        message = (
            f"Les {more} dépassent les {less} de {euros(abs(budget.gap))} : "
            f"{euros(budget.charges)} de charges, {euros(budget.products)} de produits. Ils doivent être égaux."
        )
        notes.append(BudgetNote("unbalanced", "error", "products", message))
    if budget.contributions_gap:
        message = (
            "Les comptes 86 et 87 doivent être égaux : "
            f"{euros(budget.total('used'))} au compte 86, {euros(budget.total('given'))} au compte 87."
        )
        notes.append(BudgetNote("contributions_unbalanced", "error", "contributions", message))
    return notes


def _request_notes(budget: Budget, limits: RequestLimits) -> list[BudgetNote]:
    request = budget.request
    if not request:
        return [BudgetNote("request_missing", "error", REQUEST, "Indiquez le montant de la subvention demandée.")]
    notes = []
    if limits.floor is not None and request < limits.floor:
        message = f"La demande est inférieure au minimum de l’appel, {euros(limits.floor)}."
        notes.append(BudgetNote("request_below_floor", "error", REQUEST, message))
    if limits.ceiling is not None and request > limits.ceiling:
        message = f"La demande dépasse le maximum de l’appel, {euros(limits.ceiling)}."
        notes.append(BudgetNote("request_above_ceiling", "error", REQUEST, message))
    share = budget.request_share
    if limits.max_share is not None and share is not None and share > limits.max_share:
        largest = int(limits.max_share * budget.products)
        message = (
            f"La demande ne peut pas dépasser {percent(limits.max_share)} du budget du projet, "
            f"soit {euros(largest)} pour un total de {euros(budget.products)}."
        )
        notes.append(BudgetNote("share_above", "error", REQUEST, message))
    return notes


def _staff_notes(budget: Budget, employees: Decimal | None) -> list[BudgetNote]:
    salaries, social = budget.amount("641"), budget.amount("645")
    notes = []
    if salaries and employees == 0:
        message = f"Vous prévoyez {euros(salaries)} de salaires, mais votre dossier ne compte aucun salarié."
        notes.append(BudgetNote("salaries_without_staff", "warning", "641", message))
    if budget.kind == "association" and not salaries and employees:
        message = f"Votre dossier compte {number(employees, 0)} salariés, mais aucun salaire n’est prévu."
        if employees < 2:
            message = "Votre dossier compte un salarié, mais aucun salaire n’est prévu."
        notes.append(BudgetNote("staff_without_salaries", "warning", "641", message))
    if salaries and not social:
        message = "Des salaires sont prévus sans charges sociales."
        notes.append(BudgetNote("salaries_without_social", "warning", "645", message))
    if social and not salaries:
        message = "Des charges sociales sont prévues sans salaires."
        notes.append(BudgetNote("social_without_salaries", "warning", "641", message))
    return notes


def _habit_notes(budget: Budget) -> list[BudgetNote]:
    notes = []
    if budget.charges and Fraction(budget.amount("indirect"), budget.charges) > USUAL_INDIRECT_SHARE:
        share = percent(Fraction(budget.amount("indirect"), budget.charges), 1)
        message = f"Les charges indirectes représentent {share} du total : préparez la clé de répartition."
        notes.append(BudgetNote("indirect_high", "warning", "indirect", message))
    if budget.products and budget.public_aid == budget.products:
        message = "Le budget ne compte que de l’argent public : vérifiez qu’aucun autre produit n’a été oublié."
        notes.append(BudgetNote("only_public", "warning", "products", message))
    return notes
