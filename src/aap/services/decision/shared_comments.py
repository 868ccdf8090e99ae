"""Reviewers' comments as an association reads them with its decision, where the call file announced it to both sides.

By criterion, without a name, a code or a number: sorted by their text, so that two criteria don't tell which comments are
one person's. Of the reviews that counted only, and never the word for the service nor a reviewer's own notes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from aap.core.scoring.marking import title_of
from aap.records.rankings import Outcome
from aap.records.reviews import Assignment, Mark, Review, ReviewState
from aap.services.decision.answering import ReadDecision
from aap.services.dossier.access import recused_pairs
from aap.services.dossier.counted import not_set_aside


@dataclass(frozen=True)
class SharedComments:
    """What was written on one criterion. `criterion`: its title, empty for the general comments, which come last."""

    criterion: str
    texts: tuple[str, ...]


def shared_comments(session: Session, found: ReadDecision) -> tuple[SharedComments, ...]:
    """Of a decision that its association reads, so after its notification; nothing where the call doesn't share them, or
    where no review led to the decision. Four queries."""
    call = found.dossier.call
    if not call.file.reviewing.comments_shared or found.outcome in (Outcome.INELIGIBLE, Outcome.WITHDRAWN):
        return ()
    recused = recused_pairs(session, call.id)
    reviews = session.exec(
        select(Review.id, Review.person_id, Review.general_comment)
        .join(Assignment, col(Assignment.id) == col(Review.assignment_id))
        .where(
            Review.application_id == found.dossier.id,
            Review.state == ReviewState.SUBMITTED,
            col(Assignment.removed_at).is_(None),
            not_set_aside(),
        )
    ).all()
    counted = {id: general for id, person_id, general in reviews if (person_id, found.dossier.id) not in recused}
    marks = session.exec(select(Mark.criterion, Mark.comment).where(col(Mark.review_id).in_(counted))).all()
    parts = [
        (title_of(criterion), [text for of, text in marks if of == criterion.id])
        for criterion in call.file.rubric.criteria
    ]
    parts.append(("", list(counted.values())))
    written = ((title, tuple(sorted(text.strip() for text in texts if text.strip()))) for title, texts in parts)
    return tuple(SharedComments(title, texts) for title, texts in written if texts)
