"""Budgets that balance to the euro, and look like what associations send."""

from __future__ import annotations

from random import Random

from aap.core.budgets.accounting import Budget, budget_of
from aap.demo.associations import DemoAssociation

_OTHER_FUNDERS = (
    "74-etat",
    "74-region",
    "74-departement",
    "74-commune",
    "74-social",
    "74-prive",
    "74-asp",
    "74-europe",
)


def project_budget(association: DemoAssociation, request: int, share: float, rng: Random) -> Budget:
    """The project's year. `request` in whole euros; `share` (at most 0.8): its part of the products."""
    total = _round(request / share, 100)
    salaried = association.employees > 0
    amounts = _spread(
        total,
        {
            "60": rng.uniform(4, 11),
            "61": rng.uniform(3, 8),
            "62": rng.uniform(6, 14) if salaried else rng.uniform(35, 50),
            "63": rng.uniform(1, 3) if salaried else 0,
            "641": rng.uniform(38, 52) if salaried else 0,
            "645": rng.uniform(13, 20) if salaried else 0,
            "648": rng.uniform(0.5, 2) if salaried and rng.random() < 0.5 else 0,
            "65": rng.uniform(1, 4) if rng.random() < 0.4 else 0,
            "68": rng.uniform(0.5, 2) if rng.random() < 0.3 else 0,
            "indirect": rng.uniform(4, 13),
        },
    )
    funders = rng.sample(_OTHER_FUNDERS, rng.choice((2, 3, 3, 4)))
    products = _spread(
        total - request,
        {**{funder: rng.uniform(5, 20) for funder in funders}, "70": rng.uniform(0, 4), "756": rng.uniform(1, 4),
         "758": rng.uniform(1, 8)},
    )  # fmt: skip
    return _budget("project", {**amounts, **products, "request": request, **_volunteering(association, rng, 0.6)})


def association_budget(association: DemoAssociation, project: Budget, rng: Random) -> Budget:
    """The association's year, which holds the project's."""
    total = max(_round(association.yearly_income * rng.uniform(0.98, 1.12), 500), project.charges // 100 + 4000)
    salaried = association.employees > 0
    amounts = _spread(
        total,
        {
            "60": rng.uniform(5, 12),
            "61": rng.uniform(6, 12),
            "62": rng.uniform(8, 15) if salaried else rng.uniform(30, 45),
            "63": rng.uniform(1, 3),
            "641": rng.uniform(38, 48) if salaried else 0,
            "645": rng.uniform(13, 19) if salaried else 0,
            "65": rng.uniform(1, 3),
            "66": rng.uniform(0.1, 0.5),
            "68": rng.uniform(1, 3),
        },
    )
    products = _spread(
        total,
        {
            "70": rng.uniform(3, 14),
            "74-etat": rng.uniform(22, 40),
            "74-region": rng.uniform(3, 12),
            "74-departement": rng.uniform(4, 14),
            "74-commune": rng.uniform(6, 16),
            "74-social": rng.uniform(2, 10),
            "74-asp": rng.uniform(0, 4) if salaried else 0,
            "74-prive": rng.uniform(4, 15),
            "756": rng.uniform(0.5, 4),
            "758": rng.uniform(2, 9),
            "76": rng.uniform(0.05, 0.3),
        },
    )
    return _budget("association", {**amounts, **products, **_volunteering(association, rng, 1.0)})


def _volunteering(association: DemoAssociation, rng: Random, part: float) -> dict[str, int]:
    """Volunteers' hours and premises lent, the same on both sides (86 = 87)."""
    hours = int(association.volunteers * part * rng.uniform(25, 45))
    amounts = {"864": hours * 15, "870": hours * 15}
    if rng.random() < 0.6:
        premises = rng.randrange(8, 60) * 100
        amounts |= {"861": premises, "871": premises}
    return amounts


def _spread(total: int, weights: dict[str, float]) -> dict[str, int]:
    """`total` euros over the weights, rounded to 10 €; the largest line takes what rounding leaves."""
    whole = sum(weights.values())
    amounts = {code: _round(total * weight / whole, 10) for code, weight in weights.items() if weight > 0}
    largest = max(amounts, key=lambda code: amounts[code])
    amounts[largest] += total - sum(amounts.values())
    return amounts


def _round(value: float, step: int) -> int:
    return max(step, round(value / step) * step)


def _budget(kind: str, euros: dict[str, int]) -> Budget:
    cents = {code: amount * 100 for code, amount in euros.items()}
    return budget_of("project" if kind == "project" else "association", cents)
