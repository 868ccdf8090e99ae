"""The reviewer's declaration of interests."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InterestsFirst
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.interests_page import interests_page
from aap.web.reviewer.home import blueprint


@blueprint.errorhandler(InterestsFirst)
def interests_first(_error: InterestsFirst) -> ResponseReturnValue:
    flash(_("Déclarez d’abord vos intérêts, même si vous n’en avez aucun : vos dossiers s’ouvrent ensuite."), "info")
    return redirect(url_for("reviewer.interests"))


@blueprint.route("/interets", methods=["GET", "POST"])
@requires(Permission.REVIEW_HOME)
def interests() -> ResponseReturnValue:
    return interests_page("reviewer.home", _("Mes évaluations"))
