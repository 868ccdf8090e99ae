"""The state of the machine: what waits, what failed, what room is left, the backup."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.records.outbox import JobState
from aap.services.permissions import Permission
from aap.services.upkeep.doctor import examine_quickly
from aap.services.upkeep.observation import Gravity
from aap.services.upkeep.operating import retry_job, retry_mails, system_state
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.wording.diagnosis import CHECKS
from aap.web.wording.sentences import sentence


@blueprint.get("/systeme")
@requires(Permission.SYSTEM_MANAGE)
def system() -> str:
    with reading() as session:
        state = system_state(session, platform(), actor=signed_in())
        found = examine_quickly(session, platform(), actor=signed_in(), now=arrived_at())
    settings = platform().settings
    return show_admin_page(
        "system.html",
        state=state,
        waiting=state.jobs.get(JobState.WAITING, 0) + state.jobs.get(JobState.RUNNING, 0),
        by_smtp=bool(settings.smtp_host),
        kinds=job_kinds(),
        diagnosis=[(CHECKS[one.check], one.gravity is Gravity.FAULT, sentence(one.said)) for one in found],
        late=state.oldest is not None and (arrived_at() - state.oldest).total_seconds() > 15 * 60,
        page_width="page",
    )


def job_kinds() -> dict[str, str]:
    """Kinds of long work in words."""
    return {
        "letters": _("Lettres de décision"),
        "ranking": _("Classement"),
        "receipt": _("Accusé de réception"),
        "audit": _("Vérification du journal"),
    }


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
