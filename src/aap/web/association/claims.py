"""A SIRET that another account holds: the claim and its proofs, what a known mailbox answers, what the holder says."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.records.associations import HolderAnswer, ProofKind
from aap.services.association.associations import get_association
from aap.services.association.claim_proofs import (
    PROOF_MEGABYTES,
    OfferedProof,
    answer_proof,
    open_proof,
    provable_by,
)
from aap.services.association.siret_claims import (
    answer_as_holder,
    claim_siret,
    claims_about,
    own_claim,
    prove_claim,
)
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.answers import yes_or_no
from aap.web.association.blueprint import blueprint
from aap.web.claim_words import proof_lines
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.received_files import receive_scan
from aap.web.wording.sentences import worded


def _proof_choices(kinds: tuple[ProofKind, ...]) -> list[tuple[str, str, str]]:
    """What the claimant may choose: value, label, help."""
    words = {
        ProofKind.DOCUMENT: (
            _("Je joins un document"),
            _("Procès-verbal, récépissé de la préfecture, avis de situation… qui montre votre fonction. PDF ou photo."),
        ),
        ProofKind.ASSOCIATION_MAIL: (
            _("Écrire à l’adresse de l’association"),
            _("Un courriel part à l’adresse que l’association a donnée ; qui la lit y répond."),
        ),
        ProofKind.REPRESENTATIVE_MAIL: (
            _("Écrire à son représentant légal"),
            _("Un courriel part à l’adresse connue du représentant légal ; il y répond."),
        ),
    }
    return [(str(kind), *words[kind]) for kind in kinds]


def _offered() -> OfferedProof:
    """The proof as chosen; its document is stored first. Raises InvalidInput."""
    kind = request.form.get("proof", "")
    if kind != ProofKind.DOCUMENT:
        return OfferedProof(kind)
    return OfferedProof(kind, receive_scan("file", max_megabytes=PROOF_MEGABYTES))


def claim_page(siret: str, problems: Mapping[str, str] | None = None) -> str:
    """The page on which a SIRET is claimed."""
    with reading() as session:
        kinds = provable_by(session, siret)
    return render_template(
        "association/claim.html",
        siret=siret,
        explanation=request.form.get("explanation", ""),
        chosen=request.form.get("proof", ""),
        choices=_proof_choices(kinds),
        megabytes=PROOF_MEGABYTES,
        problems=problems or {},
    )


@blueprint.post("/associations/reclamer")
@requires(Permission.ASSOCIATION_CREATE)
def claim() -> ResponseReturnValue:
    """Asks somebody of the service to say who acts for a SIRET that another account holds."""
    siret = request.form.get("siret", "")[:14]
    try:
        offered = _offered()
        with writing() as session:
            made = claim_siret(
                session, actor=signed_in(), siret=siret, explanation=request.form.get("explanation", ""), proof=offered,
                links=links(), now=arrived_at(),
            )  # fmt: skip
            claim_id = made.id
    except InvalidInput as error:
        return claim_page(siret, worded(error.problems)), 422
    flash(_("Votre demande est transmise au service. Vous recevrez sa réponse par courriel."), "success")
    return redirect(url_for("association.own_claim_page", claim_id=claim_id))


def _own_page(claim_id: str, problems: Mapping[str, str] | None = None) -> str:
    with reading() as session:
        held = own_claim(session, actor=signed_in(), claim_id=claim_id)
        kinds = provable_by(session, held.association.siret or "")
    return render_template(
        "association/claim_followed.html",
        held=held,
        proofs=proof_lines(held.proofs, arrived_at()),
        chosen=request.form.get("proof", ""),
        choices=_proof_choices(kinds),
        megabytes=PROOF_MEGABYTES,
        problems=problems or {},
    )


@blueprint.get("/associations/reclamer/<claim_id>")
@requires(Permission.ASSOCIATION_CREATE)
def own_claim_page(claim_id: str) -> str:
    """One's own claim: where it stands, its proofs, another one."""
    return _own_page(claim_id)


@blueprint.post("/associations/reclamer/<claim_id>")
@requires(Permission.ASSOCIATION_CREATE)
def prove(claim_id: str) -> ResponseReturnValue:
    try:
        offered = _offered()
        with writing() as session:
            prove_claim(session, actor=signed_in(), claim_id=claim_id, proof=offered, links=links(), now=arrived_at())
    except InvalidInput as error:
        return _own_page(claim_id, worded(error.problems)), 422
    flash(
        _("Le document est joint à votre demande.") if offered.file else _("Le courriel est parti."), "success"
    )  # fmt: skip
    return redirect(url_for("association.own_claim_page", claim_id=claim_id))


# --- who reads a mailbox known for the association --------------------------------------------------------------------


def _proof_page(token: str, problems: Mapping[str, str] | None = None) -> str:
    with reading() as session:
        case = open_proof(session, token=token, now=arrived_at())
    return render_template("association/claim_proof.html", case=case, problems=problems or {})


@blueprint.get("/rattachement/<token>")
@requires(Permission.PUBLIC_READ)
def claim_proof(token: str) -> str:
    """What the mailed link shows. Looking changes nothing: mail programs look too."""
    return _proof_page(token)


@blueprint.post("/rattachement/<token>")
@requires(Permission.PUBLIC_READ)
def answer_claim_proof(token: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            answer_proof(session, token=token, confirmed=yes_or_no("answer"), now=arrived_at())
    except InvalidInput as error:
        return _proof_page(token, worded(error.problems)), 422
    return redirect(url_for("association.claim_proof", token=token), 303)


# --- who holds the SIRET ----------------------------------------------------------------------------------------------


def _holder_page(association_id: str, problems: Mapping[str, str] | None = None) -> str:
    with reading() as session:
        association = get_association(session, actor=signed_in(), association_id=association_id)
        waiting = claims_about(session, actor=signed_in(), association_id=association_id)
    return render_template(
        "association/claims_about.html",
        association=association,
        waiting=waiting,
        answers=[
            (HolderAnswer.SUPPORTS, _("Oui, cette personne agit pour l’association")),
            (HolderAnswer.OBJECTS, _("Non, cette personne n’agit pas pour l’association")),
        ],
        problems=problems or {},
        typed=request.form,
    )


@blueprint.get("/associations/<association_id>/demandes")
@requires(Permission.ASSOCIATION_MEMBERS)
def claims(association_id: str) -> str:
    """Who claims the association's SIRET, and what its owner says of it."""
    return _holder_page(association_id)


@blueprint.post("/associations/<association_id>/demandes/<claim_id>")
@requires(Permission.ASSOCIATION_MEMBERS)
def answer_claim(association_id: str, claim_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            answer_as_holder(
                session, actor=signed_in(), association_id=association_id, claim_id=claim_id,
                answer=request.form.get("answer", ""), remark=request.form.get("remark", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        names = {name: f"{name}-{claim_id}" for name in ("answer", "remark")}
        return _holder_page(association_id, worded(error.problems, names)), 422
    flash(_("Votre réponse est transmise à la personne qui décide."), "success")
    return redirect(url_for("association.claims", association_id=association_id))
