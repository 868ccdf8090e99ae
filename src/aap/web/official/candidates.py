"""The list of candidates: search, filters, order, pages, export."""

from __future__ import annotations

from flask import Response, request, url_for

from aap.core import french
from aap.core.call.attribute_names import theme_titles
from aap.services.permissions import Permission
from aap.services.screening.candidate_files import candidates_file
from aap.services.screening.candidates import PAGE_SIZE, SORTS, CandidateFilter
from aap.services.screening.candidates import candidates as find_candidates
from aap.web import state_words
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.paging import kept_query, page_number, page_of

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


@blueprint.get("/<call_id>/candidats")
@requires(Permission.CALL_FOLLOW)
def candidates(call_id: str) -> str:
    wanted = _wanted()
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = find_candidates(session, actor=signed_in(), call=opened, wanted=wanted, page=page_number())
    page, pages = page_of(found.count, PAGE_SIZE)
    kept = kept_query(*_QUERY)
    themes, states = theme_titles(opened.file), state_words.application_states()

    def sorted_by(key: str) -> str:
        down = wanted.sort == key
        return url_for("official.candidates", call_id=call_id, **{**kept, "tri": f"-{key}" if down else key})

    return show_call_page(
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
        kinds=state_words.APPLICATION_KINDS,
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
            words=state_words.application_states(),
            ending=ending,
            now=arrived_at(),
        )
    return hand_out(made)
