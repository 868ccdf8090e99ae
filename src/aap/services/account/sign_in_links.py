"""Links that sign a person in, sent by e-mail: signed, short-lived, good for one use; and those of invitations.

An invitation to an account that is in use signs nobody in: its link leads to who invites to what, and to signing in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import update
from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.people import Person
from aap.services.account.accounts import HeldRole, held_roles, note_account_event
from aap.services.actor import SYSTEM, Actor, person_name
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.platform import Platform

Purpose = Literal["sign_in", "invitation", "known"]
"""What a link is for: to sign in; to come in for the first time; to read an invitation with an account that is in use."""

_MAILS: Mapping[Purpose, Mail] = {"sign_in": Mail.SIGN_IN_LINK, "invitation": Mail.INVITATION_LINK}

_INVITED_FOR = timedelta(days=14)
VALID_FOR: Mapping[Purpose, timedelta] = {
    "sign_in": timedelta(minutes=15),
    "invitation": _INVITED_FOR,
    "known": _INVITED_FOR,
}


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="aap.sign-in-link")


def make_token(
    secret_key: str, person: Person, purpose: Purpose, now: datetime, *, inviter: Actor = SYSTEM, call_id: str = ""
) -> str:
    """A token that dies with its time, with the account's sessions, and (but for `known`) with the person's next sign-in.

    `inviter` and `call_id`: of an invitation, whom its page names and to which call.
    """
    last = person.last_login_at.isoformat() if person.last_login_at else ""
    until = int((now + VALID_FOR[purpose]).timestamp())
    content = [purpose, person.id, person.fs_uniquifier, last, until, inviter.row_id or "", call_id]
    return str(_serializer(secret_key).dumps(content))


@dataclass(frozen=True)
class OpenedLink:
    """A mailed link as who holds it may read it. `inviter`: a name, empty for none; `roles`: what the invitation is for."""

    purpose: Purpose
    person: Person
    until: datetime
    state: Literal["open", "used", "over"]
    inviter: str = ""
    roles: tuple[HeldRole, ...] = ()


def read_link(session: Session, secret_key: str, token: str, *, now: datetime) -> OpenedLink | None:
    """What a link is, whether it is open or not; None for a forged one and for a closed account."""
    try:
        purpose, person_id, uniquifier, last, until, *invited = _serializer(secret_key).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    person = session.get(Person, str(person_id))
    if person is None or not person.active:
        return None
    seen = person.last_login_at.isoformat() if person.last_login_at else ""
    state: Literal["open", "used", "over"] = "open"
    if seen != last and purpose != "known":
        state = "used"
    elif person.fs_uniquifier != uniquifier or now.timestamp() > until:
        state = "over"
    if purpose == "sign_in":
        return OpenedLink(purpose, person, _moment(until), state)
    inviter_id, call_id = invited or ("", "")  # links of before 0.2.0 name neither
    roles = tuple(one for one in held_roles(session, person.id) if purpose != "known" or one.call_id == call_id)
    return OpenedLink(purpose, person, _moment(until), state, person_name(session, inviter_id), roles)


def _moment(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def person_of_token(session: Session, secret_key: str, token: str, *, now: datetime) -> Person | None:
    """Whom the link signs in, if it can still be used."""
    link = read_link(session, secret_key, token, now=now)
    return link.person if link is not None and link.state == "open" and link.purpose != "known" else None


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
    session: Session, platform: Platform, links: Links, person: Person, purpose: Purpose, *, now: datetime,
    inviter: Actor = SYSTEM,
) -> None:  # fmt: skip
    """Mails the link of this purpose. `inviter`: of an invitation."""
    token = make_token(platform.settings.secret_key, person, purpose, now, inviter=inviter)
    values = {"link": links.sign_in_link(token), "sign_in": links.sign_in()}
    if purpose == "invitation":
        values["inviter"] = "" if inviter.is_system else inviter.name
    send_mail(session, _MAILS[purpose], to=person.email, now=now, values=values)
