"""The discussion of a dossier between its reviewers, and changing one's own marks after it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.audit import Subject
from aap.services.errors import InvalidInput, StaleVersion, StateForbids
from aap.services.permissions import Permission
from aap.services.review.discussing import DiscussionPage, change_review, open_discussion, write_post
from aap.services.review.reviewing import ReviewEntry
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, reading, signed_in, writing
from aap.web.reviewer.differences import labelled
from aap.web.reviewer.grid import FIELDS, grid_view
from aap.web.reviewer.home import blueprint
from aap.web.reviewer.marking import typed_entry
from aap.web.wording.sentences import worded

_FIELDS = {**FIELDS, "reason": "motif"}


def _found(application_id: str) -> DiscussionPage:
    with reading() as session:
        return open_discussion(session, actor=signed_in(), application_id=application_id, now=arrived_at())


def _shown(application_id: str, problem: str = "", typed: str = "") -> str:
    page = _found(application_id)
    consulted("dossier.read", Subject("application", application_id, page.dossier.call.id))
    return render_template("reviewer/discussion.html", page=page, grid=grid_view(page), problem=problem, typed=typed)


@blueprint.get("/dossiers/<application_id>/discussion")
@requires(Permission.REVIEW_READ)
def discussion(application_id: str) -> str:
    return _shown(application_id)


@blueprint.post("/dossiers/<application_id>/discussion")
@requires(Permission.REVIEW_MARK)
def write_to_reviewers(application_id: str) -> ResponseReturnValue:
    body = request.form.get("body", "")
    try:
        with writing() as session:
            write_post(session, actor=signed_in(), application_id=application_id, body=body, now=arrived_at())
    except InvalidInput as refused:
        return _shown(application_id, worded(refused.problems)["body"], body), 422
    except StateForbids:
        return _shown(application_id, _("La discussion est close : votre message n’a pas été envoyé."), body), 409
    return redirect(url_for(".discussion", application_id=application_id, _anchor="messages"))


def _change_page(
    application_id: str,
    *,
    entry: ReviewEntry | None = None,
    problems: Mapping[str, str] | None = None,
    conflict: StaleVersion | None = None,
) -> str:
    page = _found(application_id)
    differences = (
        labelled(one for one in conflict.theirs["differences"] if one["part"] in ("mark", "comment"))
        if conflict
        else []
    )
    return render_template(
        "reviewer/changing_marks.html",
        page=page,
        grid=grid_view(page, entry=entry, problems=problems),
        reason=request.form.get("motif", ""),
        conflict=conflict,
        differences=differences,
    )


@blueprint.get("/dossiers/<application_id>/discussion/notes")
@requires(Permission.REVIEW_MARK)
def changing_marks(application_id: str) -> ResponseReturnValue:
    """The grid again; where the discussion is over, the page that says so."""
    if not _found(application_id).open:
        return redirect(url_for(".discussion", application_id=application_id))
    return _change_page(application_id)


@blueprint.post("/dossiers/<application_id>/discussion/notes")
@requires(Permission.REVIEW_MARK)
def change_marks(application_id: str) -> ResponseReturnValue:
    entry = typed_entry()
    try:
        with writing() as session:
            change_review(
                session, actor=signed_in(), application_id=application_id, entry=entry,
                reason=request.form.get("motif", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _change_page(application_id, entry=entry, problems=worded(refused.problems, _FIELDS)), 422
    except StaleVersion as conflict:
        return _change_page(application_id, entry=entry, conflict=conflict), 409
    except StateForbids:
        over = {"": _("La discussion est close : vos notes n’ont pas été changées.")}
        return _change_page(application_id, entry=entry, problems=over), 409
    flash(_("Vos notes sont changées, et marquées comme modifiées après la discussion."), "success")
    return redirect(url_for(".discussion", application_id=application_id))
