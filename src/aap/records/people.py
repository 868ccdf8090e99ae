"""People, what they may be (roles), and the associations they act for (memberships)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from aap.records.types import Secret, UtcDateTime, new_id, one_of


class Role(StrEnum):
    """A role given by an administrator: for one call, or for all of them (no call)."""

    REVIEWER = "reviewer"
    OFFICIAL = "official"
    ADMIN = "admin"
    CONSULTED = "consulted"
    JURY = "jury"


class MembershipRole(StrEnum):
    """What somebody may do for an association: everything, write, or only read."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"


class SessionEnd(StrEnum):
    """Why a session was ended before its time."""

    SIGNED_OUT = "signed_out"
    BY_OWNER = "by_owner"  # from the page of one's sessions
    REPLACED = "replaced"  # the same browser signed in again
    PASSWORD = "password"  # noqa: S105  (changed or reset)
    FACTOR = "factor"  # the second factor was changed or reset
    ACCOUNT = "account"  # closed or erased
    RIGHTS = "rights"  # a role or a membership was taken or changed


class Person(SQLModel, table=True):
    """An account. E-mail in lower case; the password's hash is written by `aap.identity` only."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("fs_uniquifier"),
        UniqueConstraint("fs_webauthn_user_handle"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    email: str = Field(max_length=254)
    name: str = Field(max_length=200)
    phone: str | None = Field(default=None, max_length=20)
    password: str | None = None
    active: bool = True
    fs_uniquifier: str = Field(max_length=64)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_login_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    interests_declared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # for all calls, even if none
    tf_primary_method: str | None = Field(default=None, max_length=64)
    tf_totp_secret: str | None = Field(default=None, sa_type=Secret)  # of the authenticator, in Base32
    totp_proposed: str | None = Field(default=None, sa_type=Secret)  # shown for setting up, not confirmed yet
    totp_last_step: int | None = None  # time step of the last code taken: none is taken twice
    fs_webauthn_user_handle: str | None = Field(default=None, max_length=64)  # what passkeys call the person


class TurnedSwitch(SQLModel, table=True):
    """What somebody switched otherwise than it stands by itself: a name of `services.account.reminders_and_channels`."""

    __tablename__ = "turned_switch"

    person_id: str = Field(foreign_key="person.id", primary_key=True, max_length=36)
    name: str = Field(primary_key=True, max_length=20)


class RoleGrant(SQLModel, table=True):
    """A role, in one call or (no `call_id`) in all."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        Index("uq_role_grant_person_role_call", "person_id", "role", "call_id", unique=True),
        Index(
            "uq_role_grant_person_role_everywhere",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("call_id IS NULL"),
            postgresql_where=text("call_id IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id")
    role: Role = Field(max_length=20, sa_type=String)
    call_id: str | None = Field(default=None, foreign_key="call.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class Membership(SQLModel, table=True):
    """One person in one association."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("person_id", "association_id"),
        CheckConstraint(one_of("role", MembershipRole), name="role"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(foreign_key="person.id")
    association_id: str = Field(foreign_key="association.id", index=True)
    role: MembershipRole = Field(max_length=20, sa_type=String)
    created_at: datetime = Field(sa_type=UtcDateTime)


class UserSession(SQLModel, table=True):
    """One browser that a person signed in with. The cookie has the token, the row its hash: who reads the table can sign in
    nowhere. `agent`: of somebody who held a role at sign-in or got one since, which is what its limits go by."""

    __tablename__ = "user_session"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint(one_of("ended_why", SessionEnd), name="ended_why"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    token_hash: str = Field(max_length=64)  # SHA-256 of the cookie's token
    person_id: str = Field(foreign_key="person.id", index=True)
    agent: bool
    remembered: bool
    address: str = Field(max_length=45)
    browser: str = Field(max_length=20)  # "Firefox"; empty: none that we know
    system: str = Field(max_length=20)  # "Linux"; empty: none that we know
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)  # a minute late at most
    confirmed_at: datetime = Field(sa_type=UtcDateTime)  # when the person last proved who they are
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_why: SessionEnd | None = Field(default=None, max_length=20, sa_type=String)


class Invitation(SQLModel, table=True):
    """An invitation by e-mail: to an association (with a membership role) or to review a call."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("(association_id IS NULL) <> (call_id IS NULL)", name="one_object"),
        UniqueConstraint("token_hash"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    email: str = Field(max_length=254, index=True)
    token_hash: str = Field(max_length=64)  # SHA-256 of the mailed token
    association_id: str | None = Field(default=None, foreign_key="association.id", index=True)
    call_id: str | None = Field(default=None, foreign_key="call.id", index=True)
    role: str = Field(max_length=20)
    invited_by: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
