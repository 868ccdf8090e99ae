"""What waits to be done in the background, and since when: read once for a page, the gauges, the diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_
from sqlmodel import Session, col, func, select

from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.workers import worker_seen


@dataclass(frozen=True)
class WaitingWork:
    """Mails and jobs that wait, and those that nobody tries again by themselves. `by_state`: jobs, their pieces left out.
    `oldest`: since when what could be done by now waits; `worker_seen`: when any worker last said that it lives (None: none
    ever did)."""

    mails: int
    mails_failing: int
    mails_given_up: int
    by_state: Mapping[JobState, int]
    oldest: datetime | None
    worker_seen: datetime | None

    @property
    def jobs(self) -> int:
        return self.by_state.get(JobState.WAITING, 0)

    @property
    def jobs_running(self) -> int:
        return self.by_state.get(JobState.RUNNING, 0)

    @property
    def jobs_failed(self) -> int:
        return self.by_state.get(JobState.FAILED, 0)


def waiting_work(session: Session, now: datetime) -> WaitingWork:
    """Five queries, whatever waits."""
    given_up = col(OutboxMail.given_up_at).is_not(None)
    counted = (
        func.count(),
        func.count().filter(given_up),
        func.count().filter(and_(~given_up, col(OutboxMail.error) != "")),
    )
    still = (col(OutboxMail.sent_at).is_(None), col(OutboxMail.waits_for_digest).is_(False))
    unsent, dropped, failing = session.exec(select(*counted).where(*still)).one()
    whole = col(Job.parent_id).is_(None)
    jobs = session.exec(select(Job.state, func.count()).where(whole).group_by(col(Job.state))).all()
    seen = worker_seen(session, now)
    return WaitingWork(
        mails=unsent - dropped,
        mails_failing=failing,
        mails_given_up=dropped,
        by_state={JobState(state): number for state, number in jobs},
        oldest=seen.waiting_since,
        worker_seen=seen.heartbeat,
    )
