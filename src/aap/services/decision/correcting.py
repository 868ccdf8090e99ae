"""Corrections: a decision that was notified is replaced by another, by two persons, and both stay.

Whatever takes or reduces a grant rests on a ground and goes by a letter of intent, at least 15 days for observations and a
reasoned decision (CRPA L122-1, L211-2, L242-1, L242-2). What is in favour of the association may be decided at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call.appeal_texts import appeal_number, heard_sentence
from aap.core.delays import OBSERVATION_DAYS, first_last_day_of_observations, paris, withdrawal_deadline
from aap.records.applications import Application
from aap.records.decided import CorrectionGround, CorrectionState, DecisionCorrection, ListChange
from aap.records.rankings import Contest, ContestResult, Decision, Outcome
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.correction_effects import CorrectionEffect, effect_of
from aap.services.decision.decision_papers import send_paper, tell_dropped
from aap.services.decision.in_force import GIVEN_UP, in_force
from aap.services.decision.replacing import replace_decision
from aap.services.dossier.access import dossier_of, ensure_impartial
from aap.services.errors import InvalidInput, NotFound, Objection, SamePerson, StateForbids
from aap.services.outbox import start_job
from aap.services.permissions import Permission

LONGEST_REASON = 10_000
UNDER_WAY = (CorrectionState.INTENT, CorrectionState.OBSERVING)
Direction = Literal["favour", "against"]


@dataclass(frozen=True)
class WantedDecision:
    """What the new decision would say, and on which ground. `amount` in cents, of a laureate."""

    outcome: Outcome
    amount: int | None
    ground: CorrectionGround
    condition: str
    reason: str


@dataclass(frozen=True)
class Correctable:
    """A decision that may be corrected: the last one, in force and notified."""

    call: OpenedCall
    application: Application
    decision: Decision
    effect: CorrectionEffect | None = None


def direction_of(decision: Decision, outcome: Outcome, amount: int | None) -> Direction | None:
    """Whether the new decision gives more or takes; None: it says the same, or nothing that a correction may."""
    was, cents = Outcome(decision.outcome), decision.amount or 0
    if outcome is Outcome.LAUREATE:
        if was is not Outcome.LAUREATE or (amount or 0) > cents:
            return "favour"
        return "against" if (amount or 0) < cents else None
    if outcome is Outcome.NOT_SELECTED and was in (Outcome.LAUREATE, Outcome.WAITING_LIST):
        return "against"
    return None


def correctable(session: Session, *, actor: Actor, application_id: str) -> Correctable:
    """The decision on a dossier that may be corrected now. Raises NotFound, RecusedFromActs, StateForbids (it isn't
    notified, the association gave the grant up, or the dossier was withdrawn)."""
    call, application = dossier_of(
        session, actor=actor, permission=Permission.GRANT_CORRECT, application_id=application_id
    )
    ensure_impartial(session, actor, call.id)
    decision = session.exec(select(Decision).where(Decision.application_id == application_id, in_force())).first()
    if decision is None:
        raise NotFound("decision", application_id)
    if decision.notified_at is None or decision.answer in GIVEN_UP or decision.outcome == Outcome.WITHDRAWN:
        raise StateForbids(Permission.GRANT_CORRECT, application.state)
    return Correctable(call, application, decision)


def weigh(session: Session, *, actor: Actor, application_id: str, wish: WantedDecision, now: datetime) -> Correctable:
    """Checks what is wished for and tells its effect on the others; nothing is kept. Raises InvalidInput."""
    found = correctable(session, actor=actor, application_id=application_id)
    problems = _objections(found, wish, now)
    effect = None
    if "amount" not in problems and "outcome" not in problems:
        effect = effect_of(
            session,
            actor=actor,
            call=found.call,
            application=found.application,
            outcome=wish.outcome,
            amount=wish.amount,
        )
        if wish.outcome is Outcome.LAUREATE and not effect.ranked:
            problems["outcome"] = Objection("decision.never_ranked")
    if problems:
        raise InvalidInput(problems)
    return Correctable(found.call, found.application, found.decision, effect)


def _objections(found: Correctable, wish: WantedDecision, now: datetime) -> dict[str, Objection]:
    problems: dict[str, Objection] = {}
    if wish.outcome not in (Outcome.LAUREATE, Outcome.NOT_SELECTED):
        return {"outcome": Objection("decision.correction_outcome")}
    if wish.outcome is Outcome.LAUREATE:
        asked = found.application.requested_amount
        if wish.amount is None or wish.amount <= 0:
            problems["amount"] = Objection("decision.correction_amount")
        elif wish.amount > max(asked, found.decision.amount or 0):
            problems["amount"] = Objection("decision.correction_above_request")
    direction = direction_of(found.decision, wish.outcome, wish.amount)
    if not problems and direction is None:
        problems["outcome"] = Objection("decision.correction_same")
    if not problems and direction == "favour" and wish.ground is not CorrectionGround.FAVOUR:
        problems["ground"] = Objection("decision.correction_is_favour")
    if not problems and direction == "against":
        problems.update(_ground_objections(found.decision, wish.ground, wish.condition, now))
    if not wish.reason.strip() or len(wish.reason) > LONGEST_REASON:
        problems["reason"] = Objection("decision.correction_reason", most=LONGEST_REASON)
    return problems


def _ground_objections(
    decision: Decision, ground: CorrectionGround, condition: str, now: datetime
) -> dict[str, Objection]:
    """What a correction that takes something may rest on."""
    if ground is CorrectionGround.FAVOUR:
        return {"ground": Objection("decision.correction_takes")}
    if ground is CorrectionGround.CONDITION:
        if decision.outcome != Outcome.LAUREATE:
            return {"ground": Objection("decision.condition_of_laureates")}
        return {} if condition.strip() else {"condition": Objection("decision.condition_missing")}
    last = withdrawable_until(decision)
    if first_last_day_of_observations(paris(now).date()) >= last:
        return {"ground": Objection("decision.withdrawal_too_late", last=last)}
    return {}


def withdrawable_until(decision: Decision) -> date:
    """The last day on which the decision may be withdrawn because it is illegal: four months from the day on which it was
    made, never from a later signature."""
    return withdrawal_deadline(paris(decision.created_at).date())


def propose_correction(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    wish: WantedDecision,
    now: datetime,
    contest: Contest | None = None,
    contest_result: ContestResult | None = None,
) -> DecisionCorrection:
    """Writes down what is wished for; one at a time for a decision. Nothing is sent and nothing changes yet.

    Raises InvalidInput, NotFound, RecusedFromActs, StateForbids.
    """
    call, _application = dossier_of(
        session, actor=actor, permission=Permission.GRANT_CORRECT, application_id=application_id
    )
    hold_call(session, call)
    found = weigh(session, actor=actor, application_id=application_id, wish=wish, now=now)
    present = session.exec(
        select(DecisionCorrection.id).where(
            DecisionCorrection.decision_id == found.decision.id, col(DecisionCorrection.state).in_(UNDER_WAY)
        )
    ).first()
    if present is not None:
        raise InvalidInput({"": Objection("decision.correction_under_way")})
    made = DecisionCorrection(
        call_id=found.call.id,
        application_id=application_id,
        decision_id=found.decision.id,
        contest_id=contest.id if contest else None,
        contest_result=contest_result,
        ground=wish.ground,
        condition=wish.condition.strip() if wish.ground is CorrectionGround.CONDITION else "",
        outcome=wish.outcome,
        amount=wish.amount if wish.outcome is Outcome.LAUREATE else None,
        reason=wish.reason.strip(),
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(made)
    session.flush()
    record(
        session, actor, "correction.proposed", found.application, now=now,
        before={"decision": found.decision.id, "outcome": found.decision.outcome, "amount": found.decision.amount},
        after={"correction": made.id, "ground": made.ground, "outcome": made.outcome, "amount": made.amount,
               "reason": made.reason},
    )  # fmt: skip
    return made


def held_correction(
    session: Session, *, actor: Actor, call_id: str, correction_id: str, lock: bool = False
) -> DecisionCorrection:
    """A correction of a call, for who may decide on it. `lock`: nobody else changes it until the transaction ends.

    Raises NotFound, RecusedFromActs, StateForbids.
    """
    found = session.get(DecisionCorrection, correction_id)
    if found is None or found.call_id != call_id:
        raise NotFound("correction", correction_id)
    dossier_of(session, actor=actor, permission=Permission.GRANT_CORRECT, application_id=found.application_id)
    ensure_impartial(session, actor, call_id)
    if lock:
        hold_call(session, get_call(session, call_id))
        session.refresh(found)
    return found


def send_intent(
    session: Session, *, actor: Actor, call_id: str, correction_id: str, until: date | None, link: str, now: datetime
) -> DecisionCorrection:
    """The letter of intent leaves: the association may answer until the day given, 15 days from now at the earliest.

    `link`: of the page where it is read. Raises InvalidInput, NotFound, RecusedFromActs, StateForbids.
    """
    found = held_correction(session, actor=actor, call_id=call_id, correction_id=correction_id, lock=True)
    if found.state == CorrectionState.OBSERVING:
        return found
    if found.state != CorrectionState.INTENT or found.ground == CorrectionGround.FAVOUR:
        raise StateForbids(Permission.GRANT_CORRECT, found.state)
    decision = session.get_one(Decision, found.decision_id)
    earliest = first_last_day_of_observations(paris(now).date())
    if until is None or until < earliest:
        objection = Objection("decision.observations_too_short", days=OBSERVATION_DAYS, day=earliest)
        raise InvalidInput({"until": objection})
    last = withdrawable_until(decision)
    if found.ground == CorrectionGround.ILLEGALITY and until >= last:
        raise InvalidInput({"until": Objection("decision.withdrawal_too_late", last=last)})
    found.state = CorrectionState.OBSERVING
    found.intent_sent_at, found.observations_until = now, until
    session.add(found)
    application = session.get_one(Application, found.application_id)
    record(
        session, actor, "correction.intent_sent", application, now=now,
        after={"correction": found.id, "until": until.isoformat()},
    )  # fmt: skip
    send_paper(session, "intent", found.id, actor=actor, call_id=call_id, link=link, now=now)
    return found


def decide_correction(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    correction_id: str,
    reason: str,
    breaks_reason: str,
    link: str,
    now: datetime,
) -> Decision:
    """A second person decides: the new decision, with its reason, takes the place of the former; its letter is a job, its
    notification comes with the others'. The appeal that it answers is answered.

    `breaks_reason`: why all the same, where rules of the call would hold no more.
    Raises InvalidInput, NotFound, RecusedFromActs, SamePerson, StateForbids (the association may still answer).
    """
    found = held_correction(session, actor=actor, call_id=call_id, correction_id=correction_id, lock=True)
    favour = found.ground == CorrectionGround.FAVOUR
    awaited = CorrectionState.INTENT if favour else CorrectionState.OBSERVING
    if found.state != awaited:
        raise StateForbids(Permission.GRANT_CORRECT, found.state)
    if actor.person_id == found.proposed_by:
        raise SamePerson
    if not may_be_decided(found, now):
        raise InvalidInput({"": Objection("decision.observations_awaited", until=found.observations_until)})
    before = correctable(session, actor=actor, application_id=found.application_id)
    if before.decision.id != found.decision_id:
        raise InvalidInput({"": Objection("decision.replaced_meanwhile")})
    if found.ground == CorrectionGround.ILLEGALITY and paris(now).date() > withdrawable_until(before.decision):
        last = withdrawable_until(before.decision)
        raise InvalidInput({"": Objection("decision.withdrawal_too_late", last=last)})
    outcome = Outcome(found.outcome)
    effect = effect_of(
        session, actor=actor, call=before.call, application=before.application, outcome=outcome, amount=found.amount
    )
    problems = {}
    if not reason.strip() or len(reason) > LONGEST_REASON:
        problems["reason"] = Objection("decision.correction_reason", most=LONGEST_REASON)
    if effect.breaks and not breaks_reason.strip():
        problems["breaks_reason"] = Objection("decision.breaks_without_reason")
    if problems:
        raise InvalidInput(problems)
    whole = " ".join(filter(None, (reason.strip(), _heard(session, before.call, found))))
    made = replace_decision(
        session,
        actor=actor,
        before=before.decision,
        outcome=outcome,
        amount=found.amount,
        reason=whole,
        change=ListChange.CORRECTED,
        now=now,
    )
    found.state, found.confirmed_by, found.decided_at = CorrectionState.DECIDED, actor.person_id, now
    found.new_decision_id, found.breaks_reason = made.id, breaks_reason.strip() if effect.breaks else ""
    session.add(found)
    record(
        session, actor, "correction.decided", before.application, now=now,
        before={"decision": before.decision.id, "outcome": before.decision.outcome, "amount": before.decision.amount},
        after={"correction": found.id, "decision": made.id, "outcome": made.outcome, "amount": made.amount,
               "reason": made.reason, "breaks": list(effect.breaks), "breaks_reason": found.breaks_reason},
    )  # fmt: skip
    if found.contest_id is not None:
        _answer_appeal(session, actor, found, link, now)
    start_job(session, "letters", actor=actor, now=now, call_id=call_id)
    return made


def _heard(session: Session, call: OpenedCall, found: DecisionCorrection) -> str:
    """How the decision came about, as its letter says it."""
    contest = session.get(Contest, found.contest_id) if found.contest_id else None
    return french.spaced(
        heard_sentence(
            ground=CorrectionGround(found.ground).value,
            sent=paris(found.intent_sent_at).date() if found.intent_sent_at else None,
            observed=paris(found.observed_at).date() if found.observed_at else None,
            appeal=appeal_number(call.file, contest.number or 0) if contest else "",
        )
    )


def may_be_decided(found: DecisionCorrection, now: datetime) -> bool:
    """What takes something waits for the day until which the association may answer to be over."""
    if found.ground == CorrectionGround.FAVOUR:
        return True
    return found.observations_until is not None and paris(now).date() > found.observations_until


def _answer_appeal(session: Session, actor: Actor, found: DecisionCorrection, link: str, now: datetime) -> None:
    contest = session.get_one(Contest, found.contest_id)
    contest.result = found.contest_result or ContestResult.UPHELD
    contest.replied_at, contest.replied_by = now, actor.person_id
    session.add(contest)
    application = session.get_one(Application, found.application_id)
    record(
        session, actor, "appeal.answered", application, now=now,
        after={"contest": contest.id, "result": contest.result, "reason": contest.reply},
    )  # fmt: skip
    send_paper(session, "reply", contest.id, actor=actor, call_id=found.call_id, link=link, now=now)


def drop_correction(
    session: Session, *, actor: Actor, call_id: str, correction_id: str, reason: str, link: str, now: datetime
) -> DecisionCorrection:
    """A correction that isn't pursued, with the reason; the association reads it where a letter of intent had left.

    Raises InvalidInput, NotFound, RecusedFromActs, StateForbids.
    """
    found = held_correction(session, actor=actor, call_id=call_id, correction_id=correction_id, lock=True)
    if found.state not in UNDER_WAY:
        raise StateForbids(Permission.GRANT_CORRECT, found.state)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput({"reason": Objection("decision.drop_reason", most=LONGEST_REASON)})
    told = found.intent_sent_at is not None
    found.state = CorrectionState.DROPPED
    found.dropped_at, found.dropped_by, found.dropped_reason = now, actor.person_id, reason.strip()
    session.add(found)
    application = session.get_one(Application, found.application_id)
    record(
        session, actor, "correction.dropped", application, now=now,
        after={"correction": found.id, "reason": reason.strip()},
    )  # fmt: skip
    if told:
        tell_dropped(session, get_call(session, call_id), application, found, link=link, now=now)
    return found
