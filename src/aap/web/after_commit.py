"""What follows a commit can't turn its answer: what is stored is stored, and whoever stored it is told so.

Waking the worker, the session's row, counters of limits: where one of them fails after a commit (a disk that has just
filled up), it is logged and the answer leaves as it was made. What was to be woken is found by the sweep of every minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, Response, g, has_request_context, request
from flask.sessions import SessionInterface

log = structlog.get_logger(__name__)

_READING = ("GET", "HEAD", "OPTIONS")


def note_stored() -> None:
    """This request has committed something."""
    if has_request_context():
        g.stored = True


def follow(step: Callable[[], object], name: str) -> None:
    """Does what follows a commit."""
    try:
        step()
    except Exception:
        log.exception("after_commit.failed", step=name)


def _answer_is_made() -> bool:
    """Whether the answer stands whatever follows: something is stored, or nothing was to be."""
    return bool(g.get("stored")) or request.method in _READING


class Application(Flask):
    """Flask, where what runs after the view leaves an answer alone that is made."""

    def after_request(self, f: Any) -> Any:
        def step(response: Response) -> Response:
            try:
                answer: Response = f(response)
            except Exception:
                if not _answer_is_made():
                    raise
                log.exception("after_request.failed", step=getattr(f, "__name__", ""))
                return response
            return answer

        super().after_request(step)
        return f

    def do_teardown_request(self, *args: Any, **values: Any) -> None:
        follow(lambda: super(Application, self).do_teardown_request(*args, **values), "teardown")

    def do_teardown_appcontext(self, *args: Any, **values: Any) -> None:
        follow(lambda: super(Application, self).do_teardown_appcontext(*args, **values), "teardown")


class KeptSessions(SessionInterface):
    """The application's own way of keeping sessions, which can't turn an answer either."""

    def __init__(self, inner: SessionInterface) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def open_session(self, app: Flask, request: Any) -> Any:
        return self.inner.open_session(app, request)

    def is_null_session(self, obj: object) -> bool:
        return self.inner.is_null_session(obj)

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        try:
            self.inner.save_session(app, session, response)
        except Exception:
            if not _answer_is_made():
                raise
            log.exception("session.not_saved")
