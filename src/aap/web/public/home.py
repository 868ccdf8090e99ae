"""The first page, and the communes that pages suggest."""

from __future__ import annotations

from flask import Response, jsonify, render_template, request

from aap.records.territories import territories
from aap.services.call.public_calls import Phase, public_calls
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading
from aap.web.forms import suggestions
from aap.web.public.blueprint import blueprint
from aap.web.public.words import call_card, countdown


@blueprint.get("/")
@requires(Permission.PUBLIC_READ)
def home() -> str:
    """Calls by phase; within one, the open by their closing, the past the latest first."""
    now = arrived_at()
    with reading() as session:
        calls = public_calls(session)
    cards = [(call_card(call, now), call) for call in calls]
    by_phase = {phase: [(card, countdown(call, phase, now)) for card, call in cards if card.phase is phase]
                for phase in Phase}  # fmt: skip
    return render_template(
        "public/home.html",
        now=now,
        open=by_phase[Phase.OPEN] + by_phase[Phase.GRACE],
        upcoming=by_phase[Phase.UPCOMING],
        examined=by_phase[Phase.EXAMINED][::-1],
        published=by_phase[Phase.PUBLISHED][::-1],
    )


@blueprint.get("/territoires/communes")
@requires(Permission.PUBLIC_READ)
def communes() -> Response:
    """Communes for what is being typed, best first (see `aap.web.forms.suggestions`)."""
    answer = jsonify(suggestions(request.args.get("q", ""), territories()))
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
