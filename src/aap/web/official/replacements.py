"""After the decisions: laureates who gave up, whose grant is raised, who is called from the waiting list."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.selection.rules import rules_of
from aap.services.decision.appeal_pages import appeal_lines
from aap.services.decision.deciding import followed_list
from aap.services.decision.list_versions import version_bundle
from aap.services.decision.replacing import call_from_waiting_list, raise_reduced_grant, succession
from aap.services.errors import InvalidInput
from aap.services.outbox import start_job
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.wording.sentences import sentences


def _page(call_id: str, problem: str = "") -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = succession(session, actor=signed_in(), call=opened)
        appeals = [one for one in appeal_lines(session, actor=signed_in(), call=opened) if not one.masked]
    quotas = {quota.id: quota for quota in rules_of(opened.file).quotas}
    broken = {
        rule: words.rule_in_words(rule, quotas)
        for rule in {*found.already, *(rule for one in found.waiting for rule in one.breaks)}
    }
    return show_call_page(
        "replacements.html",
        opened,
        found=found,
        broken=broken,
        not_asked=words.rule_in_words(f"quota:{found.not_asked}", quotas) if found.not_asked else "",
        appeals=appeals,
        problem=problem,
        reason=request.form.get("reason", ""),
    )


@blueprint.get("/<call_id>/decisions/suites")
@requires(Permission.DECISIONS_NOTIFY)
def replacements(call_id: str) -> str:
    return _page(call_id)


@blueprint.get("/<call_id>/decisions/suites/liste-en-vigueur.json")
@requires(Permission.DECISIONS_NOTIFY)
def list_in_force(call_id: str) -> Response:
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        number = followed_list(session, actor=signed_in(), call=opened).version
        made = version_bundle(session, actor=signed_in(), call=opened, number=number, now=arrived_at())
    return hand_out(made)


@blueprint.post("/<call_id>/decisions/suites")
@requires(Permission.DECISIONS_NOTIFY)
def replace(call_id: str) -> ResponseReturnValue:
    """Calls the dossier that the rules name."""
    done = _("Le dossier est appelé : il devient lauréat. Relisez sa lettre, puis notifiez-la.")
    return _served(call_id, call_from_waiting_list, done)


@blueprint.post("/<call_id>/decisions/suites/relever")
@requires(Permission.DECISIONS_NOTIFY)
def raise_grant(call_id: str) -> ResponseReturnValue:
    """Raises the reduced grant that the free money reaches."""
    return _served(call_id, raise_reduced_grant, _("La subvention est relevée. Relisez sa lettre, puis notifiez-la."))


def _served(call_id: str, serve: Callable[..., object], done: str) -> ResponseReturnValue:
    """Serves the dossier that was sent; its letter is rendered, its notification is a step of its own."""
    reference = request.form.get("reference", "")
    try:
        with writing() as session:
            call_of_page(session, call_id)
            serve(
                session, actor=signed_in(), call_id=call_id, reference=reference,
                reason=request.form.get("reason", ""), now=arrived_at(),
            )  # fmt: skip
            start_job(session, "letters", actor=signed_in(), now=arrived_at(), call_id=call_id)
    except InvalidInput as refused:
        return _page(call_id, sentences(refused.problems)), 422
    flash(done, "success")
    return redirect(url_for("official.decisions", call_id=call_id, q=reference))
