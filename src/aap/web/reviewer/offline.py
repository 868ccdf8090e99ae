"""Marking without a connection: the workbook and the dossiers to take away, the workbook to bring back."""

from __future__ import annotations

import base64
import binascii

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.problems import BadInput, cited
from aap.services.permissions import Permission
from aap.services.review.offline_dossiers import ask_dossiers, latest_dossiers, open_dossiers
from aap.services.review.offline_reviews import (
    WorkbookConflicts,
    WorkbookFault,
    WorkbookRefused,
    reviewed_call,
    reviewer_workbook,
    take_workbook,
)
from aap.web.access import requires
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.reviewer.differences import labelled
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import sentence

LARGEST = 10_000_000  # bytes of a workbook


def _page(
    call_id: str,
    *,
    problems: tuple[tuple[str, str], ...] = (),
    conflicts: WorkbookConflicts | None = None,
    content: bytes = b"",
    name: str = "",
) -> str:
    with reading() as session:
        call = reviewed_call(session, actor=signed_in(), call_id=call_id)
        job = latest_dossiers(session, actor=signed_in(), call_id=call_id)
    return render_template(
        "reviewer/offline.html",
        call=call,
        job=job,
        problems=problems,
        conflicts=[(reference, labelled(one)) for reference, one in conflicts.found] if conflicts else [],
        carried=base64.b64encode(content).decode() if conflicts else "",
        name=name,
    )


@blueprint.get("/appels/<call_id>/hors-ligne")
@requires(Permission.REVIEW_HOME)
def offline(call_id: str) -> str:
    return _page(call_id)


@blueprint.get("/appels/<call_id>/hors-ligne/classeur.xlsx")
@requires(Permission.REVIEW_HOME)
def offline_workbook(call_id: str) -> Response:
    with writing() as session:
        made = reviewer_workbook(session, actor=signed_in(), call_id=call_id, now=arrived_at())
    answer = Response(made.content, content_type=made.content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=made.name)
    return answer


@blueprint.post("/appels/<call_id>/hors-ligne/dossiers")
@requires(Permission.REVIEW_HOME)
def offline_ask(call_id: str) -> ResponseReturnValue:
    """Starts the making of the ZIP."""
    with writing() as session:
        ask_dossiers(session, actor=signed_in(), call_id=call_id, now=arrived_at())
    return redirect(url_for(".offline", call_id=call_id))


@blueprint.get("/appels/<call_id>/hors-ligne/avancement")
@requires(Permission.REVIEW_HOME)
def offline_progress(call_id: str) -> ResponseReturnValue:
    """How far the ZIP is, for the page's script."""
    with reading() as session:
        job = latest_dossiers(session, actor=signed_in(), call_id=call_id)
    if job is None:
        return {"done": 0, "total": 0, "message": "", "finished": True}
    return {
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "finished": job.state not in ("waiting", "running"),
    }


@blueprint.get("/appels/<call_id>/hors-ligne/dossiers.zip")
@requires(Permission.REVIEW_HOME)
def offline_dossiers(call_id: str) -> Response:
    with writing() as session:
        found = open_dossiers(session, actor=signed_in(), call_id=call_id, now=arrived_at())
    answer = send_file(
        platform().files.open(found.sha256), mimetype="application/zip", as_attachment=True, download_name=found.name
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/appels/<call_id>/hors-ligne")
@requires(Permission.REVIEW_HOME)
def offline_take(call_id: str) -> ResponseReturnValue:
    """Takes a workbook back. What was changed on both sides is shown, and asked."""
    content, name = _sent()
    if not content:
        return _page(call_id, problems=(("", _("Choisissez le classeur rempli.")),)), 422
    if len(content) > LARGEST:
        return _page(call_id, problems=(("", _("Ce fichier est trop lourd pour un classeur d’évaluation.")),)), 422
    choices = {key[6:]: value for key, value in request.form.items() if key.startswith("choix-")}
    try:
        with writing() as session:
            taken = take_workbook(
                session, actor=signed_in(), call_id=call_id, name=name, content=content, choices=choices,
                now=arrived_at(),
            )  # fmt: skip
    except BadInput as refused:
        return _page(call_id, problems=tuple(("", str(problem)) for problem in refused.problems)), 422
    except WorkbookRefused as refused:
        return _page(call_id, problems=tuple((_place(one), sentence(one.objection)) for one in refused.found)), 422
    except WorkbookConflicts as found:
        return _page(call_id, conflicts=found, content=content, name=name), 409
    drafts = ngettext("%(num)s brouillon enregistré", "%(num)s brouillons enregistrés", taken.saved)
    submitted = ngettext("%(num)s évaluation soumise", "%(num)s évaluations soumises", taken.submitted)
    left = ngettext("%(num)s ligne inchangée", "%(num)s lignes inchangées", taken.left)
    flash(_("Classeur pris en compte : %(a)s, %(b)s, %(c)s.", a=submitted, b=drafts, c=left), "success")
    return redirect(url_for(".home"))


def _place(fault: WorkbookFault) -> str:
    """Where a fault is: the dossier, the cell, and what stands in it."""
    if not fault.cell:
        return ""
    place = _("Dossier %(reference)s, cellule %(cell)s", reference=fault.reference, cell=fault.cell)
    if not fault.found:
        return _("%(place)s, vide", place=place)
    if fault.found == fault.reference:
        return place
    return _("%(place)s, qui contient %(found)s", place=place, found=cited(fault.found))


def _sent() -> tuple[bytes, str]:
    """The workbook: as a file, or carried by the page that asked for choices."""
    sent = request.files.get("classeur")
    if sent is not None and sent.filename:
        return sent.stream.read(LARGEST + 1), sent.filename
    try:
        return base64.b64decode(request.form.get("porte", ""), validate=True), request.form.get("nom", "classeur.xlsx")
    except (binascii.Error, ValueError):
        return b"", ""
