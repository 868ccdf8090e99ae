"""Saying again who one is before what can't be taken back, and sending what was typed in a session that was over."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap import identity
from aap.services.permissions import Permission
from aap.web import confirming, kept_forms
from aap.web.access import requires
from aap.web.account.blueprint import blueprint
from aap.web.context import signed_in
from aap.web.errors import confirmation_page, error_page


@blueprint.route("/compte/confirmation", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_MANAGE)
def confirm() -> ResponseReturnValue:
    """Asks for the password, then leads on to `confirm_next`: with the form that waited, or to the page asked for."""
    method = "POST" if request.values.get("confirm_method") == "POST" else "GET"
    goal = request.values.get("confirm_next", "")
    if not confirming.leads_to(goal, method):
        goal, method = url_for("account.home"), "GET"
    if request.method == "GET":
        return confirmation_page(goal, method)
    if not confirming.is_done() and not identity.confirm_by_password(request.form.get("confirm_password", "")):
        return confirmation_page(goal, method, wrong=True), 422
    return redirect(goal, 307 if method == "POST" else 303)


@blueprint.post("/compte/reprise")
@requires(Permission.ACCOUNT_MANAGE)
def resume() -> ResponseReturnValue:
    """Shows what was typed when the session was over, with a button that sends it. Changes nothing by itself."""
    kept = kept_forms.unseal(request.form.get("kept", ""), signed_in().person_id)
    if kept is None:
        return error_page(
            400,
            _("Cette saisie ne peut pas être reprise"),
            _(
                "Elle est trop ancienne, ou a été faite avec un autre compte. Revenez à la page précédente pour la copier."
            ),
        )
    return render_template("account/resume.html", kept=kept)
