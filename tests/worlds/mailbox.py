"""What a person finds in their mailbox."""

from __future__ import annotations

import re

from sqlmodel import col, select

from aap.records.outbox import OutboxMail
from aap.services.platform import Platform


def mails_to(platform: Platform, address: str) -> list[OutboxMail]:
    """The mails to this address, oldest first."""
    with platform.database.reading() as session:
        query = select(OutboxMail).where(OutboxMail.recipient == address)
        return list(session.exec(query.order_by(col(OutboxMail.created_at), col(OutboxMail.id))))


def link_in(mail: OutboxMail) -> str:
    """The path of the first link of a mail; the link must stand under the public address."""
    found = re.search(r"^http://127\.0\.0\.1:8000(/\S+)$", mail.body, re.MULTILINE)
    assert found, mail.body
    return found.group(1)
