"""The legal representative's approval of a dossier: asked for by mail, given or refused, and of what exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call.canonical import canonical_hash
from aap.core.delays import paris
from aap.core.identifiers import BadEmail, read_email
from aap.core.values import clean_text
from aap.documents.mail_texts import Mail
from aap.records.applications import Application, Signature, SignatureState
from aap.services.actor import SYSTEM, Actor
from aap.services.association.diary import closing_event
from aap.services.association.mails import editors_of, tell_association
from aap.services.audit import record
from aap.services.dossier.dossiers import (
    MANDATE,
    OpenedDossier,
    announced_deadline,
    deposit_content,
    open_dossier,
    reader_by_link,
)
from aap.services.errors import InvalidInput, NotFound, Objection, of_email
from aap.services.mailed_tokens import new_token, token_hash
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission

SIGNATURE_DAYS = 30


def signed_hash(dossier: OpenedDossier) -> str:
    """What the legal representative approves: another answer or file needs another approval."""
    content = deposit_content(dossier)
    content["documents"] = [one for one in content["documents"] if one["question"] != MANDATE]
    return canonical_hash(content)


def approved_signature(session: Session, dossier: OpenedDossier) -> Signature | None:
    """The approval of the dossier exactly as it stands."""
    latest = last_signature(session, dossier.id)
    return latest if latest is not None and approves(latest, dossier) else None


def approves(signature: Signature, dossier: OpenedDossier) -> bool:
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
    links: Links,
    now: datetime,
) -> Signature:
    """Mails the legal representative a link to read and approve the dossier as it stands. Earlier links end."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_SUBMIT, lock=True
    )
    problems = {}
    name, capacity = clean_text(name), clean_text(capacity)
    if not name or len(name) > 200:
        problems["name"] = Objection("dossier.representative_name_missing")
    if not capacity or len(capacity) > 100:
        problems["capacity"] = Objection("dossier.representative_capacity_missing")
    address = ""
    try:
        address = read_email(email)
    except BadEmail as bad:
        problems["email"] = of_email(bad, Objection("dossier.representative_email_unreadable"))
    if problems:
        raise InvalidInput(problems)
    for old in session.exec(
        select(Signature).where(Signature.application_id == application_id, Signature.state == SignatureState.ASKED)
    ):
        old.state = SignatureState.CANCELLED
        session.add(old)
    token = new_token()
    signature = Signature(
        application_id=application_id,
        token_hash=token_hash(token),
        name=name,
        capacity=capacity,
        email=address,
        content_hash=signed_hash(dossier),
        created_at=now,
        expires_at=now + timedelta(days=SIGNATURE_DAYS),
    )
    session.add(signature)
    send_mail(
        session, Mail.SIGNATURE, to=address, now=now,
        values={"name": signature.name, "association": dossier.association.name, "asker": actor.name,
                "call_title": dossier.call.record.title, "title": dossier.application.title,
                "link": links.signature(token),
                "closes_at": french.moment(paris(announced_deadline(dossier)))},
        sender=dossier.call.authority_name,
        events=(closing_event(dossier.call, dossier.application),),
    )  # fmt: skip
    record(
        session, actor, "signature.asked", dossier.application, now=now, after={"content_hash": signature.content_hash}
    )
    return signature


@dataclass(frozen=True)
class SignatureCase:
    """`changed`: the dossier isn't what was sent any more; another link has to be asked for."""

    signature: Signature
    dossier: OpenedDossier
    changed: bool


def open_signature(session: Session, *, token: str, now: datetime, lock: bool = False) -> SignatureCase:
    """What the mailed link shows, to whoever holds it. Raises NotFound (unknown, cancelled, expired)."""
    signature = session.exec(select(Signature).where(Signature.token_hash == token_hash(token))).first()
    if signature is None or signature.state == SignatureState.CANCELLED or signature.expires_at < now:
        raise NotFound("signature")
    application = session.get_one(Application, signature.application_id)
    reader = reader_by_link(application.association_id)
    dossier = open_dossier(session, actor=reader, application_id=application.id, lock=lock)
    return SignatureCase(signature, dossier, signed_hash(dossier) != signature.content_hash)


def answer_signature(
    session: Session, *, token: str, approved: bool | None, remark: str, address: str, links: Links, now: datetime
) -> SignatureCase:
    """The legal representative approves, or refuses with a remark; identity, moment and network address are kept.

    Raises NotFound, InvalidInput (`approved` None: neither was said; changed since; refused without a remark).
    """
    case = open_signature(session, token=token, now=now, lock=True)
    signature = case.signature
    if signature.state != SignatureState.ASKED:
        return case
    if approved is None:
        raise InvalidInput({"": Objection("dossier.signature_unanswered")})
    if approved and case.changed:
        raise InvalidInput({"": Objection("dossier.changed_since_sent")})
    if not approved and not remark.strip():
        raise InvalidInput({"remark": Objection("dossier.remark_missing")})
    signature.state = SignatureState.APPROVED if approved else SignatureState.REFUSED
    signature.remark, signature.address, signature.answered_at = remark.strip()[:2_000], address[:60], now
    session.add(signature)
    application = case.dossier.application
    tell_association(
        session, case.dossier.call, application, Mail.SIGNATURE_ANSWERED, now=now,
        key=f"signature:{signature.id}", link=links.dossier(application.id), to=editors_of(session, application.association_id),
        values={"name": signature.name, "approved": approved, "remark": signature.remark},
    )  # fmt: skip
    record(
        session,
        SYSTEM,
        "signature.answered",
        case.dossier.application,
        now=now,
        after={"state": str(signature.state), "content_hash": signature.content_hash},
    )
    return case
