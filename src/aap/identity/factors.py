"""Authenticator, passkeys and recovery codes, as Flask-Security asks for them; what they rest on is a service's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext
from flask_security import (
    MfRecoveryCodesUtil,
    Totp,
    WebAuthnMixin,
    WebauthnUtil,
    auth_required,
    current_user,
    login_user,
    logout_user,
)
from flask_security.utils import get_url
from sqlalchemy.orm import registry

from aap.identity import browser_sessions
from aap.records.people import SessionEnd
from aap.records.second_factors import Passkey
from aap.services.account import second_factor
from aap.services.platform import Platform
from aap.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])

PASSED = "second_factor"
"""Key of the session: its person gave a second factor when signing in, or set one up since."""

_CHALLENGE = "passkey_challenge"

CODE, CHOICE, RECOVERY = "security.two_factor_token_validation", "security.tf_select", "security.mf_recovery"
PASSKEY, PASSKEY_ANSWER = "security.wan_signin", "security.wan_signin_response"
NEW_PASSKEY, NEW_PASSKEY_ANSWER = "security.wan_register", "security.wan_register_response"

ENDPOINTS = (CODE, CHOICE, RECOVERY, PASSKEY, PASSKEY_ANSWER)
"""Views of the second step of signing in, and of signing in by passkey."""

OWN_ENDPOINTS = (NEW_PASSKEY, NEW_PASSKEY_ANSWER, "security.wan_verify", "security.wan_verify_response")

UNUSED = (
    "security.two_factor_setup",
    "security.two_factor_setup_validate",
    "security.two_factor_rescue",
    "security.mf_recovery_codes",
    "security.wan_delete",
)
"""Views of Flask-Security in whose place the account has pages of its own: they answer like missing ones."""

_ANSWERS = (PASSKEY_ANSWER, NEW_PASSKEY_ANSWER, "security.wan_verify_response")

WAYS = {CODE: "code", RECOVERY: "recovery_code", PASSKEY_ANSWER: "passkey"}
"""Endpoint of a second step → how the journal calls it."""


class BothUses(str):
    """Flask-Security files a passkey as a first factor or as a second one; each of ours serves as both."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return other in ("first", "secondary")


class PasskeyAccount(WebAuthnMixin):
    """A row of `passkey`, as Flask-Security wants it."""

    usage = BothUses("first")
    extensions = None

    def get_user_mapping(self) -> dict[str, Any]:
        return {"id": self.person_id}  # type: ignore[attr-defined]


_table = Passkey.__table__  # type: ignore[attr-defined]
registry().map_imperatively(PasskeyAccount, _table, properties={"lastuse_datetime": _table.c.last_used_at})


class Authenticator(Totp):
    """Checks codes by our table: each is taken once, one step early or late, and the secret is in its own column."""

    def __init__(self, secrets: object, issuer: str) -> None:
        self.issuer = issuer

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        platform = _platform()
        with platform.database.writing() as session:
            return second_factor.take_code(
                session, person_id=user.id, secret=totp_secret, code=token, now=platform.clock()
            )


class RecoveryCodes(MfRecoveryCodesUtil):
    """Checks recovery codes by our table, where they are hashes. Checking takes the code: nothing is left to delete."""

    def check_recovery_code(self, user: Any, code: str) -> bool:
        platform = _platform()
        with platform.database.writing() as session:
            taken = second_factor.take_recovery_code(session, person_id=user.id, code=code, now=platform.clock())
        if not taken:
            user.track_failed_authn("recovery_code", tfa=True)
        return taken

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        return True


class PasskeyRules(WebauthnUtil):
    """The site that passkeys are for is the public address, whatever host name a request claims."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Kept in the session too: an answer is taken from the browser that was asked, once."""
        challenge: str = super().generate_challenge(nbytes)
        cookie[_CHALLENGE] = challenge
        return challenge

    def origin(self) -> str:
        site = urlsplit(_platform().settings.base_url)
        return f"{site.scheme}://{site.netloc}"

    def authenticator_selection(self, user: Any, usage: str) -> Any:
        """Any device; one that asks who holds it, and can be found without a name, where it can do so."""
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        )

    def user_verification(self, user: Any, usage: list[str]) -> Any:
        """Alone, a passkey must be two factors: the device, and who holds it (finger, face, code). After a password: one."""
        from webauthn.helpers.structs import UserVerificationRequirement

        return (
            UserVerificationRequirement.DISCOURAGED if usage == ["secondary"] else UserVerificationRequirement.REQUIRED
        )


def configuration(settings: Settings) -> dict[str, Any]:
    """Settings of Flask-Security."""
    return {
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": [second_factor.AUTHENTICATOR],
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/connexion/code",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/connexion/second-facteur",
        "SECURITY_TWO_FACTOR_SETUP_URL": "/connexion/mise-en-place",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/connexion/code/perdu",
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TOTP_SECRETS": {
            "0": "none"
        },  # Flask-Security insists; the column keeps the secret, see Authenticator
        "SECURITY_TOTP_ISSUER": issuer(settings),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/connexion/code-de-secours",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/connexion/codes-de-secours",
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_ALLOW_AS_FIRST_FACTOR": True,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": True,
        "SECURITY_WAN_ALLOW_USER_HINTS": False,  # an address would tell who has an account
        "SECURITY_WAN_RP_NAME": issuer(settings),
        "SECURITY_WAN_NAME_ALLOWED_CHARS": ["L", "M", "N", "P", "Zs"],
        "SECURITY_INPUT_NORMALIZE_FORM": "NFC",  # a passkey keeps the name that its person typed
        "SECURITY_WAN_SIGNIN_URL": "/connexion/cle",
        "SECURITY_WAN_VERIFY_URL": "/verification/cle",
        "SECURITY_WAN_REGISTER_URL": "/compte/second-facteur/cle",
        "SECURITY_WAN_DELETE_URL": "/compte/second-facteur/cle/retrait",
        "SECURITY_WAN_POST_REGISTER_VIEW": "account.second_factor",
        "SECURITY_WAN_REGISTER_WITHIN": timedelta(minutes=10),
        "SECURITY_WAN_SIGNIN_WITHIN": timedelta(minutes=5),
    }


def issuer(settings: Settings) -> str:
    """How authenticators and browsers call this site."""
    return urlsplit(settings.base_url).hostname or "aap"


def init_factors(app: Flask, settings: Settings) -> None:
    """Once Flask-Security is on the application."""
    for endpoint in UNUSED:
        app.view_functions[endpoint] = lambda **_arguments: abort(404)
    validate = app.view_functions[CODE]

    def validate_code() -> Any:
        # Flask-Security would sign out who is signed in and follows a link here.
        return (
            redirect(get_url(app.config["SECURITY_POST_LOGIN_VIEW"])) if current_user.is_authenticated else validate()
        )

    app.view_functions[CODE] = validate_code

    for endpoint in _ANSWERS:
        app.view_functions[endpoint] = _once(app, endpoint)

    @app.before_request
    def as_flask_security_reads_it() -> None:
        endpoint = request.endpoint or ""
        if endpoint in ("security.login", CHOICE):
            # Where to go after the second step, if nothing else was asked for: it would be this page again.
            request.url = get_url(app.config["SECURITY_POST_LOGIN_VIEW"])
        elif endpoint.startswith("security.wan_"):
            _asked = request.url  # kept by the request as it is, for the way back from the password
            request.host = urlsplit(settings.base_url).netloc  # the name that passkeys are for


def _once(app: Flask, endpoint: str) -> Callable[..., Any]:
    """The view of a passkey's answer, for the browser that was asked, once."""
    view = app.view_functions[endpoint]

    def answered(token: str) -> Any:
        if _answers_what_was_asked(app, token):
            return view(token=token)
        message, kind = app.config["SECURITY_MSG_WEBAUTHN_EXPIRED"]
        flash(gettext(message), kind)
        return redirect(url_for(endpoint.removesuffix("_response")))

    return answered


def _answers_what_was_asked(app: Flask, token: str) -> bool:
    asked = cookie.pop(_CHALLENGE, None)
    valid, state = app.extensions["security"].wan_serializer.loads_unsafe(token)
    return bool(valid and asked and isinstance(state, dict) and state.get("challenge") == asked)


def passed() -> bool:
    """Whether a second factor was given in this session."""
    return bool(cookie.get(PASSED))


def begin_session_anew() -> None:
    """After a first factor: the other sessions, opened without one, end; this one counts as opened with it."""
    datastore = current_app.extensions["aap.identity"]
    account = datastore.find_user(id=str(current_user.id))
    datastore.set_uniquifier(account)
    datastore.commit()
    login_user(account, authn_via=["change"])
    with datastore.platform.database.writing() as session:
        browser_sessions.end_others(session, str(account.id), why=SessionEnd.FACTOR)
    cookie[PASSED] = True


def end_session() -> None:
    """Signs out."""
    logout_user()
    cookie.pop(PASSED, None)


def freshly(view: View) -> View:
    """Asks for the password (or a passkey) again where signing in is some time ago."""
    guarded: View = auth_required(
        "session",
        within=lambda: current_app.config["SECURITY_FRESHNESS"],
        grace=lambda: current_app.config["SECURITY_FRESHNESS_GRACE_PERIOD"],
    )(view)
    return guarded


def second_step(account: Any, *, via: str, remember: bool = False) -> Any:
    """Where the person gives the second factor, if there is one; None where signing in can be completed."""
    return current_app.extensions["security"].two_factor_plugins.tf_enter(account, remember, via, next_loc=None)


def _platform() -> Platform:
    platform: Platform = current_app.extensions["aap.platform"]
    return platform
