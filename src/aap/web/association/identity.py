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
from aap.services.association.associations import describe_association, get_association
from aap.services.association.identity_fields import bank_of, described_as_typed, missing_identity, shown_siret
from aap.services.association.members import members_of
from aap.services.association.register_answers import Registered, registered
from aap.services.association.registers import open_registers
from aap.services.dossier.safe import safe_documents
from aap.services.errors import InvalidInput, StaleVersion
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.register_asking import ask_registers
from aap.web.association.safe_words import safe_kinds
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.filters import day
from aap.web.identity_words import labels
from aap.web.numbers import bounded_number
from aap.web.people_words import membership_choices
from aap.web.register_words import field_hints, notes
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


def description_page(
    values: Mapping[str, str],
    problems: Mapping[str, str],
    association: Association | None,
    *,
    found: Registered,
    version: int = 0,
    theirs: Mapping[str, str] | None = None,
) -> str:
    """The form, of a description that is there or (`association` None) of the few things to begin with.

    `found`: what the registers said of its SIRET.
    """
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
        found=found,
        notes=notes(found) if association is None else [],
        seat=shown_siret(found.seat),
        hints=field_hints(found.proposals(territories()), values, sources=association is None),
        asks=bool(open_registers(platform().settings)),
        after=request.args.get("pour", ""),
        dossier_id=request.args.get("dossier", ""),
    )  # fmt: skip


@blueprint.get("/associations/<association_id>")
@requires(Permission.ASSOCIATION_READ)
def show(association_id: str) -> str:
    actor, now = signed_in(), arrived_at()
    with reading() as session:
        association = get_association(session, actor=actor, association_id=association_id)
        members = members_of(session, actor=actor, association_id=association_id, now=now)
        documents = safe_documents(session, actor=actor, association_id=association_id)
    department = territories().department(association.department)
    values = described_as_typed(association, territories())
    values["created_on"] = day(association.created_on)
    values["siret"] = shown_siret(association.siret or "")
    return render_template(
        "association/show.html",
        association=association,
        missing=len(missing_identity(association)),
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
    """`?dossier=`: of which dossier it is a task; `?controle=1`: what it lacks is told beside its fields."""
    actor = signed_in()
    with reading() as session:
        association = get_association(
            session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT
        )
        found = registered(session, association.siret)
    if request.method == "GET":
        lacks = worded(missing_identity(association)) if request.args.get("controle") else {}
        stored = described_as_typed(association, territories())
        return description_page(stored, lacks, association, found=found, version=association.version)
    typed = AssociationForm().typed()
    version = bounded_number(request.form.get("version", ""))
    try:
        with writing() as session:
            describe_association(
                session, actor=actor, association_id=association_id, typed=typed, version=version, now=arrived_at()
            )
    except StaleVersion as stale:
        with reading() as session:
            theirs = described_as_typed(
                get_association(session, actor=actor, association_id=association_id), territories()
            )
        page = description_page(typed, {}, association, found=found, version=stale.version, theirs=theirs)
        return page, 409
    except InvalidInput as error:
        return description_page(typed, worded(error.problems), association, found=found, version=version), 422
    flash(_("La description de l’association est enregistrée."), "success")
    if dossier_id := request.args.get("dossier", ""):
        return redirect(url_for("association.dossier", application_id=dossier_id))
    return redirect(url_for("association.show", association_id=association_id))


@blueprint.post("/associations/<association_id>/repertoire")
@requires(Permission.ASSOCIATION_EDIT)
def compare(association_id: str) -> ResponseReturnValue:
    """Asks the registers about a description that is there; what differs is said beside its fields."""
    with reading() as session:
        association = get_association(
            session, actor=signed_in(), association_id=association_id, permission=Permission.ASSOCIATION_EDIT
        )
    if association.siret:
        found = ask_registers(association.siret)
        for note in notes(found):
            if note.kind == "warning" or not found.found:
                flash(note.text, note.kind)
    back = url_for("association.describe", association_id=association_id, dossier=request.args.get("dossier") or None)
    return redirect(back, 303)
