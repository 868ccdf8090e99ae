"""The reviewer's declaration of interests."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.interests_page import interests_page
from aap.web.reviewer.home import blueprint


@blueprint.route("/interets", methods=["GET", "POST"])
@requires(Permission.REVIEW_HOME)
def interests() -> ResponseReturnValue:
    return interests_page("reviewer.home", _("Mes évaluations"))
