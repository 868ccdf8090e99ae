"""Links that sign a person in, sent by e-mail: signed, short-lived, good for one use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import update
from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.people import Person
from aap.services.account.accounts import note_account_event
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.platform import Platform

Purpose = Literal["sign_in", "invitation"]

_MAILS: dict[Purpose, Mail] = {"sign_in": Mail.SIGN_IN_LINK, "invitation": Mail.INVITATION_LINK}

VALID_FOR: dict[Purpose, timedelta] = {"sign_in": timedelta(minutes=15), "invitation": timedelta(days=14)}


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="aap.sign-in-link")


def make_token(secret_key: str, person: Person, purpose: Purpose, now: datetime) -> str:
    """A token that dies with its time, with the account's sessions, and with the next sign-in of the person."""
    last = person.last_login_at.isoformat() if person.last_login_at else ""
    content = [purpose, person.id, person.fs_uniquifier, last, int((now + VALID_FOR[purpose]).timestamp())]
    return str(_serializer(secret_key).dumps(content))


def person_of_token(session: Session, secret_key: str, token: str, *, now: datetime) -> Person | None:
    """Whom the link signs in, if it can still be used."""
    try:
        _purpose, person_id, uniquifier, last, until = _serializer(secret_key).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    person = session.get(Person, str(person_id))
    if person is None or not person.active or person.fs_uniquifier != uniquifier or now.timestamp() > until:
        return None
    seen = person.last_login_at.isoformat() if person.last_login_at else ""
    return person if seen == last else None


def use_token(session: Session, secret_key: str, token: str, *, now: datetime) -> Person | None:
    """Takes the link: of two requests at once, one gets the person. The e-mail counts as confirmed."""
    person = person_of_token(session, secret_key, token, now=now)
    if person is None:
        return None
    before = person.last_login_at
    same = col(Person.last_login_at).is_(None) if before is None else col(Person.last_login_at) == before
    taken = session.execute(update(Person).where(col(Person.id) == person.id, same).values(last_login_at=now))
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    if person.confirmed_at is None:
        person.confirmed_at = now
        session.add(person)
        note_account_event(session, person_id=person.id, action="person.email_confirmed", now=now)
    return person


def send_sign_in_link(session: Session, platform: Platform, links: Links, *, email: str, now: datetime) -> None:
    """Mails a link to the account of this e-mail. No such account, or a closed one: nothing, and nobody is told."""
    person = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    if person is None or not person.active:
        return
    send_person_link(session, platform, links, person, "sign_in", now=now)


def send_person_link(
    session: Session, platform: Platform, links: Links, person: Person, purpose: Purpose, *, now: datetime
) -> None:
    """Mails the link of this purpose."""
    token = make_token(platform.settings.secret_key, person, purpose, now)
    values = {"link": links.sign_in_link(token), "sign_in": links.sign_in()}
    send_mail(session, _MAILS[purpose], to=person.email, now=now, values=values)
