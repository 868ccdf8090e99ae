"""Associations: described once for all calls, by one owner first, then by several people."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from aap.records.associations import Association, ClaimState, SiretClaim
from aap.records.people import Invitation, Membership, MembershipRole, Person
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.errors import InvalidInput, NotFound, StaleVersion
from aap.services.identity_fields import check_identity
from aap.services.outbox import send_mail
from aap.services.permissions import Permission, Target, ensure

INVITATION_DAYS = 14
_PERSONAL = frozenset(
    {"iban", "officers", "representative_email", "representative_name"}
)  # kept out of the audit's values


class SiretHeld(InvalidInput):
    """The SIRET belongs to an association that another account described: an official arbitrates, if asked."""

    def __init__(self, siret: str) -> None:
        super().__init__({"siret": "Ce numéro SIRET est déjà celui d’une association décrite par un autre compte."})
        self.siret = siret


def _target(association_id: str) -> Target:
    return Target(association_id=association_id)


def get_association(
    session: Session, *, actor: Actor, association_id: str, permission: Permission = Permission.ASSOCIATION_READ
) -> Association:
    """An association that the actor belongs to. Raises NotFound."""
    ensure(actor, permission, _target(association_id), kind="association", id=association_id)
    association = session.get(Association, association_id)
    if association is None:
        raise NotFound("association", association_id)
    return association


def associations_of(session: Session, actor: Actor) -> tuple[Association, ...]:
    """The actor's associations, by name."""
    found = session.exec(
        select(Association)
        .where(col(Association.id).in_(actor.memberships))
        .order_by(col(Association.name), col(Association.id))
    )
    return tuple(found)


def create_association(session: Session, *, actor: Actor, typed: Mapping[str, str], now: datetime) -> Association:
    """Describes an association; the actor becomes its owner. Raises InvalidInput (every problem), SiretHeld."""
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    values = _checked(session, typed, now, own_id=None)
    association = Association(**values, created_at=now, updated_at=now)
    session.add(association)
    _flush(session, values)
    session.add(
        Membership(person_id=actor.person_id, association_id=association.id, role=MembershipRole.OWNER, created_at=now)
    )
    record(
        session, actor=actor, action="association.created", now=now, object_kind="association",
        object_id=association.id, after=_audited(values),
    )  # fmt: skip
    return association


def describe_association(
    session: Session, *, actor: Actor, association_id: str, typed: Mapping[str, str], version: int, now: datetime
) -> Association:
    """Changes the description. Raises InvalidInput, SiretHeld, StaleVersion (somebody saved in between)."""
    association = get_association(
        session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT
    )
    values = _checked(session, typed, now, own_id=association_id)
    if association.version != version:
        raise StaleVersion(association.version, {name: getattr(association, name) for name in values})
    before = _audited({name: getattr(association, name) for name in values})
    for name, value in values.items():
        setattr(association, name, value)
    association.version += 1
    association.updated_at = now
    session.add(association)
    _flush(session, values)
    record(
        session, actor=actor, action="association.described", now=now, object_kind="association",
        object_id=association.id, before=before, after=_audited(values),
    )  # fmt: skip
    return association


def _checked(session: Session, typed: Mapping[str, str], now: datetime, *, own_id: str | None) -> dict[str, Any]:
    found = check_identity(typed, territories(), now=now)
    siret = found.values.get("siret")
    holder = session.exec(select(Association.id).where(Association.siret == siret)).first() if siret else None
    if holder is not None and holder != own_id:
        if not found.problems:
            raise SiretHeld(str(siret))
        found.problems["siret"] = SiretHeld(str(siret)).problems["siret"]
    if found.problems:
        raise InvalidInput(found.problems)
    return found.values


def _flush(session: Session, values: Mapping[str, Any]) -> None:
    """Writes. Raises SiretHeld where somebody described the same SIRET at the same moment (PostgreSQL lets both try)."""
    try:
        session.flush()
    except IntegrityError as error:
        raise SiretHeld(str(values.get("siret"))) from error


def _audited(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value if value is None or isinstance(value, (int, str)) else str(value)
        for name, value in values.items()
        if name not in _PERSONAL
    }


# --- two accounts, one SIRET ------------------------------------------------------------------------------------------


def claim_siret(session: Session, *, actor: Actor, siret: str, explanation: str, now: datetime) -> SiretClaim:
    """Asks an official to say who acts for a SIRET. A claim that still waits is given back, not doubled.

    Raises NotFound where nobody holds the SIRET, InvalidInput without an explanation.
    """
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    association = session.exec(select(Association).where(Association.siret == siret)).first()
    if association is None or association.id in actor.memberships:
        raise NotFound("association", siret)
    explanation = explanation.strip()
    if not explanation:
        raise InvalidInput({"explanation": "Expliquez à quel titre vous agissez pour cette association."})
    if len(explanation) > 3_000:
        raise InvalidInput({"explanation": "Trois mille caractères au plus."})
    waiting = session.exec(
        select(SiretClaim).where(
            SiretClaim.association_id == association.id,
            SiretClaim.person_id == actor.person_id,
            SiretClaim.state == ClaimState.OPEN,
        )
    ).first()
    if waiting is not None:
        return waiting
    claim = SiretClaim(
        association_id=association.id, person_id=actor.person_id, explanation=explanation, created_at=now
    )
    session.add(claim)
    record(
        session, actor=actor, action="siret.claimed", now=now, object_kind="association", object_id=association.id,
    )  # fmt: skip
    return claim


def claims_of(session: Session, actor: Actor) -> tuple[tuple[SiretClaim, str], ...]:
    """The actor's claims with the association's name, the latest first."""
    found = session.exec(
        select(SiretClaim, Association.name)
        .where(SiretClaim.person_id == actor.person_id, SiretClaim.association_id == Association.id)
        .order_by(col(SiretClaim.created_at).desc(), col(SiretClaim.id))
    )
    return tuple((claim, name) for claim, name in found)


def open_claims(session: Session, *, actor: Actor) -> tuple[tuple[SiretClaim, Association, Person], ...]:
    """The claims that wait for an official, the oldest first."""
    ensure(actor, Permission.CLAIM_ARBITRATE, Target())
    found = session.exec(
        select(SiretClaim, Association, Person)
        .where(
            SiretClaim.state == ClaimState.OPEN,
            SiretClaim.association_id == Association.id,
            SiretClaim.person_id == Person.id,
        )
        .order_by(col(SiretClaim.created_at), col(SiretClaim.id))
    )
    return tuple((claim, association, person) for claim, association, person in found)


def arbitrate_claim(
    session: Session, *, actor: Actor, claim_id: str, accepted: bool, reason: str, now: datetime
) -> None:
    """An official lets the person in as an owner, or refuses with a reason. Both sides are told by mail."""
    ensure(actor, Permission.CLAIM_ARBITRATE, Target())
    claim = session.get(SiretClaim, claim_id)
    if claim is None or claim.state != ClaimState.OPEN:
        raise NotFound("claim", claim_id)
    if not reason.strip():
        raise InvalidInput({"reason": "Indiquez le motif\u00a0: il est envoyé à la personne."})
    claim.state = ClaimState.ACCEPTED if accepted else ClaimState.REFUSED
    claim.decided_by, claim.decided_at, claim.decision_reason = actor.person_id, now, reason.strip()
    session.add(claim)
    person = session.get_one(Person, claim.person_id)
    association = session.get_one(Association, claim.association_id)
    if accepted and _membership(session, association.id, person.id) is None:
        session.add(
            Membership(person_id=person.id, association_id=association.id, role=MembershipRole.OWNER, created_at=now)
        )
    for email in {person.email, *_owners(session, association.id)}:
        send_mail(
            session, "association_claim_decided", to=email, now=now,
            values={"association": association.name, "person": person.name, "accepted": accepted,
                    "reason": claim.decision_reason},
        )  # fmt: skip
    record(
        session, actor=actor, action="siret.arbitrated", now=now, object_kind="association", object_id=association.id,
        after={"accepted": accepted, "person": person.id},
    )  # fmt: skip


# --- people -----------------------------------------------------------------------------------------------------------


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
    ensure(actor, Permission.ASSOCIATION_READ, _target(association_id), kind="association", id=association_id)
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
    session: Session, *, actor: Actor, association_id: str, email: str, role: str, base_url: str, now: datetime
) -> None:
    """Mails an invitation; a second one to the same address replaces the first. Raises InvalidInput."""
    association = get_association(
        session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_MEMBERS
    )
    problems = {}
    address = ""
    try:
        address = validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        problems["email"] = "Ce n’est pas une adresse électronique."
    if role not in set(MembershipRole):
        problems["role"] = "Choisissez ce que cette personne pourra faire."
    if address and _is_member(session, association_id, address):
        problems["email"] = "Cette personne fait déjà partie de l’association."
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
    token = secrets.token_urlsafe(32)
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
        session, "association_invitation", to=address, now=now,
        values={"association": association.name, "inviter": actor.name, "days": INVITATION_DAYS,
                "link": f"{base_url}/association/invitation/{token}"},
    )  # fmt: skip
    record(
        session, actor=actor, action="member.invited", now=now, object_kind="association", object_id=association_id,
        after={"role": role},
    )  # fmt: skip


def token_hash(token: str) -> str:
    """What is stored of a mailed token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_invitation(session: Session, *, token: str, now: datetime) -> tuple[Invitation, Association]:
    """An invitation that can still be accepted. Raises NotFound."""
    found = session.exec(
        select(Invitation, Association).where(
            Invitation.token_hash == token_hash(token),
            Invitation.association_id == Association.id,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.expires_at) > now,
        )
    ).first()
    if found is None:
        raise NotFound("invitation")
    return found[0], found[1]


def accept_invitation(session: Session, *, actor: Actor, token: str, now: datetime) -> Association:
    """The signed-in person joins: whoever holds the mailed link. Raises NotFound."""
    invitation, association = find_invitation(session, token=token, now=now)
    invitation.accepted_at = now
    session.add(invitation)
    if _membership(session, association.id, actor.person_id) is None:
        session.add(
            Membership(
                person_id=actor.person_id, association_id=association.id, role=MembershipRole(invitation.role),
                created_at=now,
            )
        )  # fmt: skip
    record(
        session, actor=actor, action="member.joined", now=now, object_kind="association", object_id=association.id,
        after={"role": invitation.role},
    )  # fmt: skip
    return association


def cancel_invitation(
    session: Session, *, actor: Actor, association_id: str, invitation_id: str, now: datetime
) -> None:
    ensure(actor, Permission.ASSOCIATION_MEMBERS, _target(association_id), kind="association", id=association_id)
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.association_id != association_id:
        raise NotFound("invitation", invitation_id)
    session.delete(invitation)
    record(
        session, actor=actor, action="member.uninvited", now=now, object_kind="association", object_id=association_id,
    )  # fmt: skip


def change_member(
    session: Session, *, actor: Actor, association_id: str, person_id: str, role: str | None, now: datetime
) -> None:
    """Another role, or (None) no longer a member: anybody may leave. The last owner stays until another is named."""
    leaving = role is None and person_id == actor.person_id
    permission = Permission.ASSOCIATION_READ if leaving else Permission.ASSOCIATION_MEMBERS
    ensure(actor, permission, _target(association_id), kind="association", id=association_id)
    membership = _membership(session, association_id, person_id)
    if membership is None:
        raise NotFound("member", person_id)
    if role is not None and role not in set(MembershipRole):
        raise InvalidInput({"role": "Choisissez ce que cette personne pourra faire."})
    if (
        membership.role == MembershipRole.OWNER
        and role != MembershipRole.OWNER
        and len(_owners(session, association_id)) == 1
    ):
        raise InvalidInput(
            {"role": "L’association doit garder un responsable\u00a0: nommez-en d’abord un autre, puis recommencez."}
        )
    before = str(membership.role)
    if role is None:
        session.delete(membership)
    else:
        membership.role = MembershipRole(role)
        session.add(membership)
    record(
        session, actor=actor, action="member.changed", now=now, object_kind="association", object_id=association_id,
        before={"role": before}, after={"person": person_id, "role": role or ""},
    )  # fmt: skip


def _membership(session: Session, association_id: str, person_id: str) -> Membership | None:
    return session.exec(
        select(Membership).where(Membership.association_id == association_id, Membership.person_id == person_id)
    ).first()


def _is_member(session: Session, association_id: str, email: str) -> bool:
    found = select(Membership.id).where(
        Membership.association_id == association_id, Membership.person_id == Person.id, Person.email == email
    )
    return session.exec(found).first() is not None


def _owners(session: Session, association_id: str) -> list[str]:
    found = session.exec(
        select(Person.email).where(
            Membership.association_id == association_id,
            Membership.person_id == Person.id,
            Membership.role == MembershipRole.OWNER,
        )
    )
    return list(found)
