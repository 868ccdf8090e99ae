"""Who acts for a SIRET that an account holds already: an official arbitrates."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.association.siret_claims import arbitrate_claim, open_claims
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint
from aap.web.wording.sentences import worded


def _page(problems: dict[str, str] | None = None, claim_id: str = "") -> str:
    with reading() as session:
        waiting = open_claims(session, actor=signed_in())
    return render_template(
        "official/claims.html",
        waiting=waiting,
        problems=problems or {},
        refused=claim_id,
        typed=request.form.get("reason", ""),
    )


@blueprint.get("/rattachements")
@requires(Permission.CLAIM_ARBITRATE)
def claims() -> str:
    return _page()


@blueprint.post("/rattachements/<claim_id>")
@requires(Permission.CLAIM_ARBITRATE)
def arbitrate(claim_id: str) -> ResponseReturnValue:
    accepted = request.form.get("answer") == "accepter"
    try:
        with writing() as session:
            arbitrate_claim(
                session,
                actor=signed_in(),
                claim_id=claim_id,
                accepted=accepted,
                reason=request.form.get("reason", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(worded(refused.problems), claim_id), 422
    flash(_("La personne est rattachée à l’association.") if accepted else _("La demande est refusée."), "success")
    return redirect(url_for("official.claims"))
