"""The association described once for all calls."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from aap.core.call.attribute_names import ZONES
from aap.core.questions.base.posted import Posted
from aap.core.questions.commune import communes_like, read_commune
from aap.records.associations import Association
from aap.records.territories import territories
from aap.services.association.associations import SiretHeld, create_association, describe_association, get_association
from aap.services.association.identity_fields import bank_of, shown_iban, shown_phone, shown_siret
from aap.services.association.members import members_of
from aap.services.dossier.safe import safe_documents
from aap.services.errors import InvalidInput, StaleVersion
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.claims import claim_page
from aap.web.association.safe_words import safe_kinds
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.filters import day
from aap.web.numbers import bounded_number
from aap.web.people_words import membership_choices
from aap.web.wording.sentences import worded


class AssociationForm(FlaskForm):
    """The fields as typed; the service checks them all at once."""

    name = StringField()
    acronym = StringField()
    siret = StringField()
    rna = StringField()
    object = TextAreaField()
    officers = TextAreaField()
    created_on = StringField()
    address = TextAreaField()
    postal_code = StringField()
    email = StringField()
    phone = StringField()
    website = StringField()
    iban = StringField()
    representative_name = StringField()
    representative_capacity = StringField()
    representative_email = StringField()

    def typed(self) -> dict[str, str]:
        names = [field.name for field in self if field.name != "csrf_token"]
        values = {name: str(self[name].data or "") for name in names}
        code, text = read_commune(Posted(dict(request.form.lists()), territories()), "commune")
        return {**values, "commune_code": code or "", "commune": request.form.get("commune", "") if code else text}


def labels() -> dict[str, str]:
    """Field → label, in the page's order; the summary of errors names them."""
    return {
        "name": _("Nom de l’association"),
        "acronym": _("Sigle"),
        "siret": _("Numéro SIRET"),
        "rna": _("Numéro RNA"),
        "object": _("Objet"),
        "created_on": _("Date de création"),
        "address": _("Adresse du siège"),
        "postal_code": _("Code postal"),
        "commune": _("Commune"),
        "email": _("Adresse électronique de l’association"),
        "phone": _("Téléphone"),
        "website": _("Site internet"),
        "representative_name": _("Prénom et nom"),
        "representative_capacity": _("Fonction"),
        "representative_email": _("Adresse électronique du représentant légal"),
        "officers": _("Personnes chargées de l’administration"),
        "iban": _("IBAN"),
    }


def stored_values(association: Association) -> dict[str, str]:
    """What the form shows of a stored description."""
    values = {name: str(getattr(association, name, None) or "") for name in labels()}
    commune = territories().commune(association.commune_code or "")
    values["commune"] = commune.label if commune else association.commune_name
    values["commune_code"] = association.commune_code or ""
    values["created_on"] = association.created_on.strftime("%d/%m/%Y") if association.created_on else ""
    values["phone"] = shown_phone(association.phone) if association.phone else ""
    values["iban"] = shown_iban(association.iban)
    values["officers"] = "\n".join(
        ", ".join(part for part in (one.get("name", ""), one.get("capacity", "")) if part)
        for one in association.officers
    )
    return values


def _page(
    values: Mapping[str, str], problems: Mapping[str, str], association: Association | None, *, version: int = 0,
    theirs: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    text = values.get("commune", "")
    homonyms = communes_like(text, territories()) if text and not values.get("commune_code") else ()
    names = labels()
    return render_template(
        "association/describe.html",
        values=values,
        problems=problems,
        summary=[(name, f"{names[name]}\u00a0: {problems[name][0].lower()}{problems[name][1:]}")
                 for name in names if name in problems],
        association=association,
        version=version,
        homonyms=homonyms,
        theirs=theirs,
        labels=names,
        after=request.args.get("pour", ""),
    )  # fmt: skip


@blueprint.route("/associations/nouvelle", methods=["GET", "POST"])
@requires(Permission.ASSOCIATION_CREATE)
def create() -> ResponseReturnValue:
    if request.method == "GET":
        return _page({}, {}, None)
    form = AssociationForm()
    typed = form.typed()
    try:
        with writing() as session:
            association = create_association(session, actor=signed_in(), typed=typed, now=arrived_at())
    except SiretHeld as held:
        return claim_page(held.siret), 409
    except InvalidInput as error:
        return _page(typed, worded(error.problems), None), 422
    flash(_("L’association est enregistrée. Vous n’aurez plus à la décrire."), "success")
    call_id = request.args.get("pour", "")
    if call_id:
        return redirect(url_for("association.start", call_id=call_id))
    return redirect(url_for("association.show", association_id=association.id))


@blueprint.get("/associations/<association_id>")
@requires(Permission.ASSOCIATION_READ)
def show(association_id: str) -> str:
    actor, now = signed_in(), arrived_at()
    with reading() as session:
        association = get_association(session, actor=actor, association_id=association_id)
        members = members_of(session, actor=actor, association_id=association_id, now=now)
        documents = safe_documents(session, actor=actor, association_id=association_id)
    department = territories().department(association.department)
    values = stored_values(association)
    values["created_on"] = day(association.created_on)
    values["siret"] = shown_siret(association.siret or "")
    return render_template(
        "association/show.html",
        association=association,
        values=values,
        labels=labels(),
        department=department,
        zone=ZONES.get(association.zone, ""),
        bank=bank_of(association.iban),
        members=members,
        documents=documents,
        kinds=safe_kinds(),
        roles=membership_choices(),
        my_role=actor.memberships[association_id],
        person_id=actor.person_id,
        problems={},
        values_typed={},
    )


@blueprint.route("/associations/<association_id>/modifier", methods=["GET", "POST"])
@requires(Permission.ASSOCIATION_EDIT)
def describe(association_id: str) -> ResponseReturnValue:
    actor = signed_in()
    with reading() as session:
        association = get_association(
            session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT
        )
    if request.method == "GET":
        return _page(stored_values(association), {}, association, version=association.version)
    form = AssociationForm()
    typed = form.typed()
    version = bounded_number(request.form.get("version", ""))
    try:
        with writing() as session:
            describe_association(
                session, actor=actor, association_id=association_id, typed=typed, version=version, now=arrived_at()
            )
    except StaleVersion as stale:
        with reading() as session:
            theirs = stored_values(get_association(session, actor=actor, association_id=association_id))
        return _page(typed, {}, association, version=stale.version, theirs=theirs), 409
    except SiretHeld as held:
        return _page(typed, worded(held.problems), association, version=version), 422
    except InvalidInput as error:
        return _page(typed, worded(error.problems), association, version=version), 422
    flash(_("La description de l’association est enregistrée."), "success")
    return redirect(url_for("association.show", association_id=association_id))
