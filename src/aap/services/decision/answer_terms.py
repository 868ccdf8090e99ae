"""Until when a laureate answers: said to it once more before the end, and what its silence then does.

A grant lapses by silence only where the call file says so (`letters.answer.silence: lapses`), as the laureate's letter then
does. Otherwise silence leaves it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from aap.core.delays import paris, working_day_from
from aap.core.french import day, euros
from aap.documents.mail_texts import Mail
from aap.records.applications import TOLD, Application
from aap.records.associations import Association
from aap.records.calls import Call, CallState
from aap.records.rankings import Decision, Outcome
from aap.services.actor import SYSTEM
from aap.services.association.diary import answer_event
from aap.services.association.mails import tell_association
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.answering import hold_list, note_answer, notified_decision
from aap.services.decision.deadlines import AppealDelay, appeal_delay, appeal_delays
from aap.services.decision.in_force import LAPSED, in_force
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.errors import NotFound
from aap.services.page_links import Links

REMINDED_BEFORE = timedelta(days=7)
"""Before the end of the term."""
REMINDED_AFTER, REMINDED_WITHIN = timedelta(days=15), timedelta(days=60)
"""After the first reading where there is no term; who read it longer ago is left in peace."""
BATCH = 500


@dataclass(frozen=True)
class Term:
    """The last day to answer, and whether the grant then lapses by silence."""

    until: date
    lapses: bool


def answer_term(call: OpenedCall, decision: Decision, begins: date | None) -> Term | None:
    """Until when a laureate answers; None where the call sets no term, or none runs.

    `begins`: the day on which it knew its decision (`deadlines.AppealDelay`): days never run from the hour of the sending.
    """
    answer = call.file.letters.answer
    if answer is None or begins is None or decision.outcome != Outcome.LAUREATE:
        return None
    return Term(working_day_from(begins + timedelta(days=answer.within_days)), answer.silence == "lapses")


def keep_answer_terms(session: Session, *, links: Links, now: datetime) -> tuple[int, int]:
    """Reminds, once each, the laureates whose answer is awaited, and lets lapse the grants whose term is over. Gives both
    numbers; at most `BATCH` of each: the next minute goes on."""
    found = session.exec(
        select(Decision, Application)
        .join(Application, col(Application.id) == col(Decision.application_id))
        .join(Call, col(Call.id) == col(Decision.call_id))
        .where(
            Decision.outcome == Outcome.LAUREATE,
            Decision.answer == "",
            col(Decision.notified_at).is_not(None),
            col(Call.state).in_([CallState.DECIDED, CallState.PUBLISHED]),
            in_force(),
        )
        .order_by(col(Decision.notified_at), col(Decision.id))
    ).all()
    delays = appeal_delays(session, [decision.id for decision, _ in found])
    asked = lapsed = 0
    for decision, application in found:
        call = get_call(session, decision.call_id)
        begins = delays[decision.id].begins
        term = answer_term(call, decision, begins)
        if term is not None and term.lapses and paris(now).date() > term.until:
            if lapsed < BATCH:
                lapsed += _lapse(session, call, decision, links, now)
        elif asked < BATCH and decision.answer_reminded_at is None and _due(begins, term, now):
            _remind(session, call, application, decision, term, links, now)
            asked += 1
    return asked, lapsed


def _due(begins: date | None, term: Term | None, now: datetime) -> bool:
    today = paris(now).date()
    if begins is None:
        return False
    if term is not None:
        return term.until - REMINDED_BEFORE <= today <= term.until
    return REMINDED_AFTER <= today - begins < REMINDED_WITHIN


def _remind(
    session: Session,
    call: OpenedCall,
    application: Application,
    decision: Decision,
    term: Term | None,
    links: Links,
    now: datetime,
) -> None:
    decision.answer_reminded_at = now
    session.add(decision)
    values = {
        "amount": euros(decision.amount or 0),
        "until": day(term.until) if term else "",
        "lapses": term is not None and term.lapses,
    }
    link = links.decision(application.id)
    tell_association(
        session,
        call,
        application,
        Mail.ANSWER_REMINDER,
        now=now,
        key=f"answer:{decision.id}",
        values=values,
        link=link,
        events=(answer_event(call, application, decision, term.until, link),) if term else (),
    )


def _lapse(session: Session, call: OpenedCall, decision: Decision, links: Links, now: datetime) -> bool:
    """Whether the grant lapsed: an answer that came in the meantime counts."""
    hold_list(session, decision.application_id)
    session.refresh(decision, with_for_update=True)
    if decision.answer:
        return False
    application = session.get_one(Application, decision.application_id)
    association = session.get_one(Association, application.association_id)
    note_answer(
        session,
        actor=SYSTEM,
        dossier=OpenedDossier(call, application, association),
        decision=decision,
        answer=LAPSED,
        reason="",
        links=links,
        now=now,
    )
    return True


@dataclass(frozen=True)
class KnownDecision:
    """What a told decision asks of its association next. `delay`: hasn't begun while nobody of it read the decision, nor
    was shown a registered letter; the outcome is then for the decision's own page to tell."""

    outcome: Outcome
    answer: str
    delay: AppealDelay
    term: Term | None


def known_decision(session: Session, dossier: OpenedDossier) -> KnownDecision | None:
    """The told decision of a dossier that its member has opened; None while there is none. Four queries."""
    if dossier.state not in TOLD:
        return None
    try:
        decision = notified_decision(session, dossier.id)
    except NotFound:
        return None
    delay = appeal_delay(session, decision)
    term = answer_term(dossier.call, decision, delay.begins)
    return KnownDecision(Outcome(decision.outcome), decision.answer, delay, term)
