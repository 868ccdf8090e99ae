"""Publishing the results: what everybody will read, whom the verification file singles out, and the open data."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.ranking.singled_out import SingledOut
from aap.core.values import parse_day
from aap.documents.tables.subventions import PAID_HOW
from aap.services.decision.deciding import publish_results
from aap.services.decision.in_force import current_list
from aap.services.decision.open_data import OpenDataState, PaymentTerms, open_data_state, set_payment_terms
from aap.services.decision.publishing import singled_out_by_bundle, unpublished
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


@blueprint.route("/<call_id>/decisions/publier", methods=["GET", "POST"])
@requires(Permission.RESULTS_PUBLISH)
def publish(call_id: str) -> ResponseReturnValue:
    """The public results page, after a look at what it tells."""
    if request.method == "POST":
        with writing() as session:
            publish_results(session, actor=signed_in(), call_id=call_id, now=arrived_at())
        flash(_("Les résultats sont publics."), "success")
        return redirect(url_for("official.call", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.RESULTS_PUBLISH)
        waiting = unpublished(session, actor=signed_in(), call=opened)
        listed = current_list(session, call_id)
        state = open_data_state(session, actor=signed_in(), call=opened)
        found: SingledOut = singled_out_by_bundle(session, actor=signed_in(), call=opened)
    return show_call_page(
        "publish.html",
        opened,
        laureates=len(listed.granted),
        granted=listed.total,
        waiting=waiting,
        singled_out=found,
        open_data=state,
        page_width="narrow",
    )


@blueprint.route("/<call_id>/decisions/donnees-ouvertes", methods=["GET", "POST"])
@requires(Permission.DECISIONS_NOTIFY)
def open_data(call_id: str) -> ResponseReturnValue:
    """How the grants are paid, as the published essential data tell it."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            with writing() as session:
                call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
                set_payment_terms(
                    session,
                    actor=signed_in(),
                    call_id=call_id,
                    conditions=request.form.get("conditions", ""),
                    terms=_typed_terms(),
                    now=arrived_at(),
                )
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_("Les conditions de versement sont enregistrées."), "success")
            return redirect(url_for("official.decisions", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        state = open_data_state(session, actor=signed_in(), call=opened)
    page = show_call_page(
        "open_data.html",
        opened,
        state=state,
        choices=[(name, label) for name, label in _conditions().items()],
        typed=request.form if request.method == "POST" else _kept(state),
        problems=problems,
        page_width="narrow",
    )
    return (page, 422) if problems else page


def _conditions() -> dict[str, str]:
    words = {"once": _("En une fois"), "in_parts": _("En plusieurs fois"), "otherwise": _("Autrement")}
    return {name: words[name] for name in PAID_HOW}


def _kept(state: OpenDataState) -> dict[str, str]:
    terms = state.terms
    return {
        "conditions": terms.conditions,
        "paid_from": terms.paid_from.isoformat() if terms.paid_from else "",
        "paid_until": terms.paid_until.isoformat() if terms.paid_until else "",
        "notified_to_eu": "oui" if terms.notified_to_eu else "",
    }


def _typed_terms() -> PaymentTerms:
    """The days and the tick that were typed; the condition is checked where it is kept. Raises InvalidInput."""
    days: dict[str, date | None] = {}
    problems = {}
    for name in ("paid_from", "paid_until"):
        typed = request.form.get(name, "").strip()
        try:
            days[name] = parse_day(typed) if typed else None
        except ValueError:
            problems[name] = Objection("page.day_unreadable")
    if problems:
        raise InvalidInput(problems)
    return PaymentTerms(
        paid_from=days["paid_from"], paid_until=days["paid_until"], notified_to_eu="notified_to_eu" in request.form
    )
