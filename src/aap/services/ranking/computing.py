"""The ranking of a call is computed outside of any transaction, and kept with its bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, func, select

from aap.core.problems import BadInput
from aap.core.ranking.bundle import run_bundle
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.run import Progress, Run, RunOptions, part_of_draws, run_call
from aap.core.ranking.run_input import RunInput, inputs_hash, json_text
from aap.core.scoring.totals import IncompleteReviews
from aap.core.selection.outcome import InfeasibleRules, NothingFound
from aap.records.outbox import Job
from aap.records.rankings import RankingRun
from aap.services.actor import Actor, author_of_work
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.counted import waits_for_second_person
from aap.services.errors import InvalidInput, Objection, RulesConflict, StateForbids, said_by_core
from aap.services.outbox import InPieces
from aap.services.outbox import Progress as WorkProgress
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.input import RankingInput, ranking_input
from aap.services.ranking.runs import kept_row

if TYPE_CHECKING:
    from aap.core.ranking.draws import Draws


def compute_run(
    call: OpenedCall,
    given: RankingInput,
    *,
    draws: int,
    progress: Progress | None = None,
    processes: int = 1,
    drawn: Draws | None = None,
) -> Run:
    """Runs the engine; `processes` share the draws, unless they were made before (`drawn`).

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
            drawn=drawn,
        )
    except InfeasibleRules as error:
        raise RulesConflict(tuple(str(rule) for rule in error.conflict)) from error
    except NothingFound as error:
        raise InvalidInput({"": Objection("ranking.nothing_found")}) from error
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


# --- in the background ------------------------------------------------------------------------------------------------

PIECE_OF_DRAWS = 100


def _split(_platform: Platform, job: Job) -> Sequence[Mapping[str, Any]]:
    """By draws, where there are enough of them for two pieces: everything else is quick."""
    draws = _draws(job)
    if draws < 2 * PIECE_OF_DRAWS:
        return ()
    starts = range(0, draws, PIECE_OF_DRAWS)
    pieces = [(start, min(start + PIECE_OF_DRAWS, draws)) for start in starts]
    return [{"start": start, "end": end, "draws": draws, "size": end - start} for start, end in pieces]


def _draw(platform: Platform, job: Job, progress: WorkProgress) -> Mapping[str, Any]:
    """Some of the draws. Where they can't be made, whoever joins finds out why."""
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        given = ranking_input(session, call).given
    options = RunOptions(draws=int(job.arguments["draws"]), draw_seed=call.record.draw_seed)
    start, end = int(job.arguments["start"]), int(job.arguments["end"])
    try:
        retained, without_head, unended = part_of_draws(
            given, options, start=start, end=end, progress=lambda done, total: progress(done, total, "Tirages")
        )
    except (InfeasibleRules, IncompleteReviews, BadInput, ValueError):
        return {}
    return {"of": _same_inputs(call, given), "retained": retained, "without_head": without_head, "unended": unended}


def _join(
    platform: Platform, job: Job, results: Sequence[Mapping[str, Any]], progress: WorkProgress
) -> Mapping[str, Any]:
    """Ranks, selects and explains outside of any transaction, then keeps the run. Arguments: `draws`.

    The draws of the pieces count where all were made from what is ranked now; else they are made here.
    """
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        given = ranking_input(session, call)
        actor = author_of_work(session, job.author_id)
        try:
            ensure(actor, Permission.RANKING_RUN, call.target())
        except StateForbids:  # asked for in another state of the call
            return {"problems": [Objection("ranking.marks_closed").as_json()]}
        if waits_for_second_person(session, call.id):  # ranks stay unknown until it is decided
            return {"problems": [Objection("ranking.set_aside_pending").as_json()]}
    draws = _draws(job)
    steps: list[tuple[int, int, str]] = []

    def tell(step: str, done: int, total: int) -> None:
        steps[:] = [(done, total, step)]
        progress(*steps[0])

    try:
        run = compute_run(call, given, draws=draws, progress=tell, drawn=_together(call, given.given, results, draws))
    except RulesConflict as conflict:
        return {"conflict": list(conflict.rules)}
    except InvalidInput as refused:
        return {"problems": [one.as_json() for one in refused.objections]}
    if steps:
        progress(*steps[0])  # whoever cancelled it meanwhile finds no run
    with platform.database.writing() as session:
        kept = store_run(session, actor=actor, call=call, given=given, run=run, now=platform.clock())
        return {"run": kept.id}


def _draws(job: Job) -> int:
    return int(job.arguments.get("draws", DEFAULT_DRAWS))


def _same_inputs(call: OpenedCall, given: RunInput) -> str:
    """What the draws depend on."""
    return f"{inputs_hash(given)}:{call.record.draw_seed or ''}"


def _together(call: OpenedCall, given: RunInput, results: Sequence[Mapping[str, Any]], draws: int) -> Draws | None:
    from aap.core.ranking.draws import Draws  # brings in process pools, which other processes spare

    if not results or any(one.get("of") != _same_inputs(call, given) for one in results):
        return None
    retained: Counter[str] = Counter()
    for one in results:
        retained.update(one["retained"])
    without_head = sum(int(one["without_head"]) for one in results)
    return Draws(draws, dict(retained), without_head, sum(int(one["unended"]) for one in results))


RANKING = InPieces(_split, _draw, _join)
"""Job `ranking`."""
