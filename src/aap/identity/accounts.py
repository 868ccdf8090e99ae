"""Flask-Security on the table of people: its own mapping, its own session, French addresses."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_security import RoleMixin, Security, SQLAlchemySessionUserDatastore, UserMixin, current_user
from sqlalchemy import select
from sqlalchemy.orm import registry, scoped_session, sessionmaker

from aap.identity.passwords import PEPPER
from aap.records.people import Person
from aap.services.platform import Platform

ENDPOINTS = (
    "security.login",
    "security.logout",
    "security.register",
    "security.forgot_password",
    "security.reset_password",
    "security.send_confirmation",
    "security.confirm_email",
    "security.change_password",
    "security.verify",
)


class Account(UserMixin):
    """A person, as Flask-Security wants it. Roles are ours (`aap.services.permissions`), not its."""

    roles: list[RoleMixin] = []  # noqa: RUF012  (never changed)


class NoRole(RoleMixin):
    """Flask-Security asks for a role class; we have none."""

    name = ""


class AccountDatastore(SQLAlchemySessionUserDatastore):
    """Finds accounts. E-mails are stored in lower case, and there are no roles to load."""

    def find_user(self, case_insensitive: bool = False, **fields: Any) -> Account | None:
        if case_insensitive:
            fields = {name: str(value).lower() for name, value in fields.items()}
        found: Account | None = self.db.session.scalars(select(Account).filter_by(**fields)).one_or_none()
        return found


registry().map_imperatively(Account, Person.__table__)  # type: ignore[attr-defined]


def current_person_id() -> str | None:
    """Who is signed in in this request."""
    return str(current_user.id) if current_user.is_authenticated else None


def init_app(app: Flask, platform: Platform, limiter: Limiter) -> None:
    session = scoped_session(sessionmaker(platform.database.writing_engine, expire_on_commit=False))

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        session.remove()

    app.config.update(
        SECURITY_URL_PREFIX=None,
        SECURITY_LOGIN_URL="/connexion",
        SECURITY_LOGOUT_URL="/deconnexion",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_REGISTER_URL="/inscription",
        SECURITY_RESET_URL="/mot-de-passe-oublie",
        SECURITY_CONFIRM_URL="/confirmation",
        SECURITY_CHANGE_URL="/mot-de-passe",
        SECURITY_VERIFY_URL="/verification",
        SECURITY_REGISTERABLE=True,
        SECURITY_CONFIRMABLE=True,
        SECURITY_RECOVERABLE=True,
        SECURITY_CHANGEABLE=True,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  (the method's name)
        SECURITY_PASSWORD_SALT=PEPPER,
        SECURITY_PASSWORD_LENGTH_MIN=12,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_POST_LOGIN_VIEW="/apres-connexion",
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"email": {"mapper": _email, "case_insensitive": True}}],
        SECURITY_I18N_DOMAIN="flask_security",
        SECURITY_SEND_REGISTER_EMAIL=True,
    )
    Security(app, AccountDatastore(session, Account, NoRole))


def _email(identity: Any) -> str | None:
    text = str(identity).strip().lower()
    return text if "@" in text else None
