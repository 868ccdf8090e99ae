"""What proves a claim to a SIRET: a document that its decider reads, or a mail to an address known for the association.

The address comes from the association's description, never from who claims. A mail proves something once whoever reads
that mailbox says so on the page that its link leads to: opening the link alone does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.associations import Association, ClaimProof, ClaimState, ProofKind, SiretClaim
from aap.records.people import Person
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import Subject, record
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.mailed_tokens import new_token, token_hash
from aap.services.outbox import send_mail
from aap.services.page_links import Links

PROOF_DAYS = 14
PROOF_MEGABYTES = 10
MOST_DOCUMENTS = 10


class KeptFile(Protocol):
    """A file that is in the store."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


def known_addresses(association: Association) -> dict[ProofKind, str]:
    """The mailboxes known for an association, by the kind of proof that one gives."""
    known = {
        ProofKind.ASSOCIATION_MAIL: association.email,
        ProofKind.REPRESENTATIVE_MAIL: association.representative_email,
    }
    return {kind: address for kind, address in known.items() if address}


def provable_by(session: Session, siret: str) -> tuple[ProofKind, ...]:
    """The proofs that a claim to this SIRET may come with. No address is told: who claims may be nobody of theirs.

    Raises NotFound where nobody holds the SIRET.
    """
    association = session.exec(select(Association).where(Association.siret == siret)).first()
    if association is None:
        raise NotFound("association", siret)
    return (ProofKind.DOCUMENT, *known_addresses(association))


@dataclass(frozen=True)
class OfferedProof:
    """What the claimant chose, as typed; `file`: the stored document, for a document."""

    kind: str
    file: KeptFile | None = None

    def problems(self, association: Association) -> dict[str, Objection]:
        """What is wrong with the choice, by field."""
        if self.kind not in set(ProofKind):
            return {"proof": Objection("association.proof_missing")}
        if self.kind == ProofKind.DOCUMENT:
            return {} if self.file is not None else {"file": Objection("association.proof_file_missing")}
        known = ProofKind(self.kind) in known_addresses(association)
        return {} if known else {"proof": Objection("association.proof_address_unknown")}


def add_proof(
    session: Session,
    *,
    actor: Actor,
    claim: SiretClaim,
    association: Association,
    proof: OfferedProof,
    links: Links,
    now: datetime,
) -> None:
    """Keeps a document, or mails the link; permissions are the caller's. The same document twice is kept once.

    Raises InvalidInput: too many documents, or a mail to that address that still waits for its answer.
    """
    kind = ProofKind(proof.kind)
    earlier = session.exec(select(ClaimProof).where(ClaimProof.claim_id == claim.id, ClaimProof.kind == kind)).all()
    if kind is ProofKind.DOCUMENT and proof.file is not None:
        _keep_document(session, actor, claim, proof.file, earlier, now)
    elif any(one.answered_at is None and one.expires_at is not None and one.expires_at > now for one in earlier):
        raise InvalidInput({"proof": Objection("association.proof_waiting")})
    else:
        _ask_by_mail(session, actor, claim, association, kind, links, now)


def _keep_document(
    session: Session, actor: Actor, claim: SiretClaim, file: KeptFile, earlier: Sequence[ClaimProof], now: datetime
) -> None:
    if file.sha256 in {one.sha256 for one in earlier}:
        return
    if len(earlier) >= MOST_DOCUMENTS:
        raise InvalidInput({"file": Objection("association.proof_too_many", most=MOST_DOCUMENTS)})
    session.add(
        ClaimProof(
            claim_id=claim.id, kind=ProofKind.DOCUMENT, name=file.name, content_type=file.content_type, size=file.size,
            sha256=file.sha256, created_at=now,
        )
    )  # fmt: skip
    record(
        session,
        actor,
        "siret.proof_added",
        Subject("association", claim.association_id),
        now=now,
        after={"claim": claim.id, "sha256": file.sha256},
    )


def _ask_by_mail(
    session: Session,
    actor: Actor,
    claim: SiretClaim,
    association: Association,
    kind: ProofKind,
    links: Links,
    now: datetime,
) -> None:
    token, address = new_token(), known_addresses(association)[kind]
    session.add(
        ClaimProof(
            claim_id=claim.id, kind=kind, address=address, token_hash=token_hash(token), created_at=now,
            expires_at=now + timedelta(days=PROOF_DAYS),
        )
    )  # fmt: skip
    send_mail(
        session, Mail.CLAIM_PROOF, to=address, now=now,
        values={"association": association.name, "person": actor.name, "email": actor.email,
                "explanation": claim.explanation, "days": PROOF_DAYS,
                "link": links.claim_proof(token)},
    )  # fmt: skip
    record(
        session,
        actor,
        "siret.proof_asked",
        Subject("association", claim.association_id),
        now=now,
        after={"claim": claim.id, "kind": str(kind)},
    )


def is_proved(proofs: Sequence[ClaimProof]) -> bool:
    """Whether a claim has what an acceptance needs: a document, or a mailbox's word for it. A mailbox's word against it is
    weighed by who decides: boards quarrel.
    """
    return any(one.kind == ProofKind.DOCUMENT or one.confirmed for one in proofs)


@dataclass(frozen=True)
class ProofCase:
    """What the mailed link shows."""

    proof: ClaimProof
    claim: SiretClaim
    association: Association
    person: Person


def open_proof(session: Session, *, token: str, now: datetime, lock: bool = False) -> ProofCase:
    """What was mailed, to whoever holds the link. Raises NotFound (unknown, expired, or the claim was decided)."""
    query = (
        select(ClaimProof, SiretClaim, Association, Person)
        .where(
            ClaimProof.token_hash == token_hash(token),
            ClaimProof.claim_id == SiretClaim.id,
            SiretClaim.association_id == Association.id,
            SiretClaim.person_id == Person.id,
            SiretClaim.state == ClaimState.OPEN,
            col(ClaimProof.expires_at) > now,
        )
    )  # fmt: skip
    found = session.exec(query.with_for_update(of=ClaimProof) if lock else query).first()
    if found is None:
        raise NotFound("proof")
    return ProofCase(*found)


def answer_proof(session: Session, *, token: str, confirmed: bool | None, now: datetime) -> ProofCase:
    """Whoever reads the mailbox says whether the claimant acts for the association. The first answer stands.

    Raises NotFound, InvalidInput (`confirmed` None: nothing was said).
    """
    case = open_proof(session, token=token, now=now, lock=True)
    if case.proof.answered_at is not None:
        return case
    if confirmed is None:
        raise InvalidInput({"answer": Objection("association.claim_unanswered")})
    case.proof.confirmed, case.proof.answered_at = confirmed, now
    session.add(case.proof)
    record(
        session,
        SYSTEM,
        "siret.proof_answered",
        Subject("association", case.association.id),
        now=now,
        after={"claim": case.claim.id, "kind": str(case.proof.kind), "confirmed": confirmed},
    )
    return case
