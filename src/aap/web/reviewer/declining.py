"""Giving a dossier back for lack of time."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.review.declining import decline_dossier, find_declinable
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import sentences


@blueprint.route("/dossiers/<application_id>/rendre", methods=["GET", "POST"])
@requires(Permission.REVIEW_MARK)
def hand_back(application_id: str) -> ResponseReturnValue:
    problem, reason = "", request.form.get("motif", "")
    actor = signed_in()
    if request.method == "POST":
        try:
            with writing() as session:
                decline_dossier(session, actor=actor, application_id=application_id, reason=reason, now=arrived_at())
        except InvalidInput as error:
            problem = sentences(error.problems)
        else:
            flash(_("Le dossier est rendu : il sera confié à quelqu’un d’autre."), "success")
            return redirect(url_for(".home"))
    with reading() as session:
        dossier = find_declinable(session, actor=actor, application_id=application_id)
    page = render_template("reviewer/declining.html", dossier=dossier, problem=problem, reason=reason)
    return page, (422 if problem else 200)
