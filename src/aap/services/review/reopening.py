"""Correcting a submitted review: the reviewer asks, an official gives it back, the reasons are kept."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.people import Person
from aap.records.reviews import Assignment, Consensus, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import get_call
from aap.services.dossier.access import dossier_target, not_recused
from aap.services.dossier.discussed import discussion_of
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest, StateForbids
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.review.reviewing import current_rubric, find_given_dossier


def request_reopening(
    session: Session, *, actor: Actor, application_id: str, reason: str, links: Links, now: datetime
) -> None:
    """A reviewer asks to correct a submitted review; the service is told by mail. Raises InvalidInput, StateForbids."""
    dossier = find_given_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.REVIEW_MARK, lock=True
    )
    if dossier.frozen:
        raise StateForbids(Permission.REVIEW_MARK, "consensus")
    if dossier.call.state is not CallState.REVIEWING:  # a further review while the call deliberates
        raise StateForbids(Permission.REVIEW_REOPEN, str(dossier.call.state))
    if dossier.review is None or dossier.state is not ReviewState.SUBMITTED:
        raise StateForbids(Permission.REVIEW_MARK, str(dossier.state or ""))
    _ensure_not_discussed(session, application_id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("review.correction_unexplained")})
    dossier.review.reopen_request = reason.strip()
    session.add(dossier.review)
    record(
        session,
        actor,
        "review.reopening_asked",
        dossier.review,
        now=now,
        call_id=dossier.call.id,
        after={"reason": reason.strip()},
    )
    contact = dossier.call.file.call.contact
    if contact:
        code = session.exec(
            select(Reviewer.code).where(Reviewer.call_id == dossier.call.id, Reviewer.person_id == actor.person_id)
        ).first()
        send_mail(
            session,
            Mail.REOPENING_ASKED,
            to=contact,
            now=now,
            values={
                "call": dossier.call.record.title,
                "reference": dossier.application.reference,
                "reviewer": code or actor.name,
                "reason": reason.strip(),
                "link": links.reviews_followed(dossier.call.id),
            },
            sender=dossier.call.authority_name,
        )


def _ensure_not_discussed(session: Session, application_id: str) -> None:
    """Who has seen others' marks changes their own in the discussion, where it is marked as changed after it, and nowhere else.
    Raises InvalidInput."""
    if discussion_of(session, application_id) is not None:
        raise InvalidInput({"reason": Objection("review.corrected_in_discussion")})


def reopen_review(
    session: Session, *, actor: Actor, call_id: str, assignment_id: str, reason: str, links: Links, now: datetime
) -> Review:
    """An official gives a review of this call back to its reviewer, submitted or late, and says why: the reason is kept.

    Its marks leave the ranking until it is submitted again. Nobody reopens their own: somebody else of the service does.
    Raises NotFound, StateForbids, InvalidInput, OwnRequest.
    """
    row = session.exec(
        select(Assignment, Application, Person).where(
            Assignment.id == assignment_id,
            Assignment.call_id == call_id,
            Assignment.application_id == Application.id,
            Assignment.person_id == Person.id,
            col(Assignment.removed_at).is_(None),
            not_recused(),
        )
    ).first()
    if row is None:
        raise NotFound("assignment", assignment_id)
    assignment, application, person = row
    call = get_call(session, assignment.call_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, Permission.REVIEW_REOPEN, target, kind="assignment", id=assignment_id)
    if person.id == actor.person_id:
        raise OwnRequest
    if session.exec(select(Consensus.id).where(Consensus.application_id == application.id)).first() is not None:
        raise StateForbids(Permission.REVIEW_REOPEN, "consensus")
    if not reason.strip():
        raise InvalidInput({"reason": Objection("review.reopening_unexplained")})
    review = session.exec(select(Review).where(Review.assignment_id == assignment_id)).first()
    if review is not None and review.state == ReviewState.SUBMITTED:
        _ensure_not_discussed(session, application.id)
    before = str(review.state) if review else ""
    review = review or Review(
        assignment_id=assignment_id,
        application_id=application.id,
        person_id=person.id,
        rubric_hash=current_rubric(call),
        version=0,
        created_at=now,
        updated_at=now,
    )
    review.state, review.submitted_at = ReviewState.REOPENED, None
    review.reopen_reason, review.reopen_request = reason.strip(), ""
    review.version += 1
    review.updated_at = now
    session.add(review)
    session.flush()
    record(
        session,
        actor,
        "review.reopened",
        review,
        now=now,
        call_id=call.id,
        before={"state": before},
        after={"state": "reopened", "reason": reason.strip()},
    )
    send_mail(
        session,
        Mail.REVIEW_REOPENED,
        to=person.email,
        now=now,
        values={
            "call": call.record.title,
            "reference": application.reference,
            "reason": reason.strip(),
            "link": links.review(application.id),
        },
        sender=call.authority_name,
    )
    return review
