"""A decision on the association's side: read it, with its receipt; accept or decline the grant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.french import euros
from aap.documents.mail_texts import Mail
from aap.documents.papers.letters import LetterView
from aap.documents.papers.mark_table import MarkTable
from aap.records.applications import ApplicationState
from aap.records.decided import ListChange
from aap.records.rankings import Decision, Outcome
from aap.services.actor import Actor
from aap.services.association.mails import tell_association
from aap.services.audit import record
from aap.services.call.calls import hold_call
from aap.services.decision.deadlines import AppealDelay, appeal_delay
from aap.services.decision.in_force import ACCEPTED, DECLINED, GIVEN_UP, LAPSED, in_force
from aap.services.decision.letter_contents import decision_letter, letter_sources
from aap.services.decision.list_versions import LEFT, SILENT, add_version
from aap.services.dossier.access import get_dossier
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.messages import tell_service
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.page_links import Links
from aap.services.permissions import Permission

LONGEST_REASON = 2_000


@dataclass(frozen=True)
class ReadDecision:
    """What an association reads of its decision. `letter`: the same texts as in the letter.

    `marks`: mean marks by criterion, None where the dossier was not marked; `ranked`: how many dossiers have a rank;
    `delay`: from when and until when it can be contested.
    """

    dossier: OpenedDossier
    decision: Decision
    letter: LetterView
    marks: MarkTable | None
    ranked: int
    delay: AppealDelay

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.decision.outcome)

    @property
    def rank(self) -> int | None:
        found: int | None = self.decision.row.get("rank")
        return found


def notified_decision(session: Session, application_id: str, *, to_answer: bool = False) -> Decision:
    """The last decision that was notified; `to_answer`: in force, for one that replaces it is told first.

    Raises NotFound, StateForbids.
    """
    decision = session.exec(
        select(Decision)
        .where(Decision.application_id == application_id, col(Decision.notified_at).is_not(None))
        .order_by(col(Decision.number).desc())
        .limit(1)
    ).first()
    if decision is None:
        raise NotFound("decision", application_id)
    if to_answer and session.exec(select(Decision.id).where(Decision.id == decision.id, in_force())).first() is None:
        raise StateForbids(Permission.DECISION_ANSWER, ApplicationState.LAUREATE)
    return decision


def read_decision(session: Session, *, actor: Actor, application_id: str) -> ReadDecision:
    """The decision, for a member of the association, in the words of the version with which its letter was made.

    Raises NotFound before the notification. At most eight queries.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    decision = notified_decision(session, application_id)
    sources = letter_sources(session, dossier.call, [decision], application_ids=[application_id])
    letter, facts = decision_letter(
        sources, decision, dossier.application, dossier.association, terms=sources.terms(decision.letter_settings_id)
    )
    return ReadDecision(
        dossier=dossier,
        decision=decision,
        letter=letter,
        marks=facts.mark_table(dossier.call.file) if decision.outcome != Outcome.WITHDRAWN else None,
        ranked=sources.census[decision.run_id].ranked,
        delay=appeal_delay(session, decision),
    )


def former_decisions(session: Session, found: ReadDecision) -> tuple[Decision, ...]:
    """The notified decisions that the last one replaced, the latest first: they stay. One query."""
    return tuple(
        session.exec(
            select(Decision)
            .where(
                Decision.application_id == found.dossier.id,
                col(Decision.notified_at).is_not(None),
                Decision.number < found.decision.number,
            )
            .order_by(col(Decision.number).desc())
        )
    )


def former_letter(session: Session, *, actor: Actor, application_id: str, number: int) -> tuple[str, str]:
    """Reference of the dossier and SHA-256 of the letter of a notified decision, by its number. Raises NotFound."""
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    sha256 = session.exec(
        select(Decision.letter_sha256).where(
            Decision.application_id == application_id,
            Decision.number == number,
            col(Decision.notified_at).is_not(None),
        )
    ).first()
    if sha256 is None:
        raise NotFound("letter", application_id)
    return dossier.application.reference, sha256


def opened_by(session: Session, decision: Decision, actor: Actor, now: datetime) -> None:
    """Whoever acts on a decision has read it: the delays of appeal begin, if nothing began them before."""
    if decision.read_at is None:
        decision.read_at, decision.read_by = now, actor.row_id
        session.add(decision)
        session.flush()


def answer_grant(
    session: Session, *, actor: Actor, application_id: str, answer: str, reason: str, links: Links, now: datetime
) -> Decision:
    """A laureate accepts the grant, or declines it and says why: that frees its place; its association and the service
    are told.

    The same answer again changes nothing. What was accepted may still be declined; what was declined stays so.
    Raises InvalidInput, StateForbids (nothing was granted, it was declined, or its time is over), NotFound.
    """
    hold_list(session, application_id)
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER, lock=True
    )
    decision = notified_decision(session, application_id, to_answer=True)
    if decision.answer == answer and answer:
        return decision
    problems = answer_objections(decision, dossier, answer, reason)
    if problems:
        raise InvalidInput(problems)
    opened_by(session, decision, actor, now)
    note_answer(
        session, actor=actor, dossier=dossier, decision=decision, answer=answer, reason=reason, links=links, now=now
    )
    return decision


def hold_list(session: Session, application_id: str) -> None:
    """Holds the call before its dossier, as every act does that changes the list: two at once wait for each other in one
    order. Raises NotFound."""
    call, _ = get_dossier(session, application_id)
    hold_call(session, call)


def answer_objections(decision: Decision, dossier: OpenedDossier, answer: str, reason: str) -> dict[str, Objection]:
    """What keeps an answer from being written down, by field. Raises StateForbids: nothing was granted, or it was given
    up."""
    if decision.outcome != Outcome.LAUREATE or decision.answer in GIVEN_UP:
        raise StateForbids(Permission.DECISION_ANSWER, dossier.state)
    problems = {}
    if answer not in (ACCEPTED, DECLINED):
        problems["answer"] = Objection("decision.answer_missing")
    if answer == DECLINED and not reason.strip():
        problems["reason"] = Objection("decision.declined_without_reason")
    if len(reason) > LONGEST_REASON:
        problems["reason"] = Objection("decision.reason_too_long", most=LONGEST_REASON)
    return problems


def note_answer(
    session: Session,
    *,
    actor: Actor,
    dossier: OpenedDossier,
    decision: Decision,
    answer: str,
    reason: str,
    links: Links,
    now: datetime,
    paper: str | None = None,
) -> None:
    """Writes an answer down, whoever brings it: the dossier's state, the list where a place becomes free, the log, the
    mails. `paper`: SHA-256 of the paper that says it. Permissions and checks are the caller's."""
    before = decision.answer
    decision.answer, decision.answered_at, decision.answer_reason = answer, now, reason.strip()
    if paper is not None:
        decision.answer_sha256, decision.answer_noted_by = paper, actor.row_id
    application = dossier.application
    application.state = ApplicationState.ACCEPTED if answer == ACCEPTED else ApplicationState.DECLINED
    application.updated_at = now
    application.version += 1
    session.add(decision)
    session.add(application)
    if answer in GIVEN_UP:
        lapsed = answer == LAPSED
        add_version(
            session,
            change=ListChange.LEFT,
            decision=decision,
            reason=SILENT if lapsed else LEFT,
            author=(dossier.call.authority_name or dossier.call.id) if lapsed else dossier.association.name,
            author_id=actor.row_id,
            now=now,
        )
    record(
        session,
        actor,
        f"grant.{answer}",
        application,
        now=now,
        before={"answer": before},
        after={"answer": answer, "reason": reason.strip(), "decision": decision.id, "amount": decision.amount,
               **({"paper": paper} if paper else {})},
    )  # fmt: skip
    _tell(session, dossier, decision, links=links, now=now, on_paper=paper is not None)


def _tell(
    session: Session, dossier: OpenedDossier, decision: Decision, *, links: Links, now: datetime, on_paper: bool
) -> None:
    """Everybody of the association reads what is now true; the service, that a place is free."""
    values = {"reason": decision.answer_reason, "amount": euros(decision.amount or 0), "on_paper": on_paper}
    mail = {ACCEPTED: Mail.ACCEPTANCE_NOTED, DECLINED: Mail.DECLINE_NOTED, LAPSED: Mail.GRANT_LAPSED}[decision.answer]
    tell_association(
        session, dossier.call, dossier.application, mail, now=now, key=f"{decision.answer}:{decision.id}",
        link=links.decision(dossier.id), values=values,
    )  # fmt: skip
    if decision.answer in GIVEN_UP:
        tell_service(
            session, dossier, Mail.GRANT_DECLINED, now=now, key=f"declined:{decision.id}",
            link=links.replacements(dossier.call.id),
            values={**values, "lapsed": decision.answer == LAPSED},
        )  # fmt: skip
