"""Codes of an authenticator (TOTP, RFC 6238): six digits that change every thirty seconds."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from passlib.exc import TokenError
from passlib.totp import TOTP

STEP = 30
"""Seconds that a code stands for; the one before and the one after are taken too, for clocks that are not alike."""


def new_secret() -> str:
    """160 random bits in Base32, the length that RFC 4226 recommends."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def time_step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, of the present one and its neighbours; None where it is none of them."""
    try:
        return int(TOTP(key=secret, format="base32").match(code, time=now.timestamp(), window=STEP).counter)
    except TokenError:
        return None


def code_at(secret: str, now: datetime) -> str:
    """What an authenticator shows at this time."""
    return str(TOTP(key=secret, format="base32").generate(time=now.timestamp()).token)


def setup_address(secret: str, email: str, issuer: str) -> str:
    """What the picture holds: the `otpauth:` address that authenticators read."""
    label = quote(f"{issuer}:{email}", safe="@:")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def in_fours(secret: str) -> str:
    """The secret as a person types it, in groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
