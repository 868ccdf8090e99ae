"""What the jury decides after the marks: in, out, another amount, withdrawn, declined, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core.ranking.effect import ChoiceKind, JuryChoice
from aap.core.results import MASKED
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.rankings import DecisionStage, JuryDecision, JuryDecisionKind
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_target, get_dossier, recused_dossiers
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.jury_effects import check_choice
from aap.services.ranking.meetings import ensure_may_decide

DECIDED_HERE = (
    JuryDecisionKind.IN,
    JuryDecisionKind.OUT,
    JuryDecisionKind.AMOUNT,
    JuryDecisionKind.WITHDRAWN,
    JuryDecisionKind.DECLINED,
)
"""An agreed mark (consensus) has its own use case, with its attendees and its dissent."""

CHOSEN: Mapping[str, ChoiceKind] = {
    JuryDecisionKind.IN: "in",
    JuryDecisionKind.OUT: "out",
    JuryDecisionKind.AMOUNT: "amount",
}
"""What a jury chooses; the others are what an association does."""

_TOGETHER = {JuryDecisionKind.IN, JuryDecisionKind.AMOUNT}


@dataclass(frozen=True)
class JuryLine:
    """One decision as lists show it. `amount`: euros for an amount.

    `masked`: on a dossier of which the official is recused; nothing of it is here but its place.
    """

    id: str
    reference: str
    association: str
    title: str
    decision: JuryDecisionKind | None
    amount: Decimal | None
    reason: str
    author: str
    at: datetime
    masked: bool = False


def jury_lines(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[JuryLine, ...]:
    """The decisions of the jury in the order of the references. Two queries."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(JuryDecision, Application, Association, Person.name)
        .join(Application, col(Application.id) == col(JuryDecision.application_id))
        .join(Association, col(Association.id) == col(Application.association_id))
        .join(Person, col(Person.id) == col(JuryDecision.author_id), isouter=True)
        .where(JuryDecision.call_id == call.id, JuryDecision.stage == DecisionStage.JURY)
        .order_by(col(Application.reference), col(JuryDecision.decision))
    )
    return tuple(
        JuryLine("", "", MASKED, "", None, None, "", "", decision.created_at, masked=True)
        if application.id in hidden
        else JuryLine(
            id=decision.id,
            reference=application.reference,
            association=association.name,
            title=application.title,
            decision=JuryDecisionKind(decision.decision),
            amount=decision.amount,
            reason=decision.reason,
            author=author or "",
            at=decision.created_at,
        )
        for decision, application, association, author in found
    )


def decide(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    decision: JuryDecisionKind,
    amount: Decimal | None,
    reason: str,
    now: datetime,
) -> None:
    """Keeps a decision; it counts in the next run. One a dossier, except an amount beside an `in`.

    Agreed marks stand beside it. A jury that is composed here decides in a meeting, with its quorum; what an association
    does (withdrawn, declined) is noted at any time. `amount` in euros, with the decision `amount` only: above 0, at most
    the requested amount, two decimals.
    Raises InvalidInput, RulesConflict for what the rules can't bear.
    """
    call, application = get_dossier(session, application_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, Permission.JURY_DECIDE, target, kind="application", id=application_id)
    problems = {}
    reason = reason.strip()
    if not reason:
        problems["reason"] = Objection("ranking.jury_reason_missing")
    if decision not in DECIDED_HERE:
        problems["decision"] = Objection("ranking.jury_decision_missing")
    if decision is JuryDecisionKind.AMOUNT:
        most = Decimal(application.requested_amount) / 100
        if amount is None or not 0 < amount <= most or amount != round(amount, 2):
            problems["amount"] = Objection("ranking.jury_amount")
    problem = _conflict(session, application, decision)
    if problem and "decision" not in problems:
        problems["decision"] = problem
    if problems:
        raise InvalidInput(problems)
    if decision in CHOSEN:
        ensure_may_decide(session, call.id)
        cents = None if amount is None else int(amount * 100)
        check_choice(session, call=call, choice=JuryChoice(application.reference, CHOSEN[decision], cents))
    keep_decision(
        session, actor=actor, application=application, decision=decision, amount=amount, reason=reason, now=now
    )


def keep_decision(
    session: Session,
    *,
    actor: Actor,
    application: Application,
    decision: JuryDecisionKind,
    amount: Decimal | None,
    reason: str,
    now: datetime,
) -> None:
    """Writes a decision that was checked."""
    kept = JuryDecision(
        call_id=application.call_id,
        application_id=application.id,
        decision=decision,
        amount=amount if decision is JuryDecisionKind.AMOUNT else None,
        reason=reason,
        author_id=actor.person_id,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    record(
        session,
        actor,
        "jury.decided",
        application,
        now=now,
        after={"decision": str(decision), "amount": _text(kept.amount), "reason": reason},
    )


def _conflict(session: Session, application: Application, decision: JuryDecisionKind) -> Objection | None:
    """Why this decision can't stand beside what is there already; None where it can."""
    if application.state == ApplicationState.WITHDRAWN:
        return Objection("ranking.withdrawn")
    if decision in (JuryDecisionKind.IN, JuryDecisionKind.AMOUNT) and application.state == ApplicationState.INELIGIBLE:
        return Objection("ranking.cannot_be_retained", place="ineligible")
    decided = select(JuryDecision.decision).where(
        JuryDecision.application_id == application.id, JuryDecision.stage == DecisionStage.JURY
    )
    held = set(session.exec(decided).all())
    if decision in held:
        return Objection("ranking.decided_already")
    if held and not held | {decision} <= _TOGETHER:
        return Objection("ranking.decided_otherwise")
    return None


def remove_decision(
    session: Session, *, actor: Actor, call_id: str, decision_id: str, reason: str, now: datetime
) -> None:
    """Takes a decision of this call's jury back, with a reason that the log keeps. Raises NotFound, InvalidInput."""
    held = session.get(JuryDecision, decision_id)
    if held is None or held.call_id != call_id or held.stage != DecisionStage.JURY:
        raise NotFound("jury_decision", decision_id)
    call, application = get_dossier(session, held.application_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, Permission.JURY_DECIDE, target, kind="jury_decision", id=decision_id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("ranking.removal_unexplained")})
    if held.decision in CHOSEN:
        ensure_may_decide(session, call.id)
    take_back_decision(session, actor=actor, application=application, held=held, reason=reason.strip(), now=now)


def take_back_decision(
    session: Session, *, actor: Actor, application: Application, held: JuryDecision, reason: str, now: datetime
) -> None:
    """Takes back a decision of the dossier; the log keeps it, and why."""
    session.delete(held)
    session.flush()
    record(
        session,
        actor,
        "jury.removed",
        application,
        now=now,
        before={"decision": str(held.decision), "amount": _text(held.amount), "reason": held.reason},
        after={"reason": reason},
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
