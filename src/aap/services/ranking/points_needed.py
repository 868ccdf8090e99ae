"""How many points a dossier lacked in a kept run: a few selections, which take seconds in a big call, so a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.call.schema import CallFile
from aap.core.ranking.counterfactual import in_words
from aap.records.outbox import ENDED_WITHOUT_RESULT, Job
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of, find_dossier
from aap.services.errors import InvalidInput, Objection
from aap.services.outbox import Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.runs import find_run, get_run
from aap.services.ranking.trials import ask_points_needed


def start_points(
    session: Session, *, actor: Actor, call: OpenedCall, number: int, reference: str, now: datetime
) -> Job:
    """The job that finds it out in the call's run of this number, started where none was or the last one failed: a run
    never changes.

    Raises NotFound, also for who is recused of the dossier, whatever the state of the call.
    """
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    run = find_run(session, call.id, number)
    held = points_job(session, run, reference)
    return held or start_job(
        session, "points", actor=actor, now=now, call_id=call.id, arguments=_arguments(run, reference)
    )


def points_job(session: Session, run: RankingRun, reference: str) -> Job | None:
    """The job that looks for it or has found it, None where nobody asked. One query."""
    asked = session.exec(
        select(Job)
        .where(Job.kind == "points", Job.call_id == run.call_id, col(Job.state).not_in(ENDED_WITHOUT_RESULT))
        .order_by(col(Job.created_at), col(Job.id))
    )
    return next((job for job in asked if job.arguments == _arguments(run, reference)), None)


def points_in_words(job: Job, file: CallFile) -> str | Objection:
    """What a finished job found, as a French sentence; the objection where there is nothing to find."""
    if "refused" in job.result:
        return Objection.of_json(job.result["refused"])
    return in_words(job.result["points"], file.rubric)


def points_in_background(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `points`. Arguments: `run`, `reference`. Gives `points` (ten-thousandths, None: none would be enough)."""
    progress(0, 1, "points")
    with platform.database.reading() as session:
        run = get_run(session, job.arguments["run"])
    try:
        points = ask_points_needed(run, job.arguments["reference"])
    except InvalidInput as refused:
        return {"refused": refused.objections[0].as_json()}
    progress(1, 1, "points")
    return {"points": points}


def _arguments(run: RankingRun, reference: str) -> dict[str, str]:
    return {"run": run.id, "reference": reference}
