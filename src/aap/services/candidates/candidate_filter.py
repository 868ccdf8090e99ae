"""What a list of candidates is narrowed to, as conditions of the database; texts are another matter (`search`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func
from sqlmodel import col, select

from aap.core.scoring.totals import on_hundred
from aap.records.applications import Application, ApplicationState, CompletionRequest, Message
from aap.records.associations import Association
from aap.records.candidate_lists import CandidateLabel, PickedDossier
from aap.records.outbox import OutboxMail
from aap.records.rankings import Decision, Outcome, RankingRow, RankingRun, RunState
from aap.records.reviews import Assignment, Reviewer
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.decision.in_force import InForce, in_force
from aap.services.permissions import Permission, allowed

GAVE_UP = "gave_up"
"""Besides the outcomes of a decision: a laureate who renounced."""

FLAGS = ("message", "completed", "unassigned", "unsent", "picked")
"""What a dossier may be looked for by: a message that waits for an answer, a completion that came back and is not screened
again, no reviewer, a mail that could not leave, picked out by who looks."""


@dataclass(frozen=True)
class CandidateFilter:
    """What a list is narrowed to; empty fields narrow nothing. Amounts in cents, scores in the points of the call; `outcome`:
    of Outcome, or GAVE_UP; `reviewer`: a code; `sort`: a key of SORTS, `-` in front: downwards."""

    text: str = ""
    state: str = ""
    outcome: str = ""
    region: str = ""
    department: str = ""
    theme: str = ""
    label: str = ""
    reviewer: str = ""
    flag: str = ""
    least: int | None = None
    most: int | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    sort: str = "reference"

    @property
    def narrows(self) -> bool:
        """Whether anything is asked."""
        return self != CandidateFilter(sort=self.sort)

    @property
    def grouped(self) -> bool:
        """Whether only what `present` counts by is asked: state and theme."""
        return self == CandidateFilter(state=self.state, theme=self.theme, sort=self.sort)


@dataclass(frozen=True)
class Known:
    """What this official may know of the call's dossiers now: ranks and scores from the deliberation on, outcomes once they are
    decided. What isn't known narrows nothing, orders nothing and stands in no column."""

    ranking: bool
    outcomes: bool

    @classmethod
    def of(cls, actor: Actor, call: OpenedCall) -> Known:
        target = call.target()
        return cls(
            ranking=allowed(actor, Permission.RANKING_READ, target),
            outcomes=allowed(actor, Permission.DECISIONS_READ, target),
        )


def current_run(call_id: str) -> Any:
    """SQL: the id of the frozen run of a call, else of the last computed."""
    return (
        select(RankingRun.id)
        .where(RankingRun.call_id == call_id)
        .order_by(col(RankingRun.state) == RunState.COMPUTED, col(RankingRun.number).desc())
        .limit(1)
        .scalar_subquery()
    )


def score_column(call: OpenedCall) -> Any:
    """SQL: the score by which the call ranks, on 100."""
    return RankingRow.raw_score if call.file.scoring.method == "raw" else RankingRow.calibrated_score


def deposited(call_id: str) -> list[Any]:
    """SQL conditions: the submitted dossiers of a call."""
    return [Application.call_id == call_id, col(Application.submitted_at).is_not(None)]


def conditions(actor: Actor, call: OpenedCall, wanted: CandidateFilter, known: Known, held: InForce) -> list[Any]:
    """SQL conditions on `Application` of everything but the text. `held`: the list in force."""
    found = deposited(call.id)
    if wanted.state:
        found.append(Application.state == wanted.state)
    if wanted.theme:
        found.append(Application.theme == wanted.theme)
    if wanted.region or wanted.department:
        found.append(_of_territory(wanted))
    if wanted.least is not None:
        found.append(col(Application.requested_amount) >= wanted.least)
    if wanted.most is not None:
        found.append(col(Application.requested_amount) <= wanted.most)
    if wanted.label:
        found.append(_has(CandidateLabel, CandidateLabel.name == wanted.label))
    if wanted.reviewer:
        found.append(_read_by(call.id, wanted.reviewer))
    if wanted.flag:
        found.append(_flagged(actor, wanted.flag))
    if wanted.outcome and known.outcomes:
        found.append(_of_outcome(call.id, wanted.outcome, held))
    if known.ranking and (wanted.lowest is not None or wanted.highest is not None):
        found.append(_scored(call, wanted))
    return found


def _of_territory(wanted: CandidateFilter) -> Any:
    codes: Sequence[str] = [wanted.department]
    if not wanted.department:
        codes = [one.code for one in territories().departments() if one.region.name == wanted.region]
    there = select(Association.id).where(col(Association.department).in_(codes))
    return col(Application.association_id).in_(there)


def _has(table: Any, *asked: Any) -> Any:
    return exists().where(table.application_id == Application.id, *asked).correlate(Application)


def _read_by(call_id: str, code: str) -> Any:
    given = (
        select(Assignment.application_id)
        .join(
            Reviewer,
            (col(Reviewer.person_id) == col(Assignment.person_id)) & (col(Reviewer.call_id) == col(Assignment.call_id)),
        )
        .where(Assignment.call_id == call_id, Reviewer.code == code, col(Assignment.removed_at).is_(None))
    )
    return col(Application.id).in_(given)


def _flagged(actor: Actor, flag: str) -> Any:
    if flag == "message":
        return _has(Message, col(Message.from_service).is_(False), col(Message.read_at).is_(None))
    if flag == "completed":
        answered = (
            select(func.max(CompletionRequest.answered_at))
            .where(CompletionRequest.application_id == Application.id)
            .correlate(Application)
            .scalar_subquery()
        )
        waits = col(Application.screened_at).is_(None) | (col(Application.screened_at) < answered)
        return (col(Application.state) == ApplicationState.SUBMITTED) & answered.is_not(None) & waits
    if flag == "unassigned":
        return ~_has(Assignment, col(Assignment.removed_at).is_(None))
    if flag == "unsent":
        return _has(OutboxMail, col(OutboxMail.given_up_at).is_not(None), col(OutboxMail.sent_at).is_(None))
    return _has(PickedDossier, PickedDossier.person_id == actor.person_id)


def _of_outcome(call_id: str, outcome: str, held: InForce) -> Any:
    listed = {Outcome.LAUREATE: held.granted, Outcome.WAITING_LIST: held.waiting, GAVE_UP: held.left}
    if outcome in listed:
        return col(Application.id).in_(list(listed[outcome]))
    decided = select(Decision.application_id).where(
        Decision.call_id == call_id, Decision.outcome == outcome, in_force()
    )
    return col(Application.id).in_(decided)


def _scored(call: OpenedCall, wanted: CandidateFilter) -> Any:
    score = score_column(call)
    rubric = call.file.rubric
    asked = [RankingRow.run_id == current_run(call.id), col(score).is_not(None)]
    if wanted.lowest is not None:
        asked.append(score >= on_hundred(wanted.lowest, rubric))
    if wanted.highest is not None:
        asked.append(score <= on_hundred(wanted.highest, rubric))
    return _has(RankingRow, *asked)
