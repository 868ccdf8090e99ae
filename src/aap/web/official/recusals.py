"""Conflicts to confirm, recusals to add or lift, and the register to print."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.records.people import Role
from aap.services.dossier.access import typed_dossier
from aap.services.errors import InvalidInput, Objection
from aap.services.panel.interests import find_conflicts
from aap.services.panel.recusal_register import ORIGIN_WORDS, STATE_WORDS, register, register_pdf
from aap.services.panel.recusing import add_recusal, answer_match, ensure_of_call, lift_recusal
from aap.services.panel.workers import Worker, workers_of
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.answers import yes_or_no
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.people_words import role_name
from aap.web.wording.sentences import worded

_FIELDS = ("reference", "personne", "motif")
_KINDS = {"probable": "warning", "confirmed": "danger", "dismissed": "neutral", "lifted": "neutral"}


def _page(call_id: str, problems: dict[str, str] | None = None) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        lines = register(session, actor=signed_in(), call=opened)
        people = workers_of(session, actor=signed_in(), call=opened)
    return show_call_page(
        "conflicts.html",
        opened,
        probable=[one for one in lines if one.state == "probable" and not one.masked],
        lines=[one for one in lines if one.state != "probable"],
        people=[(one.person_id, f"{one.name} ({one.code or _roles(one)})") for one in people],
        beside=[(one, _roles(one)) for one in people if set(one.roles) != {Role.REVIEWER}],
        undeclared=sum(one.declared_at is None for one in people),
        typed={name: request.form.get(name, "") for name in _FIELDS},
        problems=problems or {},
        origins=ORIGIN_WORDS,
        states=STATE_WORDS,
        kinds=_KINDS,
    )


def _roles(one: Worker) -> str:
    return ", ".join(role_name(role) for role in one.roles)


@blueprint.get("/<call_id>/deports")
@requires(Permission.CALL_FOLLOW)
def conflicts(call_id: str) -> str:
    return _page(call_id)


@blueprint.post("/<call_id>/deports")
@requires(Permission.REVIEWERS_MANAGE)
def conflict_add(call_id: str) -> ResponseReturnValue:
    """An official sets a person apart from a dossier."""
    try:
        with writing(request.form.get("personne", "")) as session:
            call_of_page(session, call_id)
            add_recusal(
                session,
                actor=signed_in(),
                application_id=typed_dossier(session, call_id, request.form.get("reference", "")),
                person_id=_typed_person(),
                reason=request.form.get("motif", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems, {"reason": "motif", "person": "personne"})), 422
    flash(_("Le déport est enregistré : cette personne ne voit plus rien du dossier."), "success")
    return redirect(url_for("official.conflicts", call_id=call_id))


def _typed_person() -> str:
    person_id = request.form.get("personne", "")
    if not person_id:
        raise InvalidInput({"person": Objection("page.person_missing")})
    return person_id


@blueprint.post("/<call_id>/deports/recherche")
@requires(Permission.REVIEWERS_MANAGE)
def conflict_search(call_id: str) -> ResponseReturnValue:
    """Matches the declared interests with the dossiers, once more."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        found = find_conflicts(session, actor=signed_in(), call=opened, now=arrived_at())
    if found.certain or found.probable:
        flash(
            ngettext("%(num)s déport certain", "%(num)s déports certains", found.certain)
            + ngettext(" et %(num)s lien à confirmer.", " et %(num)s liens à confirmer.", found.probable),
            "success",
        )
    else:
        flash(_("Aucun nouveau lien n’a été trouvé."), "success")
    return redirect(url_for("official.conflicts", call_id=call_id))


@blueprint.post("/<call_id>/deports/<recusal_id>/reponse")
@requires(Permission.REVIEWERS_MANAGE)
def conflict_answer(call_id: str, recusal_id: str) -> ResponseReturnValue:
    """A probable conflict is one, or isn't."""
    confirmed = yes_or_no("reponse")
    try:
        with writing() as session:
            call_of_page(session, call_id)
            ensure_of_call(session, call_id=call_id, recusal_id=recusal_id)
            answer_match(
                session, actor=signed_in(), recusal_id=recusal_id, confirmed=confirmed, now=arrived_at(),
                reason=request.form.get("motif", ""),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems, {"answer": f"reponse-{recusal_id}"})), 422
    flash(_("Le déport est enregistré.") if confirmed else _("Le lien est écarté."), "success")
    return redirect(url_for("official.conflicts", call_id=call_id))


@blueprint.post("/<call_id>/deports/<recusal_id>/levee")
@requires(Permission.REVIEWERS_MANAGE)
def conflict_lift(call_id: str, recusal_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id)
            ensure_of_call(session, call_id=call_id, recusal_id=recusal_id)
            lift_recusal(
                session, actor=signed_in(), recusal_id=recusal_id, reason=request.form.get("motif", ""),
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems, {"reason": f"motif-{recusal_id}"})), 422
    flash(_("Le déport est levé. Le dossier n’est pas rendu : refaites une répartition s’il doit l’être."), "success")
    return redirect(url_for("official.conflicts", call_id=call_id))


@blueprint.get("/<call_id>/deports.pdf")
@requires(Permission.CALL_FOLLOW)
def conflict_register(call_id: str) -> Response:
    """The register, to sign."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        made = register_pdf(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(made)
