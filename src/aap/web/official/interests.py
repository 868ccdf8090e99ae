"""The official's declaration of interests."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.interests_page import interests_page
from aap.web.official.pages import blueprint


@blueprint.route("/interets", methods=["GET", "POST"])
@requires(Permission.CALL_HOME)
def interests() -> ResponseReturnValue:
    return interests_page("official.home", _("Instruction"))
