"""The proposed amounts of a call: what they are, and the act that closes them before the marks are opened."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.screening.proposed_amounts import amounts_page, close_amounts, reopen_amounts
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


def _page(call_id: str, problems: dict[str, str] | None = None) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        page = amounts_page(session, actor=signed_in(), call=opened)
    return show_call_page("amounts.html", opened, page=page, typed=request.form, problems=problems or {})


@blueprint.get("/<call_id>/montants")
@requires(Permission.CALL_FOLLOW)
def amounts(call_id: str) -> str:
    return _page(call_id)


@blueprint.post("/<call_id>/montants/arret")
@requires(Permission.AMOUNTS_CLOSE)
def amounts_close(call_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id)
            confirmed = request.form.get("confirmed") == "oui"
            close_amounts(session, actor=signed_in(), call_id=call_id, confirmed=confirmed, now=arrived_at())
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    flash(_("Les montants proposés sont arrêtés."), "success")
    return redirect(url_for("official.amounts", call_id=call_id))


@blueprint.post("/<call_id>/montants/reouverture")
@requires(Permission.AMOUNTS_CLOSE)
def amounts_reopen(call_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id)
            reason = request.form.get("reason", "")
            reopen_amounts(session, actor=signed_in(), call_id=call_id, reason=reason, now=arrived_at())
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    flash(_("Les montants se proposent de nouveau. Arrêtez-les avant d’ouvrir la délibération."), "success")
    return redirect(url_for("official.amounts", call_id=call_id))
