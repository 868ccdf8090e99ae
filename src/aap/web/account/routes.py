"""One's own account, and where one lands after signing in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from aap.services.permissions import Permission, conceivable
from aap.web.access import requires
from aap.web.context import signed_in

blueprint = Blueprint("account", __name__)

HOMES = (
    ("admin.home", Permission.ADMIN_HOME),
    ("official.home", Permission.CALL_HOME),
    ("reviewer.home", Permission.REVIEW_HOME),
)


@blueprint.get("/apres-connexion")
@requires(Permission.ACCOUNT_MANAGE)
def after_sign_in() -> Response:
    """To the home of the actor's role."""
    actor = signed_in()
    for endpoint, permission in HOMES:
        if conceivable(actor, permission):
            return redirect(url_for(endpoint))
    return redirect(url_for("association.home"))


@blueprint.get("/compte")
@requires(Permission.ACCOUNT_MANAGE)
def home() -> str:
    return render_template("account/home.html")
