"""Receipts of deposits: from what a deposit froze, to a page, a PDF and a mail."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call.schema import CallFile
from aap.core.delays import is_overseas, paris
from aap.documents.mail_texts import Mail
from aap.documents.media_types import PDF
from aap.documents.papers.pdf import exact_moment
from aap.documents.papers.receipts import DepositedFile, ReceiptView, receipt_view, render_receipt
from aap.records.applications import Application, CompletionRequest, Submission
from aap.records.associations import Association
from aap.records.outbox import Job
from aap.records.people import Person
from aap.services.association.mails import addresses_of
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.dossiers import MANDATE, OpenedDossier, submissions_of
from aap.services.dossier.silence import requests_of, told_at
from aap.services.outbox import Progress, send_mail
from aap.services.page_links import Links
from aap.services.platform import Platform


def labels_of(call: CallFile) -> dict[str, str]:
    """Question → label, with the power of attorney."""
    labels = {q.id: q.label for section in call.form.sections for q in section.questions}
    return {**labels, MANDATE: "Pouvoir de signer"}


def receipt_of(
    call: OpenedCall,
    application: Application,
    association: Association,
    submission: Submission,
    depositor: str,
    deposits: Sequence[Submission],
    asked: Sequence[CompletionRequest],
) -> ReceiptView:
    """The receipt of one deposit, from what it froze.

    `deposits`: all of its dossier; `asked`: every request for its completion.
    """
    content = submission.content
    labels = labels_of(call.file)
    frozen = content.get("association") or {}
    return receipt_view(
        call.file,
        number=submission.receipt_number,
        received_at=submission.arrived_at,
        association=frozen.get("name") or association.name,
        identifier=identifier_of(frozen.get("siret") or association.siret, frozen.get("rna") or association.rna),
        rejection_on=told_at(submission, deposits, asked),
        project=content.get("title", application.title),
        depositor=depositor,
        requested_amount=content.get("requested_amount", application.requested_amount),
        answers_sha256=submission.content_hash,
        files=tuple(
            DepositedFile(
                labels.get(one["question"], one["question"]), one["name"], int(one.get("size") or 0), one["sha256"]
            )
            for one in content.get("documents", ())
        ),
        overseas=is_overseas(association.zone),
        approval=_approval(content.get("signature") or {}),
        # A later deposit completes the dossier only where that was asked for: a withdrawn one may be deposited anew.
        completes=any(one.answered_at == submission.arrived_at for one in asked),
        replaces=content.get("replaces", ""),
    )


def _approval(signature: Mapping[str, str]) -> str:
    """Who approved what was deposited, in what capacity and when; empty where nobody had to."""
    if not signature.get("approved_at"):
        return ""
    who = ", ".join(filter(None, (signature["name"], signature.get("capacity", ""))))
    return f"{who}, le {french.moment(paris(datetime.fromisoformat(signature['approved_at'])))}"


def identifier_of(siret: str | None, rna: str | None) -> str:
    """The association's number as people read it; empty where it has none."""
    if siret:
        return f"SIRET {siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
    return f"RNA {rna}" if rna else ""


@dataclass(frozen=True)
class Receipt:
    """`answers`: the first deposit of the dossier, or a later one after a request for completion."""

    submission: Submission
    view: ReceiptView


def receipts_of(session: Session, dossier: OpenedDossier) -> tuple[Receipt, ...]:
    """Every receipt of a dossier, the first one first. Three queries."""
    submissions = submissions_of(session, dossier.id)
    names = dict(
        session.exec(
            select(Person.id, Person.name).where(col(Person.id).in_({one.person_id for one in submissions}))
        ).all()
    )
    asked = requests_of(session, dossier.id)
    return tuple(
        Receipt(
            one,
            receipt_of(
                dossier.call, dossier.application, dossier.association, one, names.get(one.person_id or "", ""),
                submissions, asked,
            ),
        )
        for one in submissions
    )  # fmt: skip


def send_receipt(platform: Platform, job: Job, progress: Progress, links: Links) -> Mapping[str, Any]:
    """Job `receipt`: renders the receipt and mails it to everybody of the association.

    May be run again: no mail leaves twice."""
    with platform.database.reading() as session:
        submission = session.get_one(Submission, job.arguments["submission_id"])
        application = session.get_one(Application, submission.application_id)
        association = session.get_one(Association, application.association_id)
        call = get_call(session, application.call_id)
        depositor = session.get(Person, submission.person_id) if submission.person_id else None
        asked = requests_of(session, application.id)
        deposits = submissions_of(session, application.id)
    view = receipt_of(call, application, association, submission, depositor.name if depositor else "", deposits, asked)
    stored = platform.files.put(io.BytesIO(render_receipt(view)))
    with platform.database.writing() as session:
        addresses = {*addresses_of(session, [association.id])[association.id], association.email} - {"", None}
        for email in sorted(addresses):
            send_mail(
                session,
                Mail.RECEIPT,
                to=email,
                now=platform.clock(),
                values={
                    "number": view.number,
                    "received_at": exact_moment(submission.arrived_at),
                    "association": association.name,
                    "title": submission.content.get("title", application.title),
                    "call_title": call.record.title,
                    "rejection_on": french.day(view.rejection_on),
                    "files": view.files,
                    "contact": call.file.call.contact or "",
                    "completed": view.completes,
                    "replaces": view.replaces,
                    "link": links.receipt(application.id),
                },
                sender=call.authority_name,
                dedupe_key=f"receipt:{submission.id}:{email}",
                application_id=application.id,
                attachments=(
                    {
                        "name": f"accuse-de-reception-{view.number}.pdf",
                        "sha256": stored.sha256,
                        "content_type": PDF,
                    },
                ),
            )
    progress(1, 1)
    return {"sha256": stored.sha256}
