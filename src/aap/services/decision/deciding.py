"""Decisions: one record a dossier from the frozen run, how lists show them, the publication."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from aap.core.results import MASKED
from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.people import Person
from aap.records.rankings import Decision, Outcome, RankingRow
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, change_state, get_call
from aap.services.decision.in_force import GIVEN_UP, InForce, current_list, in_force, untold
from aap.services.decision.list_versions import first_version
from aap.services.dossier.access import ensure_impartial, recused_dossiers
from aap.services.errors import StateForbids
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import bundle_hash, frozen_run


def prepare_decisions(session: Session, *, actor: Actor, call_id: str, now: datetime) -> int:
    """arbitrated → decided: one decision a dossier, from the frozen run. Gives their number. Letters come as a job.

    A dossier whose earlier decision is void, since its run was taken back, has the next number.
    The dossiers' own state stays as it is: their associations may read it, and learn nothing before they are notified.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_PREPARE, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    if call.state is not CallState.ARBITRATED:
        raise StateForbids(Permission.DECISIONS_PREPARE, call.state)
    change_state(session, call, CallState.DECIDED, actor=actor, now=now)
    run = frozen_run(session, call_id)
    fingerprint = bundle_hash(run)
    rows = session.exec(
        select(RankingRow, Application).where(RankingRow.run_id == run.id, RankingRow.application_id == Application.id)
    ).all()
    highest = select(Decision.application_id, func.max(Decision.number)).where(Decision.call_id == call_id)
    numbers = dict(session.exec(highest.group_by(Decision.application_id)).all())
    for row, application in rows:
        outcome = Outcome(row.status)
        session.add(
            Decision(
                call_id=call_id,
                application_id=application.id,
                run_id=run.id,
                number=numbers.get(application.id, 0) + 1,
                outcome=outcome,
                amount=row.granted_amount if outcome is Outcome.LAUREATE else None,
                row=_frozen_row(row),
                reason=row.reason,
                rubric_hash=run.rubric_hash,
                bundle_hash=fingerprint,
                author_id=actor.person_id,
                created_at=now,
            )
        )
    first_version(session, actor=actor, run=run, now=now)
    record(
        session,
        actor,
        "decisions.prepared",
        call.record,
        now=now,
        after={"decisions": len(rows), "run": run.number, "bundle_hash": fingerprint},
    )
    return len(rows)


def _frozen_row(row: RankingRow) -> dict[str, Any]:
    fields = ("rank", "status", "reason_code", "reason", "reviews", "requested_amount", "granted_amount",
              "waiting_rank", "marks")  # fmt: skip
    scores = ("raw_score", "calibrated_score", "ci_low", "ci_high", "selection_probability")
    frozen: dict[str, Any] = {name: getattr(row, name) for name in fields}
    frozen.update({name: None if getattr(row, name) is None else str(getattr(row, name)) for name in scores})
    return frozen


@dataclass(frozen=True)
class DecisionLine:
    """One decision in force, as lists show it. `amount` in cents.

    `masked`: on a dossier of which the official is recused. What is counted of it stays, so that everybody counts the
    same; what tells the dossier, or its amount, is not here.
    """

    id: str
    application_id: str
    reference: str
    association: str
    title: str
    outcome: Outcome
    amount: int | None
    rank: int | None
    reason: str
    letter_sha256: str | None
    letter_number: int | None
    notified_at: datetime | None
    read_at: datetime | None
    read_by: str
    answer: str
    answer_sha256: str | None
    masked: bool = False

    @property
    def leaves(self) -> bool:
        """A laureate who gave the grant up."""
        return self.outcome is Outcome.LAUREATE and self.answer in GIVEN_UP


def decision_lines(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[DecisionLine, ...]:
    """The decisions in force in the order of the references; masked where the official is recused. Two queries."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    return tuple(
        _masked(one) if one.application_id in hidden else one for one in _lines(session, Decision.call_id == call.id)
    )


def unsent_notifications(session: Session, *, actor: Actor, call: OpenedCall) -> dict[str, str]:
    """Dossier → what the mail server said of a notification that hasn't left so far. One query, and the recusals.

    Those of dossiers that the official is recused of are not among them.
    """
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(OutboxMail.application_id, OutboxMail.error)
        .where(
            OutboxMail.application_id == Application.id,
            Application.call_id == call.id,
            OutboxMail.kind == Mail.DECISION,
            col(OutboxMail.sent_at).is_(None),
            OutboxMail.error != "",
        )
        .order_by(col(OutboxMail.created_at), col(OutboxMail.id))
    )
    return {application_id: error for application_id, error in found if application_id and application_id not in hidden}


def _masked(line: DecisionLine) -> DecisionLine:
    return dataclasses.replace(
        line, id="", application_id="", reference="", association=MASKED, title="", amount=None, rank=None, reason="",
        answer_sha256=None, letter_number=None, read_by="", masked=True,
    )  # fmt: skip


def followed_list(session: Session, *, actor: Actor, call: OpenedCall) -> InForce:
    """The list in force of a call, to count: the same for everybody. One query."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    return current_list(session, call.id)


def decision_line(session: Session, *, actor: Actor, call: OpenedCall, application_id: str) -> DecisionLine | None:
    """The decision in force on a dossier that the official may inspect; None before there is one. One query."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="application", id=application_id)
    return next(iter(_lines(session, Decision.application_id == application_id)), None)


_IN_FORCE = (
    sql_select(
        col(Decision.id),
        col(Decision.application_id),
        col(Application.reference),
        col(Association.name),
        col(Application.title),
        col(Decision.outcome),
        col(Decision.amount),
        col(Decision.row)["rank"].as_integer(),
        col(Decision.reason),
        col(Decision.letter_sha256),
        col(Decision.letter_number),
        col(Decision.notified_at),
        col(Decision.read_at),
        col(Person.name),
        col(Decision.answer),
        col(Decision.answer_sha256),
    )
    .join(Application, col(Application.id) == col(Decision.application_id))
    .join(Association, col(Association.id) == col(Application.association_id))
    .join(Person, col(Person.id) == col(Decision.read_by), isouter=True)
    .where(in_force())
    .order_by(col(Application.reference))
)
"""The columns of the decisions in force, in the order of the references. Made once."""


def _lines(session: Session, condition: Any) -> list[DecisionLine]:
    """The decisions in force that a condition chooses, in the order of the references: columns, not whole rows, for a
    call has hundreds."""
    found = session.execute(_IN_FORCE.where(condition))
    return [
        DecisionLine(
            id=id,
            application_id=application_id,
            reference=reference,
            association=association,
            title=title,
            outcome=Outcome(outcome),
            amount=amount,
            rank=rank,
            reason=reason,
            letter_sha256=letter_sha256,
            letter_number=letter_number,
            notified_at=notified_at,
            read_at=read_at,
            read_by=read_by or "",
            answer=answer,
            answer_sha256=answer_sha256,
        )
        for (id, application_id, reference, association, title, outcome, amount, rank, reason, letter_sha256,
             letter_number, notified_at, read_at, read_by, answer, answer_sha256) in found
    ]  # fmt: skip


def publish_results(session: Session, *, actor: Actor, call_id: str, now: datetime) -> None:
    """decided → published: the public results page. Refused while a decision is not notified."""
    call = get_call(session, call_id)
    ensure(actor, Permission.RESULTS_PUBLISH, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    if session.exec(select(Decision.id).where(untold(call_id)).limit(1)).first() is not None:
        raise StateForbids(Permission.RESULTS_PUBLISH, call.state)
    change_state(session, call, CallState.PUBLISHED, actor=actor, now=now)
