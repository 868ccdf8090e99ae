"""Sends the mails of the outbox: by SMTP, many over one connection, or as files into a folder.

Each mail is claimed before the server hears of it (`services.workers`) and settled right after: when a worker is killed, only
the mail that was on the wire may arrive twice, with the same Message-ID.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import case
from sqlmodel import Session, col, select

from aap.documents.mail_html import html_of
from aap.documents.mail_texts import Mail, plain
from aap.records.outbox import OutboxMail
from aap.services.platform import Platform
from aap.services.workers import claim_mail, let_go, mail_is_due, settle_mail
from aap.settings import Settings

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12
"""Over almost three days: each wait is twice as long as the one before."""
NOT_SPOKEN_TO_AGAIN = timedelta(minutes=1)
"""How long the mails wait that follow one for which the server could not be reached."""
SITE = "Appels à projets"
"""The sender's name where neither a call nor a setting gives one."""
_HEADER_LINE = 76  # letters of a line in a mail's head, at most (RFC 2047, 2)
_IDLE = 20.0  # seconds that a connection is kept for the next mail


class _Unsendable(Exception):
    """The mail can't be sent to this address by this server, today or later."""


class _Unreachable(Exception):
    """The server can't be spoken to: it isn't about this mail."""


class Mailer:
    """A connection to the SMTP server, opened for the first mail and kept for the next ones. One thread's."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._server: smtplib.SMTP | None = None
        self._used = 0.0

    def deliver(self, mail: OutboxMail, message: EmailMessage) -> None:
        """Hands one mail over. Raises _Unsendable, _Unreachable, or what smtplib raises about this mail."""
        if not self.settings.smtp_host:
            self._write(mail, message)
            return
        server = self._connected()
        sender = parseaddr(self.settings.mail_sender)[1]
        address, international = _address(mail.recipient)
        if international and not server.has_extn("smtputf8"):
            raise _Unsendable("the SMTP server takes no address with letters like these before the @")
        message["To"] = address
        try:
            server.send_message(message, sender, [address])
        except smtplib.SMTPServerDisconnected:
            self.close()
            raise
        self._used = time.monotonic()

    def close(self) -> None:
        """Says goodbye where the server still listens."""
        server, self._server = self._server, None
        if server is None:
            return
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()

    def _write(self, mail: OutboxMail, message: EmailMessage) -> None:
        folder = self.settings.mail_folder
        folder.mkdir(parents=True, exist_ok=True)
        message["To"] = _address(mail.recipient)[0]
        (folder / f"{mail.id}.eml").write_bytes(bytes(message))

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None and (time.monotonic() - self._used > _IDLE or not self._listens(self._server)):
            self.close()
        if self._server is None:
            try:
                self._server = connect(self.settings)
            except (OSError, smtplib.SMTPException) as error:
                raise _Unreachable(_said(error) or type(error).__name__) from error
        return self._server

    @staticmethod
    def _listens(server: smtplib.SMTP) -> bool:
        try:
            return server.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False


def connect(settings: Settings) -> smtplib.SMTP:
    """A connection on which mails can be sent: TLS and password as the settings say. Raises OSError, SMTPException."""
    host, port, patience = settings.smtp_host, settings.smtp_port, settings.smtp_timeout
    context = None if settings.smtp_tls == "off" else ssl.create_default_context(cafile=settings.smtp_ca_file)
    server: smtplib.SMTP
    if settings.smtp_tls == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=patience, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=patience)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def due_mails(session: Session, *, now: datetime, most: int = 200) -> list[tuple[str, str]]:
    """Ids and kinds of the mails that somebody should send now, the urgent ones first, then the oldest."""
    kind = col(OutboxMail.kind)
    urgent = case((kind.startswith("identity_", autoescape=True) | (kind == Mail.RECEIPT), 0), else_=1)
    due = select(OutboxMail.id, OutboxMail.kind).where(mail_is_due(now))
    ordered = due.order_by(urgent, col(OutboxMail.created_at), col(OutboxMail.id)).limit(most)
    return [(id, kind) for id, kind in session.exec(ordered)]


def send_mails(
    platform: Platform, ids: Sequence[str], mailer: Mailer, *, stop: Callable[[], bool] = lambda: False
) -> dict[str, timedelta]:
    """Sends those of these mails that are due and that nobody else sends. Gives those to try again, and after how long.

    Where the server can't be reached, one mail counts as tried and the ones after it wait for a minute. `stop`: asked
    between two mails; the rest is to be tried again at once, by another worker.
    """
    later: dict[str, timedelta] = {}
    domain = _domain(platform.settings)
    for number, mail_id in enumerate(ids):
        if stop():
            return {**later, **dict.fromkeys(ids[number:], timedelta(0))}
        mail = claim_mail(platform, mail_id, domain)
        if mail is None:
            continue
        try:
            mailer.deliver(mail, _message(platform, mail))
        except Exception as failure:  # whatever is wrong with one mail, the others leave, and an administrator sees it
            wait = _settle_failure(platform, mail, failure)
            if wait is not None:
                later[mail_id] = wait
            if isinstance(failure, _Unreachable):
                return {**dict.fromkeys(ids[number + 1 :], NOT_SPOKEN_TO_AGAIN), **later}
        else:
            settle_mail(platform, mail.id, sent_at=platform.clock(), error="")
        finally:
            let_go(mail.id)
    return later


def _settle_failure(platform: Platform, mail: OutboxMail, failure: Exception) -> timedelta | None:
    """Writes down why, and when it is tried again: never where the server (or the address) says that it is no use."""
    now = platform.clock()
    gives_up = _is_permanent(failure) or mail.attempts >= MOST_ATTEMPTS
    wait = timedelta(minutes=2 ** (mail.attempts - 1))
    kind = type(failure).__name__.lstrip("_")
    log.warning("mail.failed", mail=mail.id, attempts=mail.attempts, error=kind, given_up=gives_up)
    settle_mail(
        platform,
        mail.id,
        error=(_said(failure) or kind)[:300],
        not_before=now + wait,
        given_up_at=now if gives_up else None,
    )
    return None if gives_up else wait


def _is_permanent(failure: Exception) -> bool:
    """Codes from 500 on are final (RFC 5321, 4.2.1) where they are about the recipient or the message."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in failure.recipients.values())
    if isinstance(failure, smtplib.SMTPDataError):
        return failure.smtp_code >= 500
    return isinstance(failure, _Unsendable)


def _said(failure: Exception) -> str:
    """The server's own words, with its code."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return " ".join(f"{code} {_text(words)}" for code, words in failure.recipients.values())
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"{failure.smtp_code} {_text(failure.smtp_error)}"
    return str(failure)


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _address(recipient: str) -> tuple[str, bool]:
    """The address as servers take it, and whether it needs SMTPUTF8 (RFC 6531).

    A domain is written in its ASCII form (IDNA: `xn--…`), which every server on the way takes; letters outside ASCII before
    the @ have no such form.
    """
    if recipient.isascii():
        return recipient, False
    try:
        checked = validate_email(recipient, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise _Unsendable(str(error)) from error
    if checked.ascii_email is not None:
        return checked.ascii_email, False
    return f"{checked.local_part}@{checked.ascii_domain}", True


def _domain(settings: Settings) -> str:
    """Of the sender: identifiers of messages end in it."""
    _name, _, domain = parseaddr(settings.mail_sender)[1].rpartition("@")
    return domain or "aap"


def _message(platform: Platform, mail: OutboxMail) -> EmailMessage:
    """Everything but to whom."""
    message = EmailMessage()
    message.set_raw("From", _sender(platform.settings, mail.sender))
    message.set_raw("Subject", _encoded(mail.subject, "Subject"))
    message["Date"] = format_datetime(platform.clock())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain(mail.body))
    message.add_alternative(html_of(mail.subject, mail.body, site=platform.settings.base_url), subtype="html")
    for attachment in mail.attachments:
        main, _, sub = attachment["content_type"].partition("/")
        content = platform.files.read(attachment["sha256"])
        message.add_attachment(content, maintype=main, subtype=sub, filename=attachment["name"])
    if mail.calendar:
        message.add_attachment(mail.calendar, subtype="calendar", params={"method": "PUBLISH"}, filename="agenda.ics")
    return message


def _encoded(words: str, header: str) -> str:
    """In lines of a mail's head (RFC 2047). What `email` writes by itself loses spaces between two of them, and cuts letters in
    two, up to Python 3.12. Raises ValueError for a line break: nobody writes another header."""
    if "\n" in words or "\r" in words:
        raise ValueError(f"{header}: more than one line")
    if words.isascii() and len(words) < _HEADER_LINE - len(header):
        return words
    return Header(words, "utf-8", maxlinelen=_HEADER_LINE, header_name=header).encode()


def _sender(settings: Settings, name: str) -> str:
    """The setting's address, in the name of a call's authority, of the setting, or of the site."""
    own, address = parseaddr(settings.mail_sender)
    said = name or own or settings.publisher or SITE
    encoded = _encoded(said, "From")
    return formataddr((said, address)) if encoded == said else f"{encoded}\n <{address}>"
