"""The discussions of a call as its officials follow them: which are open, ending one or opening it again, reading one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.core.results import MASKED
from aap.core.scoring.marking import MOST_COMMENT
from aap.records.applications import GIVEN_TO_REVIEWERS, Application
from aap.records.discussions import Discussion, DiscussionPost
from aap.records.people import Person
from aap.records.reviews import Assignment
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of, find_dossier, recused_dossiers
from aap.services.dossier.discussed import discussion_of, in_time, is_open
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.harmonising.divergences import consensus_step
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class FollowedDiscussion:
    """One dossier's discussion, in numbers: nothing that was said or marked. `closed_by`: empty where its time was over.

    `reopenable`: an official may open it again. `masked`: the actor is recused of the dossier.
    """

    reference: str
    title: str
    opened_at: datetime
    posts: int
    open: bool
    closed_at: datetime | None
    closed_by: str
    reason: str
    reopenable: bool
    masked: bool = False


@dataclass(frozen=True)
class FollowedDiscussions:
    """Those of a call, the open ones first. `until`: when they end; `now_on`: whether any may be open now."""

    lines: tuple[FollowedDiscussion, ...]
    until: datetime | None
    now_on: bool

    @property
    def open(self) -> int:
        return sum(one.open for one in self.lines)


def followed_discussions(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> FollowedDiscussions:
    """Every discussion of the call. Three queries."""
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    posts = (
        select(func.count(col(DiscussionPost.id)))
        .where(DiscussionPost.discussion_id == Discussion.id)
        .correlate(Discussion)
        .scalar_subquery()
    )
    found = session.exec(
        select(Discussion, Application, Person.name, posts)
        .join(Application, col(Application.id) == col(Discussion.application_id))
        .outerjoin(Person, col(Person.id) == col(Discussion.closed_by))
        .where(Application.call_id == call.id)
        .order_by(col(Application.reference), col(Discussion.id))
    ).all()
    lines = [
        FollowedDiscussion("", MASKED, one.opened_at, 0, is_open(call, one, now), None, "", "", False, masked=True)
        if application.id in hidden
        else FollowedDiscussion(
            reference=application.reference,
            title=application.title,
            opened_at=one.opened_at,
            posts=written,
            open=is_open(call, one, now),
            closed_at=one.closed_at,
            closed_by=name or "",
            reason=one.closing_reason,
            reopenable=one.closed_at is not None and in_time(call, now),
        )
        for one, application, name, written in found
        if application.state in GIVEN_TO_REVIEWERS or one.closed_at is not None
    ]
    lines.sort(key=lambda one: (not one.open, one.masked, one.reference))
    return FollowedDiscussions(tuple(lines), call.file.reviewing.discussion_until, in_time(call, now))


def end_discussion(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, reason: str, now: datetime
) -> None:
    """Ends one discussion before its time: its marks count as they stand. Raises NotFound, StateForbids, InvalidInput."""
    application, discussion = _held(session, actor, call, reference)
    if not is_open(call, discussion, now):
        raise StateForbids(Permission.CONSENSUS_MANAGE, "discussion")
    _explained(reason)
    discussion.closed_at, discussion.closed_by, discussion.closing_reason = now, actor.person_id, reason.strip()
    session.add(discussion)
    after = {"discussion": discussion.id, "reason": reason.strip()}
    record(session, actor, "discussion.closed", application, now=now, after=after)


def end_discussions(session: Session, *, actor: Actor, call: OpenedCall, reason: str, now: datetime) -> int:
    """The same for every open one, but for those of which the actor is recused; gives their number. Raises InvalidInput."""
    ensure(actor, Permission.CONSENSUS_MANAGE, call.target(), kind="call", id=call.id)
    _explained(reason)
    followed = followed_discussions(session, actor=actor, call=call, now=now)
    ended = [one.reference for one in followed.lines if one.open and not one.masked]
    for reference in ended:
        end_discussion(session, actor=actor, call=call, reference=reference, reason=reason, now=now)
    return len(ended)


def resume_discussion(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, reason: str, now: datetime
) -> None:
    """Opens one again that was ended before its time; its reviewers are told anew. Raises NotFound, StateForbids (it is open, its
    time is over, a consensus follows it), InvalidInput."""
    application, discussion = _held(session, actor, call, reference)
    if discussion.closed_at is None or not in_time(call, now) or consensus_step(session, application.id) is not None:
        raise StateForbids(Permission.CONSENSUS_MANAGE, "discussion")
    _explained(reason)
    before = {"reason": discussion.closing_reason}
    discussion.closed_at = discussion.closed_by = discussion.told_at = None
    discussion.closing_reason = ""
    session.add(discussion)
    after = {"discussion": discussion.id, "reason": reason.strip()}
    record(session, actor, "discussion.resumed", application, now=now, before=before, after=after)


def _held(session: Session, actor: Actor, call: OpenedCall, reference: str) -> tuple[Application, Discussion]:
    """The dossier and its discussion, held: no mark of it changes meanwhile. Raises NotFound."""
    application_id = find_dossier(session, call.id, reference)
    _, application = dossier_of(
        session, actor=actor, permission=Permission.CONSENSUS_MANAGE, application_id=application_id
    )
    # Whoever writes holds their assignment first, then the discussion: in the same order here.
    session.exec(select(Assignment.id).where(Assignment.application_id == application_id).with_for_update()).all()
    discussion = discussion_of(session, application_id, lock=True)
    if discussion is None:
        raise NotFound("discussion", reference)
    return application, discussion


def _explained(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput({"reason": Objection("harmonising.discussion_unexplained")})
    if len(reason) > MOST_COMMENT:
        raise InvalidInput({"reason": Objection("harmonising.text_too_long", most=MOST_COMMENT)})
