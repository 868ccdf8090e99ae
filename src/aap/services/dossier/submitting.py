"""Submitting a dossier: what is missing, and one deposit with one number whatever is pressed twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from aap.core.call.canonical import canonical_hash
from aap.records.applications import Application, ApplicationState, Signature, Submission
from aap.records.associations import Association
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.dossier.dossiers import (
    MANDATE,
    OpenedDossier,
    deadline_of,
    deposit_content,
    open_dossier,
    submissions_of,
)
from aap.services.dossier.facts import DossierFacts, dossier_facts
from aap.services.dossier.redrafting import put_in_place
from aap.services.dossier.signing import approved_signature
from aap.services.errors import DeadlinePassed, InvalidInput, Objection
from aap.services.outbox import start_job
from aap.services.permissions import Permission, ensure
from aap.services.recusals import recuse_members

_WRITTEN = ("answers", "documents", "eligibility", "association")
"""What of a deposit must differ for another one to take its place."""

CAPACITIES = ("self", "representative", "mandate")
"""Who deposits: the legal representative, somebody with their approval, somebody with a mandate of theirs."""


def submit_application(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    attested: Sequence[int],
    capacity: str,
    broken_rules_seen: bool,
    now: datetime,
) -> Submission:
    """Deposits the dossier as it is written; `now` is the arrival of the request, compared to the whole second. Corrections
    take the place of the deposit that stood until now, in the transaction that makes their receipt.

    Pressed twice, reloaded or sent from two tabs, it gives the same deposit. Raises InvalidInput (what is missing, by
    field; `""` for the answers of the form), DeadlinePassed, StateForbids, NotFound.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id, lock=True)
    application = dossier.application
    earlier = submissions_of(session, application_id)
    if earlier and not dossier.in_writing and dossier.state is not ApplicationState.WITHDRAWN:
        ensure(actor, Permission.APPLICATION_READ, dossier.target, kind="application", id=application_id)
        return earlier[-1]
    ensure(actor, Permission.APPLICATION_SUBMIT, dossier.target, kind="application", id=application_id)
    limit = deadline_of(dossier)
    if now.replace(microsecond=0) > limit:
        raise DeadlinePassed(limit)
    signature = _refuse_incomplete(session, dossier, attested, capacity, broken_rules_seen)
    facts = dossier_facts(dossier.call.file, dossier.answers, dossier.association)
    content = deposit_content(dossier)
    content["attestations"] = list(dossier.call.file.form.attestations)
    content["capacity"] = capacity
    content["eligibility"] = dict(dossier.rules_answered)
    content["association"] = _identity(dossier.association)
    content["title"], content["requested_amount"] = facts.title, facts.requested_amount
    content["attributes"] = facts.attributes
    if signature is not None:
        content["signature"] = {
            "name": signature.name,
            "capacity": signature.capacity,
            "email": signature.email,
            "approved_at": signature.answered_at.isoformat() if signature.answered_at else "",
        }
    replaced = earlier[-1] if dossier.correcting and earlier else None
    if replaced is not None:
        if all(content[name] == replaced.content.get(name) for name in _WRITTEN):
            raise InvalidInput({"": Objection("dossier.nothing_corrected")})
        content["replaces"] = replaced.receipt_number
    put_in_place(session, dossier, now)
    ordinal = len(earlier) + 1
    submission = Submission(
        application_id=application_id,
        ordinal=ordinal,
        receipt_number=f"{application.reference}-{ordinal}",
        arrived_at=now,
        person_id=actor.person_id,
        content=content,
        content_hash=canonical_hash(content),
    )
    session.add(submission)
    stood = {"state": str(application.state)}
    if application.proposed_amount is not None and application.proposed_amount > facts.requested_amount:
        stood["proposed_cents"] = str(application.proposed_amount)
        application.proposed_amount = None  # no grant is above the request: a smaller one ends the proposal
    application.state = ApplicationState.SUBMITTED
    application.title, application.theme = facts.title, facts.theme
    application.requested_amount = facts.requested_amount
    application.attributes = _attributes(application, earlier, facts)
    if replaced is not None:  # another text wants another screening
        application.ineligible_reason, application.screened_at, application.screened_by = "", None, None
    if replaced is not None or application.submitted_at is None:
        application.submitted_at = now  # of the deposit that stands: silence runs from it (`silence.py`)
    application.updated_at = now
    application.version += 1
    session.add(application)
    if dossier.completion is not None:
        dossier.completion.answered_at = now
        session.add(dossier.completion)
    session.flush()
    record(
        session,
        actor,
        "application.submitted",
        application,
        now=now,
        before=stood,
        after={
            "state": "submitted",
            "receipt": submission.receipt_number,
            "content_hash": submission.content_hash,
            "requested_amount": facts.requested_amount,
            **({"replaces": replaced.receipt_number} if replaced is not None else {}),
        },
    )
    recuse_members(session, now=now, application_id=application_id)
    start_job(
        session, "receipt", actor=actor, now=now, call_id=application.call_id,
        arguments={"submission_id": submission.id},
    )  # fmt: skip
    return submission


def _attributes(application: Application, earlier: Sequence[Submission], facts: DossierFacts) -> dict[str, list[str]]:
    """What the dossier says now; where it says what the last deposit said, what the service made of it stands."""
    declared = earlier[-1].content.get("attributes", {}) if earlier else {}
    said = {name: values for name, values in facts.attributes.items() if declared.get(name) != values}
    return {**facts.attributes, **application.attributes, **said}


def _refuse_incomplete(
    session: Session, dossier: OpenedDossier, attested: Sequence[int], capacity: str, broken_rules_seen: bool
) -> Signature | None:
    problems: dict[str, Objection] = {}
    if dossier.errors or dossier.missing_identity:
        problems[""] = Objection("dossier.incomplete")
    if dossier.eligibility.broken and not broken_rules_seen:
        problems["broken_rules_seen"] = Objection("dossier.broken_rules_unseen")
    for number in range(len(dossier.call.file.form.attestations)):
        if number not in attested:
            problems[f"attested.{number}"] = Objection("dossier.attestation_unticked")
    signature = None
    if capacity not in CAPACITIES:
        problems["capacity"] = Objection("dossier.capacity_missing")
    elif capacity == "mandate" and not dossier.files.get(MANDATE):
        problems["capacity"] = Objection("dossier.mandate_missing")
    elif capacity == "representative":
        signature = approved_signature(session, dossier)
        if signature is None:
            problems["capacity"] = Objection("dossier.not_approved")
    if problems:
        raise InvalidInput(problems)
    return signature


def _identity(association: Association) -> dict[str, Any]:
    fields = (
        "name", "acronym", "siret", "rna", "address", "postal_code", "commune_code", "commune_name", "email", "phone",
        "representative_name", "representative_capacity",
    )  # fmt: skip
    return {name: getattr(association, name) for name in fields}
