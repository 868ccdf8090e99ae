"""The first time that somebody of the association opens its decision: the delays begin, and everybody of it learns their days."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.core.french import day
from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.rankings import Decision, Outcome
from aap.services.actor import Actor
from aap.services.association.diary import answer_event, appeal_event
from aap.services.association.mails import tell_association
from aap.services.audit import record
from aap.services.decision.answer_terms import answer_term
from aap.services.decision.answering import notified_decision, opened_by
from aap.services.decision.deadlines import appeal_delay
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.errors import NotFound
from aap.services.page_links import Links
from aap.services.permissions import Permission


def note_reading(session: Session, *, actor: Actor, application_id: str, links: Links, now: datetime) -> None:
    """The receipt: when a member of the association first opened the decision, and in the log who. Everybody of it is
    mailed the days that begin to run, for their diary: they stand in no earlier mail."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ, lock=True
    )
    decision = notified_decision(session, application_id)
    if decision.read_at is not None:
        return
    opened_by(session, decision, actor, now)
    record(session, actor, "decision.read", dossier.application, now=now, after={"decision": decision.id})
    if decision.outcome != Outcome.WITHDRAWN:
        _tell_days(session, dossier, decision, links.decision(application_id), now)


def _tell_days(session: Session, dossier: OpenedDossier, decision: Decision, link: str, now: datetime) -> None:
    """The last day to contest the decision and, for a laureate who is asked to answer, the last day for that."""
    call, application = dossier.call, dossier.application
    delay = appeal_delay(session, decision)
    assert delay.until is not None
    term = answer_term(call, decision, delay.begins)
    values = {
        "until": day(delay.until),
        "answer_until": day(term.until) if term else "",
        "lapses": term is not None and term.lapses,
    }
    events = [appeal_event(call, application, decision, delay.until, link)]
    if term:
        events.append(answer_event(call, application, decision, term.until, link))
    tell_association(
        session, call, application, Mail.DECISION_READ, now=now, key=f"decision-read:{decision.id}", link=link,
        values=values, events=events,
    )  # fmt: skip


def letter_for_association(
    session: Session, *, actor: Actor, application_id: str, links: Links, now: datetime
) -> tuple[str, str]:
    """Reference of the dossier and SHA-256 of its letter; opening it is a reading. Raises NotFound."""
    note_reading(session, actor=actor, application_id=application_id, links=links, now=now)
    decision = notified_decision(session, application_id)
    if decision.letter_sha256 is None:
        raise NotFound("letter", application_id)
    return session.get_one(Application, application_id).reference, decision.letter_sha256
