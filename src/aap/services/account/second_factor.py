"""The second factor of an account: an authenticator's codes, passkeys, and recovery codes for the day both are lost.

Who must have one is said here; that nothing else opens until it is there, in `web/factor_needed.py`. Secrets and codes
are shown to their own person only, once, and are in no line of the journal.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, func, select

from aap.documents.mail_texts import Mail
from aap.records.people import Person, Role, SessionEnd
from aap.records.second_factors import Passkey, RecoveryCode
from aap.records.types import new_id
from aap.services.account import totp
from aap.services.actor import Actor, lock_people
from aap.services.audit import Subject, record
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, Target, ensure
from aap.services.sessions import end_sessions
from aap.settings import Settings

AUTHENTICATOR = "authenticator"
"""What `tf_primary_method` says where there is one (Flask-Security's word)."""

CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another
_LENGTH = 24  # of 31 letters: 118 bits

_ALWAYS = frozenset({Role.OFFICIAL, Role.ADMIN, Role.JURY})


def must_have(settings: Settings, roles: Collection[Role]) -> bool:
    """Whether who holds these roles may do nothing without a second factor."""
    if not settings.asks_second_factor:
        return False
    asked = _ALWAYS | {Role.REVIEWER} if settings.second_factor_reviewers else _ALWAYS
    return bool(asked & set(roles))


@dataclass(frozen=True)
class PasskeyLine:
    """A passkey as its person sees it."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime


@dataclass(frozen=True)
class Factors:
    """What an account has. `codes_left` of `codes_given` recovery codes (0 of 0: none were asked for yet)."""

    authenticator: bool
    passkeys: tuple[PasskeyLine, ...]
    codes_left: int
    codes_given: int

    @property
    def any(self) -> bool:
        return self.authenticator or bool(self.passkeys)

    @property
    def number(self) -> int:
        return int(self.authenticator) + len(self.passkeys)


def own_factors(session: Session, *, actor: Actor) -> Factors:
    """Raises SignInNeeded."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    return factors_of(session, actor.person_id)


def factors_of(session: Session, person_id: str) -> Factors:
    """Three queries."""
    person = _person(session, person_id)
    keys = session.exec(
        select(Passkey).where(Passkey.person_id == person_id).order_by(col(Passkey.created_at), col(Passkey.id))
    ).all()
    given, left = session.exec(
        select(func.count(), func.count(col(RecoveryCode.id)).filter(col(RecoveryCode.used_at).is_(None))).where(
            RecoveryCode.person_id == person_id
        )
    ).one()
    return Factors(
        authenticator=_has_authenticator(person),
        passkeys=tuple(PasskeyLine(key.id, key.name, key.created_at, key.last_used_at) for key in keys),
        codes_left=left,
        codes_given=given,
    )


def has_factor(session: Session, person_id: str) -> bool:
    """Whether there is an authenticator or a passkey. One query."""
    key = select(Passkey.id).where(Passkey.person_id == person_id).exists()
    found = select(Person.id).where(
        Person.id == person_id,
        or_(col(Person.tf_primary_method).is_not(None) & col(Person.tf_totp_secret).is_not(None), key),
    )
    return session.exec(found).first() is not None


def _has_authenticator(person: Person) -> bool:
    return bool(person.tf_totp_secret and person.tf_primary_method)


def propose_authenticator(session: Session, *, actor: Actor) -> str:
    """A new secret, to be shown and confirmed by a code. The authenticator of before stays until then."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    person = _person(session, actor.person_id)
    person.totp_proposed = totp.new_secret()
    session.add(person)
    return person.totp_proposed


def proposed_secret(session: Session, *, actor: Actor) -> str | None:
    """What was proposed and not confirmed yet."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    return _person(session, actor.person_id).totp_proposed


def confirm_authenticator(session: Session, links: Links, *, actor: Actor, code: str, now: datetime) -> None:
    """Takes the proposed secret once a code proves that the device holds it. Raises InvalidInput."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    person = _person(session, actor.person_id)
    step = totp.time_step_of(person.totp_proposed, code, now) if person.totp_proposed else None
    if step is None:
        raise InvalidInput({"code": Objection("account.code_wrong")})
    replaced = _has_authenticator(person)
    person.tf_totp_secret, person.totp_proposed = person.totp_proposed, None
    person.tf_primary_method, person.totp_last_step = AUTHENTICATOR, step
    session.add(person)
    note_factor(
        session, links, actor=actor, what="authenticator_changed" if replaced else "authenticator_added", now=now
    )


def take_code(session: Session, *, person_id: str, secret: str, code: str, now: datetime) -> bool:
    """Whether this is the code of now; then it, and any older one, is taken once and no more, in any process."""
    step = totp.time_step_of(secret, code, now)
    if step is None:
        return False
    newer = or_(col(Person.totp_last_step).is_(None), col(Person.totp_last_step) < step)
    taken = session.execute(
        update(Person)
        .where(col(Person.id) == person_id, col(Person.tf_totp_secret) == secret, newer)
        .values(totp_last_step=step)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def remove_authenticator(session: Session, links: Links, *, settings: Settings, actor: Actor, now: datetime) -> None:
    """Raises InvalidInput where it is the last factor of who must have one."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    person = _person(session, actor.person_id)
    if not _has_authenticator(person):
        return
    _refuse_the_last(session, settings, actor)
    _forget_authenticator(person)
    session.add(person)
    note_factor(session, links, actor=actor, what="authenticator_removed", now=now)
    _forget_codes_of_nothing(session, actor.person_id)


def remove_passkey(
    session: Session, links: Links, *, settings: Settings, actor: Actor, passkey_id: str, now: datetime
) -> None:
    """Raises NotFound (somebody else's too), InvalidInput where it is the last factor of who must have one."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    key = session.get(Passkey, passkey_id)
    if key is None or key.person_id != actor.person_id:
        raise NotFound("passkey", passkey_id)
    _refuse_the_last(session, settings, actor)
    session.delete(key)
    session.flush()
    note_factor(session, links, actor=actor, what="passkey_removed", now=now)
    _forget_codes_of_nothing(session, actor.person_id)


def _refuse_the_last(session: Session, settings: Settings, actor: Actor) -> None:
    if must_have(settings, actor.roles) and factors_of(session, actor.person_id).number == 1:
        raise InvalidInput({"": Objection("account.last_factor")})


def _forget_authenticator(person: Person) -> None:
    person.tf_primary_method = person.tf_totp_secret = person.totp_proposed = person.totp_last_step = None


def _forget_codes_of_nothing(session: Session, person_id: str) -> None:
    """Recovery codes stand for a factor: without one they open nothing."""
    session.flush()
    if not has_factor(session, person_id):
        session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))


def renew_codes(session: Session, *, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Ten new recovery codes, in place of those of before. Only their hashes are kept: nobody can show them again.

    Raises InvalidInput where there is no factor that they could stand for.
    """
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    if not has_factor(session, actor.person_id):
        raise InvalidInput({"": Objection("account.codes_without_factor")})
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == actor.person_id))
    codes = tuple("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(CODES))
    session.add_all(RecoveryCode(person_id=actor.person_id, code_hash=_hash(code), created_at=now) for code in codes)
    record(session, actor, "person.codes_renewed", Subject("person", actor.person_id), now=now)
    return tuple("-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in codes)


def take_recovery_code(session: Session, *, person_id: str, code: str, now: datetime) -> bool:
    """Whether this code of the person was not used yet; now it is. Of two requests at once, one gets it."""
    taken = session.execute(
        update(RecoveryCode)
        .where(col(RecoveryCode.person_id) == person_id, col(RecoveryCode.code_hash) == _hash(code))
        .where(col(RecoveryCode.used_at).is_(None))
        .values(used_at=now)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def _hash(code: str) -> str:
    """Whatever the case, spaces and dashes that it was typed with."""
    return hashlib.sha256(re.sub(r"[^0-9a-z]", "", code.lower()).encode()).hexdigest()


def note_factor(session: Session, links: Links, *, actor: Actor, what: str, now: datetime) -> None:
    """A line in the journal and a mail to the person: a factor that appears or goes is told to who owns the account.

    `what`: `authenticator_added`, `authenticator_changed`, `authenticator_removed`, `passkey_added`, `passkey_removed`,
    `recovery_code_used`.
    """
    person = _person(session, actor.person_id)
    record(session, actor, f"person.{what}", person, now=now)
    values = {"what": what, "account": links.account(), "sign_in": links.sign_in()}
    send_mail(session, Mail.FACTOR_CHANGED, to=person.email, now=now, values=values)


def reset_factors(session: Session, links: Links, *, actor: Actor, person_id: str, reason: str, now: datetime) -> None:
    """Takes all factors and codes of somebody who lost them; their sessions end, and the next sign-in sets up another.

    Nobody resets their own this way. Raises NotFound, OwnRequest, InvalidInput (no reason, or nothing to reset).
    """
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    lock_people(session, [person_id])
    person = _person(session, person_id)
    if person.id == actor.person_id:
        raise OwnRequest
    if not has_factor(session, person_id):
        raise InvalidInput({"": Objection("account.no_factor")})
    if not reason.strip():
        raise InvalidInput({"factor_reason": Objection("account.reason_missing")})
    had = factors_of(session, person_id)
    _forget_authenticator(person)
    person.fs_uniquifier = new_id()
    session.add(person)
    for table in (Passkey, RecoveryCode):
        session.execute(delete(table).where(col(table.person_id) == person_id))
    record(
        session,
        actor,
        "person.factors_reset",
        person,
        now=now,
        before={"authenticator": had.authenticator, "passkeys": len(had.passkeys)},
        after={"reason": reason.strip()[:2000]},
    )
    end_sessions(session, person_id=person.id, why=SessionEnd.FACTOR, actor=actor, now=now)
    send_mail(session, Mail.FACTORS_RESET, to=person.email, now=now, values={"sign_in": links.sign_in()})


def _person(session: Session, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person", person_id)
    return person
