"""Marking without a connection: a workbook to fill in, taken back whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.scoring.marking import mark_text
from aap.documents.media_types import XLSX, MadeFile
from aap.documents.tables.offline_workbook import (
    OfflineBook,
    OfflineRow,
    ReadRow,
    offline_workbook,
    read_offline_workbook,
)
from aap.records.applications import Application
from aap.records.reviews import Assignment, Consensus, Mark, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import DomainError, InvalidInput, NotFound, Objection, SpecimensFirst, StateForbids
from aap.services.permissions import Permission, Target, ensure
from aap.services.review.reviewer_pages import may_mark
from aap.services.review.reviewing import (
    ReviewedDossier,
    ReviewEntry,
    current_rubric,
    entry_problems,
    find_given_dossier,
    require_calibrated_where_open,
    require_declared,
    save_review,
    submit_review,
    unsaved_entries,
)

MOST_ROWS = 2_000


@dataclass(frozen=True)
class WorkbookFault:
    """What is wrong with a cell of the workbook. `found`: what stands in it; all but `objection` empty: with the whole of it."""

    objection: Objection
    cell: str = ""
    reference: str = ""
    found: str = ""


@dataclass
class WorkbookRefused(InvalidInput):
    """Nothing of the workbook was taken: every fault, in the order of the sheet."""

    found: tuple[WorkbookFault, ...] = ()


@dataclass
class WorkbookConflicts(DomainError):
    """Some dossiers were also changed online since the download: (reference, differences with `mine`, `theirs`)."""

    found: tuple[tuple[str, tuple[Mapping[str, str], ...]], ...] = ()


@dataclass(frozen=True)
class Taken:
    """What a workbook brought: numbers of drafts saved, reviews submitted, rows left as they are online."""

    saved: int
    submitted: int
    left: int


def reviewed_call(session: Session, *, actor: Actor, call_id: str) -> OpenedCall:
    """A call that the actor reviews, once they declared and did its specimens.

    Raises NotFound, StateForbids, InterestsFirst, SpecimensFirst.
    """
    call = get_call(session, call_id)
    target = Target(call_id=call.id, call_state=call.state, assigned=True)
    ensure(actor, Permission.REVIEW_MARK, target, kind="call", id=call_id)
    require_declared(session, actor, call)
    require_calibrated_where_open(session, actor, call_id)
    return call


def _code(session: Session, actor: Actor, call_id: str) -> str:
    found = session.exec(
        select(Reviewer.code).where(Reviewer.call_id == call_id, Reviewer.person_id == actor.person_id)
    ).first()
    return found or actor.name


def reviewer_workbook(session: Session, *, actor: Actor, call_id: str, now: datetime) -> MadeFile:
    """The workbook with all that this reviewer has still to submit, filled with what is already saved. Six queries."""
    call = reviewed_call(session, actor=actor, call_id=call_id)
    rows = session.exec(
        select(Application, Review)
        .select_from(Assignment)
        .join(Application, col(Assignment.application_id) == Application.id)
        .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
        .outerjoin(Consensus, col(Consensus.application_id) == Application.id)
        .where(may_mark(actor.person_id, call_id), col(Consensus.id).is_(None))
        .order_by(col(Application.reference), col(Application.id))
    ).all()
    ids = [review.id for _, review in rows if review]
    marks: dict[str, dict[str, Mark]] = {}
    for mark in session.exec(select(Mark).where(col(Mark.review_id).in_(ids))):
        marks.setdefault(mark.review_id, {})[mark.criterion] = mark
    listed = tuple(
        _row(application, review, marks.get(review.id, {}) if review else {})
        for application, review in rows
        if review is None or review.state != ReviewState.SUBMITTED
    )
    closes_at = call.file.reviewing.closes_at
    who = _code(session, actor, call_id)
    book = OfflineBook(
        call_id=call.id,
        call_title=call.record.title,
        who=who,
        rubric=call.file.rubric,
        rubric_hash=current_rubric(call),
        rows=listed,
        last_day=paris(closes_at).date() if closes_at else None,
        comments_shared=call.file.reviewing.comments_shared,
    )
    record(
        session,
        actor,
        "review.workbook_downloaded",
        call.record,
        now=now,
        after={"dossiers": [row.reference for row in listed]},
    )
    return MadeFile(f"evaluations-{call.id}-{who}.xlsx", XLSX, offline_workbook(book))


def _row(application: Application, review: Review | None, marks: Mapping[str, Mark]) -> OfflineRow:
    return OfflineRow(
        reference=application.reference,
        title=application.title,
        version=review.version if review else 0,
        marks={name: mark_text(mark.score) for name, mark in marks.items() if mark.score is not None},
        comments={name: mark.comment for name, mark in marks.items() if mark.comment},
        general=review.general_comment if review else "",
    )


def take_workbook(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    name: str,
    content: bytes,
    choices: Mapping[str, str],
    now: datetime,
) -> Taken:
    """Takes a workbook back: all of it or, in any doubt, nothing.

    `choices`: reference → `workbook` or `online`, for dossiers changed on both sides. Raises WorkbookRefused with
    every error and its cell, WorkbookConflicts where a choice is missing, BadInput for what is no such workbook.
    """
    call = reviewed_call(session, actor=actor, call_id=call_id)
    book = read_offline_workbook(name, content, call.file.rubric)
    problems: list[WorkbookFault] = []
    if book.call_id != call.id:
        problems.append(WorkbookFault(Objection("review.workbook_of_another_call")))
    elif book.who != _code(session, actor, call_id):
        problems.append(WorkbookFault(Objection("review.workbook_of_another_reviewer")))
    elif book.rubric_hash != current_rubric(call):
        problems.append(WorkbookFault(Objection("review.workbook_before_amendment")))
    elif len(book.rows) > MOST_ROWS:
        problems.append(WorkbookFault(Objection("review.workbook_too_long")))
    if problems:
        raise WorkbookRefused(found=tuple(problems))
    ids = dict(
        session.exec(
            select(Application.reference, Application.id).where(
                Assignment.application_id == Application.id,
                Assignment.person_id == actor.person_id,
                Assignment.call_id == call_id,
                col(Assignment.removed_at).is_(None),
            )
        ).all()
    )
    conflicts: list[tuple[str, tuple[Mapping[str, str], ...]]] = []
    ready: list[tuple[ReviewedDossier, ReviewEntry, bool]] = []
    left = 0
    for one in book.rows:
        if one.unread:
            problems.append(_fault(one, "submit", Objection("review.submit_unread")))
        if not one.changed or choices.get(one.row.reference) == "online":
            left += 1
            continue
        checked = _checked(session, actor, one, ids, book.rubric_hash, now)
        if isinstance(checked, list):
            problems += checked
            continue
        dossier, entry = checked
        differing = unsaved_entries(dossier, entry)
        if not differing and not one.row.submit:
            left += 1
            continue
        if one.row.version != dossier.version and differing and choices.get(one.row.reference) != "workbook":
            conflicts.append((one.row.reference, tuple(differing)))
            continue
        ready.append((dossier, entry, one.row.submit))
    if problems:
        raise WorkbookRefused(found=tuple(problems))
    if conflicts:
        raise WorkbookConflicts(tuple(conflicts))
    submitted = 0
    for dossier, entry, submit in ready:
        work = submit_review if submit else save_review
        work(session, actor=actor, application_id=dossier.application.id, entry=entry, now=now)
        submitted += submit
    record(
        session,
        actor,
        "review.workbook_taken",
        call.record,
        now=now,
        after={"saved": len(ready) - submitted, "submitted": submitted, "left": left},
    )
    return Taken(len(ready) - submitted, submitted, left)


def _checked(
    session: Session, actor: Actor, one: ReadRow, ids: Mapping[str, str], rubric_hash: str, now: datetime
) -> tuple[ReviewedDossier, ReviewEntry] | list[WorkbookFault]:
    """The dossier of a row with the entry that the row stands for, or what is wrong with the row, cell by cell."""

    def refused(objection: Objection) -> list[WorkbookFault]:
        return [_fault(one, "reference", objection)]

    try:
        dossier = find_given_dossier(
            session, actor=actor, application_id=ids.get(one.row.reference, ""), permission=Permission.REVIEW_MARK,
            lock=True,
        )  # fmt: skip
    except (NotFound, SpecimensFirst):
        return refused(Objection("review.dossier_not_given", reference=one.row.reference))
    except StateForbids:
        return refused(Objection("review.dossier_over", reference=one.row.reference))
    entry = ReviewEntry(
        marks=one.row.marks,
        comments=one.row.comments,
        general=one.row.general,
        notes=dossier.review.notes if dossier.review else "",
        for_service=dossier.review.for_service if dossier.review else "",
        confidence=dossier.review.confidence if dossier.review else "",
        version=dossier.version,
        rubric_hash=rubric_hash,
    )
    if dossier.state is ReviewState.SUBMITTED:
        if not unsaved_entries(dossier, entry):
            return dossier, entry
        return refused(Objection("review.submitted_already", reference=one.row.reference))
    if dossier.frozen:
        return refused(Objection("review.in_consensus", reference=one.row.reference))
    if not dossier.may_edit(now):
        return refused(Objection("review.too_late", reference=one.row.reference))
    found = entry_problems(dossier.call, entry, finished=one.row.submit)
    return [_fault(one, name, objection) for name, objection in found.items()] or (dossier, entry)


def _fault(one: ReadRow, field: str, objection: Objection) -> WorkbookFault:
    return WorkbookFault(objection, one.cells[field], one.row.reference, one.found(field))
