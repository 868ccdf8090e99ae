"""Quotas in French words, as sentences name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aap.core import french
from aap.core.quotas.bounds import IN_REASONS, IN_RULES, SIDES, Bound, of_side


class Bounded(Protocol):
    """A quota, of the call file or as the engine holds it."""

    @property
    def bounds(self) -> tuple[Bound, ...]: ...


class Named(Protocol):
    """A quota that has a name."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str | None: ...


def quota_in_words(quota: Bounded) -> str:
    """All that a quota asks for: `au moins 10 projets et au plus 25 % de l’enveloppe`."""
    return _reasons([bound for side in SIDES for bound in of_side(quota.bounds, side)])


def bounds_in_words(quota: Bounded, kind: str) -> str:
    """Only the minimum (`kind` quota_min) or the maximum (quota_max); empty where the quota has none."""
    return _reasons(of_side(quota.bounds, kind))


def rule_of_quota(quota: Bounded) -> str:
    """All that a quota asks for, as the rules of a call say it: `au moins 10 lauréats`."""
    return french.listed([bound.in_words(IN_RULES) for bound in quota.bounds])


def _reasons(bounds: Sequence[Bound]) -> str:
    return french.listed([bound.in_words(IN_REASONS) for bound in bounds])


def rule_name(quota: Named, value: str) -> str:
    """`« Par région » pour « corse »`, or the title alone for a quota with `where`."""
    name = french.quoted(quota.title or quota.id)
    return f"{name} pour {french.quoted(value)}" if value else name
