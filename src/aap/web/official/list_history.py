"""The versions of the list in force: what changed, when; each version's laureates, files and archive."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response
from flask_babel import gettext as _

from aap.records.decided import ListChange
from aap.services.decision.deciding import decision_lines
from aap.services.decision.list_files import list_file
from aap.services.decision.list_versions import ListVersionLine, list_at, version_bundle, version_lines
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page

BUNDLE = "archive.json"


def change_words(line: ListVersionLine) -> str:
    """What a version changed, as the first words of its line."""
    words: Mapping[ListChange, str] = {
        ListChange.FROZEN: _("Classement arrêté"),
        ListChange.LEFT: _("Départ d’un lauréat"),
        ListChange.CALLED: _("Appel de la liste d’attente"),
        ListChange.CORRECTED: _("Décision corrigée : retenu")
        if line.place == "laureate"
        else _("Décision corrigée : retiré"),
        ListChange.AMOUNT: _("Autre montant"),
    }
    return words[line.change]


@blueprint.get("/<call_id>/decisions/listes")
@requires(Permission.DECISIONS_READ)
def list_versions(call_id: str) -> str:
    """Every version of the call's list, the latest first."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        lines = version_lines(session, actor=signed_in(), call=opened)
    return show_call_page("list_versions.html", opened, versions=[(change_words(line), line) for line in lines])


@blueprint.get("/<call_id>/decisions/listes/<int:number>")
@requires(Permission.DECISIONS_READ)
def list_version(call_id: str, number: int) -> str:
    """One version: who is granted what, who waits."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        lines = version_lines(session, actor=signed_in(), call=opened)
        held = list_at(session, actor=signed_in(), call=opened, number=number)
        dossiers = decision_lines(session, actor=signed_in(), call=opened)
    line = next(one for one in lines if one.number == number)
    known = {one.application_id: one for one in dossiers if not one.masked}
    granted = sorted(
        ((known.get(application_id), amount) for application_id, amount in held.granted.items()),
        key=lambda one: (one[0] is None, (one[0].rank or 0, one[0].reference) if one[0] else (0, "")),
    )
    return show_call_page(
        "list_version.html",
        opened,
        held=held,
        line=line,
        change=change_words(line),
        last=lines[0].number,
        granted=[(one, None if one is None else amount) for one, amount in granted],
        waiting=[known.get(application_id) for application_id in held.waiting],
    )


@blueprint.get("/<call_id>/decisions/listes/<int:number>/<name>")
@requires(Permission.DECISIONS_READ)
def list_version_file(call_id: str, number: int, name: str) -> Response:
    """The laureates of a version as a file, or its archive, which `aap verify` replays."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        if name == BUNDLE:
            made = version_bundle(session, actor=signed_in(), call=opened, number=number, now=arrived_at())
        else:
            made = list_file(session, actor=signed_in(), call=opened, number=number, name=name, now=arrived_at())
    return hand_out(made)
