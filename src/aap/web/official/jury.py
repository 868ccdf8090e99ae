"""What the jury decides after the marks."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.documents.media_types import DOCX, PDF, MadeFile
from aap.records.rankings import JuryDecisionKind
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission
from aap.services.ranking.jury import DECIDED_HERE, decide, jury_lines, remove_decision
from aap.services.ranking.minuting import minutes_pdf, minutes_text
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page, typed_dossier, typed_euros
from aap.web.wording.sentences import sentences, worded

_FIELDS = ("reference", "decision", "amount", "reason")


def _page(call_id: str, problems: dict[str, str] | None = None) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        lines = jury_lines(session, actor=signed_in(), call=opened)
    typed = {name: request.form.get(name, request.args.get("dossier", "") if name == "reference" else "")
             for name in _FIELDS}  # fmt: skip
    choices = [(str(kind), words.jury_kinds()[kind], _help(kind)) for kind in DECIDED_HERE]
    return show_call_page(
        "jury.html",
        opened,
        lines=lines,
        jury_kinds=words.jury_kinds(),
        choices=choices,
        typed=typed,
        problems=problems or {},
        problem_links=[(name or None, message) for name, message in (problems or {}).items()],
    )


def _help(kind: JuryDecisionKind) -> str:
    helps: dict[JuryDecisionKind, str] = {
        JuryDecisionKind.IN: _("Il est lauréat, les autres règles tenant avec lui."),
        JuryDecisionKind.OUT: _("Il n’est pas candidat à la sélection ; son rang reste."),
        JuryDecisionKind.AMOUNT: _("Il recevrait ce montant au lieu de celui qu’il demande."),
        JuryDecisionKind.WITHDRAWN: _("L’association a retiré son dossier avant la décision."),
        JuryDecisionKind.DECLINED: _("L’association renonce à la subvention ; son rang reste."),
    }
    return helps.get(kind, "")


@blueprint.get("/<call_id>/jury")
@requires(Permission.RANKING_READ)
def jury(call_id: str) -> str:
    return _page(call_id)


@blueprint.get("/<call_id>/jury/proces-verbal.pdf")
@requires(Permission.RANKING_READ)
def minutes(call_id: str) -> Response:
    """The minutes of the deliberation, to complete and to sign."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        content = minutes_pdf(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(MadeFile(f"{call_id}-proces-verbal.pdf", PDF, content))


@blueprint.get("/<call_id>/jury/proces-verbal.docx")
@requires(Permission.RANKING_READ)
def minutes_document(call_id: str) -> Response:
    """The same minutes as a text, to finish by hand."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        content = minutes_text(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(MadeFile(f"{call_id}-proces-verbal.docx", DOCX, content))


@blueprint.post("/<call_id>/jury")
@requires(Permission.JURY_DECIDE)
def jury_decide(call_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id)
            decide(
                session,
                actor=signed_in(),
                application_id=typed_dossier(session, call_id),
                decision=_typed_kind(),
                amount=typed_euros(request.form.get("amount", "")),
                reason=request.form.get("reason", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    flash(_("La décision du jury est enregistrée. Relancez le classement pour qu’elle compte."), "success")
    return redirect(url_for("official.jury", call_id=call_id))


def _typed_kind() -> JuryDecisionKind:
    try:
        return JuryDecisionKind(request.form.get("decision", ""))
    except ValueError:
        raise InvalidInput({"decision": Objection("page.decision_missing")}) from None


@blueprint.post("/<call_id>/jury/<decision_id>/retrait")
@requires(Permission.JURY_DECIDE)
def jury_remove(call_id: str, decision_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id)
            remove_decision(
                session,
                actor=signed_in(),
                call_id=call_id,
                decision_id=decision_id,
                reason=request.form.get("reason", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        flash(sentences(refused.problems), "danger")
    else:
        flash(_("La décision du jury est retirée. Relancez le classement."), "success")
    return redirect(url_for("official.jury", call_id=call_id))
