"""Pages of the association's space."""

from __future__ import annotations

from flask import Blueprint, render_template

from aap.services.permissions import Permission
from aap.web.access import requires

blueprint = Blueprint("association", __name__, url_prefix="/association")


@blueprint.get("/")
@requires(Permission.ASSOCIATION_HOME)
def home() -> str:
    return render_template("association/home.html")
