"""Marking: a reviewer's draft and its submission. One review an assignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, bindparam
from sqlmodel import Session, col, select

from aap.core.scoring.marking import mark_text, read_marks, title_of
from aap.records.applications import Application, ApplicationState
from aap.records.calls import Call
from aap.records.reviews import Assignment, Confidence, Consensus, Mark, Review, ReviewState
from aap.records.specimens import Specimen, SpecimenReview, SpecimenRound
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, opened_call
from aap.services.dossier.access import not_recused
from aap.services.dossier.discussed import open_due
from aap.services.errors import (
    DeadlinePassed,
    InterestsFirst,
    InvalidInput,
    NotFound,
    Objection,
    SpecimensFirst,
    StaleVersion,
    StateForbids,
    said_by_core,
)
from aap.services.permissions import Permission, Target, ensure
from aap.services.recusals import must_declare

LONGEST_PAUSE = 300
"""Seconds between two saves that still count as work on the dossier."""

MOST_TEXT = 20_000
"""Characters of the notes and of the general comment."""


@dataclass(frozen=True)
class ReviewEntry:
    """What a reviewer typed. `version`: of the review that the page showed (0: none yet); `rubric_hash`: of its grid.

    `opened_at`: when the page was served, for the time spent. `for_service`: what only the service reads; `confidence`: how well
    they know the subject (`records.reviews.Confidence`), another word is none.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    general: str = ""
    notes: str = ""
    for_service: str = ""
    confidence: str = ""
    version: int = 0
    rubric_hash: str = ""
    opened_at: datetime | None = None


class RubricChanged(InvalidInput):
    """The grid was amended after the page was opened: nothing is taken until it has been looked at again."""

    def __init__(self) -> None:
        super().__init__({"": Objection("review.rubric_changed")})


@dataclass(frozen=True)
class ReviewedDossier:
    """An assignment with all that it stands for; `review` is None before the first save.

    `frozen`: the dossier is in a consensus step, its marks stand as they are.
    """

    call: OpenedCall
    application: Application
    assignment: Assignment
    review: Review | None
    marks: Mapping[str, Mark]
    frozen: bool = False

    @property
    def target(self) -> Target:
        return Target(
            call_id=self.call.id,
            call_state=self.call.state,
            application_state=ApplicationState(self.application.state),
            assigned=True,
            further=self.assignment.further,
        )

    @property
    def version(self) -> int:
        return self.review.version if self.review else 0

    @property
    def state(self) -> ReviewState | None:
        return ReviewState(self.review.state) if self.review else None

    def may_edit(self, now: datetime) -> bool:
        """Whether the marks can still be typed (a reopened or a further review may be after the closing)."""
        if self.frozen or self.state is ReviewState.SUBMITTED:
            return False
        return self.state is ReviewState.REOPENED or self.assignment.further or not is_late(self.call, now)


def is_late(call: OpenedCall, now: datetime) -> bool:
    """Whether the time for reviews, where the call names one, is over."""
    closes_at = call.file.reviewing.closes_at
    return closes_at is not None and now > closes_at


# Made once: a reviewer's every request asks these two.
_GIVEN = (
    select(Assignment, Application, Call, SpecimenRound.call_id)
    .join(Application, col(Assignment.application_id) == Application.id)
    .join(Call, col(Assignment.call_id) == Call.id)
    .outerjoin(SpecimenRound, col(SpecimenRound.call_id) == Call.id)
    .where(
        Assignment.application_id == bindparam("application_id"),
        Assignment.person_id == bindparam("person_id"),
        col(Assignment.removed_at).is_(None),
        not_recused(bindparam("person_id")),
    )
)
_GIVEN_LOCKED = _GIVEN.with_for_update(of=Assignment)
_REVIEWED = (
    select(Review, Mark, Consensus.id)
    .select_from(Assignment)
    .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
    .outerjoin(Mark, col(Mark.review_id) == Review.id)
    .outerjoin(Consensus, col(Consensus.application_id) == Assignment.application_id)
    .where(Assignment.id == bindparam("assignment_id"))
)


def find_given_dossier(
    session: Session, *, actor: Actor, application_id: str, permission: Permission, lock: bool = False
) -> ReviewedDossier:
    """The dossier given to this actor. Not given, taken back, recused: NotFound, as if it did not exist. Two queries.

    `lock`: the assignment's row is held until the end of the transaction (two saves at once come one after the other);
    the review is read behind it. Raises InterestsFirst and SpecimensFirst where the call's declarations or specimens come
    before its dossiers.
    """
    given = {"application_id": application_id, "person_id": actor.person_id}
    row = session.exec(_GIVEN_LOCKED if lock else _GIVEN, params=given).first()
    if row is None:
        raise NotFound("application", application_id)
    assignment, application, record_, round_of = row
    call = opened_call(session, record_)
    if permission is not Permission.RECUSAL_DECLARE:
        require_declared(session, actor, call)
        if round_of is not None:
            require_calibrated(session, actor, record_.id)
    found = session.exec(_REVIEWED, params={"assignment_id": assignment.id}).all()
    review, _, consensus = found[0]
    marks = {mark.criterion: mark for _, mark, _ in found if mark is not None}
    dossier = ReviewedDossier(call, application, assignment, review, marks, consensus is not None)
    ensure(actor, permission, dossier.target, kind="application", id=application_id)
    return dossier


def require_declared(session: Session, actor: Actor, call: OpenedCall) -> None:
    """Raises InterestsFirst where the call asks for declarations before anything opens. At most one query."""
    if call.file.reviewing.interests == "first" and must_declare(session, actor):
        raise InterestsFirst


def require_calibrated_where_open(session: Session, actor: Actor, call_id: str) -> None:
    """The same, where the call has an open round at all. At most two queries."""
    if session.get(SpecimenRound, call_id) is not None:
        require_calibrated(session, actor, call_id)


def require_calibrated(session: Session, actor: Actor, call_id: str) -> None:
    """Raises SpecimensFirst unless this reviewer marked every specimen and read every comparison. One query."""
    left = session.exec(
        select(Specimen.id)
        .outerjoin(
            SpecimenReview,
            and_(col(SpecimenReview.specimen_id) == Specimen.id, col(SpecimenReview.person_id) == actor.person_id),
        )
        .where(Specimen.call_id == call_id, col(SpecimenReview.read_at).is_(None))
        .limit(1)
    ).first()
    if left is not None:
        raise SpecimensFirst(call_id)


@dataclass(frozen=True)
class SavedReview:
    """A saved draft; `problems`: by field, what couldn't be kept."""

    review: Review
    problems: Mapping[str, Objection]


def save_review(
    session: Session, *, actor: Actor, application_id: str, entry: ReviewEntry, now: datetime
) -> SavedReview:
    """Keeps a draft. A mark that can't be read is left as it was stored, and `problems` says why.

    Raises NotFound, StateForbids (already submitted, dossier withdrawn or in consensus, call elsewhere),
    DeadlinePassed, StaleVersion (with what stands now) and RubricChanged.
    """
    dossier = find_given_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.REVIEW_MARK, lock=True
    )
    _ensure_editable(dossier, now)
    review = _store(session, actor, dossier, entry, now)
    return SavedReview(review, entry_problems(dossier.call, entry, finished=False))


def submit_review(
    session: Session, *, actor: Actor, application_id: str, entry: ReviewEntry, now: datetime
) -> SavedReview:
    """Saves and submits: every criterion marked, comments where the grid asks. The same submission twice is one.

    With `problems` it is no submission: the draft is kept, and they say why (see `entry_problems`). Raises what `save_review`
    raises.
    """
    dossier = find_given_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.REVIEW_MARK, lock=True
    )
    if dossier.review and dossier.state is ReviewState.SUBMITTED and not unsaved_entries(dossier, entry):
        return SavedReview(dossier.review, {})
    _ensure_editable(dossier, now)
    problems = entry_problems(dossier.call, entry, finished=True)
    review = _store(session, actor, dossier, entry, now)
    if problems:
        return SavedReview(review, problems)
    before = review.state
    review.state, review.submitted_at = ReviewState.SUBMITTED, now
    review.rubric_hash = current_rubric(dossier.call)
    session.add(review)
    checked = read_marks(dossier.call.file.rubric, entry.marks, entry.comments, finished=True)
    record(
        session,
        actor,
        "review.submitted",
        review,
        now=now,
        call_id=dossier.call.id,
        before={"state": before},
        after={
            "state": review.state,
            "version": review.version,
            "application": application_id,
            "marks": {name: mark_text(mark) for name, mark in checked.marks.items()},
        },
    )
    open_due(session, dossier.call, now=now, application_id=application_id)
    return SavedReview(review, {})


def entry_problems(call: OpenedCall, entry: ReviewEntry, *, finished: bool) -> dict[str, Objection]:
    """What is wrong with an entry: `marks.<criterion>`, `comments.<criterion>`, `general`, `notes`."""
    checked = read_marks(call.file.rubric, entry.marks, entry.comments, finished=finished)
    found = {f"{part}s.{criterion}": said_by_core(text) for (part, criterion), text in checked.problems.items()}
    for name, text in (("general", entry.general), ("notes", entry.notes), ("for_service", entry.for_service)):
        if len(text) > MOST_TEXT:
            found[name] = Objection("review.text_too_long", most=MOST_TEXT)
    return found


def confidence_of(entry: ReviewEntry) -> Confidence:
    """What a reviewer said of their knowledge of the subject."""
    return Confidence(entry.confidence) if entry.confidence in set(Confidence) else Confidence.UNSAID


def current_rubric(call: OpenedCall) -> str:
    """The hash of the grid that marks are given against now."""
    return call.record.rubric_hash or ""


def _ensure_editable(dossier: ReviewedDossier, now: datetime) -> None:
    if dossier.state is ReviewState.SUBMITTED:
        raise StateForbids(Permission.REVIEW_MARK, "submitted")
    if dossier.frozen:
        raise StateForbids(Permission.REVIEW_MARK, "consensus")
    if not dossier.may_edit(now):
        closes_at = dossier.call.file.reviewing.closes_at
        assert closes_at is not None
        raise DeadlinePassed(closes_at)


def ensure_current(dossier: ReviewedDossier, entry: ReviewEntry) -> None:
    """Refuses an entry typed on another version of the review, or against another grid."""
    if entry.version != dossier.version:
        found = {"differences": unsaved_entries(dossier, entry), "saved_at": _saved_at(dossier)}
        raise StaleVersion(dossier.version, found)
    if entry.rubric_hash != current_rubric(dossier.call):
        raise RubricChanged


def _saved_at(dossier: ReviewedDossier) -> datetime | None:
    return dossier.review.updated_at if dossier.review else None


def unsaved_entries(dossier: ReviewedDossier, entry: ReviewEntry) -> list[dict[str, str]]:
    """What was typed that isn't what is stored: part (mark, comment, general, notes, for_service, confidence), criterion (its
    title), mine, theirs."""
    found: list[dict[str, str]] = []

    def compare(part: str, mine: str, theirs: str, criterion: str = "") -> None:
        if mine.replace("\r\n", "\n").strip() != theirs.strip():
            found.append({"part": part, "criterion": criterion, "mine": mine, "theirs": theirs})

    for criterion in dossier.call.file.rubric.criteria:
        stored = dossier.marks.get(criterion.id)
        score = mark_text(stored.score) if stored and stored.score is not None else ""
        typed = entry.marks.get(criterion.id, "").replace(",", ".")
        title = title_of(criterion)
        compare("mark", typed, score, title)
        comment = stored.comment if stored else ""
        compare("comment", entry.comments.get(criterion.id, ""), comment, title)
    compare("general", entry.general, dossier.review.general_comment if dossier.review else "")
    compare("notes", entry.notes, dossier.review.notes if dossier.review else "")
    compare("for_service", entry.for_service, dossier.review.for_service if dossier.review else "")
    compare("confidence", confidence_of(entry), dossier.review.confidence if dossier.review else "")
    return found


def _store(session: Session, actor: Actor, dossier: ReviewedDossier, entry: ReviewEntry, now: datetime) -> Review:
    ensure_current(dossier, entry)
    review = dossier.review or Review(
        assignment_id=dossier.assignment.id,
        application_id=dossier.application.id,
        person_id=actor.person_id,
        rubric_hash=current_rubric(dossier.call),
        version=0,
        created_at=now,
        updated_at=now,
    )
    before = _values(dossier)
    review.seconds_spent += _worked(dossier.review, entry.opened_at, now)
    review.general_comment = entry.general.replace("\r\n", "\n").strip()[:MOST_TEXT]
    review.notes = entry.notes.replace("\r\n", "\n").strip()[:MOST_TEXT]
    review.for_service = entry.for_service.replace("\r\n", "\n").strip()[:MOST_TEXT]
    review.confidence = confidence_of(entry)
    review.rubric_hash = current_rubric(dossier.call)
    review.version += 1
    review.updated_at = now
    session.add(review)
    session.flush()
    checked = read_marks(dossier.call.file.rubric, entry.marks, entry.comments, finished=False)
    after: dict[str, Any] = {}
    for criterion in dossier.call.file.rubric.criteria:
        mark = dossier.marks.get(criterion.id) or Mark(review_id=review.id, criterion=criterion.id)
        if ("mark", criterion.id) not in checked.problems:
            mark.score = checked.marks.get(criterion.id)
        if ("comment", criterion.id) not in checked.problems:
            mark.comment = checked.comments[criterion.id]
        session.add(mark)
        after[criterion.id] = _mark_value(mark.score)
    if after != before:
        record(session, actor, "review.marked", review, now=now, call_id=dossier.call.id, before=before, after=after)
    return review


def _values(dossier: ReviewedDossier) -> dict[str, Any]:
    criteria = dossier.call.file.rubric.criteria
    if dossier.review is None:
        return {}
    return {
        criterion.id: _mark_value(dossier.marks[criterion.id].score if criterion.id in dossier.marks else None)
        for criterion in criteria
    }


def _mark_value(score: Decimal | None) -> str | None:
    return None if score is None else mark_text(score)


def _worked(review: Review | None, opened_at: datetime | None, now: datetime) -> int:
    """Seconds since the last save or the opening of the page, a long pause counted as none."""
    starts = [moment for moment in (review.updated_at if review else None, opened_at) if moment is not None]
    if not starts:
        return 0
    elapsed = int((now - max(starts)).total_seconds())
    return elapsed if 0 <= elapsed <= LONGEST_PAUSE else 0
