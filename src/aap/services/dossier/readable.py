"""A dossier to read: in words, and as one PDF with its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aap.core.answers.readable import read_section
from aap.core.questions.base.in_words import SectionReading
from aap.documents.papers.dossier import Approval, Attachment, DossierView, Submitter, render_dossier
from aap.documents.papers.letterhead import sender_of
from aap.records.applications import Document
from aap.records.territories import territories
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.dossier.receipts import Receipt, identifier_of, labels_of
from aap.services.file_store import FileStore


@dataclass(frozen=True)
class AttachedFile:
    """A file beside an answer."""

    name: str
    size: int
    url: str | None
    note: str = ""


def readings(dossier: OpenedDossier, files: Mapping[str, Sequence[AttachedFile]]) -> tuple[SectionReading, ...]:
    """The dossier in words, section by section."""
    return tuple(read_section(section, dossier.answers, territories(), files=files) for section in dossier.visible)


def _submitter(receipt: Receipt) -> Submitter:
    """As the deposit froze it."""
    content = receipt.submission.content
    signature = content.get("signature")
    approval = (
        Approval(signature["name"], signature["capacity"], datetime.fromisoformat(signature["approved_at"]))
        if signature
        else None
    )
    return Submitter(receipt.view.depositor, content.get("capacity", ""), approval)


def dossier_pdf(store: FileStore, dossier: OpenedDossier, receipt: Receipt | None, now: datetime) -> bytes:
    """The complete dossier, its files included where they are PDF. `receipt`: of its last deposit; None for a draft."""
    files = {
        question: [AttachedFile(one.name, one.size, None) for one in held] for question, held in dossier.files.items()
    }
    labels = labels_of(dossier.call.file)
    return render_dossier(
        DossierView(
            number=dossier.application.reference,
            call_title=dossier.call.record.title,
            reference=dossier.call.file.call.reference or dossier.call.id,
            sender=sender_of(dossier.call.file),
            association=dossier.association.name,
            made_on=now,
            sections=readings(dossier, files),
            submitted_at=dossier.application.submitted_at,
            submitter=_submitter(receipt) if receipt and dossier.application.submitted_at else None,
            identifier=identifier_of(dossier.association.siret, dossier.association.rna),
            project=dossier.application.title,
            requested_amount=dossier.application.requested_amount or None,
            attestations=dossier.call.file.form.attestations if dossier.application.submitted_at else (),
            attachments=tuple(_attachment(store, labels, one) for one in dossier.counting_documents),
        )
    )


def _attachment(store: FileStore, labels: Mapping[str, str], document: Document) -> Attachment:
    media: Literal["pdf", "image", "other"] = "other"
    if document.content_type == "application/pdf":
        media = "pdf"
    elif document.content_type.startswith("image/"):
        media = "image"
    label = labels.get(document.question, document.question)
    content = store.read(document.sha256) if media != "other" else b""
    return Attachment(label, document.name, media, content, document.sha256, document.size)
