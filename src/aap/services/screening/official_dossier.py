"""One dossier as an official reads it: answers, files, history, messages, reviews and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from aap.core.answers.conditions import visible_sections
from aap.core.answers.eligibility import Eligibility
from aap.core.answers.readable import read_section
from aap.core.questions.base.in_words import SectionReading
from aap.documents.media_types import SHOWN_INLINE
from aap.records.applications import Application, CompletionRequest, Document, Message, SectionAnswers, Submission
from aap.records.associations import Association
from aap.records.audit import AuditLine, AuditValues
from aap.records.people import Person
from aap.records.rankings import Contest, Decision, JuryDecision, JuryDecisionKind
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.records.territories import territories
from aap.services.actor import SYSTEM, SYSTEM_ID, Actor, person_name
from aap.services.association.associations import with_the_same_iban
from aap.services.association.register_answers import Registered, registered
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of
from aap.services.dossier.counted import set_aside_of
from aap.services.dossier.discussed import Post, ReviewChange, changes_of, discussion_of, independent_marks, posts_of
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.dossier.facts import region_name
from aap.services.errors import NotFound
from aap.services.permissions import Permission, allowed

READ = "dossier.read"
"""What a line says of who read a dossier; they stand in its history (`dossier_history`)."""


@dataclass(frozen=True)
class HistoryLine:
    """One line of the log: when, what, who (empty: the association's or a command's), the values after."""

    at: datetime
    action: str
    person: str
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReviewLine:
    """One review: who, how far, and the marks once they may be seen. `marks`: criterion → mark, comment.

    `for_service` is told as soon as the review is submitted, it is what the service has to know; but not to an official who
    has yet to mark the dossier, while marks are closed.
    """

    code: str
    name: str
    state: str
    submitted_at: datetime | None
    general_comment: str
    marks: Mapping[str, tuple[Decimal | None, str]] = field(default_factory=dict)
    set_aside: bool = False
    confidence: str = ""
    for_service: str = ""
    independent: Mapping[str, Decimal] = field(default_factory=dict)  # before the discussion, where it changed after it


@dataclass(frozen=True)
class MessageLine:
    """A message beside the dossier; `read_at`: by the other side."""

    from_service: bool
    author: str
    body: str
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class ContestLine:
    """An appeal against a decision on the dossier: who wrote or recorded it, what and when. `number`: of the call's."""

    id: str
    number: int
    person: str
    body: str
    at: datetime


@dataclass(frozen=True)
class FileLine:
    """A file of the dossier, as ui/answer.html shows it: `url` is set by the page."""

    id: str
    question: str
    name: str
    size: int
    note: str
    sha256: str
    content_type: str
    url: str = ""

    @property
    def inline(self) -> bool:
        """Whether a browser may show it in a page: never what could carry a script."""
        return self.content_type in SHOWN_INLINE


@dataclass(frozen=True)
class InspectedDossier:
    """Everything an official may read of one dossier."""

    call: OpenedCall
    application: Application
    association: Association
    region: str
    answers: Mapping[str, Any]
    eligibility: Eligibility
    files: tuple[FileLine, ...]
    submissions: tuple[Submission, ...]
    history: tuple[HistoryLine, ...]
    messages: tuple[MessageLine, ...]
    completions: tuple[CompletionRequest, ...]
    reviews: tuple[ReviewLine, ...]
    decided: tuple[JuryDecision, ...]  # by the jury and by the authority, but for agreed marks
    contests: tuple[ContestLine, ...]
    screened_by: str
    registered: Registered  # what the public registers said of the association's SIRET
    same_iban: tuple[str, ...] = ()  # other associations that gave the same one
    posts: tuple[Post, ...] = ()  # of the reviewers' discussion, with `changes` once marks may be read
    changes: tuple[ReviewChange, ...] = ()

    def readings(self, files: Mapping[str, Sequence[FileLine]]) -> tuple[SectionReading, ...]:
        """The sections that are shown, with the answers in words. `files`: by question, with their addresses."""
        form = self.call.file.form
        return tuple(
            read_section(section, self.answers, territories(), files=files)
            for section in visible_sections(form, self.answers)
        )


def inspect_dossier(session: Session, *, actor: Actor, application_id: str) -> InspectedDossier:
    """A submitted dossier, whole. Raises NotFound, also for who is recused.

    About fifteen queries, whatever it holds, and at most three of its reviewers' discussion.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    association = session.get_one(Association, application.association_id)
    found = session.exec(select(SectionAnswers).where(SectionAnswers.application_id == application_id))
    sections = {section.section: section for section in found}
    opened = OpenedDossier(call, application, association, sections)
    marks_open = allowed(actor, Permission.MARKS_READ, call.target())
    discussion = discussion_of(session, application_id) if marks_open else None
    changes = changes_of(session, call.id, application_id=application_id) if discussion else ()
    return InspectedDossier(
        call=call,
        application=application,
        association=association,
        region=region_name(association.department),
        answers=opened.answers,
        eligibility=opened.eligibility,
        files=_files(session, opened),
        submissions=tuple(
            session.exec(
                select(Submission).where(Submission.application_id == application_id).order_by(col(Submission.ordinal))
            )
        ),
        history=_history(session, application_id),
        messages=_messages(session, application_id),
        completions=tuple(
            session.exec(
                select(CompletionRequest)
                .where(CompletionRequest.application_id == application_id)
                .order_by(col(CompletionRequest.created_at), col(CompletionRequest.id))
            )
        ),
        reviews=_reviews(session, actor, call, application_id, independent_marks(changes)),
        decided=tuple(
            session.exec(
                select(JuryDecision)
                .where(
                    JuryDecision.application_id == application_id,
                    JuryDecision.decision != JuryDecisionKind.CONSENSUS,
                )
                .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
            )
        ),
        contests=_contests(session, application_id),
        screened_by=person_name(session, application.screened_by),
        same_iban=with_the_same_iban(session, association),
        posts=posts_of(session, discussion.id) if discussion else (),
        changes=changes,
        registered=registered(session, association.siret),
    )


def _contests(session: Session, application_id: str) -> tuple[ContestLine, ...]:
    found = session.exec(
        select(Contest, Person.name)
        .join(Decision, col(Decision.id) == col(Contest.decision_id))
        .join(Person, col(Person.id) == col(Contest.person_id), isouter=True)
        .where(Decision.application_id == application_id)
        .order_by(col(Contest.created_at), col(Contest.id))
    )
    return tuple(
        ContestLine(contest.id, contest.number or 0, name or "", contest.body, contest.created_at)
        for contest, name in found
    )


def _files(session: Session, dossier: OpenedDossier) -> tuple[FileLine, ...]:
    """But for those of questions that the dossier doesn't show."""
    hidden = {question.id for section in dossier.call.file.form.sections for question in section.questions}
    hidden -= dossier.asked
    found = session.exec(
        select(Document)
        .where(Document.application_id == dossier.id, col(Document.removed_at).is_(None))
        .order_by(col(Document.uploaded_at), col(Document.id))
    )
    return tuple(
        FileLine(
            id=document.id,
            question=document.question,
            name=document.name,
            size=document.size,
            note=str(document.year) if document.year else "",
            sha256=document.sha256,
            content_type=document.content_type,
        )
        for document in found
        if document.question not in hidden
    )


def _history(session: Session, application_id: str) -> tuple[HistoryLine, ...]:
    found = session.exec(
        select(AuditLine, Person.name, AuditValues.content)
        .join(Person, col(Person.id) == col(AuditLine.actor_id), isouter=True)
        .join(AuditValues, col(AuditValues.sequence) == col(AuditLine.sequence), isouter=True)
        .where(
            AuditLine.object_kind == "application",
            AuditLine.object_id == application_id,
            col(AuditLine.action).not_in((READ, "document.read")),
        )
        .order_by(col(AuditLine.sequence).desc())
        .limit(200)
    )
    return tuple(
        HistoryLine(line.at, line.action, name or by_system(line), (content or {}).get("after", {}))
        for line, name, content in found
    )


def by_system(line: AuditLine) -> str:
    """The system's name where it did what the line says."""
    return SYSTEM.name if line.actor_id == SYSTEM_ID else ""


def _messages(session: Session, application_id: str) -> tuple[MessageLine, ...]:
    found = session.exec(
        select(Message, Person.name)
        .join(Person, col(Person.id) == col(Message.author_id), isouter=True)
        .where(Message.application_id == application_id)
        .order_by(col(Message.created_at), col(Message.id))
    )
    return tuple(
        MessageLine(message.from_service, name or "", message.body, message.created_at, message.read_at)
        for message, name in found
    )


def _reviews(
    session: Session,
    actor: Actor,
    call: OpenedCall,
    application_id: str,
    independent: Mapping[tuple[str, str], Mapping[str, Decimal]],
) -> tuple[ReviewLine, ...]:
    found = session.exec(
        select(Assignment, Reviewer.code, Person.name, Review)
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .join(
            Reviewer,
            (col(Reviewer.person_id) == col(Assignment.person_id)) & (col(Reviewer.call_id) == col(Assignment.call_id)),
            isouter=True,
        )
        .join(Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(Assignment.application_id == application_id, col(Assignment.removed_at).is_(None))
        .order_by(col(Reviewer.code), col(Assignment.id))
    ).all()
    aside = {
        one.person_id
        for one in set_aside_of(session, call.id)
        if one.confirmed_at is not None and one.application_id in (None, application_id)
    }
    marks: dict[str, dict[str, tuple[Decimal | None, str]]] = {}
    marks_open = allowed(actor, Permission.MARKS_READ, call.target())
    if marks_open:
        shown = [review.id for _, _, _, review in found if review and review.state == ReviewState.SUBMITTED]
        for mark in session.exec(select(Mark).where(col(Mark.review_id).in_(shown))):
            marks.setdefault(mark.review_id, {})[mark.criterion] = (mark.score, mark.comment)
    submitted = {
        held.person_id: review is not None and review.state == ReviewState.SUBMITTED for held, _, _, review in found
    }
    words_open = marks_open or submitted.get(actor.person_id, True)
    return tuple(
        ReviewLine(
            code=code or "",
            name=name,
            state=str(review.state) if review else "",
            submitted_at=review.submitted_at if review else None,
            general_comment=review.general_comment if review and review.id in marks else "",
            marks=marks.get(review.id, {}) if review else {},
            set_aside=held.person_id in aside,
            confidence=review.confidence if review and review.id in marks else "",
            for_service=review.for_service if review and submitted[held.person_id] and words_open else "",
            independent=independent.get((application_id, held.person_id), {}),
        )
        for held, code, name, review in found
    )


@dataclass(frozen=True)
class OpenedFile:
    """A document to hand out."""

    name: str
    content_type: str
    sha256: str


def open_document(
    session: Session, *, actor: Actor, application_id: str, document_id: str, now: datetime
) -> OpenedFile:
    """A file of a dossier, for an official; the download is logged. Raises NotFound."""
    call, _application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    document = session.get(Document, document_id)
    if document is None or document.application_id != application_id or document.removed_at is not None:
        raise NotFound("document", document_id)
    record(
        session,
        actor,
        "document.downloaded",
        Subject("application", application_id, call.id),
        now=now,
        after={"name": document.name, "sha256": document.sha256},
    )
    return OpenedFile(document.name, document.content_type, document.sha256)
