"""What a selection answers: who is retained, why, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from aap.core.selection.problem import QuotaRule, RuleRef

ReasonKind = Literal[
    "selected", "selected_by_quota", "reduced", "drawn", "jury_in", "count_reached", "budget_exhausted", "quota_max", "quota_min"
]  # fmt: skip


class SelectionError(RuntimeError):
    """The solver gave an answer that the exact check refutes: never a result."""


class NothingFound(Exception):
    """The allowed work ended before a selection was found, and nothing proves that there is none."""


class InfeasibleRules(Exception):
    """The rules can't all hold.

    `conflict` is a smallest set of rules that can't hold together (`laureates`, `budget`, `protect_top`,
    `quota:<id>`, `decision:<application_id>`), in this order; `values[<quota id>]` are the values of that quota (with
    `each`) that take part. `smallest_proven` is False where only "no rule can be left out" was shown, `irreducible`
    where the allowed work ended before that. `lot`: whose rules they are, where the call has lots.
    """

    def __init__(
        self,
        conflict: tuple[RuleRef, ...],
        values: Mapping[str, tuple[str, ...]] | None = None,
        smallest_proven: bool = True,
        irreducible: bool = True,
        lot: str = "",
    ) -> None:
        self.conflict = conflict
        self.values = dict(values or {})
        self.smallest_proven = smallest_proven
        self.irreducible = irreducible
        self.lot = lot
        super().__init__(", ".join(self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """The conflict by id, a quota with its values: `quota:regions=bretagne|corse`, `lot:collectif/budget`."""
        start = f"lot:{self.lot}/" if self.lot else ""
        return tuple(
            f"{start}{rule}={'|'.join(self.values[rule.id])}"
            if rule.kind == "quota" and self.values.get(rule.id)
            else f"{start}{rule}"
            for rule in self.conflict
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code: `selected`, `selected_by_quota:<id>`, `quota_max:<id>=<value>` …"""

    kind: ReasonKind
    quota: str = ""
    value: str = ""

    def __str__(self) -> str:
        tail = f"{self.quota}={self.value}" if self.value else self.quota
        return f"{self.kind}:{tail}" if tail else self.kind


@dataclass(frozen=True, slots=True)
class Certificate:
    """Why a candidate is passed over, in checked figures.

    `value`: `exchanges` lower-ranked laureates; `broken` says for each rule how many of these exchanges break it (an
    exchange may break several, `decision:<id>` is the laureate that the jury imposed); every exchange breaks one.
    `merit`, proven: `exchanges` is 0 and `broken` is empty; `freeing` is the rule whose removal alone would let it in with
    everything retained before it, None where no single rule does. `adding`: the rules that adding it breaks: to the
    selection in `value`, to everything retained before it (whoever else enters) in `merit`. `last`: where neither
    names a rule, the one whose removal, after that of all rules before it, lets it in. Where the allowed work ended before
    that was known, one of `merit` is as one of `value`. `after_line`: nothing of that was asked, for it stands after the
    funding line and no minimum needs it.
    """

    exchanges: int
    broken: tuple[tuple[RuleRef, int], ...]
    adding: tuple[RuleRef, ...]
    freeing: RuleRef | None = None
    last: RuleRef | None = None
    after_line: bool = False


@dataclass(frozen=True, slots=True)
class FundingLine:
    """The first application that the count or the budget keeps out. `reason`: the rule that does, at its own grant.

    `offer`: cents that it is offered instead (`reduce`); None: it is not retained.
    """

    id: str
    reason: Reason
    offer: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaOutcome:
    """A quota (one value of it for `each`) and what the selection gives it.

    `count` laureates; `money` cents, split among the values of those that have several. `price`: sum of scores
    (x 10,000) without the whole quota less the sum with it; None where it was not asked.
    """

    quota: QuotaRule
    value: str
    members: int  # candidates that belong to it
    count: int
    money: Fraction
    price: int | None


@dataclass(frozen=True, slots=True)
class SelectionOutcome:
    """A selection, checked in integers. Ids are in rank order; money in cents, scores x 10,000.

    `reasons` has every candidate; `certificates` those passed over. `proven_optimal`: it is the best; else the allowed work
    ended before, and `gap` is what the sum could still be short of (None in `merit`). `complete`: the work was enough for
    all that explains the selection (prices, whom a quota let in, in `merit` the rules that stand in the way).
    """

    retained: tuple[str, ...]
    waiting_list: tuple[str, ...]
    reasons: Mapping[str, Reason]
    certificates: Mapping[str, Certificate]
    quotas: tuple[QuotaOutcome, ...]
    objective: int
    granted: int
    proven_optimal: bool
    tie_proven: bool
    solver: str
    gap: int | None = 0
    complete: bool = True
    prices: Mapping[str, int] = field(default_factory=dict)  # quota id -> price; empty where not computed
    only_successors: tuple[str, ...] = ()  # of the waiting list, those who wait only as a laureate's successor
    no_successor: tuple[str, ...] = ()  # laureates whom nobody could replace; empty without a waiting list
    unserved: tuple[str, ...] = ()  # laureates whom somebody could replace, but nobody of the waiting list
    funding_line: FundingLine | None = None
    zone: tuple[str, ...] = ()  # drawn by lot around the line, in the order of the draw
    line_of_scores: str | None = None  # the application at the line before the draw, which moves the line

    def granted_to(self, candidate_id: str, grant: int) -> int:
        """What a retained candidate of that grant is granted: less at the funding line, where it was reduced."""
        line = self.funding_line
        return grant if line is None or line.offer is None or line.id != candidate_id else line.offer
