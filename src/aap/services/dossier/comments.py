"""Comments between the co-authors of a dossier, beside its questions: written, answered, settled, taken back.

They are the association's own: no deposit, paper, export or page of anybody else reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from aap.core.french import spaced
from aap.documents.mail_texts import Mail
from aap.records.coauthors import QuestionComment
from aap.records.people import Membership, Person
from aap.services.account.reminders_and_channels import COMMENTS, wants
from aap.services.actor import Actor
from aap.services.association.mails import WRITERS, tell_association
from aap.services.audit import record
from aap.services.digests import forget_waiting
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.page_links import Links
from aap.services.permissions import Permission

LONGEST_COMMENT = 2_000
MOST_COMMENTS = 500
"""In a dossier."""
_AGAIN = timedelta(minutes=1)
"""The same text of the same person within it is a double click."""


@dataclass(frozen=True)
class Comment:
    """`removed`: taken back by its author, after others had answered; its body is empty."""

    id: str
    author: str
    author_id: str
    body: str
    at: datetime
    removed: bool


@dataclass(frozen=True)
class CommentThread:
    """`settled_at`: nothing is left to do; `settled_by` says who found so."""

    first: Comment
    answers: tuple[Comment, ...]
    settled_at: datetime | None
    settled_by: str

    @property
    def id(self) -> str:
        return self.first.id


def has_colleagues(session: Session, association_id: str) -> bool:
    """Whether more than one person works for the association: who is alone has nobody to leave a comment to."""
    found = select(Membership.person_id).where(Membership.association_id == association_id).limit(2)
    return len(session.exec(found).all()) > 1


def comments_beside(session: Session, application_id: str, section: str) -> dict[str, tuple[CommentThread, ...]]:
    """Question → its threads, those to settle first, each in the order of writing. For who has opened the dossier. One query."""
    settler = aliased(Person)
    rows = session.exec(
        select(QuestionComment, Person.name, settler.name)
        .join(Person, col(Person.id) == col(QuestionComment.author_id))
        .join(settler, col(settler.id) == col(QuestionComment.settled_by), isouter=True)
        .where(QuestionComment.application_id == application_id, QuestionComment.section == section)
        .order_by(col(QuestionComment.created_at), col(QuestionComment.id))
    ).all()
    answers: dict[str, list[Comment]] = {}
    for row, author, _settler in rows:
        if row.answers_id:
            answers.setdefault(row.answers_id, []).append(_comment(row, author))
    found: dict[str, list[CommentThread]] = {}
    for row, author, settled_by in rows:
        if not row.answers_id:
            thread = CommentThread(
                _comment(row, author), tuple(answers.get(row.id, ())), row.settled_at, settled_by or ""
            )
            found.setdefault(row.question, []).append(thread)
    return {
        question: tuple(sorted(threads, key=lambda one: one.settled_at is not None))
        for question, threads in found.items()
    }


def _comment(row: QuestionComment, author: str) -> Comment:
    return Comment(row.id, author, row.author_id, row.body, row.created_at, row.removed_at is not None)


@dataclass(frozen=True)
class CountedComments:
    """Of a section: its threads, and those to settle."""

    threads: int
    open: int


def count_comments(session: Session, application_id: str) -> Mapping[str, CountedComments]:
    """Section → how many. One query."""
    first = (QuestionComment.application_id == application_id, col(QuestionComment.answers_id).is_(None))
    open_ones = func.count().filter(col(QuestionComment.settled_at).is_(None))
    rows = session.exec(
        select(QuestionComment.section, func.count(), open_ones).where(*first).group_by(col(QuestionComment.section))
    )
    return {section: CountedComments(threads, to_settle) for section, threads, to_settle in rows}


def write_comment(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    question_id: str,
    body: str,
    links: Links,
    now: datetime,
    answers_id: str = "",
) -> QuestionComment:
    """A comment beside a question, or an answer to one (`answers_id`), which is then to be settled again.

    Told by mail to the other people who write for the association, and to who takes part in the thread, where they want it.
    Raises NotFound, InvalidInput (an empty or too long one, too many in the dossier).
    """
    dossier = _opened(session, actor, application_id, lock=True)
    section = next(
        (one for one in dossier.call.file.form.sections if any(q.id == question_id for q in one.questions)), None
    )
    if section is None:
        raise NotFound("question", question_id)
    first = _of(session, application_id, answers_id) if answers_id else None
    if first is not None and (first.answers_id is not None or first.question != question_id):
        raise NotFound("comment", answers_id)
    text = body.strip()
    if not text or len(text) > LONGEST_COMMENT:
        raise InvalidInput({"body": Objection("dossier.comment_length", most=LONGEST_COMMENT)})
    comment = QuestionComment(
        application_id=application_id,
        section=section.id,
        question=question_id,
        answers_id=first.id if first else None,
        author_id=actor.person_id,
        body=text,
        created_at=now,
    )
    if (said := _said_just_now(session, comment)) is not None:
        return said
    known = select(func.count()).where(QuestionComment.application_id == application_id)
    if session.exec(known).one() >= MOST_COMMENTS:
        raise InvalidInput({"body": Objection("dossier.comments_full", most=MOST_COMMENTS)})
    session.add(comment)
    if first is not None:
        first.settled_at = first.settled_by = None
        session.add(first)
    session.flush()
    record(
        session, actor, "comment.written", dossier.application, now=now,
        after={"comment": comment.id, "question": question_id},
    )  # fmt: skip
    question = next(one for one in section.questions if one.id == question_id)
    tell_association(
        session, dossier.call, dossier.application, Mail.COMMENT, now=now, key=f"comment:{comment.id}",
        link=links.section(application_id, section.id), to=_readers(session, dossier, comment),
        values={"author": actor.name, "body": text, "question": spaced(question.label), "account": links.account()},
    )  # fmt: skip
    return comment


def _said_just_now(session: Session, comment: QuestionComment) -> QuestionComment | None:
    return session.exec(
        select(QuestionComment)
        .where(
            QuestionComment.application_id == comment.application_id,
            QuestionComment.question == comment.question,
            QuestionComment.author_id == comment.author_id,
            QuestionComment.body == comment.body,
            col(QuestionComment.answers_id).is_not_distinct_from(comment.answers_id),
            col(QuestionComment.created_at) > comment.created_at - _AGAIN,
        )
        .limit(1)
    ).first()


def _readers(session: Session, dossier: OpenedDossier, comment: QuestionComment) -> list[str]:
    thread = comment.answers_id or comment.id
    taking_part = select(QuestionComment.author_id).where(
        or_(QuestionComment.id == thread, QuestionComment.answers_id == thread)
    )
    found = session.exec(
        select(Person.email)
        .where(
            Membership.person_id == Person.id,
            Membership.association_id == dossier.association.id,
            or_(col(Membership.role).in_(WRITERS), col(Person.id).in_(taking_part)),
            Person.id != comment.author_id,
            col(Person.active).is_(True),
            wants(COMMENTS),
        )
        .order_by(col(Person.email))
    )
    return list(found)


def settle_comment(
    session: Session, *, actor: Actor, application_id: str, comment_id: str, settled: bool, now: datetime
) -> QuestionComment:
    """Nothing is left to do about a thread, or there is again. Said twice, it is done once. Raises NotFound."""
    dossier = _opened(session, actor, application_id, lock=True)
    first = _of(session, application_id, comment_id)
    if first.answers_id is not None:
        raise NotFound("comment", comment_id)
    if (first.settled_at is not None) == settled:
        return first
    first.settled_at, first.settled_by = (now, actor.person_id) if settled else (None, None)
    session.add(first)
    action = "comment.settled" if settled else "comment.reopened"
    record(session, actor, action, dossier.application, now=now, after={"comment": first.id})
    return first


def remove_comment(session: Session, *, actor: Actor, application_id: str, comment_id: str, now: datetime) -> str:
    """Takes one's own comment back; gives its question. Where others have answered it, its place stays, empty. Who was to read
    of it in the mail of the day doesn't.

    Raises NotFound, also for somebody else's.
    """
    dossier = _opened(session, actor, application_id, lock=True)
    comment = _of(session, application_id, comment_id)
    if comment.author_id != actor.person_id or comment.removed_at is not None:
        raise NotFound("comment", comment_id)
    first = _of(session, application_id, comment.answers_id) if comment.answers_id else None
    if _has_answers(session, comment.id):
        comment.body, comment.removed_at = "", now
        session.add(comment)
    else:
        session.delete(comment)
    session.flush()
    if first is not None and first.removed_at is not None and not _has_answers(session, first.id):
        session.delete(first)
    forget_waiting(session, f"comment:{comment_id}")
    record(session, actor, "comment.removed", dossier.application, now=now, after={"comment": comment_id})
    return comment.question


def _opened(session: Session, actor: Actor, application_id: str, *, lock: bool) -> OpenedDossier:
    return open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_COMMENT, lock=lock,
        files=False,
    )  # fmt: skip


def _of(session: Session, application_id: str, comment_id: str) -> QuestionComment:
    found = session.get(QuestionComment, comment_id)
    if found is None or found.application_id != application_id:
        raise NotFound("comment", comment_id)
    return found


def _has_answers(session: Session, comment_id: str) -> bool:
    answered = select(QuestionComment.id).where(QuestionComment.answers_id == comment_id).limit(1)
    return session.exec(answered).first() is not None
