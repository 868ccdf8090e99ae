"""The ranking of a call: from dossiers and marks to a run, kept with its bundle, then frozen by two persons."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from aap.core.bundle import run_bundle
from aap.core.french import NBSP, count
from aap.core.inputs import Application as RankedApplication
from aap.core.inputs import JuryDecision as CoreDecision
from aap.core.inputs import Mark as CoreMark
from aap.core.problems import BadInput
from aap.core.results import ResultRow, Status
from aap.core.run import DEFAULT_DRAWS, Progress, Run, RunInput, RunOptions, inputs_hash, json_text, run_call
from aap.core.scoring import IncompleteReviews
from aap.core.selection import InfeasibleRules
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.outbox import Job
from aap.records.people import Person
from aap.records.rankings import JuryDecision, JuryDecisionKind, RankingRow, RankingRun, RunState
from aap.records.reviews import Assignment, Consensus, Mark, Recusal, Review, Reviewer, ReviewState
from aap.services.actor import Actor, load_actor
from aap.services.audit import record
from aap.services.calls import OpenedCall, change_state, get_call
from aap.services.errors import InvalidInput, NotFound, RulesConflict, SamePerson
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.work import Progress as WorkProgress


@dataclass(frozen=True)
class RankingInput:
    """What a run takes in. `dossiers`: reference (the engine's application id) → record id."""

    given: RunInput
    dossiers: Mapping[str, str]
    unscreened: int


def ranking_input(session: Session, call: OpenedCall) -> RankingInput:
    """The call's dossiers, the marks that count, and what the jury decided. Seven queries.

    A dossier's reference is its id in the engine, a reviewer's code the reviewer's. Marks of reviews that aren't
    submitted, were taken back, or whose reviewer is recused do not count.
    """
    rows = session.exec(
        select(Application, Association.name)
        .where(
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
        )
        .order_by(col(Application.reference))
    ).all()
    applications = tuple(_application(application, name) for application, name in rows)
    references = {application.id: application.reference for application, _ in rows}
    withdrawn = {application.reference for application, _ in rows if application.state == ApplicationState.WITHDRAWN}
    decisions = [
        *(
            CoreDecision(name, "withdrawn", None, "Retrait à la demande de l’association.", "")
            for name in sorted(withdrawn)
        ),
        # A dossier that its association withdrew has no other decision: whatever the jury said before is moot.
        *(one for one in _jury_decisions(session, call, references) if one.application_id not in withdrawn),
    ]
    return RankingInput(
        given=RunInput(
            call=call.file,
            applications=applications,
            marks=_marks(session, call, references),
            decisions=tuple(decisions),
        ),
        dossiers={reference: record_id for record_id, reference in references.items()},
        unscreened=sum(
            application.state in (ApplicationState.SUBMITTED, ApplicationState.TO_COMPLETE) for application, _ in rows
        ),
    )


def _application(application: Application, association: str) -> RankedApplication:
    return RankedApplication(
        id=application.reference,
        association=association,
        requested_amount=application.requested_amount,
        proposed_amount=application.proposed_amount,
        eligible=application.state != ApplicationState.INELIGIBLE,
        ineligible_reason=application.ineligible_reason,
        draw_token=application.reference,
        attributes={name: tuple(values) for name, values in application.attributes.items()},
    )


def _marks(session: Session, call: OpenedCall, references: Mapping[str, str]) -> tuple[CoreMark, ...]:
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call.id)).all())
    recused = set(
        session.exec(
            select(Recusal.person_id, Recusal.application_id).where(
                Recusal.application_id == Application.id,
                Application.call_id == call.id,
                col(Recusal.confirmed).is_(True),
                col(Recusal.dismissed_at).is_(None),
            )
        ).all()
    )
    counted = session.exec(
        select(Review.person_id, Review.application_id, Mark.criterion, col(Mark.score))
        .where(
            Mark.review_id == Review.id,
            Review.assignment_id == Assignment.id,
            Assignment.call_id == call.id,
            col(Assignment.removed_at).is_(None),
            Review.state == ReviewState.SUBMITTED,
            col(Mark.score).is_not(None),
        )
        .order_by(col(Review.application_id), col(Review.person_id), col(Mark.criterion))
    )
    return tuple(
        CoreMark(references[application_id], codes[person_id], criterion, score)
        for person_id, application_id, criterion, score in counted
        if application_id in references and (person_id, application_id) not in recused and score is not None
    )


def _jury_decisions(session: Session, call: OpenedCall, references: Mapping[str, str]) -> list[CoreDecision]:
    authors = select(Person.id, Person.name).where(JuryDecision.author_id == Person.id, JuryDecision.call_id == call.id)
    names = dict(session.exec(authors).all())
    decided = session.exec(
        select(JuryDecision)
        .where(JuryDecision.call_id == call.id)
        .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
    )
    found = [
        CoreDecision(
            references[decision.application_id],
            JuryDecisionKind(decision.decision).value,
            decision.amount,
            decision.reason,
            names.get(decision.author_id or "", ""),
        )
        for decision in decided
        if decision.application_id in references
    ]
    agreed = session.exec(
        select(Consensus).where(
            Consensus.application_id == Application.id,
            Application.call_id == call.id,
            col(Consensus.decided_at).is_not(None),
        )
    )
    found.extend(
        CoreDecision(references[row.application_id], "consensus", row.total, row.reason, "jury")
        for row in agreed
        if row.application_id in references and row.total is not None
    )
    return found


def compute(
    call: OpenedCall, given: RankingInput, *, draws: int, progress: Progress | None = None, processes: int = 1
) -> Run:
    """Runs the engine; `processes` share the draws.

    Raises InvalidInput or RulesConflict, in the words of an official.
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
        places = ", ".join(f"{dossier} (évaluateur {reviewer})" for dossier, reviewer, _ in error.missing[:10])
        raise InvalidInput({"": f"Des évaluations remises n’ont pas toutes leurs notes{NBSP}: {places}."}) from error
    except BadInput as error:
        raise InvalidInput({"": " ".join(problem.message for problem in error.problems)}) from error


def store_run(
    session: Session, *, actor: Actor | None, call: OpenedCall, given: RankingInput, run: Run, now: datetime
) -> RankingRun:
    """Keeps a run with its rows and its bundle."""
    if actor is not None:
        ensure(actor, Permission.RANKING_RUN, call.target())
    number = session.exec(select(func.max(RankingRun.number)).where(RankingRun.call_id == call.id)).one() or 0
    kept = RankingRun(
        call_id=call.id,
        number=number + 1,
        rubric_hash=run.report["rubric_hash"],
        result_hash=run.report["result_hash"],
        report=dict(run.report),
        bundle=json_text(run_bundle(run)),
        author_id=actor.person_id if actor else None,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    session.add_all(_row(kept.id, given.dossiers[row.application_id], row) for row in run.rows)
    record(
        session, actor=actor, action="ranking.computed", now=now, object_kind="ranking_run", object_id=kept.id,
        call_id=call.id, after={"number": kept.number, "result_hash": kept.result_hash},
    )  # fmt: skip
    return kept


def _row(run_id: str, application_id: str, row: ResultRow) -> RankingRow:
    return RankingRow(
        run_id=run_id,
        application_id=application_id,
        rank=row.rank,
        status=row.status,
        reason_code=row.reason_code,
        reason=row.reason,
        raw_score=row.raw_score,
        calibrated_score=row.calibrated_score,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        selection_probability=row.selection_probability,
        reviews=row.reviews,
        requested_amount=row.requested_amount,
        granted_amount=row.granted_amount,
        waiting_rank=row.waiting_rank,
        marks={criterion: str(mark) for criterion, mark in row.marks.items()},
    )


def run_ranking(
    session: Session,
    *,
    actor: Actor | None,
    call_id: str,
    now: datetime,
    draws: int = DEFAULT_DRAWS,
    progress: Progress | None = None,
) -> RankingRun:
    """Loads, computes and keeps a run in one transaction: for commands and tests (pages use the job `ranking`)."""
    call = get_call(session, call_id)
    if actor is not None:
        ensure(actor, Permission.RANKING_RUN, call.target())
    given = ranking_input(session, call)
    return store_run(
        session,
        actor=actor,
        call=call,
        given=given,
        run=compute(call, given, draws=draws, progress=progress),
        now=now,
    )


def rank_in_background(platform: Platform, job: Job, progress: WorkProgress) -> Mapping[str, Any]:
    """Job `ranking`: computes outside of any transaction, then keeps the run. Arguments: `draws`."""
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        given = ranking_input(session, call)
        actor = load_actor(session, job.author_id) if job.author_id else None
    try:
        run = compute(
            call,
            given,
            draws=int(job.arguments.get("draws", DEFAULT_DRAWS)),
            progress=lambda step, done, total: progress(done, total, step),
        )
    except RulesConflict as conflict:
        return {"conflict": list(conflict.rules)}
    except InvalidInput as refused:
        return {"problems": list(refused.problems.values())}
    with platform.database.writing() as session:
        kept = store_run(session, actor=actor, call=call, given=given, run=run, now=platform.clock())
        return {"run": kept.id}


@dataclass(frozen=True)
class RunView:
    """A kept run as pages and documents need it. `rows` in the order of the ranking; `ids`: reference → record id."""

    run: RankingRun
    rows: tuple[ResultRow, ...]
    ids: Mapping[str, str]
    titles: Mapping[str, str]
    places: Mapping[str, str]


_UNRANKED_ORDER: Mapping[str, int] = {
    status: place for place, status in enumerate(("below_threshold", "ineligible", "incomplete", "withdrawn"), 1)
}


def get_run(session: Session, run_id: str) -> RankingRun:
    run = session.get(RankingRun, run_id)
    if run is None:
        raise NotFound("ranking_run", run_id)
    return run


def find_run(session: Session, call_id: str, number: int) -> RankingRun:
    """A call's run by its number. Raises NotFound."""
    run = session.exec(select(RankingRun).where(RankingRun.call_id == call_id, RankingRun.number == number)).first()
    if run is None:
        raise NotFound("ranking_run", f"{call_id}/{number}")
    return run


@dataclass(frozen=True)
class RunLine:
    """One run in the list of a call's runs."""

    number: int
    state: RunState
    created_at: datetime
    author: str
    laureates: int


def list_runs(session: Session, call_id: str) -> tuple[RunLine, ...]:
    """The call's runs, the newest first. One query, without their bundles."""
    found = session.exec(
        select(RankingRun, Person.name)
        .join(Person, col(Person.id) == col(RankingRun.author_id), isouter=True)
        .where(RankingRun.call_id == call_id)
        .order_by(col(RankingRun.number).desc())
        .options(defer(RankingRun.bundle))  # type: ignore[arg-type]  # a mapped attribute
    )
    return tuple(
        RunLine(
            number=run.number,
            state=RunState(run.state),
            created_at=run.created_at,
            author=author or "",
            laureates=run.report.get("counts", {}).get("laureate", 0),
        )
        for run, author in found
    )


def latest_run(session: Session, call_id: str) -> RankingRun | None:
    """The frozen run where there is one, else the last computed."""
    return session.exec(
        select(RankingRun)
        .where(RankingRun.call_id == call_id)
        .order_by(col(RankingRun.state) == RunState.COMPUTED, col(RankingRun.number).desc())
        .limit(1)
    ).first()


def view_run(session: Session, run: RankingRun) -> RunView:
    """A run's rows with the names of dossiers and associations. One query."""
    found = session.exec(
        select(RankingRow, Application, Association).where(
            RankingRow.run_id == run.id,
            RankingRow.application_id == Application.id,
            Application.association_id == Association.id,
        )
    ).all()
    ordered = sorted(
        found,
        key=lambda line: (
            line[0].rank is None,
            line[0].rank or 0,
            _UNRANKED_ORDER.get(line[0].status, 0),
            line[1].reference,
        ),
    )
    return RunView(
        run=run,
        rows=tuple(_result(row, application, association) for row, application, association in ordered),
        ids={application.reference: application.id for _, application, _ in ordered},
        titles={application.reference: application.title for _, application, _ in ordered},
        places={application.reference: association.commune_name for _, application, association in ordered},
    )


def _result(row: RankingRow, application: Application, association: Association) -> ResultRow:
    status: Status = row.status  # type: ignore[assignment]  # written by the engine
    return ResultRow(
        rank=row.rank,
        application_id=application.reference,
        association=association.name,
        status=status,
        reason_code=row.reason_code,
        reason=row.reason,
        raw_score=row.raw_score,
        calibrated_score=row.calibrated_score,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        selection_probability=row.selection_probability,
        reviews=row.reviews,
        requested_amount=row.requested_amount,
        granted_amount=row.granted_amount,
        waiting_rank=row.waiting_rank,
        marks={criterion: Decimal(mark) for criterion, mark in row.marks.items()},
    )


@dataclass(frozen=True)
class FreezeCheck:
    """What stands in the way of freezing a run: French sentences, none when it may be frozen."""

    obstacles: tuple[str, ...]


def check_freeze(session: Session, call: OpenedCall, run: RankingRun) -> FreezeCheck:
    """A run is frozen only if it is final, everything is screened, and nothing moved since it was computed."""
    obstacles = []
    given = ranking_input(session, call)
    if given.unscreened:
        obstacles.append(f"La recevabilité de {count(given.unscreened, 'dossier')} n’est pas encore décidée.")
    if not run.report.get("final"):
        obstacles.append("Des dossiers n’ont pas encore toutes leurs évaluations.")
    if run.report.get("inputs_hash") != inputs_hash(given.given):
        obstacles.append("Des notes, des dossiers ou des décisions ont changé depuis ce calcul : relancez-le.")
    if run.report.get("draw_seed") != (call.record.draw_seed or run.rubric_hash):
        obstacles.append("La graine du tirage au sort a changé depuis ce calcul : relancez-le.")
    if run.rubric_hash != call.record.rubric_hash:
        obstacles.append("La grille n’est pas celle qui a été scellée à l’ouverture de l’appel.")
    return FreezeCheck(tuple(obstacles))


_COUNTING = (
    "application.withdrawn", "assignment.applied", "assignment.moved", "assignment.removed", "call.draw_seed",
    "completion.answered", "completion.asked", "consensus.decided", "dossier.amount_proposed", "dossier.corrected",
    "dossier.screened", "jury.decided",
    "jury.removed", "recusal.confirmed", "recusal.declared", "recusal.dismissed", "review.reopened",
    "review.submitted",
)  # fmt: skip


def moved_since(session: Session, run: RankingRun) -> bool:
    """Whether the log tells of something that counts in a ranking since the run was computed. One query.

    Only a hint for who reads the run: `check_freeze` compares everything.
    """
    found = (
        select(AuditLine.sequence)
        .where(
            AuditLine.call_id == run.call_id, col(AuditLine.at) > run.created_at, col(AuditLine.action).in_(_COUNTING)
        )
        .limit(1)
    )
    return run.state != RunState.FROZEN and session.exec(found).first() is not None


def propose_freeze(session: Session, *, actor: Actor, run_id: str, now: datetime) -> None:
    """The first person: deliberating → proposed. Raises InvalidInput with what stands in the way."""
    run = get_run(session, run_id)
    call = get_call(session, run.call_id)
    ensure(actor, Permission.RANKING_FREEZE, call.target(), kind="ranking_run", id=run_id)
    check = check_freeze(session, call, run)
    if check.obstacles:
        raise InvalidInput({"": " ".join(check.obstacles)})
    change_state(session, call, CallState.PROPOSED, actor=actor, now=now)
    run.state, run.proposed_by, run.proposed_at = RunState.PROPOSED, actor.person_id, now
    session.add(run)
    _record_freeze(session, actor, run, "ranking.proposed", now)


def confirm_freeze(session: Session, *, actor: Actor, run_id: str, now: datetime) -> None:
    """The second person: proposed → arbitrated. Raises SamePerson."""
    run = get_run(session, run_id)
    call = get_call(session, run.call_id)
    ensure(actor, Permission.RANKING_FREEZE, call.target(), kind="ranking_run", id=run_id)
    if run.proposed_by == actor.person_id:
        raise SamePerson
    check = check_freeze(session, call, run)
    if check.obstacles or run.state != RunState.PROPOSED:
        raise InvalidInput({"": " ".join(check.obstacles) or "Ce classement n’a pas été proposé."})
    change_state(session, call, CallState.ARBITRATED, actor=actor, now=now)
    run.state, run.frozen_by, run.frozen_at = RunState.FROZEN, actor.person_id, now
    session.add(run)
    _record_freeze(session, actor, run, "ranking.frozen", now)


def reject_freeze(session: Session, *, actor: Actor, run_id: str, reason: str, now: datetime) -> None:
    """Back to the deliberation, with a reason: proposed → deliberating."""
    run = get_run(session, run_id)
    call = get_call(session, run.call_id)
    ensure(actor, Permission.RANKING_FREEZE, call.target(), kind="ranking_run", id=run_id)
    if run.state != RunState.PROPOSED:
        raise InvalidInput({"": "Ce classement n’a pas été proposé."})
    if not reason.strip():
        raise InvalidInput({"reason": "Indiquez pourquoi le classement revient en délibération."})
    call.record.state = CallState.DELIBERATING
    run.state, run.proposed_by, run.proposed_at = RunState.COMPUTED, None, None
    session.add(call.record)
    session.add(run)
    _record_freeze(session, actor, run, "ranking.rejected", now, {"reason": reason.strip()})


def _record_freeze(
    session: Session, actor: Actor, run: RankingRun, action: str, now: datetime, more: Mapping[str, Any] | None = None
) -> None:
    record(
        session, actor=actor, action=action, now=now, object_kind="ranking_run", object_id=run.id, call_id=run.call_id,
        after={"number": run.number, "result_hash": run.result_hash, **(more or {})},
    )  # fmt: skip


def bundle_hash(run: RankingRun) -> str:
    """SHA-256 of the run's bundle as it is kept."""
    return hashlib.sha256(run.bundle.encode()).hexdigest()


def counts_by_status(rows: Sequence[ResultRow]) -> Mapping[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.status] += 1
    return dict(counts)
