"""The declaration of interests of whoever works on a call without a space of their own: a member of the jury."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.account.blueprint import blueprint
from aap.web.interests_page import interests_page


@blueprint.route("/compte/interets", methods=["GET", "POST"])
@requires(Permission.INTERESTS_DECLARE)
def interests() -> ResponseReturnValue:
    return interests_page("account.home", _("Mon compte"))
