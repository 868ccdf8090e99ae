"""Tokens of mailed links and of sessions: the token leaves in the mail or the cookie, its hash alone is kept."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 bits from the system's source, as text for an address or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
