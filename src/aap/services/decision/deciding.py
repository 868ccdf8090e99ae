"""Decisions: one record a dossier from the frozen run, a letter each, their notification, the publication."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from aap.core.results import MASKED
from aap.documents.mail_texts import Mail
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.rankings import Decision, Outcome, RankingRow
from aap.services.actor import Actor
from aap.services.association.mails import addresses_of, tell_association
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, change_state, get_call, hold_call
from aap.services.decision.in_force import GIVEN_UP, InForce, current_list, in_force
from aap.services.decision.list_versions import first_version
from aap.services.dossier.access import ensure_impartial, recused_dossiers
from aap.services.errors import StateForbids
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import bundle_hash, frozen_run

STATE_AFTER: Mapping[Outcome, ApplicationState] = {
    Outcome.LAUREATE: ApplicationState.LAUREATE,
    Outcome.WAITING_LIST: ApplicationState.WAITING_LIST,
    Outcome.NOT_SELECTED: ApplicationState.NOT_SELECTED,
    Outcome.BELOW_THRESHOLD: ApplicationState.NOT_SELECTED,
    Outcome.INELIGIBLE: ApplicationState.INELIGIBLE,
    Outcome.WITHDRAWN: ApplicationState.WITHDRAWN,
}


def prepare_decisions(session: Session, *, actor: Actor, call_id: str, now: datetime) -> int:
    """arbitrated → decided: one decision a dossier, from the frozen run. Gives their number. Letters come as a job.

    A dossier whose earlier decision is void, since its run was taken back, has the next number.
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
        application.state = STATE_AFTER[outcome]
        session.add(application)
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
    notified_at: datetime | None
    read_at: datetime | None
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
        answer_sha256=None, masked=True,
    )  # fmt: skip


def followed_list(session: Session, *, actor: Actor, call: OpenedCall) -> InForce:
    """The list in force of a call, to count: the same for everybody. One query."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    return current_list(session, call.id)


def decision_line(session: Session, *, actor: Actor, call: OpenedCall, application_id: str) -> DecisionLine | None:
    """The decision in force on a dossier that the official may inspect; None before there is one. One query."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="application", id=application_id)
    return next(iter(_lines(session, Decision.application_id == application_id)), None)


def _lines(session: Session, condition: Any) -> list[DecisionLine]:
    """The decisions in force that a condition chooses, in the order of the references."""
    found = session.exec(
        select(Decision, Application, Association.name)
        .where(
            condition,
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            in_force(),
        )
        .order_by(col(Application.reference))
    )
    return [
        DecisionLine(
            id=decision.id,
            application_id=application.id,
            reference=application.reference,
            association=name,
            title=application.title,
            outcome=Outcome(decision.outcome),
            amount=decision.amount,
            rank=decision.row.get("rank"),
            reason=decision.reason,
            letter_sha256=decision.letter_sha256,
            notified_at=decision.notified_at,
            read_at=decision.read_at,
            answer=decision.answer,
            answer_sha256=decision.answer_sha256,
        )
        for decision, application, name in found
    ]


def notify_decisions(session: Session, *, actor: Actor, call_id: str, links: Links, now: datetime) -> int:
    """Mails every association that its decision is there. Only decisions whose letter is rendered; never twice."""
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    hold_call(session, call)  # pressed twice at once: the second finds nothing that waits
    waiting = session.exec(
        select(Decision, Application)
        .where(
            Decision.call_id == call_id,
            Decision.application_id == Application.id,
            col(Decision.notified_at).is_(None),
            col(Decision.letter_sha256).is_not(None),
            in_force(),
        )
        .order_by(col(Application.reference))
    ).all()
    addresses = addresses_of(session, {application.association_id for _, application in waiting})
    for decision, application in waiting:
        decision.notified_at = now
        if application.state != ApplicationState.WITHDRAWN:
            application.state = ApplicationState.NOTIFIED
        session.add(decision)
        session.add(application)
        tell_association(
            session, call, application, Mail.DECISION, now=now, key=f"decision:{decision.id}",
            values={"link": links.decision(application.id)}, to=addresses[application.association_id],
        )  # fmt: skip
    record(session, actor, "decisions.notified", call.record, now=now, after={"decisions": len(waiting)})
    return len(waiting)


def publish_results(session: Session, *, actor: Actor, call_id: str, now: datetime) -> None:
    """decided → published: the public results page. Refused while a decision is not notified."""
    call = get_call(session, call_id)
    ensure(actor, Permission.RESULTS_PUBLISH, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    waiting = session.exec(
        select(Decision.id).where(Decision.call_id == call_id, col(Decision.notified_at).is_(None), in_force()).limit(1)
    ).first()
    if waiting is not None:
        raise StateForbids(Permission.RESULTS_PUBLISH, call.state)
    change_state(session, call, CallState.PUBLISHED, actor=actor, now=now)
