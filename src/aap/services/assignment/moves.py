"""The assignment as it stands: who reads what, locked and moved by hand, given out as a table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from aap.core.assignment import connection as core_connection
from aap.core.assignment.changes import Effect
from aap.core.assignment.changes import effect as effect_of
from aap.core.assignment.connection import Connection
from aap.core.assignment.problem import Bar, grid_of
from aap.core.results import MASKED, Table
from aap.core.territories import fold
from aap.documents.media_types import CSV, MadeFile
from aap.documents.tables.csv_out import csv_bytes
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.reviews import Assignment
from aap.services.actor import Actor
from aap.services.assignment.proposals import give, take_back
from aap.services.assignment.situation import Situation, default_settings, situation, visible
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest
from aap.services.panel.interests import kept_away
from aap.services.panel.reviewers import find_reviewer
from aap.services.permissions import Permission, ensure

MEASURED = 60_000
"""Dossiers times reviewers up to which the page measures the connection of what stands."""


@dataclass(frozen=True)
class Seat:
    """One reviewer of a dossier. `review`: state, empty: not begun; `stays`: marked or locked, moves no more."""

    code: str
    name: str
    fit: int
    locked: bool
    review: str
    stays: bool


@dataclass(frozen=True)
class Panel:
    """A dossier with its reviewers; `needed`: how many it should have; `declined`: who gave it back, and what they said.

    `masked`: the official is recused of it; it has a place in the list and nothing else.
    """

    reference: str
    title: str
    association: str
    theme: str
    seats: tuple[Seat, ...]
    needed: int
    masked: bool = False
    declined: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.seats), 0)


@dataclass(frozen=True)
class Board:
    """The assignment as this official may see it. `panels` fit the filter; the figures are of all dossiers.

    `given`: dossiers that somebody has; `reviewers`: who has some. `connection` is None where nothing is given, or the call
    is too large to measure it on a page.
    """

    panels: tuple[Panel, ...]
    dossiers: int
    given: int
    pairs: int
    missing: int
    locked: int
    marked: int
    reviewers: int
    connection: Connection | None
    waiting: int


def board(session: Session, *, actor: Actor, call: OpenedCall, text: str = "", only: str = "") -> Board:
    """Who reads what. `only`: `incomplets` or `verrouilles`; `text` searches reference, title, association, reviewer.

    Ten queries at most, whatever the size.
    """
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    found = situation(session, call, default_settings(call))
    seen = visible(session, actor, call, found)
    panels = _panels(session, call, found, frozenset(found.dossiers))
    words = fold(text).split()
    kept = [
        one
        for one in panels
        if all(word in _text(one) for word in words)
        and not (one.reference not in seen and (words or only))
        and (only != "incomplets" or one.missing)
        and (only != "verrouilles" or any(seat.locked for seat in one.seats))
    ]
    seats = [seat for one in panels for seat in one.seats]
    return Board(
        panels=masked_panels(kept, seen),
        dossiers=len(panels),
        given=sum(bool(one.seats) for one in panels),
        pairs=len(seats),
        missing=sum(one.missing for one in panels),
        locked=sum(seat.locked for seat in seats),
        marked=sum(bool(seat.review) for seat in seats),
        reviewers=len({seat.code for seat in seats}),
        connection=_connection(found),
        waiting=found.waiting,
    )


def masked_panels(panels: Sequence[Panel], seen: frozenset[str]) -> tuple[Panel, ...]:
    """Panels in their order, those of dossiers that are not in `seen` (references) without anything but their place."""
    numbers = itertools.count(1)
    return tuple(
        one if one.reference in seen else Panel(f"déport {next(numbers)}", "", MASKED, "", (), 0, masked=True)
        for one in panels
    )


def _text(one: Panel) -> str:
    people = " ".join(f"{seat.code} {seat.name}" for seat in one.seats)
    return fold(f"{one.reference} {one.title} {one.association} {people}")


def _panels(session: Session, call: OpenedCall, found: Situation, seen: frozenset[str]) -> list[Panel]:
    names = dict(
        session.exec(
            select(Association.id, Association.name).where(
                Association.id == Application.association_id, Application.call_id == call.id
            )
        ).all()
    )
    grid = grid_of(found.demand)
    row = {one: at for at, one in enumerate(grid.dossiers)}
    column = {one: at for at, one in enumerate(grid.reviewers)}
    seats: dict[str, list[Seat]] = {one: [] for one in seen}
    for (reference, code), held in found.held.items():
        if reference in seats:
            seats[reference].append(
                Seat(
                    code,
                    found.name(code),
                    int(grid.fit[row[reference], column[code]]),
                    held.locked,
                    held.review,
                    held.stays(False),
                )
            )
    declined: dict[str, list[tuple[str, str]]] = {}
    for (reference, code), said in sorted(found.declined.items()):
        declined.setdefault(reference, []).append((found.name(code), said))
    return [
        Panel(
            reference=reference,
            title=found.dossiers[reference].title,
            association=names.get(found.dossiers[reference].association_id, ""),
            theme=found.dossiers[reference].theme,
            seats=tuple(sorted(seats[reference], key=lambda one: one.code)),
            needed=found.settings.reviews,
            declined=tuple(declined.get(reference, ())),
        )
        for reference in sorted(seen)
    ]


def _connection(found: Situation) -> Connection | None:
    if len(found.dossiers) * len(found.reviewers) > MEASURED:
        return None
    grid = grid_of(found.demand)
    given = grid.array(found.demand.current)
    return core_connection.connection(grid, given) if given.any() else None


# --- by hand ----------------------------------------------------------------------------------------------------------


def lock_seats(
    session: Session, *, actor: Actor, call_id: str, reference: str, code: str, locked: bool | None, now: datetime
) -> None:
    """A locked pair isn't moved by a proposal. `code` empty: all reviewers of the dossier.

    Raises NotFound, InvalidInput (`locked` None: neither was said).
    """
    call, found = _opened(session, actor, call_id)
    pairs = [pair for pair in found.held if pair[0] == reference and code in ("", pair[1])]
    if reference not in visible(session, actor, call, found) or not pairs:
        raise NotFound("assignment", reference)
    if locked is None:
        raise InvalidInput({"": Objection("assignment.lock_unsaid")})
    for pair in pairs:
        held = session.get_one(Assignment, found.held[pair].assignment_id)
        held.locked = locked
        session.add(held)
    record(
        session,
        actor,
        "assignment.locked" if locked else "assignment.unlocked",
        found.dossiers[reference],
        now=now,
        after={"reviewers": sorted(pair[1] for pair in pairs)},
    )


@dataclass(frozen=True)
class Move:
    """A move by hand, with its effect: `out` and `into` are codes, empty: nobody leaves, nobody comes."""

    reference: str
    out: str
    into: str
    effect: Effect
    name_out: str
    name_in: str


@dataclass(frozen=True)
class Choice:
    """A reviewer who could come into a panel: how they fit, their load, and what speaks against it."""

    code: str
    name: str
    fit: int
    load: int
    most: int
    bar: Bar


def choices(session: Session, *, actor: Actor, call: OpenedCall, reference: str) -> tuple[Panel, tuple[Choice, ...]]:
    """A dossier's panel, and the other reviewers: those without conflict, the best fit and smallest load first.

    Raises NotFound.
    """
    ensure(actor, Permission.ASSIGNMENT_MANAGE, call.target(), kind="call", id=call.id)
    found = situation(session, call, default_settings(call))
    if reference not in visible(session, actor, call, found):
        raise NotFound("application", reference)
    panel = _panels(session, call, found, frozenset({reference}))[0]
    grid = grid_of(found.demand)
    at = grid.dossiers.index(reference)
    loads = grid.current.sum(axis=0)
    away = _codes_away(session, call, found, reference)
    inside = {seat.code for seat in panel.seats}
    offered = [
        Choice(code, found.name(code), int(grid.fit[at, r]), int(loads[r]), int(grid.most[r]),
               Bar(int(grid.barred[at, r])))
        for r, code in enumerate(grid.reviewers)
        if code not in inside and code not in away and found.reviewers[code][1].id != actor.person_id
    ]  # fmt: skip
    offered.sort(key=lambda one: (one.bar, one.load >= one.most, -one.fit, one.load, one.code))
    return panel, tuple(offered)


def preview_move(session: Session, *, actor: Actor, call: OpenedCall, typed: Mapping[str, str]) -> Move:
    """The effect of a move, changing nothing. `typed`: reference, out, into. Raises NotFound, InvalidInput."""
    ensure(actor, Permission.ASSIGNMENT_MANAGE, call.target(), kind="call", id=call.id)
    return _move(session, actor, call, situation(session, call, default_settings(call)), typed)


def move_by_hand(session: Session, *, actor: Actor, call_id: str, typed: Mapping[str, str], now: datetime) -> Move:
    """Makes the move, and locks what came: a later proposal leaves it. Nobody gives themselves a dossier.

    Raises NotFound, InvalidInput, OwnRequest.
    """
    call, found = _opened(session, actor, call_id)
    move = _move(session, actor, call, found, typed)
    if move.out:
        take_back(session, found.held[move.reference, move.out].assignment_id, "à la main", now)
    if move.into:
        give(session, found.dossiers[move.reference], found.reviewers[move.into][1].id, now, locked=True)
    record(
        session,
        actor,
        "assignment.moved",
        found.dossiers[move.reference],
        now=now,
        before={"reviewer": move.out},
        after={"reviewer": move.into},
    )
    return move


def _move(session: Session, actor: Actor, call: OpenedCall, found: Situation, typed: Mapping[str, str]) -> Move:
    reference, out, into = (typed.get(name, "").strip() for name in ("reference", "out", "into"))
    if reference not in visible(session, actor, call, found):
        raise NotFound("application", reference)
    if into in found.reviewers and found.reviewers[into][1].id == actor.person_id:
        raise OwnRequest
    held = found.held.get((reference, out))
    problems: dict[str, Objection] = {}
    if not out and not into:
        problems["into"] = Objection("assignment.nobody_named")
    if out and held is None:
        problems["out"] = Objection("assignment.not_theirs")
    elif held is not None and held.stays(False) and not (held.locked and not held.review):
        problems["out"] = Objection("assignment.review_begun")
    if into and into not in found.reviewers:
        problems["into"] = Objection("assignment.no_reviewer")
    elif into and (reference, into) in found.held:
        problems["into"] = Objection("assignment.theirs_already")
    elif into and into in _codes_away(session, call, found, reference):
        problems["into"] = Objection("assignment.recused")
    if problems:
        raise InvalidInput(problems)
    grid = grid_of(found.demand)
    effect = effect_of(
        grid,
        grid.current,
        gone=(reference, out) if out else None,
        come=(reference, into) if into else None,
    )
    return Move(reference, out, into, effect, found.name(out) if out else "", found.name(into) if into else "")


def _codes_away(session: Session, call: OpenedCall, found: Situation, reference: str) -> frozenset[str]:
    """Codes of the reviewers in a conflict with a dossier: as automatic distribution finds them, searched anew."""
    away = kept_away(session, call, found.dossiers[reference])
    return frozenset(code for code, (_, person) in found.reviewers.items() if person.id in away)


def _opened(session: Session, actor: Actor, call_id: str) -> tuple[OpenedCall, Situation]:
    call = get_call(session, call_id)
    ensure(actor, Permission.ASSIGNMENT_MANAGE, call.target(), kind="call", id=call_id)
    return call, situation(session, call, default_settings(call))


def set_available(
    session: Session, *, actor: Actor, call_id: str, person_id: str, available: bool, now: datetime
) -> str:
    """Says that a reviewer drops out, or is back; gives their code. What they hold is given to others by a proposal.

    Raises NotFound.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call_id)
    reviewer = find_reviewer(session, call_id, person_id)
    if reviewer.available is not available:
        reviewer.available = available
        session.add(reviewer)
        record(session, actor, "reviewer.available" if available else "reviewer.dropped_out", reviewer, now=now)
    return reviewer.code


def assignment_csv(
    session: Session, *, actor: Actor, call: OpenedCall, words: Mapping[str, str], now: datetime
) -> MadeFile:
    """Who reads what as CSV: one row a pair. `words`: state of a review → what is written."""
    rows: list[tuple[str, ...]] = []
    for one in board(session, actor=actor, call=call).panels:
        if one.masked:
            rows.append((one.reference, one.association, *("",) * 6))
        for seat in one.seats:
            rows.append(
                (one.reference, one.association, one.title, seat.code, seat.name, str(seat.fit),
                 "oui" if seat.locked else "non", words.get(seat.review, seat.review))
            )  # fmt: skip
    header = ("dossier", "association", "projet", "code", "evaluateur", "adequation", "verrouille", "evaluation")
    record(session, actor, "assignment.exported", call.record, now=now, after={"rows": len(rows)})
    return MadeFile(f"repartition-{call.id}.csv", CSV, csv_bytes(Table(header, tuple(rows))))
