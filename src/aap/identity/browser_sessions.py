"""Flask-Login's cookie on our rows: it carries a random token, and every request asks for the session of that token.

What Flask-Security writes into the cookie about it (that a password was just given, that the box to stay signed in was
ticked) goes into the row and out of the cookie, so that a copied cookie knows nothing that the row doesn't.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from flask import session as cookie
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from aap.identity.devices import device_of
from aap.records.people import SessionEnd, UserSession
from aap.services import sessions
from aap.services.actor import Actor
from aap.services.mailed_tokens import token_hash
from aap.services.platform import Platform

log = structlog.get_logger(__name__)

_TOKEN = "_user_id"  # Flask-Login's name  # noqa: S105
_GIVEN_AT = "fs_paa"  # Flask-Security's: when a password or a passkey was given
_REMEMBER = "_remember"  # Flask-Login's: the box to stay signed in was ticked


def current_session() -> UserSession | None:
    """The open session of this request's browser."""
    held: UserSession | None = g.get("user_session")
    return held


def whose_session_ended() -> str | None:
    """Whose session the browser had, where it is over: a person's id. None where it has one, or never had."""
    found: str | None = g.get("session_over_of")
    return found


def confirm() -> None:
    """Who is signed in just proved who they are: the row says so when the answer leaves."""
    g.session_confirmed = True
    row = current_session()
    if row is not None:
        row.confirmed_at = _platform().clock()


def begin(person_id: str, *, again: bool) -> None:
    """Opens a session for whom Flask-Security let in. `again`: the same person goes on with a new token."""
    platform, before = _platform(), g.pop("user_session", None)
    remembered = cookie.pop(_REMEMBER, None) == "set" or (again and before is not None and before.remembered)
    cookie.pop(_GIVEN_AT, None)
    now = platform.clock()
    with platform.database.writing() as session:
        if before is not None:
            holder = Actor(before.person_id, "", "")
            sessions.end_one_session(session, session_id=before.id, why=SessionEnd.REPLACED, actor=holder, now=now)
        token, row = sessions.begin_session(
            session, person_id=person_id, device=device_of(request), remembered=remembered, now=now
        )
    cookie[_TOKEN] = token
    cookie.permanent = row.remembered
    g.user_session = row


def end_others(session: Session, person_id: str, *, why: SessionEnd) -> None:
    """Ends every session of a person but this browser's, who changed how they sign in."""
    platform, here = _platform(), current_session()
    keep = here.id if here is not None and here.person_id == person_id else ""
    by = Actor(person_id, "", "")
    sessions.end_sessions(session, person_id=person_id, why=why, actor=by, now=platform.clock(), keep=keep)


def watch_sessions(app: Flask, platform: Platform, account: Any) -> None:
    """Puts the sessions under Flask-Login. `account`: the class that Flask-Security knows a person by."""

    asked = (  # made once: every request asks it
        select(account, UserSession)
        .join(UserSession, col(UserSession.person_id) == account.id)
        .where(col(UserSession.token_hash) == bindparam("token_hash"), account.active.is_(True))
    )

    def load(token: str) -> Any:
        """The account of an open session; one query."""
        with platform.database.reading() as session:
            found = session.execute(asked, {"token_hash": token_hash(token)}).first()
        if found is None:
            return None
        user, row = found
        now = platform.clock()
        if not sessions.is_alive(row, platform.settings, now):
            g.session_over_of = row.person_id
            return None
        g.user_session = row
        g.fs_authn_via = "session"
        g.fs_paa = time.time() - (now - row.confirmed_at).total_seconds()
        return user

    @app.after_request
    def note_use(response: Response) -> Response:
        row = current_session()
        if row is None:
            return response
        if _TOKEN not in cookie:  # let go in this request: signed out
            _sign_out(platform, g.pop("user_session"))
            return response
        if cookie.pop(_GIVEN_AT, None) is not None:
            confirm()
        now = platform.clock()
        confirmed = g.pop("session_confirmed", False)
        if confirmed or (now - row.last_seen_at >= sessions.NOTED_EVERY and not _asked_by_a_script()):
            values = {"last_seen_at": now, **({"confirmed_at": now} if confirmed else {})}
            _write(platform, row.id, values, wait=confirmed)
        return response

    app.login_manager.user_loader(load)  # type: ignore[attr-defined]


def _sign_out(platform: Platform, row: UserSession) -> None:
    by, now = Actor(row.person_id, "", ""), platform.clock()
    with platform.database.writing() as session:
        sessions.end_one_session(session, session_id=row.id, why=SessionEnd.SIGNED_OUT, actor=by, now=now)


def _write(platform: Platform, session_id: str, values: dict[str, Any], *, wait: bool) -> None:
    """Notes the use of a session. Who only reads a page waits for no writer, and no full disk takes the page away: what
    isn't noted now is noted by the next page."""
    try:
        with platform.database.noting(patient=wait) as connection:
            connection.execute(
                update(UserSession)
                .where(col(UserSession.id) == session_id, col(UserSession.ended_at).is_(None))
                .values(**values)
            )
    except SQLAlchemyError as error:
        log.warning("session.use_not_noted", error=type(error).__name__)


def _asked_by_a_script() -> bool:
    """A page that follows a job asks by itself: nobody uses it."""
    return request.method == "GET" and request.accept_mimetypes.best == "application/json"


def _platform() -> Platform:
    held: Platform = current_app.extensions["aap.platform"]
    return held
