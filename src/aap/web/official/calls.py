"""The official's home, one call's dashboard, and the steps of the call."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.delays import paris
from aap.records.calls import CallState
from aap.services.call.calls import OpenedCall, extend_closing
from aap.services.decision.appeal_pages import appeal_clocks
from aap.services.decision.in_force import InForce, current_list
from aap.services.dossier.access import told
from aap.services.dossier.messages import waiting_messages
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.outbox import may_be_cancelled
from aap.services.permissions import Permission, allowed
from aap.services.ranking.runs import get_run, latest_run
from aap.services.recusals import must_declare
from aap.services.review.progress import reviews_totals
from aap.services.steering.advancing import advance_call, ensure_may_draw, next_step, set_draw_seed
from aap.services.steering.awaiting import awaited
from aap.services.steering.following import cancel_work, counts_of, find_job, followed_calls
from aap.web import state_words
from aap.web.access import requires
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.awaited_words import task_line
from aap.web.official.pages import blueprint, call_of_page, conflict_words, paris_moment, show_call_page
from aap.web.wording.sentences import sentence, worded

__all__ = ["blueprint"]


def days_left(moment: datetime, now: datetime) -> int:
    """Whole days of the calendar of Paris from now to the moment; negative once it is past."""
    return (paris(moment).date() - paris(now).date()).days


@blueprint.get("/")
@requires(Permission.CALL_HOME)
def home() -> str:
    with reading() as session:
        followed = followed_calls(session, actor=signed_in())
        undeclared = must_declare(session, signed_in())
        waiting = awaited(
            session, [one.call for one in followed if one.call.state not in (CallState.DRAFT, CallState.ARCHIVED)]
        )
    current = [one for one in followed if one.call.state is not CallState.ARCHIVED]
    return render_template(
        "official/home.html",
        current=current,
        archived=[one for one in followed if one.call.state is CallState.ARCHIVED],
        call_states=state_words.call_states(),
        next_steps=words.next_steps(),
        days={one.call.id: days_left(one.call.record.closes_at, arrived_at()) for one in followed},
        undeclared=undeclared,
        tasks=[task_line(one, arrived_at()) for one in waiting],
    )


@blueprint.get("/<call_id>/")
@requires(Permission.CALL_FOLLOW)
def call(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        counts = counts_of(session, call_id)
        totals = reviews_totals(session, opened) if opened.state in _REVIEWED else None
        step = next_step(session, actor=signed_in(), call=opened, now=arrived_at(), counts=counts, totals=totals)
        run = latest_run(session, call_id) if allowed(signed_in(), Permission.RANKING_READ, opened.target()) else None
        held = current_list(session, call_id) if run is not None else InForce()
        waiting = waiting_messages(session, actor=signed_in(), call=opened)
        clock = appeal_clocks(session, [call_id]).get(call_id)
    states = list(CallState)
    return show_call_page(
        "call.html",
        opened,
        counts=counts,
        step=step,
        totals=totals,
        run=run,
        held=held,
        waiting=waiting,
        clock=clock,
        now=arrived_at(),
        days=days_left(opened.record.closes_at, arrived_at()),
        states=[state_words.call_states()[state] for state in states],
        position=states.index(opened.state) + 1,
        next_words=words.next_steps()[opened.state],
        advance_labels=words.advance_labels(),
        application_states=state_words.application_states(),
        run_states=words.run_states(),
    )


_REVIEWED = frozenset({CallState.CLOSED, CallState.REVIEWING, CallState.DELIBERATING})


@blueprint.route("/<call_id>/etape", methods=["GET", "POST"])
@requires(Permission.CALL_ADVANCE)
def advance(call_id: str) -> ResponseReturnValue:
    """Confirms the next step: what it does, what it warns of, the reason to go on."""
    problems: dict[str, str] = {}
    reason = request.form.get("reason", "")
    if request.method == "POST":
        to = request.form.get("to", "")
        if to not in set(CallState):
            raise NotFound("state", to)
        try:
            with writing() as session:
                advance_call(
                    session, actor=signed_in(), call_id=call_id, to=CallState(to), reason=reason, now=arrived_at(),
                    links=links(),
                )  # fmt: skip
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(
                _("L’appel est passé à l’étape « %(step)s ».", step=state_words.call_states()[CallState(to)]), "success"
            )
            return redirect(url_for("official.call", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id)
        step = next_step(session, actor=signed_in(), call=opened, now=arrived_at())
    if step.to is None:
        return redirect(url_for("official.call", call_id=call_id))
    page = show_call_page(
        "advance.html",
        opened,
        step=step,
        label=words.advance_labels()[step.to],
        effect=words.advance_effects()[step.to],
        reason=reason,
        problems=problems,
        page_width="narrow",
    )
    return (page, 422) if problems else page


@blueprint.route("/<call_id>/cloture", methods=["GET", "POST"])
@requires(Permission.CALL_EXTEND)
def extend(call_id: str) -> ResponseReturnValue:
    """A later closing for everybody, after an incident."""
    problems: dict[str, str] = {}
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.CALL_EXTEND)
    before = paris(opened.record.closes_at)
    typed = {
        "day": request.form.get("day", before.date().isoformat()),
        "clock": request.form.get("clock", before.strftime("%H:%M")),
        "reason": request.form.get("reason", ""),
    }
    if request.method == "POST":
        closes_at = paris_moment(typed["day"], typed["clock"])
        if closes_at is None:
            problems = {"closes_at": _("Indiquez une date et une heure, par exemple 28/02/2025 et 23:59.")}
        else:
            problems = _extended(opened, closes_at, typed["reason"])
        if not problems:
            flash(_("La clôture est prolongée pour tous ; l’annonce est sur la page de l’appel."), "success")
            return redirect(url_for("official.call", call_id=call_id))
    page = show_call_page("extend.html", opened, typed=typed, problems=problems, page_width="narrow")
    return (page, 422) if problems else page


def _extended(opened: OpenedCall, closes_at: datetime, reason: str) -> dict[str, str]:
    try:
        with writing() as session:
            extend_closing(
                session, actor=signed_in(), call_id=opened.id, closes_at=closes_at, reason=reason, now=arrived_at()
            )
    except InvalidInput as refused:
        return worded(refused.problems)
    return {}


@blueprint.route("/<call_id>/tirage", methods=["GET", "POST"])
@requires(Permission.CALL_ADVANCE)
def draw(call_id: str) -> ResponseReturnValue:
    """The seed of the public draw."""
    problems: dict[str, str] = {}
    with reading() as session:
        opened = call_of_page(session, call_id)
        ensure_may_draw(signed_in(), opened)
    typed = {
        "seed": request.form.get("seed", opened.record.draw_seed or ""),
        "source": request.form.get("source", ""),
    }
    if request.method == "POST":
        try:
            with writing() as session:
                set_draw_seed(session, actor=signed_in(), call_id=call_id, now=arrived_at(), **typed)
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_("La graine du tirage est enregistrée. Relancez le classement pour qu’elle compte."), "success")
            return redirect(url_for("official.call", call_id=call_id))
    page = show_call_page("draw.html", opened, typed=typed, problems=problems, page_width="narrow")
    return (page, 422) if problems else page


@blueprint.get("/<call_id>/travaux/<job_id>")
@requires(Permission.CALL_FOLLOW)
def job(call_id: str, job_id: str) -> ResponseReturnValue:
    """How far long work is: by script, or by a page that loads itself again. Leads on when it is done."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        work = find_job(session, actor=signed_in(), call=opened, job_id=job_id)
        objections = [sentence(Objection.of_json(one)) for one in work.result.get("problems", ())]
        problems = told(session, signed_in(), call_id, objections)
        conflict = told(session, signed_in(), call_id, work.result.get("conflict", ()))
        number = get_run(session, work.arguments["run"]).number if work.kind == "points" else 0
    if request.args.get("suivi") == "json":
        return {
            "done": work.done,
            "total": work.total,
            "message": words.step_words(work.message),
            "finished": work.state not in ("waiting", "running"),
        }
    if work.state == "done" and work.kind == "letters":
        flash(
            ngettext("%(num)s lettre est prête.", "Les %(num)s lettres sont prêtes.", work.result.get("letters", 0)),
            "success",
        )
        return redirect(url_for("official.decisions", call_id=call_id))
    if work.state == "done" and "proposal" in work.result:
        proposal = work.result["proposal"]
        return redirect(url_for("official.assignment_proposal", call_id=call_id, proposal_id=proposal))
    if work.state == "done" and work.kind == "points":
        return redirect(
            url_for("official.explain", call_id=call_id, number=number, reference=work.arguments["reference"])
        )
    if work.state == "done" and work.kind == "appeal_file":
        return redirect(url_for("official.appeal", call_id=call_id, contest_id=work.result["contest"]))
    # A release that ranked before the deliberation left jobs of calls whose rankings are closed until then.
    open_to_them = allowed(signed_in(), Permission.RANKING_READ, opened.target())
    if work.state == "done" and "run" in work.result and open_to_them:
        return redirect(url_for("official.ranking", call_id=call_id))
    return show_call_page(
        "job.html",
        opened,
        job=work,
        may_be_cancelled=may_be_cancelled(work),
        step=words.step_words(work.message),
        conflict=conflict_words(opened.file, conflict),
        problems=problems,
        page_width="narrow",
    )


@blueprint.post("/<call_id>/travaux/<job_id>/arret")
@requires(Permission.CALL_FOLLOW)
def end_job(call_id: str, job_id: str) -> ResponseReturnValue:
    """Ends long work; what it has kept so far stays."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        cancel_work(session, actor=signed_in(), call=opened, job_id=job_id, now=arrived_at())
    return redirect(url_for("official.job", call_id=call_id, job_id=job_id), 303)
