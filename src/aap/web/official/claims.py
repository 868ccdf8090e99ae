"""Who acts for a SIRET that an account holds already: decided by who is on neither side, on proof."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.association.siret_claims import arbitrate_claim, open_claims, read_proof
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission, conceivable
from aap.web.access import requires
from aap.web.answers import yes_or_no
from aap.web.claim_words import proof_lines
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.http_files import file_answer
from aap.web.official.pages import blueprint
from aap.web.people_words import membership_choices
from aap.web.wording.sentences import worded


def _page(problems: dict[str, str] | None = None, claim_id: str = "") -> str:
    actor = signed_in()
    with reading() as session:
        waiting = open_claims(session, actor=actor)
    official = conceivable(actor, Permission.CALL_HOME)
    home = (_("Instruction"), "official.home") if official else (_("Administration"), "admin.home")
    return render_template(
        "official/claims.html",
        waiting=[(held, proof_lines(held.proofs, arrived_at())) for held in waiting],
        answers=[
            (
                "accepter",
                _("Rattacher cette personne"),
                _(
                    "Elle devient responsable de l’association : elle lit et remplit ses dossiers, et gère les personnes "
                    "qui y ont accès. Les responsables actuels gardent leur accès. Tous sont prévenus par courriel."
                ),
            ),
            ("refuser", _("Refuser la demande"), ""),
        ],
        problems=problems or {},
        refused=claim_id,
        typed=request.form,
        roles=membership_choices(),
        trail=[(home[0], url_for(home[1]))],
    )


@blueprint.get("/rattachements")
@requires(Permission.CLAIM_ARBITRATE)
def claims() -> str:
    return _page()


@blueprint.get("/rattachements/<claim_id>/pieces/<proof_id>")
@requires(Permission.CLAIM_ARBITRATE)
def claim_file(claim_id: str, proof_id: str) -> ResponseReturnValue:
    """The document of a claim, for who decides on it."""
    with writing() as session:
        proof = read_proof(session, actor=signed_in(), claim_id=claim_id, proof_id=proof_id, now=arrived_at())
        sha256, name, content_type = str(proof.sha256), proof.name, proof.content_type
    answer: Response = file_answer(platform().files.open(sha256), name, content_type)
    return answer


@blueprint.post("/rattachements/<claim_id>")
@requires(Permission.CLAIM_ARBITRATE)
def arbitrate(claim_id: str) -> ResponseReturnValue:
    accepted = yes_or_no("answer", yes="accepter", no="refuser")
    try:
        with writing() as session:
            arbitrate_claim(
                session,
                actor=signed_in(),
                claim_id=claim_id,
                accepted=accepted,
                reason=request.form.get("reason", ""),
                links=links(),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(worded(refused.problems), claim_id), 422
    flash(_("La personne est rattachée à l’association.") if accepted else _("La demande est refusée."), "success")
    return redirect(url_for("official.claims"))
