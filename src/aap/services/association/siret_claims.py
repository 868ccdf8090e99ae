"""Two accounts, one SIRET: a claim with its proof, what the holder says of it, and who decides in neither's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.associations import Association, ClaimProof, ClaimState, HolderAnswer, SiretClaim
from aap.records.people import Membership, MembershipRole, Person
from aap.services.actor import Actor, lock_people
from aap.services.association.associations import get_association
from aap.services.association.claim_proofs import OfferedProof, add_proof, is_proved
from aap.services.association.members import add_member, owners_of
from aap.services.audit import Subject, record
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, Target, Who, allowed, ensure, relations
from aap.services.recusals import stands

LONGEST = 3_000


def claim_siret(
    session: Session,
    *,
    actor: Actor,
    siret: str,
    explanation: str,
    proof: OfferedProof,
    links: Links,
    now: datetime,
) -> SiretClaim:
    """Asks somebody of neither side to say who acts for a SIRET, with a first proof. The holder is told by mail.

    A claim that still waits is given back, with the proof added, and not doubled. Raises NotFound where nobody holds the
    SIRET, InvalidInput without an explanation or a proof.
    """
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    association = session.exec(select(Association).where(Association.siret == siret)).first()
    if association is None or association.id in actor.memberships:
        raise NotFound("association", siret)
    explanation = explanation.strip()
    problems: dict[str, Objection] = {}
    if not explanation:
        problems["explanation"] = Objection("association.claim_unexplained")
    elif len(explanation) > LONGEST:
        problems["explanation"] = Objection("association.claim_too_long")
    problems.update(proof.problems(association))
    if problems:
        raise InvalidInput(problems)
    claim = session.exec(
        select(SiretClaim).where(
            SiretClaim.association_id == association.id,
            SiretClaim.person_id == actor.person_id,
            SiretClaim.state == ClaimState.OPEN,
        )
    ).first()
    if claim is None:
        claim = SiretClaim(
            association_id=association.id, person_id=actor.person_id, explanation=explanation, created_at=now
        )
        session.add(claim)
        session.flush()
        record(
            session,
            actor,
            "siret.claimed",
            Subject("association", association.id),
            now=now,
            after={"claim": claim.id},
        )
        for email in sorted(owners_of(session, association.id)):
            send_mail(
                session, Mail.CLAIM_OPENED, to=email, now=now,
                values={"association": association.name, "person": actor.name, "explanation": explanation,
                        "link": links.claims(association.id)},
            )  # fmt: skip
    add_proof(session, actor=actor, claim=claim, association=association, proof=proof, links=links, now=now)
    return claim


def prove_claim(
    session: Session, *, actor: Actor, claim_id: str, proof: OfferedProof, links: Links, now: datetime
) -> None:
    """One more proof of a claim of one's own that waits. Raises NotFound, InvalidInput."""
    held = own_claim(session, actor=actor, claim_id=claim_id)
    if held.claim.state != ClaimState.OPEN:
        raise NotFound("claim", claim_id)
    problems = proof.problems(held.association)
    if problems:
        raise InvalidInput(problems)
    add_proof(session, actor=actor, claim=held.claim, association=held.association, proof=proof, links=links, now=now)


def claims_of(session: Session, actor: Actor) -> tuple[tuple[SiretClaim, str], ...]:
    """The actor's claims with the association's name, the latest first."""
    found = session.exec(
        select(SiretClaim, Association.name)
        .where(SiretClaim.person_id == actor.person_id, SiretClaim.association_id == Association.id)
        .order_by(col(SiretClaim.created_at).desc(), col(SiretClaim.id))
    )
    return tuple((claim, name) for claim, name in found)


@dataclass(frozen=True)
class Holder:
    """Who acts for the association now, and since when."""

    name: str
    email: str
    role: MembershipRole
    since: datetime


@dataclass(frozen=True)
class ClaimCase:
    """A claim with all that a decision on it rests on. `holders`: empty on the claimant's own page."""

    claim: SiretClaim
    association: Association
    person: Person
    proofs: tuple[ClaimProof, ...]
    holders: tuple[Holder, ...] = ()

    @property
    def proved(self) -> bool:
        return is_proved(self.proofs)


def own_claim(session: Session, *, actor: Actor, claim_id: str) -> ClaimCase:
    """A claim of the actor's own, with its proofs. Raises NotFound."""
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    claim = session.get(SiretClaim, claim_id)
    if claim is None or claim.person_id != actor.person_id:
        raise NotFound("claim", claim_id)
    return _case(session, claim)


def _case(session: Session, claim: SiretClaim, holders: Sequence[Holder] = ()) -> ClaimCase:
    proofs = session.exec(
        select(ClaimProof)
        .where(ClaimProof.claim_id == claim.id)
        .order_by(col(ClaimProof.created_at), col(ClaimProof.id))
    ).all()
    association = session.get_one(Association, claim.association_id)
    return ClaimCase(claim, association, session.get_one(Person, claim.person_id), tuple(proofs), tuple(holders))


# --- the holder -------------------------------------------------------------------------------------------------------


def claims_about(session: Session, *, actor: Actor, association_id: str) -> tuple[tuple[SiretClaim, Person], ...]:
    """The claims to the SIRET of an association that wait, for its owners, the oldest first."""
    get_association(session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_MEMBERS)
    found = session.exec(
        select(SiretClaim, Person)
        .where(
            SiretClaim.association_id == association_id,
            SiretClaim.state == ClaimState.OPEN,
            SiretClaim.person_id == Person.id,
        )
        .order_by(col(SiretClaim.created_at), col(SiretClaim.id))
    )
    return tuple((claim, person) for claim, person in found)


def answer_as_holder(
    session: Session, *, actor: Actor, association_id: str, claim_id: str, answer: str, remark: str, now: datetime
) -> None:
    """What an owner says of a claim; the last word before the decision stands. Raises NotFound, InvalidInput."""
    get_association(session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_MEMBERS)
    claim = session.get(SiretClaim, claim_id)
    if claim is None or claim.association_id != association_id or claim.state != ClaimState.OPEN:
        raise NotFound("claim", claim_id)
    problems: dict[str, Objection] = {}
    if answer not in set(HolderAnswer):
        problems["answer"] = Objection("association.claim_unanswered")
    remark = remark.strip()
    if answer == HolderAnswer.OBJECTS and not remark:
        problems["remark"] = Objection("association.claim_objection_unexplained")
    elif len(remark) > LONGEST:
        problems["remark"] = Objection("association.claim_too_long")
    if problems:
        raise InvalidInput(problems)
    before = {"answer": str(claim.holder_answer or "")}
    claim.holder_answer, claim.holder_remark = HolderAnswer(answer), remark
    claim.holder_id, claim.holder_answered_at = actor.person_id, now
    session.add(claim)
    record(
        session,
        actor,
        "siret.holder_answered",
        Subject("association", association_id),
        now=now,
        before=before,
        after={"claim": claim_id, "answer": answer},
    )


# --- the decision -----------------------------------------------------------------------------------------------------


def open_claims(session: Session, *, actor: Actor) -> tuple[ClaimCase, ...]:
    """The claims that this actor may decide, the oldest first, with proofs and holders."""
    ensure(actor, Permission.CLAIM_ARBITRATE, Target())
    waiting = session.exec(
        select(SiretClaim)
        .where(SiretClaim.state == ClaimState.OPEN)
        .order_by(col(SiretClaim.created_at), col(SiretClaim.id))
    ).all()
    return tuple(
        _case(session, claim, _holders(session, claim.association_id))
        for claim in waiting
        if not _concerned(actor, claim) and _decides(session, actor, claim.association_id)
    )


def _holders(session: Session, association_id: str) -> list[Holder]:
    found = session.exec(
        select(Person, Membership)
        .where(Membership.association_id == association_id, Membership.person_id == Person.id)
        .order_by(col(Membership.created_at), col(Person.name), col(Person.id))
    )
    return [Holder(person.name, person.email, MembershipRole(held.role), held.created_at) for person, held in found]


def _concerned(actor: Actor, claim: SiretClaim) -> bool:
    """The claim is their own, or to an association that they belong to."""
    return claim.person_id == actor.person_id or claim.association_id in actor.memberships


def _decides(session: Session, actor: Actor, association_id: str) -> bool:
    """An official of a call in which the association deposited a dossier, or an administrator; nobody who is recused
    from a dossier of it."""
    dossiers = session.exec(
        select(Application.call_id, stands(actor.person_id)).where(
            Application.association_id == association_id, col(Application.submitted_at).is_not(None)
        )
    ).all()
    if any(recused for _, recused in dossiers):
        return False
    return Who.ADMIN in relations(actor, Target()) or any(
        allowed(actor, Permission.CLAIM_ARBITRATE, Target(call_id=call_id)) for call_id, _ in dossiers
    )


def _decided_by(session: Session, actor: Actor, claim_id: str) -> SiretClaim:
    """A waiting claim that this actor may decide. Raises NotFound, and OwnRequest where it concerns them."""
    ensure(actor, Permission.CLAIM_ARBITRATE, Target(), kind="claim", id=claim_id)
    claim = session.get(SiretClaim, claim_id, with_for_update=True)
    if claim is None or claim.state != ClaimState.OPEN:
        raise NotFound("claim", claim_id)
    if _concerned(actor, claim):
        raise OwnRequest
    if not _decides(session, actor, claim.association_id):
        raise NotFound("claim", claim_id)
    return claim


def read_proof(session: Session, *, actor: Actor, claim_id: str, proof_id: str, now: datetime) -> ClaimProof:
    """The document of a claim, for who decides on it; the reading is logged. Raises NotFound, OwnRequest."""
    claim = _decided_by(session, actor, claim_id)
    proof = session.get(ClaimProof, proof_id)
    if proof is None or proof.claim_id != claim.id or proof.sha256 is None:
        raise NotFound("proof", proof_id)
    record(
        session,
        actor,
        "siret.proof_read",
        Subject("association", claim.association_id),
        now=now,
        after={"claim": claim.id, "sha256": proof.sha256},
    )
    return proof


def arbitrate_claim(
    session: Session, *, actor: Actor, claim_id: str, accepted: bool | None, reason: str, links: Links, now: datetime
) -> None:
    """Lets the person in as an owner, or refuses with a reason. Both sides are told by mail.

    `accepted` None: nothing was said, which is no answer. Raises NotFound, OwnRequest (one's own claim, or one to an
    association that one belongs to), InvalidInput (no answer, no reason, accepted without a proof).
    """
    claim = _decided_by(session, actor, claim_id)
    lock_people(session, [claim.person_id])  # as a member they are recused of its dossiers
    held = _case(session, claim)
    problems: dict[str, Objection] = {}
    if accepted is None:
        problems["answer"] = Objection("association.claim_unanswered")
    elif accepted and not held.proved:
        problems["answer"] = Objection("association.claim_unproved")
    if not reason.strip():
        problems["reason"] = Objection("association.claim_reason_missing")
    if problems:
        raise InvalidInput(problems)
    claim.state = ClaimState.ACCEPTED if accepted else ClaimState.REFUSED
    claim.decided_by, claim.decided_at, claim.decision_reason = actor.person_id, now, reason.strip()
    session.add(claim)
    person, association = held.person, held.association
    if accepted:
        add_member(session, association.id, person.id, MembershipRole.OWNER, now)
    own, others = links.own_claim(claim.id), links.claims(association.id)
    for email in sorted({person.email, *owners_of(session, association.id)}):
        send_mail(
            session, Mail.CLAIM_DECIDED, to=email, now=now,
            values={"association": association.name, "person": person.name, "accepted": accepted,
                    "reason": claim.decision_reason, "link": own if email == person.email else others},
        )  # fmt: skip
    record(
        session,
        actor,
        "siret.arbitrated",
        Subject("association", association.id),
        now=now,
        after={"accepted": accepted, "person": person.id, "claim": claim.id},
    )
