"""Recusals that follow from a membership: an administrator alone says that one is no obstacle."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.panel.recusing import lift_member_recusal, list_member_recusals
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.people_words import role_name
from aap.web.wording.sentences import sentences


def _page(problem: str = "", recusal_id: str = "") -> str:
    with reading() as session:
        found = list_member_recusals(session, actor=signed_in())
    return show_admin_page(
        "recusals.html",
        lines=[(one, ", ".join(role_name(role) for role in one.roles)) for one in found],
        problem=problem,
        refused=recusal_id,
        page_width="page",
    )


@blueprint.get("/deports")
@requires(Permission.RECUSAL_LIFT)
def recusals() -> str:
    return _page()


@blueprint.post("/deports/<recusal_id>/levee")
@requires(Permission.RECUSAL_LIFT)
def lift_recusal(recusal_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            lift_member_recusal(
                session, actor=signed_in(), recusal_id=recusal_id, reason=request.form.get("motif", ""),
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(sentences(refused.problems), recusal_id), 422
    flash(_("Le déport est levé."), "success")
    return redirect(url_for("admin.recusals"), 303)
