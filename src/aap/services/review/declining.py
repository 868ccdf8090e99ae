"""A reviewer gives a dossier back for lack of time: it goes back to the assignment, and not to them again."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.records.reviews import ReviewState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.services.permissions import Permission
from aap.services.review.reviewing import ReviewedDossier, find_given_dossier

MOST_REASON = 500


def find_declinable(session: Session, *, actor: Actor, application_id: str, lock: bool = False) -> ReviewedDossier:
    """A dossier that the actor may give back: theirs to mark, and never submitted. Raises NotFound, StateForbids."""
    dossier = find_given_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.REVIEW_MARK, lock=lock
    )
    if dossier.frozen or dossier.state in (ReviewState.SUBMITTED, ReviewState.REOPENED):
        raise StateForbids(Permission.REVIEW_MARK, "consensus" if dossier.frozen else str(dossier.state))
    return dossier


def decline_dossier(session: Session, *, actor: Actor, application_id: str, reason: str, now: datetime) -> None:
    """Gives the dossier back; a draft stays in the records and counts for nothing. Raises NotFound, StateForbids, InvalidInput.

    `reason`: what the service should know, may be empty.
    """
    dossier = find_declinable(session, actor=actor, application_id=application_id, lock=True)
    if len(reason.strip()) > MOST_REASON:
        raise InvalidInput({"reason": Objection("review.text_too_long", most=MOST_REASON)})
    given = dossier.assignment
    given.removed_at = given.declined_at = now
    given.removal_reason, given.locked = reason.strip(), False
    session.add(given)
    record(
        session,
        actor,
        "assignment.declined",
        dossier.application,
        now=now,
        after={"person": actor.person_id, "reason": given.removal_reason},
    )
