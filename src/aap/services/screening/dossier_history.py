"""Everything that the log says of one dossier, page by page: what was done, and who read it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import union_all
from sqlmodel import Session, col, select

from aap.records.applications import Application, CompletionRequest, Document, Message, Signature, Submission
from aap.records.audit import AuditLine, AuditValues
from aap.records.people import Person
from aap.records.rankings import Decision, JuryDecision
from aap.records.reviews import Assignment, Consensus, Recusal, Review
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of
from aap.services.permissions import Permission
from aap.services.screening.official_dossier import HistoryLine, by_system

PAGE_SIZE = 100
_PARTS = (
    Assignment, CompletionRequest, Consensus, Decision, Document, JuryDecision, Message, Recusal, Review, Signature,
    Submission,
)  # fmt: skip
"""Rows that belong to one dossier, and that lines may be about."""


@dataclass(frozen=True)
class DossierHistory:
    """Lines from the newest down. `older`: the sequence to go on from (None: that was the last page)."""

    call: OpenedCall
    application: Application
    lines: tuple[HistoryLine, ...]
    older: int | None


def dossier_history(
    session: Session, *, actor: Actor, application_id: str, before: int | None = None
) -> DossierHistory:
    """A page of the lines about a dossier and what belongs to it; `before`: only lines below this sequence.

    Raises NotFound, also for who is recused. Values that may be secret for a time (marks) are not among the lines.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    own = union_all(
        select(Application.id).where(Application.id == application_id),
        *(select(part.id).where(part.application_id == application_id) for part in _PARTS),
    )
    query = (
        select(AuditLine, Person.name, AuditValues.content)
        .join(Person, col(Person.id) == col(AuditLine.actor_id), isouter=True)
        .join(AuditValues, col(AuditValues.sequence) == col(AuditLine.sequence), isouter=True)
        .where(col(AuditLine.object_id).in_(own))
    )
    if before is not None:
        query = query.where(col(AuditLine.sequence) < before)
    found = session.exec(query.order_by(col(AuditLine.sequence).desc()).limit(PAGE_SIZE + 1)).all()
    shown = found[:PAGE_SIZE]
    lines = tuple(
        HistoryLine(line.at, line.action, name or by_system(line), (content or {}).get("after", {}))
        for line, name, content in shown
    )
    return DossierHistory(call, application, lines, shown[-1][0].sequence if len(found) > PAGE_SIZE else None)
