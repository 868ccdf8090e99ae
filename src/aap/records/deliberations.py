"""What the jury's meeting leaves: who sits, who was there, what was looked at, and what the authority let pass."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from aap.records.types import Cents, FileHash, UtcDateTime, new_id, one_of


class Gate(StrEnum):
    """What must have been looked at before a deliberation opens and a run is frozen; waived one by one."""

    DIVERGENT = "divergent"  # its reviewers disagree beyond the call's rule
    CONTESTED = "contested"  # raw and corrected scores put it on different sides of the threshold
    ERRATIC = "erratic"  # a reviewer whose marks scatter marked it


class Waiver(SQLModel, table=True):
    """The authority goes past one gate for one dossier, with a reason that the minutes print."""

    __tablename__ = "waiver"
    __table_args__ = (
        CheckConstraint(one_of("gate", Gate), name="gate"),
        UniqueConstraint("application_id", "gate"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    application_id: str = Field(foreign_key="application.id")
    gate: Gate = Field(max_length=20, sa_type=String)
    reason: str
    author_id: str = Field(foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class JuryMember(SQLModel, table=True):
    """Somebody who sits on a call's jury. `person_id`: their account, where they have one: recusals are read by it."""

    __tablename__ = "jury_member"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id", index=True)
    name: str = Field(max_length=200)
    capacity: str = Field(default="", max_length=300)
    college: str = Field(default="", max_length=200)
    chairs: bool = False
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # no longer sits; what was noted stays
    created_at: datetime = Field(sa_type=UtcDateTime)


class Meeting(SQLModel, table=True):
    """One meeting of the jury; at most one of a call is open. `run_id`: the run that it was held on, and proposes; None
    once it was adjourned.

    `appointed_by`: the act that appoints the jury. `quorum`: how many members must be there. `screens_led_by`: whose page
    the screens follow; `shown_…`: what that page has before it, `shown_choice` the choice whose effect is looked at.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        CheckConstraint("quorum > 0", name="quorum"),
        Index(
            "uq_meeting_open",
            "call_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    call_id: str = Field(foreign_key="call.id")
    number: int
    held_on: date
    place: str = Field(default="", max_length=300)
    appointed_by: str = Field(default="", max_length=500)
    quorum: int = 1
    run_id: str | None = Field(default=None, foreign_key="ranking_run.id")
    author_id: str = Field(foreign_key="person.id")
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = Field(default=None, foreign_key="person.id")
    screens_led_by: str | None = Field(default=None, foreign_key="person.id")
    shown_application_id: str | None = Field(default=None, foreign_key="application.id")
    shown_choice: str = Field(default="", max_length=20)
    shown_amount: int | None = Field(default=None, sa_type=Cents)


class Attendance(SQLModel, table=True):
    """A member was at a meeting."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    meeting_id: str = Field(foreign_key="meeting.id")
    member_id: str = Field(foreign_key="jury_member.id", index=True)
    noted_at: datetime = Field(sa_type=UtcDateTime)


class Looking(StrEnum):
    """How a dossier was before the jury."""

    LISTED = "listed"  # in a list that was voted at once
    CALLED = "called"  # a member called it out of its list: it is open until it is looked at
    KEPT = "kept"  # looked at by itself: what the run proposes is kept
    CHANGED = "changed"  # looked at by itself: the jury decided otherwise (`JuryDecision`)
    SENT_BACK = "sent_back"  # another review is asked for


class JuryVote(SQLModel, table=True):
    """What became of one dossier at one meeting. `list_name`: the list with which it was voted, by its outcome's code.

    Votes are numbers of members; all zero where the jury agreed without counting. `away`: members' ids who had left.
    """

    __tablename__ = "jury_vote"
    __table_args__ = (
        UniqueConstraint("meeting_id", "application_id"),
        CheckConstraint(one_of("looking", Looking), name="looking"),
        CheckConstraint("votes_for >= 0 AND votes_against >= 0 AND abstentions >= 0", name="votes"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    meeting_id: str = Field(foreign_key="meeting.id")
    application_id: str = Field(foreign_key="application.id", index=True)
    looking: Looking = Field(max_length=20, sa_type=String)
    list_name: str = Field(default="", max_length=40)
    called_by: str | None = Field(default=None, foreign_key="jury_member.id")
    votes_for: int = 0
    votes_against: int = 0
    abstentions: int = 0
    reason: str = ""
    away: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    author_id: str = Field(foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class Unfreezing(SQLModel, table=True):
    """A frozen run is taken back, by two persons with a reason, before letters have left. The run stays readable.

    `minutes_sha256`: the minutes as they stood when it was taken back; later ones tell of the next version.
    """

    __tablename__ = "unfreezing"
    __table_args__ = (
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    run_id: str = Field(foreign_key="ranking_run.id", index=True)
    reason: str
    proposed_by: str = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by: str | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dropped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # refused by the second, or taken back
    dropped_by: str | None = Field(default=None, foreign_key="person.id")
    minutes_sha256: str | None = Field(default=None, sa_type=FileHash)
