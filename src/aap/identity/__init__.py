"""Sign-in, e-mail confirmation and reset of the password, by Flask-Security.

It commits and loads its user by itself: it has a session of its own, and the rest of the code gets a plain actor.
"""

from aap.identity.accounts import (
    ENDPOINTS,
    OWN_ENDPOINTS,
    Entry,
    confirm_by_password,
    current_person_id,
    has_password,
    init_app,
    sign_in,
)
from aap.identity.browser_sessions import current_session, whose_session_ended
from aap.identity.factors import begin_session_anew, end_session, freshly, issuer, passed
from aap.identity.passwords import hash_password, weakness

__all__ = [
    "ENDPOINTS",
    "OWN_ENDPOINTS",
    "Entry",
    "begin_session_anew",
    "confirm_by_password",
    "current_person_id",
    "current_session",
    "end_session",
    "freshly",
    "has_password",
    "hash_password",
    "init_app",
    "issuer",
    "passed",
    "sign_in",
    "weakness",
    "whose_session_ended",
]
