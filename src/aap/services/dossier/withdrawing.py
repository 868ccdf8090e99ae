"""An association takes its dossier back, until the ranking is frozen; and takes it up again while the call is open."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.core.delays import paris
from aap.core.french import moment
from aap.documents.mail_texts import Mail
from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.services.actor import Actor
from aap.services.association.mails import tell_association
from aap.services.audit import record
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.messages import tell_service
from aap.services.dossier.redrafting import drop_redraft
from aap.services.errors import DeadlinePassed, InvalidInput, Objection
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure

LONGEST_REASON = 2_000


def withdraw_application(
    session: Session, *, actor: Actor, application_id: str, reason: str, links: Links, now: datetime
) -> Application:
    """Any state before the decision → withdrawn. Asked for twice, it is done once.

    Everybody of the association is told, and of a dossier that was deposited the service, too.

    Raises InvalidInput (a reason too long), StateForbids (the ranking is frozen), NotFound.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id, lock=True)
    application = dossier.application
    ensure(actor, Permission.APPLICATION_WITHDRAW, dossier.target, kind="application", id=application_id)
    if dossier.state is ApplicationState.WITHDRAWN:
        return application
    if len(reason) > LONGEST_REASON:
        raise InvalidInput({"reason": Objection("dossier.withdrawal_reason_too_long", most=LONGEST_REASON)})
    before = str(application.state)
    drop_redraft(session, application, now=now)
    application.state = ApplicationState.WITHDRAWN
    application.withdrawn_at = application.updated_at = now
    application.version += 1
    session.add(application)
    record(
        session,
        actor,
        "application.withdrawn",
        application,
        now=now,
        before={"state": before},
        after={"state": "withdrawn", "reason": reason.strip()},
    )
    if application.submitted_at is not None:
        tell_service(
            session, dossier, Mail.WITHDRAWAL, now=now, key=f"withdrawal:{application_id}:{application.version}",
            link=links.inspected(dossier.call.id, application.reference), values={"reason": reason.strip()},
        )  # fmt: skip
    tell_association(
        session, dossier.call, application, Mail.WITHDRAWN, now=now, link=links.dossier(application_id),
        key=f"withdrawn:{application_id}:{application.version}",
        values={"reason": reason.strip(), "person": actor.name, "again": may_be_taken_up(dossier, now),
                "closes_at": moment(paris(dossier.call.record.closes_at))},
    )  # fmt: skip
    return application


def may_be_taken_up(dossier: OpenedDossier, now: datetime) -> bool:
    """Whether a withdrawn dossier can be a draft again: the call still takes dossiers."""
    return dossier.call.state is CallState.OPEN and now.replace(microsecond=0) <= dossier.call.accepted_until


def resume_application(session: Session, *, actor: Actor, application_id: str, now: datetime) -> Application:
    """withdrawn → draft while the call takes dossiers: the answers are still there, the deposit is to be made again.

    Raises DeadlinePassed, StateForbids (the call is no longer open, the dossier isn't withdrawn), NotFound.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id, lock=True)
    application = dossier.application
    ensure(actor, Permission.APPLICATION_RESUME, dossier.target, kind="application", id=application_id)
    if dossier.state is ApplicationState.DRAFT:
        return application
    if now.replace(microsecond=0) > dossier.call.accepted_until:
        raise DeadlinePassed(dossier.call.accepted_until)
    application.state = ApplicationState.DRAFT
    application.withdrawn_at = application.submitted_at = None  # its deposits stay, with their receipts
    application.updated_at = now
    application.version += 1
    session.add(application)
    record(
        session,
        actor,
        "application.resumed",
        application,
        now=now,
        before={"state": "withdrawn"},
        after={"state": "draft"},
    )
    return application
