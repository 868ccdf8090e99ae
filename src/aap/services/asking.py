"""What the service asks and writes to an association inside its dossier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from aap.core.answers.conditions import visible_sections
from aap.core.delays import paris
from aap.core.french import moment
from aap.records.applications import ApplicationState, CompletionRequest, Message, SectionAnswers
from aap.services.actor import Actor
from aap.services.association.mails import tell_association
from aap.services.audit import record
from aap.services.dossier.dossiers import merge_sections
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.screening.screening import dossier_of

LONGEST_MESSAGE = 5_000


def ask_completion(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    sections: Sequence[str],
    message: str,
    due_at: datetime | None,
    now: datetime,
) -> CompletionRequest:
    """Opens the named sections to the association until `due_at`; its people are told by mail.

    Raises InvalidInput without a section, a message or a later date, StateForbids where nothing may be asked now.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_COMPLETE, application_id=application_id
    )
    held = session.exec(select(SectionAnswers).where(SectionAnswers.application_id == application_id))
    shown = visible_sections(call.file.form, merge_sections({one.section: one for one in held}))
    known = [section.id for section in shown if section.id in set(sections)]
    problems = {}
    if not known:
        problems["sections"] = "Choisissez au moins une partie du dossier."
    if not message.strip() or len(message) > LONGEST_MESSAGE:
        problems["message"] = "Dites à l’association ce qui manque, en 5 000 caractères au plus."
    if due_at is None or due_at <= now:
        problems["due_at"] = "Indiquez une date à venir."
    if problems or due_at is None:
        raise InvalidInput(problems)
    request = CompletionRequest(
        application_id=application_id,
        sections=known,
        message=message.strip(),
        due_at=due_at,
        author_id=actor.person_id,
        created_at=now,
    )
    before = str(application.state)
    application.state = ApplicationState.TO_COMPLETE
    application.version += 1
    session.add(request)
    session.add(application)
    session.flush()
    record(
        session, actor=actor, action="completion.asked", now=now, object_kind="application", object_id=application_id,
        call_id=call.id, before={"state": before},
        after={"sections": known, "due_at": due_at.isoformat(), "message": message.strip()},
    )  # fmt: skip
    titles = [section.title for section in shown if section.id in known]
    tell_association(
        session, call, application, "official_completion", now=now, key=f"completion:{request.id}",
        values={"message": message.strip(), "sections": titles, "due": moment(paris(due_at))},
    )  # fmt: skip
    return request


def write_message(session: Session, *, actor: Actor, application_id: str, body: str, now: datetime) -> Message:
    """A message from the service; the association's people are told by mail. Raises InvalidInput for an empty one."""
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    if not body.strip() or len(body) > LONGEST_MESSAGE:
        raise InvalidInput({"body": "Écrivez votre message, en 5 000 caractères au plus."})
    message = Message(
        application_id=application_id, author_id=actor.person_id, from_service=True, body=body.strip(), created_at=now
    )
    session.add(message)
    session.flush()
    record(
        session, actor=actor, action="message.sent", now=now, object_kind="application", object_id=application_id,
        call_id=call.id, after={"message": message.id},
    )  # fmt: skip
    tell_association(
        session, call, application, "official_message", now=now, key=f"message:{message.id}",
        values={"message": body.strip()},
    )  # fmt: skip
    return message
