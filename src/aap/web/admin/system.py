"""The state of the machine: what waits, what failed, what room is left, the backup."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.records.outbox import JobState
from aap.services.outbox import may_be_cancelled
from aap.services.permissions import Permission
from aap.services.upkeep.doctor import examine_quickly
from aap.services.upkeep.observation import Gravity
from aap.services.upkeep.operating import cancel_job, retry_job, retry_mails, system_state
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.wording.diagnosis import CHECKS
from aap.web.wording.sentences import sentence
from aap.web.work_words import job_kinds, mail_kind, reason_words


@blueprint.get("/systeme")
@requires(Permission.SYSTEM_MANAGE)
def system() -> str:
    with reading() as session:
        state = system_state(session, platform(), actor=signed_in())
    found = examine_quickly(platform(), state.waits, actor=signed_in(), now=arrived_at())
    settings = platform().settings
    return show_admin_page(
        "system.html",
        state=state,
        waiting=state.jobs.get(JobState.WAITING, 0) + state.jobs.get(JobState.RUNNING, 0),
        by_smtp=bool(settings.smtp_host),
        kinds=job_kinds(),
        diagnosis=[(CHECKS[one.check], one.gravity is Gravity.FAULT, sentence(one.said)) for one in found],
        mail_kind=mail_kind,
        reason_words=reason_words,
        may_be_cancelled=may_be_cancelled,
        page_width="page",
    )


@blueprint.post("/systeme/courriels")
@requires(Permission.SYSTEM_MANAGE)
def resend() -> ResponseReturnValue:
    """Tries a failed mail again (`courriel`), or all of them."""
    with writing() as session:
        number = retry_mails(session, actor=signed_in(), mail_id=request.form.get("courriel", ""), now=arrived_at())
    flash(ngettext("%(num)s courriel est relancé.", "%(num)s courriels sont relancés.", number), "success")
    return redirect(url_for("admin.system"), 303)


@blueprint.post("/systeme/travaux")
@requires(Permission.SYSTEM_MANAGE)
def run_again() -> ResponseReturnValue:
    """Puts failed long work back into the queue."""
    with writing() as session:
        retry_job(session, actor=signed_in(), job_id=request.form.get("travail", ""), now=arrived_at())
    flash(_("Le travail est remis dans la file."), "success")
    return redirect(url_for("admin.system"), 303)


@blueprint.post("/systeme/travaux/arret")
@requires(Permission.SYSTEM_MANAGE)
def end_work() -> ResponseReturnValue:
    """Ends long work (`travail`) that waits or runs."""
    with writing() as session:
        cancel_job(session, actor=signed_in(), job_id=request.form.get("travail", ""), now=arrived_at())
    flash(_("Le travail est arrêté : ce qu’il a déjà enregistré reste."), "success")
    return redirect(url_for("admin.system"), 303)
