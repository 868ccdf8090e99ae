"""Pages of the reviewer's space."""

from __future__ import annotations

from flask import Blueprint, render_template

from aap.services.permissions import Permission
from aap.web.access import requires

blueprint = Blueprint("reviewer", __name__, url_prefix="/evaluation")


@blueprint.get("/")
@requires(Permission.REVIEW_HOME)
def home() -> str:
    return render_template("reviewer/home.html")
