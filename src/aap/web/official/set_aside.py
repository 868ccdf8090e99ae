"""Reviews set aside: proposed by one person, confirmed by another, before anybody knows the ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.errors import InvalidInput
from aap.services.harmonising.setting_aside import (
    confirm_set_aside,
    propose_set_aside,
    set_aside_page,
    withdraw_set_aside,
)
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


def _page(call_id: str, problems: dict[str, str] | None = None, about: str = "") -> str:
    """`about`: the setting aside whose form was sent; empty: the form of a new one."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        page = set_aside_page(session, actor=signed_in(), call=opened)
    return show_call_page("set_aside.html", opened, page=page, typed=request.form, problems=problems or {}, about=about)


@blueprint.get("/<call_id>/evaluations/ecartees")
@requires(Permission.REVIEWS_FOLLOW)
def set_aside(call_id: str) -> str:
    return _page(call_id)


def _answered(
    call_id: str, act: Callable[..., object], said: str, about: str = "", **given: Any
) -> ResponseReturnValue:
    try:
        with writing() as session:
            act(session, actor=signed_in(), call=call_of_page(session, call_id), now=arrived_at(), **given)
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems), about), 422
    flash(said, "success")
    return redirect(url_for("official.set_aside", call_id=call_id))


@blueprint.post("/<call_id>/evaluations/ecartees")
@requires(Permission.REVIEW_SET_ASIDE)
def set_aside_propose(call_id: str) -> ResponseReturnValue:
    """The first person."""
    return _answered(
        call_id,
        propose_set_aside,
        _("La mise à l’écart est proposée : une autre personne doit la confirmer."),
        code=request.form.get("reviewer", ""),
        reference=request.form.get("reference", ""),
        reason=request.form.get("reason", ""),
    )


@blueprint.post("/<call_id>/evaluations/ecartees/<aside_id>/confirmation")
@requires(Permission.REVIEW_SET_ASIDE)
def set_aside_confirm(call_id: str, aside_id: str) -> ResponseReturnValue:
    """The second person."""
    said = _("La mise à l’écart est confirmée : ces évaluations ne comptent plus.")
    return _answered(call_id, confirm_set_aside, said, aside_id, aside_id=aside_id)


@blueprint.post("/<call_id>/evaluations/ecartees/<aside_id>/retrait")
@requires(Permission.REVIEW_SET_ASIDE)
def set_aside_withdraw(call_id: str, aside_id: str) -> ResponseReturnValue:
    said = _("La mise à l’écart est retirée.")
    reason = request.form.get("reason", "")
    return _answered(call_id, withdraw_set_aside, said, aside_id, aside_id=aside_id, reason=reason)
