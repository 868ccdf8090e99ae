"""Reviewers of a call: the list, an invitation, a table of invitations, one reviewer's page."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.call.attribute_names import theme_titles
from aap.documents.tables.table_files import TableFile
from aap.services.assignment.moves import set_available
from aap.services.assignment.proposals import compute_proposal, keep_proposal, prepare
from aap.services.assignment.situation import default_settings
from aap.services.call.calls import OpenedCall
from aap.services.errors import InvalidInput, StateForbids
from aap.services.panel.reviewers import (
    RefusedTable,
    change_reviewer,
    import_reviewers,
    invite_reviewer,
    list_reviewers,
    reviewer_card,
)
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.wording.sentences import sentence, worded

_FIELDS = ("courriel", "nom", "departements", "minimum", "maximum", "disponible")


_NAMES = {
    "email": "courriel", "name": "nom", "departments": "departements", "least": "minimum", "most": "maximum",
    "available": "disponible", "file": "fichier",
}  # fmt: skip
"""What the forms call the fields of a profile, where they have another name."""


def _profile() -> dict[str, list[str]]:
    """What was typed, as the use cases call it."""
    typed = _typed()
    profile = {field: typed[name] for field, name in _NAMES.items() if name in typed}
    profile["available"] = [{"oui": "yes", "non": "no"}.get(one, "") for one in typed["disponible"]]
    return {**profile, "themes": typed["themes"]}


def _typed() -> dict[str, list[str]]:
    return {**{name: [request.form.get(name, "")] for name in _FIELDS}, "themes": request.form.getlist("themes")}


@blueprint.get("/<call_id>/evaluateurs")
@requires(Permission.CALL_FOLLOW)
def reviewers(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = list_reviewers(session, actor=signed_in(), call=opened)
    return show_call_page("reviewers.html", opened, reviewers=found, themes=theme_titles(opened.file))


@blueprint.route("/<call_id>/evaluateurs/invitation", methods=["GET", "POST"])
@requires(Permission.REVIEWERS_MANAGE)
def invite(call_id: str) -> ResponseReturnValue:
    """One person by e-mail."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            with writing() as session:
                invite_reviewer(
                    session, platform(), links(), actor=signed_in(), call_id=call_id, typed=_profile(), now=arrived_at()
                )
        except InvalidInput as refused:
            problems = worded(refused.problems, _NAMES)
        else:
            flash(_("L’invitation est partie."), "success")
            return redirect(url_for("official.reviewers", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.REVIEWERS_MANAGE)
    typed = _typed() if problems else {"minimum": ["0"], "maximum": ["25"], "disponible": ["oui"]}
    page = _profile_page("reviewers_invite.html", opened, typed, problems)
    return (page, 422) if problems else page


def _profile_page(
    template: str, opened: OpenedCall, typed: dict[str, list[str]], problems: dict[str, str], **values: object
) -> str:
    return show_call_page(
        template,
        opened,
        typed=lambda name: next(iter(typed.get(name, ())), ""),
        chosen=typed.get("themes", []),
        problems=problems,
        themes=list(theme_titles(opened.file).items()),
        page_width="narrow",
        **values,
    )


@blueprint.route("/<call_id>/evaluateurs/tableau", methods=["GET", "POST"])
@requires(Permission.REVIEWERS_MANAGE)
def invite_table(call_id: str) -> ResponseReturnValue:
    """Many people by a table: every error at once, with its row."""
    problem = ""
    lines: tuple[str, ...] = ()
    if request.method == "POST":
        sent = request.files.get("fichier")
        content = sent.read() if sent else b""
        if not content:
            problem = _("Choisissez un fichier CSV ou XLSX.")
        else:
            name = sent.filename if sent and sent.filename else "tableau.csv"
            try:
                with writing() as session:
                    found = import_reviewers(
                        session, platform(), links(), actor=signed_in(), call_id=call_id,
                        file=TableFile(name, content), now=arrived_at(),
                    )  # fmt: skip
            except RefusedTable as refused:
                problem = worded(refused.problems, _NAMES)["fichier"]
                lines = tuple(sentence(one) for one in refused.lines)
            else:
                flash(
                    ngettext("%(num)s personne invitée", "%(num)s personnes invitées", found.invited)
                    + ngettext(", %(num)s profil mis à jour.", ", %(num)s profils mis à jour.", found.changed),
                    "success",
                )
                return redirect(url_for("official.reviewers", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.REVIEWERS_MANAGE)
    page = show_call_page(
        "reviewers_table.html",
        opened,
        problem=problem,
        lines=lines,
        themes=theme_titles(opened.file),
        page_width="narrow",
    )
    return (page, 422) if problem else page


@blueprint.route("/<call_id>/evaluateurs/<person_id>", methods=["GET", "POST"])
@requires(Permission.REVIEWERS_MANAGE)
def reviewer(call_id: str, person_id: str) -> ResponseReturnValue:
    """One reviewer: expertise, capacity, what they declared."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            with writing() as session:
                call_of_page(session, call_id)
                change_reviewer(
                    session, actor=signed_in(), call_id=call_id, person_id=person_id, typed=_profile(), now=arrived_at()
                )
        except InvalidInput as refused:
            problems = worded(refused.problems, _NAMES)
        else:
            flash(_("Le profil est enregistré."), "success")
            return redirect(url_for("official.reviewers", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id)
        card = reviewer_card(session, actor=signed_in(), call=opened, person_id=person_id)
    line = card.line
    stored = {
        "departements": [" ".join(line.departments)], "minimum": [str(line.min_load)], "maximum": [str(line.max_load)],
        "disponible": ["oui" if line.available else "non"], "themes": list(line.themes),
    }  # fmt: skip
    page = _profile_page("reviewers_one.html", opened, _typed() if problems else stored, problems, card=card)
    return (page, 422) if problems else page


@blueprint.post("/<call_id>/evaluateurs/<person_id>/depart")
@requires(Permission.REVIEWERS_MANAGE)
def reviewer_drops_out(call_id: str, person_id: str) -> ResponseReturnValue:
    """A reviewer drops out: what they haven't submitted is proposed to others, with the fewest changes."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        code = set_available(
            session, actor=signed_in(), call_id=call_id, person_id=person_id, available=False, now=arrived_at()
        )
    usual = default_settings(opened)
    settings = replace(usual, mode="complete", departing=(code,))
    try:
        with writing() as session:
            found = prepare(session, actor=signed_in(), call_id=call_id, settings=settings, now=arrived_at())
    except (InvalidInput, StateForbids):
        flash(_("La personne est indisponible ; aucun dossier n’est à redistribuer."), "success")
        return redirect(url_for("official.reviewers", call_id=call_id))
    if not any(pair[1] == code for pair in found.demand.current - found.demand.fixed):
        flash(_("La personne est indisponible ; elle n’avait aucun dossier à redistribuer."), "success")
        return redirect(url_for("official.reviewers", call_id=call_id))
    proposal = compute_proposal(found)
    with writing() as session:
        kept = keep_proposal(session, actor=signed_in(), found=found, proposal=proposal, now=arrived_at())
        proposal_id = kept.id
    flash(_("La personne est indisponible. Voici à qui iraient ses dossiers."), "success")
    return redirect(url_for("official.assignment_proposal", call_id=call_id, proposal_id=proposal_id))


@blueprint.post("/<call_id>/evaluateurs/<person_id>/retour")
@requires(Permission.REVIEWERS_MANAGE)
def reviewer_comes_back(call_id: str, person_id: str) -> ResponseReturnValue:
    with writing() as session:
        call_of_page(session, call_id)
        set_available(
            session, actor=signed_in(), call_id=call_id, person_id=person_id, available=True, now=arrived_at()
        )
    flash(_("La personne est de nouveau disponible."), "success")
    return redirect(url_for("official.reviewers", call_id=call_id))
