"""The ranking of a call is computed outside of any transaction, and kept with its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, func, select

from aap.core.problems import BadInput
from aap.core.ranking.bundle import run_bundle
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.run import Progress, Run, RunOptions, json_text, run_call
from aap.core.scoring.totals import IncompleteReviews
from aap.core.selection.outcome import InfeasibleRules
from aap.records.outbox import Job
from aap.records.rankings import RankingRun
from aap.services.actor import Actor, author_of_work
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, Objection, RulesConflict, said_by_core
from aap.services.outbox import Progress as WorkProgress
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.input import RankingInput, ranking_input
from aap.services.ranking.runs import kept_row


def compute_run(
    call: OpenedCall, given: RankingInput, *, draws: int, progress: Progress | None = None, processes: int = 1
) -> Run:
    """Runs the engine; `processes` share the draws.

    Raises InvalidInput or RulesConflict.
    """
    options = RunOptions(draws=draws, draw_seed=call.record.draw_seed, prices=True)
    inputs = given.given
    try:
        return run_call(
            inputs.call,
            inputs.applications,
            inputs.marks,
            inputs.decisions,
            options=options,
            progress=progress,
            processes=processes,
        )
    except InfeasibleRules as error:
        raise RulesConflict(tuple(str(rule) for rule in error.conflict)) from error
    except IncompleteReviews as error:
        places = tuple((dossier, reviewer) for dossier, reviewer, _ in error.missing[:10])
        raise InvalidInput({"": Objection("ranking.marks_missing", places=places)}) from error
    except BadInput as error:
        raise InvalidInput({"": tuple(said_by_core(problem.message) for problem in error.problems)}) from error


def store_run(
    session: Session, *, actor: Actor, call: OpenedCall, given: RankingInput, run: Run, now: datetime
) -> RankingRun:
    """Keeps a run with its rows and its bundle."""
    ensure(actor, Permission.RANKING_RUN, call.target())
    number = session.exec(select(func.max(RankingRun.number)).where(RankingRun.call_id == call.id)).one() or 0
    kept = RankingRun(
        call_id=call.id,
        number=number + 1,
        rubric_hash=run.report["rubric_hash"],
        result_hash=run.report["result_hash"],
        report=dict(run.report),
        bundle=json_text(run_bundle(run)),
        author_id=actor.row_id,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    session.add_all(kept_row(kept.id, given.dossiers[row.application_id], row) for row in run.rows)
    record(
        session,
        actor,
        "ranking.computed",
        kept,
        now=now,
        after={"number": kept.number, "result_hash": kept.result_hash},
    )
    return kept


def rank_in_background(platform: Platform, job: Job, progress: WorkProgress) -> Mapping[str, Any]:
    """Job `ranking`: computes outside of any transaction, then keeps the run. Arguments: `draws`."""
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        given = ranking_input(session, call)
        actor = author_of_work(session, job.author_id)
    try:
        run = compute_run(
            call,
            given,
            draws=int(job.arguments.get("draws", DEFAULT_DRAWS)),
            progress=lambda step, done, total: progress(done, total, step),
        )
    except RulesConflict as conflict:
        return {"conflict": list(conflict.rules)}
    except InvalidInput as refused:
        return {"problems": [one.as_json() for one in refused.objections]}
    with platform.database.writing() as session:
        kept = store_run(session, actor=actor, call=call, given=given, run=run, now=platform.clock())
        return {"run": kept.id}
