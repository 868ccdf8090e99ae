"""The rules of a selection in French words, as sentences name them."""

from __future__ import annotations

from fractions import Fraction

from aap.core import french
from aap.core.selection.problem import QuotaRule


def bounds_in_words(quota: QuotaRule, kind: str) -> str:
    """The minimum (`kind` quota_min) or maximum (quota_max) of a quota: `au moins 10 projets`."""
    parts = []
    if kind == "quota_min":
        if quota.min is not None:
            parts.append(f"au moins {french.count(quota.min, 'projet')}")
        if quota.min_share is not None:
            parts.append(f"au moins {french.percent(quota.min_share)} du montant attribué")
    else:
        if quota.max is not None:
            parts.append(f"au plus {french.count(quota.max, 'projet')}")
        if quota.max_share is not None:
            parts.append(f"au plus {french.percent(quota.max_share)} de l’enveloppe")
    return french.listed(parts)


def rule_name(quota: QuotaRule, value: str) -> str:
    """`« Par région » pour « corse »`, or the title alone for a quota with `where`."""
    name = french.quoted(quota.title or quota.id)
    return f"{name} pour {french.quoted(value)}" if value else name


def decimals_apart(first: Fraction, second: Fraction, *, least: int = 1, most: int = 8) -> int:
    """The fewest decimals with which two different values read differently."""
    for decimals in range(least, most):
        if french.rounded(first, decimals) != french.rounded(second, decimals):
            return decimals
    return least if first == second else most
