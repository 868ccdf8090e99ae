"""How far the reviews of a call are: in numbers, and by reviewer, dossier and criterion. Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_
from sqlalchemy import select as sql_select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, case, col, func, select

from aap.core.results import MASKED
from aap.core.scoring.forecast import predicted_end
from aap.records.applications import NOT_REVIEWED, Application
from aap.records.associations import Association
from aap.records.outbox import OutboxMail
from aap.records.people import Person
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.dossier.counted import not_set_aside
from aap.services.permissions import Permission, ensure
from aap.services.review.reviewing import current_rubric, is_late


def reviewed_dossiers(call_id: str) -> ColumnElement[bool]:
    """SQL condition: a dossier of the call that wants reviews, or wanted them before it was decided on."""
    return and_(
        col(Application.call_id) == call_id,
        col(Application.state).not_in(NOT_REVIEWED),
        col(Application.ineligible_reason) == "",  # which also stands once its state only says that it is decided on
    )


ReviewCounts = Mapping[str, tuple[int, int]]
"""Application id → reviews submitted, reviews asked for."""


def review_counts(session: Session, condition: ColumnElement[bool] | bool) -> ReviewCounts:
    """Counts of the assignments that stand and that a condition chooses, without those set aside. One query."""
    given = func.sum(case((col(Review.state) == ReviewState.SUBMITTED, 1), else_=0))
    rows = session.exec(
        select(Assignment.application_id, given, func.count())
        .join(Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(condition, col(Assignment.removed_at).is_(None), not_set_aside())
        .group_by(col(Assignment.application_id))
    )
    return {application_id: (int(submitted), asked) for application_id, submitted, asked in rows}


@dataclass(frozen=True)
class ReviewsTotals:
    """Where the reviews of a call stand, in numbers; `short` and `unassigned` count dossiers below the minimum."""

    assigned: int
    submitted: int
    short: int
    unassigned: int


def reviews_totals(session: Session, call: OpenedCall) -> ReviewsTotals:
    """The numbers that a dashboard shows and a step of the call depends on: recusals don't change them. Two queries."""
    counts = review_counts(session, Assignment.call_id == call.id)
    needed = call.file.rubric.min_reviews
    reviewed = [
        counts.get(application_id, (0, 0))
        for application_id in session.exec(select(Application.id).where(reviewed_dossiers(call.id)))
    ]
    return ReviewsTotals(
        assigned=sum(assigned for _, assigned in reviewed),
        submitted=sum(submitted for submitted, _ in reviewed),
        short=sum(submitted < needed for submitted, _ in reviewed),
        unassigned=sum(assigned < needed for _, assigned in reviewed),
    )


@dataclass(frozen=True)
class ReviewerProgress:
    """One reviewer. `pace`: done | on_time | slow (the predicted end is after the closing) | not_begun | late."""

    person_id: str
    code: str
    name: str
    assigned: int
    submitted: int
    drafts: int
    minutes: int | None
    last: datetime | None
    end: datetime | None
    pace: str
    reminded_at: datetime | None

    @property
    def missing(self) -> int:
        return self.assigned - self.submitted


@dataclass(frozen=True)
class DossierProgress:
    """One dossier's reviews; `needed` is what the rubric asks for before it is ranked.

    `masked`: the official is recused of it; it is counted, and not told.
    """

    reference: str
    title: str
    association: str
    assigned: int
    submitted: int
    needed: int
    masked: bool = False


@dataclass(frozen=True)
class CriterionLine:
    """How far a criterion is marked: `marked` of `assigned` reviews have a mark on it, drafts included."""

    id: str
    title: str
    marked: int
    assigned: int


@dataclass(frozen=True)
class ReviewsProgress:
    """Where the reviews stand. `reopen_requests`: (assignment, reviewer's code, reference, reason); `older_grid`:
    submitted against another version of the rubric."""

    reviewers: tuple[ReviewerProgress, ...]
    dossiers: tuple[DossierProgress, ...]
    criteria: tuple[CriterionLine, ...]
    reopen_requests: tuple[tuple[str, str, str, str], ...]
    older_grid: int
    closes_at: datetime | None
    late: bool
    end: datetime | None

    @property
    def assigned(self) -> int:
        return sum(one.assigned for one in self.reviewers)

    @property
    def submitted(self) -> int:
        return sum(one.submitted for one in self.reviewers)

    @property
    def behind(self) -> tuple[ReviewerProgress, ...]:
        """Who would do well to be reminded."""
        return tuple(one for one in self.reviewers if one.pace in ("slow", "not_begun", "late"))

    @property
    def short(self) -> tuple[DossierProgress, ...]:
        return tuple(one for one in self.dossiers if one.submitted < one.needed)


class _Given(NamedTuple):
    """One dossier given to one reviewer, with its review where there is one: columns, for there may be thousands."""

    assignment_id: str
    person_id: str
    application_id: str
    state: ReviewState | None
    submitted_at: datetime | None
    seconds_spent: int | None
    reopen_request: str | None
    rubric_hash: str | None

    @property
    def submitted(self) -> bool:
        return self.state == ReviewState.SUBMITTED


def reviews_progress(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> ReviewsProgress:
    """Progress by reviewer, dossier and criterion. Six queries.

    The numbers are the same for every official; a dossier of which the actor is recused is counted without its name.
    """
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    people = session.exec(
        select(Reviewer, Person.name).where(Reviewer.person_id == Person.id, Reviewer.call_id == call.id)
    ).all()
    dossiers = session.exec(
        select(Application.id, Application.reference, Application.title, Association.name).where(
            Application.association_id == Association.id, reviewed_dossiers(call.id)
        )
    ).all()
    hidden = recused_dossiers(session, actor, call.id)
    shown = {application_id for application_id, *_ in dossiers}
    rows = _given(session, call, shown)
    reminded = _reminded(session, call)
    closes_at = call.file.reviewing.closes_at
    of_reviewer: dict[str, list[_Given]] = defaultdict(list)
    of_dossier: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        of_reviewer[row.person_id].append(row)
        of_dossier[row.application_id].append(row.submitted)
    lines = [
        _reviewer(
            reviewer, name, of_reviewer.get(reviewer.person_id, []), closes_at, reminded.get(reviewer.person_id), now
        )
        for reviewer, name in people
    ]
    order = {"late": 0, "not_begun": 1, "slow": 2, "on_time": 3, "done": 4}
    lines.sort(key=lambda one: (order[one.pace], -one.missing, one.code))
    moments = [row.submitted_at for row in rows if row.submitted_at]
    codes = {reviewer.person_id: reviewer.code for reviewer, _ in people}
    references = {application_id: reference for application_id, reference, *_ in dossiers}
    needed = call.file.rubric.min_reviews
    by_dossier = [
        DossierProgress(
            "" if one in hidden else reference, "" if one in hidden else title,
            MASKED if one in hidden else association, len(of_dossier.get(one, ())), sum(of_dossier.get(one, ())),
            needed, masked=one in hidden,
        )
        for one, reference, title, association in dossiers
    ]  # fmt: skip
    by_dossier.sort(key=lambda one: (one.masked, one.submitted - one.needed, one.reference))
    return ReviewsProgress(
        reviewers=tuple(lines),
        dossiers=tuple(by_dossier),
        criteria=_criteria(session, call, len(rows)),
        reopen_requests=tuple(
            (row.assignment_id, codes.get(row.person_id, ""), references[row.application_id], row.reopen_request)
            for row in sorted(rows, key=lambda row: references[row.application_id])
            if row.reopen_request and row.application_id not in hidden
        ),
        older_grid=sum(row.submitted and row.rubric_hash != current_rubric(call) for row in rows),
        closes_at=closes_at,
        late=is_late(call, now),
        end=predicted_end(moments, len(rows) - len(moments), now) if rows else None,
    )


def _given(session: Session, call: OpenedCall, shown: set[str]) -> list[_Given]:
    columns: list[Any] = [
        Assignment.id, Assignment.person_id, Assignment.application_id, Review.state, Review.submitted_at,
        Review.seconds_spent, Review.reopen_request, Review.rubric_hash,
    ]  # fmt: skip
    found = session.connection().execute(
        sql_select(*columns)
        .join_from(Assignment, Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(col(Assignment.call_id) == call.id, col(Assignment.removed_at).is_(None))
    )
    return [row for row in map(_Given._make, found) if row.application_id in shown]


def _reviewer(
    reviewer: Reviewer,
    name: str,
    given: Sequence[_Given],
    closes_at: datetime | None,
    reminded_at: datetime | None,
    now: datetime,
) -> ReviewerProgress:
    begun = sum(one.state is not None for one in given)
    moments = [one.submitted_at for one in given if one.submitted and one.submitted_at]
    timed = [one.seconds_spent for one in given if one.submitted and one.seconds_spent]
    missing = len(given) - len(moments)
    end = predicted_end(moments, missing, now) if given else None
    if missing == 0:
        pace = "done"
    elif closes_at is not None and now > closes_at:
        pace = "late"
    elif not begun:
        pace = "not_begun"
    else:
        pace = "slow" if closes_at is not None and (end is None or end > closes_at) else "on_time"
    return ReviewerProgress(
        person_id=reviewer.person_id,
        code=reviewer.code,
        name=name,
        assigned=len(given),
        submitted=len(moments),
        drafts=begun - len(moments),
        minutes=round(sum(timed) / len(timed) / 60) if timed else None,
        last=max(moments, default=None),
        end=end if missing else None,
        pace=pace,
        reminded_at=reminded_at,
    )


def _criteria(session: Session, call: OpenedCall, assigned: int) -> tuple[CriterionLine, ...]:
    marked = dict(
        session.exec(
            select(Mark.criterion, func.count())
            .where(
                Mark.review_id == Review.id,
                Review.assignment_id == Assignment.id,
                Assignment.application_id == Application.id,
                col(Assignment.removed_at).is_(None),
                col(Mark.score).is_not(None),
                reviewed_dossiers(call.id),
            )
            .group_by(Mark.criterion)
        ).all()
    )
    return tuple(
        CriterionLine(one.id, one.title or one.id, marked.get(one.id, 0), assigned) for one in call.file.rubric.criteria
    )


REMINDER = "review-reminder/"
"""Start of the outbox key of a reminder: then the call, the person, the day."""


def _reminded(session: Session, call: OpenedCall) -> dict[str, datetime]:
    start = f"{REMINDER}{call.id}/"
    found: dict[str, datetime] = {}
    for key, at in session.exec(
        select(OutboxMail.dedupe_key, OutboxMail.created_at).where(
            col(OutboxMail.dedupe_key) >= start, col(OutboxMail.dedupe_key) < start + "\U0010ffff"
        )
    ):
        person_id = str(key).removeprefix(start).partition("/")[0]
        found[person_id] = max(at, found.get(person_id, at))
    return found
