"""The rules as linear rows over the candidates, in exact integers.

Every row reads `sum of coefficient[j] * retained[j] <= bound`; a minimum is the negated row. Shares become integers by
multiplying through by the common denominator, so that "the rows hold" and "the rules hold" are the same statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from aap.core.quotas.bounds import SIDES, Group, of_side
from aap.core.selection.problem import Candidate, QuotaRule, RuleRef, Rules

Retained = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.int64]
Integers = npt.NDArray[Any]  # int64, or Python integers (dtype object) where int64 could overflow

_SAFE = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """`sum(coefficient * retained[columns]) <= bound`. `rule` is the row's name as a reason."""

    rule: RuleRef
    columns: Columns
    coefficient: Integers
    bound: int

    @property
    def quota_part(self) -> tuple[str, str] | None:
        """(quota id, value) of a quota's row, None for the others."""
        return (self.rule.id, self.rule.value) if self.rule.kind in ("quota_min", "quota_max") else None

    def activity(self, retained: Retained) -> int:
        return int(self.coefficient[retained[self.columns]].sum())

    def holds(self, retained: Retained) -> bool:
        return self.activity(retained) <= self.bound


def dense(row: Row, size: int) -> Integers:
    """The row's coefficients for each of `size` columns."""
    values: Integers = np.zeros(size, row.coefficient.dtype)
    values[row.columns] = row.coefficient
    return values


def make_row(rule: RuleRef, coefficients: Mapping[int, int], bound: int) -> Row:
    """A row from column -> coefficient; zeros are left out."""
    columns = [column for column, coefficient in coefficients.items() if coefficient]
    exact = [coefficients[column] for column in columns]
    wide = sum(map(abs, exact)) + abs(bound) >= _SAFE
    return Row(rule, np.array(columns, np.int64), np.array(exact, object if wide else np.int64), bound)


@dataclass(frozen=True, slots=True)
class QuotaPart:
    """One quota and one value of it (empty for `where`), with who belongs to it.

    `share_of[j]`: the part of candidate j's money that counts for it (absent: not a member).
    """

    quota: QuotaRule
    value: str
    share_of: Mapping[int, Fraction]

    @property
    def key(self) -> tuple[str, str]:
        return (self.quota.id, self.value)

    def money(self, candidates: Sequence[Candidate], retained: Retained) -> Fraction:
        """Cents granted to the retained members, split among the values of those that have several."""
        return sum((part * candidates[j].grant for j, part in self.share_of.items() if retained[j]), Fraction(0))

    def count(self, retained: Retained) -> int:
        return sum(1 for j in self.share_of if retained[j])


@dataclass(frozen=True, slots=True)
class System:
    """All the rules of a selection over n candidates in rank order.

    `protected` and `imposed` are those that must be retained whatever the rows say.
    """

    candidates: tuple[Candidate, ...]
    rules: Rules
    rows: tuple[Row, ...]
    parts: tuple[QuotaPart, ...]
    imposed: Retained
    worth: Columns  # score, 0 where negative

    @property
    def size(self) -> int:
        return len(self.candidates)

    @property
    def protected(self) -> Retained:
        """The protected head (`value` only)."""
        head = np.zeros(self.size, np.bool_)
        if self.rules.mode == "value":
            head[: self.rules.protect_top] = True
        return head

    def rows_without(self, removed: frozenset[tuple[str, str]]) -> list[Row]:
        """The rows but those of the given quota parts."""
        return [row for row in self.rows if row.quota_part not in removed] if removed else list(self.rows)


def compile_system(candidates: Sequence[Candidate], rules: Rules) -> System:
    """Write the rules as rows.

    Raises:
        ValueError: two candidates with one id, a grant below 0, or a `max_share` without a budget.
    """
    if len({candidate.id for candidate in candidates}) != len(candidates):
        raise ValueError("two candidates have the same id")
    if any(candidate.grant < 0 for candidate in candidates):
        raise ValueError("a grant is below 0")
    rows: list[Row] = []
    if rules.laureates is not None:
        rows.append(make_row(RuleRef("laureates"), dict.fromkeys(range(len(candidates)), 1), rules.laureates))
    if rules.limit is not None:
        grants = {j: candidate.grant for j, candidate in enumerate(candidates)}
        rows.append(make_row(RuleRef("budget"), grants, rules.limit))
    parts = [part for quota in rules.quotas for part in _parts(quota, candidates)]
    for part in parts:
        rows.extend(_rows_of(part, candidates, rules.budget))
    return System(
        candidates=tuple(candidates),
        rules=rules,
        rows=tuple(rows),
        parts=tuple(parts),
        imposed=np.array([candidate.imposed for candidate in candidates], np.bool_),
        worth=np.array([max(0, candidate.score) for candidate in candidates], np.int64),
    )


def _parts(quota: QuotaRule, candidates: Sequence[Candidate]) -> list[QuotaPart]:
    if quota.where is not None:
        members = {}
        for j, candidate in enumerate(candidates):
            part = Fraction(1)
            for attribute, accepted in quota.where.items():
                held = _values(candidate, attribute)
                part *= Fraction(sum(value in accepted for value in held), len(held) or 1)
            if part:
                members[j] = part
        return [QuotaPart(quota, "", members)]
    assert quota.each is not None
    by_value: dict[str, dict[int, Fraction]] = {}
    for j, candidate in enumerate(candidates):
        held = _values(candidate, quota.each)
        for value in held:
            by_value.setdefault(value, {})[j] = Fraction(1, len(held))
    return [QuotaPart(quota, value, by_value[value]) for value in sorted(by_value)]


def _values(candidate: Candidate, attribute: str) -> list[str]:
    """The distinct values in cell order; an empty one is no value."""
    return [value for value in dict.fromkeys(candidate.attributes.get(attribute, ())) if value]


def _rows_of(part: QuotaPart, candidates: Sequence[Candidate], budget: int | None) -> list[Row]:
    """The minima, then the maxima."""
    group = Group(part.share_of, [candidate.grant for candidate in candidates], budget)
    rows = []
    for side in SIDES:
        for bound in of_side(part.quota.bounds, side):
            try:
                coefficients, most = bound.row(group)
            except ValueError as wrong:
                raise ValueError(f"quota {part.quota.id}: {wrong}") from wrong
            rows.append(make_row(RuleRef(side, part.quota.id, part.value), coefficients, most))
    return rows
