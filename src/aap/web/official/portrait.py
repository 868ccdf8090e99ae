"""A call in numbers: bars, a map of equal tiles, the pace of deposits, each with its table."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _

from aap.services.permissions import Permission
from aap.services.steering.portrait import CallGroup, portrait
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.tile_map import MAP_SIZE, SIDE, tiles

WIDTH, HEIGHT = 640, 220  # of the pace
FILTERS = {"region": "region", "theme": "theme"}
"""What is grouped → the filter of the list of candidates that it leads to."""


def line_of(pace: Sequence[tuple[int, int]], longest: int, most: int) -> str:
    """The points of a line: days before the closing to the right, numbers upwards."""
    if not pace or not most:
        return ""
    return " ".join(
        f"{(longest - day) * WIDTH / max(longest, 1):.1f},{HEIGHT - number * HEIGHT / most:.1f}" for day, number in pace
    )


def group_titles() -> dict[str, str]:
    """What dossiers are put together by, where it isn't an attribute of the call with a title of its own."""
    return {"region": _("Région"), "theme": _("Thème")}


def funnel_words() -> dict[str, str]:
    return {
        "begun": _("commencés"),
        "deposited": _("déposés"),
        "screened": _("examinés"),
        "eligible": _("recevables"),
        "reviewed": _("évalués"),
        "laureates": _("lauréats"),
    }


@blueprint.get("/<call_id>/portrait")
@requires(Permission.CALL_FOLLOW)
def call_portrait(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = portrait(session, actor=signed_in(), call=opened, now=arrived_at())
    candidates = url_for("official.candidates", call_id=call_id)
    longest = max((day for day, _number in (*found.pace, *found.before)), default=0)
    most = max((number for _day, number in (*found.pace, *found.before)), default=0)

    def address(kind: str, group: CallGroup) -> str:
        if kind not in FILTERS:
            return ""
        return url_for("official.candidates", call_id=call_id, **{FILTERS[kind]: group.key})  # type: ignore[arg-type]

    return show_call_page(
        "portrait.html",
        opened,
        found=found,
        titles=group_titles(),
        steps=funnel_words(),
        address=address,
        tiles=tiles({code: one.dossiers for code, one in found.departments.items()}, f"{candidates}?departement="),
        side=SIDE,
        map_size=MAP_SIZE,
        pace_size=(WIDTH, HEIGHT),
        pace_line=line_of(found.pace, longest, most),
        before_line=line_of(found.before, longest, most),
        longest=longest,
        most=most,
        candidates=candidates,
    )
