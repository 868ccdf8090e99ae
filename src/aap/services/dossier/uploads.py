"""Documents of a dossier and of the association's safe: durable in the store before any row names them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.questions.file import FileQuestion
from aap.documents.incoming.antivirus import refuse_infected
from aap.documents.incoming.incoming_file import Family, IncomingFile
from aap.documents.incoming.taking import take_files
from aap.records.applications import Application, Document
from aap.services.actor import Actor
from aap.services.association.associations import get_association
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import MANDATE, OpenedDossier, open_dossier
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform

SAFE_KINDS = ("statutes", "officers", "accounts", "auditor_report", "activity_report", "bank_details", "other")
"""Kinds of documents in the safe, as the call files' `safe` names them."""

_YEARS_FRESH = 2
"""In February nobody's accounts of the year before are approved: those of two years before a closing are the latest ones."""

SAFE_MEGABYTES = 20
SAFE_MOST = 200
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
    added = [_document(file, actor, now, dossier.application.association_id, **place) for file in new]
    session.add_all(added)
    _touched(session, dossier.application, now)
    record(
        session,
        actor,
        "document.added",
        dossier.application,
        now=now,
        after={"question": question_id, "sha256": [file.sha256 for file in new]},
    )
    return replace(dossier, documents=(*dossier.documents, *sorted(added, key=lambda one: one.id)))


def _document(file: ReceivedFile, actor: Actor, now: datetime, association_id: str, **place: Any) -> Document:
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
    document = _document_of(dossier, document_id)
    file_question(dossier, document.question)
    before = document.year
    document.year = year
    session.add(document)
    _touched(session, dossier.application, now)
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


def keep_in_safe(session: Session, *, actor: Actor, application_id: str, document_id: str, now: datetime) -> str:
    """Keeps a document of a dossier in the association's safe, for the next ones. Gives its question.

    Raises InvalidInput on the question where the safe is full.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id)
    association_id = dossier.application.association_id
    get_association(session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT)
    document = _document_of(dossier, document_id)
    kind = safe_kind(dossier.call, document.question)
    present = _safe(session, association_id)
    document.kind = kind
    session.add(document)
    if (kind, document.sha256) in {(one.kind, one.sha256) for one in present}:
        return document.question
    if len(present) >= SAFE_MOST:
        raise InvalidInput({document.question: Objection("dossier.safe_full", most=SAFE_MOST)})
    session.add(copy_document(document, None, "", actor, now, kind=kind))
    record(
        session,
        actor,
        "safe.added",
        Subject("association", association_id),
        now=now,
        after={"kind": kind, "sha256": [document.sha256], "from": application_id},
    )
    return document.question


def safe_kind(call: OpenedCall, question_id: str) -> str:
    """Where the safe keeps the documents of a question."""
    asked = (question for section in call.file.form.sections for question in section.questions)
    found = next((one for one in asked if one.id == question_id and isinstance(one, FileQuestion)), None)
    return found.safe if found is not None and found.safe in SAFE_KINDS else "other"


def is_old(document: Document, call: OpenedCall) -> bool:
    """Whether a document of a year is of one too long ago for a call."""
    return document.year is not None and document.year < paris(call.record.closes_at).year - _YEARS_FRESH


def _document_of(dossier: OpenedDossier, document_id: str) -> Document:
    found = next((one for one in dossier.documents if one.id == document_id), None)
    if found is None:
        raise NotFound("document", document_id)
    return found


def remove_document(session: Session, *, actor: Actor, application_id: str, document_id: str, now: datetime) -> str:
    """Takes a document away from a dossier (deposits that hold it keep it). Gives its question."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True
    )
    document = _document_of(dossier, document_id)
    if document.question != MANDATE:
        file_question(dossier, document.question)
    document.removed_at = now
    session.add(document)
    _touched(session, dossier.application, now)
    record(
        session,
        actor,
        "document.removed",
        dossier.application,
        now=now,
        after={"question": document.question, "sha256": document.sha256},
    )
    return document.question


def take_from_safe(
    session: Session, *, actor: Actor, application_id: str, question_id: str, document_id: str, now: datetime
) -> None:
    """Uses a document of the association's safe for a question. Raises InvalidInput where no more fits."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True
    )
    _, question = file_question(dossier, question_id)
    held = session.get(Document, document_id)
    if (
        held is None
        or held.association_id != dossier.application.association_id
        or held.application_id is not None
        or held.removed_at is not None
    ):
        raise NotFound("document", document_id)
    present = dossier.files.get(question_id, [])
    if held.sha256 in {document.sha256 for document in present}:
        return
    if len(present) >= question.max_files:
        raise InvalidInput({question_id: Objection("dossier.question_full")})
    session.add(copy_document(held, application_id, question_id, actor, now))
    _touched(session, dossier.application, now)
    record(
        session,
        actor,
        "document.added",
        dossier.application,
        now=now,
        after={"question": question_id, "sha256": [held.sha256], "from": "safe"},
    )


def _touched(session: Session, application: Application, now: datetime) -> None:
    application.updated_at = now
    session.add(application)


# --- the safe ---------------------------------------------------------------------------------------------------------


def safe_documents(session: Session, *, actor: Actor, association_id: str) -> tuple[Document, ...]:
    """The association's own documents, by kind, the latest year first."""
    ensure(actor, Permission.ASSOCIATION_READ, Target(association_id=association_id), kind="association",
           id=association_id)  # fmt: skip
    return _safe(session, association_id)


def _safe(session: Session, association_id: str) -> tuple[Document, ...]:
    found = session.exec(
        select(Document)
        .where(
            Document.association_id == association_id,
            col(Document.application_id).is_(None),
            col(Document.removed_at).is_(None),
        )
        .order_by(col(Document.kind), col(Document.year).desc(), col(Document.uploaded_at).desc(), col(Document.id))
    )
    return tuple(found)


def safe_offers(session: Session, dossier: OpenedDossier) -> dict[str, list[Document]]:
    """Question → documents of the safe of the kind that it asks for, not used yet, the latest year first. One query."""
    kinds = {
        q.safe: q.id for section in dossier.visible for q in section.questions if isinstance(q, FileQuestion) and q.safe
    }
    if not kinds:
        return {}
    offers: dict[str, list[Document]] = {}
    for document in _safe(session, dossier.application.association_id):
        question = kinds.get(document.kind)
        used = {held.sha256 for held in dossier.files.get(question or "", [])}
        if question is not None and document.sha256 not in used:
            offers.setdefault(question, []).append(document)
    return offers


def add_to_safe(
    session: Session,
    *,
    actor: Actor,
    association_id: str,
    kind: str,
    year: int | None,
    provisional: bool,
    promised_on: date | None,
    files: Sequence[ReceivedFile],
    now: datetime,
) -> None:
    """Keeps documents for the next dossiers. Raises InvalidInput (see `_promise_problems` for provisional accounts)."""
    get_association(session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT)
    if kind not in SAFE_KINDS:
        raise InvalidInput({"kind": Objection("dossier.document_kind_missing")})
    problems = _promise_problems(kind, provisional, promised_on, now)
    if problems:
        raise InvalidInput(problems)
    present = _safe(session, association_id)
    if len(present) + len(files) > SAFE_MOST:
        raise InvalidInput({"files": Objection("dossier.safe_full", most=SAFE_MOST)})
    known = {(document.kind, document.sha256) for document in present}
    for file in {one.sha256: one for one in files}.values():
        if (kind, file.sha256) in known:
            continue
        session.add(
            _document(
                file, actor, now, association_id,
                kind=kind, year=year, provisional=provisional, promised_on=promised_on,
            )
        )  # fmt: skip
    record(
        session,
        actor,
        "safe.added",
        Subject("association", association_id),
        now=now,
        after={"kind": kind, "sha256": [file.sha256 for file in files]},
    )


def _promise_problems(kind: str, provisional: bool, promised_on: date | None, now: datetime) -> dict[str, Objection]:
    """Only accounts are provisional, and who gives provisional ones says when the approved ones will be there."""
    if not provisional:
        wrong = promised_on is not None
        return {"provisional": Objection("dossier.promise_without_provisional")} if wrong else {}
    if kind != "accounts":
        return {"provisional": Objection("dossier.only_accounts_provisional")}
    if promised_on is None:
        return {"promised_on": Objection("dossier.promise_missing")}
    today = paris(now).date()
    if promised_on < today:
        return {"promised_on": Objection("dossier.promise_past")}
    if (promised_on - today).days > 730:
        return {"promised_on": Objection("dossier.promise_too_far")}
    return {}


def remove_from_safe(session: Session, *, actor: Actor, association_id: str, document_id: str, now: datetime) -> None:
    """Takes a document out of the safe; dossiers that used it keep it."""
    get_association(session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT)
    document = session.get(Document, document_id)
    if (
        document is None
        or document.association_id != association_id
        or document.application_id is not None
        or document.removed_at is not None
    ):
        raise NotFound("document", document_id)
    document.removed_at = now
    session.add(document)
    record(
        session,
        actor,
        "safe.removed",
        Subject("association", association_id),
        now=now,
        before={"kind": document.kind, "sha256": document.sha256},
    )


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
