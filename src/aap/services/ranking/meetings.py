"""The jury's meetings: opened, who is there, whether the quorum is reached, adjourned or closed on the run it proposes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from aap.records.deliberations import Attendance, Meeting
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.jury_members import MemberLine, is_composed, sitting
from aap.services.ranking.runs import latest_run, moved_since


@dataclass(frozen=True)
class OpenMeeting:
    """The meeting that is held now. `present`: in the order of the members; `quorum`: how many must be there."""

    id: str
    number: int
    held_on: date
    place: str
    appointed_by: str
    quorum: int
    present: tuple[MemberLine, ...]

    @property
    def reached(self) -> bool:
        """Whether enough members are there to vote."""
        return len(self.present) >= self.quorum


def current_meeting(session: Session, call_id: str) -> OpenMeeting | None:
    """The meeting that is open; None where the jury doesn't sit. Three queries."""
    held = meeting_row(session, call_id)
    if held is None:
        return None
    there = set(session.exec(select(Attendance.member_id).where(Attendance.meeting_id == held.id)))
    return OpenMeeting(
        id=held.id,
        number=held.number,
        held_on=held.held_on,
        place=held.place,
        appointed_by=held.appointed_by,
        quorum=held.quorum,
        present=tuple(one for one in sitting(session, call_id) if one.id in there),
    )


@dataclass(frozen=True)
class ClosedMeeting:
    """A meeting that was held. `present`: how many members; `run`: number of the run that it proposes, None where it was
    adjourned."""

    number: int
    held_on: date
    quorum: int
    present: int
    run: int | None


def closed_meetings(session: Session, call_id: str) -> tuple[ClosedMeeting, ...]:
    """The meetings that were held, in their order. One query."""
    there = select(func.count()).where(Attendance.meeting_id == Meeting.id).scalar_subquery()
    found = session.execute(
        sql_select(col(Meeting.number), col(Meeting.held_on), col(Meeting.quorum), there, col(RankingRun.number))
        .join(RankingRun, col(RankingRun.id) == col(Meeting.run_id), isouter=True)
        .where(col(Meeting.call_id) == call_id, col(Meeting.closed_at).is_not(None))
        .order_by(col(Meeting.number))
    )
    return tuple(ClosedMeeting(*one) for one in found)


def meeting_row(session: Session, call_id: str, *, lock: bool = False) -> Meeting | None:
    """The row of the meeting that is open. One query."""
    query = select(Meeting).where(Meeting.call_id == call_id, col(Meeting.closed_at).is_(None))
    return session.exec(query.with_for_update() if lock else query).first()


def ensure_quorum(session: Session, call_id: str) -> OpenMeeting:
    """The open meeting, with enough members there. Raises InvalidInput where none is, or too few are."""
    meeting = current_meeting(session, call_id)
    if meeting is None:
        raise InvalidInput({"": Objection("ranking.no_meeting")})
    if not meeting.reached:
        raise InvalidInput(
            {"": Objection("ranking.quorum_missing", present=len(meeting.present), quorum=meeting.quorum)}
        )
    return meeting


def ensure_may_decide(session: Session, call_id: str) -> None:
    """A jury that is composed here decides in a meeting with its quorum; one that isn't has met elsewhere.

    Raises InvalidInput.
    """
    if is_composed(session, call_id):
        ensure_quorum(session, call_id)


@dataclass(frozen=True)
class MeetingEntry:
    """What was typed to open a meeting; None where it can't be read."""

    held_on: date | None
    place: str
    appointed_by: str
    quorum: int | None


def open_meeting(session: Session, *, actor: Actor, call: OpenedCall, entry: MeetingEntry, now: datetime) -> None:
    """Opens a meeting on the last run. Raises InvalidInput."""
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    ensure(actor, Permission.JURY_DECIDE, call.target(), kind="call", id=call.id)
    members = sitting(session, call.id)
    run = latest_run(session, call.id)
    problems = {}
    if not members:
        problems[""] = Objection("ranking.jury_empty")
    elif run is None:
        problems[""] = Objection("ranking.no_run_yet")
    elif meeting_row(session, call.id) is not None:
        problems[""] = Objection("ranking.meeting_open_already")
    if entry.held_on is None:
        problems["held_on"] = Objection("ranking.meeting_day")
    if not entry.appointed_by.strip() or len(entry.appointed_by.strip()) > 500:
        problems["appointed_by"] = Objection("ranking.appointing_act")
    if len(entry.place.strip()) > 300:
        problems["place"] = Objection("ranking.text_too_long", most=300)
    if entry.quorum is None or not 0 < entry.quorum <= max(1, len(members)):
        problems["quorum"] = Objection("ranking.quorum", most=len(members))
    if problems or entry.held_on is None or entry.quorum is None or run is None:
        raise InvalidInput(problems)
    number = session.exec(select(func.max(Meeting.number)).where(Meeting.call_id == call.id)).one() or 0
    kept = Meeting(
        call_id=call.id,
        number=number + 1,
        held_on=entry.held_on,
        place=entry.place.strip(),
        appointed_by=entry.appointed_by.strip(),
        quorum=entry.quorum,
        run_id=run.id,
        author_id=actor.person_id,
        opened_at=now,
    )
    session.add(kept)
    session.flush()
    told = {"number": kept.number, "held_on": kept.held_on.isoformat(), "quorum": kept.quorum, "run": run.number}
    record(session, actor, "jury.meeting_opened", kept, now=now, after=told)


def note_attendance(
    session: Session, *, actor: Actor, call: OpenedCall, present: Collection[str], now: datetime
) -> None:
    """Who is there from now on: ids of members; unknown ones are passed over. Raises InvalidInput without a meeting."""
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    meeting = meeting_row(session, call.id, lock=True)
    if meeting is None:
        raise InvalidInput({"": Objection("ranking.no_meeting")})
    members = {one.id: one.name for one in sitting(session, call.id)}
    wanted = members.keys() & set(present)
    held = {one.member_id: one for one in session.exec(select(Attendance).where(Attendance.meeting_id == meeting.id))}
    if held.keys() == wanted:
        return
    for member_id in held.keys() - wanted:
        session.delete(held[member_id])
    session.add_all(
        Attendance(meeting_id=meeting.id, member_id=member_id, noted_at=now) for member_id in wanted - held.keys()
    )
    told = {"present": sorted(members[one] for one in wanted), "quorum": meeting.quorum}
    record(session, actor, "jury.attendance", meeting, now=now, after=told)


def adjourn_meeting(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> None:
    """Ends a meeting that proposes nothing: the next one goes on. Raises InvalidInput without a meeting."""
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    _end(session, actor, call, None, "jury.meeting_adjourned", now)


def end_meeting(session: Session, *, actor: Actor, call: OpenedCall, missing: int, now: datetime) -> None:
    """Closes the meeting on the last run, which it proposes. `missing`: dossiers that were not before the jury.

    Raises InvalidInput: no quorum, dossiers missing, or decisions that no run holds yet.
    """
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    ensure_quorum(session, call.id)
    if missing:
        raise InvalidInput({"": Objection("ranking.not_all_before_jury", dossiers=missing)})
    run = latest_run(session, call.id)
    if run is None or moved_since(session, run):
        raise InvalidInput({"": Objection("ranking.inputs_changed")})
    _end(session, actor, call, run, "jury.meeting_closed", now)


def _end(session: Session, actor: Actor, call: OpenedCall, run: RankingRun | None, action: str, now: datetime) -> None:
    meeting = meeting_row(session, call.id, lock=True)
    if meeting is None:
        raise InvalidInput({"": Objection("ranking.no_meeting")})
    meeting.run_id = run.id if run else None
    meeting.closed_at, meeting.closed_by = now, actor.person_id
    session.add(meeting)
    after = {"number": meeting.number, "run": run.number if run else None}
    record(session, actor, action, meeting, now=now, after=after)
