"""Screens that follow the jury's room: a page to project, without any act, and the form of the page that leads them."""

from __future__ import annotations

from contextlib import suppress

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.audit import Subject
from aap.services.dossier.access import typed_dossier
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.ranking.jury_room import jury_room
from aap.services.ranking.screens import Shown, screens_of, show_on_screens
from aap.services.screening.official_dossier import READ
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.jury import before_jury, choice_words, typed_choice
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.official.ranking_view import drawn_interval
from aap.web.wording.sentences import sentences


@blueprint.get("/<call_id>/jury/ecran")
@requires(Permission.RANKING_READ)
def jury_screen(call_id: str) -> ResponseReturnValue:
    """What is before the jury; `suivi=json`: only whether it has changed."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.RANKING_READ)
        screens = screens_of(session, actor=signed_in(), call=opened)
        if request.args.get("suivi") == "json":
            return {"version": screens.version}
        room = jury_room(session, actor=signed_in(), call=opened)
        before = None
        if screens.shown.application_id:
            with suppress(InvalidInput):  # the last run has no line of it: it was withdrawn since it was shown
                before = before_jury(session, opened, room, screens.shown)
    if before is not None:
        consulted(READ, Subject.of(before.held.application))
    return show_call_page(
        "jury_screen.html",
        opened,
        room=room,
        screens=screens,
        before=before,
        outcomes=words.outcomes(),
        outcome_kinds=words.OUTCOME_KINDS,
        lookings=words.lookings(),
        choice_words=choice_words(),
        drawn=drawn_interval(before.row.row, before.row.score)
        if before is not None and before.row is not None
        else None,
    )


@blueprint.post("/<call_id>/jury/ecran")
@requires(Permission.JURY_HOLD)
def jury_show(call_id: str) -> ResponseReturnValue:
    """The screens show what this page of the room has before it; `suivi=json`: the page's script says so by itself."""
    by_itself = request.form.get("suivi") == "json"
    typed = request.form.get("dossier", "")
    try:
        with writing() as session:
            opened = call_of_page(session, call_id, Permission.JURY_HOLD)
            shown = typed_choice(typed_dossier(session, call_id, typed)) if typed else Shown()
            kept = show_on_screens(
                session, actor=signed_in(), call=opened, shown=shown, by_itself=by_itself, now=arrived_at()
            )
    except InvalidInput as refused:
        if by_itself:
            return {"shown": False, "message": sentences(refused.problems)}
        flash(sentences(refused.problems), "danger")
        return redirect(url_for("official.jury", call_id=call_id))
    if by_itself:
        return {"shown": kept, "message": "" if kept else _("Une autre personne mène les écrans.")}
    values = {name: text for name in ("dossier", "choix", "montant") if (text := request.form.get(name))}
    return redirect(url_for("official.jury", call_id=call_id, _anchor="dossier", **values))  # type: ignore[arg-type]
