"""Links that are mailed to somebody: the token leaves in the mail, its hash alone is kept."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 bits from the system's source, as text for an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a mailed token."""
    return hashlib.sha256(token.encode()).hexdigest()
