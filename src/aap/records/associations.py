"""Associations, described once for all calls, and their document safe."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Connection, String, UniqueConstraint, event
from sqlmodel import Field, SQLModel

from aap.records.keys import dialect_keys
from aap.records.types import FileHash, Secret, UtcDateTime, new_id, one_of


class Association(SQLModel, table=True):
    """Identity once for all calls. Territory fields are derived from `commune_code` (official list)."""

    __tablename__ = "association"
    __table_args__ = (UniqueConstraint("siret"), CheckConstraint("version > 0", name="version"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    name: str = Field(max_length=250)
    acronym: str = Field(default="", max_length=50)
    siret: str | None = Field(default=None, max_length=14)
    rna: str | None = Field(default=None, max_length=10)
    object: str = ""
    created_on: date | None = None
    address: str = ""
    postal_code: str = Field(default="", max_length=5)
    commune_code: str | None = Field(default=None, max_length=5)
    commune_name: str = ""
    department: str = Field(default="", max_length=3, index=True)
    region: str = Field(default="", max_length=3)
    zone: str = Field(default="", max_length=10)  # metro, drom, com
    density: str = Field(default="", max_length=20)
    website: str = ""
    email: str = ""
    phone: str = Field(default="", max_length=20)
    iban: str = Field(default="", sa_type=Secret)
    iban_digest: str = Field(default="", max_length=64, index=True)  # keyed: equal IBANs have equal ones
    representative_name: str = ""
    representative_capacity: str = ""
    representative_email: str = ""
    officers: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


@event.listens_for(Association, "before_insert")
@event.listens_for(Association, "before_update")
def _digest_iban(_mapper: object, connection: Connection, association: Association) -> None:
    association.iban_digest = dialect_keys(connection.dialect).digest(association.iban) if association.iban else ""


class Register(StrEnum):
    """A public register that knows associations."""

    BUSINESS = "business"  # by SIREN and SIRET
    ASSOCIATIONS = "associations"  # by RNA number and SIREN


class RegisterOutcome(StrEnum):
    """What became of a question to a register."""

    FOUND = "found"
    UNKNOWN = "unknown"
    SILENT = "silent"  # no answer that can be used


class RegisterAnswer(SQLModel, table=True):
    """What a register said of a SIRET, and when: kept beside what was typed, never in its place.

    `association_id`: the association that took the number; until one does, nobody's, and forgotten after a while.
    """

    __tablename__ = "register_answer"
    __table_args__ = (
        CheckConstraint(one_of("said_by", Register), name="said_by"),
        CheckConstraint(one_of("outcome", RegisterOutcome), name="outcome"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    said_by: Register = Field(max_length=20, sa_type=String)
    siret: str = Field(max_length=14, index=True)
    association_id: str | None = Field(default=None, foreign_key="association.id", index=True)
    outcome: RegisterOutcome = Field(max_length=20, sa_type=String)
    content: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    asked_by: str | None = Field(default=None, foreign_key="person.id")
    asked_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ClaimState(StrEnum):
    """Of a claim to a SIRET that another account holds."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class HolderAnswer(StrEnum):
    """What who holds the SIRET says of a claim: a word that the decider reads, not a decision."""

    SUPPORTS = "supports"
    OBJECTS = "objects"


class SiretClaim(SQLModel, table=True):
    """Somebody says to act for a SIRET that another account holds: somebody who is in neither side decides."""

    __tablename__ = "siret_claim"
    __table_args__ = (
        CheckConstraint(one_of("state", ClaimState), name="state"),
        CheckConstraint(one_of("holder_answer", HolderAnswer), name="holder_answer"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    association_id: str = Field(foreign_key="association.id", index=True)  # which holds the SIRET
    person_id: str = Field(foreign_key="person.id", index=True)
    explanation: str
    state: ClaimState = Field(default=ClaimState.OPEN, max_length=20, sa_type=String)
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    decision_reason: str = ""
    holder_answer: HolderAnswer | None = Field(default=None, max_length=20, sa_type=String)
    holder_remark: str = ""
    holder_id: str | None = Field(default=None, foreign_key="person.id")
    holder_answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ProofKind(StrEnum):
    """How a claimant shows that they act for the association."""

    DOCUMENT = "document"
    ASSOCIATION_MAIL = "association_mail"
    REPRESENTATIVE_MAIL = "representative_mail"


class ClaimProof(SQLModel, table=True):
    """A proof of a claim: a stored document, or a mail to an address that was known for the association already.

    A mail proves something once whoever reads that mailbox answered it: `answered_at` and `confirmed`.
    """

    __tablename__ = "claim_proof"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint(one_of("kind", ProofKind), name="kind"),
        CheckConstraint("(kind = 'document') = (sha256 IS NOT NULL)", name="document"),
        CheckConstraint("(kind = 'document') = (token_hash IS NULL)", name="mail"),
        CheckConstraint("(answered_at IS NULL) = (confirmed IS NULL)", name="answer"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    claim_id: str = Field(foreign_key="siret_claim.id", index=True)
    kind: ProofKind = Field(max_length=20, sa_type=String)
    name: str = ""  # of the document
    content_type: str = ""
    size: int = 0
    sha256: str | None = Field(default=None, sa_type=FileHash)
    address: str = ""  # to which the mail went
    token_hash: str | None = Field(default=None, max_length=64)  # SHA-256 of the mailed token
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed: bool | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
