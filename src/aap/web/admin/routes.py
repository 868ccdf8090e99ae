"""Pages of the administrator's space."""

from __future__ import annotations

from flask import Blueprint, render_template

from aap.services.permissions import Permission
from aap.web.access import requires

blueprint = Blueprint("admin", __name__, url_prefix="/administration")


@blueprint.get("/")
@requires(Permission.ADMIN_HOME)
def home() -> str:
    return render_template("admin/home.html")
