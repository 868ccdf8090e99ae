"""The candidates of a call as an official lists them: search, filters, order, pages. Only reads.

The database filters, orders and cuts the page wherever it can; texts are compared without accents, so that searching and
ordering by name read a few columns of every dossier and then the page.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlmodel import Session, case, col, func, select

from aap.core.results import MASKED
from aap.core.territories import fold
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.reviews import Assignment
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.dossier.facts import region_name
from aap.services.permissions import Permission, ensure
from aap.services.review.progress import ReviewCounts, review_counts

PAGE_SIZE = 50


@dataclass(frozen=True)
class CandidateLine:
    """A submitted dossier as lists show it. Amounts in cents; `reviews` given of `expected` asked for.

    `masked`: the official is recused of it; nothing of it is here but that it is one of the call's.
    """

    id: str
    reference: str
    title: str
    theme: str
    state: ApplicationState | Literal[""]
    association: str
    siret: str
    commune: str
    department: str
    region: str
    requested_amount: int | None
    proposed_amount: int | None
    submitted_at: datetime | None
    screened_at: datetime | None
    reviews: int | None
    expected: int | None
    masked: bool = False


def _masked(number: int) -> CandidateLine:
    return CandidateLine(
        id="", reference=f"déport {number}", title="", theme="", state="", association=MASKED, siret="", commune="",
        department="", region="", requested_amount=None, proposed_amount=None, submitted_at=None, screened_at=None,
        reviews=None, expected=None, masked=True,
    )  # fmt: skip


@dataclass(frozen=True)
class CandidateFilter:
    """What a list is narrowed to; empty fields narrow nothing. `sort`: a key of SORTS, `-` in front: downwards."""

    text: str = ""
    state: str = ""
    region: str = ""
    theme: str = ""
    sort: str = "reference"


SORTS = ("reference", "association", "region", "amount", "submitted", "reviews")
"""What a list of candidates may be ordered by; `-` in front: downwards."""

_SQL_SORTS = {
    "reference": col(Application.reference),
    "amount": col(Application.requested_amount),
    "submitted": col(Application.submitted_at),
}


@dataclass(frozen=True)
class CandidateList:
    """The dossiers of a page that fit a filter, in its order, and what the filter may be set to.

    `count` is of all that fit and `total` of the call's: the same for every official, save that a dossier of which one
    is recused holds no word that they look for. `requested` (cents) leaves out the `hidden` ones, of which they are
    recused: a sum would tell their amount.
    """

    rows: tuple[CandidateLine, ...]
    count: int
    total: int
    requested: int
    states: tuple[ApplicationState, ...]
    regions: tuple[str, ...]
    themes: tuple[str, ...]
    hidden: int


def candidates(
    session: Session, *, actor: Actor, call: OpenedCall, wanted: CandidateFilter, page: int | None = None
) -> CandidateList:
    """Submitted dossiers, those of a page (from 1) or all; the last page stands for one beyond it.

    Those of which the official is recused keep their place in the order of the references, come last in any other
    order (which would tell something of them), and are masked. At most seven queries.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    present = _present(session, call.id)
    sort = wanted.sort.removeprefix("-")
    fitting = _conditions(call.id, wanted)
    readable = [*fitting, col(Application.id).not_in(hidden)] if hidden else fitting
    searched = bool(wanted.text.split())
    if searched or sort not in _SQL_SORTS:
        progress = review_counts(session, Assignment.call_id == call.id) if sort == "reviews" else None
        ids, count, requested = _picked(session, readable if searched else fitting, wanted, progress or {}, hidden)
        at = 0 if page is None else _start_of(page, count)
        kept = ids if page is None else ids[at : at + PAGE_SIZE]
        rows = {one.id: one for one in _candidates(session, call, col(Application.id).in_(kept), progress)}
        listed = [rows[application_id] for application_id in kept]
    else:
        key = _SQL_SORTS[sort]
        if wanted.region or hidden:
            count, requested = session.exec(
                select(
                    func.count(),
                    func.coalesce(
                        func.sum(case((col(Application.id).in_(hidden), 0), else_=col(Application.requested_amount))), 0
                    ),
                ).where(*fitting)
            ).one()
        else:
            count, requested = present.number(wanted), present.requested(wanted)
        chosen = select(Application.id).where(*fitting)
        if hidden and sort != "reference":
            chosen = chosen.order_by(case((col(Application.id).in_(hidden), 1), else_=0))
        chosen = chosen.order_by(key.desc() if wanted.sort.startswith("-") else key, col(Application.reference))
        if page is not None:
            chosen = chosen.limit(PAGE_SIZE).offset(_start_of(page, count))
        listed = _candidates(session, call, col(Application.id).in_(chosen))
        listed.sort(key=lambda one: one.reference)
        listed.sort(key=_LISTED[sort], reverse=wanted.sort.startswith("-"))
        if sort != "reference":
            listed.sort(key=lambda one: one.id in hidden)
    numbers = itertools.count(1)
    return CandidateList(
        rows=tuple(_masked(next(numbers)) if one.id in hidden else one for one in listed),
        count=count,
        total=present.number(CandidateFilter()),
        requested=int(requested),
        states=tuple(state for state in ApplicationState if state in {one.state for one in present.groups}),
        regions=present.regions,
        themes=tuple(sorted({one.theme for one in present.groups if one.theme})),
        hidden=_number(session, [*fitting, col(Application.id).in_(hidden)]) if hidden and not searched else 0,
    )


def _number(session: Session, conditions: Sequence[Any]) -> int:
    return session.exec(select(func.count()).where(*conditions)).one()


_LISTED: Mapping[str, Callable[[CandidateLine], Any]] = {
    "reference": lambda one: one.reference,
    "amount": lambda one: one.requested_amount,
    "submitted": lambda one: one.submitted_at,
}


def _start_of(page: int, count: int) -> int:
    """How many dossiers stand before a page; the last page stands for one beyond it."""
    last = max(1, -(-count // PAGE_SIZE))
    return (min(page, last) - 1) * PAGE_SIZE


@dataclass(frozen=True)
class _Group:
    """How many dossiers share a state and a theme, and what they ask for in cents."""

    state: str
    theme: str
    number: int
    requested: int


@dataclass(frozen=True)
class _Present:
    """What a call's dossiers hold, whatever the filter: what the filter may be set to."""

    groups: tuple[_Group, ...]
    regions: tuple[str, ...]

    def _fitting(self, wanted: CandidateFilter) -> list[_Group]:
        return [one for one in self.groups if wanted.state in ("", one.state) and wanted.theme in ("", one.theme)]

    def number(self, wanted: CandidateFilter) -> int:
        return sum(one.number for one in self._fitting(wanted))

    def requested(self, wanted: CandidateFilter) -> int:
        return sum(one.requested for one in self._fitting(wanted))


def _present(session: Session, call_id: str) -> _Present:
    """Two queries. A department is looked for in its index and left at its first dossier: no reading of them all."""
    conditions = _conditions(call_id, CandidateFilter())
    grouped = session.exec(
        select(Application.state, Application.theme, func.count(), func.sum(Application.requested_amount))
        .where(*conditions)
        .group_by(col(Application.state), col(Application.theme))
    )
    groups = tuple(_Group(state, theme, number, int(requested)) for state, theme, number, requested in grouped)
    department = select(Association.department).distinct().subquery()
    applies = (
        select(Application.id)
        .join(Association, col(Association.id) == col(Application.association_id))
        .where(col(Association.department) == department.c.department, *conditions)
        .exists()
    )
    names = {region_name(code) for code in session.exec(select(department.c.department).where(applies))}
    return _Present(groups, tuple(sorted(names - {""}, key=fold)))


def _conditions(call_id: str, wanted: CandidateFilter) -> list[Any]:
    """SQL conditions: submitted dossiers of the call, of the wanted state, theme and region."""
    found: list[Any] = [Application.call_id == call_id, col(Application.submitted_at).is_not(None)]
    if wanted.state:
        found.append(Application.state == wanted.state)
    if wanted.theme:
        found.append(Application.theme == wanted.theme)
    if wanted.region:
        codes = [one.code for one in territories().departments() if one.region.name == wanted.region]
        there = select(Association.id).where(col(Association.department).in_(codes))
        found.append(col(Application.association_id).in_(there))
    return found


def _picked(
    session: Session,
    fitting: Sequence[Any],
    wanted: CandidateFilter,
    progress: ReviewCounts,
    hidden: frozenset[str],
) -> tuple[list[str], int, int]:
    """What a database can't find or order (texts without accents, names, missing reviews): ids, number, cents.

    Those of `hidden` come last, and their cents don't count.

    Rows don't pass through the ORM, and hold only what the order and the words need.
    """
    sort, down = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    ordered: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "association": (Association.name, _folded),
        "region": (Association.department, _region_key),
        "reviews": (Application.id, lambda application_id: _missing(progress.get(application_id))),
    }
    column, key = ordered.get(sort) or (_SQL_SORTS[sort], lambda value: value)
    columns: list[Any] = [Application.id, Application.requested_amount, column.label("key")]
    words = fold(wanted.text).split()
    if words:
        columns += [
            Application.reference,
            Association.name,
            Application.title,
            Association.commune_name,
            func.coalesce(Association.siret, ""),
        ]
    found = (
        session.connection()
        .execute(
            select(*columns)
            .where(Application.association_id == Association.id, *fitting)
            .order_by(col(Application.reference))
        )
        .all()
    )
    if words:
        found = [row for row in found if _holds(words, row[3:])]
    keys = [key(row[2]) for row in found]
    order = sorted(range(len(found)), key=keys.__getitem__, reverse=down)
    if hidden:
        order.sort(key=lambda place: found[place][0] in hidden)
    ids = [found[place][0] for place in order]
    return ids, len(found), sum(row[1] for row in found if row[0] not in hidden)


_folded = lru_cache(maxsize=65_536)(fold)
"""Names and searched texts without accents, kept: they change seldom and a list of thousands folds them each time."""


@lru_cache(maxsize=256)
def _region_key(department: str) -> tuple[str, str]:
    return fold(region_name(department)), department


def _missing(counts: tuple[int, int] | None) -> int:
    """Reviews given less reviews asked for."""
    return counts[0] - counts[1] if counts else 0


def _holds(words: Sequence[str], texts: Sequence[str]) -> bool:
    text = _folded(" ".join(texts))
    return all(word in text for word in words)


def _candidates(
    session: Session, call: OpenedCall, condition: Any, progress: ReviewCounts | None = None
) -> list[CandidateLine]:
    """The candidates that a condition on `Application` chooses, in no order. Two queries, one with their `progress`."""
    found = session.exec(
        select(  # type: ignore[call-overload]  # more columns than the overloads know
            Application.id,
            Application.reference,
            Application.title,
            Application.theme,
            Application.state,
            Application.requested_amount,
            Application.proposed_amount,
            Application.submitted_at,
            Application.screened_at,
            Association.name,
            Association.siret,
            Association.commune_name,
            Association.department,
        ).where(Application.association_id == Association.id, condition)
    ).all()
    rows: list[Any] = list(found)
    if progress is None:
        many = len(rows) > PAGE_SIZE
        here = col(Assignment.application_id).in_([row.id for row in rows])
        progress = review_counts(session, Assignment.call_id == call.id if many else here)
    return [
        CandidateLine(
            id=row.id,
            reference=row.reference,
            title=row.title,
            theme=row.theme,
            state=ApplicationState(row.state),
            association=row.name,
            siret=row.siret or "",
            commune=row.commune_name,
            department=row.department,
            region=region_name(row.department),
            requested_amount=row.requested_amount,
            proposed_amount=row.proposed_amount,
            submitted_at=row.submitted_at,
            screened_at=row.screened_at,
            reviews=progress.get(row.id, (0, 0))[0],
            expected=progress.get(row.id, (0, 0))[1],
        )
        for row in rows
    ]
