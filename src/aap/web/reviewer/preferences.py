"""The dossiers that a reviewer would rather read, ranked before the assignment."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.services.errors import InvalidInput
from aap.services.panel.preferences import rankable_dossiers, state_preferences
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import sentence

FIELD = "rang-"


@blueprint.route("/appels/<call_id>/preferences", methods=["GET", "POST"])
@requires(Permission.PREFERENCES_STATE)
def preferences(call_id: str) -> ResponseReturnValue:
    actor, problems = signed_in(), {}
    typed = {name.removeprefix(FIELD): text for name, text in request.form.items() if name.startswith(FIELD)}
    if request.method == "POST":
        try:
            with writing() as session:
                kept = state_preferences(session, actor=actor, call_id=call_id, ranks=typed, now=arrived_at())
        except InvalidInput as refused:
            problems = {FIELD + name: sentence(objection) for name, objection in refused.problems.items()}
        else:
            flash(
                ngettext("Votre liste est enregistrée : %(num)s dossier.",
                         "Votre liste est enregistrée : %(num)s dossiers.", kept)
                if kept else _("Votre liste est vide : la répartition suit vos thèmes."),
                "success",
            )  # fmt: skip
            return redirect(url_for(".preferences", call_id=call_id))
    with reading() as session:
        page = rankable_dossiers(session, actor=actor, call_id=call_id)
    shown = render_template("reviewer/preferences.html", page=page, typed=typed, problems=problems, field=FIELD)
    return shown, (422 if problems else 200)
