"""One more reviewer for a dossier whose reviews differ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.reviews import Assignment, Reviewer
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of, find_dossier
from aap.services.errors import InvalidInput, Objection, OwnRequest, StateForbids
from aap.services.harmonising.divergences import consensus_step
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.panel.interests import kept_away
from aap.services.panel.reviewers import room
from aap.services.permissions import Permission


@dataclass(frozen=True)
class FurtherReviewer:
    """Somebody who could review the dossier too. `apart`: why it would rather be somebody else (empty: nothing)."""

    person_id: str
    code: str
    name: str
    load: int
    expert: bool
    apart: str


def further_reviewers(
    session: Session, call: OpenedCall, application: Application, association: Association
) -> tuple[FurtherReviewer, ...]:
    """Who of the call never had the dossier and is in no conflict with it: the most fitting first."""
    people = session.exec(
        select(Reviewer, Person.name).where(
            Reviewer.call_id == call.id, Reviewer.person_id == Person.id, col(Reviewer.available).is_(True)
        )
    ).all()
    load: dict[str, int] = defaultdict(int)
    given_back: dict[str, int] = defaultdict(int)
    known: set[str] = set()
    for person_id, application_id, removed_at, declined_at in session.exec(
        select(Assignment.person_id, Assignment.application_id, Assignment.removed_at, Assignment.declined_at).where(
            Assignment.call_id == call.id
        )
    ):
        load[person_id] += removed_at is None
        given_back[person_id] += declined_at is not None
        if application_id == application.id:
            known.add(person_id)
    known |= kept_away(session, call, application)
    found = [
        FurtherReviewer(
            person_id=reviewer.person_id,
            code=reviewer.code,
            name=name,
            load=load[reviewer.person_id],
            expert=application.theme in reviewer.themes,
            apart="department"
            if association.department and association.department in reviewer.departments
            else "load"
            if load[reviewer.person_id] >= room(reviewer, given_back[reviewer.person_id])
            else "",
        )
        for reviewer, name in people
        if reviewer.person_id not in known
    ]
    found.sort(key=lambda one: (bool(one.apart), not one.expert, one.load, one.code))
    return tuple(found)


def ask_further_review(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, person_id: str, links: Links, now: datetime
) -> None:
    """Gives the dossier to one more reviewer, who sees nothing of the others. Nobody gives themselves one.

    Raises InvalidInput, OwnRequest, StateForbids.
    """
    application_id = find_dossier(session, call.id, reference)
    _, application = dossier_of(
        session, actor=actor, permission=Permission.ASSIGNMENT_MANAGE, application_id=application_id
    )
    if consensus_step(session, application_id) is not None:
        raise StateForbids(Permission.ASSIGNMENT_MANAGE, "consensus")
    association = session.get_one(Association, application.association_id)
    chosen = next(
        (one for one in further_reviewers(session, call, application, association) if one.person_id == person_id), None
    )
    if chosen is None:
        raise InvalidInput({"person": Objection("harmonising.reviewer_not_available")})
    if person_id == actor.person_id:
        raise OwnRequest
    session.add(
        Assignment(
            call_id=call.id,
            application_id=application_id,
            person_id=person_id,
            locked=True,
            further=True,
            created_at=now,
        )
    )
    record(
        session,
        actor,
        "assignment.added",
        application,
        now=now,
        after={"reviewer": chosen.code, "reason": "divergence"},
    )
    send_mail(
        session,
        Mail.FURTHER_REVIEW,
        to=session.get_one(Person, person_id).email,
        now=now,
        values={"call": call.record.title, "reference": reference, "link": links.review(application_id)},
        sender=call.authority_name,
    )
