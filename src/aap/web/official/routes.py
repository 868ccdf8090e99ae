"""Pages of the official's space."""

from __future__ import annotations

from flask import Blueprint, render_template

from aap.services.permissions import Permission
from aap.web.access import requires

blueprint = Blueprint("official", __name__, url_prefix="/instruction")


@blueprint.get("/")
@requires(Permission.CALL_HOME)
def home() -> str:
    return render_template("official/home.html")
