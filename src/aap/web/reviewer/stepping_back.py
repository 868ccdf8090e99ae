"""The two ways out of a dossier: a link with the association, and no time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.panel.recusing import declare_recusal
from aap.services.permissions import Permission
from aap.services.review.declining import decline_dossier, find_declinable
from aap.services.review.reviewing import ReviewedDossier, find_given_dossier
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import sentences


@blueprint.route("/dossiers/<application_id>/deport", methods=["GET", "POST"])
@requires(Permission.RECUSAL_DECLARE)
def recuse(application_id: str) -> ResponseReturnValue:
    told = _("Votre déport est enregistré : ce dossier n’est plus dans votre liste.")
    find = partial(find_given_dossier, permission=Permission.RECUSAL_DECLARE)
    return _step_back(application_id, find, declare_recusal, "reviewer/recusal.html", told)


@blueprint.route("/dossiers/<application_id>/rendre", methods=["GET", "POST"])
@requires(Permission.REVIEW_MARK)
def hand_back(application_id: str) -> ResponseReturnValue:
    told = _("Le dossier est rendu : il sera confié à quelqu’un d’autre.")
    return _step_back(application_id, find_declinable, decline_dossier, "reviewer/declining.html", told)


def _step_back(
    application_id: str, find: Callable[..., ReviewedDossier], leave: Callable[..., None], template: str, told: str
) -> ResponseReturnValue:
    """The page that asks why, and what follows from its form."""
    problem, reason, actor = "", request.form.get("motif", ""), signed_in()
    if request.method == "POST":
        try:
            with writing() as session:
                leave(session, actor=actor, application_id=application_id, reason=reason, now=arrived_at())
        except InvalidInput as error:
            problem = sentences(error.problems)
        else:
            flash(told, "success")
            return redirect(url_for(".home"))
    with reading() as session:
        dossier = find(session, actor=actor, application_id=application_id)
    return render_template(template, dossier=dossier, problem=problem, reason=reason), (422 if problem else 200)
