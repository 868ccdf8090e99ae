"""Checking, approving and submitting a dossier, and the proofs of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.documents.papers.receipts import render_receipt
from aap.records.applications import Signature
from aap.services.dossier.dossiers import MANDATE, OpenedDossier, deadline_of, form_to_fill, open_dossier
from aap.services.dossier.receipts import receipts_of
from aap.services.dossier.signing import approves, ask_signature, last_signature
from aap.services.dossier.submitting import submit_application
from aap.services.dossier.uploads import remove_document
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.closing import is_over
from aap.web.association.dossier import identity_title, identity_url
from aap.web.association.section_files import DISK_FULL, take_upload
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.forms import PREFIX
from aap.web.http_files import pdf_answer
from aap.web.identity_words import labels
from aap.web.time_left import time_left
from aap.web.wording.sentences import worded


def _opened(application_id: str) -> tuple[OpenedDossier, Signature | None]:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
        return found, last_signature(session, application_id)


_REPRESENTATIVE = {name: f"signature_{name}" for name in ("name", "capacity", "email")}
"""What the page calls the fields of the representative."""


def _page(application_id: str, problems: dict[str, str] | None = None, *, too_late: bool = False) -> str:
    """The check before the deposit: what is missing with links, attestations, who signs."""
    return _shown(*_opened(application_id), problems, too_late=too_late)


def _shown(
    found: OpenedDossier, signature: Signature | None, problems: dict[str, str] | None = None, *, too_late: bool = False
) -> str:
    now = arrived_at()
    approved = signature if signature is not None and approves(signature, found) else None
    problems = problems or {}
    deadline = deadline_of(found)
    representative = {
        "name": found.association.representative_name,
        "capacity": found.association.representative_capacity,
        "email": found.association.representative_email,
    }
    typed = {name: request.form.get(f"signature_{name}", value) for name, value in representative.items()}
    return render_template(
        "association/submit.html",
        dossier=found,
        missing=_missing(found),
        warnings=_warnings(found),
        broken=found.eligibility.broken,
        to_check=found.eligibility.in_state("to_check"),
        unknown=[rule for rule in found.eligibility.in_state("unknown") if rule.question],
        signature=signature,
        approved=approved,
        typed=typed,
        mandate=found.files.get(MANDATE, []),
        problems=problems,
        summary=_summary(problems),
        attested=request.form.getlist("attestation"),
        capacity=request.form.get("capacity", ""),
        rules_seen=bool(request.form.get("rules")),
        deadline=deadline,
        left=time_left(deadline, now),
        too_late=too_late or is_over(deadline, now),
        now=now,
    )


def _summary(problems: Mapping[str, str]) -> list[tuple[str | None, str]]:
    """(id of the field, message) in the page's order; each attestation by its number."""
    found: list[tuple[str | None, str]] = []
    for key, message in sorted(
        problems.items(), key=lambda one: (one[0].startswith("attestation-"), one[0] == "rules")
    ):
        kind, _dash, number = key.partition("-")
        text = message
        if kind == "attestation":
            text = _("Attestation %(n)s\u00a0: cochez-la pour déposer le dossier.", n=int(number) + 1)
        found.append((key or None, text))
    return found


def _missing(dossier: OpenedDossier) -> list[dict[str, Any]]:
    """Task by task, what keeps the dossier from being submitted, with links to the fields."""
    found = []
    if dossier.missing_identity:
        url = identity_url(dossier, controle=1)
        names = labels()
        lacks = worded(dossier.missing_identity).items()
        problems = [(f"{url}#{name}", names[name], message) for name, message in lacks]
        found.append({"title": identity_title(), "url": url, "problems": problems})
    for section in dossier.visible:
        errors = [one for one in dossier.problems.get(section.id, ()) if one.severity == "error"]
        if errors:
            url = url_for("association.section", application_id=dossier.id, section_id=section.id, controle=1)
            found.append(
                {
                    "title": section.title,
                    "url": url,
                    "problems": [(f"{url}#{PREFIX}{one.field}", one.label, one.message) for one in errors],
                }
            )
    return found


def _warnings(dossier: OpenedDossier) -> list[str]:
    notes = [
        f"{one.label}\u00a0: {one.message}"
        for found in dossier.problems.values()
        for one in found
        if one.severity == "warning"
    ]
    return notes + [note.message for note in dossier.budget_notes]


@blueprint.get("/dossiers/<application_id>/depot")
@requires(Permission.APPLICATION_READ)
def check(application_id: str) -> ResponseReturnValue:
    found, signature = _opened(application_id)
    if not found.in_writing:
        return redirect(url_for("association.receipt", application_id=application_id))
    return _shown(found, signature)


@blueprint.post("/dossiers/<application_id>/depot")
@requires(Permission.APPLICATION_SUBMIT)
def submit(application_id: str) -> ResponseReturnValue:
    attested = [
        int(one) for one in request.form.getlist("attestation") if one.isascii() and one.isdigit() and len(one) < 4
    ]
    try:
        with writing() as session:
            submit_application(
                session, actor=signed_in(), application_id=application_id, attested=attested,
                capacity=request.form.get("capacity", ""), broken_rules_seen=bool(request.form.get("rules")),
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _page(
            application_id, worded(error.problems, {"attested": "attestation", "broken_rules_seen": "rules"})
        ), 422
    except DeadlinePassed:
        return _page(application_id, too_late=True), 409
    return redirect(url_for("association.receipt", application_id=application_id), 303)


@blueprint.post("/dossiers/<application_id>/approbation")
@requires(Permission.APPLICATION_SUBMIT)
def ask_approval(application_id: str) -> ResponseReturnValue:
    """Mails the legal representative a link."""
    try:
        with writing() as session:
            signature = ask_signature(
                session, actor=signed_in(), application_id=application_id,
                name=request.form.get("signature_name", ""), capacity=request.form.get("signature_capacity", ""),
                email=request.form.get("signature_email", ""),
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _page(application_id, worded(error.problems, _REPRESENTATIVE)), 422
    flash(_("La demande est envoyée à %(name)s. Vous serez prévenu de sa réponse.", name=signature.name), "success")
    return redirect(url_for("association.check", application_id=application_id) + "#qui-signe", 303)


@blueprint.post("/dossiers/<application_id>/pouvoir")
@requires(Permission.APPLICATION_EDIT)
def mandate(application_id: str) -> ResponseReturnValue:
    """Attaches the power of attorney, or takes it away (`retirer`)."""
    actor, now = signed_in(), arrived_at()
    here = url_for("association.check", application_id=application_id) + "#qui-signe"
    if (document_id := request.form.get("retirer")) is not None:
        with writing() as session:
            remove_document(session, actor=actor, application_id=application_id, document_id=document_id, now=now)
        return redirect(here, 303)
    with reading() as session:
        call = form_to_fill(session, actor=actor, application_id=application_id)
    taken = take_upload(application_id, call, MANDATE, "mandate")
    if taken.dossier is None:
        status = 507 if taken.refusal == DISK_FULL else 422
        return _page(application_id, {"mandate": taken.refusal or _("Choisissez d’abord un fichier.")}), status
    return redirect(here, 303)


@blueprint.get("/dossiers/<application_id>/accuse")
@requires(Permission.APPLICATION_READ)
def receipt(application_id: str) -> str:
    """Every receipt of the dossier, the last one first. Only what is committed has one."""
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
        receipts = receipts_of(session, found)
    if not receipts:
        raise NotFound("receipt", application_id)
    return render_template("association/receipt.html", dossier=found, receipts=receipts[::-1])


@blueprint.get("/dossiers/<application_id>/accuse-<int:ordinal>.pdf")
@requires(Permission.APPLICATION_READ)
def receipt_file(application_id: str, ordinal: int) -> ResponseReturnValue:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
        receipts = receipts_of(session, found)
    wanted = next((one for one in receipts if one.submission.ordinal == ordinal), None)
    if wanted is None:
        raise NotFound("receipt", str(ordinal))
    return pdf_answer(render_receipt(wanted.view), f"accuse-de-reception-{wanted.view.number}.pdf")
