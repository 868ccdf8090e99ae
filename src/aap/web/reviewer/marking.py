"""One dossier beside its grid: reading, marking, saving, submitting, asking to correct."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.audit import Subject
from aap.services.errors import DeadlinePassed, InvalidInput, StaleVersion, StateForbids
from aap.services.permissions import Permission
from aap.services.review.given_files import DossierFile
from aap.services.review.reopening import request_reopening
from aap.services.review.reviewer_pages import ReviewingPage, dossier_after, open_given_dossier
from aap.services.review.reviewing import (
    ReviewEntry,
    save_review,
    submit_review,
)
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, links, reading, signed_in, writing
from aap.web.filters import clock, moment
from aap.web.reviewer.differences import labelled
from aap.web.reviewer.grid import FIELDS, GridView, grid_view
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import sentences, worded


@dataclass(frozen=True)
class FileLink:
    """A file as ui/answer.html shows it."""

    name: str
    size: int
    url: str
    note: str
    inline: bool


def _link(application_id: str) -> Any:
    def link(file: DossierFile) -> FileLink:
        url = url_for("reviewer.file", application_id=application_id, document_id=file.id, name=file.name)
        return FileLink(file.name, file.size, url, "", file.inline)

    return link


def typed_entry() -> ReviewEntry:
    """The grid of the request's form."""
    form = request.form
    version = form.get("version", "0")
    opened = form.get("opened", "")
    return ReviewEntry(
        marks={name[5:]: value for name, value in form.items() if name.startswith("note-")},
        comments={name[5:]: value for name, value in form.items() if name.startswith("avis-")},
        general=form.get("general", ""),
        notes=form.get("notes", ""),
        for_service=form.get("for_service", ""),
        confidence=form.get("confidence", ""),
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1,
        rubric_hash=form.get("rubric", ""),
        opened_at=_opened(opened),
    )


def _opened(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _page(application_id: str) -> ReviewingPage:
    with reading() as session:
        return open_given_dossier(
            session, actor=signed_in(), application_id=application_id, now=arrived_at(), link=_link(application_id)
        )


def _shown(page: ReviewingPage, grid: GridView, **more: Any) -> str:
    return render_template("reviewer/dossier.html", page=page, grid=grid, now=arrived_at(), **more)


@blueprint.get("/dossiers/<application_id>")
@requires(Permission.REVIEW_READ)
def dossier(application_id: str) -> str:
    page = _page(application_id)
    consulted("dossier.read", Subject("application", application_id, page.dossier.call.id))
    return _shown(page, grid_view(page))


@blueprint.post("/dossiers/<application_id>")
@requires(Permission.REVIEW_MARK)
def mark(application_id: str) -> ResponseReturnValue:
    """Saves a draft, or submits; then stays, goes to the next dossier, or back to the list."""
    entry, action = typed_entry(), request.form.get("action", "save")
    submitting = action in ("submit", "submit_next")
    actor, now = signed_in(), arrived_at()
    try:
        keep = submit_review if submitting else save_review
        with writing() as session:
            problems = keep(session, actor=actor, application_id=application_id, entry=entry, now=now).problems
            going_on = action in ("submit_next", "save_next") and not problems
            following = dossier_after(session, actor=actor, application_id=application_id) if going_on else None
    except (InvalidInput, StaleVersion, DeadlinePassed, StateForbids) as error:
        return _refused(application_id, entry, error)
    if problems:
        page = _page(application_id)
        view = grid_view(page, entry=entry, problems=worded(problems, FIELDS), kept=True)
        return _shown(page, view, not_submitted=submitting), 422
    draft = f"{actor.person_id}/{application_id}"
    if submitting:
        flash(_("Évaluation soumise."), "success")
    if going_on:
        if following is not None:
            return redirect(url_for(".dossier", application_id=following, enregistre=draft))
        flash(_("Il n’y a plus d’autre dossier à évaluer."), "info")
        return redirect(url_for(".home"))
    if not submitting:
        flash(_("Brouillon enregistré."), "success")
    return redirect(url_for(".dossier", application_id=application_id))


def _refused(application_id: str, entry: ReviewEntry, error: Exception) -> ResponseReturnValue:
    """The page again, with what was typed, and why it wasn't taken. Somebody else's dossier stays NotFound."""
    page = _page(application_id)
    if isinstance(error, InvalidInput):
        view = grid_view(page, entry=entry, problems=worded(error.problems, FIELDS))
        return _shown(page, view), 422
    if isinstance(error, StaleVersion):
        view = grid_view(page, entry=entry)
        return _shown(page, view, conflict=error, differences=labelled(error.theirs["differences"])), 409
    late = (
        _("Le délai des évaluations est passé le %(date)s.", date=moment(error.closed_at))
        if isinstance(error, DeadlinePassed)
        else _("L’évaluation, le dossier ou l’appel a changé d’étape entre-temps.")
    )
    view = grid_view(page, entry=entry)
    return _shown(page, view, refused=late), 409


@blueprint.post("/dossiers/<application_id>/enregistrement")
@requires(Permission.REVIEW_MARK)
def autosave(application_id: str) -> ResponseReturnValue:
    """The same by script, while it is typed (static/js/autosave.js says what it answers)."""
    entry, now = typed_entry(), arrived_at()
    try:
        with writing() as session:
            kept = save_review(session, actor=signed_in(), application_id=application_id, entry=entry, now=now)
            version = kept.review.version
    except StaleVersion as error:
        saved_at = error.theirs["saved_at"]
        conflict = {
            "version": error.version,
            "saved_by": "",
            "saved_at": clock(saved_at) if saved_at else "",
            "differences": labelled(error.theirs["differences"]),
        }
        return {"conflict": conflict}, 409
    except (DeadlinePassed, StateForbids, InvalidInput):
        return {"error": "closed"}, 403
    return {
        "saved_at": clock(now),
        "version": version,
        "errors": worded(kept.problems, FIELDS),
        "notes": {},
    }


@blueprint.post("/dossiers/<application_id>/rouvrir")
@requires(Permission.REVIEW_MARK)
def ask_reopening(application_id: str) -> ResponseReturnValue:
    """The reviewer asks to correct a submitted review."""
    try:
        with writing() as session:
            request_reopening(
                session, actor=signed_in(), application_id=application_id, reason=request.form.get("motif", ""),
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        page = _page(application_id)
        return _shown(page, grid_view(page), reopening_problem=sentences(error.problems)), 422
    flash(_("Votre demande a été envoyée au service."), "success")
    return redirect(url_for(".dossier", application_id=application_id))
