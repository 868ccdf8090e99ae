"""What leaves after the commit: mails and jobs are written in the use case's transaction, the worker takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session, select

from aap.documents.mail_texts import WITH_TOKEN, Mail, render_mail
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.actor import Actor
from aap.services.platform import Platform

WAKE = "wake the worker after the commit"
"""Key in `session.info`: something waits in the outbox."""


def send_mail(
    session: Session,
    mail: Mail,
    *,
    to: str,
    now: datetime,
    values: Mapping[str, Any],
    not_before: datetime | None = None,
    dedupe_key: str | None = None,
    attachments: tuple[Mapping[str, str], ...] = (),
) -> None:
    """Queues the mail in its words. A known `dedupe_key`: nothing.

    `attachments`: `{"name", "sha256", "content_type"}` of stored files.
    """
    if dedupe_key is not None:
        known = select(OutboxMail.id).where(OutboxMail.dedupe_key == dedupe_key)
        if session.exec(known).first() is not None:
            return
    subject, body = render_mail(mail, values)
    session.add(
        OutboxMail(
            recipient=to,
            subject=subject,
            body=body,
            attachments=[dict(attachment) for attachment in attachments],
            dedupe_key=dedupe_key,
            created_at=now,
            not_before=not_before or now,
            erased_when_done=mail in WITH_TOKEN,
        )
    )
    session.info[WAKE] = True


def start_job(
    session: Session,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    call_id: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Job:
    """Queues long work (see `aap.jobs.WORK` for the kinds). The same work still waiting is returned, not doubled.

    Work that runs is not: it read what there was to do before this was asked for.
    """
    waiting = select(Job).where(Job.kind == kind, Job.call_id == call_id, Job.state == JobState.WAITING)
    for job in session.exec(waiting):
        if job.arguments == dict(arguments or {}):
            return job
    job = Job(
        kind=kind,
        call_id=call_id,
        arguments=dict(arguments or {}),
        author_id=actor.row_id,
        created_at=now,
    )
    session.add(job)
    session.info[WAKE] = True
    return job


class Progress(Protocol):
    """Told how far the work is: `done` of `total`, and which step it is at (its name, or the core's own words)."""

    def __call__(self, done: int, total: int, message: str = "") -> None: ...


Work = Callable[[Platform, Job, Progress], Mapping[str, Any]]
