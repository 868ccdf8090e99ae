"""Corrections of a deposited dossier: begun, given up; they are written and deposited on the pages of every dossier."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.redrafting import abandon_corrections, begin_corrections
from aap.services.errors import DeadlinePassed
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.context import arrived_at, links, reading, signed_in, writing


def _to_dossier(application_id: str) -> ResponseReturnValue:
    return redirect(url_for("association.dossier", application_id=application_id), 303)


@blueprint.post("/dossiers/<application_id>/corrections")
@requires(Permission.APPLICATION_CORRECT)
def correct(application_id: str) -> ResponseReturnValue:
    """Opens the dossier for corrections: what was deposited stands meanwhile."""
    try:
        with writing() as session:
            begin_corrections(
                session, actor=signed_in(), application_id=application_id, links=links(), now=arrived_at()
            )
    except DeadlinePassed:
        flash(_("Le délai est passé\u00a0: votre dossier reste tel que vous l’avez déposé."), "warning")
    return _to_dossier(application_id)


@blueprint.get("/dossiers/<application_id>/corrections/abandon")
@requires(Permission.APPLICATION_CORRECT)
def abandon(application_id: str) -> ResponseReturnValue:
    """What giving the corrections up does, before it is done."""
    with reading() as session:
        found = open_dossier(
            session, actor=signed_in(), application_id=application_id, permission=Permission.APPLICATION_CORRECT
        )
    if not found.correcting:
        return _to_dossier(application_id)
    return render_template("association/abandon_corrections.html", dossier=found)


@blueprint.post("/dossiers/<application_id>/corrections/abandon")
@requires(Permission.APPLICATION_CORRECT)
def abandon_now(application_id: str) -> ResponseReturnValue:
    with writing() as session:
        abandon_corrections(session, actor=signed_in(), application_id=application_id, links=links(), now=arrived_at())
    flash(_("Les corrections sont abandonnées\u00a0: votre dossier est tel que vous l’avez déposé."), "success")
    return _to_dossier(application_id)
