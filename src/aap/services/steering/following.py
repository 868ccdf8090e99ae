"""What an official follows: the calls, their dossiers in numbers, long work, which they may end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.records.applications import UNSCREENED, Application, ApplicationState
from aap.records.outbox import Job
from aap.records.people import Role
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, list_calls
from aap.services.errors import NotFound
from aap.services.outbox import cancel
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

    @property
    def unscreened(self) -> int:
        return sum(self.states.get(state, 0) for state in UNSCREENED)


@dataclass(frozen=True)
class FollowedCall:
    """A call in the official's list."""

    call: OpenedCall
    counts: Counts


def followed_calls(session: Session, *, actor: Actor) -> tuple[FollowedCall, ...]:
    """The calls that this official follows, the latest closing first. Two queries."""
    calls = [call for call in list_calls(session) if actor.has_role(Role.OFFICIAL, call.id)]
    counts = _counts(session, [call.id for call in calls])
    followed = [FollowedCall(call, counts[call.id]) for call in calls]
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


def find_job(session: Session, *, actor: Actor, call: OpenedCall, job_id: str) -> Job:
    """Long work of this call. Raises NotFound."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    job = session.get(Job, job_id)
    if job is None or job.call_id != call.id:
        raise NotFound("job", job_id)
    return job


def cancel_work(session: Session, *, actor: Actor, call: OpenedCall, job_id: str, now: datetime) -> Job:
    """Ends long work of this call that nobody waits for any more. Raises NotFound, also where it has ended."""
    job = find_job(session, actor=actor, call=call, job_id=job_id)
    session.refresh(job, with_for_update=True)
    if job.parent_id is not None or not cancel(session, job, now=now):
        raise NotFound("job", job_id)
    record(session, actor, "job.cancelled", job, now=now, after={"kind": job.kind})
    return job


def latest_job(session: Session, call_id: str, kind: str) -> Job | None:
    """The last long work of a kind for this call. One query."""
    return session.exec(
        select(Job)
        .where(Job.call_id == call_id, Job.kind == kind)
        .order_by(col(Job.created_at).desc(), col(Job.id).desc())
        .limit(1)
    ).first()
