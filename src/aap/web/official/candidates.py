"""The list of candidates: search, filters, order, pages, export."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from aap.core import french
from aap.services.calls import OpenedCall
from aap.services.candidates import PAGE_SIZE, SORTS, CandidateFilter
from aap.services.candidates import candidates as find_candidates
from aap.services.exporting import candidates_file
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, page_number, show

_QUERY = ("q", "etat", "region", "theme", "tri")


def _wanted() -> CandidateFilter:
    sort = request.args.get("tri", "reference")
    return CandidateFilter(
        text=request.args.get("q", "")[:200],
        state=request.args.get("etat", ""),
        region=request.args.get("region", ""),
        theme=request.args.get("theme", ""),
        sort=sort if sort.removeprefix("-") in SORTS else "reference",
    )


def _kept_query() -> dict[str, Any]:
    return {name: request.args[name] for name in _QUERY if request.args.get(name)}


def theme_titles(call: OpenedCall) -> dict[str, str]:
    """Theme id → title: those of the call, else of the question that classes dossiers."""
    titles = {theme.id: theme.title for theme in call.file.call.themes}
    for section in call.file.form.sections:
        for question in section.questions:
            if question.id == call.file.form.theme_question:
                titles = {option.value: option.label for option in question.options} | titles
    return titles


@blueprint.get("/<call_id>/candidats")
@requires(Permission.CALL_FOLLOW)
def candidates(call_id: str) -> str:
    wanted = _wanted()
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = find_candidates(session, actor=signed_in(), call=opened, wanted=wanted, page=page_number())
    pages = max(1, -(-found.count // PAGE_SIZE))
    page = min(page_number(), pages)
    kept = _kept_query()
    themes, states = theme_titles(opened), words.application_states()

    def sorted_by(key: str) -> str:
        down = wanted.sort == key
        return url_for("official.candidates", call_id=call_id, **{**kept, "tri": f"-{key}" if down else key})

    return show(
        "candidates.html",
        opened,
        found=found,
        rows=found.rows,
        wanted=wanted,
        page=page,
        pages=pages,
        url_of=lambda number: url_for("official.candidates", call_id=call_id, **kept, page=number),
        export=lambda ending: url_for("official.export_candidates", call_id=call_id, ending=ending, **kept),
        sorted_by=sorted_by,
        themes=themes,
        states=states,
        state_choices=[(state, states[state]) for state in found.states],
        region_choices=[(name, name) for name in found.regions],
        theme_choices=[(theme, french.spaced(themes.get(theme, theme))) for theme in found.themes],
        kinds=words.APPLICATION_KINDS,
    )


@blueprint.get("/<call_id>/candidats.<ending>")
@requires(Permission.CALL_FOLLOW)
def export_candidates(call_id: str, ending: str) -> Response:
    """The filtered list as CSV or XLSX."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        found = find_candidates(session, actor=signed_in(), call=opened, wanted=_wanted())
        made = candidates_file(
            session,
            actor=signed_in(),
            call=opened,
            rows=found.rows,
            words=words.application_states(),
            ending=ending,
            now=arrived_at(),
        )
    return hand_out(made)
