"""Submitting a dossier: what is missing, who may sign, one deposit and one number whatever is pressed twice."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session, col, select

from aap.core import french
from aap.core.answers import RAW, shown_answers
from aap.core.answers.readable import SectionReading, read_section
from aap.core.call.canonical import canonical_hash
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.documents.dossier import Attachment, DossierView, render_dossier
from aap.documents.letters import sender_of
from aap.documents.pdf import moment as exact_moment
from aap.documents.receipts import DepositedFile, ReceiptView, receipt_view, render_receipt
from aap.records.applications import (
    Application,
    ApplicationState,
    CompletionRequest,
    Document,
    Signature,
    SignatureState,
    Submission,
)
from aap.records.associations import Association
from aap.records.outbox import Job
from aap.records.people import Membership, MembershipRole, Person
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.associations import token_hash
from aap.services.audit import record
from aap.services.calls import OpenedCall, get_call
from aap.services.dossier_facts import facts_of
from aap.services.dossiers import MANDATE, Dossier, open_dossier, submissions_of
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound
from aap.services.file_store import FileStore
from aap.services.outbox import send_mail, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.work import Progress

SIGNATURE_DAYS = 30
Capacity = Literal["self", "representative", "mandate"]
CAPACITIES: Mapping[str, str] = {
    "self": "représentant légal de l’association, signataire",
    "representative": "approuvé par le représentant légal",
    "mandate": "muni d’un pouvoir du représentant légal",
}


# --- what is submitted ------------------------------------------------------------------------------------------------


def content_of(dossier: Dossier) -> dict[str, Any]:
    """What a deposit freezes: the answers that count and the files, by their hashes."""
    answers = shown_answers(dossier.call.file.form, {k: v for k, v in dossier.answers.items() if k != RAW})
    shown = {question.id for section in dossier.visible for question in section.questions}
    documents = [
        {
            "id": document.id,
            "question": document.question,
            "name": document.name,
            "content_type": document.content_type,
            "size": document.size,
            "sha256": document.sha256,
        }
        for document in dossier.documents
        if document.question in shown or document.question == MANDATE
    ]
    return {"answers": answers, "documents": documents}


def signed_hash(dossier: Dossier) -> str:
    """What the legal representative approves: another answer or file needs another approval."""
    content = content_of(dossier)
    content["documents"] = [one for one in content["documents"] if one["question"] != MANDATE]
    return canonical_hash(content)


def deadline_of(dossier: Dossier) -> datetime:
    """The last moment at which this dossier is taken."""
    if dossier.completion is not None:
        return dossier.completion.due_at
    return dossier.call.accepted_until


def announced_deadline(dossier: Dossier) -> datetime:
    """The moment that people are told to keep: without the grace, which is for accidents."""
    return dossier.completion.due_at if dossier.completion is not None else dossier.call.record.closes_at


def submit_application(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    attested: Sequence[int],
    capacity: str,
    broken_rules_seen: bool,
    now: datetime,
) -> Submission:
    """Deposits the dossier as it stands; `now` is the arrival of the request, compared to the whole second.

    Pressed twice, reloaded or sent from two tabs, it gives the same deposit. Raises InvalidInput (what is missing, by
    field; `""` for the answers of the form), DeadlinePassed, StateForbids, NotFound.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id, lock=True)
    application = dossier.application
    if dossier.state not in (ApplicationState.DRAFT, ApplicationState.TO_COMPLETE):
        before = submissions_of(session, application_id)
        if before and dossier.state is not ApplicationState.WITHDRAWN:
            ensure(actor, Permission.APPLICATION_READ, dossier.target, kind="application", id=application_id)
            return before[-1]
    ensure(actor, Permission.APPLICATION_SUBMIT, dossier.target, kind="application", id=application_id)
    limit = deadline_of(dossier)
    if now.replace(microsecond=0) > limit:
        raise DeadlinePassed(limit)
    signature = _refuse_incomplete(session, dossier, attested, capacity, broken_rules_seen)
    earlier = submissions_of(session, application_id)
    facts = facts_of(dossier.call.file, dossier.answers, dossier.association)
    content = content_of(dossier)
    content["attestations"] = list(dossier.call.file.form.attestations)
    content["capacity"] = capacity
    content["eligibility"] = dict(application.eligibility)
    content["association"] = _identity(dossier.association)
    if signature is not None:
        content["signature"] = {
            "name": signature.name,
            "capacity": signature.capacity,
            "email": signature.email,
            "approved_at": signature.answered_at.isoformat() if signature.answered_at else "",
        }
    ordinal = len(earlier) + 1
    submission = Submission(
        application_id=application_id,
        ordinal=ordinal,
        receipt_number=f"{application.reference}-{ordinal}",
        arrived_at=now,
        person_id=actor.person_id,
        content=content,
        content_hash=canonical_hash(content),
    )
    session.add(submission)
    before_state = str(application.state)
    application.state = ApplicationState.SUBMITTED
    application.title, application.theme = facts.title, facts.theme
    application.requested_amount = facts.requested_amount
    application.attributes = facts.attributes
    application.submitted_at = application.submitted_at or now
    application.updated_at = now
    application.version += 1
    session.add(application)
    if dossier.completion is not None:
        dossier.completion.answered_at = now
        session.add(dossier.completion)
    session.flush()
    record(
        session, actor=actor, action="application.submitted", now=now, object_kind="application",
        object_id=application_id, call_id=application.call_id, before={"state": before_state},
        after={"state": "submitted", "receipt": submission.receipt_number, "content_hash": submission.content_hash,
               "requested_amount": facts.requested_amount},
    )  # fmt: skip
    start_job(
        session, "receipt", actor=actor, now=now, call_id=application.call_id,
        arguments={"submission_id": submission.id},
    )  # fmt: skip
    return submission


def _refuse_incomplete(
    session: Session, dossier: Dossier, attested: Sequence[int], capacity: str, broken_rules_seen: bool
) -> Signature | None:
    problems: dict[str, str] = {}
    if dossier.errors:
        problems[""] = "Le dossier n’est pas complet\u00a0: voyez la liste de ce qui manque."
    if dossier.eligibility.broken and not broken_rules_seen:
        problems["rules"] = "Confirmez que vous déposez ce dossier malgré les règles qu’il ne respecte pas."
    for number in range(len(dossier.call.file.form.attestations)):
        if number not in attested:
            problems[f"attestation-{number}"] = "Cochez cette attestation pour déposer le dossier."
    signature = None
    if capacity not in CAPACITIES:
        problems["capacity"] = "Dites à quel titre vous déposez ce dossier."
    elif capacity == "mandate" and not dossier.files.get(MANDATE):
        problems["capacity"] = "Joignez le pouvoir signé par le représentant légal."
    elif capacity == "representative":
        signature = approved_signature(session, dossier)
        if signature is None:
            problems["capacity"] = "Le représentant légal n’a pas encore approuvé ce dossier tel qu’il est."
    if problems:
        raise InvalidInput(problems)
    return signature


def _identity(association: Association) -> dict[str, Any]:
    fields = (
        "name", "acronym", "siret", "rna", "address", "postal_code", "commune_code", "commune_name", "email", "phone",
        "representative_name", "representative_capacity",
    )  # fmt: skip
    return {name: getattr(association, name) for name in fields}


# --- the legal representative's approval ------------------------------------------------------------------------------


def approved_signature(session: Session, dossier: Dossier) -> Signature | None:
    """The approval of the dossier exactly as it stands."""
    latest = last_signature(session, dossier.id)
    return latest if latest is not None and approves(latest, dossier) else None


def approves(signature: Signature, dossier: Dossier) -> bool:
    """Whether an approval was given, and of the dossier exactly as it stands."""
    return signature.state == SignatureState.APPROVED and signature.content_hash == signed_hash(dossier)


def last_signature(session: Session, application_id: str) -> Signature | None:
    """The latest approval asked for."""
    return session.exec(
        select(Signature)
        .where(Signature.application_id == application_id, Signature.state != SignatureState.CANCELLED)
        .order_by(col(Signature.created_at).desc(), col(Signature.id).desc())
        .limit(1)
    ).first()


def ask_signature(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    name: str,
    capacity: str,
    email: str,
    base_url: str,
    now: datetime,
) -> Signature:
    """Mails the legal representative a link to read and approve the dossier as it stands. Earlier links end."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_SUBMIT, lock=True
    )
    problems = {}
    if not name.strip() or len(name) > 200:
        problems["signature_name"] = "Indiquez le prénom et le nom du représentant légal."
    if not capacity.strip() or len(capacity) > 100:
        problems["signature_capacity"] = "Indiquez sa fonction, par exemple «\u00a0président\u00a0»."
    address = ""
    try:
        address = validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        problems["signature_email"] = "Ce n’est pas une adresse électronique."
    if problems:
        raise InvalidInput(problems)
    for old in session.exec(
        select(Signature).where(Signature.application_id == application_id, Signature.state == SignatureState.ASKED)
    ):
        old.state = SignatureState.CANCELLED
        session.add(old)
    token = secrets.token_urlsafe(32)
    signature = Signature(
        application_id=application_id,
        token_hash=token_hash(token),
        name=name.strip(),
        capacity=capacity.strip(),
        email=address,
        content_hash=signed_hash(dossier),
        created_at=now,
        expires_at=now + timedelta(days=SIGNATURE_DAYS),
    )
    session.add(signature)
    send_mail(
        session, "association_signature", to=address, now=now,
        values={"name": signature.name, "association": dossier.association.name, "asker": actor.name,
                "call_title": dossier.call.record.title, "title": dossier.application.title,
                "link": f"{base_url}/association/signature/{token}",
                "closes_at": french.moment(paris(announced_deadline(dossier)))},
    )  # fmt: skip
    record(
        session, actor=actor, action="signature.asked", now=now, object_kind="application", object_id=application_id,
        call_id=dossier.call.id, after={"content_hash": signature.content_hash},
    )  # fmt: skip
    return signature


@dataclass(frozen=True)
class SignatureCase:
    """`changed`: the dossier isn't what was sent any more; another link has to be asked for."""

    signature: Signature
    dossier: Dossier
    changed: bool


def open_signature(session: Session, *, token: str, now: datetime, lock: bool = False) -> SignatureCase:
    """What the mailed link shows, to whoever holds it. Raises NotFound (unknown, cancelled, expired)."""
    signature = session.exec(select(Signature).where(Signature.token_hash == token_hash(token))).first()
    if signature is None or signature.state == SignatureState.CANCELLED or signature.expires_at < now:
        raise NotFound("signature")
    application = session.get_one(Application, signature.application_id)
    reader = Actor(person_id="", email="", name="", memberships=_reading(application.association_id))
    dossier = open_dossier(session, actor=reader, application_id=application.id, lock=lock)
    return SignatureCase(signature, dossier, signed_hash(dossier) != signature.content_hash)


def _reading(association_id: str) -> dict[str, MembershipRole]:
    return {association_id: MembershipRole.READER}


def answer_signature(
    session: Session, *, token: str, approved: bool, remark: str, address: str, now: datetime
) -> SignatureCase:
    """The legal representative approves, or refuses with a remark; identity, moment and network address are kept."""
    case = open_signature(session, token=token, now=now, lock=True)
    signature = case.signature
    if signature.state != SignatureState.ASKED:
        return case
    if approved and case.changed:
        raise InvalidInput({"": "Le dossier a changé depuis l’envoi de ce lien\u00a0: demandez-en un nouveau."})
    if not approved and not remark.strip():
        raise InvalidInput({"remark": "Dites ce qui est à changer."})
    signature.state = SignatureState.APPROVED if approved else SignatureState.REFUSED
    signature.remark, signature.address, signature.answered_at = remark.strip()[:2_000], address[:60], now
    session.add(signature)
    for email in editors_of(session, case.dossier.application.association_id):
        send_mail(
            session, "association_signature_answered", to=email, now=now,
            values={"name": signature.name, "approved": approved, "remark": signature.remark,
                    "reference": case.dossier.application.reference, "call_title": case.dossier.call.record.title},
        )  # fmt: skip
    record(
        session, actor=None, action="signature.answered", now=now, object_kind="application",
        object_id=signature.application_id, call_id=case.dossier.call.id,
        after={"state": str(signature.state), "content_hash": signature.content_hash},
    )  # fmt: skip
    return case


def editors_of(session: Session, association_id: str) -> list[str]:
    """The e-mails of who writes for the association."""
    found = session.exec(
        select(Person.email)
        .where(
            Membership.association_id == association_id,
            Membership.person_id == Person.id,
            col(Membership.role).in_(["owner", "editor"]),
            col(Person.active).is_(True),
        )
        .order_by(col(Person.email))
    )
    return list(found)


# --- proofs -----------------------------------------------------------------------------------------------------------


def labels_of(call: CallFile) -> dict[str, str]:
    """Question → label, with the power of attorney."""
    labels = {q.id: q.label for section in call.form.sections for q in section.questions}
    return {**labels, MANDATE: "Pouvoir de signer"}


def receipt_of(
    call: OpenedCall, application: Application, association: Association, submission: Submission, depositor: str
) -> ReceiptView:
    """The receipt of one deposit, from what it froze."""
    content = submission.content
    labels = labels_of(call.file)
    frozen = content.get("association") or {}
    return receipt_view(
        call.file,
        number=submission.receipt_number,
        received_at=submission.arrived_at,
        association=frozen.get("name") or association.name,
        identifier=_identifier(frozen.get("siret") or association.siret, frozen.get("rna") or association.rna),
        project=application.title,
        depositor=depositor,
        requested_amount=application.requested_amount,
        answers_sha256=submission.content_hash,
        files=tuple(
            DepositedFile(
                labels.get(one["question"], one["question"]), one["name"], int(one.get("size") or 0), one["sha256"]
            )
            for one in content.get("documents", ())
        ),
    )


def _identifier(siret: str | None, rna: str | None) -> str:
    if siret:
        return f"SIRET {siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
    return f"RNA {rna}" if rna else ""


@dataclass(frozen=True)
class Receipt:
    """`answers`: the first deposit of the dossier, or a later one after a request for completion."""

    submission: Submission
    view: ReceiptView


def receipts_of(session: Session, dossier: Dossier) -> tuple[Receipt, ...]:
    """Every receipt of a dossier, the first one first. Two queries."""
    submissions = submissions_of(session, dossier.id)
    names = dict(
        session.exec(
            select(Person.id, Person.name).where(col(Person.id).in_({one.person_id for one in submissions}))
        ).all()
    )
    return tuple(
        Receipt(
            one,
            receipt_of(dossier.call, dossier.application, dossier.association, one, names.get(one.person_id or "", "")),
        )
        for one in submissions
    )


def send_receipt(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `receipt`: renders the receipt and mails it to the association. May be run again: no mail leaves twice."""
    with platform.database.reading() as session:
        submission = session.get_one(Submission, job.arguments["submission_id"])
        application = session.get_one(Application, submission.application_id)
        association = session.get_one(Association, application.association_id)
        call = get_call(session, application.call_id)
        depositor = session.get(Person, submission.person_id) if submission.person_id else None
        # A later deposit completes the dossier only where that was asked for: a withdrawn one may be deposited anew.
        completed = (
            session.exec(
                select(CompletionRequest.id).where(
                    CompletionRequest.application_id == application.id,
                    CompletionRequest.answered_at == submission.arrived_at,
                )
            ).first()
            is not None
        )
    view = receipt_of(call, application, association, submission, depositor.name if depositor else "")
    stored = platform.files.put(io.BytesIO(render_receipt(view)))
    with platform.database.writing() as session:
        addresses = {*editors_of(session, association.id), *([association.email] if association.email else [])}
        for email in sorted(addresses):
            send_mail(
                session,
                "association_receipt",
                to=email,
                now=platform.clock(),
                values={
                    "number": view.number,
                    "received_at": exact_moment(submission.arrived_at),
                    "association": association.name,
                    "title": application.title,
                    "call_title": call.record.title,
                    "rejection_on": french.day(view.rejection_on),
                    "files": view.files,
                    "contact": call.file.call.contact or "",
                    "completed": completed,
                },
                dedupe_key=f"receipt:{submission.id}:{email}",
                attachments=(
                    {
                        "name": f"accuse-de-reception-{view.number}.pdf",
                        "sha256": stored.sha256,
                        "content_type": "application/pdf",
                    },
                ),
            )
    progress(1, 1)
    return {"sha256": stored.sha256}


def receipt_pdf(view: ReceiptView) -> bytes:
    return render_receipt(view)


# --- the dossier to read ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadFile:
    """A file beside an answer."""

    name: str
    size: int
    url: str | None
    note: str = ""


def readings(dossier: Dossier, files: Mapping[str, Sequence[ReadFile]]) -> tuple[SectionReading, ...]:
    """The dossier in words, section by section."""
    return tuple(read_section(section, dossier.answers, territories(), files=files) for section in dossier.visible)


def dossier_pdf(store: FileStore, dossier: Dossier, now: datetime) -> bytes:
    """The complete dossier, its files included where they are PDF."""
    files = {question: [ReadFile(one.name, one.size, None) for one in held] for question, held in dossier.files.items()}
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
            identifier=_identifier(dossier.association.siret, dossier.association.rna),
            project=dossier.application.title,
            requested_amount=dossier.application.requested_amount or None,
            attestations=dossier.call.file.form.attestations if dossier.application.submitted_at else (),
            attachments=tuple(_attachment(store, labels, one) for one in dossier.documents),
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
