"""How often one may try to sign in, register or ask for a mail: by address of the network, and by account asked for.

No account is ever locked: that would let anybody shut out anybody. Too many tries at a password slow down that account's
password for some minutes; signing in by an e-mailed link stays open.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Flask, Response, request
from flask import session as cookie
from flask_limiter import Limiter

from aap.identity import current_person_id

TRIES: dict[str, tuple[str, str]] = {
    # endpoint: (limit for one network address, limit for one account)
    "security.login": ("60 per 5 minutes", "10 per 5 minutes"),
    "security.register": ("20 per hour", "3 per hour"),
    "security.forgot_password": ("20 per hour", "5 per hour"),
    "security.send_confirmation": ("20 per hour", "5 per hour"),
    "security.change_email": ("20 per hour", "10 per hour"),
    "security.change_password": ("30 per hour", "20 per hour"),
    "security.verify": ("30 per 5 minutes", "10 per 5 minutes"),
    "account.confirm": ("30 per 5 minutes", "10 per 5 minutes"),
    "security.two_factor_token_validation": ("60 per 15 minutes", "5 per 15 minutes"),
    "security.mf_recovery": ("60 per 15 minutes", "5 per 15 minutes"),
    "security.wan_signin_response": ("60 per 5 minutes", "60 per 5 minutes"),
    "account.ask_link": ("20 per hour", "5 per hour"),
    "association.invite": ("60 per hour", "5 per hour"),
    "association.claim": ("20 per hour", "20 per hour"),
    "association.prove": ("20 per hour", "20 per hour"),
}


def account_key() -> str:
    """The account that is asked for, unreadable; the network's address where none is named. Who is signed in says who they
    are by that: what a form that waits calls `email` is somebody else's."""
    if request.endpoint == "account.confirm":
        return current_person_id() or ""
    email = request.form.get("email", "").strip().lower() or cookie.get("tf_user_id", "")  # known by its first factor
    return hashlib.sha256(email.encode()).hexdigest() if email else request.remote_addr or ""


CHECKED = frozenset(
    {
        "security.login",
        "security.verify",
        "account.confirm",
        "security.two_factor_token_validation",
        "security.mf_recovery",
    }
)
"""Where a right password costs no try: many people behind one network address may sign in at the same hour."""


def form_came_back(answer: Response) -> bool:
    """Whether the form came back instead of leading on."""
    return answer.status_code not in (302, 303, 307)


def init_limits(app: Flask, limiter: Limiter) -> None:
    app.extensions["aap.limiter"] = limiter  # the limited views hold it only weakly
    for endpoint, (by_network, by_account) in TRIES.items():
        view: Any = app.view_functions[endpoint]
        when = form_came_back if endpoint in CHECKED else None
        view = limiter.limit(by_network, methods=["POST"], deduct_when=when)(view)
        limit = limiter.limit(by_account, methods=["POST"], key_func=account_key, deduct_when=when)
        app.view_functions[endpoint] = limit(view)
