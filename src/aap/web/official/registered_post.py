"""Decisions that go by registered post: the list, labels and addresses, what was sent, what came back."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from aap.core.delays import paris
from aap.records.decided import PostalOutcome
from aap.services.decision.posting import (
    LONGEST_TRACKING,
    POSTED_AFTER,
    REMINDED_AFTER,
    address_files,
    post_list,
    proof_of_return,
    record_return,
    record_sendings,
    sending_of,
)
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.http_files import pdf_answer
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page, typed_day
from aap.web.received_files import receive_scan
from aap.web.wording.sentences import worded

PROOF_MEGABYTES = 10
OUTCOMES = {
    PostalOutcome.DELIVERED: lazy_gettext("Remise au destinataire"),
    PostalOutcome.UNCLAIMED: lazy_gettext("Présentée, jamais retirée"),
    PostalOutcome.REFUSED: lazy_gettext("Refusée par le destinataire"),
    PostalOutcome.UNKNOWN: lazy_gettext("Inconnue à cette adresse : à renvoyer"),
}


def _page(call_id: str, problems: dict[str, str]) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        found = post_list(session, actor=signed_in(), call=opened, now=arrived_at())
    return show_call_page(
        "posting.html",
        opened,
        found=found,
        to_send=found.to_send,
        sent=[line for line in found.lines if line.sendings],
        returns=OUTCOMES,
        typed=request.form,
        today=paris(arrived_at()).date(),
        reminded_after=REMINDED_AFTER.days,
        posted_after=POSTED_AFTER.days,
        longest=LONGEST_TRACKING,
        problems=problems,
    )


@blueprint.get("/<call_id>/decisions/recommandes")
@requires(Permission.DECISIONS_NOTIFY)
def posting(call_id: str) -> str:
    return _page(call_id, {})


@blueprint.get("/<call_id>/decisions/recommandes/adresses.<any(pdf, csv):kind>")
@requires(Permission.DECISIONS_NOTIFY)
def addresses(call_id: str, kind: str) -> Response:
    """Sheets of labels, or a table for another tool."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        made = address_files(session, actor=signed_in(), call=opened, kind=kind, now=arrived_at())
    return hand_out(made)


@blueprint.post("/<call_id>/decisions/recommandes")
@requires(Permission.DECISIONS_NOTIFY)
def note_sendings(call_id: str) -> ResponseReturnValue:
    """What was handed to the post."""
    sent = {one: request.form.get(f"tracking-{one}", "") for one in request.form.getlist("sent")}
    try:
        with writing() as session:
            number = record_sendings(
                session, actor=signed_in(), call_id=call_id, sent=sent, sent_on=typed_day("sent_on"), now=arrived_at()
            )
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    flash(ngettext("%(num)s envoi est noté.", "%(num)s envois sont notés.", number), "success")
    return redirect(url_for("official.posting", call_id=call_id), 303)


def _return_page(call_id: str, sending_id: str, problems: dict[str, str]) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        sending, application = sending_of(session, actor=signed_in(), call=opened, sending_id=sending_id)
    return show_call_page(
        "posting_return.html",
        opened,
        sending=sending,
        application=application,
        outcomes=[(str(outcome), label) for outcome, label in OUTCOMES.items()],
        typed=request.form,
        limit=PROOF_MEGABYTES,
        problems=problems,
        page_width="narrow",
    )


@blueprint.get("/<call_id>/decisions/recommandes/<sending_id>")
@requires(Permission.DECISIONS_NOTIFY)
def postal_return(call_id: str, sending_id: str) -> str:
    return _return_page(call_id, sending_id, {})


@blueprint.post("/<call_id>/decisions/recommandes/<sending_id>")
@requires(Permission.DECISIONS_NOTIFY)
def note_return(call_id: str, sending_id: str) -> ResponseReturnValue:
    """What came back: outcome, day, the scan of the slip."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        sending_of(session, actor=signed_in(), call=opened, sending_id=sending_id)
    try:
        scan = receive_scan("proof", max_megabytes=PROOF_MEGABYTES)
        with writing() as session:
            record_return(
                session,
                actor=signed_in(),
                call_id=call_id,
                sending_id=sending_id,
                outcome=request.form.get("outcome", ""),
                presented_on=typed_day("presented_on"),
                proof_sha256=scan.sha256 if scan else None,
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _return_page(call_id, sending_id, worded(refused.problems)), 422
    flash(_("Le retour est noté."), "success")
    return redirect(url_for("official.posting", call_id=call_id), 303)


@blueprint.get("/<call_id>/decisions/recommandes/<sending_id>/preuve.pdf")
@requires(Permission.DECISIONS_NOTIFY)
def postal_proof(call_id: str, sending_id: str) -> Response:
    """The scan of a return."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        sha256, reference = proof_of_return(
            session, actor=signed_in(), call=opened, sending_id=sending_id, now=arrived_at()
        )
    return pdf_answer(platform().files.read(sha256), f"retour-{reference}.pdf")
