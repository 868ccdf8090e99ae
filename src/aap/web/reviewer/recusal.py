"""Stepping back from a dossier."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.panel.recusing import declare_recusal
from aap.services.permissions import Permission
from aap.services.review.reviewing import find_given_dossier
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import sentences


@blueprint.route("/dossiers/<application_id>/deport", methods=["GET", "POST"])
@requires(Permission.RECUSAL_DECLARE)
def recuse(application_id: str) -> ResponseReturnValue:
    problem, reason = "", request.form.get("motif", "")
    actor = signed_in()
    if request.method == "POST":
        try:
            with writing() as session:
                declare_recusal(session, actor=actor, application_id=application_id, reason=reason, now=arrived_at())
        except InvalidInput as error:
            problem = sentences(error.problems)
        else:
            flash(_("Votre déport est enregistré : ce dossier n’est plus dans votre liste."), "success")
            return redirect(url_for(".home"))
    with reading() as session:
        dossier = find_given_dossier(
            session, actor=actor, application_id=application_id, permission=Permission.RECUSAL_DECLARE
        )
    page = render_template("reviewer/recusal.html", dossier=dossier, problem=problem, reason=reason)
    return page, (422 if problem else 200)
