"""What happens to accounts goes into the audit log, and sign-in into the person's row. No e-mail in clear anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, current_app, flash, g, request
from flask import session as cookie
from flask_babel import ngettext
from flask_security import (
    change_email_confirmed,
    password_changed,
    password_reset,
    user_authenticated,
    user_confirmed,
    user_registered,
    wan_registered,
)
from sqlmodel import Session

from aap.documents.mail_texts import Mail
from aap.identity import browser_sessions, factors, mails
from aap.records.people import SessionEnd
from aap.services.account import accounts, second_factor
from aap.services.actor import Actor
from aap.services.digests import follow_address
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.platform import Platform

log = structlog.get_logger(__name__)


def record_refused_sign_in(person_id: str, way: str) -> None:
    """A wrong password, or a wrong code."""
    platform: Platform = current_app.extensions["aap.platform"]
    with platform.database.writing() as session:
        accounts.note_account_event(
            session, person_id=person_id, action="person.sign_in_refused", now=platform.clock(), after={"way": way}
        )
    log.info("sign_in.refused", person=person_id)


def listen(app: Flask, platform: Platform, links: Links, datastore: Any) -> None:
    """Connects Flask-Security's signals of this application."""

    def keep(person: Any, action: str, also: Callable[[Session], None] | None = None) -> None:
        """What Flask-Security changed of an account stands with its line in the log, and what `also` writes, or not at all."""

        def write(session: Session) -> None:
            accounts.note_account_event(session, person_id=person.id, action=action, now=platform.clock())
            if also is not None:
                also(session)

        datastore.commit_with(str(person.id), write)

    def keep_password(person: Any, action: str) -> None:
        """Every other session of the person ends with the old password."""
        keep(person, action, lambda held: browser_sessions.end_others(held, str(person.id), why=SessionEnd.PASSWORD))

    def signed_in(_app: Flask, user: Any, authn_via: list[str] | None, **_rest: Any) -> None:
        if browser_sessions.whose_session_ended() != str(
            user.id
        ):  # else the forms that are open go on, for the same person
            cookie.pop("csrf_token", None)  # a form token known before sign-in is worth nothing after
            g.pop("csrf_token", None)
        g.pop("actor", None)
        browser_sessions.begin(user.id, again=authn_via == ["change"])
        if authn_via == ["change"]:
            return
        # Flask-Security names no way where a second factor ends the signing in; a passkey alone is both.
        way = authn_via[0] if authn_via else factors.WAYS.get(request.endpoint or "", "second_factor")
        cookie.pop(factors.PASSED, None)
        if not authn_via or authn_via == ["webauthn"]:
            cookie[factors.PASSED] = True
        now = platform.clock()
        with platform.database.writing() as session:
            accounts.note_sign_in(session, person_id=user.id, way=way, now=now)
            if way == "recovery_code":
                actor = Actor(str(user.id), "", "")
                second_factor.note_factor(session, links, actor=actor, what="recovery_code_used", now=now)
                left = second_factor.factors_of(session, str(user.id)).codes_left
        if way == "recovery_code":
            app.extensions[mails.WAKE]()
            flash(_codes_left(left), "warning")
        log.info("sign_in.done", person=user.id, way=way)

    def registered(_app: Flask, user: Any, **_rest: Any) -> None:
        keep(user, "person.registered")  # the account stands before its mail leaves

    def confirmed(_app: Flask, user: Any, **_rest: Any) -> None:
        keep(user, "person.email_confirmed")

    def reset(_app: Flask, user: Any, **_rest: Any) -> None:
        if user.confirmed_at is None:  # the mailed link proved the address
            user.confirmed_at = platform.clock()
            datastore.put(user)
        keep_password(user, "person.password_reset")

    def changed(_app: Flask, user: Any, **_rest: Any) -> None:
        keep_password(user, "person.password_changed")

    def email_changed(_app: Flask, user: Any, old_email: str, **_rest: Any) -> None:
        def tell(session: Session) -> None:
            values = {"site": platform.settings.base_url.rstrip("/")}
            send_mail(session, Mail.EMAIL_CHANGED, to=old_email, now=platform.clock(), values=values)
            follow_address(session, old_email, user.email)

        keep(user, "person.email_changed", tell)
        app.extensions[mails.WAKE]()

    def passkey_added(_app: Flask, user: Any, **_rest: Any) -> None:
        person_id, now = str(user.id), platform.clock()
        with platform.database.reading() as session:
            first = not second_factor.has_factor(session, person_id)
        actor = Actor(person_id, "", "")
        datastore.commit_with(
            person_id,
            lambda session: second_factor.note_factor(session, links, actor=actor, what="passkey_added", now=now),
        )
        app.extensions[mails.WAKE]()
        if first:
            factors.begin_session_anew()

    listening = (
        (user_authenticated, signed_in),
        (user_registered, registered),
        (user_confirmed, confirmed),
        (password_reset, reset),
        (password_changed, changed),
        (change_email_confirmed, email_changed),
        (wan_registered, passkey_added),
    )
    for signal, receiver in listening:
        signal.connect(receiver, app)
    # Signals hold their receivers weakly: these end with their application, which they would else keep for ever.
    app.extensions["aap.sign_in_journal"] = listening


def _codes_left(number: int) -> str:
    return ngettext(
        "Ce code de secours ne servira plus. Il vous en reste %(num)s.",
        "Ce code de secours ne servira plus. Il vous en reste %(num)s.",
        number,
    )
