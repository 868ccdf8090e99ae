"""Screens that follow the jury's room: what is before the jury is kept beside its meeting, by the one page that leads.

Nothing is held in a process: a page that follows asks for `Screens.version` and reads again once it has changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.records.audit import AuditLine
from aap.records.deliberations import Meeting
from aap.services.actor import Actor, person_name
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of, recused_dossiers
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.meetings import meeting_row


@dataclass(frozen=True)
class Shown:
    """What the page that leads has before it. `application_id` empty: no dossier; `choice`: the one whose effect is looked
    at, empty for none; `amount`: in cents, of a choice of another amount."""

    application_id: str = ""
    choice: str = ""
    amount: int | None = None


@dataclass(frozen=True)
class Screens:
    """What the screens of a call show to this actor. `led_by`: the name of whose page they follow, empty: nobody's;
    `own`: it is the actor's.

    `shown` is empty of a dossier of which the actor is recused: `masked`. `version` changes with whatever the screen says.
    """

    led_by: str
    own: bool
    shown: Shown
    masked: bool
    version: str


def screens_of(session: Session, *, actor: Actor, call: OpenedCall) -> Screens:
    """What is shown now. Five queries at most."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    meeting = meeting_row(session, call.id)
    hidden = recused_dossiers(session, actor, call.id)
    last = session.exec(
        select(AuditLine.sequence).where(AuditLine.call_id == call.id).order_by(col(AuditLine.sequence).desc()).limit(1)
    ).first()
    shown = _shown(meeting)
    masked = shown.application_id in hidden
    seen = (actor.person_id, meeting and meeting.id, meeting and meeting.screens_led_by, shown, sorted(hidden), last)
    leads = meeting.screens_led_by if meeting else None
    return Screens(
        led_by=person_name(session, leads),
        own=leads == actor.person_id,
        shown=Shown() if masked else shown,
        masked=masked,
        version=hashlib.sha256(repr(seen).encode()).hexdigest()[:32],
    )


def _shown(meeting: Meeting | None) -> Shown:
    if meeting is None or meeting.shown_application_id is None:
        return Shown()
    return Shown(meeting.shown_application_id, meeting.shown_choice, meeting.shown_amount)


def show_on_screens(
    session: Session, *, actor: Actor, call: OpenedCall, shown: Shown, by_itself: bool = False, now: datetime
) -> bool:
    """Makes the screens show this, and follow this person's page from now on.

    `by_itself`: the page says so without being asked; nothing is kept, and False given, where somebody else leads by now.
    The log tells who leads and which dossier was shown, not each choice that was looked at. Raises InvalidInput without
    a meeting, NotFound for a dossier of which the person is recused.
    """
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    application = None
    if shown.application_id:
        there, application = dossier_of(
            session, actor=actor, permission=Permission.JURY_HOLD, application_id=shown.application_id
        )
        if there.id != call.id:
            raise NotFound("application", shown.application_id)
    meeting = meeting_row(session, call.id, lock=True)
    if meeting is None:
        raise InvalidInput({"": Objection("ranking.no_meeting")})
    leads = meeting.screens_led_by == actor.person_id
    if by_itself and not leads:
        return False
    before = _shown(meeting)
    if leads and before == shown:
        return True
    meeting.screens_led_by = actor.person_id
    _keep(session, meeting, shown)
    if not leads:
        record(session, actor, "jury.screens_led", meeting, now=now, after={"number": meeting.number})
    if application is not None and before.application_id != application.id:
        record(session, actor, "jury.shown", application, now=now)
    return True


def take_off_screens(session: Session, *, call_id: str, application_id: str) -> None:
    """The dossier is no longer before the jury: the screens that show it show the meeting. One query."""
    meeting = meeting_row(session, call_id, lock=True)
    if meeting is not None and meeting.shown_application_id == application_id:
        _keep(session, meeting, Shown())


def _keep(session: Session, meeting: Meeting, shown: Shown) -> None:
    meeting.shown_application_id = shown.application_id or None
    meeting.shown_choice, meeting.shown_amount = shown.choice, shown.amount
    session.add(meeting)
    session.flush()
