"""The people of an association: who they are, invitations, roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from aap.core.identifiers import BadEmail, read_email
from aap.documents.mail_texts import Mail
from aap.records.associations import Association
from aap.records.people import Invitation, Membership, MembershipRole, Person, SessionEnd
from aap.services.actor import Actor, lock_people, person_name
from aap.services.association.associations import association_target, get_association
from aap.services.audit import Subject, record
from aap.services.errors import InvalidInput, NotFound, Objection, of_email
from aap.services.mailed_tokens import new_token, token_hash
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.recusals import recuse_members
from aap.services.sessions import end_sessions

INVITATION_DAYS = 14


@dataclass(frozen=True)
class Member:
    """`invited`: an invitation that nobody has accepted yet (`id` is the invitation's)."""

    id: str
    name: str
    email: str
    role: MembershipRole
    invited: bool = False
    expires_at: datetime | None = None


def members_of(session: Session, *, actor: Actor, association_id: str, now: datetime) -> tuple[Member, ...]:
    """People and open invitations."""
    ensure(
        actor, Permission.ASSOCIATION_READ, association_target(association_id), kind="association", id=association_id
    )
    people = session.exec(
        select(Person, Membership.role)
        .where(Membership.person_id == Person.id, Membership.association_id == association_id)
        .order_by(col(Person.name), col(Person.id))
    )
    members = [Member(person.id, person.name, person.email, MembershipRole(role)) for person, role in people]
    waiting = session.exec(
        select(Invitation)
        .where(
            Invitation.association_id == association_id,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.expires_at) > now,
        )
        .order_by(col(Invitation.email), col(Invitation.id))
    )
    members += [
        Member(one.id, "", one.email, MembershipRole(one.role), invited=True, expires_at=one.expires_at)
        for one in waiting
    ]
    return tuple(members)


def invite_member(
    session: Session, *, actor: Actor, association_id: str, email: str, role: str, links: Links, now: datetime
) -> None:
    """Mails an invitation; a second one to the same address replaces the first. Raises InvalidInput."""
    association = get_association(
        session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_MEMBERS
    )
    problems: dict[str, Objection] = {}
    address = ""
    try:
        address = read_email(email).lower()
    except BadEmail as bad:
        problems["email"] = of_email(bad, Objection("association.email_unreadable"))
    if role not in set(MembershipRole):
        problems["role"] = Objection("association.role_unknown")
    if address and _is_member(session, association_id, address):
        problems["email"] = Objection("association.member_already")
    if problems:
        raise InvalidInput(problems)
    for old in session.exec(
        select(Invitation).where(
            Invitation.association_id == association_id,
            Invitation.email == address,
            col(Invitation.accepted_at).is_(None),
        )
    ):
        session.delete(old)
    token = new_token()
    session.add(
        Invitation(
            email=address,
            token_hash=token_hash(token),
            association_id=association_id,
            role=role,
            invited_by=actor.person_id,
            created_at=now,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
    )
    send_mail(
        session, Mail.INVITATION, to=address, now=now,
        values={"association": association.name, "inviter": actor.name, "days": INVITATION_DAYS,
                "link": links.invitation(token)},
    )  # fmt: skip
    record(session, actor, "member.invited", association, now=now, after={"role": role})


@dataclass(frozen=True)
class InvitationCase:
    """An invitation as who holds its link may read it. `inviter`: their name, empty where nobody's is known."""

    invitation: Invitation
    association: Association
    inviter: str
    now: datetime

    @property
    def used(self) -> bool:
        return self.invitation.accepted_at is not None

    @property
    def is_open(self) -> bool:
        return not self.used and self.invitation.expires_at > self.now


def find_invitation(session: Session, *, token: str, now: datetime) -> InvitationCase:
    """The invitation of a mailed link, over or not: anybody who holds the token may look. Raises NotFound."""
    found = session.exec(
        select(Invitation, Association).where(
            Invitation.token_hash == token_hash(token), Invitation.association_id == Association.id
        )
    ).first()
    if found is None:
        raise NotFound("invitation")
    return InvitationCase(*found, person_name(session, found[0].invited_by), now)


def accept_invitation(session: Session, *, actor: Actor, token: str, now: datetime) -> Association:
    """The signed-in person joins: whoever holds the mailed link. Raises NotFound, also where it is over."""
    case = find_invitation(session, token=token, now=now)
    if not case.is_open:
        raise NotFound("invitation")
    invitation, association = case.invitation, case.association
    invitation.accepted_at = now
    session.add(invitation)
    add_member(session, association.id, actor.person_id, MembershipRole(invitation.role), now)
    record(session, actor, "member.joined", association, now=now, after={"role": invitation.role})
    return association


def cancel_invitation(
    session: Session, *, actor: Actor, association_id: str, invitation_id: str, now: datetime
) -> None:
    """Takes an invitation back before it is accepted. Raises NotFound."""
    ensure(
        actor, Permission.ASSOCIATION_MEMBERS, association_target(association_id), kind="association", id=association_id
    )
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.association_id != association_id:
        raise NotFound("invitation", invitation_id)
    session.delete(invitation)
    record(session, actor, "member.uninvited", Subject("association", association_id), now=now)


def change_member(
    session: Session, *, actor: Actor, association_id: str, person_id: str, role: str | None, now: datetime
) -> None:
    """Another role, or (None) no longer a member: anybody may leave. The last owner stays until another is named.

    The member's sessions end, but for the one of who changes their own.
    """
    leaving = role is None and person_id == actor.person_id
    permission = Permission.ASSOCIATION_READ if leaving else Permission.ASSOCIATION_MEMBERS
    ensure(actor, permission, association_target(association_id), kind="association", id=association_id)
    lock_people(session, [person_id])
    membership = membership_of(session, association_id, person_id)
    if membership is None:
        raise NotFound("member", person_id)
    if role is not None and role not in set(MembershipRole):
        raise InvalidInput({"role": Objection("association.role_unknown")})
    if (
        membership.role == MembershipRole.OWNER
        and role != MembershipRole.OWNER
        and len(owners_of(session, association_id)) == 1
    ):
        raise InvalidInput({"role": Objection("association.last_owner")})
    before = str(membership.role)
    if role is None:
        session.delete(membership)
    else:
        membership.role = MembershipRole(role)
        session.add(membership)
    record(
        session,
        actor,
        "member.changed",
        Subject("association", association_id),
        now=now,
        before={"role": before},
        after={"person": person_id, "role": role or ""},
    )
    if role != before:
        keep = actor.session_id if person_id == actor.person_id else ""
        end_sessions(session, person_id=person_id, why=SessionEnd.RIGHTS, actor=actor, now=now, keep=keep)


def add_member(session: Session, association_id: str, person_id: str, role: MembershipRole, now: datetime) -> None:
    """Lets a person into an association that is there; where they are in it already, nothing.

    What else they are changes with it: they are kept from its dossiers in every call that they work on.
    """
    if membership_of(session, association_id, person_id) is not None:
        return
    session.add(Membership(person_id=person_id, association_id=association_id, role=role, created_at=now))
    recuse_members(session, now=now, person_id=person_id)


def membership_of(session: Session, association_id: str, person_id: str) -> Membership | None:
    """What the person is in the association; None for a stranger."""
    return session.exec(
        select(Membership).where(Membership.association_id == association_id, Membership.person_id == person_id)
    ).first()


def _is_member(session: Session, association_id: str, email: str) -> bool:
    found = select(Membership.id).where(
        Membership.association_id == association_id, Membership.person_id == Person.id, Person.email == email
    )
    return session.exec(found).first() is not None


def owners_of(session: Session, association_id: str) -> list[str]:
    """The e-mails of the association's owners, those with a closed account included."""
    found = session.exec(
        select(Person.email).where(
            Membership.association_id == association_id,
            Membership.person_id == Person.id,
            Membership.role == MembershipRole.OWNER,
        )
    )
    return list(found)
