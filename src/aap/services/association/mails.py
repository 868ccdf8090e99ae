"""Mails about a dossier to the people of its association whose account is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.documents.calendar import Event
from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.people import Membership, MembershipRole, Person
from aap.services.call.calls import OpenedCall
from aap.services.outbox import send_mail

WRITERS = (MembershipRole.OWNER, MembershipRole.EDITOR)


def addresses_of(
    session: Session, association_ids: Collection[str], roles: Collection[MembershipRole] = tuple(MembershipRole)
) -> dict[str, list[str]]:
    """Association → the e-mails of its people who have one of these roles, in order. One query."""
    found: dict[str, list[str]] = {association_id: [] for association_id in association_ids}
    rows = session.exec(
        select(Membership.association_id, Person.email)
        .where(
            Membership.person_id == Person.id,
            col(Membership.association_id).in_(association_ids),
            col(Membership.role).in_(roles),
            col(Person.active).is_(True),
        )
        .order_by(col(Person.email))
    )
    for association_id, email in rows:
        found[association_id].append(email)
    return found


def editors_of(session: Session, association_id: str) -> list[str]:
    """The e-mails of who writes for the association."""
    return addresses_of(session, [association_id], WRITERS)[association_id]


def dossier_values(call: OpenedCall, reference: str, title: str) -> dict[str, Any]:
    """What every such mail names: the call and its address, the dossier."""
    return {
        "call_title": call.record.title,
        "reference": reference,
        "title": title,
        "contact": call.file.call.contact or "",
    }


def tell_association(
    session: Session,
    call: OpenedCall,
    application: Application,
    mail: Mail,
    *,
    now: datetime,
    key: str,
    link: str,
    values: Mapping[str, Any] | None = None,
    to: Collection[str] | None = None,
    events: Sequence[Event] = (),
) -> None:
    """One mail to each address of `to`, by default to everybody of the association.

    `key`: once an event and address. `link`: where its people read on. `events`: days for their diary.
    """
    if to is None:
        to = addresses_of(session, [application.association_id])[application.association_id]
    known = dossier_values(call, application.reference, application.title)
    for email in to:
        send_mail(
            session, mail, to=email, now=now, values={**known, "link": link, **(values or {})}, events=events,
            dedupe_key=f"{key}:{email}"[:200], application_id=application.id, sender=call.authority_name,
        )  # fmt: skip
