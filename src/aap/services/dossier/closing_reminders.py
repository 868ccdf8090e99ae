"""Reminders to those who started a dossier and did not submit it: seven days, two days, four hours before the closing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, literal
from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.french import moment
from aap.documents.mail_texts import Mail
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.people import Membership, MembershipRole, Person
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.outbox import send_mail
from aap.services.page_links import Links

STEPS: tuple[tuple[str, timedelta], ...] = (
    ("7_days", timedelta(days=7)),
    ("2_days", timedelta(days=2)),
    ("4_hours", timedelta(hours=4)),
)
"""Names (of `services.account.accounts.REMINDERS`) and how long before the closing, the earliest first."""

_WORDS = {"7_days": "sept jours", "2_days": "deux jours", "4_hours": "quatre heures"}
BATCH = 500


def step_of(closes_at: datetime, now: datetime) -> tuple[str, datetime] | None:
    """The reminder whose time it is, and since when; None before the first one and after the closing.

    Only the last one that is due: who was not reminded in time for two days is reminded once, for four hours.
    """
    due = [(name, closes_at - before) for name, before in STEPS if closes_at - before <= now < closes_at]
    return due[-1] if due else None


def remind_drafts(session: Session, *, links: Links, now: datetime) -> int:
    """Mails the reminders that are due, once each to every owner and editor who wants it. Gives their number.

    A closing that was extended has reminders of its own. Dossiers begun after a reminder's time don't get that one.
    At most `BATCH` a call: the next minute goes on. One query for the calls, one a call that closes within a week.
    """
    sent = 0
    for call in list_calls(session, frozenset({CallState.OPEN})):
        step = step_of(call.record.closes_at, now)
        if step is not None:
            sent += _remind(session, call, step[0], step[1], links, now)
    return sent


def _remind(session: Session, call: OpenedCall, step: str, since: datetime, links: Links, now: datetime) -> int:
    closing = int(call.record.closes_at.timestamp())
    key = literal(f"reminder:{step}:{closing}:", String) + col(Application.id) + ":" + col(Person.id)
    already = select(OutboxMail.id).where(OutboxMail.dedupe_key == key).correlate(Application, Person).exists()
    found = session.exec(
        select(Application, Association.name, Person, key)
        .where(
            Application.call_id == call.id,
            Application.state == ApplicationState.DRAFT,
            col(Application.created_at) < since,
            Association.id == Application.association_id,
            Membership.association_id == Application.association_id,
            col(Membership.role).in_([MembershipRole.OWNER, MembershipRole.EDITOR]),
            Person.id == Membership.person_id,
            col(Person.active).is_(True),
            getattr(Person, f"remind_{step}").is_(True),
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
                "left": _WORDS[step],
                "association": association,
                "title": application.title,
                "call_title": call.record.title,
                "closes_at": moment(paris(call.record.closes_at)),
                "link": links.dossier(application.id),
                "account": links.account(),
            },
            dedupe_key=dedupe,
        )
    return len(found)
