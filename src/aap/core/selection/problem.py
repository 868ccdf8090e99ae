"""The selection as a problem: who may be retained, under which rules.

Scores are integers of 4 decimals (x 10,000), money is integer cents, shares are exact fractions: every solution is
checked in integers after the solver. What comes out is in `outcome.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from aap.core.quotas.bounds import Bound

RuleKind = Literal["laureates", "budget", "protect_top", "quota", "quota_min", "quota_max", "decision"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked application above every threshold that may be retained; given in rank order."""

    id: str
    score: int  # x 10,000; may be negative (counts as 0 in the sum)
    grant: int  # cents
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    imposed: bool = False  # the jury's `in`
    doubt: int | None = None  # half of the interval of `draw_zone`, x 10,000; None: never in the zone
    draw: str = ""  # its place in the public draw, the smaller first


@dataclass(frozen=True, slots=True)
class RuleRef:
    """Names a rule: `budget`, `laureates`, `quota_max:<id>=<value>`, `decision:<application_id>`.

    `quota_min` and `quota_max` name one side of a quota (counts and shares alike), for one value where the quota has
    `each`; `quota` names a quota as a whole.
    """

    kind: RuleKind
    id: str = ""
    value: str = ""

    def __str__(self) -> str:
        tail = f"{self.id}={self.value}" if self.value else self.id
        return f"{self.kind}:{tail}" if tail else self.kind


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """A quota. `where`: attribute -> accepted values; else `each` names an attribute."""

    id: str
    title: str
    where: Mapping[str, frozenset[str]] | None
    each: str | None
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one selection. `budget` in cents; None is no limit.

    `at_limit` (`merit` only): what happens where money or places run out; `reduce_to`: with `reduce`, the least share of
    its grant that the application at the funding line may be offered. `draw_zone`: whom the marks can't tell apart from
    the line is drawn by lot.
    `received`: cents that another lot left and that are added to the budget; shares of the budget are of the budget alone.
    `waiting_list`: how many wait by rank; `successors`: also whoever could take a laureate's place. `if_none`: the quota
    that isn't asked of an entry where nobody's keeps every rule; empty: the place stays empty.
    """

    mode: Literal["value", "merit"]
    laureates: int | None
    budget: int | None
    protect_top: int = 0
    waiting_list: int = 0
    quotas: tuple[QuotaRule, ...] = ()
    successors: bool = False
    if_none: str = ""
    at_limit: Literal["skip", "stop", "reduce"] = "skip"
    reduce_to: Fraction | None = None
    draw_zone: bool = False
    received: int = 0

    @property
    def draws_a_line(self) -> bool:
        """Whether the selection ends at a funding line."""
        return self.mode == "merit" and self.at_limit != "skip"

    @property
    def limit(self) -> int | None:
        """Cents that may be granted in all; None is no limit."""
        return None if self.budget is None else self.budget + self.received
