"""What happens to accounts goes into the audit log, and sign-in into the person's row. No e-mail in clear anywhere."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, current_app, g
from flask import session as cookie
from flask_security import (
    change_email_confirmed,
    password_changed,
    password_reset,
    user_authenticated,
    user_confirmed,
    user_registered,
)

from aap.documents.mail_texts import Mail
from aap.identity import browser_sessions, mails
from aap.records.people import SessionEnd
from aap.services import sessions
from aap.services.account import accounts
from aap.services.actor import Actor
from aap.services.outbox import send_mail
from aap.services.platform import Platform

log = structlog.get_logger(__name__)


def record_refused_sign_in(person_id: str, way: str) -> None:
    """A wrong password."""
    platform: Platform = current_app.extensions["aap.platform"]
    with platform.database.writing() as session:
        accounts.note_account_event(
            session, person_id=person_id, action="person.sign_in_refused", now=platform.clock(), after={"way": way}
        )
    log.info("sign_in.refused", person=person_id)


def listen(app: Flask, platform: Platform, datastore: Any) -> None:
    """Connects Flask-Security's signals of this application."""

    def note(person: Any, action: str, **after: Any) -> None:
        with platform.database.writing() as session:
            accounts.note_account_event(session, person_id=person.id, action=action, now=platform.clock(), after=after)

    def note_password(person: Any, action: str) -> None:
        """Every other session of the person ends with the old password."""
        here, now = browser_sessions.current_session(), platform.clock()
        keep = here.id if here is not None and here.person_id == person.id else ""
        with platform.database.writing() as session:
            accounts.note_account_event(session, person_id=person.id, action=action, now=now)
            sessions.end_sessions(
                session,
                person_id=person.id,
                why=SessionEnd.PASSWORD,
                actor=Actor(person.id, "", ""),
                now=now,
                keep=keep,
            )

    def signed_in(_app: Flask, user: Any, authn_via: list[str], **_rest: Any) -> None:
        cookie.pop("csrf_token", None)  # a form token known before sign-in is worth nothing after
        g.pop("csrf_token", None)
        g.pop("actor", None)
        browser_sessions.begin(user.id, again=authn_via == ["change"])
        if authn_via == ["change"]:
            return
        with platform.database.writing() as session:
            accounts.note_sign_in(session, person_id=user.id, way=authn_via[0], now=platform.clock())
        log.info("sign_in.done", person=user.id, way=authn_via[0])

    def registered(_app: Flask, user: Any, **_rest: Any) -> None:
        datastore.commit()  # the account stands before its mail leaves
        note(user, "person.registered")

    def confirmed(_app: Flask, user: Any, **_rest: Any) -> None:
        datastore.commit()
        note(user, "person.email_confirmed")

    def reset(_app: Flask, user: Any, **_rest: Any) -> None:
        if user.confirmed_at is None:  # the mailed link proved the address
            user.confirmed_at = platform.clock()
            datastore.put(user)
        datastore.commit()
        note_password(user, "person.password_reset")

    def changed(_app: Flask, user: Any, **_rest: Any) -> None:
        datastore.commit()
        note_password(user, "person.password_changed")

    def email_changed(_app: Flask, user: Any, old_email: str, **_rest: Any) -> None:
        datastore.commit()
        note(user, "person.email_changed")
        with platform.database.writing() as session:
            site = platform.settings.base_url.rstrip("/")
            send_mail(session, Mail.EMAIL_CHANGED, to=old_email, now=platform.clock(), values={"site": site})
        app.extensions[mails.WAKE]()

    for signal, receiver in (
        (user_authenticated, signed_in),
        (user_registered, registered),
        (user_confirmed, confirmed),
        (password_reset, reset),
        (password_changed, changed),
        (change_email_confirmed, email_changed),
    ):
        signal.connect(receiver, app, weak=False)
