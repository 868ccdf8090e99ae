"""The page that a visitor asked for before signing in: found again after a new account, a mailed link or a password.

Signing in by password carries it in its address; the other ways pass through a mail, so it waits in the cookie.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import session as cookie

_KEY = "wanted"
VALID_FOR = timedelta(days=1)


def remember(path: str, now: datetime) -> None:
    """`path`: of a page of this application, with its query."""
    if len(path) <= 300:
        cookie[_KEY] = [path, int(now.timestamp())]


def take(now: datetime) -> str | None:
    """The page, once; None where there is none or it is too long ago."""
    path, at = cookie.pop(_KEY, None) or (None, 0)
    return path if now.timestamp() - at <= VALID_FOR.total_seconds() else None
