"""Reminders to those who began a dossier, or corrections of one, and did not deposit them.

When each is due, `account/reminders_and_channels` says.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, and_, literal, or_
from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.french import moment
from aap.documents.mail_texts import Mail
from aap.records.applications import CORRECTABLE, Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.people import Membership, MembershipRole, Person
from aap.records.redrafts import Redraft
from aap.services.account.reminders_and_channels import REMINDERS, Reminder, wants
from aap.services.association.diary import closing_event
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.dossier.redrafting import holds_something
from aap.services.outbox import send_mail
from aap.services.page_links import Links

BATCH = 500


def due_reminder(closes_at: datetime, now: datetime) -> Reminder | None:
    """The reminder whose time it is; None before the first one and after the closing.

    Only the last one that is due: who was not reminded in time for two days is reminded once, for four hours.
    """
    due = [reminder for reminder in REMINDERS if closes_at - reminder.before <= now < closes_at]
    return due[-1] if due else None


def remind_drafts(session: Session, *, links: Links, now: datetime) -> int:
    """Mails the reminders that are due, once each to every owner and editor who wants it. Gives their number.

    A closing that was extended has reminders of its own. Dossiers begun after a reminder's time don't get that one.
    At most `BATCH` a call: the next minute goes on. One query for the calls, one a call that closes within a week.
    """
    sent = 0
    for call in list_calls(session, frozenset({CallState.OPEN})):
        reminder = due_reminder(call.record.closes_at, now)
        if reminder is not None:
            sent += _remind(session, call, reminder, links, now)
    return sent


def _remind(session: Session, call: OpenedCall, reminder: Reminder, links: Links, now: datetime) -> int:
    closing = int(call.record.closes_at.timestamp())
    key = literal(f"reminder:{reminder.name}:{closing}:", String) + col(Application.id) + ":" + col(Person.id)
    already = select(OutboxMail.id).where(OutboxMail.dedupe_key == key).correlate(Application, Person).exists()
    begun_before = call.record.closes_at - reminder.before
    draft = and_(col(Application.state) == ApplicationState.DRAFT, col(Application.created_at) < begun_before)
    corrected = (
        select(Redraft.id)
        .where(
            Redraft.application_id == Application.id, col(Redraft.opened_at) < begun_before,
            col(Redraft.lapsed_at).is_(None),
        )
        .correlate(Application)
        .exists()
    )  # fmt: skip
    found = session.exec(
        select(Application, Association.name, Person, key)
        .where(
            Application.call_id == call.id,
            or_(draft, and_(col(Application.state).in_(CORRECTABLE), corrected, holds_something())),
            Association.id == Application.association_id,
            Membership.association_id == Application.association_id,
            col(Membership.role).in_([MembershipRole.OWNER, MembershipRole.EDITOR]),
            Person.id == Membership.person_id,
            col(Person.active).is_(True),
            wants(reminder),
            ~already,
        )
        .order_by(col(Application.id), col(Person.id))
        .limit(BATCH)
    ).all()
    for application, association, person, dedupe in found:
        send_mail(
            session,
            Mail.DRAFT_REMINDER,
            to=person.email,
            now=now,
            values={
                "left": reminder.words,
                "association": association,
                "title": application.title,
                "correcting": application.state != ApplicationState.DRAFT,
                "call_title": call.record.title,
                "closes_at": moment(paris(call.record.closes_at)),
                "link": links.dossier(application.id),
                "account": links.account(),
            },
            dedupe_key=dedupe,
            events=(closing_event(call, application, links.dossier(application.id)),),
            sender=call.authority_name,
        )
    return len(found)
