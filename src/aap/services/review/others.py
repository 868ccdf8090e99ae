"""Others' reviews of a reviewer's dossier, and the discussion of it: who may see them, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import and_
from sqlmodel import Session, col, select

from aap.core.scoring.marking import total_of
from aap.records.applications import GIVEN_TO_REVIEWERS, Application
from aap.records.calls import CallState
from aap.records.discussions import Discussion
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import not_recused
from aap.services.dossier.counted import not_set_aside
from aap.services.dossier.discussed import in_time
from aap.services.permissions import marks_closed
from aap.services.review.reviewing import ReviewedDossier, is_late


@dataclass(frozen=True)
class OtherReview:
    """Somebody else's submitted review of the same dossier; the reviewer goes by a code."""

    code: str
    marks: Mapping[str, Decimal]
    comments: Mapping[str, str]
    general: str
    total: Fraction | None


def shown_others(
    session: Session, actor: Actor, dossier: ReviewedDossier, now: datetime
) -> tuple[OtherReview, ...] | None:
    """Others' reviews, only once one's own is submitted and the call's file allows it by now. While reviewing, a call with
    discussions shows them there alone."""
    rule = dossier.call.file.reviewing.others_visible
    own_submitted = dossier.state is ReviewState.SUBMITTED
    discussing = dossier.call.file.reviewing.discussion_until is not None
    closed = dossier.call.state is not CallState.REVIEWING or (is_late(dossier.call, now) and not discussing)
    if rule == "never" or not own_submitted or (rule == "after_closing" and not closed):
        return None
    if marks_closed(actor, dossier.call.target()):
        return None
    return other_reviews(session, actor, dossier)


def discussion_for(session: Session, actor: Actor, dossier: ReviewedDossier) -> Discussion | None:
    """The discussion of a dossier given to this actor, where they may read it. At most one query."""
    if (
        dossier.call.file.reviewing.discussion_until is None
        or dossier.state is not ReviewState.SUBMITTED
        or marks_closed(actor, dossier.call.target())
    ):
        return None
    return session.exec(
        select(Discussion)
        .join(Assignment, col(Assignment.application_id) == col(Discussion.application_id))
        .join(Application, col(Application.id) == col(Discussion.application_id))
        .where(Assignment.id == dossier.assignment.id, not_recused(actor.person_id), not_set_aside())
    ).first()


def other_reviews(session: Session, actor: Actor, dossier: ReviewedDossier) -> tuple[OtherReview, ...]:
    """Others' submitted reviews of a dossier that count, in the order of the codes; the caller asked whether they may be seen.
    Two queries."""
    rows = session.exec(
        select(Review, Reviewer.code)
        .join(Assignment, col(Review.assignment_id) == Assignment.id)
        .join(Application, col(Review.application_id) == Application.id)
        .join(
            Reviewer,
            and_(col(Reviewer.person_id) == Review.person_id, col(Reviewer.call_id) == Assignment.call_id),
        )
        .where(
            Review.application_id == dossier.application.id,
            Review.person_id != actor.person_id,
            Review.state == ReviewState.SUBMITTED,
            col(Assignment.removed_at).is_(None),
            not_recused(),
            not_set_aside(),
        )
        .order_by(col(Reviewer.code))
    ).all()
    marks = session.exec(select(Mark).where(col(Mark.review_id).in_([review.id for review, _ in rows]))).all()
    return tuple(_other(dossier, review, code, marks) for review, code in rows)


def _other(dossier: ReviewedDossier, review: Review, code: str, marks: Sequence[Mark]) -> OtherReview:
    own = [mark for mark in marks if mark.review_id == review.id]
    scores = {mark.criterion: mark.score for mark in own if mark.score is not None}
    return OtherReview(
        code=code,
        marks=scores,
        comments={mark.criterion: mark.comment for mark in own},
        general=review.general_comment,
        total=total_of(dossier.call.file.rubric, scores),
    )


def under_discussion(session: Session, actor: Actor, calls: Sequence[OpenedCall], now: datetime) -> frozenset[str]:
    """Ids of the dossiers that are under discussion with this actor. At most one query."""
    open_in = [call.id for call in calls if in_time(call, now) and not marks_closed(actor, call.target())]
    if not open_in:
        return frozenset()
    found = (
        select(Assignment.application_id)
        .join(Application, col(Application.id) == col(Assignment.application_id))
        .join(Review, col(Review.assignment_id) == Assignment.id)
        .join(Discussion, col(Discussion.application_id) == col(Assignment.application_id))
        .where(
            Assignment.person_id == actor.person_id,
            col(Assignment.call_id).in_(open_in),
            col(Assignment.removed_at).is_(None),
            col(Application.state).in_(GIVEN_TO_REVIEWERS),
            Review.state == ReviewState.SUBMITTED,
            col(Discussion.closed_at).is_(None),
            not_recused(actor.person_id),
            not_set_aside(),
        )
    )
    return frozenset(session.exec(found))
