"""Flask-Security on the table of people: its own mapping, its own session, French addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, request
from flask_babel import get_babel
from flask_security import RoleMixin, Security, SQLAlchemySessionUserDatastore, UserMixin, current_user, login_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import registry, scoped_session, sessionmaker
from sqlmodel import Session
from werkzeug.exceptions import Conflict, UnsupportedMediaType

from aap.identity import browser_sessions, factors, journal, mails, security_messages
from aap.identity.factors import PasskeyAccount
from aap.identity.forms import FORMS
from aap.identity.passwords import PEPPER, SHORTEST, PasswordRules, hashing_options
from aap.records.people import Person
from aap.records.second_factors import Passkey
from aap.records.session import WritingSession
from aap.records.types import new_id
from aap.services.actor import lock_people
from aap.services.page_links import Links
from aap.services.platform import Platform

ENDPOINTS = (
    "security.login",
    "security.logout",
    "security.register",
    "security.forgot_password",
    "security.reset_password",
    "security.send_confirmation",
    "security.confirm_email",
    "security.change_email_confirm",
    *factors.ENDPOINTS,
    *factors.UNUSED,
)
"""Views of Flask-Security that anybody may open."""

OWN_ENDPOINTS = ("security.change_password", "security.change_email", "security.verify", *factors.OWN_ENDPOINTS)
"""Views of Flask-Security about one's own account."""


class UserAccount(UserMixin):
    """A person, as Flask-Security wants it. Roles are ours (`aap.services.permissions`), not its."""

    roles: list[RoleMixin] = []  # noqa: RUF012  (never changed)

    @property
    def webauthn(self) -> list[PasskeyAccount]:  # type: ignore[override]  # read each time, never set
        """The person's passkeys, read when they are asked for."""
        datastore: AccountDatastore = current_app.extensions["aap.identity"]
        return datastore.passkeys_of(str(self.id))

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """A wrong password or code leaves a line in the audit log."""
        journal.record_refused_sign_in(str(self.id), auth_type)


class NoRole(RoleMixin):
    """Flask-Security asks for a role class; we have none."""

    name = ""


class AccountDatastore(SQLAlchemySessionUserDatastore):
    """Finds and writes accounts. E-mails are stored in lower case, and there are no roles to load.

    An account is read in a short session of its own and comes back detached, so that signing in never holds the
    database's writer while a page works; `put` takes it up again for `commit`.
    """

    def __init__(self, platform: Platform, session: Any) -> None:
        super().__init__(session, UserAccount, NoRole, PasskeyAccount)
        self.platform = platform

    def find_user(self, case_insensitive: bool = False, **fields: Any) -> UserAccount | None:
        if case_insensitive:
            fields = {name: str(value).lower() for name, value in fields.items()}
        with self.platform.database.reading() as session:
            found: UserAccount | None = session.execute(select(UserAccount).filter_by(**fields)).scalar_one_or_none()
            if found is not None:
                session.expunge(found)
        return found

    def passkeys_of(self, person_id: str) -> list[PasskeyAccount]:
        return self._passkeys(person_id=person_id)

    def find_webauthn(self, credential_id: bytes) -> PasskeyAccount | None:
        return next(iter(self._passkeys(credential_id=credential_id)), None)

    def _passkeys(self, **fields: Any) -> list[PasskeyAccount]:
        columns = Passkey.__table__.c  # type: ignore[attr-defined]
        with self.platform.database.reading() as session:
            found = session.execute(
                select(PasskeyAccount)
                .where(*(columns[name] == value for name, value in fields.items()))
                .order_by(columns.created_at, columns.id)
            )
            keys = list(found.scalars())
            session.expunge_all()
        return keys

    def create_webauthn(
        self,
        user: Any,
        credential_id: bytes,
        public_key: bytes,
        name: str,
        sign_count: int,
        usage: str,
        device_type: str,
        backup_state: bool,
        transports: list[str] | None = None,
        extensions: str | None = None,
        **_rest: Any,
    ) -> None:
        """What a passkey serves for (`usage`) and its `extensions` are not kept: it serves for all."""
        now = self.platform.clock()
        key: Any = PasskeyAccount()
        key.id, key.person_id, key.name = new_id(), str(user.id), name
        key.credential_id, key.public_key, key.sign_count = credential_id, public_key, sign_count
        key.device_type, key.backup_state = _plain(device_type), backup_state
        key.transports = [_plain(one) for one in transports or ()]
        key.created_at = key.lastuse_datetime = now
        self.put(key)

    def commit(self) -> None:
        """Raises Conflict where somebody took the same e-mail at the same moment."""
        self.commit_with("", lambda _session: None)

    def commit_with(self, person_id: str, write: Callable[[Session], None]) -> None:
        """Commits what was put, and what `write` adds to it (its line in the log), together: all of it or nothing.

        Raises Conflict as `commit` does. `write` gets the session, and opens no other one that writes.
        """
        session = self.db.session()
        try:
            lock_people(session, [person_id])  # before the log, as everybody does
            write(session)
            super().commit()
        except IntegrityError as error:
            session.rollback()
            raise Conflict from error
        except BaseException:
            session.rollback()  # what answers now may write: it must not wait for this
            raise

    def create_user(self, **fields: Any) -> Any:
        now = self.platform.clock()
        return super().create_user(**fields, id=new_id(), created_at=now)


registry().map_imperatively(UserAccount, Person.__table__)  # type: ignore[attr-defined]


def current_person_id() -> str | None:
    """Who is signed in in this request."""
    return str(current_user.id) if current_user.is_authenticated else None


@dataclass(frozen=True)
class Entry:
    """Whether a session is open; where not, the answer that leads to the second factor (None: the account is closed)."""

    done: bool
    next_step: Any = None


def sign_in(person_id: str, *, remember: bool = False) -> Entry:
    """Opens a session for a person who proved who they are otherwise (an e-mailed link), after the second factor.

    Where they are signed in already, the session goes on, and counts as confirmed.
    """
    if current_person_id() == person_id:
        browser_sessions.confirm()
        return Entry(done=True)
    datastore: AccountDatastore = current_app.extensions["aap.identity"]
    account = datastore.find_user(id=person_id)
    if account is None or not account.active:
        return Entry(done=False)
    step = factors.second_step(account, via="link", remember=remember)
    if step:
        return Entry(done=False, next_step=step)
    return Entry(bool(login_user(account, remember=remember, authn_via=["link"])))


def confirm_by_password(password: str) -> bool:
    """Whether this is the password of who is signed in; if so, the session counts as confirmed from now on."""
    datastore: AccountDatastore = current_app.extensions["aap.identity"]
    normalised = current_app.extensions["security"].password_util.normalize(password)
    if current_user.password is None or not current_user.verify_and_update_password(normalised):
        current_user.track_failed_authn("password")
        return False
    datastore.commit()
    browser_sessions.confirm()
    return True


def has_password() -> bool:
    """Whether who is signed in ever chose one: they may come in by mailed links only."""
    return current_user.is_authenticated and current_user.password is not None


def init_app(app: Flask, platform: Platform, links: Links, *, wake: Callable[[], None]) -> None:
    """Puts sign-in on the application. `wake`: called when a mail waits in the outbox."""
    session = scoped_session(
        sessionmaker(platform.database.writing_engine, class_=WritingSession, expire_on_commit=False)
    )

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        session.remove()

    @app.before_request
    def only_forms() -> None:
        # Flask-Security and Flask-WTF would read JSON bodies too; the product has no use for a second way in.
        if request.is_json:
            raise UnsupportedMediaType

    app.config.update(
        SECURITY_URL_PREFIX=None,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_LOGIN_URL="/connexion",
        SECURITY_LOGOUT_URL="/deconnexion",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_REGISTER_URL="/inscription",
        SECURITY_RESET_URL="/mot-de-passe-oublie",
        SECURITY_CONFIRM_URL="/confirmation",
        SECURITY_CHANGE_URL="/mot-de-passe",
        SECURITY_VERIFY_URL="/verification",
        SECURITY_CHANGE_EMAIL_URL="/compte/adresse",
        SECURITY_REGISTERABLE=True,
        SECURITY_CONFIRMABLE=True,
        SECURITY_RECOVERABLE=True,
        SECURITY_CHANGEABLE=True,
        SECURITY_CHANGE_EMAIL=True,
        SECURITY_USE_REGISTER_V2=True,
        SECURITY_PASSWORD_CONFIRM_REQUIRED=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_FRESHNESS=timedelta(minutes=platform.settings.confirm_minutes),
        SECURITY_FRESHNESS_GRACE_PERIOD=timedelta(0),
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  (the method's name)
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=hashing_options(),
        SECURITY_PASSWORD_SALT=PEPPER,
        SECURITY_PASSWORD_LENGTH_MIN=SHORTEST,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": app.testing},
        SECURITY_DATETIME_FACTORY=platform.clock,
        SECURITY_POST_LOGIN_VIEW="account.after_sign_in",
        SECURITY_POST_REGISTER_VIEW="security.send_confirmation",
        SECURITY_POST_CONFIRM_VIEW="security.login",
        SECURITY_POST_CHANGE_VIEW="account.home",
        SECURITY_POST_CHANGE_EMAIL_VIEW="account.home",
        SECURITY_RESET_PASSWORD_WITHIN=timedelta(hours=4),
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"email": {"mapper": _email, "case_insensitive": True}}],
        SECURITY_EMAIL_PLAINTEXT=False,  # the texts are ours (mails.py)
        SECURITY_EMAIL_HTML=False,
        SECURITY_I18N_DOMAIN="messages;flask_security",  # our words, then what the library says itself
        SECURITY_I18N_DIRNAME=[*_translation_folders(app), "builtin"],
        **factors.configuration(platform.settings),
        **security_messages.SETTINGS,
        **mails.TEMPLATES,
    )
    app.extensions[mails.WAKE] = wake
    datastore = AccountDatastore(platform, session)
    forms: dict[str, Any] = dict(FORMS)
    Security(
        app,
        datastore,
        mail_util_cls=mails.OutboxMails,
        password_util_cls=PasswordRules,
        totp_cls=factors.Authenticator,
        mf_recovery_codes_util_cls=factors.RecoveryCodes,
        webauthn_util_cls=factors.PasskeyRules,
        **forms,
    )
    factors.init_factors(app, platform.settings)
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # no tokens in addresses
    browser_sessions.watch_sessions(app, platform, UserAccount)
    journal.listen(app, platform, links, datastore)
    app.extensions["aap.identity"] = datastore


def _plain(value: Any) -> str:
    """The text of a member of one of the WebAuthn library's enumerations."""
    return str(getattr(value, "value", value))


def _translation_folders(app: Flask) -> list[str]:
    folders: list[str] = get_babel(app).translation_directories
    return folders[:1]


def _email(identity: Any) -> str | None:
    text = str(identity).strip().lower()
    return text if "@" in text else None
