"""Flask-Security's mails go into our outbox, in our words (templates/mail/identity_*.txt)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app
from flask_security import EmailValidateException, MailUtil

from aap.core.identifiers import BadEmail, read_email
from aap.documents.mail_texts import Mail
from aap.services.outbox import send_mail
from aap.services.platform import Platform

TEMPLATES = {
    "SECURITY_REGISTER_EMAIL_TEMPLATE": Mail.WELCOME,
    "SECURITY_REGISTER_EMAIL_EXISTING_TEMPLATE": Mail.KNOWN_ADDRESS,
    "SECURITY_EMAIL_TEMPLATE_CONFIRM": Mail.CONFIRM_EMAIL,
    "SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET": Mail.RESET_PASSWORD,
    "SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": Mail.PASSWORD_CHANGED,
    "SECURITY_EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": Mail.PASSWORD_CHANGED,
    "SECURITY_CHANGE_EMAIL_EMAIL_TEMPLATE": Mail.CHANGE_EMAIL,
}
WAKE = "aap.identity.wake"
"""Key of the application's extensions: what to call when a mail waits."""

_LINKS = ("confirmation_link", "reset_link", "recovery_link", "link")


def public_link(base_url: str, link: str) -> str:
    """The link under the public address, whatever host name the request claimed. Empty stays empty."""
    if not link:
        return ""
    parts = urlsplit(link)
    query = f"?{parts.query}" if parts.query else ""
    return f"{base_url.rstrip('/')}{parts.path}{query}"


class OutboxMails(MailUtil):
    """Writes the mail into the outbox. Subject and body given by Flask-Security are not used."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def normalize(self, email: str) -> str:
        """In lower case, as accounts keep it."""
        return str(super().normalize(email)).lower()

    def validate(self, email: str) -> str:
        try:
            read_email(email)
        except BadEmail as bad:
            if bad.slip:
                raise EmailValidateException(bad.slip) from bad
        return str(super().validate(email)).lower()

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: Any, html: Any, **context: Any
    ) -> None:
        platform: Platform = current_app.extensions["aap.platform"]
        base = platform.settings.base_url
        values = {name: public_link(base, context.get(name, "") or "") for name in _LINKS}
        with platform.database.writing() as session:
            send_mail(
                session,
                Mail(template),
                to=str(recipient),
                now=platform.clock(),
                values={**values, "site": base.rstrip("/")},
            )
        current_app.extensions[WAKE]()
