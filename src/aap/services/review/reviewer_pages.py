"""What the reviewer's pages show: the list of dossiers, one dossier beside its grid, the next one in need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, select

from aap.core.answers.conditions import visible_sections
from aap.core.answers.readable import read_section
from aap.core.call.attribute_names import theme_titles
from aap.core.questions.base.in_words import SectionReading
from aap.records.applications import GIVEN_TO_REVIEWERS, Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import Call, CallState
from aap.records.discussions import Discussion
from aap.records.people import Role
from aap.records.reviews import Assignment, Review, ReviewState
from aap.records.territories import territories
from aap.services.actor import EVERY_CALL, Actor
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.dossier.access import not_recused
from aap.services.dossier.dossiers import counting_answers
from aap.services.permissions import Permission, Target, allowed, ensure
from aap.services.review.given_files import DossierFile, dossier_files
from aap.services.review.others import OtherReview, discussion_for, shown_others, under_discussion
from aap.services.review.reviewing import ReviewedDossier, find_given_dossier, is_late
from aap.services.review.specimen_marking import round_progress


def may_mark(person_id: str, call_id: Any) -> ColumnElement[bool]:
    """SQL condition on an assignment and its application: given to the reviewer, who isn't recused, and to be marked."""
    return and_(
        col(Assignment.person_id) == person_id,
        col(Assignment.call_id) == call_id,
        col(Assignment.removed_at).is_(None),
        col(Application.state).in_(GIVEN_TO_REVIEWERS),
        not_recused(person_id),
    )


@dataclass(frozen=True)
class ListedDossier:
    """A line of the reviewer's list. `association` is empty in a blind call; `state`: todo, draft, submitted, reopened,
    or closed (withdrawn, ineligible). `further`: asked for because the others' reviews are doubtful. `discussed`: its reviewers
    discuss it now, this one among them."""

    application_id: str
    reference: str
    title: str
    association: str
    place: str
    theme: str
    state: str
    updated_at: datetime | None
    submitted_at: datetime | None
    minutes: int | None
    further: bool = False
    discussed: bool = False


@dataclass(frozen=True)
class ReviewerCall:
    """A call with the reviewer's dossiers in it. `specimens`: (done, all) of its round of specimens, None without one."""

    call: OpenedCall
    dossiers: tuple[ListedDossier, ...]
    late: bool
    specimens: tuple[int, int] | None = None

    @property
    def specimens_done(self) -> bool:
        """Whether the dossiers are open: no round, or every specimen done."""
        return self.specimens is None or self.specimens[0] == self.specimens[1]

    @property
    def to_mark(self) -> int:
        return sum(one.state != "closed" for one in self.dossiers)

    @property
    def submitted(self) -> int:
        return sum(one.state == "submitted" for one in self.dossiers)

    @property
    def discussed(self) -> tuple[ListedDossier, ...]:
        return tuple(one for one in self.dossiers if one.discussed)

    @property
    def asked_again(self) -> bool:
        """Whether a further review is still to be submitted while the call deliberates."""
        return self.call.state is CallState.DELIBERATING and any(
            one.further and one.state not in ("submitted", "closed") for one in self.dossiers
        )

    @property
    def average_minutes(self) -> int | None:
        """Mean minutes of the submitted reviews whose time is known."""
        known = [one.minutes for one in self.dossiers if one.state == "submitted" and one.minutes]
        return round(sum(known) / len(known)) if known else None

    @property
    def minutes_left(self) -> int | None:
        """Expected minutes for what remains, at this reviewer's own pace."""
        pace = self.average_minutes
        return None if pace is None else pace * (self.to_mark - self.submitted)


_SHOWN_CALLS = frozenset(CallState) - {CallState.DRAFT, CallState.OPEN, CallState.CLOSED}


def reviewer_calls(session: Session, *, actor: Actor, now: datetime) -> tuple[ReviewerCall, ...]:
    """The calls that the actor reviews, with their dossiers, whatever their number. Three queries,
    one more where dossiers are discussed."""
    held = actor.roles.get(Role.REVIEWER, frozenset())
    rounds = round_progress(session, actor)
    calls = [
        call
        for call in list_calls(session, _SHOWN_CALLS | {CallState.CLOSED})
        if held & {EVERY_CALL, call.id}
        and (call.state is not CallState.CLOSED or call.id in rounds or call.file.reviewing.preferences)
    ]
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Application.call_id, Application.id, Application.reference, Application.title, Application.theme,
            Application.state, Association.name, Association.commune_name, Review.state, Review.updated_at,
            Review.submitted_at, Review.seconds_spent, Assignment.further,
        )
        .select_from(Assignment)
        .join(Application, col(Assignment.application_id) == Application.id)
        .join(Association, col(Application.association_id) == Association.id)
        .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
        .where(
            Assignment.person_id == actor.person_id,
            col(Assignment.removed_at).is_(None),
            col(Assignment.call_id).in_([call.id for call in calls]),
            col(Application.state) != ApplicationState.DRAFT,
            not_recused(actor.person_id),
        )
        .order_by(col(Application.reference), col(Application.id))
    ).all()  # fmt: skip
    discussed = under_discussion(session, actor, calls, now)
    found, to_do = [], (CallState.REVIEWING, CallState.CLOSED)
    for call in calls:
        themes = theme_titles(call.file)
        blind = call.file.reviewing.blind
        listed = tuple(_listed(row[1:], themes, blind, discussed) for row in rows if row[0] == call.id)
        if listed or call.state in to_do or call.id in rounds:
            found.append(ReviewerCall(call, listed, is_late(call, now), rounds.get(call.id)))
    # What is to be done now comes first; the calls come in the order of their closing.
    return tuple(sorted(found, key=lambda one: not (one.call.state in to_do or one.asked_again)))


def _listed(row: Any, themes: Mapping[str, str], blind: bool, discussed: frozenset[str]) -> ListedDossier:
    (
        application_id,
        reference,
        title,
        theme,
        at,
        association,
        place,
        state,
        updated_at,
        submitted_at,
        seconds,
        further,
    ) = row
    state = state or "todo"
    if at not in GIVEN_TO_REVIEWERS and state != "submitted":
        state = "closed"
    return ListedDossier(
        application_id=application_id,
        reference=reference,
        title=title,
        association="" if blind else association,
        place="" if blind else place,
        theme=themes.get(theme, theme),
        state=state,
        updated_at=updated_at,
        submitted_at=submitted_at,
        minutes=round(seconds / 60) if seconds else None,
        further=further,
        discussed=application_id in discussed,
    )


def next_dossier(session: Session, *, actor: Actor, call_id: str, after: str = "") -> str | None:
    """The dossier most in need among those that the actor still has to mark: the fewest submitted reviews, then the
    reference. `after`: the one that was just left. One query."""
    ensure(actor, Permission.REVIEW_HOME, Target(call_id=call_id), kind="call", id=call_id)
    return _most_in_need(session, actor.person_id, call_id, after=after)


def _most_in_need(session: Session, person_id: str, call_id: Any, *, after: str) -> str | None:
    """`call_id`: the call's, or a query that gives it."""
    submitted = (
        select(func.count(col(Review.id)))
        .join(Assignment, col(Review.assignment_id) == Assignment.id)
        .where(
            Review.application_id == Application.id,
            Review.state == ReviewState.SUBMITTED,
            col(Assignment.removed_at).is_(None),
        )
        .correlate(Application)
        .scalar_subquery()
    )
    rows = session.exec(
        select(Application.id)
        .join(Assignment, col(Assignment.application_id) == Application.id)
        .join(Call, col(Call.id) == Assignment.call_id)
        .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
        .where(
            may_mark(person_id, call_id),
            or_(
                col(Call.state) == CallState.REVIEWING,
                and_(col(Call.state) == CallState.DELIBERATING, col(Assignment.further)),
            ),
            func.coalesce(Review.state, "") != ReviewState.SUBMITTED,
        )
        .order_by(submitted, col(Application.reference), col(Application.id))
    ).all()
    return next((found for found in rows if found != after), None)


def dossier_after(session: Session, *, actor: Actor, application_id: str) -> str | None:
    """The one to go on with (see `next_dossier`) for who leaves this one, of the call in which it was given to them. One
    query."""
    given = (
        select(Assignment.call_id)
        .where(Assignment.application_id == application_id, Assignment.person_id == actor.person_id)
        .limit(1)
        .scalar_subquery()
    )
    return _most_in_need(session, actor.person_id, given, after=application_id)


@dataclass(frozen=True)
class ReviewingPage:
    """One dossier beside its grid. `others` is None while they are hidden; `average_minutes`: of one's own submitted
    reviews whose time is known."""

    dossier: ReviewedDossier
    association: Association | None
    sections: tuple[SectionReading, ...]
    files: tuple[DossierFile, ...]
    others: tuple[OtherReview, ...] | None
    done: int
    total: int
    average_minutes: int | None
    editable: bool
    discussion: Discussion | None = None

    @property
    def minutes_left(self) -> int | None:
        """Expected minutes for what remains, at this reviewer's own pace."""
        return None if self.average_minutes is None else self.average_minutes * (self.total - self.done)


def open_given_dossier(
    session: Session, *, actor: Actor, application_id: str, now: datetime, link: Any
) -> ReviewingPage:
    """What the reviewing page shows. `link(file)` gives a file's address. At most fourteen queries."""
    dossier = find_given_dossier(session, actor=actor, application_id=application_id, permission=Permission.REVIEW_READ)
    blind = dossier.call.file.reviewing.blind
    association = session.get(Association, dossier.application.association_id)
    answers = counting_answers(session, dossier.call, application_id)
    files = dossier_files(session, dossier, answers)
    shown: dict[str, list[Any]] = {}
    for file in files:
        shown.setdefault(file.question, []).append(link(file))
    sections = tuple(
        read_section(section, answers, territories(), files=shown, blind=blind)
        for section in visible_sections(dossier.call.file.form, answers)
    )
    done, total, minutes = _progress(session, actor, dossier.call.id)
    return ReviewingPage(
        dossier=dossier,
        association=None if blind else association,
        sections=tuple(section for section in sections if section.answers),
        files=files,
        others=shown_others(session, actor, dossier, now),
        done=done,
        total=total,
        average_minutes=minutes,
        editable=_editable(actor, dossier, now),
        discussion=discussion_for(session, actor, dossier),
    )


def _editable(actor: Actor, dossier: ReviewedDossier, now: datetime) -> bool:
    return allowed(actor, Permission.REVIEW_MARK, dossier.target) and dossier.may_edit(now)


_SUBMITTED = col(Review.state) == ReviewState.SUBMITTED
_TIMED = _SUBMITTED & (col(Review.seconds_spent) > 0)
_PROGRESS = (
    select(
        func.count(), func.sum(case((_SUBMITTED, 1), else_=0)), func.sum(case((_TIMED, 1), else_=0)),
        func.sum(case((_TIMED, Review.seconds_spent), else_=0)),
    )
    .select_from(Assignment)
    .join(Application, col(Assignment.application_id) == Application.id)
    .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
    .where(
        Assignment.person_id == bindparam("person_id"),
        Assignment.call_id == bindparam("call_id"),
        col(Assignment.removed_at).is_(None),
        (col(Application.state).in_(GIVEN_TO_REVIEWERS)) | _SUBMITTED,
        not_recused(bindparam("person_id")),
    )
)  # fmt: skip


def _progress(session: Session, actor: Actor, call_id: str) -> tuple[int, int, int | None]:
    """Submitted, all, mean minutes."""
    row = session.exec(_PROGRESS, params={"person_id": actor.person_id, "call_id": call_id}).one()
    count, done, known, seconds = (int(value or 0) for value in row)
    return done, count, round(seconds / known / 60) if known else None
