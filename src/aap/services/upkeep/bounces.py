"""Mails that a server took and that came back: the report of the failure (RFC 3464) is matched with the mail in the outbox."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage, Message

from sqlmodel import Session, select

from aap.records.outbox import OutboxMail


def take_bounce(session: Session, report: bytes, *, now: datetime) -> bool:
    """Notes that a mail came back, as one that isn't tried again by itself. False where the report is about none of ours,
    or about a delay that isn't over.

    Whoever can send to the sender's address can send such a report: it names a mail by its Message-ID, which only the
    recipient knows, and all that it does is to show the mail to an administrator.
    """
    message = email.message_from_bytes(report, policy=email.policy.default)
    reason = _failure(message)
    names = {name for name in _original_ids(message) if name}
    if reason is None or not names:
        return False
    found = session.exec(select(OutboxMail).where(OutboxMail.message_id.in_(names))).all()  # type: ignore[attr-defined]
    for mail in found:
        mail.sent_at, mail.given_up_at, mail.error = None, now, reason[:300]
        session.add(mail)
    return bool(found)


def _parts(message: Message, kind: str) -> Iterator[Message]:
    return (part for part in message.walk() if part.get_content_type() == kind)


def _failure(message: Message) -> str | None:
    """What the server that gave up says of the first recipient who failed."""
    for status in _parts(message, "message/delivery-status"):
        for block in status.get_payload() if status.is_multipart() else ():
            if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
                code, said = str(block.get("Status", "")), str(block.get("Diagnostic-Code", ""))
                return " ".join(f"{code} {said.rpartition(';')[2]}".split()) or "failed"
    return None


def _original_ids(message: Message) -> Iterator[str]:
    """Message-ID of what came back: whole, or its headers alone."""
    for part in _parts(message, "message/rfc822"):
        for original in part.get_payload() if part.is_multipart() else ():
            if isinstance(original, Message):
                yield str(original.get("Message-ID", "")).strip()
    for part in _parts(message, "text/rfc822-headers"):
        if isinstance(part, EmailMessage):
            yield str(email.message_from_string(part.get_content()).get("Message-ID", "")).strip()
