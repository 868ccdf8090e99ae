"""What proves a person besides the password: passkeys and recovery codes. The authenticator's secret is in `person`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from aap.records.types import UtcDateTime, new_id


class Passkey(SQLModel, table=True):
    """A key pair on somebody's device (WebAuthn); we hold the public half, and nothing of it is secret."""

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("credential_id"), UniqueConstraint("person_id", "name"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id")
    name: str = Field(max_length=64)  # as its person calls it
    credential_id: bytes = Field(sa_type=LargeBinary)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int  # how often it signed, where the device counts: a lower one is a copy's
    transports: list[str] | None = Field(default=None, sa_type=JSON)  # how browsers reach it: usb, internal, hybrid…
    backup_state: bool  # kept in its owner's cloud
    device_type: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime = Field(sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """A code that stands once for a lost second factor. It is random enough for its hash to be safe (120 bits)."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id")
    code_hash: str = Field(max_length=64)  # SHA-256 of the code
    created_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
