"""Documents of a dossier: durable in the store before any row names them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from aap.core.delays import paris
from aap.core.questions.file import FileQuestion
from aap.documents.incoming.antivirus import refuse_infected
from aap.documents.incoming.incoming_file import Family, IncomingFile
from aap.documents.incoming.taking import take_files
from aap.records.applications import Document, FileOfRedraft
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import MANDATE, OpenedDossier, open_dossier
from aap.services.dossier.redrafting import open_redraft
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform

_YEARS_FRESH = 2
"""In February nobody's accounts of the year before are approved: those of two years before a closing are the latest ones."""

_MANDATE_MEGABYTES = 10


@dataclass(frozen=True)
class ReceivedFile:
    """A file that is in the store."""

    name: str
    content_type: str
    size: int
    sha256: str


def receive(
    platform: Platform,
    files: Sequence[IncomingFile],
    accept: Sequence[Family],
    *,
    max_megabytes: int,
    reduce: bool = False,
) -> tuple[ReceivedFile, ...]:
    """Checks and stores what was sent; `reduce`: a PDF that is too heavy is made lighter, as its sender asked.

    Raises RefusedFile (then nothing is stored), OSError (disk full).
    """
    taken = take_files(files, accept, max_bytes=max_megabytes * 1_000_000, reduce=reduce)
    for sent in files:
        refuse_infected(platform.settings.clamd, sent)
    received = []
    for file in taken:
        stored = platform.files.put(io.BytesIO(file.content))
        received.append(ReceivedFile(file.name, file.content_type, stored.size, stored.sha256))
    return tuple(received)


def file_question(dossier: OpenedDossier, question_id: str) -> tuple[str, FileQuestion]:
    """(section, question) of a file question that is open for changes. Raises NotFound, StateForbids."""
    for section in dossier.visible:
        for question in section.questions:
            if question.id == question_id and isinstance(question, FileQuestion):
                if not dossier.is_open(section.id):
                    raise StateForbids(Permission.APPLICATION_EDIT, dossier.state)
                return section.id, question
    raise NotFound("question", question_id)


@dataclass(frozen=True)
class FileLimits:
    """What a question takes: families of files, megabytes a file, and how many files at most."""

    accept: Sequence[Family]
    megabytes: int
    most: int


def limits_for(call: OpenedCall, question_id: str) -> FileLimits:
    """Those of a question of the call's form, or of the power of attorney. Raises NotFound for no question of files.

    Whether this dossier shows it, and is open there, is asked when the files are added (`attach`).
    """
    if question_id == MANDATE:
        return FileLimits(("pdf", "image"), _MANDATE_MEGABYTES, 1)
    asked = (question for section in call.file.form.sections for question in section.questions)
    for question in asked:
        if question.id == question_id and isinstance(question, FileQuestion):
            return FileLimits(question.accept, question.max_size_mb, question.max_files)
    raise NotFound("question", question_id)


def attach(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    question_id: str,
    files: Sequence[ReceivedFile],
    now: datetime,
    year: int | None = None,
) -> OpenedDossier:
    """Adds stored files to a question; gives the dossier with them. The same content sent twice is kept once.

    `year`: of the documents, where they are of one.

    Raises InvalidInput (too many), StateForbids, NotFound (also for a question that the answers hide).
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True
    )
    most = limits_for(dossier.call, question_id).most
    if question_id != MANDATE:
        file_question(dossier, question_id)
    present = dossier.files.get(question_id, [])
    known = {document.sha256 for document in present}
    new = [file for file in {one.sha256: one for one in files}.values() if file.sha256 not in known]
    if len(present) + len(new) > most:
        raise InvalidInput({question_id: Objection("dossier.too_many_files", most=most)})
    place = {"application_id": application_id, "question": question_id, "year": year}
    added = [new_document(file, actor, now, dossier.application.association_id, **place) for file in new]
    add_documents(session, dossier, added, actor, now)
    return replace(dossier, documents=(*dossier.documents, *sorted(added, key=lambda one: one.id)))


def add_documents(
    session: Session,
    dossier: OpenedDossier,
    added: Sequence[Document],
    actor: Actor,
    now: datetime,
    *,
    source: str = "",
) -> None:
    """Adds new documents to a question; of a deposited dossier, to its redraft: nobody else sees them before they are deposited.

    `source`: where they come from, where nobody sent them.
    """
    if open_redraft(session, dossier, actor, now) is not None:
        for one in added:
            one.redraft, one.removed_at = FileOfRedraft.ADDED, now
    session.add_all(added)
    touched(session, dossier, now)
    if added:
        after: dict[str, Any] = {"question": added[0].question, "sha256": [one.sha256 for one in added]}
        after |= {"from": source} if source else {}
        record(session, actor, "document.added", dossier.application, now=now, after=after)


def new_document(file: ReceivedFile, actor: Actor, now: datetime, association_id: str, **place: Any) -> Document:
    """`place`: of a dossier's question, or of the association's safe."""
    return Document(
        association_id=association_id,
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        uploaded_by=actor.person_id,
        uploaded_at=now,
        **place,
    )


def say_year(session: Session, *, actor: Actor, application_id: str, document_id: str, year: int, now: datetime) -> str:
    """Of which year a document of a dossier is. Gives its question."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True
    )
    document = document_of(dossier, document_id)
    file_question(dossier, document.question)
    before = document.year
    if dossier.is_kept_apart and document.redraft != FileOfRedraft.ADDED:
        place = dossier.application.id, document.question
        again = copy_document(document, *place, actor, now)
        again.year, again.redraft, again.removed_at = year, FileOfRedraft.ADDED, now
        document.redraft = FileOfRedraft.DROPPED
        open_redraft(session, dossier, actor, now)
        session.add(again)
    else:
        document.year = year
    session.add(document)
    touched(session, dossier, now)
    record(
        session,
        actor,
        "document.year_given",
        dossier.application,
        now=now,
        before={"year": before},
        after={"question": document.question, "year": year},
    )
    return document.question


def is_old(document: Document, call: OpenedCall) -> bool:
    """Whether a document of a year is of one too long ago for a call."""
    return document.year is not None and document.year < paris(call.record.closes_at).year - _YEARS_FRESH


def document_of(dossier: OpenedDossier, document_id: str) -> Document:
    found = next((one for one in dossier.documents if one.id == document_id), None)
    if found is None:
        raise NotFound("document", document_id)
    return found


def remove_document(session: Session, *, actor: Actor, application_id: str, document_id: str, now: datetime) -> str:
    """Takes a document away from a dossier (deposits that hold it keep it). Gives its question."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True
    )
    document = document_of(dossier, document_id)
    if document.question != MANDATE:
        file_question(dossier, document.question)
    if open_redraft(session, dossier, actor, now) is None:
        document.removed_at = now
    else:  # what was deposited stays for everybody else, what was only added is gone
        deposited = document.redraft == FileOfRedraft.UNTOUCHED
        document.redraft = FileOfRedraft.DROPPED if deposited else FileOfRedraft.UNTOUCHED
    session.add(document)
    touched(session, dossier, now)
    record(
        session,
        actor,
        "document.removed",
        dossier.application,
        now=now,
        after={"question": document.question, "sha256": document.sha256},
    )
    return document.question


def touched(session: Session, dossier: OpenedDossier, now: datetime) -> None:
    """Notes that a draft was changed; a deposit isn't by what is written apart from it."""
    if not dossier.is_kept_apart:
        dossier.application.updated_at = now
        session.add(dossier.application)


def readable_document(session: Session, *, actor: Actor, document_id: str) -> Document:
    """A document of one of the actor's associations (a removed one too: a deposit may hold it). Raises NotFound."""
    document = session.get(Document, document_id)
    if document is None:
        raise NotFound("document", document_id)
    ensure(actor, Permission.ASSOCIATION_READ, Target(association_id=document.association_id), kind="document",
           id=document_id)  # fmt: skip
    return document


def copy_document(
    held: Document, application_id: str | None, question: str, actor: Actor, now: datetime, *, kind: str = ""
) -> Document:
    """The same stored file, for a question of another dossier, or for the safe as a document of this kind."""
    return Document(
        association_id=held.association_id,
        application_id=application_id,
        question=question,
        kind=kind or held.kind,
        year=held.year,
        provisional=held.provisional,
        promised_on=held.promised_on,
        name=held.name,
        content_type=held.content_type,
        size=held.size,
        sha256=held.sha256,
        uploaded_by=actor.person_id,
        uploaded_at=now,
    )
