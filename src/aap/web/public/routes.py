"""Public pages."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template

from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import platform

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
@requires(Permission.PUBLIC_READ)
def home() -> str:
    return render_template("public/home.html")


@blueprint.get("/sante")
@requires(Permission.PUBLIC_READ)
def health() -> Response:
    platform().answers()
    return jsonify(status="ok")
