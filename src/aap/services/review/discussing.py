"""What the reviewers of a dossier do in its discussion: read each other, write, and change their own marks with a reason.

Only who submitted a review of it that counts takes part; to everybody else it is no page at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core.questions.base.in_words import SectionReading
from aap.core.scoring.marking import mark_text, read_marks, title_of
from aap.records.discussions import Discussion, DiscussionPost, MarkChange
from aap.records.reviews import Mark
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.dossier.discussed import Post, ReviewChange, changes_of, independent_marks, is_open, posts_of
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.permissions import Permission, allowed
from aap.services.review.others import OtherReview, discussion_for, other_reviews
from aap.services.review.reviewing import (
    ReviewedDossier,
    ReviewEntry,
    current_rubric,
    ensure_current,
    entry_problems,
    find_given_dossier,
)

MOST_POST, MOST_REASON = 5_000, 1_000
"""Characters of what is written to the others, and of the reason of a change."""


@dataclass(frozen=True)
class DiscussionPage:
    """One dossier's discussion as one of its reviewers sees it. `changes`: of every reviewer, the oldest first."""

    dossier: ReviewedDossier
    discussion: Discussion
    others: tuple[OtherReview, ...]
    posts: tuple[Post, ...]
    changes: tuple[ReviewChange, ...]
    open: bool
    sections: tuple[SectionReading, ...] = ()  # its answers stand on the dossier's own page

    @property
    def titles(self) -> Mapping[str, str]:
        """Criterion → what people call it."""
        return {one.id: title_of(one) for one in self.dossier.call.file.rubric.criteria}

    @property
    def independent(self) -> Mapping[str, Mapping[str, Decimal]]:
        """What was given before the discussion and changed after it: code (empty: one's own) → criterion → mark."""
        own = self.dossier.assignment.person_id
        codes = {one.person_id: "" if one.person_id == own else one.code for one in self.changes}
        return {codes[person]: marks for (_, person), marks in independent_marks(self.changes).items()}


def open_discussion(session: Session, *, actor: Actor, application_id: str, now: datetime) -> DiscussionPage:
    """The discussion of a dossier, for a reviewer who takes part. Raises NotFound. At most ten queries."""
    dossier, discussion = _find(session, actor, application_id, Permission.REVIEW_READ)
    return DiscussionPage(
        dossier=dossier,
        discussion=discussion,
        others=other_reviews(session, actor, dossier),
        posts=posts_of(session, discussion.id, reader=actor.person_id),
        changes=changes_of(session, dossier.call.id, application_id=application_id),
        open=_may_write(actor, dossier, discussion, now),
    )


def _may_write(actor: Actor, dossier: ReviewedDossier, discussion: Discussion, now: datetime) -> bool:
    marking = allowed(actor, Permission.REVIEW_MARK, dossier.target)
    return marking and not dossier.frozen and is_open(dossier.call, discussion, now)


def _find(
    session: Session, actor: Actor, application_id: str, permission: Permission, *, lock: bool = False
) -> tuple[ReviewedDossier, Discussion]:
    dossier = find_given_dossier(session, actor=actor, application_id=application_id, permission=permission, lock=lock)
    discussion = discussion_for(session, actor, dossier)
    if discussion is None:
        raise NotFound("discussion", application_id)
    return dossier, discussion


def _find_open(
    session: Session, actor: Actor, application_id: str, now: datetime
) -> tuple[ReviewedDossier, Discussion]:
    """To write: the assignment and the discussion are held, whoever ends it waits. Raises StateForbids where it is over."""
    dossier, discussion = _find(session, actor, application_id, Permission.REVIEW_MARK, lock=True)
    session.refresh(discussion, with_for_update=True)
    if not _may_write(actor, dossier, discussion, now):
        raise StateForbids(Permission.REVIEW_MARK, "discussion")
    return dossier, discussion


def write_post(session: Session, *, actor: Actor, application_id: str, body: str, now: datetime) -> None:
    """Says something to the other reviewers. The same text twice in a row is said once. Raises NotFound, StateForbids,
    InvalidInput."""
    dossier, discussion = _find_open(session, actor, application_id, now)
    text = body.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput({"body": Objection("review.post_empty")})
    if len(text) > MOST_POST:
        raise InvalidInput({"body": Objection("review.text_too_long", most=MOST_POST)})
    last = session.exec(
        select(DiscussionPost)
        .where(DiscussionPost.discussion_id == discussion.id)
        .order_by(col(DiscussionPost.created_at).desc(), col(DiscussionPost.id).desc())
    ).first()
    if last is not None and (last.person_id, last.body) == (actor.person_id, text):
        return
    post = DiscussionPost(discussion_id=discussion.id, person_id=actor.person_id, body=text, created_at=now)
    session.add(post)
    record(session, actor, "discussion.posted", Subject("discussion", discussion.id, dossier.call.id), now=now)


def change_review(
    session: Session, *, actor: Actor, application_id: str, entry: ReviewEntry, reason: str, now: datetime
) -> None:
    """Changes one's own marks and comments, complete as when they were submitted; what stood before is kept with the reason.

    Raises NotFound, StateForbids (it is over), StaleVersion, RubricChanged, and InvalidInput with every problem by field
    (`marks.<criterion>`, `comments.<criterion>`, `reason`).
    """
    dossier, _ = _find_open(session, actor, application_id, now)
    ensure_current(dossier, entry)
    review = dossier.review
    assert review is not None
    rubric = dossier.call.file.rubric
    checked = read_marks(rubric, entry.marks, entry.comments, finished=True)
    before = {name: mark.score for name, mark in dossier.marks.items() if mark.score is not None}
    former = {
        name: dossier.marks[name].comment if name in dossier.marks else ""
        for name, comment in checked.comments.items()
        if comment != (dossier.marks[name].comment if name in dossier.marks else "")
    }
    problems = entry_problems(dossier.call, entry, finished=True)
    if not problems and not former and checked.marks == before:
        problems["reason"] = Objection("review.nothing_changed")
    elif not reason.strip():
        problems["reason"] = Objection("review.change_unexplained")
    elif len(reason) > MOST_REASON:
        problems["reason"] = Objection("review.text_too_long", most=MOST_REASON)
    if problems:
        raise InvalidInput(problems)
    for criterion in rubric.criteria:
        mark = dossier.marks.get(criterion.id) or Mark(review_id=review.id, criterion=criterion.id)
        mark.score, mark.comment = checked.marks[criterion.id], checked.comments[criterion.id]
        session.add(mark)
    review.version += 1
    review.updated_at = now
    review.rubric_hash = current_rubric(dossier.call)
    session.add(review)
    was = {name: mark_text(score) for name, score in sorted(before.items())}
    now_is = {name: mark_text(score) for name, score in sorted(checked.marks.items())}
    session.add(
        MarkChange(
            review_id=review.id, before=was, after=now_is, comments=former, reason=reason.strip(), created_at=now
        )
    )
    record(
        session,
        actor,
        "review.changed_after_discussion",
        review,
        now=now,
        call_id=dossier.call.id,
        before={"marks": was},
        after={"application": application_id, "marks": now_is, "reason": reason.strip()},
    )
