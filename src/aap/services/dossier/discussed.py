"""The discussion between the reviewers of a dossier: when it opens, who is told, when it is over, what it changed.

It opens by itself once every review that counts is submitted, and the dossier has as many as the rubric asks for; it is over at
the moment that the call file names (`reviewing.discussion_until`), or when an official ends it. Until it opens no reviewer
sees another's marks. `services.review.discussing` is what its reviewers do in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, case, col, func, select

from aap.core.delays import paris
from aap.core.french import moment
from aap.documents.mail_texts import Mail
from aap.records.applications import GIVEN_TO_REVIEWERS, Application
from aap.records.calls import CallState
from aap.records.discussions import Discussion, DiscussionPost, MarkChange
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Assignment, Consensus, Review, Reviewer, ReviewState
from aap.records.watching import hold_log
from aap.services.actor import SYSTEM
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.dossier.access import not_recused
from aap.services.dossier.counted import not_set_aside
from aap.services.outbox import send_mail
from aap.services.page_links import Links


def in_time(call: OpenedCall, now: datetime) -> bool:
    """Whether dossiers of the call are discussed now: it asks for it, reviews are under way, and its time isn't over."""
    until = call.file.reviewing.discussion_until
    return until is not None and call.state is CallState.REVIEWING and now <= until


def is_open(call: OpenedCall, discussion: Discussion, now: datetime) -> bool:
    """Whether its reviewers may write and change their marks."""
    return discussion.closed_at is None and in_time(call, now)


def stands_open(call: OpenedCall, discussion: Discussion | None) -> bool:
    """The same without a clock, for what shows or counts it: whatever is over is ended within a minute (`keep_discussions`)."""
    reviewed = call.file.reviewing.discussion_until is not None and call.state is CallState.REVIEWING
    return reviewed and discussion is not None and discussion.closed_at is None


def discussion_of(session: Session, application_id: str, *, lock: bool = False) -> Discussion | None:
    """The dossier's discussion, open or over. `lock`: to be written to in this transaction."""
    query = select(Discussion).where(Discussion.application_id == application_id)
    return session.exec(query.with_for_update() if lock else query).first()


def left_open(session: Session, call: OpenedCall) -> int:
    """How many dossiers of the call are under discussion: a number that is the same for everybody. At most one query."""
    if call.file.reviewing.discussion_until is None or call.state is not CallState.REVIEWING:
        return 0
    found = (
        select(func.count())
        .select_from(Discussion)
        .join(Application, col(Application.id) == col(Discussion.application_id))
        .where(
            Application.call_id == call.id,
            col(Application.state).in_(GIVEN_TO_REVIEWERS),
            col(Discussion.closed_at).is_(None),
        )
    )
    return session.exec(found).one()


# --- what passes by itself --------------------------------------------------------------------------------------------


def keep_discussions(session: Session, *, links: Links, now: datetime) -> None:
    """Ends those whose time is over, opens those that are due, and tells their reviewers. Done twice, it is done once."""
    hold_log(session)
    for call in list_calls(session, frozenset({CallState.REVIEWING})):
        if call.file.reviewing.discussion_until is None:
            continue
        if in_time(call, now):
            open_due(session, call, now=now)
            _tell(session, call, links=links, now=now)
        else:
            _end_all(session, call, now=now)


def open_due(session: Session, call: OpenedCall, *, now: datetime, application_id: str = "") -> None:
    """Opens the discussion of every dossier (or of this one) whose reviews are all in. Two submissions at the same moment come
    one after the other here: the second sees the first."""
    if not in_time(call, now):
        return
    session.flush()
    hold_log(session)
    due = (
        select(Assignment.application_id)
        .join(Application, col(Application.id) == col(Assignment.application_id))
        .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
        .where(
            Assignment.call_id == call.id,
            _counts(),
            ~exists().where(col(Discussion.application_id) == col(Application.id)),
            ~exists().where(col(Consensus.application_id) == col(Application.id)),
        )
        .group_by(col(Assignment.application_id))
        .having(
            func.count() >= max(2, call.file.rubric.min_reviews),
            func.count() == func.sum(case((col(Review.state) == ReviewState.SUBMITTED, 1), else_=0)),
        )
        .order_by(col(Assignment.application_id))
    )
    for one in session.exec(due.where(Assignment.application_id == application_id) if application_id else due).all():
        discussion = Discussion(application_id=one, opened_at=now)
        session.add(discussion)
        application = session.get_one(Application, one)
        record(session, SYSTEM, "discussion.opened", application, now=now, after={"discussion": discussion.id})


def _counts() -> ColumnElement[bool]:
    """SQL condition on an assignment and its application: a review that counts, or will."""
    return (
        col(Assignment.removed_at).is_(None)
        & col(Application.state).in_(GIVEN_TO_REVIEWERS)
        & not_recused()
        & not_set_aside()
    )


def _end_all(session: Session, call: OpenedCall, *, now: datetime) -> None:
    over = select(Discussion, Application).where(
        Discussion.application_id == Application.id,
        Application.call_id == call.id,
        col(Discussion.closed_at).is_(None),
    )
    for discussion, application in session.exec(over.order_by(col(Discussion.id))).all():
        discussion.closed_at = now
        session.add(discussion)
        record(session, SYSTEM, "discussion.closed", application, now=now, after={"discussion": discussion.id})


def _role(role: Role) -> ColumnElement[bool]:
    return exists().where(
        col(RoleGrant.person_id) == col(Assignment.person_id),
        col(RoleGrant.role) == role,
        or_(col(RoleGrant.call_id) == col(Assignment.call_id), col(RoleGrant.call_id).is_(None)),
    )


def _tell(session: Session, call: OpenedCall, *, links: Links, now: datetime) -> None:
    """One mail to each reviewer, of every dossier that opened since the last minute. Not to an official of the call, to whom
    others' marks are closed, whatever else they are in it."""
    opened = select(Discussion).where(
        Discussion.application_id == Application.id,
        Application.call_id == call.id,
        col(Discussion.told_at).is_(None),
        col(Discussion.closed_at).is_(None),
    )
    untold = session.exec(opened.order_by(col(Discussion.id))).all()
    if not untold:
        return
    found = session.exec(
        select(Person, Application.id, Application.reference)
        .select_from(Assignment)
        .join(Application, col(Application.id) == col(Assignment.application_id))
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .where(
            col(Assignment.application_id).in_([one.application_id for one in untold]),
            _counts(),
            col(Person.active).is_(True),
            _role(Role.REVIEWER),
            ~_role(Role.OFFICIAL),
        )
        .order_by(col(Person.id), col(Application.reference))
    ).all()
    theirs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    people = {}
    for person, application_id, reference in found:
        people[person.id] = person
        theirs[person.id].append((application_id, reference))
    until = call.file.reviewing.discussion_until
    for person_id, dossiers in theirs.items():
        send_mail(
            session,
            Mail.DISCUSSION_OPENED,
            to=people[person_id].email,
            now=now,
            values={
                "call": call.record.title,
                "references": [reference for _, reference in dossiers],
                "until": moment(paris(until)) if until else "",
                "link": links.discussion(dossiers[0][0]) if len(dossiers) == 1 else links.reviews(),
            },
            sender=call.authority_name,
        )
    for one in untold:
        one.told_at = now
        session.add(one)


# --- what it says and what it changed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Post:
    """What a reviewer wrote; they go by their code. `own`: by who reads."""

    code: str
    name: str
    body: str
    at: datetime
    own: bool = False


def posts_of(session: Session, discussion_id: str, *, reader: str = "") -> tuple[Post, ...]:
    """What was written, the oldest first. `reader`: who reads (id). The caller has opened the dossier. One query."""
    found = session.exec(
        select(DiscussionPost, Person.name, Reviewer.code)
        .join(Discussion, col(Discussion.id) == col(DiscussionPost.discussion_id))
        .join(Application, col(Application.id) == col(Discussion.application_id))
        .join(Person, col(Person.id) == col(DiscussionPost.person_id))
        .outerjoin(
            Reviewer,
            (col(Reviewer.person_id) == col(DiscussionPost.person_id))
            & (col(Reviewer.call_id) == col(Application.call_id)),
        )
        .where(DiscussionPost.discussion_id == discussion_id)
        .order_by(col(DiscussionPost.created_at), col(DiscussionPost.id))
    )
    return tuple(
        Post(code or "", name, post.body, post.created_at, post.person_id == reader) for post, name, code in found
    )


@dataclass(frozen=True)
class ReviewChange:
    """What one reviewer changed in their review after the discussion. `before`, `after`: criterion → mark, of the whole
    review; `comments`: criterion → the comment that was there before."""

    application_id: str
    reference: str
    person_id: str
    code: str
    before: Mapping[str, Decimal]
    after: Mapping[str, Decimal]
    comments: Mapping[str, str]
    reason: str
    at: datetime

    @property
    def marks(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Criterion → (before, after), of the marks that changed."""
        return {
            name: (self.before[name], mark)
            for name, mark in self.after.items()
            if name in self.before and self.before[name] != mark
        }


def changes_of(session: Session, call_id: str, *, application_id: str = "") -> tuple[ReviewChange, ...]:
    """What was changed after discussions in the call (or in one dossier of it), by dossier, reviewer and time. One query.

    Of reviews that count or may; whoever shows it to an actor takes out the dossiers of which they are recused.
    """
    query = (
        select(  # type: ignore[call-overload]
            MarkChange, Application.id, Application.reference, Review.person_id, Reviewer.code
        )
        .join(Review, col(Review.id) == col(MarkChange.review_id))
        .join(Assignment, col(Assignment.id) == col(Review.assignment_id))
        .join(Application, col(Application.id) == col(Assignment.application_id))
        .outerjoin(
            Reviewer,
            (col(Reviewer.person_id) == col(Review.person_id)) & (col(Reviewer.call_id) == col(Assignment.call_id)),
        )
        .where(Assignment.call_id == call_id, col(Assignment.removed_at).is_(None), not_recused())
        .order_by(col(Application.reference), col(Reviewer.code), col(MarkChange.created_at), col(MarkChange.id))
    )
    if application_id:
        query = query.where(Application.id == application_id)
    return tuple(
        ReviewChange(
            found, reference, person_id, code or "", _marks(change.before), _marks(change.after),
            dict(change.comments), change.reason, change.created_at,
        )
        for change, found, reference, person_id, code in session.exec(query)
    )  # fmt: skip


def _marks(texts: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in texts.items()}


def independent_marks(changes: tuple[ReviewChange, ...]) -> Mapping[tuple[str, str], Mapping[str, Decimal]]:
    """(dossier, person) → what they had given before the discussion, of the reviews that were changed after it."""
    found: dict[tuple[str, str], Mapping[str, Decimal]] = {}
    for change in changes:
        found.setdefault((change.application_id, change.person_id), change.before)
    return found
