"""The dossiers of a person's associations, as a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from aap.records.applications import CORRECTABLE, Application, ApplicationState, CompletionRequest
from aap.records.associations import Association
from aap.records.calls import Call, CallVersion
from aap.records.redrafts import Redraft
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall, get_call


@dataclass(frozen=True)
class DossierLine:
    """One dossier in a list."""

    application: Application
    association: str
    call: OpenedCall
    due_at: Any = None  # of the request for completion
    correcting: bool = False  # corrections of its deposit are open


def dossiers_of(session: Session, actor: Actor) -> tuple[DossierLine, ...]:
    """The dossiers of the actor's associations, the latest change first. Two queries."""
    rows = session.execute(
        sql_select(Application, col(Association.name), Call, CallVersion, Redraft)
        .join(Redraft, col(Redraft.application_id) == col(Application.id), isouter=True)
        .where(
            col(Application.association_id).in_(actor.memberships),
            col(Association.id) == col(Application.association_id),
            col(Call.id) == col(Application.call_id),
            col(CallVersion.id) == col(Call.version_id),
        )
        .order_by(col(Application.updated_at).desc(), col(Application.id))
    ).all()
    asked = [application.id for application, *_ in rows if application.state == ApplicationState.TO_COMPLETE]
    due = session.exec(
        select(CompletionRequest.application_id, CompletionRequest.due_at).where(
            col(CompletionRequest.application_id).in_(asked),
            col(CompletionRequest.answered_at).is_(None),
            col(CompletionRequest.lapsed_at).is_(None),
        )
    )
    due_at = dict(due.all())
    return tuple(
        DossierLine(
            application,
            name,
            get_call(session, application.call_id),
            due_at.get(application.id),
            correcting=redraft is not None and redraft.lapsed_at is None and application.state in CORRECTABLE,
        )
        for application, name, _call, _version, redraft in rows
    )
