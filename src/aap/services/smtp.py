"""Sends the mails of the outbox: by SMTP, or as files into a folder."""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from sqlalchemy import update
from sqlmodel import col, select

from aap.records.outbox import OutboxMail
from aap.services.platform import Platform

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12
_BATCH = 200


def send_due_mails(platform: Platform) -> int:
    """Sends what is due, oldest first; a mail that fails waits twice as long each time. Gives the number sent.

    The Message-ID comes from the mail's own id: a mail sent twice after a crash is recognised as one.
    """
    now = platform.clock()
    with platform.database.reading() as session:
        due = (
            select(OutboxMail)
            .where(
                col(OutboxMail.sent_at).is_(None),
                col(OutboxMail.not_before) <= now,
                col(OutboxMail.attempts) < MOST_ATTEMPTS,
            )
            .order_by(col(OutboxMail.created_at), col(OutboxMail.id))
            .limit(_BATCH)
        )
        mails = session.exec(due).all()
    sent = 0
    for mail in mails:
        try:
            _deliver(platform, _message(platform, mail, now))
        except Exception as failure:  # whatever is wrong with one mail, the others leave, and an administrator sees it
            kind = type(failure).__name__
            log.warning("mail.failed", mail=mail.id, attempts=mail.attempts + 1, error=kind)
            later = now + timedelta(minutes=2**mail.attempts)
            error = (str(failure) or kind)[:300]
            _mark(platform, mail, {"attempts": mail.attempts + 1, "error": error, "not_before": later})
        else:
            sent += 1
            _mark(platform, mail, {"sent_at": now, "attempts": mail.attempts + 1, "error": ""})
    return sent


def _message(platform: Platform, mail: OutboxMail, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = platform.settings.mail_sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@aap>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    for attachment in mail.attachments:
        main, _, sub = attachment["content_type"].partition("/")
        content = platform.files.read(attachment["sha256"])
        message.add_attachment(content, maintype=main, subtype=sub, filename=attachment["name"])
    return message


def _deliver(platform: Platform, message: EmailMessage) -> None:
    settings = platform.settings
    if not settings.smtp_host:
        folder = settings.mail_folder
        folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        (folder / f"{name}.eml").write_bytes(bytes(message))
        return
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=30) as server:
        if settings.smtp_tls:
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)


def _mark(platform: Platform, mail: OutboxMail, values: dict[str, object]) -> None:
    done = "sent_at" in values or values["attempts"] == MOST_ATTEMPTS
    if done and mail.erased_when_done:
        values = {**values, "body": ""}
    with platform.database.writing() as session:
        session.execute(update(OutboxMail).where(col(OutboxMail.id) == mail.id).values(**values))
