"""What a person finds in their mailbox."""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser

from sqlmodel import col, select

from aap.records.outbox import OutboxMail
from aap.services.platform import Platform


def mails_to(platform: Platform, address: str) -> list[OutboxMail]:
    """The mails to this address, oldest first, as they were received."""
    with platform.database.reading() as session:
        query = select(OutboxMail).where(OutboxMail.recipient == address)
        mails = list(session.exec(query.order_by(col(OutboxMail.created_at), col(OutboxMail.id))))
    return [as_received(platform, mail) for mail in mails]


def as_received(platform: Platform, mail: OutboxMail) -> OutboxMail:
    """With the text that left: where it held a link of one's own, the outbox has lost it since."""
    path = platform.settings.mail_folder / f"{mail.id}.eml"
    if mail.erased_when_done and not mail.body and path.exists():
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        part = message.get_body(("plain",))
        assert part is not None
        mail.body = part.get_content()
    return mail


def link_in(mail: OutboxMail) -> str:
    """The path of the first link of a mail; the link must stand under the public address."""
    found = re.search(r"^http://127\.0\.0\.1:8000(/\S+)$", mail.body, re.MULTILINE)
    assert found, mail.body
    return found.group(1)
