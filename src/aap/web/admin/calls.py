"""Calls: load a file with all its errors shown, replace a draft, open it, amend it, read its versions."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.problems import Problem
from aap.records.calls import CallState
from aap.services.call.amending import (
    LARGEST_FILE,
    amend_call,
    call_sheet,
    check_call_file,
    open_prepared_call,
    prepared_calls,
    store_call_file,
    version_text,
)
from aap.services.call.calls import CallFileRefused
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission
from aap.services.ranking.second_persons import name_seconds, seconds_sheet
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.http_files import sent_files
from aap.web.state_words import call_states
from aap.web.wording.sentences import worded


def _list(problems: dict[str, str] | None = None, found: tuple[Problem, ...] = (), name: str = "") -> str:
    with reading() as session:
        calls = prepared_calls(session, actor=signed_in())
    return show_admin_page(
        "calls.html", calls=calls, call_states=call_states(), problems=problems or {}, found=found, name=name,
    )  # fmt: skip


@blueprint.get("/appels")
@requires(Permission.CALL_LOAD)
def calls() -> str:
    return _list()


def _posted() -> tuple[bytes, str]:
    """Content and name of the posted call file. Raises InvalidInput (`file`)."""
    files = sent_files("file")
    if not files:
        raise InvalidInput({"file": Objection("page.file_missing")})
    if len(files[0].content) > LARGEST_FILE:
        raise InvalidInput({"file": Objection("page.file_too_large")})
    return files[0].content, files[0].name[-120:]


@blueprint.post("/appels")
@requires(Permission.CALL_LOAD)
def load() -> ResponseReturnValue:
    """Loads a call file as a draft: a new call, or a new text of one."""
    name = ""
    try:
        content, name = _posted()
        with writing() as session:
            call = store_call_file(
                session, actor=signed_in(), read=check_call_file(content, name), name=name, now=arrived_at()
            )
    except CallFileRefused as refused:
        return _list({"file": _problem_count(refused.found)}, refused.found, name), 422
    except InvalidInput as error:
        return _list(worded(error.problems), name=name), 422
    flash(_("L’appel est chargé comme brouillon\u00a0: relisez ses règles, puis ouvrez-le."), "success")
    return redirect(url_for("admin.call", call_id=call.id), 303)


def _problem_count(found: tuple[Problem, ...]) -> str:
    errors = sum(one.is_error for one in found)
    if errors == 1:
        return str(_("Le fichier a une erreur\u00a0: le tableau la décrit."))
    return str(_("Le fichier a %(n)s erreurs\u00a0: le tableau les décrit.", n=errors))


def _sheet(
    call_id: str, problems: dict[str, str] | None = None, found: tuple[Problem, ...] = (), name: str = ""
) -> str:
    with reading() as session:
        sheet = call_sheet(session, actor=signed_in(), call_id=call_id, now=arrived_at())
    return show_admin_page(
        "call.html",
        sheet=sheet,
        call=sheet.call,
        call_states=call_states(),
        draft=sheet.call.state is CallState.DRAFT,
        amendable=sheet.call.state not in (CallState.DRAFT, CallState.ARCHIVED),
        problems=problems or {},
        found=found,
        name=name,
        reason=request.form.get("reason", ""),
        page_width="page",
    )


@blueprint.get("/appels/<call_id>")
@requires(Permission.CALL_LOAD)
def call(call_id: str) -> str:
    return _sheet(call_id)


@blueprint.post("/appels/<call_id>")
@requires(Permission.CALL_LOAD)
def replace(call_id: str) -> ResponseReturnValue:
    """Another text: replaces a draft, amends what has opened (with a reason)."""
    name = ""
    with reading() as session:
        draft = call_sheet(session, actor=signed_in(), call_id=call_id, now=arrived_at()).call.state is CallState.DRAFT
    try:
        content, name = _posted()
        read = check_call_file(content, name)
        with writing() as session:
            if draft:
                store_call_file(session, actor=signed_in(), read=read, name=name, call_id=call_id, now=arrived_at())
            else:
                amend_call(
                    session, actor=signed_in(), call_id=call_id, read=read, reason=request.form.get("reason", ""),
                    now=arrived_at(),
                )  # fmt: skip
    except CallFileRefused as refused:
        return _sheet(call_id, {"file": _problem_count(refused.found)}, refused.found, name), 422
    except InvalidInput as error:
        return _sheet(call_id, worded(error.problems), name=name), 422
    flash(
        _("Le brouillon est remplacé.") if draft else _("La modification est publiée sur la page de l’appel."),
        "success",
    )
    return redirect(url_for("admin.call", call_id=call_id), 303)


@blueprint.post("/appels/<call_id>/ouverture")
@requires(Permission.CALL_OPEN)
def open_call(call_id: str) -> ResponseReturnValue:
    """Opens the call: what ranks is sealed."""
    try:
        with writing() as session:
            open_prepared_call(session, actor=signed_in(), call_id=call_id, now=arrived_at())
    except InvalidInput as error:
        return _sheet(call_id, worded(error.problems)), 422
    flash(_("L’appel est ouvert. Ses règles sont scellées."), "success")
    return redirect(url_for("admin.call", call_id=call_id), 303)


@blueprint.get("/appels/<call_id>/fichier-<int:number>.yaml")
@requires(Permission.CALL_LOAD)
def call_file(call_id: str, number: int) -> Response:
    """The text of one version."""
    with reading() as session:
        text = version_text(session, actor=signed_in(), call_id=call_id, number=number)
    return Response(
        text,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{call_id}-v{number}.yaml"'},
    )


@blueprint.route("/appels/<call_id>/secondes", methods=["GET", "POST"])
@requires(Permission.SECONDS_NAME)
def seconds(call_id: str) -> ResponseReturnValue:
    """Names who may confirm what a first person proposes."""
    problems: dict[str, str] = {}
    typed = request.form.getlist("people")
    if request.method == "POST":
        try:
            with writing() as session:
                name_seconds(session, actor=signed_in(), call_id=call_id, people=typed, now=arrived_at())
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_("C’est enregistré, et noté au journal avec votre nom."), "success")
            return redirect(url_for("admin.seconds", call_id=call_id), 303)
    with reading() as session:
        sheet = seconds_sheet(session, actor=signed_in(), call_id=call_id)
    page = show_admin_page(
        "seconds.html",
        sheet=sheet,
        chosen=typed if problems else sheet.call.record.seconds,
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        page_width="page",
    )
    return (page, 422) if problems else page
