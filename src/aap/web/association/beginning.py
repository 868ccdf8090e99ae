"""How an association comes in: its SIRET first, then what it is known by, proposed by the registers where they are asked."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.records.territories import territories
from aap.services.association.associations import SiretHeld, create_association, siret_holder
from aap.services.association.identity_fields import check_siret
from aap.services.association.register_answers import Registered, registered
from aap.services.association.registers import open_registers
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.claims import claim_page
from aap.web.association.identity import AssociationForm, description_page
from aap.web.association.register_asking import ask_registers
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.wording.sentences import worded

FIRST_FIELDS = (
    "name", "acronym", "siret", "rna", "object", "created_on", "address", "postal_code", "commune", "commune_code",
    "officers",
)  # fmt: skip
"""What is asked to begin with; the rest is a task of each dossier."""


def _call() -> str | None:
    """The call that somebody is about to apply for, from page to page."""
    return request.args.get("pour") or None


@blueprint.route("/associations/nouvelle", methods=["GET", "POST"])
@requires(Permission.ASSOCIATION_CREATE)
def create() -> ResponseReturnValue:
    """The SIRET alone. The registers are asked when it is sent, never when a page is read."""
    typed = request.form.get("siret", "")
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            siret = check_siret(typed)
        except InvalidInput as error:
            problems = worded(error.problems)
        else:
            return _go_on(siret)
    page = render_template(
        "association/siret.html",
        typed=typed[:60],
        problems=problems,
        asks=bool(open_registers(platform().settings)),
        after=_call(),
    )
    return page, 422 if problems else 200


def _go_on(siret: str) -> ResponseReturnValue:
    with reading() as session:
        holder = siret_holder(session, siret)
    if holder is not None and holder in signed_in().memberships:
        flash(_("Vous faites déjà partie de l’association qui porte ce numéro."), "info")
        return redirect(url_for("association.show", association_id=holder), 303)
    if holder is not None:
        return claim_page(siret), 409
    ask_registers(siret)
    return redirect(url_for("association.describe_new", siret=siret, pour=_call()), 303)


def _asked_before(typed: str) -> Registered:
    """What is kept of a SIRET in an address; a number that is none has nothing."""
    try:
        siret = check_siret(typed)
    except InvalidInput:
        return Registered("")
    with reading() as session:
        return registered(session, siret)


@blueprint.route("/associations/nouvelle/description", methods=["GET", "POST"])
@requires(Permission.ASSOCIATION_CREATE)
def describe_new() -> ResponseReturnValue:
    """What an association is known by. `?siret=`: the number that was given, of which the registers may have spoken."""
    if request.method == "GET":
        found = _asked_before(request.args.get("siret", ""))
        proposed = {name: one.text for name, one in found.proposals(territories()).items()}
        commune = territories().commune(proposed.get("commune_code", ""))
        values = {**proposed, "siret": found.siret, "commune": commune.label if commune else ""}
        return description_page(values, {}, None, found=found)
    every = AssociationForm().typed()
    typed = {name: every[name] for name in FIRST_FIELDS}
    try:
        with writing() as session:
            association = create_association(session, actor=signed_in(), typed=typed, now=arrived_at())
    except SiretHeld as held:
        return claim_page(held.siret), 409
    except InvalidInput as error:
        return description_page(typed, worded(error.problems), None, found=_asked_before(typed["siret"])), 422
    flash(_("L’association est enregistrée, pour tous les appels."), "success")
    if call_id := _call():
        return redirect(url_for("association.start", call_id=call_id))
    return redirect(url_for("association.show", association_id=association.id))
