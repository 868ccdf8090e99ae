"""Two accounts, one SIRET: a claim, and the official who says who acts for the association."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.associations import Association, ClaimState, SiretClaim
from aap.records.people import Membership, MembershipRole, Person
from aap.services.actor import Actor
from aap.services.association.members import membership_of, owners_of
from aap.services.audit import record
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.outbox import send_mail
from aap.services.permissions import Permission, Target, ensure


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
        raise InvalidInput({"explanation": Objection("association.claim_unexplained")})
    if len(explanation) > 3_000:
        raise InvalidInput({"explanation": Objection("association.claim_too_long")})
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
    record(session, actor, "siret.claimed", association, now=now)
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
        raise InvalidInput({"reason": Objection("association.claim_reason_missing")})
    claim.state = ClaimState.ACCEPTED if accepted else ClaimState.REFUSED
    claim.decided_by, claim.decided_at, claim.decision_reason = actor.person_id, now, reason.strip()
    session.add(claim)
    person = session.get_one(Person, claim.person_id)
    association = session.get_one(Association, claim.association_id)
    if accepted and membership_of(session, association.id, person.id) is None:
        session.add(
            Membership(person_id=person.id, association_id=association.id, role=MembershipRole.OWNER, created_at=now)
        )
    for email in sorted({person.email, *owners_of(session, association.id)}):
        send_mail(
            session, Mail.CLAIM_DECIDED, to=email, now=now,
            values={"association": association.name, "person": person.name, "accepted": accepted,
                    "reason": claim.decision_reason},
        )  # fmt: skip
    record(session, actor, "siret.arbitrated", association, now=now, after={"accepted": accepted, "person": person.id})
