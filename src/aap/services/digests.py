"""One mail a day, at seven in Paris, for who wants it: what isn't urgent waits in the outbox and leaves in it.

What waits is a row of the outbox that nobody sends (`send_mail` of `services.outbox` says which). Once a row is due, everything
that is due for its reader becomes one mail, in one transaction: the mail is written and the rows are marked as gone in it. A
worker killed before the commit leaves them all waiting, one killed after it leaves none; two at once wait for each other's
rows, and the mail's key, made of the first row's, is there once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from aap.documents.calendar import together
from aap.documents.mail_texts import Mail, render_mail
from aap.records.outbox import OutboxMail
from aap.services.outbox import leave_for_workers
from aap.services.page_links import Links

BATCH = 200
"""Readers that are served in one transaction."""
_WAITS = col(OutboxMail.waits_for_digest).is_(True)
_GREETING = "Bonjour,\n\n"
_AUTOMATIC = "Ce message est envoyé automatiquement"


def gather_digests(session: Session, *, links: Links, now: datetime) -> int:
    """Writes the mails of the day that are due; gives their number. What is alone leaves as it is."""
    due = select(OutboxMail.recipient).where(_WAITS, col(OutboxMail.not_before) <= now)
    readers = session.exec(due.distinct().order_by(col(OutboxMail.recipient)).limit(BATCH)).all()
    written = 0
    for reader in readers:
        waiting = session.exec(
            select(OutboxMail)
            .where(_WAITS, OutboxMail.recipient == reader, col(OutboxMail.not_before) <= now)
            .order_by(col(OutboxMail.created_at), col(OutboxMail.id))
            .with_for_update(skip_locked=True)
        ).all()
        written += _gathered(session, waiting, links=links, now=now)
    return written


def _gathered(session: Session, waiting: Sequence[OutboxMail], *, links: Links, now: datetime) -> int:
    if not waiting:
        return 0
    for one in waiting:
        one.waits_for_digest = False
    session.add_all(waiting)
    first = waiting[0]
    if len(waiting) == 1:
        leave_for_workers(session, first)
        return 1
    items = [{"subject": one.subject, "text": _inside(one.body)} for one in waiting]
    subject, body = render_mail(Mail.DAILY_DIGEST, {"items": items, "account": links.account()})
    digest = OutboxMail(
        kind=Mail.DAILY_DIGEST,
        recipient=first.recipient,
        subject=subject,
        body=body,
        calendar=together([one.calendar for one in waiting]),
        dedupe_key=f"digest:{first.id}",
        created_at=now,
        not_before=now,
    )
    session.add(digest)
    for one in waiting:
        one.digest_id, one.sent_at = digest.id, now
    leave_for_workers(session, digest)
    return 1


def _inside(body: str) -> str:
    """A mail's text as a part of another: without its greeting and its last words, each paragraph in one line."""
    blocks = re.sub(r" \n", " ", body).removeprefix(_GREETING).strip().split("\n\n")
    return "\n\n".join(block for block in blocks if not block.startswith(_AUTOMATIC))


def end_waiting(session: Session, email: str, now: datetime) -> None:
    """Who wants no mail of the day any more gets what waited for it now."""
    session.execute(update(OutboxMail).where(_WAITS, col(OutboxMail.recipient) == email).values(not_before=now))


def forget_waiting(session: Session, key: str) -> None:
    """What was taken back since isn't told: the mails that wait, of the event with this key (`tell_association`)."""
    told = col(OutboxMail.dedupe_key).startswith(f"{key}:", autoescape=True)
    session.execute(delete(OutboxMail).where(_WAITS, told))


def follow_address(session: Session, before: str, after: str) -> None:
    """What waits goes to the new address of who has changed it."""
    session.execute(update(OutboxMail).where(_WAITS, col(OutboxMail.recipient) == before).values(recipient=after))
