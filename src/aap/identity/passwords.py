"""Hashes of passwords (argon2id), as Flask-Security checks them: also for accounts made by commands."""

from __future__ import annotations

import base64
import hashlib
import hmac

from argon2 import PasswordHasher

PEPPER = "aap"
"""Salt of the HMAC before the hash; argon2 has its own random salt besides."""


def hash_password(password: str) -> str:
    """The stored form. The HMAC-SHA512 before argon2 is Flask-Security's `SECURITY_PASSWORD_SALT` step."""
    digest = hmac.new(PEPPER.encode(), password.encode(), hashlib.sha512).digest()
    return PasswordHasher().hash(base64.b64encode(digest))
