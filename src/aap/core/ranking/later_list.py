"""A list in force later than its run: what left, was called, or was corrected since, each checked against the rules.

A later list's bundle is the bundle of the run with all changes since, in their order, and `previous`: the fingerprint
of the bundle as it was one change before, back to the run's own, so that none can be added, dropped or turned round
without its successors telling. A change is replayed with everything else as it then was.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from aap.core.call.canonical import decimal_text
from aap.core.french import NBSP, listed
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run_input import json_text
from aap.core.results import Table
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.replacement import broken_rules, entries

ChangeKind = Literal["left", "called", "corrected", "amount"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)

Place = Literal["laureate", "not_selected"]
PLACES: tuple[Place, ...] = get_args(Place)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a list. `amount`: euros, of `amount` and of a laureate who comes in; absent: what the run says.

    `place`: of `corrected`, where the application stands from then on.
    """

    kind: ChangeKind
    application_id: str
    reason: str
    author: str
    on: date
    amount: Decimal | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class BrokenChange:
    """What keeps a change from standing. `number` counts from 1; `message`: a French sentence."""

    number: int
    message: str


@dataclass
class ListInForce:
    """A list at one moment. `granted`: laureate → cents, in rank order; `waiting`: in the order of the waiting list."""

    granted: dict[str, int]
    waiting: list[str]
    gone: list[str] = field(default_factory=list)  # no candidates any more
    places: int = 0  # that laureates left, and nobody took

    @property
    def total(self) -> int:
        """Cents granted."""
        return sum(self.granted.values())


def first_list(ranking: Table) -> ListInForce:
    """The list of a run, from its table."""
    at = {name: place for place, name in enumerate(ranking.header)}
    granted = {
        row[at["application_id"]]: int(Decimal(row[at["granted_amount"]]) * 100)
        for row in ranking.rows
        if row[at["status"]] == "laureate"
    }
    waiting = sorted(
        (row for row in ranking.rows if row[at["waiting_rank"]]), key=lambda row: int(row[at["waiting_rank"]])
    )
    return ListInForce(granted, [row[at["application_id"]] for row in waiting])


def replay(
    ranking: Ranking, rules: Rules, first: ListInForce, changes: Sequence[Change]
) -> tuple[ListInForce, tuple[BrokenChange, ...]]:
    """The list after all changes, and which of them break a rule of the call or have nothing to change.

    A change that can't be made is told and left out; one that breaks a rule is told and made, for the later ones rest on
    it.
    """
    order = [candidate.id for candidate in ranking.candidates]
    state = ListInForce(dict(first.granted), list(first.waiting))
    faults: list[BrokenChange] = []
    for number, change in enumerate(changes, start=1):
        candidates = as_granted(ranking.candidates, state.granted)
        faults += [BrokenChange(number, message) for message in _made(state, candidates, rules, change)]
        state.granted = {name: state.granted[name] for name in sorted(state.granted, key=order.index)}
    return state, tuple(faults)


def reduced_grants(ranking: Ranking, first: ListInForce) -> dict[str, int]:
    """Laureate → its own grant in cents, of those whom the run granted less where money ended (`reduced`). What the jury
    cut is the own grant of its application: it is not among them."""
    own = {one.id: one.grant for one in ranking.candidates}
    return {name: own[name] for name, granted in first.granted.items() if granted < own[name]}


def as_granted(candidates: Sequence[Candidate], granted: Mapping[str, int]) -> list[Candidate]:
    """The candidates with what they are granted (name → cents), those without a grant as they are."""
    return [dataclasses.replace(one, grant=granted.get(one.id, one.grant)) for one in candidates]


def _made(state: ListInForce, candidates: Sequence[Candidate], rules: Rules, change: Change) -> Iterator[str]:
    """Makes the change in `state`; says what is wrong with it."""
    name = change.application_id
    if name not in {one.id for one in candidates}:
        yield f"le dossier {name} n’est pas candidat dans ce classement."
        return
    inside = name in state.granted
    comes_in = change.kind == "called" or (change.kind == "corrected" and change.place == "laureate")
    if comes_in and inside:
        yield f"le dossier {name} est déjà lauréat."
        return
    if change.kind == "corrected" and not comes_in and name in state.waiting:
        state.waiting.remove(name)  # it waits no longer: nobody's place is touched
        return
    if not comes_in and not inside:
        yield f"le dossier {name} n’est pas lauréat."
        return
    before = broken_rules(candidates, rules, state.granted, state.gone)
    if change.kind == "called":
        yield from _call(state, candidates, rules, name)
    if change.kind == "amount" or comes_in:
        own = next(one.grant for one in candidates if one.id == name)
        state.granted[name] = own if change.amount is None else int(change.amount * 100)
        state.waiting = [one for one in state.waiting if one != name]
        state.gone = [one for one in state.gone if one != name]
        state.places -= comes_in
    else:
        del state.granted[name]
        state.places += 1
        state.gone.append(name)
    if change.kind in ("amount", "corrected"):
        for rule in broken_rules(as_granted(candidates, state.granted), rules, state.granted, state.gone):
            if rule not in before:
                yield f"ce changement enfreint la règle {rule}."


def _call(state: ListInForce, candidates: Sequence[Candidate], rules: Rules, name: str) -> Iterator[str]:
    if state.places <= 0:
        yield "aucune place n’est libre."
        return
    found = entries(candidates, rules, list(state.granted), state.waiting, state.gone)
    if found.enters == name:
        return
    if found.enters is not None:
        yield f"les règles appellent le dossier {found.enters}, pas le dossier {name}."
    elif name not in found.broken:
        yield f"le dossier {name} n’est pas sur la liste d’attente."
    else:
        broken = listed([str(rule) for rule in found.broken[name]])
        yield f"l’entrée du dossier {name} enfreint une règle{NBSP}: {broken}."


# --- the bundle -------------------------------------------------------------------------------------------------------


def fingerprint(bundle: Mapping[str, Any]) -> str:
    """SHA-256 of a bundle's canonical JSON: what the next list's bundle names as `previous`."""
    return hashlib.sha256(json_text(bundle).encode()).hexdigest()


def later_bundle(first: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The bundle of the list after `changes`; the run's own where there are none."""
    own = {key: value for key, value in first.items() if key not in ("previous", "changes")}
    made: dict[str, Any] = own
    values = [change_value(change) for change in changes]
    for count in range(1, len(values) + 1):
        made = {**own, "previous": fingerprint(made), "changes": values[:count]}
    return made


def change_value(change: Change) -> dict[str, Any]:
    """A change in JSON's types."""
    return {
        "change": change.kind,
        "application_id": change.application_id,
        "amount": None if change.amount is None else decimal_text(change.amount),
        "place": change.place,
        "reason": change.reason,
        "author": change.author,
        "date": change.on.isoformat(),
    }
