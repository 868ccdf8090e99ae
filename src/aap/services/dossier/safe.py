"""The association's safe: documents that it keeps for its next dossiers, taken from there and put there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.questions.file import FileQuestion
from aap.records.applications import Document
from aap.services.actor import Actor
from aap.services.association.associations import get_association
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.uploads import (
    ReceivedFile,
    add_documents,
    copy_document,
    document_of,
    file_question,
    new_document,
)
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, Target, ensure

SAFE_KINDS = ("statutes", "officers", "accounts", "auditor_report", "activity_report", "bank_details", "other")
"""Kinds of documents in the safe, as the call files' `safe` names them."""

SAFE_MEGABYTES = 20
SAFE_MOST = 200


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
            new_document(
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


def safe_kind(call: OpenedCall, question_id: str) -> str:
    """Where the safe keeps the documents of a question."""
    asked = (question for section in call.file.form.sections for question in section.questions)
    found = next((one for one in asked if one.id == question_id and isinstance(one, FileQuestion)), None)
    return found.safe if found is not None and found.safe in SAFE_KINDS else "other"


def keep_in_safe(session: Session, *, actor: Actor, application_id: str, document_id: str, now: datetime) -> str:
    """Keeps a document of a dossier in the association's safe, for the next ones. Gives its question.

    Raises InvalidInput on the question where the safe is full.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id)
    association_id = dossier.application.association_id
    get_association(session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT)
    document = document_of(dossier, document_id)
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
    taken = copy_document(held, application_id, question_id, actor, now)
    add_documents(session, dossier, [taken], actor, now, source="safe")
