"""A dossier's files as its reviewer may know them: in a blind call without what names the association."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sqlmodel import Session, col, select

from aap.core.answers.conditions import shown_questions
from aap.core.values import Answers
from aap.documents.incoming.incoming_file import TakenFile
from aap.documents.incoming.taking import blind_copy
from aap.documents.media_types import SHOWN_INLINE
from aap.records.applications import Document
from aap.services.actor import Actor
from aap.services.dossier.dossiers import counting_answers
from aap.services.errors import NotFound
from aap.services.file_store import FileStore
from aap.services.permissions import Permission
from aap.services.review.reviewing import ReviewedDossier, find_given_dossier

BLIND = "blind-1"
"""Where blind copies lie in the store, with the edition of how they are made."""


@dataclass(frozen=True)
class DossierFile:
    """A file as a reviewer may know it: in a blind call its name is the question's."""

    id: str
    question: str
    name: str
    size: int
    content_type: str

    @property
    def inline(self) -> bool:
        return self.content_type in SHOWN_INLINE


def dossier_files(session: Session, dossier: ReviewedDossier, answers: Answers) -> tuple[DossierFile, ...]:
    """The dossier's files that its reviewer may open: in a blind call neither identifying ones nor real names.

    `answers`: the dossier's, which say which questions it shows.
    """
    questions = {question.id: question for question in shown_questions(dossier.call.file.form, answers)}
    questions |= {inner.id: inner for question in tuple(questions.values()) for inner in question.inner()}
    blind = dossier.call.file.reviewing.blind
    stored = session.exec(
        select(Document)
        .where(Document.application_id == dossier.application.id, col(Document.removed_at).is_(None))
        .order_by(col(Document.question), col(Document.uploaded_at), col(Document.id))
    )
    found: list[DossierFile] = []
    counts: dict[str, int] = {}
    for document in stored:
        question = questions.get(document.question)
        if question is None or (blind and question.identifying):
            continue
        counts[question.id] = counts.get(question.id, 0) + 1
        ending = document.name.rpartition(".")[2].lower() if "." in document.name else ""
        name = document.name
        if blind:
            name = f"{question.id}-{counts[question.id]}" + (f".{ending}" if ending.isalnum() else "")
        found.append(DossierFile(document.id, question.id, name, document.size, document.content_type))
    return tuple(found)


@dataclass(frozen=True)
class ServedFile:
    """A document of a dossier that the reviewer may read, to hand out. `blind`: without what names its author."""

    file: DossierFile
    sha256: str
    blind: bool
    call_id: str

    def content(self, store: FileStore) -> BinaryIO:
        """What the reviewer reads. Raises RefusedFile where a blind copy can't be made."""
        if not self.blind:
            return store.open(self.sha256)
        held = self.file
        return store.derived(
            self.sha256, BLIND, lambda whole: blind_copy(TakenFile(held.name, held.content_type, whole))
        ).open("rb")


def open_file(session: Session, *, actor: Actor, application_id: str, document_id: str) -> ServedFile:
    """A file of a dossier, for the reviewer it is given to. Raises NotFound."""
    dossier = find_given_dossier(session, actor=actor, application_id=application_id, permission=Permission.REVIEW_READ)
    answers = counting_answers(session, dossier.call, application_id)
    for file in dossier_files(session, dossier, answers):
        if file.id == document_id:
            document = session.get(Document, document_id)
            assert document is not None
            return ServedFile(file, document.sha256, dossier.call.file.reviewing.blind, dossier.call.id)
    raise NotFound("document", document_id)
