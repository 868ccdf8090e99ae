"""A call in numbers: how far its dossiers came, what they ask for and got, where they come from, how fast they came in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, col, func, select

from aap.core.call.attribute_names import attribute_title, theme_titles, value_label
from aap.core.delays import paris
from aap.core.territories import fold
from aap.records.applications import Application, ApplicationState, Submission
from aap.records.associations import Association
from aap.records.people import Role
from aap.records.reviews import Assignment
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.decision.in_force import InForce, current_list
from aap.services.dossier.access import recused_dossiers
from aap.services.dossier.facts import region_name
from aap.services.permissions import Permission, allowed, ensure
from aap.services.review.progress import review_counts

_PLACES = ("region", "department", "zone")
"""Attributes that the map and the regions say already."""
PACE_DAYS = 60


@dataclass(frozen=True)
class CallGroup:
    """Dossiers that have something in common. Cents; `granted` and `laureates` are 0 until they may be known."""

    key: str
    title: str
    dossiers: int
    requested: int
    laureates: int
    granted: int


@dataclass(frozen=True)
class Portrait:
    """`funnel`: step → dossiers that came so far. `groups`: what they are put together by → its groups, the largest first.
    `departments`: code → group. `pace`, `before`: days before the closing → dossiers deposited by then, of this call and of
    the one that it follows (`earlier`, empty: none). `hidden`: dossiers of which the reader is recused, whose money is
    nowhere here. `decided`: laureates and grants are known."""

    funnel: tuple[tuple[str, int], ...]
    requested: int
    granted: int
    budget: int | None
    groups: Mapping[str, tuple[CallGroup, ...]]
    departments: Mapping[str, CallGroup]
    pace: tuple[tuple[int, int], ...]
    before: tuple[tuple[int, int], ...]
    earlier: str
    hidden: int
    decided: bool


def portrait(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> Portrait:
    """Seven queries. Raises NotFound for who doesn't follow the call."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    decided = allowed(actor, Permission.DECISIONS_READ, call.target())
    held = current_list(session, call.id) if decided else InForce()
    hidden = recused_dossiers(session, actor, call.id)
    columns: list[Any] = [
        Application.id, Application.state, Application.theme, Application.requested_amount, Application.attributes,
        Application.screened_at, Association.department,
    ]  # fmt: skip
    rows = session.execute(
        select(*columns).where(
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
        )
    ).all()
    drafts = session.exec(
        select(func.count()).where(Application.call_id == call.id, Application.state == ApplicationState.DRAFT)
    ).one()
    grouped = _Grouping(held, hidden)
    themes = theme_titles(call.file)
    groups = {
        "region": grouped.by(rows, lambda row: [region_name(row.department)], lambda key: key),
        "theme": grouped.by(rows, lambda row: [row.theme], lambda key: themes.get(key, key)),
    }
    for name in call.file.form.attributes:
        if name not in _PLACES:
            groups[attribute_title(name)] = grouped.by(rows, _values_of(name), partial(value_label, call.file, name))
    departments = grouped.by(rows, lambda row: [row.department], _department)
    earlier = _earlier(session, actor, call)
    money = [row for row in rows if row.id not in hidden]
    budget = call.file.selection.budget
    return Portrait(
        funnel=_funnel(session, call, rows, drafts, held, decided),
        requested=sum(row.requested_amount for row in money),
        granted=sum(cents for one, cents in held.granted.items() if one not in hidden),
        budget=None if budget is None else int(budget * 100),
        groups={name: found for name, found in groups.items() if found},
        departments={one.key: one for one in departments},
        pace=_pace(session, call, now),
        before=_pace(session, earlier, now) if earlier else (),
        earlier=earlier.record.title if earlier else "",
        hidden=len(hidden & {row.id for row in rows}),
        decided=decided,
    )


def _values_of(name: str) -> Callable[[Any], Iterable[str]]:
    return lambda row: row.attributes.get(name, [])


def _department(code: str) -> str:
    found = territories().department(code)
    return found.name if found else code


@dataclass(frozen=True)
class _Grouping:
    held: InForce
    hidden: frozenset[str]

    def by(
        self, rows: Sequence[Any], keys: Callable[[Any], Iterable[str]], title: Callable[[str], str]
    ) -> tuple[CallGroup, ...]:
        """A dossier with several values counts in each of their groups."""
        numbers: Counter[str] = Counter()
        requested: Counter[str] = Counter()
        laureates: Counter[str] = Counter()
        granted: Counter[str] = Counter()
        for row in rows:
            for key in keys(row):
                if not key:
                    continue
                numbers[key] += 1
                laureates[key] += row.id in self.held.granted
                if row.id not in self.hidden:
                    requested[key] += row.requested_amount
                    granted[key] += self.held.granted.get(row.id, 0)
        found = [
            CallGroup(key, title(key), number, requested[key], laureates[key], granted[key])
            for key, number in numbers.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.dossiers, fold(one.title), one.key)))


def _funnel(
    session: Session, call: OpenedCall, rows: Sequence[Any], drafts: int, held: InForce, decided: bool
) -> tuple[tuple[str, int], ...]:
    """Begun, deposited, eligible, wholly reviewed, and once it is known retained and still so."""
    given = review_counts(session, Assignment.call_id == call.id)
    needed = call.file.rubric.min_reviews
    refused = {
        ApplicationState.INELIGIBLE,
        ApplicationState.WITHDRAWN,
        ApplicationState.SUBMITTED,
        ApplicationState.TO_COMPLETE,
    }
    eligible = sum(row.screened_at is not None and row.state not in refused for row in rows)
    steps = [("begun", drafts + len(rows)), ("deposited", len(rows))]
    if any(row.screened_at is not None for row in rows):
        steps.append(("screened", sum(row.screened_at is not None for row in rows)))
        if not decided:  # afterwards a state says that it is decided, not how it was screened
            steps.append(("eligible", eligible))
    reviewed = sum(given.get(row.id, (0, 0))[0] >= needed for row in rows)
    if reviewed:
        steps.append(("reviewed", reviewed))
    if decided and held.version:
        steps.append(("laureates", len(held.granted)))
    return tuple(steps)


def _pace(session: Session, call: OpenedCall, now: datetime) -> tuple[tuple[int, int], ...]:
    """Days before the closing → dossiers deposited by the end of that day, from the first one to the closing or to today."""
    first = (
        select(func.min(Submission.arrived_at))
        .join(Application, col(Application.id) == col(Submission.application_id))
        .where(Application.call_id == call.id)
        .group_by(col(Submission.application_id))
    )
    closing = paris(call.record.closes_at).date()
    days = Counter((closing - paris(at).date()).days for at in session.exec(first))
    if not days:
        return ()
    until = max((closing - paris(now).date()).days, 0)
    found, count = [], sum(number for day, number in days.items() if day > PACE_DAYS)
    for day in range(min(max(days), PACE_DAYS), until - 1, -1):
        count += days[day]
        found.append((day, count))
    late = sum(number for day, number in days.items() if day < 0)  # in the grace, after midnight
    if found and found[-1][0] == 0 and late:
        found[-1] = (0, count + late)
    return tuple(found)


def _earlier(session: Session, actor: Actor, call: OpenedCall) -> OpenedCall | None:
    """The call of before that bears the same title but for its figures, of those that the actor follows; the latest."""
    named = _without_figures(call.record.title)
    found = [
        one
        for one in list_calls(session)
        if one.id != call.id
        and actor.has_role(Role.OFFICIAL, one.id)
        and one.record.closes_at < call.record.closes_at
        and _without_figures(one.record.title) == named
    ]
    return max(found, key=lambda one: (one.record.closes_at, one.id), default=None)


def _without_figures(title: str) -> str:
    return fold(re.sub(r"\b(19|20)\d\d\b", "", title))
