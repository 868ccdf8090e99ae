"""The reviewer's list: what is to mark, how far, how much time is left."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.permissions import Permission
from aap.services.recusals import must_declare
from aap.services.review.reviewer_pages import next_dossier, reviewer_calls
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in

blueprint = Blueprint("reviewer", __name__, url_prefix="/evaluation")

SHOWN = ("tous", "a-faire", "brouillons", "soumis")
_STATES = {
    "a-faire": frozenset({"todo", "reopened"}),
    "brouillons": frozenset({"draft", "reopened"}),
    "soumis": frozenset({"submitted"}),
}


@blueprint.get("/")
@requires(Permission.REVIEW_HOME)
def home() -> str:
    shown = request.args.get("voir", "tous")
    shown = shown if shown in SHOWN else "tous"
    with reading() as session:
        calls = reviewer_calls(session, actor=signed_in(), now=arrived_at())
        undeclared = must_declare(session, signed_in())
    labels = {"tous": _("Tous"), "a-faire": _("À faire"), "brouillons": _("Brouillons"), "soumis": _("Soumis")}
    return render_template(
        "reviewer/home.html",
        calls=calls,
        shown=shown,
        states=_STATES.get(shown),
        labels=labels,
        now=arrived_at(),
        undeclared=undeclared,
    )


@blueprint.get("/appels/<call_id>/suivant")
@requires(Permission.REVIEW_HOME)
def next_one(call_id: str) -> ResponseReturnValue:
    """The dossier most in need of a review."""
    with reading() as session:
        found = next_dossier(session, actor=signed_in(), call_id=call_id, after=request.args.get("apres", ""))
    if found is None:
        return redirect(url_for(".home"))
    return redirect(url_for(".dossier", application_id=found))
