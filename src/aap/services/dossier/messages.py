"""Messages inside a dossier, on the association's side; and how the service hears of what an association does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, update
from sqlmodel import Session, col, func, or_, select

from aap.core.results import MASKED
from aap.documents.mail_texts import Mail
from aap.records.applications import Application, CompletionRequest, Message
from aap.records.associations import Association
from aap.records.people import Person, Role, RoleGrant
from aap.services.actor import Actor
from aap.services.association.mails import tell_association
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of, nobody_recused, recused_dossiers
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.errors import InvalidInput, Objection
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class ThreadLine:
    """A message, or a request for completion (`sections` then names what it opened, and `due_at` until when)."""

    from_service: bool
    author: str
    body: str
    at: datetime
    unread: bool
    sections: tuple[str, ...] = ()
    due_at: datetime | None = None


@dataclass(frozen=True)
class Thread:
    """What was written in a dossier, the first message first."""

    dossier: OpenedDossier
    lines: tuple[ThreadLine, ...]

    @property
    def unread(self) -> int:
        """How many messages of the service no member of the association has opened yet."""
        return sum(line.unread for line in self.lines)


def read_thread(session: Session, *, actor: Actor, application_id: str) -> Thread:
    """The messages and requests of a dossier. The service's people are not named to the association. Five queries."""
    dossier = open_dossier(session, actor=actor, application_id=application_id)
    found = session.exec(
        select(Message, Person.name)
        .join(Person, col(Person.id) == col(Message.author_id), isouter=True)
        .where(Message.application_id == application_id)
        .order_by(col(Message.created_at), col(Message.id))
    )
    lines = [
        ThreadLine(
            from_service=message.from_service,
            author="" if message.from_service else (name or ""),
            body=message.body,
            at=message.created_at,
            unread=message.from_service and message.read_at is None,
        )
        for message, name in found
    ]
    titles = {section.id: section.title for section in dossier.call.file.form.sections}
    asked = session.exec(select(CompletionRequest).where(CompletionRequest.application_id == application_id))
    lines += [
        ThreadLine(
            from_service=True,
            author="",
            body=request.message,
            at=request.created_at,
            unread=False,
            sections=tuple(titles.get(one, one) for one in request.sections),
            due_at=request.due_at,
        )
        for request in asked
    ]
    return Thread(dossier, tuple(sorted(lines, key=lambda line: line.at)))  # stable: messages stay in their order


def exchanged_with(session: Session, application_id: str) -> tuple[int, int]:
    """How many messages there are with the service, and how many of the service's wait to be opened. One query."""
    waits = col(Message.from_service).is_(True) & col(Message.read_at).is_(None)
    counted = select(func.count(), func.count(case((waits, 1)))).where(Message.application_id == application_id)
    held, waiting = session.exec(counted).one()
    return held, waiting


def mark_thread_read(session: Session, *, actor: Actor, application_id: str, now: datetime) -> None:
    """The service's messages were opened by a member of the association: when, once."""
    open_dossier(session, actor=actor, application_id=application_id)
    session.execute(
        update(Message)
        .where(
            col(Message.application_id) == application_id,
            col(Message.from_service).is_(True),
            col(Message.read_at).is_(None),
        )
        .values(read_at=now)
    )


def write_to_service(
    session: Session, *, actor: Actor, application_id: str, body: str, links: Links, now: datetime
) -> Message:
    """A message from the association. The very same text sent again within a minute (a double click) is one message.

    Raises InvalidInput for an empty or too long one, StateForbids before the deposit, NotFound.
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, lock=True
    )  # a member's, not the service's
    ensure(actor, Permission.APPLICATION_MESSAGE, dossier.target, kind="application", id=application_id)
    text = body.strip()
    if not text or len(text) > LONGEST_MESSAGE:
        raise InvalidInput({"body": Objection("dossier.message_length", most=LONGEST_MESSAGE)})
    last = session.exec(
        select(Message)
        .where(Message.application_id == application_id)
        .order_by(col(Message.created_at).desc(), col(Message.id).desc())
        .limit(1)
    ).first()
    again = last is not None and (last.author_id, last.body) == (actor.person_id, text)
    if last is not None and again and (now - last.created_at).total_seconds() < 60:
        return last
    message = Message(
        application_id=application_id, author_id=actor.person_id, from_service=False, body=text, created_at=now
    )
    session.add(message)
    session.flush()
    record(session, actor, "message.sent", dossier.application, now=now, after={"message": message.id})
    tell_service(
        session,
        dossier,
        Mail.MESSAGE_TO_SERVICE,
        now=now,
        key=f"message:{message.id}",
        values={"message": text},
        link=links.inspected(dossier.call.id, dossier.application.reference),
    )
    return message


def tell_service(
    session: Session,
    dossier: OpenedDossier,
    mail: Mail,
    *,
    now: datetime,
    key: str,
    link: str,
    values: Mapping[str, object],
) -> None:
    """Mails the call's own address, or where it has none the officials of the call who may know the dossier.

    `key`: once an event. `link`: where the service reads on.
    """
    for email in service_addresses(session, dossier.call, dossier.application):
        send_mail(
            session,
            mail,
            to=email,
            now=now,
            values={
                "call_title": dossier.call.record.title,
                "reference": dossier.application.reference,
                "title": dossier.application.title,
                "association": dossier.association.name,
                "link": link,
                **values,
            },
            sender=dossier.call.authority_name,
            dedupe_key=f"{key}:{email}"[:200],
        )


def service_addresses(session: Session, call: OpenedCall, application: Application) -> tuple[str, ...]:
    """Where the service reads about a dossier: the call's address, which the service shares, or else the officials of
    the call but those who are recused of the dossier."""
    if call.file.call.contact:
        return (call.file.call.contact,)
    found = session.exec(
        select(Person.email)
        .distinct()
        .where(
            RoleGrant.person_id == Person.id,
            nobody_recused(application.id),
            RoleGrant.role == Role.OFFICIAL,
            or_(col(RoleGrant.call_id).is_(None), RoleGrant.call_id == call.id),
            col(Person.active).is_(True),
        )
        .order_by(col(Person.email))
    )
    return tuple(found)


@dataclass(frozen=True)
class WaitingMessages:
    """Messages of one association that nobody of the service has opened or answered.

    `masked`: the official is recused of the dossier; somebody else answers.
    """

    application_id: str
    reference: str
    association: str
    title: str
    messages: tuple[Message, ...]
    masked: bool = False


def waiting_messages(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[WaitingMessages, ...]:
    """What associations wrote and the service has neither opened nor answered, the oldest first.

    Dossiers that the official is recused of are masked. One query, two where something waits.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    answers = select(func.max(Message.created_at)).where(
        Message.application_id == Application.id, col(Message.from_service).is_(True)
    )
    found = session.exec(
        select(Message, Application, Association.name)
        .where(
            Message.application_id == Application.id,
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Message.from_service).is_(False),
            col(Message.read_at).is_(None),
            func.coalesce(Message.created_at > answers.correlate(Application).scalar_subquery(), True),
        )
        .order_by(col(Message.created_at), col(Message.id))
    ).all()
    hidden = recused_dossiers(session, actor, call.id) if found else frozenset()
    grouped: dict[str, tuple[Application, str, list[Message]]] = {}
    for message, application, name in found:
        grouped.setdefault(application.id, (application, name, []))[2].append(message)
    return tuple(
        WaitingMessages("", "", MASKED, "", (), masked=True)
        if application.id in hidden
        else WaitingMessages(application.id, application.reference, name, application.title, tuple(messages))
        for application, name, messages in grouped.values()
    )


def mark_messages_read(session: Session, *, actor: Actor, application_id: str, now: datetime) -> None:
    """An official has read what the association wrote."""
    call, _application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    changed = session.execute(
        update(Message)
        .where(
            col(Message.application_id) == application_id,
            col(Message.from_service).is_(False),
            col(Message.read_at).is_(None),
        )
        .values(read_at=now)
    )
    if changed.rowcount:  # type: ignore[attr-defined]
        record(session, actor, "messages.read", Subject("application", application_id, call.id), now=now)


LONGEST_MESSAGE = 5_000


def write_message(
    session: Session, *, actor: Actor, application_id: str, body: str, links: Links, now: datetime
) -> Message:
    """A message from the service; the association's people are told by mail. Raises InvalidInput for an empty one."""
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    if not body.strip() or len(body) > LONGEST_MESSAGE:
        raise InvalidInput({"body": Objection("dossier.message_length", most=LONGEST_MESSAGE)})
    message = Message(
        application_id=application_id, author_id=actor.person_id, from_service=True, body=body.strip(), created_at=now
    )
    session.add(message)
    session.flush()
    record(session, actor, "message.sent", application, now=now, after={"message": message.id})
    tell_association(
        session, call, application, Mail.MESSAGE_FROM_SERVICE, now=now, key=f"message:{message.id}",
        link=links.messages(application_id), values={"message": body.strip()},
    )  # fmt: skip
    return message
