"""The round of specimens as its coordinator prepares, opens and follows it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.services.review.specimens import (
    add_earlier,
    add_fictitious,
    agree_marks,
    remove_specimen,
    round_view,
    start_round,
)
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded

_NAMES = {"parts": "partie", "marks": "note", "reasons": "motif"}
"""What the forms call the fields of a specimen."""


def _page(call_id: str, problems: dict[str, str] | None = None) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        view = round_view(session, actor=signed_in(), call=opened)
    return show_call_page("specimens.html", opened, view=view, typed=request.form, problems=problems or {})


@blueprint.get("/<call_id>/evaluations/calibrage")
@requires(Permission.REVIEWS_FOLLOW)
def specimens(call_id: str) -> str:
    return _page(call_id)


@blueprint.post("/<call_id>/evaluations/calibrage")
@requires(Permission.REVIEWERS_MANAGE)
def specimens_change(call_id: str) -> ResponseReturnValue:
    """Adds a specimen (invented, or of an earlier call), takes one out, or opens the round."""
    form = request.form
    given: dict[str, Any] = {"actor": signed_in(), "now": arrived_at()}
    try:
        with writing() as session:
            given["call"] = call_of_page(session, call_id)
            match form.get("action", ""):
                case "fictitious":
                    parts = {name[7:]: text for name, text in form.items() if name.startswith("partie-")}
                    add_fictitious(session, title=form.get("title", ""), parts=parts, **given)
                    said = _("Dossier d’essai ajouté : donnez-lui sa note convenue.")
                case "earlier":
                    add_earlier(session, reference=form.get("reference", ""), consent=form.get("consent", ""), **given)
                    said = _("Dossier d’essai ajouté : donnez-lui sa note convenue.")
                case "remove":
                    remove_specimen(session, specimen_id=form.get("specimen", ""), **given)
                    said = _("Dossier d’essai retiré.")
                case "open":
                    start_round(session, **given)
                    said = _("Le tour est ouvert : chaque évaluateur note les dossiers d’essai avant les siens.")
                case other:
                    raise NotFound("action", other)
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems, _NAMES)), 422
    flash(said, "success")
    return redirect(url_for("official.specimens", call_id=call_id))


@blueprint.route("/<call_id>/evaluations/calibrage/<specimen_id>", methods=["GET", "POST"])
@requires(Permission.REVIEWS_FOLLOW)
def specimen(call_id: str, specimen_id: str) -> ResponseReturnValue:
    """One specimen, with its agreed marks and their reasons."""
    problems: dict[str, str] = {}
    form = request.form
    if request.method == "POST":
        try:
            with writing() as session:
                opened = call_of_page(session, call_id)
                agree_marks(
                    session, actor=signed_in(), call=opened, specimen_id=specimen_id,
                    marks={name[5:]: text for name, text in form.items() if name.startswith("note-")},
                    reasons={name[6:]: text for name, text in form.items() if name.startswith("motif-")},
                    now=arrived_at(),
                )  # fmt: skip
        except InvalidInput as refused:
            problems = worded(refused.problems, _NAMES)
        else:
            flash(_("La note convenue est enregistrée."), "success")
            return redirect(url_for("official.specimens", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id)
        view = round_view(session, actor=signed_in(), call=opened)
    chosen = next((one for one in view.specimens if one.id == specimen_id), None)
    if chosen is None:
        raise NotFound("specimen", specimen_id)
    page = show_call_page("specimen.html", opened, view=view, specimen=chosen, typed=form, problems=problems)
    return (page, 422) if problems else page
