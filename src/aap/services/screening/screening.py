"""Screening: is the dossier eligible? Yes or no, with a motive, by an official; and what an official corrects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from aap.core.call.attribute_names import attribute_title, value_label
from aap.records.applications import Application, ApplicationState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.services.permissions import Permission


def screen_application(
    session: Session, *, actor: Actor, application_id: str, eligible: bool, reason: str, now: datetime
) -> None:
    """Says that a submitted dossier is eligible, or not and why (the motive is printed in its letter).

    Raises InvalidInput for a refusal without a motive, StateForbids once the ranking is proposed.
    """
    _, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_SCREEN, application_id=application_id
    )
    reason = reason.strip()
    if not eligible and not reason:
        raise InvalidInput({"reason": Objection("screening.motive_missing")})
    before = {"state": application.state, "reason": application.ineligible_reason}
    application.state = ApplicationState.ELIGIBLE if eligible else ApplicationState.INELIGIBLE
    application.ineligible_reason = "" if eligible else reason
    application.screened_at, application.screened_by = now, actor.person_id
    application.version += 1
    session.add(application)
    record(
        session,
        actor,
        "dossier.screened",
        application,
        now=now,
        before=before,
        after={"state": application.state, "reason": application.ineligible_reason},
    )


def unscreen_application(session: Session, *, actor: Actor, application_id: str, now: datetime) -> None:
    """Takes back that a dossier is eligible: it waits to be screened again. Nobody outside the service was told.

    Raises StateForbids once the ranking is proposed, or where the dossier isn't eligible.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_SCREEN, application_id=application_id
    )
    if application.state != ApplicationState.ELIGIBLE:
        raise StateForbids(Permission.DOSSIER_SCREEN, call.state)
    application.state = ApplicationState.SUBMITTED
    application.screened_at, application.screened_by = None, None
    application.version += 1
    session.add(application)
    record(
        session,
        actor,
        "dossier.unscreened",
        application,
        now=now,
        before={"state": str(ApplicationState.ELIGIBLE)},
        after={"state": str(application.state)},
    )


def correct_attribute(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    name: str,
    values: Sequence[str],
    evidence: str,
    now: datetime,
) -> None:
    """Sets one of the attributes that quotas name, with the evidence that it rests on (a declared QPV, for one).

    Raises InvalidInput for an attribute that the call doesn't have, or without evidence.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_SCREEN, application_id=application_id
    )
    kept = [value.strip() for value in values if value.strip()]
    problems = {}
    if name not in attribute_names(call):
        problems["name"] = Objection("screening.attribute_unknown")
    if any("|" in value for value in kept):
        problems["values"] = Objection("screening.bar_in_value")
    if not evidence.strip():
        problems["evidence"] = Objection("screening.evidence_missing")
    if problems:
        raise InvalidInput(problems)
    before = application.attributes.get(name, [])
    application.attributes = {**application.attributes, name: kept}
    application.version += 1
    session.add(application)
    record(
        session,
        actor,
        "dossier.corrected",
        application,
        now=now,
        before={name: before},
        after={name: kept, "evidence": evidence.strip()},
    )


def attribute_names(call: OpenedCall) -> tuple[str, ...]:
    """The attributes of a dossier that count in the selection or stand in lists."""
    named = set(call.file.form.attributes)
    for quota in call.file.selection.quotas:
        named |= {quota.each} if quota.each else set(quota.where or {})
    return tuple(sorted(named))


def attribute_labels(call: OpenedCall) -> dict[str, str]:
    """Attribute → its French title."""
    return {name: attribute_title(name).capitalize() for name in attribute_names(call)}


def attribute_values(call: OpenedCall, application: Application) -> dict[str, tuple[str, ...]]:
    """Attribute → its values as the form words them."""
    return {
        name: tuple(value_label(call.file, name, value) for value in application.attributes.get(name, ()))
        for name in attribute_names(call)
    }
