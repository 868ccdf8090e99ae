"""The discussions between the reviewers of a call's dossiers: which are open, ending them, opening one again."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.services.errors import InvalidInput
from aap.services.harmonising.followed_discussions import (
    end_discussion,
    end_discussions,
    followed_discussions,
    resume_discussion,
)
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


def _page(call_id: str, problems: Mapping[str, str] | None = None, about: str = "") -> str:
    """`about`: reference of the form that was refused, empty where it was that of all."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = followed_discussions(session, actor=signed_in(), call=opened, now=arrived_at())
    return show_call_page(
        "discussions.html", opened, found=found, problems=problems or {}, about=about, typed=request.form
    )


@blueprint.get("/<call_id>/evaluations/discussions")
@requires(Permission.REVIEWS_FOLLOW)
def discussions(call_id: str) -> str:
    return _page(call_id)


@blueprint.post("/<call_id>/evaluations/discussions")
@requires(Permission.CONSENSUS_MANAGE)
def end_all_discussions(call_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            ended = end_discussions(
                session, actor=signed_in(), call=call_of_page(session, call_id), reason=request.form.get("reason", ""),
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    flash(ngettext("%(num)s discussion close.", "%(num)s discussions closes.", ended), "success")
    return redirect(url_for("official.discussions", call_id=call_id))


@blueprint.post("/<call_id>/evaluations/discussions/<reference>")
@requires(Permission.CONSENSUS_MANAGE)
def change_discussion(call_id: str, reference: str) -> ResponseReturnValue:
    """Ends one, or opens it again."""
    resuming = request.form.get("act") == "resume"
    act = resume_discussion if resuming else end_discussion
    try:
        with writing() as session:
            act(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference,
                reason=request.form.get("reason", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems), reference), 422
    flash(
        _("La discussion est rouverte ; ses évaluateurs en sont avertis.")
        if resuming
        else _("La discussion est close."),
        "success",
    )
    return redirect(url_for("official.discussions", call_id=call_id))
