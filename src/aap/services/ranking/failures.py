"""Rankings that were asked for and never came: what remains of them is the job, which says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.records.outbox import Job, JobState
from aap.services.errors import Objection

SHOWN = 6


@dataclass(frozen=True)
class FailedRun:
    """A computation that ended without a ranking. `conflict`: the rules that can't all hold; `problems`: what else was in
    the way; neither: an error of the program, or somebody ended it (`cancelled`)."""

    job_id: str
    at: datetime
    conflict: tuple[str, ...]
    problems: tuple[Objection, ...]
    cancelled: bool


def failed_runs(session: Session, call_id: str) -> tuple[FailedRun, ...]:
    """The last ones of a call, the newest first. One query."""
    ended = session.exec(
        select(Job)
        .where(
            Job.call_id == call_id,
            Job.kind == "ranking",
            col(Job.parent_id).is_(None),
            col(Job.state).in_((JobState.DONE, JobState.FAILED, JobState.CANCELLED)),
        )
        .order_by(col(Job.created_at).desc(), col(Job.id).desc())
        .limit(4 * SHOWN)
    )
    return tuple(
        FailedRun(
            job_id=job.id,
            at=job.finished_at or job.created_at,
            conflict=tuple(job.result.get("conflict", ())),
            problems=tuple(Objection.of_json(one) for one in job.result.get("problems", ())),
            cancelled=job.state == JobState.CANCELLED,
        )
        for job in ended
        if "run" not in job.result
    )[:SHOWN]
