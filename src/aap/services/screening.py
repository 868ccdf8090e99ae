"""Screening: is the dossier eligible? Yes or no, with a motive, by an official."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.records.applications import Application, ApplicationState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission, Target, ensure


def dossier_target(call: OpenedCall, application: Application) -> Target:
    """What permissions on a dossier are asked for."""
    return Target(
        call_id=call.id,
        call_state=call.state,
        association_id=application.association_id,
        application_state=ApplicationState(application.state),
    )


def get_dossier(session: Session, application_id: str) -> tuple[OpenedCall, Application]:
    """A dossier with its call. Raises NotFound."""
    application = session.get(Application, application_id)
    if application is None:
        raise NotFound("application", application_id)
    return get_call(session, application.call_id), application


def screen_application(
    session: Session, *, actor: Actor, application_id: str, eligible: bool, reason: str, now: datetime
) -> None:
    """Says that a submitted dossier is eligible, or not and why (the motive is printed in its letter).

    Raises InvalidInput for a refusal without a motive, StateForbids once the ranking is proposed.
    """
    call, application = get_dossier(session, application_id)
    ensure(actor, Permission.DOSSIER_SCREEN, dossier_target(call, application), kind="application", id=application_id)
    reason = reason.strip()
    if not eligible and not reason:
        raise InvalidInput({"reason": "Indiquez le motif : il figure dans la lettre à l’association."})
    before = {"state": application.state, "reason": application.ineligible_reason}
    application.state = ApplicationState.ELIGIBLE if eligible else ApplicationState.INELIGIBLE
    application.ineligible_reason = "" if eligible else reason
    application.screened_at, application.screened_by = now, actor.person_id
    application.version += 1
    session.add(application)
    record(
        session, actor=actor, action="dossier.screened", now=now, object_kind="application", object_id=application_id,
        call_id=call.id, before=before, after={"state": application.state, "reason": application.ineligible_reason},
    )  # fmt: skip
