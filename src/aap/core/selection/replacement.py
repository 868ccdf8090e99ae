"""Who enters when laureates leave, and who waits for that."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aap.core.selection.problem import Candidate, RuleRef, Rules
from aap.core.selection.rows import Columns, Retained, System, compile_system, dense

_AHEAD = 64  # candidates looked at before all others: the successor is mostly near


@dataclass(frozen=True, slots=True)
class WaitingColumns:
    """Columns in rank order: who waits, and which of them only as somebody's successor; laureates whom nobody could
    replace (`no_successor`), and whom somebody could, but nobody who waits (`unserved`)."""

    waiting: tuple[int, ...] = ()
    only_successors: tuple[int, ...] = ()
    no_successor: tuple[int, ...] = ()
    unserved: tuple[int, ...] = ()


def waiting_list(system: System, retained: Retained) -> WaitingColumns:
    """The next by rank and, where the rules say so, the first who could replace each laureate.

    Whom nobody could replace is told wherever there is a waiting list.
    """
    passed = np.flatnonzero(~retained)
    by_rank = passed[: system.rules.waiting_list].tolist()
    if not (system.rules.waiting_list or system.rules.successors):
        return WaitingColumns()
    found = successors(system, retained, passed)
    called = {column for column in found.values() if column is not None} if system.rules.successors else set()
    served = found if system.rules.successors else successors(system, retained, passed[: system.rules.waiting_list])
    return WaitingColumns(
        waiting=tuple(sorted({*by_rank, *called})),
        only_successors=tuple(sorted(called - set(by_rank))),
        no_successor=tuple(laureate for laureate, column in found.items() if column is None),
        unserved=tuple(
            laureate for laureate, column in found.items() if column is not None and served[laureate] is None
        ),
    )


def successors(system: System, retained: Retained, among: Columns) -> dict[int, int | None]:
    """Laureate → the first of `among` (not retained) whose entry in its place, all others staying, keeps every rule.

    A laureate who leaves is no candidate any more: a value of `each` that only it had is asked no longer.
    """
    rows = [dense(row, system.size) for row in system.rows]
    left = [row.bound - row.activity(retained) for row in system.rows]
    alone = {
        part.key: next(iter(part.share_of)) for part in system.parts if part.quota.each and len(part.share_of) == 1
    }
    lonely = [alone.get(row.quota_part or ("", "")) for row in system.rows]
    found: dict[int, int | None] = {}
    for laureate in np.flatnonzero(retained).tolist():
        asked = [
            (values, room + values[laureate])
            for values, room, only in zip(rows, left, lonely, strict=True)
            if only != laureate
        ]
        found[laureate] = None
        for part in (among[:_AHEAD], among[_AHEAD:]):
            fits = np.ones(len(part), np.bool_)
            for values, room in asked:
                fits &= np.asarray(values[part] <= room, np.bool_)
            if fits.any():
                found[laureate] = int(part[int(fits.argmax())])
                break
    return found


@dataclass(frozen=True, slots=True)
class EntriesAfter:
    """What each entry from the waiting list would do once laureates have left.

    `already`: the rules that the departures alone break; `broken`: by name of who waits, those that don't hold once it
    has entered. `enters`: the one whom the rules name, None where the place stays empty. `not_asked`: the quota that is
    not asked of it, because nobody's entry keeps every rule (`if_none`); empty else.
    """

    already: tuple[RuleRef, ...]
    broken: Mapping[str, tuple[RuleRef, ...]]
    enters: str | None
    not_asked: str = ""


def entries(
    candidates: Sequence[Candidate],
    rules: Rules,
    retained: Collection[str],
    waiting: Sequence[str],
    leaving: Collection[str],
) -> EntriesAfter:
    """Who may enter, of those who wait (in their order), when some have left and all other laureates stay.

    Who leaves is no candidate any more: `each` no longer asks for a value that only they had, and a decision `in` or a
    protected place no longer holds them.

    Raises:
        KeyError: an id that is no candidate.
    """
    gone = set(leaving)
    known = {candidate.id for candidate in candidates}
    for name in (*gone, *retained, *waiting):
        if name not in known:
            raise KeyError(name)
    system = compile_system([candidate for candidate in candidates if candidate.id not in gone], rules)
    column = {candidate.id: j for j, candidate in enumerate(system.candidates)}
    inside = np.zeros(system.size, np.bool_)
    inside[[column[name] for name in retained if name not in gone]] = True

    found: dict[str, tuple[RuleRef, ...]] = {}
    for name in waiting:
        if name in gone or inside[column[name]]:
            continue
        entered = inside.copy()
        entered[column[name]] = True
        found[name] = _broken(system, entered)
    enters = next((name for name, rules_ in found.items() if not rules_), None)
    if enters is not None or not rules.if_none:
        return EntriesAfter(_broken(system, inside), found, enters)
    spared = next((name for name, rules_ in found.items() if all(_of(rule, rules.if_none) for rule in rules_)), None)
    return EntriesAfter(_broken(system, inside), found, spared, rules.if_none if spared is not None else "")


def broken_rules(
    candidates: Sequence[Candidate], rules: Rules, retained: Collection[str], leaving: Collection[str] = ()
) -> tuple[RuleRef, ...]:
    """The rules that don't hold where these are retained, each once; who leaves is no candidate any more."""
    system = compile_system([candidate for candidate in candidates if candidate.id not in leaving], rules)
    return _broken(system, np.array([candidate.id in retained for candidate in system.candidates], np.bool_))


def _broken(system: System, retained: Retained) -> tuple[RuleRef, ...]:
    return tuple(dict.fromkeys(row.rule for row in system.rows if not row.holds(retained)))


def _of(rule: RuleRef, quota: str) -> bool:
    return rule.kind in ("quota_min", "quota_max") and rule.id == quota


def replacement(
    candidates: Sequence[Candidate],
    rules: Rules,
    retained: Collection[str],
    waiting_list: Sequence[str],
    leaving: str | Collection[str],
) -> str | None:
    """The one of the waiting list whom the rules name (see `entries`); None where the place stays empty."""
    gone = {leaving} if isinstance(leaving, str) else leaving
    return entries(candidates, rules, retained, waiting_list, gone).enters


_EURO = 100


def largest_grant(
    candidates: Sequence[Candidate],
    rules: Rules,
    retained: Collection[str],
    name: str,
    wanted: int,
    leaving: Collection[str] = (),
) -> int:
    """The most that a laureate can be granted, in cents: `wanted`, or the largest whole amount in euros below it with
    which no rule breaks that holds now; what it has (its `grant`) where that is no more. All others stay as they are.

    Every rule is linear in one amount, so that from a grant with which it holds on, it holds up to some amount and no
    further: halving finds it. Raises KeyError: an id that is no candidate.
    """
    gone = set(leaving)
    staying = [candidate for candidate in candidates if candidate.id not in gone]
    held = {candidate.id: candidate.grant for candidate in staying}[name]

    def broken(amount: int) -> set[RuleRef]:
        granting = [dataclasses.replace(one, grant=amount) if one.id == name else one for one in staying]
        return set(broken_rules(granting, rules, retained))

    before = broken(held)
    if wanted <= held or broken(wanted) <= before:
        return max(wanted, held)
    least, most = held // _EURO, -(-wanted // _EURO)  # the first holds or is what is held, the second doesn't
    while most - least > 1:
        middle = (least + most) // 2
        if broken(middle * _EURO) <= before:
            least = middle
        else:
            most = middle
    return max(held, least * _EURO)
