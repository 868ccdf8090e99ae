"""What stands in the way of the deliberation: what is left to look at, and what the authority goes past with a reason."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.records.deliberations import Gate
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.services.ranking.gates import gates_page, take_waiver_back, waive_gate
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import worded


def _kinds() -> Mapping[str, str]:
    return {
        Gate.DIVERGENT: _("Évaluations divergentes"),
        Gate.CONTESTED: _("De part et d’autre du seuil"),
        Gate.ERRATIC: _("Évaluateur aux notes dispersées"),
    }


def _looked() -> Mapping[str, str]:
    return {
        "consensus": _("Consensus"),
        "further": _("Une évaluation de plus"),
        "jury": _("Décision du jury"),
        "waiver": _("Passé outre"),
    }


def _page(call_id: str, problems: dict[str, str] | None = None, about: tuple[str, str] = ("", "")) -> str:
    """`about`: reference and gate of the form that was refused."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        page = gates_page(session, actor=signed_in(), call=opened)
    return show_call_page(
        "gates.html",
        opened,
        page=page,
        kinds=_kinds(),
        looked=_looked(),
        titles={one.id: one.title or one.id for one in opened.file.rubric.criteria},
        typed=request.form,
        problems=problems or {},
        about=about,
    )


@blueprint.get("/<call_id>/a-revoir")
@requires(Permission.REVIEWS_FOLLOW)
def gates(call_id: str) -> str:
    return _page(call_id)


@blueprint.post("/<call_id>/a-revoir/<reference>/<gate>")
@requires(Permission.GATE_WAIVE)
def gate_waive(call_id: str, reference: str, gate: str) -> ResponseReturnValue:
    """The authority goes past it, with a reason."""
    try:
        with writing() as session:
            waive_gate(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference, gate=_gate(gate),
                reason=request.form.get("reason", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems), (reference, gate)), 422
    flash(_("Le motif est enregistré ; il figurera au procès-verbal."), "success")
    return redirect(url_for("official.gates", call_id=call_id))


@blueprint.post("/<call_id>/a-revoir/<reference>/<gate>/reprise")
@requires(Permission.GATE_WAIVE)
def gate_close(call_id: str, reference: str, gate: str) -> ResponseReturnValue:
    """The waiver is taken back."""
    with writing() as session:
        take_waiver_back(
            session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference, gate=_gate(gate),
            now=arrived_at(),
        )  # fmt: skip
    flash(_("Ce dossier est de nouveau à revoir."), "success")
    return redirect(url_for("official.gates", call_id=call_id))


def _gate(text: str) -> Gate:
    if text not in set(Gate):
        raise NotFound("gate", text)
    return Gate(text)
