"""Reminders to the reviewers who still owe reviews: previewed, then sent, one a day at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.french import moment
from aap.documents.mail_texts import Mail, render_mail
from aap.records.people import Person
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.errors import InvalidInput, Objection
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.review.progress import REMINDER, ReviewerProgress, reviews_progress


def _reminder_values(call: OpenedCall, line: ReviewerProgress, note: str, links: Links) -> dict[str, Any]:
    closes_at = call.file.reviewing.closes_at
    return {
        "call": call.record.title,
        "missing": line.missing,
        "submitted": line.submitted,
        "assigned": line.assigned,
        "closes_at": moment(paris(closes_at)) if closes_at else "",
        "contact": call.file.call.contact or "",
        "note": note.strip(),
        "link": links.reviews(),
    }


def preview_reminder(call: OpenedCall, line: ReviewerProgress, *, note: str, links: Links) -> tuple[str, str]:
    """Subject and text of the reminder that this reviewer would get."""
    return render_mail(Mail.REVIEWER_REMINDER, _reminder_values(call, line, note, links))


def remind_reviewers(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    people: Sequence[str],
    note: str,
    links: Links,
    now: datetime,
) -> int:
    """Reminds these reviewers of what they still owe; gives the number of mails. One a day and reviewer at most.

    Raises InvalidInput (nobody chosen, nobody of them owes anything).
    """
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call.id)
    if len(note) > 2_000:
        raise InvalidInput({"note": Objection("review.note_too_long")})
    today = now.date().isoformat()
    lines = [
        one
        for one in reviews_progress(session, actor=actor, call=call, now=now).reviewers
        if one.person_id in set(people) and one.missing and (one.reminded_at is None or one.reminded_at.date() < now.date())
    ]  # fmt: skip
    if not lines:
        raise InvalidInput({"people": Objection("review.nobody_to_remind")})
    chosen = [line.person_id for line in lines]
    emails = dict(session.exec(select(Person.id, Person.email).where(col(Person.id).in_(chosen))).all())
    for line in lines:
        send_mail(
            session,
            Mail.REVIEWER_REMINDER,
            to=emails[line.person_id],
            now=now,
            values=_reminder_values(call, line, note, links),
            sender=call.authority_name,
            dedupe_key=f"{REMINDER}{call.id}/{line.person_id}/{today}",
        )
    record(
        session,
        actor,
        "reviewers.reminded",
        call.record,
        now=now,
        after={"reviewers": [line.code for line in lines], "note": note.strip()},
    )
    return len(lines)
