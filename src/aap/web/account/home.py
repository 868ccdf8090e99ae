"""One's own account, and where one lands after signing in."""

from __future__ import annotations

import json

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.account import accounts
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission, conceivable
from aap.web import wanted
from aap.web.access import requires
from aap.web.account.blueprint import blueprint
from aap.web.account.forms import ProfileForm, switched
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.people_words import membership_words, role_words
from aap.web.wording.sentences import worded

HOMES = (
    ("admin.home", Permission.ADMIN_HOME),
    ("official.home", Permission.CALL_HOME),
    ("reviewer.home", Permission.REVIEW_HOME),
)


@blueprint.get("/apres-connexion")
@requires(Permission.ACCOUNT_MANAGE)
def after_sign_in() -> ResponseReturnValue:
    """To the page that was asked for before signing in, else to the home of the actor's role."""
    actor = signed_in()
    asked_for = wanted.take(arrived_at())
    if asked_for is not None:
        return redirect(asked_for)
    for endpoint, permission in HOMES:
        if conceivable(actor, permission):
            return redirect(url_for(endpoint))
    return redirect(url_for("association.home"))


@blueprint.route("/compte", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_MANAGE)
def home() -> ResponseReturnValue:
    with reading() as session:
        account = accounts.account_view(session, actor=signed_in())
    form = ProfileForm(obj=account, data=switched(account.switches))
    if form.validate_on_submit():
        try:
            with writing() as session:
                accounts.change_profile(
                    session,
                    actor=signed_in(),
                    name=form.name.data or "",
                    phone=form.phone.data or "",
                    switches=form.switches,
                    now=arrived_at(),
                )
        except InvalidInput as refused:
            for name, message in worded(refused.problems).items():
                form[name].errors = [message]
        else:
            flash(_("Vos renseignements sont enregistrés."), "success")
            return redirect(url_for("account.home"))
    words = {
        "roles": [role_words(held.role, held.call_title) for held in account.roles],
        "memberships": [(held.association_name, membership_words(held.role)) for held in account.memberships],
    }
    may_declare = conceivable(signed_in(), Permission.INTERESTS_DECLARE)
    page = render_template("account/home.html", account=account, form=form, may_declare=may_declare, **words)
    return page, 422 if form.errors else 200


@blueprint.post("/compte/donnees")
@requires(Permission.ACCOUNT_MANAGE)
def export() -> Response:
    """A copy of one's own data as JSON (a POST: it leaves a line in the journal)."""
    with writing() as session:
        content = accounts.personal_data(session, actor=signed_in(), now=arrived_at())
    body = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=False) + "\n"
    return Response(
        body,
        mimetype="application/json",
        headers={"Content-Disposition": 'attachment; filename="mes-donnees.json"'},
    )
