"""Who may be the second of two persons in a call."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.ranking.second_persons import name_seconds, seconds_sheet
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


@blueprint.route("/<call_id>/secondes", methods=["GET", "POST"])
@requires(Permission.SECONDS_NAME)
def seconds(call_id: str) -> ResponseReturnValue:
    """Names who may confirm what a first person proposes."""
    problems: dict[str, str] = {}
    typed = request.form.getlist("people")
    if request.method == "POST":
        try:
            with writing() as session:
                call_of_page(session, call_id)
                name_seconds(session, actor=signed_in(), call_id=call_id, people=typed, now=arrived_at())
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_("C’est enregistré, et noté au journal avec votre nom."), "success")
            return redirect(url_for("official.seconds", call_id=call_id))
    with reading() as session:
        call_of_page(session, call_id)
        sheet = seconds_sheet(session, actor=signed_in(), call_id=call_id)
    page = show_call_page(
        "seconds.html",
        sheet.call,
        sheet=sheet,
        chosen=typed if problems else sheet.call.record.seconds,
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        page_width="narrow",
    )
    return (page, 422) if problems else page
