"""Sign-in, e-mail confirmation and reset of the password, by Flask-Security.

It commits and loads its user by itself: it has a session of its own, and the rest of the code gets a plain actor.
"""

from aap.identity.accounts import ENDPOINTS, OWN_ENDPOINTS, Entry, current_person_id, init_app, sign_in
from aap.identity.factors import begin_session_anew, end_session, freshly, issuer, passed
from aap.identity.passwords import hash_password, weakness

__all__ = [
    "ENDPOINTS",
    "OWN_ENDPOINTS",
    "Entry",
    "begin_session_anew",
    "current_person_id",
    "end_session",
    "freshly",
    "hash_password",
    "init_app",
    "issuer",
    "passed",
    "sign_in",
    "weakness",
]
