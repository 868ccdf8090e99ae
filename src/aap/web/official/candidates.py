"""The list of candidates: search, filters, columns, order, pages, files; what is picked out of it, labels, kept views."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core import french
from aap.core.call.attribute_names import theme_titles
from aap.services.call.calls import OpenedCall
from aap.services.candidates.candidate_files import candidates_file
from aap.services.candidates.candidate_filter import GAVE_UP
from aap.services.candidates.columns import Words, known_columns, shown_columns
from aap.services.candidates.desk import Desk, desk_of
from aap.services.candidates.lines import department_name
from aap.services.candidates.listing import PAGE_SIZE, CandidateList, all_found
from aap.services.candidates.listing import candidates as find_candidates
from aap.services.candidates.picked import pick, picked_dossiers, put_back
from aap.services.candidates.service_labels import label_dossiers, unlabel_dossiers
from aap.services.candidates.views import drop_view, keep_view
from aap.services.dossier.access import find_dossier
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web import state_words
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.candidate_query import CandidateQuery, column_titles, flag_words, query_in, query_of
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.paging import page_number, page_of
from aap.web.wording.sentences import worded


def outcome_words() -> dict[str, str]:
    """What became of a dossier, as lists say it."""
    return {**words.outcomes(), GAVE_UP: _("A renoncé")}


def _words(call: OpenedCall, desk: Desk) -> Words:
    return Words(
        rubric=call.file.rubric,
        states=state_words.application_states(),
        outcomes=outcome_words(),
        themes=theme_titles(call.file),
        labels=desk.labels,
        waiting_rank=lambda rank: _("rang %(n)s", n=rank),
    )


@blueprint.get("/<call_id>/candidats")
@requires(Permission.CALL_FOLLOW)
def candidates(call_id: str) -> ResponseReturnValue:
    return _page(call_id, query_of(request.args), page_number())


def _page(
    call_id: str,
    query: CandidateQuery,
    number: int = 1,
    *,
    problems: dict[str, str] | None = None,
) -> ResponseReturnValue:
    """`problems`: of a form beside the list; what was typed in it is in the request."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = find_candidates(session, actor=signed_in(), call=opened, wanted=query.wanted, page=number)
        desk = desk_of(session, actor=signed_in(), call=opened)
    said = _words(opened, desk)
    page, pages = page_of(found.count, PAGE_SIZE)
    refused = {**query.problems, **(problems or {})}
    here = url_for("official.candidates", call_id=call_id)

    def address(**changed: str) -> str:
        kept = query.address(**changed)
        return f"{here}?{kept}" if kept else here

    def sorted_by(key: str) -> str:
        return address(tri=f"-{key}" if query.wanted.sort == key else key)

    shown = show_call_page(
        "candidates.html",
        opened,
        found=found,
        query=query,
        wanted=query.wanted,
        typed=query.typed,
        problems=refused,
        problem_links=[(name or None, message) for name, message in refused.items()],
        form=request.form,
        page=page,
        pages=pages,
        url_of=lambda at: address(page=str(at)),
        export=lambda ending: (
            f"{url_for('official.export_candidates', call_id=call_id, ending=ending)}?{query.address()}"
        ),
        sorted_by=sorted_by,
        columns=shown_columns(found.known, query.columns),
        all_columns=known_columns(found.known),
        titles=column_titles(),
        words=said,
        picked=desk.picked - found.recused,
        views=desk.views,
        choices=_choices(found, said),
        kinds=state_words.APPLICATION_KINDS,
        outcome_kinds=words.OUTCOME_KINDS,
    )
    return (shown, 422) if refused else shown


def _choices(found: CandidateList, said: Words) -> dict[str, list[tuple[str, str]]]:
    """What each filter may be set to."""
    return {
        "etat": [(state, said.states[state]) for state in found.states],
        "issue": [(code, title) for code, title in said.outcomes.items() if code != "incomplete"],
        "region": [(name, name) for name in found.regions],
        "departement": [(code, department_name(code)) for code in found.departments],
        "theme": [(theme, french.spaced(said.themes.get(theme, theme))) for theme in found.themes],
        "etiquette": [(name, name) for name in sorted({one for names in said.labels.values() for one in names})],
        "signale": list(flag_words().items()),
    }


@blueprint.get("/<call_id>/candidats.<ending>")
@requires(Permission.CALL_FOLLOW)
def export_candidates(call_id: str, ending: str) -> Response:
    """The filtered list as a file: CSV, XLSX or ODS."""
    query = query_of(request.args)
    with writing() as session:
        opened = call_of_page(session, call_id)
        found = find_candidates(session, actor=signed_in(), call=opened, wanted=query.wanted)
        made = candidates_file(
            session,
            actor=signed_in(),
            call=opened,
            found=found,
            chosen=query.columns,
            headings=column_titles(),
            words=_words(opened, desk_of(session, actor=signed_in(), call=opened)),
            ending=ending,
            now=arrived_at(),
        )
    return hand_out(made)


def _back(call_id: str, query: CandidateQuery) -> ResponseReturnValue:
    """To the list as it was, on its page."""
    at = request.form.get("page", "")
    kept = query.address(page=at) if at.isdigit() and at != "1" else query.address()
    return redirect(url_for("official.candidates", call_id=call_id) + (f"?{kept}" if kept else ""), 303)


@blueprint.post("/<call_id>/candidats/selection")
@requires(Permission.DOSSIER_LABEL)
def pick_candidates(call_id: str) -> ResponseReturnValue:
    """Picks dossiers out of the list, or puts them back: those that are ticked, or all that the filter finds."""
    query = query_in(request.form.get("filtre", ""))
    action = request.form.get("action", "")
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
        if action == "vider":
            put_back(session, actor=signed_in(), call=opened)
            flash(_("Votre sélection est vide."), "success")
            return _back(call_id, query)
        if action == "tout":
            ids = all_found(session, actor=signed_in(), call=opened, wanted=query.wanted)
        else:
            ids = tuple(find_dossier(session, call_id, one) for one in request.form.getlist("reference"))
        if action == "retirer":
            put_back(session, actor=signed_in(), call=opened, ids=ids)
        else:
            added = pick(session, actor=signed_in(), call=opened, ids=ids)
            flash(
                ngettext(
                    "%(num)s dossier ajouté à votre sélection.", "%(num)s dossiers ajoutés à votre sélection.", added
                ),
                "success",
            )
    return _back(call_id, query)


@blueprint.post("/<call_id>/candidats/etiquettes")
@requires(Permission.DOSSIER_LABEL)
def label_candidates(call_id: str) -> ResponseReturnValue:
    """Puts a label on what is picked, or takes it off."""
    query = query_in(request.form.get("filtre", ""))
    name = request.form.get("label", "")
    try:
        with writing() as session:
            opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
            ids = picked_dossiers(session, actor=signed_in(), call=opened)
            change = unlabel_dossiers if request.form.get("action") == "retirer" else label_dossiers
            number = change(session, actor=signed_in(), call=opened, ids=ids, name=name, now=arrived_at())
    except InvalidInput as refused:
        return _page(call_id, query, problems=worded(refused.problems))
    flash(
        ngettext("L’étiquette de %(num)s dossier a changé.", "Les étiquettes de %(num)s dossiers ont changé.", number),
        "success",
    )
    return _back(call_id, query)


@blueprint.post("/<call_id>/candidats/vues")
@requires(Permission.DOSSIER_LABEL)
def keep_candidates_view(call_id: str) -> ResponseReturnValue:
    """Keeps the list as it is narrowed, ordered and shown, under a name."""
    query = query_in(request.form.get("filtre", ""))
    try:
        with writing() as session:
            opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
            keep_view(
                session, actor=signed_in(), call=opened, name=request.form.get("name", ""), query=query.address(),
                shared=request.form.get("partager") == "oui", now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(call_id, query, problems=worded(refused.problems))
    flash(_("La vue est enregistrée."), "success")
    return _back(call_id, query)


@blueprint.post("/<call_id>/candidats/vues/<view_id>/suppression")
@requires(Permission.DOSSIER_LABEL)
def drop_candidates_view(call_id: str, view_id: str) -> ResponseReturnValue:
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
        drop_view(session, actor=signed_in(), call=opened, view_id=view_id)
    return redirect(url_for("official.candidates", call_id=call_id), 303)
