"""The candidates of a call as an official lists them: search, filters, order, pages. Only reads.

The database filters, orders and cuts the page wherever it can; texts are compared without accents, so that searching and
ordering by name read a few columns of every dossier and then the page.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlmodel import Session, case, col, func, select

from aap.core.territories import fold
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.rankings import RankingRow
from aap.records.reviews import Assignment
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.candidates.candidate_filter import (
    CandidateFilter,
    Known,
    conditions,
    current_run,
    deposited,
    score_column,
)
from aap.services.candidates.lines import CandidateLine, candidate_lines, masked_line
from aap.services.decision.in_force import InForce, current_list
from aap.services.dossier.access import recused_dossiers
from aap.services.dossier.facts import region_name
from aap.services.dossier.references import said
from aap.services.permissions import Permission, ensure
from aap.services.review.progress import ReviewCounts, review_counts

PAGE_SIZE = 50

SORTS = ("reference", "association", "region", "amount", "submitted", "reviews", "rank", "score", "granted")
"""What a list of candidates may be ordered by; `-` in front: downwards. The last three where they may be known."""

_STORED = {
    "reference": col(Application.reference),
    "amount": col(Application.requested_amount),
    "submitted": col(Application.submitted_at),
}
"""Orders that the database has."""

_OF_RUN = ("rank", "score")
SHORTEST_SIRET = 9
"""Figures from which a text that holds nothing else is looked for as a SIREN or SIRET."""


@dataclass(frozen=True)
class CandidateList:
    """The dossiers of a page that fit a filter, in its order, and what the filter may be set to.

    `count` is of all that fit and `total` of the call's: the same for every official, save that a dossier of which one
    is recused holds nothing that they look for. `requested` (cents) leaves out the `hidden` ones, of which they are
    recused: a sum would tell their amount.
    """

    rows: tuple[CandidateLine, ...]
    count: int
    total: int
    requested: int
    states: tuple[ApplicationState, ...]
    departments: tuple[str, ...]
    themes: tuple[str, ...]
    hidden: int
    known: Known
    recused: frozenset[str]

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, in their order."""
        return tuple(sorted({region_name(code) for code in self.departments} - {""}, key=fold))


def candidates(
    session: Session, *, actor: Actor, call: OpenedCall, wanted: CandidateFilter, page: int | None = None
) -> CandidateList:
    """Submitted dossiers, those of a page (from 1) or all; the last page stands for one beyond it.

    Those of which the official is recused keep their place in the order of the references, come last in any other
    order (which would tell something of them), fit no filter but the state's, the theme's and the region's, and are masked.
    At most eight queries.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    known = Known.of(actor, call)
    held = current_list(session, call.id) if known.outcomes else InForce()
    hidden = recused_dossiers(session, actor, call.id)
    present = _present(session, call.id)
    fitting = conditions(actor, call, wanted, known, held)
    telling = bool(wanted.text.split()) or not _tells_nothing(wanted)
    if hidden and telling:
        fitting = [*fitting, col(Application.id).not_in(hidden)]
    picked = _ordered(session, call, fitting, wanted, known, held, hidden, present, page)
    lines = candidate_lines(session, call, col(Application.id).in_(picked.ids), known, held, progress=picked.progress)
    lines.sort(key=lambda one: one.reference)
    lines.sort(key=picked.place or _STORED_PLACE[picked.sort], reverse=picked.place is None and picked.down)
    if picked.sort != "reference" and picked.place is None:
        lines.sort(key=lambda one: (one.id in hidden, picked.sort in _OF_RUN and one.rank is None))
    numbers = itertools.count(1)
    return CandidateList(
        rows=tuple(masked_line(next(numbers)) if one.id in hidden else one for one in lines),
        count=picked.count,
        total=present.number(CandidateFilter()),
        requested=picked.requested,
        states=tuple(state for state in ApplicationState if state in {one.state for one in present.groups}),
        departments=present.departments,
        themes=tuple(sorted({one.theme for one in present.groups if one.theme})),
        hidden=_number(session, [*fitting, col(Application.id).in_(hidden)]) if hidden and not telling else 0,
        known=known,
        recused=hidden,
    )


def all_found(session: Session, *, actor: Actor, call: OpenedCall, wanted: CandidateFilter) -> tuple[str, ...]:
    """Ids of all dossiers that fit, over all pages, but those that the official is recused of. At most six queries."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    known = Known.of(actor, call)
    held = current_list(session, call.id) if known.outcomes else InForce()
    hidden = recused_dossiers(session, actor, call.id)
    fitting = conditions(actor, call, wanted, known, held)
    present = _present(session, call.id)
    ids = _ordered(session, call, fitting, wanted, known, held, hidden, present, None).ids
    found = ids if isinstance(ids, list) else session.exec(ids).all()
    return tuple(one for one in found if one not in hidden)


def _tells_nothing(wanted: CandidateFilter) -> bool:
    """Whether only what every list narrows by is asked, which a dossier that nobody may read fits or not all the same."""
    return wanted == CandidateFilter(state=wanted.state, theme=wanted.theme, region=wanted.region, sort=wanted.sort)


@dataclass(frozen=True)
class _Ordered:
    """`ids`: of what is on the page, or the query that finds them; `place`: where each stands, None where the database's order
    is that of `sort` (`down`: downwards). `progress`: the reviews, where they were counted."""

    ids: Any
    count: int
    requested: int
    sort: str
    down: bool
    progress: ReviewCounts | None
    place: Callable[[CandidateLine], Any] | None


_STORED_PLACE: Mapping[str, Callable[[CandidateLine], Any]] = {
    "reference": lambda one: one.reference,
    "amount": lambda one: one.requested_amount,
    "submitted": lambda one: one.submitted_at,
    "rank": lambda one: one.rank or 0,
    "score": lambda one: one.score or 0,
}


def _ordered(
    session: Session,
    call: OpenedCall,
    fitting: Sequence[Any],
    wanted: CandidateFilter,
    known: Known,
    held: InForce,
    hidden: frozenset[str],
    present: _Present,
    page: int | None,
) -> _Ordered:
    """What fits, in its order, and of a page what is on it."""
    sort, down = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    if (sort in _OF_RUN and not known.ranking) or (sort == "granted" and not known.outcomes):
        sort = "reference"
    progress = review_counts(session, Assignment.call_id == call.id) if sort == "reviews" else None
    if wanted.text.split() or sort in ("association", "region", "reviews", "granted"):
        ids, count, requested = _picked(session, fitting, wanted, sort, progress or {}, held, hidden)
        at = 0 if page is None else _start_of(page, count)
        kept = ids if page is None else ids[at : at + PAGE_SIZE]
        places = {one: place for place, one in enumerate(kept)}
        return _Ordered(kept, count, requested, sort, down, progress, lambda one: places[one.id])
    if wanted.grouped and not hidden:
        count, requested = present.number(wanted), present.requested(wanted)
    else:
        own = case((col(Application.id).in_(hidden), 0), else_=col(Application.requested_amount))
        count, requested = session.exec(select(func.count(), func.coalesce(func.sum(own), 0)).where(*fitting)).one()
    found = select(Application.id).where(*fitting)
    if hidden and sort != "reference":
        found = found.order_by(case((col(Application.id).in_(hidden), 1), else_=0))
    if sort in _OF_RUN:
        key = col(RankingRow.rank) if sort == "rank" else score_column(call)
        run = current_run(call.id)
        found = found.outerjoin(
            RankingRow, (col(RankingRow.application_id) == col(Application.id)) & (col(RankingRow.run_id) == run)
        ).order_by(key.is_(None))
    else:
        key = _STORED[sort]
    found = found.order_by(key.desc() if down else key, col(Application.reference))
    if page is not None:
        found = found.limit(PAGE_SIZE).offset(_start_of(page, count))
    return _Ordered(found, int(count), int(requested), sort, down, None, None)


def _number(session: Session, asked: Sequence[Any]) -> int:
    return session.exec(select(func.count()).where(*asked)).one()


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
    departments: tuple[str, ...]

    def _fitting(self, wanted: CandidateFilter) -> list[_Group]:
        return [one for one in self.groups if wanted.state in ("", one.state) and wanted.theme in ("", one.theme)]

    def number(self, wanted: CandidateFilter) -> int:
        return sum(one.number for one in self._fitting(wanted))

    def requested(self, wanted: CandidateFilter) -> int:
        return sum(one.requested for one in self._fitting(wanted))


def _present(session: Session, call_id: str) -> _Present:
    """Two queries. A department is looked for in its index and left at its first dossier: no reading of them all."""
    there = deposited(call_id)
    grouped = session.exec(
        select(Application.state, Application.theme, func.count(), func.sum(Application.requested_amount))
        .where(*there)
        .group_by(col(Application.state), col(Application.theme))
    )
    groups = tuple(_Group(state, theme, number, int(requested)) for state, theme, number, requested in grouped)
    department = select(Association.department).distinct().subquery()
    applies = (
        select(Application.id)
        .join(Association, col(Association.id) == col(Application.association_id))
        .where(col(Association.department) == department.c.department, *there)
        .exists()
    )
    codes = session.exec(select(department.c.department).where(applies))
    return _Present(groups, tuple(sorted(code for code in codes if code)))


def _picked(
    session: Session,
    fitting: Sequence[Any],
    wanted: CandidateFilter,
    sort: str,
    progress: ReviewCounts,
    held: InForce,
    hidden: frozenset[str],
) -> tuple[list[str], int, int]:
    """What a database can't find or order (texts without accents, names, missing reviews, grants): ids, number, cents.

    Those of `hidden` come last, and their cents don't count.

    Rows don't pass through the ORM, and hold only what the order and the words need.
    """
    ordered: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "association": (Association.name, _folded),
        "region": (Association.department, _region_key),
        "reviews": (Application.id, lambda application_id: _missing(progress.get(application_id))),
        "granted": (Application.id, lambda application_id: held.granted.get(application_id, -1)),
    }
    column, key = ordered.get(sort) or (_STORED.get(sort, col(Application.reference)), lambda value: value)
    columns: list[Any] = [Application.id, Application.requested_amount, column.label("key")]
    if wanted.text.split():
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
    first: frozenset[str] = frozenset()
    if wanted.text.split():
        found, first = _searched(found, wanted.text)
    keys = [key(row[2]) for row in found]
    order = sorted(range(len(found)), key=keys.__getitem__, reverse=wanted.sort.startswith("-"))
    if first:
        order.sort(key=lambda place: found[place][3] not in first)
    if hidden:
        order.sort(key=lambda place: found[place][0] in hidden)
    ids = [found[place][0] for place in order]
    return ids, len(found), sum(row[1] for row in found if row[0] not in hidden)


def _searched(rows: Sequence[Any], text: str) -> tuple[list[Any], frozenset[str]]:
    """The rows that hold what is looked for, and the references that it names, which come first.

    A whole reference finds its dossier alone; figures alone, from a SIREN's length on, a SIRET; anything else every dossier
    that holds all its words, in any order, without accents.
    """
    figures = "".join(text.split())
    if figures.isdigit() and len(figures) >= SHORTEST_SIRET:
        return [row for row in rows if figures in row[7]], frozenset()
    named: frozenset[str] = frozenset()
    if len(text.split()) == 1 and text.strip()[-1].isdigit():
        tail = text.strip()[-1]
        named = frozenset(said(text, [row[3] for row in rows if row[3].endswith(tail)]))
        whole = [row for row in rows if row[3] in named and fold(row[3]) == fold(text.strip())]
        if whole:
            return whole, named
    words = fold(text).split()
    return [row for row in rows if row[3] in named or _holds(words, row[3:])], named


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
