"""Figures of a run's report, as JSON writes them."""

from __future__ import annotations

from typing import Any

from aap.core.quotas.bounds import in_report
from aap.core.scoring.totals import UNIT
from aap.core.selection.outcome import QuotaOutcome


def quota_line(outcome: QuotaOutcome) -> dict[str, Any]:
    """A quota's line: bounds and `achieved` count laureates; a quota with a share also bears its shares and money."""
    quota = outcome.quota
    line: dict[str, Any] = {
        "id": quota.id,
        "value": outcome.value or None,
        **in_report(quota.bounds, ""),
        "achieved": outcome.count,
        "price": None if outcome.price is None else score_number(outcome.price),
    }
    for word in dict.fromkeys(bound.reported_with for bound in quota.bounds if bound.reported_with):
        line |= in_report(quota.bounds, word)
    if any(bound.counts == "money" for bound in quota.bounds):
        line["achieved_amount"] = euros_number(round(outcome.money))
    return line


def euros_number(cents: int) -> int | float:
    """Cents as a JSON number of euros: whole where it is."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def score_number(scaled: int) -> int | float:
    """Ten-thousandths as a JSON number of points."""
    return scaled // UNIT if scaled % UNIT == 0 else scaled / UNIT


def significant(value: float) -> float:
    """A variance to 6 decimals, so that the last bits of a platform don't show."""
    return round(value, 6) + 0.0
