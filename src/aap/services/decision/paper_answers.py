"""An answer to a grant that came on paper: an official records it, with the paper."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.records.associations import Association
from aap.records.rankings import Decision
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.decision.answering import (
    answer_objections,
    hold_list,
    note_answer,
    notified_decision,
)
from aap.services.dossier.access import dossier_of, find_dossier
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.page_links import Links
from aap.services.permissions import Permission

PAPER_MEGABYTES = 10


def answered_on_paper(
    session: Session, *, actor: Actor, call_id: str, reference: str
) -> tuple[OpenedDossier, Decision]:
    """The dossier and its notified decision, for an official who may record an answer to it. Raises NotFound, also for
    who is recused of it."""
    application_id = find_dossier(session, call_id, reference)
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DECISIONS_NOTIFY, application_id=application_id
    )
    dossier = OpenedDossier(call, application, session.get_one(Association, application.association_id))
    return dossier, notified_decision(session, application_id, to_answer=True)


def record_paper_answer(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    reference: str,
    answer: str,
    reason: str,
    paper: str | None,
    links: Links,
    now: datetime,
) -> Decision:
    """A laureate's written answer. `paper`: SHA-256 of the file in the store.

    Raises InvalidInput (no paper among others), StateForbids (nothing was granted, or it was given up), NotFound.
    """
    hold_list(session, find_dossier(session, call_id, reference))
    dossier, decision = answered_on_paper(session, actor=actor, call_id=call_id, reference=reference)
    problems = answer_objections(decision, dossier, answer, reason)
    if paper is None:
        problems["file"] = Objection("decision.paper_missing")
    if problems:
        raise InvalidInput(problems)
    if decision.answer != answer:
        note_answer(
            session,
            actor=actor,
            dossier=dossier,
            decision=decision,
            answer=answer,
            reason=reason,
            links=links,
            now=now,
            paper=paper,
        )
    return decision


def read_paper(session: Session, *, actor: Actor, call_id: str, reference: str, now: datetime) -> str:
    """SHA-256 of the paper that a decision's answer came on; that it was read is logged. Raises NotFound."""
    application_id = find_dossier(session, call_id, reference)
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    sha256 = notified_decision(session, application_id).answer_sha256
    if sha256 is None:
        raise NotFound("paper", reference)
    record(session, actor, "grant.paper_read", Subject("application", application_id, call_id), now=now)
    return sha256
