"""An act on many dossiers: choose it, see what would happen, confirm, follow, read the report, take it back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.services.call.calls import OpenedCall
from aap.services.candidates.picked import picked_dossiers
from aap.services.errors import InvalidInput, NotFound
from aap.services.panel.reviewers import list_reviewers
from aap.services.permissions import Permission, allowed
from aap.services.steering.many import (
    PERMISSIONS,
    Act,
    Preflight,
    list_reports,
    preflight,
    report_of,
    start_many,
    undo_many,
)
from aap.services.steering.message_fields import FIELDS, previewed
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, paris_moment, show_call_page
from aap.web.wording.sentences import sentence, worded


def _acts(call: OpenedCall) -> list[Act]:
    """Those that the state of the call grants to some dossier: what each dossier allows, the preflight says."""
    target = call.target()
    asked_of_the_call = {Act.ASSIGN: Permission.ASSIGNMENT_MANAGE}
    working = allowed(signed_in(), Permission.ASSIGNMENT_MANAGE, target)
    return [
        act
        for act in Act
        if act is Act.MESSAGE
        or (working if act not in asked_of_the_call else allowed(signed_in(), PERMISSIONS[act], target))
    ]


def _values() -> dict[str, Any]:
    """What the form says of the act."""
    return {
        "sections": request.form.getlist("sections"),
        "message": request.form.get("message", ""),
        "due_at": paris_moment(request.form.get("due_day", ""), "23:59"),
        "reviewer": request.form.get("reviewer", ""),
        "now": arrived_at(),
    }


def _of_act(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The values that this act has."""
    named = {
        Act.ADMIT: (),
        Act.COMPLETE: ("sections", "message", "due_at"),
        Act.MESSAGE: ("message",),
        Act.ASSIGN: ("reviewer",),
    }
    return {name: values[name] for name in (*named[act], "now")}


@blueprint.route("/<call_id>/ensemble", methods=["GET", "POST"])
@requires(Permission.DOSSIER_LABEL)
def many(call_id: str) -> ResponseReturnValue:
    """The act for what is picked; sent once: what would happen; confirmed: it is asked for."""
    typed = request.form if request.method == "POST" else request.args
    act = typed.get("action", "")
    shown: Preflight | None = None
    problems: dict[str, str] = {}
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
        ids = picked_dossiers(session, actor=signed_in(), call=opened)
        acts = _acts(opened)
        reports = list_reports(session, call_id)
        reviewers = list_reviewers(session, actor=signed_in(), call=opened) if Act.ASSIGN in acts else ()
        if act and act not in acts:
            raise NotFound("act", act)
        if act and request.method == "POST" and not request.form.get("modifier"):
            values = _of_act(Act(act), _values())
            try:
                shown = preflight(session, actor=signed_in(), call=opened, act=Act(act), ids=ids, values=values)
            except InvalidInput as refused:
                problems = worded(refused.problems)
    if shown is not None and request.form.get("vu"):
        try:
            return _start(call_id, shown.act)
        except InvalidInput as refused:
            problems = worded(refused.problems)
    page = show_call_page(
        "many.html",
        opened,
        act=act,
        acts=[(one, act_words()[one]) for one in acts],
        about=act_words().get(Act(act)) if act else "",
        picked=len(ids),
        shown=shown,
        groups=[(sentence(objection), found) for objection, found in shown.cannot] if shown else [],
        example=_example(shown, typed.get("message", "")) if shown else "",
        fields_offered=FIELDS,
        typed=typed,
        problems=problems,
        problem_links=[("due_day" if name == "due_at" else name or None, text) for name, text in problems.items()],
        section_choices=[(section.id, section.title) for section in opened.file.form.sections],
        reviewer_choices=[(one.code, f"{one.name} ({one.code})") for one in reviewers],
        reports=[(job, act_words()[Act(job.arguments["act"])]) for job in reports],
    )
    return (page, 422) if problems else page


def _example(shown: Preflight, text: str) -> str:
    """The message as the first dossier's association would read it."""
    if not shown.can or shown.act not in (Act.MESSAGE, Act.COMPLETE):
        return ""
    with reading() as session:
        return previewed(text, session, shown.can[0].id)


def _start(call_id: str, act: Act) -> ResponseReturnValue:
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
        job = start_many(
            session,
            actor=signed_in(),
            call=opened,
            act=act,
            ids=picked_dossiers(session, actor=signed_in(), call=opened),
            values=_of_act(act, _values()),
            seen=request.form.get("vu", ""),
            now=arrived_at(),
        )
        return redirect(url_for("official.many_report", call_id=call_id, job_id=job.id), 303)


def act_words() -> dict[Act, str]:
    return {
        Act.ADMIT: _("Déclarer recevables"),
        Act.COMPLETE: _("Demander des compléments"),
        Act.MESSAGE: _("Écrire aux associations"),
        Act.ASSIGN: _("Confier à un évaluateur"),
    }


@blueprint.get("/<call_id>/ensemble/<job_id>")
@requires(Permission.CALL_FOLLOW)
def many_report(call_id: str, job_id: str) -> ResponseReturnValue:
    """How far the act is, then what became of each dossier."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        report = report_of(session, actor=signed_in(), call=opened, job_id=job_id)
    if request.args.get("suivi") == "json":
        job = report.job
        return {
            "done": job.done,
            "total": job.total,
            "message": words.step_words(job.message),
            "finished": job.state not in ("waiting", "running"),
        }
    return show_call_page(
        "many_report.html",
        opened,
        report=report,
        about=act_words()[report.act],
        groups=[(sentence(objection), found) for objection, found in report.left],
        running=report.job.state in ("waiting", "running"),
    )


@blueprint.post("/<call_id>/ensemble/<job_id>/annulation")
@requires(Permission.DOSSIER_LABEL)
def undo_many_act(call_id: str, job_id: str) -> ResponseReturnValue:
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DOSSIER_LABEL)
        taken = undo_many(session, actor=signed_in(), call=opened, job_id=job_id, now=arrived_at())
    flash(ngettext("%(num)s dossier est comme avant.", "%(num)s dossiers sont comme avant.", taken), "success")
    return redirect(url_for("official.many_report", call_id=call_id, job_id=job_id), 303)
