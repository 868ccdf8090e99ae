"""What changed from one run of a ranking to a later one: decisions, who comes in and goes out, and the inputs in counts.

Values in, values out: both runs as they were kept. Nothing is ranked again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from aap.core.inputs import JuryDecision
from aap.core.ranking.run_input import RunInput, inputs_value
from aap.core.results import ResultRow, Status


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it was kept. `rules`, `seed`: what tells two versions of the rules, and of the draw, apart."""

    given: RunInput
    rows: Sequence[ResultRow]
    rules: str = ""
    seed: str = ""


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """An application whose place among the laureates and on the waiting list is another, or its amount.

    None: it was in no such run. Amounts in cents; `waiting_*`: rank on the waiting list.
    """

    application_id: str
    association: str
    before: Status | None
    after: Status | None
    amount_before: int | None
    amount_after: int | None
    waiting_before: int | None
    waiting_after: int | None


@dataclass(frozen=True, slots=True)
class InputCounts:
    """How many are new, gone, and not what they were."""

    added: int
    removed: int
    changed: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class RunChanges:
    """From an earlier run to a later one; `moves` in the order of the ranking, who is gone last.

    A decision with another reason or amount is one that is taken away and one that is added.
    """

    added: tuple[JuryDecision, ...]
    removed: tuple[JuryDecision, ...]
    laureates_in: tuple[PlaceChange, ...]
    laureates_out: tuple[PlaceChange, ...]
    other_amounts: tuple[PlaceChange, ...]
    waiting_in: tuple[PlaceChange, ...]
    waiting_out: tuple[PlaceChange, ...]
    applications: InputCounts
    marks: InputCounts
    rules: bool
    seed: bool

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return any(getattr(self, name) for name in self.__slots__)


def run_changes(before: KeptRun, after: KeptRun) -> RunChanges:
    """What is not the same in the later run."""
    earlier, later = inputs_value(before.given), inputs_value(after.given)
    held, now = set(before.given.decisions), set(after.given.decisions)
    moves = _moves(before.rows, after.rows)
    return RunChanges(
        added=tuple(one for one in _ordered(after.given) if one not in held),
        removed=tuple(one for one in _ordered(before.given) if one not in now),
        laureates_in=tuple(one for one in moves if one.after == "laureate" != one.before),
        laureates_out=tuple(one for one in moves if one.before == "laureate" != one.after),
        other_amounts=tuple(
            one for one in moves if one.before == one.after == "laureate" and one.amount_before != one.amount_after
        ),
        waiting_in=tuple(one for one in moves if one.after == "waiting_list" != one.before),
        waiting_out=tuple(one for one in moves if one.before == "waiting_list" != one.after),
        applications=_counted(
            {one["id"]: one for one in earlier["applications"]}, {one["id"]: one for one in later["applications"]}
        ),
        marks=_counted(
            {tuple(mark[:3]): mark[3] for mark in earlier["marks"]},
            {tuple(mark[:3]): mark[3] for mark in later["marks"]},
        ),
        rules=before.rules != after.rules,
        seed=before.seed != after.seed,
    )


def _ordered(given: RunInput) -> list[JuryDecision]:
    return sorted(given.decisions, key=lambda one: (one.application_id, one.decision, one.criterion, one.reviewer_id))


def _moves(before: Sequence[ResultRow], after: Sequence[ResultRow]) -> list[PlaceChange]:
    held, now = ({row.application_id: row for row in rows} for rows in (before, after))
    order = [*now, *(name for name in held if name not in now)]
    return [_move(name, held.get(name), now.get(name)) for name in order]


def _move(name: str, before: ResultRow | None, after: ResultRow | None) -> PlaceChange:
    known = after or before
    return PlaceChange(
        application_id=name,
        association=known.association if known else "",
        before=before.status if before else None,
        after=after.status if after else None,
        amount_before=before.granted_amount if before else None,
        amount_after=after.granted_amount if after else None,
        waiting_before=before.waiting_rank if before else None,
        waiting_after=after.waiting_rank if after else None,
    )


def _counted(before: Mapping[Hashable, object], after: Mapping[Hashable, object]) -> InputCounts:
    return InputCounts(
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        changed=sum(before[name] != after[name] for name in before.keys() & after.keys()),
    )
