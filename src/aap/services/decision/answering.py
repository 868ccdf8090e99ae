"""A decision on the association's side: read it, with its receipt; accept or decline the grant; until when to contest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, case, col, func, select

from aap.core.delays import appeal_deadline
from aap.core.french import euros
from aap.core.results import ResultRow
from aap.documents.mail_texts import Mail
from aap.documents.papers.letters import LetterView, letter_facts, letter_view
from aap.documents.papers.mark_table import MarkTable
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.rankings import Decision, Outcome, RankingRow
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.messages import tell_service
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.permissions import Permission

ACCEPTED, DECLINED = "accepted", "declined"
LONGEST_REASON = 2_000
OVERSEAS = frozenset({"drom", "com"})


@dataclass(frozen=True)
class ReadDecision:
    """What an association reads of its decision. `letter`: the same texts as in the letter.

    `marks`: mean marks by criterion, None where the dossier was not marked; `ranked`: how many dossiers have a rank;
    `contest_until`: the last day to contest.
    """

    dossier: OpenedDossier
    decision: Decision
    letter: LetterView
    marks: MarkTable | None
    ranked: int
    contest_until: date

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.decision.outcome)

    @property
    def rank(self) -> int | None:
        found: int | None = self.decision.row.get("rank")
        return found


def notified_decision(session: Session, application_id: str) -> Decision:
    """The last decision that was notified. Raises NotFound."""
    decision = session.exec(
        select(Decision)
        .where(Decision.application_id == application_id, col(Decision.notified_at).is_not(None))
        .order_by(col(Decision.number).desc())
        .limit(1)
    ).first()
    if decision is None:
        raise NotFound("decision", application_id)
    return decision


def read_decision(session: Session, *, actor: Actor, application_id: str) -> ReadDecision:
    """The decision, for a member of the association. Raises NotFound before the notification. At most six queries."""
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    decision = notified_decision(session, application_id)
    ranked, retained = session.exec(
        select(
            func.count(col(RankingRow.rank)), func.sum(case((col(RankingRow.status) == "laureate", 1), else_=0))
        ).where(RankingRow.run_id == decision.run_id)
    ).one()
    facts = letter_facts(dossier.call.file, row_of(dossier, decision), ranked=ranked, retained=int(retained or 0))
    return ReadDecision(
        dossier=dossier,
        decision=decision,
        letter=letter_view(
            dossier.call.file,
            facts,
            application_reference=dossier.application.reference,
            project=dossier.application.title,
        ),
        marks=facts.mark_table(dossier.call.file) if decision.outcome != Outcome.WITHDRAWN else None,
        ranked=ranked,
        contest_until=contest_deadline(decision, dossier.association),
    )


def row_of(dossier: OpenedDossier, decision: Decision) -> ResultRow:
    """The line of the ranking as the decision froze it."""
    frozen: Mapping[str, Any] = decision.row

    def score(name: str) -> Decimal | None:
        return None if frozen.get(name) is None else Decimal(frozen[name])

    return ResultRow(
        rank=frozen.get("rank"),
        application_id=dossier.application.reference,
        association=dossier.association.name,
        status=frozen["status"],
        reason_code=frozen.get("reason_code", ""),
        reason=decision.reason,
        raw_score=score("raw_score"),
        calibrated_score=score("calibrated_score"),
        ci_low=score("ci_low"),
        ci_high=score("ci_high"),
        selection_probability=score("selection_probability"),
        reviews=frozen.get("reviews", 0),
        requested_amount=frozen.get("requested_amount", 0),
        granted_amount=decision.amount,
        waiting_rank=frozen.get("waiting_rank"),
        marks={name: Decimal(mark) for name, mark in frozen.get("marks", {}).items()},
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


def note_reading(session: Session, *, actor: Actor, application_id: str, now: datetime) -> None:
    """The receipt: when a member of the association first opened the decision, and in the log who."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ, lock=True
    )
    decision = notified_decision(session, application_id)
    if decision.read_at is not None:
        return
    decision.read_at = now
    session.add(decision)
    record(session, actor, "decision.read", dossier.application, now=now, after={"decision": decision.id})


def letter_for_association(session: Session, *, actor: Actor, application_id: str, now: datetime) -> tuple[str, str]:
    """Reference of the dossier and SHA-256 of its letter; opening it is a reading. Raises NotFound."""
    note_reading(session, actor=actor, application_id=application_id, now=now)
    decision = notified_decision(session, application_id)
    if decision.letter_sha256 is None:
        raise NotFound("letter", application_id)
    return session.get_one(Application, application_id).reference, decision.letter_sha256


def answer_grant(
    session: Session, *, actor: Actor, application_id: str, answer: str, reason: str, now: datetime
) -> Decision:
    """A laureate accepts the grant, or declines it and says why: that frees its place, and the service is told.

    The same answer again changes nothing. What was accepted may still be declined; what was declined stays so.
    Raises InvalidInput, StateForbids (nothing was granted, or it was declined), NotFound.
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER, lock=True
    )
    decision = notified_decision(session, application_id)
    if decision.outcome != Outcome.LAUREATE:
        raise StateForbids(Permission.DECISION_ANSWER, dossier.state)
    if decision.answer == answer and answer:
        return decision
    if decision.answer == DECLINED:
        raise StateForbids(Permission.DECISION_ANSWER, dossier.state)
    problems = {}
    if answer not in (ACCEPTED, DECLINED):
        problems["answer"] = Objection("decision.answer_missing")
    if answer == DECLINED and not reason.strip():
        problems["reason"] = Objection("decision.declined_without_reason")
    if len(reason) > LONGEST_REASON:
        problems["reason"] = Objection("decision.reason_too_long", most=LONGEST_REASON)
    if problems:
        raise InvalidInput(problems)
    before = decision.answer
    decision.answer, decision.answered_at = answer, now
    decision.read_at = decision.read_at or now
    application = dossier.application
    application.state = ApplicationState.ACCEPTED if answer == ACCEPTED else ApplicationState.DECLINED
    application.updated_at = now
    application.version += 1
    session.add(decision)
    session.add(application)
    record(
        session,
        actor,
        f"grant.{answer}",
        application,
        now=now,
        before={"answer": before},
        after={"answer": answer, "reason": reason.strip(), "decision": decision.id, "amount": decision.amount},
    )
    if answer == DECLINED:
        tell_service(
            session, dossier, Mail.GRANT_DECLINED, now=now, key=f"declined:{decision.id}",
            values={"reason": reason.strip(), "amount": euros(decision.amount or 0)},
        )  # fmt: skip
    return decision


def contest_deadline(decision: Decision, association: Association) -> date:
    """The last day to contest, counted from the notification; a month more for an association overseas."""
    assert decision.notified_at is not None
    return appeal_deadline(decision.notified_at, overseas=association.zone in OVERSEAS)
