"""What an official follows: the calls, the progress of the reviews, long work. Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, case, col, func, select

from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.outbox import Job
from aap.records.people import Person, Role
from aap.records.reviews import Assignment, Recusal, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.calls import OpenedCall, get_call, list_calls
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class Counts:
    """Dossiers by state: drafts are only counted, never shown. `states`: state → number, of the submitted ones."""

    drafts: int
    states: Mapping[str, int]

    @property
    def submitted(self) -> int:
        return sum(self.states.values())

    @property
    def to_screen(self) -> int:
        return self.states.get(ApplicationState.SUBMITTED, 0)

    @property
    def to_complete(self) -> int:
        return self.states.get(ApplicationState.TO_COMPLETE, 0)


@dataclass(frozen=True)
class FollowedCall:
    call: OpenedCall
    counts: Counts


def followed_calls(session: Session, *, actor: Actor) -> tuple[FollowedCall, ...]:
    """The calls that this official follows, the latest closing first. Two queries."""
    ensure_home = [call for call in list_calls(session) if actor.has_role(Role.OFFICIAL, call.id)]
    counts = _counts(session, [call.id for call in ensure_home])
    followed = [FollowedCall(call, counts[call.id]) for call in ensure_home]
    return tuple(sorted(followed, key=lambda one: (one.call.record.closes_at, one.call.id), reverse=True))


def followed_call(session: Session, *, actor: Actor, call_id: str) -> OpenedCall:
    """A call that this official follows. Raises NotFound."""
    call = get_call(session, call_id)
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call_id)
    return call


def counts_of(session: Session, call_id: str) -> Counts:
    """Dossiers of one call by state. One query."""
    return _counts(session, [call_id])[call_id]


def _counts(session: Session, call_ids: Sequence[str]) -> dict[str, Counts]:
    states: dict[str, dict[str, int]] = defaultdict(dict)
    if call_ids:
        grouped = (
            select(Application.call_id, Application.state, func.count())
            .where(col(Application.call_id).in_(call_ids))
            .group_by(col(Application.call_id), col(Application.state))
        )
        for call_id, state, number in session.exec(grouped):
            states[call_id][str(state)] = number
    return {call_id: Counts(states[call_id].pop(ApplicationState.DRAFT, 0), states[call_id]) for call_id in call_ids}


def recused_dossiers(session: Session, actor: Actor, call_id: str) -> frozenset[str]:
    """Ids of the call's dossiers that this person may see nothing of. One query."""
    found = session.exec(
        select(Recusal.application_id).where(
            Recusal.application_id == Application.id,
            Application.call_id == call_id,
            Recusal.person_id == actor.person_id,
            col(Recusal.confirmed).is_(True),
            col(Recusal.dismissed_at).is_(None),
        )
    )
    return frozenset(found)


@dataclass(frozen=True)
class ReviewerProgress:
    """One reviewer's dossiers: given, submitted, begun; `last` is the last submission."""

    person_id: str
    code: str
    name: str
    assigned: int
    submitted: int
    drafts: int
    last: datetime | None

    @property
    def missing(self) -> int:
        return self.assigned - self.submitted


@dataclass(frozen=True)
class DossierProgress:
    """One dossier's reviews; `needed` is what the rubric asks for before it is ranked."""

    application_id: str
    reference: str
    association: str
    assigned: int
    submitted: int
    needed: int

    @property
    def short(self) -> bool:
        return self.submitted < self.needed


@dataclass(frozen=True)
class ReviewsProgress:
    """Where the reviews stand: reviewers by what they still owe, dossiers by what they still lack."""

    reviewers: tuple[ReviewerProgress, ...]
    dossiers: tuple[DossierProgress, ...]
    closes_at: datetime | None

    @property
    def assigned(self) -> int:
        return sum(one.assigned for one in self.reviewers)

    @property
    def submitted(self) -> int:
        return sum(one.submitted for one in self.reviewers)

    @property
    def short(self) -> tuple[DossierProgress, ...]:
        return tuple(one for one in self.dossiers if one.short)


@dataclass(frozen=True)
class ReviewsTotals:
    """Where the reviews of a call stand, in numbers; `short` and `unassigned` count dossiers below the minimum."""

    assigned: int
    submitted: int
    short: int
    unassigned: int


def reviews_totals(session: Session, call: OpenedCall) -> ReviewsTotals:
    """The numbers that a dashboard shows. Two queries."""
    given = func.sum(case((col(Review.state) == ReviewState.SUBMITTED, 1), else_=0))
    counted = session.exec(
        select(Assignment.application_id, func.count(), given)
        .join(Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(Assignment.call_id == call.id, col(Assignment.removed_at).is_(None))
        .group_by(col(Assignment.application_id))
    ).all()
    counts = {application_id: (assigned, int(submitted)) for application_id, assigned, submitted in counted}
    needed = call.file.rubric.min_reviews
    reviewed = [
        counts.get(application_id, (0, 0))
        for application_id in session.exec(select(Application.id).where(*_reviewable(call.id)))
    ]
    return ReviewsTotals(
        assigned=sum(assigned for assigned, _ in counts.values()),
        submitted=sum(submitted for _, submitted in counts.values()),
        short=sum(submitted < needed for _, submitted in reviewed),
        unassigned=sum(assigned < needed for assigned, _ in reviewed),
    )


def _reviewable(call_id: str) -> list[Any]:
    """SQL conditions: the dossiers of a call that want reviews."""
    return [
        Application.call_id == call_id,
        col(Application.submitted_at).is_not(None),
        col(Application.state).not_in([ApplicationState.INELIGIBLE, ApplicationState.WITHDRAWN]),
    ]


def reviews_progress(session: Session, *, actor: Actor, call: OpenedCall) -> ReviewsProgress:
    """Progress by reviewer and by dossier, the latest first. Four queries, no mark among them."""
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    people = session.exec(
        select(Reviewer, Person).where(Reviewer.person_id == Person.id, Reviewer.call_id == call.id)
    ).all()
    assigned = session.exec(
        select(Assignment.person_id, Assignment.application_id, Review.state, Review.submitted_at)
        .join(Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(Assignment.call_id == call.id, col(Assignment.removed_at).is_(None))
    ).all()
    by_person: dict[str, list[tuple[str | None, datetime | None]]] = defaultdict(list)
    by_dossier: dict[str, list[str | None]] = defaultdict(list)
    for person_id, application_id, state, submitted_at in assigned:
        by_person[person_id].append((state, submitted_at))
        by_dossier[application_id].append(state)
    reviewers = [
        _reviewer_progress(reviewer, person, by_person.get(reviewer.person_id, [])) for reviewer, person in people
    ]
    reviewers.sort(key=lambda one: (-one.missing, one.code))
    dossiers = [
        DossierProgress(
            application_id=application_id,
            reference=reference,
            association=name,
            assigned=len(by_dossier.get(application_id, ())),
            submitted=sum(state == ReviewState.SUBMITTED for state in by_dossier.get(application_id, ())),
            needed=call.file.rubric.min_reviews,
        )
        for application_id, reference, name in session.exec(
            select(Application.id, Application.reference, Association.name).where(
                Application.association_id == Association.id, *_reviewable(call.id)
            )
        )
        if application_id not in hidden
    ]
    dossiers.sort(key=lambda one: (one.submitted - one.needed, one.reference))
    return ReviewsProgress(tuple(reviewers), tuple(dossiers), call.file.reviewing.closes_at)


def _reviewer_progress(
    reviewer: Reviewer, person: Person, given: Sequence[tuple[str | None, datetime | None]]
) -> ReviewerProgress:
    submitted = [at for state, at in given if state == ReviewState.SUBMITTED]
    return ReviewerProgress(
        person_id=person.id,
        code=reviewer.code,
        name=person.name,
        assigned=len(given),
        submitted=len(submitted),
        drafts=sum(state in (ReviewState.DRAFT, ReviewState.REOPENED) for state, _ in given),
        last=max((at for at in submitted if at), default=None),
    )


def find_job(session: Session, *, actor: Actor, call: OpenedCall, job_id: str) -> Job:
    """Long work of this call. Raises NotFound."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    job = session.get(Job, job_id)
    if job is None or job.call_id != call.id:
        raise NotFound("job", job_id)
    return job


def latest_job(session: Session, call_id: str, kind: str) -> Job | None:
    """The last long work of a kind for this call. One query."""
    return session.exec(
        select(Job)
        .where(Job.call_id == call_id, Job.kind == kind)
        .order_by(col(Job.created_at).desc(), col(Job.id).desc())
        .limit(1)
    ).first()
