"""The rules of a selection in French words, as sentences name them."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from aap.core import french
from aap.core.selection.problem import QuotaRule


class Bounds(Protocol):
    """What a quota asks for, of the call file or as the engine holds it."""

    @property
    def min(self) -> int | None: ...
    @property
    def max(self) -> int | None: ...
    @property
    def min_share(self) -> Decimal | Fraction | None: ...
    @property
    def max_share(self) -> Decimal | Fraction | None: ...


def quota_in_words(quota: Bounds) -> str:
    """All that a quota asks for: `au moins 10 projets et au plus 25 % de l’enveloppe`."""
    return french.listed([*_bounds(quota, "quota_min"), *_bounds(quota, "quota_max")])


def bounds_in_words(quota: Bounds, kind: str) -> str:
    """Only the minimum (`kind` quota_min) or the maximum (quota_max); empty where the quota has none."""
    return french.listed(_bounds(quota, kind))


def _bounds(quota: Bounds, kind: str) -> list[str]:
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
    return parts


def rule_name(quota: QuotaRule, value: str) -> str:
    """`« Par région » pour « corse »`, or the title alone for a quota with `where`."""
    name = french.quoted(quota.title or quota.id)
    return f"{name} pour {french.quoted(value)}" if value else name


def decimals_apart(first: Fraction, second: Fraction) -> int:
    """The fewest decimals, one at least, with which two different values read differently."""
    if first == second:
        return 1
    return next(
        decimals
        for decimals in itertools.count(1)
        if french.rounded(first, decimals) != french.rounded(second, decimals)
    )
