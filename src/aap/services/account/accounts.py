"""One's own account: profile, what it may do in words, a copy of one's data, and what the journal keeps of sign-ins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from sqlmodel import Session, SQLModel, col, select

from aap.records.applications import Application, Message, told_state
from aap.records.associations import Association, ClaimProof, SiretClaim
from aap.records.audit import AuditLine
from aap.records.calls import Call
from aap.records.coauthors import QuestionComment, ReadingLink
from aap.records.discussions import DiscussionPost, MarkChange
from aap.records.people import Invitation, Membership, MembershipRole, Person, Role, RoleGrant, UserSession
from aap.records.rankings import Contest
from aap.records.reviews import Interest, Preference, Review, Reviewer
from aap.records.second_factors import Passkey
from aap.services.account.reminders_and_channels import DAILY, switch, switched_on
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.digests import end_waiting
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, Target, ensure


@dataclass(frozen=True)
class HeldRole:
    """A role; `call_title` empty: for every call."""

    role: Role
    call_id: str
    call_title: str


@dataclass(frozen=True)
class HeldMembership:
    """What somebody is in one association."""

    association_id: str
    association_name: str
    role: MembershipRole


@dataclass(frozen=True)
class AccountView:
    """The account as its page shows it."""

    email: str
    name: str
    phone: str
    switches: tuple[str, ...]
    has_password: bool
    created_at: datetime
    last_login_at: datetime | None
    roles: tuple[HeldRole, ...]
    memberships: tuple[HeldMembership, ...]


def held_roles(session: Session, person_id: str) -> tuple[HeldRole, ...]:
    """The roles of a person, by role and call. One query."""
    rows = session.exec(
        select(RoleGrant, Call).join(Call, col(RoleGrant.call_id) == col(Call.id), isouter=True)
        .where(RoleGrant.person_id == person_id)
        .order_by(col(RoleGrant.role), col(RoleGrant.call_id))
    )  # fmt: skip
    return tuple(HeldRole(Role(grant.role), grant.call_id or "", call.title if call else "") for grant, call in rows)


def held_memberships(session: Session, person_id: str) -> tuple[HeldMembership, ...]:
    """The associations a person acts for, by name. One query."""
    rows = session.exec(
        select(Membership, Association).join(Association, col(Membership.association_id) == col(Association.id))
        .where(Membership.person_id == person_id)
        .order_by(col(Association.name), col(Association.id))
    )  # fmt: skip
    return tuple(HeldMembership(held.id, held.name, MembershipRole(own.role)) for own, held in rows)


def account_view(session: Session, *, actor: Actor) -> AccountView:
    """What somebody sees of their own account. Raises SignInNeeded."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    person = _person(session, actor)
    return AccountView(
        email=person.email,
        name=person.name,
        phone=person.phone or "",
        switches=switched_on(session, person.id),
        has_password=person.password is not None,
        created_at=person.created_at,
        last_login_at=person.last_login_at,
        roles=held_roles(session, person.id),
        memberships=held_memberships(session, person.id),
    )


def change_profile(
    session: Session, *, actor: Actor, name: str, phone: str, switches: Collection[str], now: datetime
) -> None:
    """Name, phone (kept as +33…), and what is switched on, by name. Raises InvalidInput."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    person = _person(session, actor)
    problems: dict[str, Objection] = {}
    name = " ".join(name.split())
    if not 2 <= len(name) <= 200:
        problems["name"] = Objection("account.own_name")
    number = _phone(phone) if phone.strip() else ""
    if number is None:
        problems["phone"] = Objection("account.phone_unreadable")
    if problems:
        raise InvalidInput(problems)
    before = _profile(session, person)
    person.name, person.phone = name, number or None
    switch(session, person.id, switches)
    if DAILY.name not in switches:
        end_waiting(session, person.email, now)
    after = _profile(session, person)
    if after == before:
        return
    session.add(person)
    record(session, actor, "person.profile", person, now=now, before=before, after=after)


def _profile(session: Session, person: Person) -> dict[str, Any]:
    return {"name": person.name, "phone": person.phone, "switches": list(switched_on(session, person.id))}


def _phone(text: str) -> str | None:
    """E.164, or None. Numbers that are possible are taken: the fictitious ranges and new overseas blocks too."""
    try:
        number = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def personal_data(session: Session, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """A copy of what the instance holds about the actor (RGPD art. 15 and 20), as JSON values.

    Dossiers belong to the association: they are named, their content is on their own pages.
    """
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    person = _person(session, actor)
    own = person.id
    associations = [held.association_id for held in held_memberships(session, own)]
    dossiers = session.exec(
        select(Application).where(col(Application.association_id).in_(associations)).order_by(col(Application.id))
    ).all() if associations else []  # fmt: skip
    messages = session.exec(select(Message).where(Message.author_id == own).order_by(col(Message.id))).all()
    comments = session.exec(
        select(QuestionComment).where(QuestionComment.author_id == own).order_by(col(QuestionComment.id))
    ).all()
    shared = session.exec(select(ReadingLink).where(ReadingLink.created_by == own).order_by(col(ReadingLink.id))).all()
    profiles = session.exec(select(Reviewer).where(Reviewer.person_id == own).order_by(col(Reviewer.call_id))).all()
    interests = session.exec(select(Interest).where(Interest.person_id == own).order_by(col(Interest.id))).all()
    wishes = session.exec(select(Preference).where(Preference.person_id == own).order_by(col(Preference.id))).all()
    reviews = session.exec(select(Review).where(Review.person_id == own).order_by(col(Review.id))).all()
    posts = session.exec(
        select(DiscussionPost).where(DiscussionPost.person_id == own).order_by(col(DiscussionPost.id))
    ).all()
    changes = session.exec(
        select(MarkChange)
        .where(MarkChange.review_id == Review.id, Review.person_id == own)
        .order_by(col(MarkChange.id))
    ).all()
    claims = session.exec(select(SiretClaim).where(SiretClaim.person_id == own).order_by(col(SiretClaim.id))).all()
    proofs = session.exec(
        select(ClaimProof)
        .where(ClaimProof.claim_id == SiretClaim.id, SiretClaim.person_id == own)
        .order_by(col(ClaimProof.id))
    ).all()
    invited = session.exec(
        select(Invitation).where(Invitation.email == person.email).order_by(col(Invitation.id))
    ).all()  # fmt: skip
    keys = session.exec(select(Passkey).where(Passkey.person_id == own).order_by(col(Passkey.id))).all()
    contests = session.exec(select(Contest).where(Contest.person_id == own).order_by(col(Contest.id))).all()
    browsers = session.exec(select(UserSession).where(UserSession.person_id == own).order_by(col(UserSession.id))).all()
    lines = session.exec(select(AuditLine).where(AuditLine.actor_id == own).order_by(col(AuditLine.sequence))).all()
    record(session, actor, "person.data_exported", person, now=now)
    return {
        "exported_at": now.isoformat(),
        "account": _plain(person, "password", "fs_uniquifier", "tf_totp_secret", "totp_proposed", "totp_last_step"),
        "passkeys": [_plain(row, "credential_id", "public_key") for row in keys],
        "switches": list(switched_on(session, own)),
        "roles": [{"role": str(held.role), "call": held.call_id or None} for held in held_roles(session, own)],
        "memberships": [
            {"association": held.association_name, "role": str(held.role)} for held in held_memberships(session, own)
        ],
        "dossiers": [{"reference": row.reference, "title": row.title, "state": told_state(row)} for row in dossiers],
        "messages": [_plain(row) for row in messages],
        "comments": [_plain(row) for row in comments],
        "reading_links": [_plain(row, "token_hash") for row in shared],
        "contests": [_plain(row) for row in contests],
        "siret_claims": [_plain(row, "decided_by", "holder_id") for row in claims],
        "siret_claim_proofs": [_plain(row, "token_hash", "address") for row in proofs],
        "invitations": [_plain(row, "token_hash", "invited_by") for row in invited],
        "reviewer_profiles": [_plain(row) for row in profiles],
        "declared_interests": [_plain(row) for row in interests],
        "preferences": [_plain(row) for row in wishes],
        "reviews": [_plain(row) for row in reviews],
        "reviewers_discussions": [_plain(row) for row in posts],
        "changed_marks": [_plain(row) for row in changes],
        "sessions": [_plain(row, "token_hash") for row in browsers],
        "journal": [
            {"at": row.at.isoformat(), "action": row.action, "object": f"{row.object_kind}:{row.object_id}"}
            for row in lines
        ],
    }


def _plain(row: SQLModel, *hidden: str) -> dict[str, Any]:
    """A row as JSON values, without the named columns. States come back as text, which pydantic would warn of."""
    return row.model_dump(mode="json", exclude=set(hidden), warnings=False)


def _person(session: Session, actor: Actor) -> Person:
    person = session.get(Person, actor.person_id)
    if person is None:
        raise NotFound("person", actor.person_id)
    return person


def note_account_event(
    session: Session, *, person_id: str, action: str, now: datetime, after: Mapping[str, Any] | None = None
) -> None:
    """A line about an account that its own person caused. Never the e-mail: the person's id says who."""
    actor = Actor(person_id, "", "")
    record(session, actor, action, Subject("person", person_id), now=now, after=after)


def note_sign_in(session: Session, *, person_id: str, way: str, now: datetime) -> None:
    """When the person last signed in, and a line in the journal. `way`: password, link…"""
    person = session.get(Person, person_id)
    if person is None:
        return
    person.last_login_at = now
    session.add(person)
    note_account_event(session, person_id=person_id, action="person.signed_in", now=now, after={"way": way})
