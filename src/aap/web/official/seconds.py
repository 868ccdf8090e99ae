"""Who may be the second of two persons in a call."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.records.calls import CallState
from aap.services.actor import person_name
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.ranking.seconds import last_naming, name_seconds, officials_of
from aap.services.ranking.versions import waiting_unfreezing
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


@blueprint.route("/<call_id>/secondes", methods=["GET", "POST"])
@requires(Permission.SECONDS_NAME)
def seconds(call_id: str) -> ResponseReturnValue:
    """Names who may confirm what a first person proposes."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        people = request.form.getlist("people")
        try:
            with writing() as session:
                name_seconds(session, actor=signed_in(), call_id=call_id, people=people, now=arrived_at())
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_("C’est noté, avec votre nom, au journal."), "success")
            return redirect(url_for("official.seconds", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.SECONDS_NAME)
        officials = officials_of(session, call_id)
        naming = last_naming(session, call_id)
        named_by = person_name(session, naming.person_id) if naming else ""
        waits = opened.state is CallState.PROPOSED or waiting_unfreezing(session, call_id) is not None
    page = show_call_page(
        "seconds.html",
        opened,
        officials=officials,
        chosen=set(request.form.getlist("people")) if problems else set(opened.record.seconds),
        naming=naming,
        named_by=named_by,
        waits=waits,
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        page_width="narrow",
    )
    return (page, 422) if problems else page
