"""Decisions are told to all at one hour: one person proposes it, a second confirms, nobody learns anything before.

A proposal takes the decisions that wait; whatever is decided later waits for another one. Until the hour it can be
cancelled. At the hour everybody's decision opens in one transaction, and the mails, which say nothing of it, leave after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from aap.documents.mail_texts import Mail, render_mail
from aap.records.applications import Application, ApplicationState
from aap.records.decided import Notification, NotificationState
from aap.records.people import Person
from aap.records.rankings import Decision, Outcome
from aap.services.actor import SYSTEM, Actor
from aap.services.association.mails import addresses_of, dossier_values, tell_association
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.in_force import in_force, untold
from aap.services.decision.setting_letters import letters_ready, open_notification
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import InvalidInput, NotFound, Objection, SamePerson
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure

FURTHEST = timedelta(days=90)
"""How far ahead an hour may be: further is a year typed wrong."""
_TRIAL = "[Essai] "


@dataclass(frozen=True)
class AwaitedNotification:
    """A notification that was proposed, with who did what. `decisions`: how many it will tell.

    `at_once`: it was proposed for « maintenant », which is the moment of the confirmation.
    """

    record: Notification
    decisions: int
    proposed_by: str
    confirmed_by: str

    @property
    def is_confirmed(self) -> bool:
        return self.record.state == NotificationState.CONFIRMED

    @property
    def at_once(self) -> bool:
        return self.record.at <= self.record.proposed_at


def awaited_notification(session: Session, *, actor: Actor, call: OpenedCall) -> AwaitedNotification | None:
    """The notification of a call that is proposed or confirmed. At most three queries."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    found = open_notification(session, call.id)
    if found is None:
        return None
    number = session.exec(select(func.count()).where(Decision.notification_id == found.id)).one()
    people = [found.proposed_by, *([found.confirmed_by] if found.confirmed_by else [])]
    names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
    return AwaitedNotification(found, number, names.get(found.proposed_by, ""), names.get(found.confirmed_by or "", ""))


def propose_notification(
    session: Session, *, actor: Actor, call_id: str, at: datetime | None, now: datetime
) -> Notification:
    """The first person: every decision that waits is to be told at this hour; None: as soon as it is confirmed.

    Raises InvalidInput (nothing waits, a letter is missing or can't leave at that hour, the hour is past or too far, one is
    proposed already), RecusedFromActs.
    """
    call = _call_to_notify(session, actor, call_id)
    if open_notification(session, call_id) is not None:
        raise InvalidInput({"": Objection("decision.notification_awaited")})
    if at is not None and not now < at <= now + FURTHEST:
        raise InvalidInput({"at": Objection("decision.notification_hour", days=FURTHEST.days)})
    waiting = session.exec(select(Decision).where(untold(call_id)).order_by(col(Decision.id))).all()
    without = sum(one.letter_sha256 is None for one in waiting)
    if not waiting or without:
        raise InvalidInput(
            {"": Objection("decision.letters_missing", number=without) if without else Objection("decision.none_waits")}
        )
    if objections := letters_ready(session, call, at or now):
        raise InvalidInput({"": objections})
    made = Notification(call_id=call_id, at=at or now, proposed_by=actor.row_id or "", proposed_at=now)
    session.add(made)
    session.flush()
    for decision in waiting:
        decision.notification_id = made.id
        session.add(decision)
    record(
        session, actor, "notification.proposed", made, now=now,
        after={"at": made.at.isoformat(), "decisions": len(waiting)},
    )  # fmt: skip
    return made


def confirm_notification(
    session: Session, *, actor: Actor, call_id: str, notification_id: str, links: Links, now: datetime
) -> Notification:
    """The second person. Where the hour is past, or was « maintenant », everybody is told now.

    Sent twice it is one. Raises SamePerson, NotFound (cancelled meanwhile), InvalidInput (letters can't leave), RecusedFromActs.
    """
    call = _call_to_notify(session, actor, call_id)
    found = _notification(session, call_id, notification_id)
    if found.state in (NotificationState.CONFIRMED, NotificationState.DONE):
        return found
    if found.state != NotificationState.PROPOSED:
        raise NotFound("notification", notification_id)
    if found.proposed_by == actor.person_id:
        raise SamePerson
    if objections := letters_ready(session, call, max(found.at, now)):
        raise InvalidInput({"": objections})
    found.state, found.confirmed_by, found.confirmed_at = NotificationState.CONFIRMED, actor.row_id, now
    session.add(found)
    record(session, actor, "notification.confirmed", found, now=now, after={"at": found.at.isoformat()})
    if found.at <= now:
        _tell_all(session, call, found, actor=actor, links=links, now=now)
    return found


def cancel_notification(session: Session, *, actor: Actor, call_id: str, notification_id: str, now: datetime) -> None:
    """Takes a proposed or confirmed hour back before it comes; one person is enough to hold everything back.

    Raises InvalidInput once the hour has come, NotFound, RecusedFromActs.
    """
    _call_to_notify(session, actor, call_id)
    found = _notification(session, call_id, notification_id)
    if found.state == NotificationState.CANCELLED:
        return
    too_late = found.state == NotificationState.CONFIRMED and found.at <= now
    if found.state == NotificationState.DONE or too_late:
        raise InvalidInput({"": Objection("decision.notification_begun")})
    _cancel(session, actor, found, now)


def cancel_proposed(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> None:
    """Takes the hour back that waits for its second person, with the list that is taken back. For who holds the call and
    may do that; a confirmed hour is in its way (`letters_have_left`)."""
    found = open_notification(session, call.id)
    if found is not None and found.state == NotificationState.PROPOSED:
        _cancel(session, actor, found, now)


def _cancel(session: Session, actor: Actor, found: Notification, now: datetime) -> None:
    before = str(found.state)
    found.state = NotificationState.CANCELLED
    session.add(found)
    session.execute(update(Decision).where(col(Decision.notification_id) == found.id).values(notification_id=None))
    record(session, actor, "notification.cancelled", found, now=now, before={"state": before})


def due_notifications(session: Session, *, now: datetime) -> Sequence[str]:
    """Ids of confirmed notifications whose hour has come. One query."""
    return session.exec(
        select(Notification.id)
        .where(Notification.state == NotificationState.CONFIRMED, col(Notification.at) <= now)
        .order_by(col(Notification.at), col(Notification.id))
    ).all()


def notify_at_hour(session: Session, notification_id: str, *, links: Links, now: datetime) -> int:
    """What time does by itself: tells everybody of one notification. Done by two workers, it is done once."""
    found = session.get_one(Notification, notification_id)
    call = get_call(session, found.call_id)
    hold_call(session, call)
    session.refresh(found)
    if found.state != NotificationState.CONFIRMED or found.at > now:
        return 0
    return _tell_all(session, call, found, actor=SYSTEM, links=links, now=now)


def _tell_all(
    session: Session, call: OpenedCall, notification: Notification, *, actor: Actor, links: Links, now: datetime
) -> int:
    """Every decision of it that is still in force opens now, and each association is mailed a link."""
    told = session.exec(
        select(Decision, Application)
        .where(
            Decision.notification_id == notification.id,
            Decision.application_id == Application.id,
            col(Decision.notified_at).is_(None),
            in_force(),
        )
        .order_by(col(Application.reference))
    ).all()
    addresses = addresses_of(session, {application.association_id for _, application in told})
    for decision, application in told:
        decision.notified_at = now
        if decision.outcome == Outcome.WITHDRAWN:
            application.state = ApplicationState.WITHDRAWN
        elif application.state != ApplicationState.WITHDRAWN:
            application.state = ApplicationState.NOTIFIED
        session.add(decision)
        session.add(application)
        tell_association(
            session, call, application, Mail.DECISION, now=now, key=f"decision:{decision.id}",
            link=links.decision(application.id), values={"trial": ""}, to=addresses[application.association_id],
        )  # fmt: skip
    notification.state, notification.done_at, notification.decisions = NotificationState.DONE, now, len(told)
    session.add(notification)
    record(
        session, actor, "decisions.notified", call.record, now=now,
        after={"decisions": len(told), "notification": notification.id},
    )  # fmt: skip
    return len(told)


def notification_mail(call: OpenedCall, *, reference: str, title: str, link: str) -> tuple[str, str]:
    """Subject and body of the mail that a decision's association gets."""
    return render_mail(Mail.DECISION, {**dossier_values(call, reference, title), "link": link, "trial": ""})


def send_test_mail(
    session: Session, *, actor: Actor, call_id: str, reference: str, title: str, links: Links, now: datetime
) -> None:
    """The mail about one dossier, to who asks for it: no association gets anything. Once a minute."""
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    send_mail(
        session, Mail.DECISION, to=actor.email, now=now,
        values={**dossier_values(call, reference, title), "link": links.sign_in(), "trial": _TRIAL},
        sender=call.authority_name,
        dedupe_key=f"decision-test:{call_id}:{actor.row_id}:{now:%Y%m%d%H%M}",
    )  # fmt: skip


def _call_to_notify(session: Session, actor: Actor, call_id: str) -> OpenedCall:
    """The call, held until the transaction ends: what is pressed twice comes one after the other."""
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    hold_call(session, call)
    return call


def _notification(session: Session, call_id: str, notification_id: str) -> Notification:
    """As it stands now, with the call held. Raises NotFound."""
    found = session.get(Notification, notification_id)
    if found is None or found.call_id != call_id:
        raise NotFound("notification", notification_id)
    session.refresh(found)
    return found
