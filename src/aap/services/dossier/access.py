"""The one door to a dossier: who may know it, and which dossiers must not be told to whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.records.applications import Application, ApplicationState
from aap.records.reviews import Assignment
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import NotFound
from aap.services.permissions import Permission, Target, ensure
from aap.services.recusals import stands


def dossier_target(
    call: OpenedCall, application: Application, *, session: Session | None = None, actor: Actor | None = None
) -> Target:
    """What permissions on a dossier are asked for; with a session and an actor, whether they are recused of it."""
    return Target(
        call_id=call.id,
        call_state=call.state,
        association_id=application.association_id,
        application_state=ApplicationState(application.state),
        recused=session is not None and actor is not None and is_recused(session, actor, application.id),
    )


def is_recused(session: Session, actor: Actor, application_id: str) -> bool:
    """Whether this person may see nothing of the dossier."""
    found = select(Application.id).where(Application.id == application_id, stands(actor.person_id))
    return session.exec(found).first() is not None


def get_dossier(session: Session, application_id: str) -> tuple[OpenedCall, Application]:
    """A dossier with its call. Raises NotFound."""
    application = session.get(Application, application_id)
    if application is None:
        raise NotFound("application", application_id)
    return get_call(session, application.call_id), application


def dossier_of(
    session: Session, *, actor: Actor, permission: Permission, application_id: str
) -> tuple[OpenedCall, Application]:
    """A dossier on which this official may do this now. Raises NotFound, also for who is recused, and StateForbids."""
    call, application = get_dossier(session, application_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, permission, target, kind="application", id=application_id)
    return call, application


def find_dossier(session: Session, call_id: str, reference: str) -> str:
    """The id of a call's submitted dossier by its reference. Raises NotFound."""
    found = session.exec(
        select(Application.id).where(
            Application.call_id == call_id,
            Application.reference == reference,
            col(Application.submitted_at).is_not(None),
        )
    ).first()
    if found is None:
        raise NotFound("application", reference)
    return found


def recused_dossiers(session: Session, actor: Actor, call_id: str) -> frozenset[str]:
    """Ids of the call's dossiers that this person may see nothing of. One query."""
    return frozenset(
        session.exec(select(Application.id).where(Application.call_id == call_id, stands(actor.person_id)))
    )


def not_recused(person_id: Any = Assignment.person_id) -> ColumnElement[bool]:
    """No recusal stands between `person_id` and the application of the query (a probable match not yet confirmed
    does not)."""
    return ~stands(person_id)
