"""Files: reading one, and the association's safe."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.delays import paris
from aap.core.values import parse_day, parse_year
from aap.documents.incoming.incoming_file import RefusedFile
from aap.records.people import MembershipRole
from aap.services.association.associations import get_association
from aap.services.dossier.safe import SAFE_KINDS, SAFE_MEGABYTES, add_to_safe, remove_from_safe, safe_documents
from aap.services.dossier.uploads import readable_document, receive
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import document_note
from aap.web.association.safe_words import safe_kinds
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.http_files import file_answer, sent_files
from aap.web.wording.sentences import worded


@blueprint.get("/documents/<document_id>")
@requires(Permission.ASSOCIATION_READ)
def document(document_id: str) -> ResponseReturnValue:
    with reading() as session:
        found = readable_document(session, actor=signed_in(), document_id=document_id)
    return file_answer(platform().files.open(found.sha256), found.name, found.content_type)


@blueprint.route("/associations/<association_id>/documents", methods=["GET"])
@requires(Permission.ASSOCIATION_READ)
def safe(association_id: str) -> str:
    return _page(association_id, {}, {})


def _page(association_id: str, problems: dict[str, str], typed: dict[str, str]) -> str:
    actor = signed_in()
    with reading() as session:
        association = get_association(session, actor=actor, association_id=association_id)
        documents = safe_documents(session, actor=actor, association_id=association_id)
    return render_template(
        "association/safe.html",
        association=association,
        documents=[(one, document_note(one)) for one in documents],
        kinds=safe_kinds(),
        may_edit=actor.memberships[association_id] is not MembershipRole.READER,
        problems=problems,
        typed=typed,
        limit=SAFE_MEGABYTES,
        today=paris(arrived_at()).date(),
    )


@blueprint.post("/associations/<association_id>/documents")
@requires(Permission.ASSOCIATION_EDIT)
def keep(association_id: str) -> ResponseReturnValue:
    """Puts files in the safe."""
    typed = {name: request.form.get(name, "") for name in ("kind", "year", "provisional", "promised_on")}
    problems: dict[str, str] = {}
    year = None
    if typed["year"]:
        try:
            year = parse_year(typed["year"])
        except ValueError:
            problems["year"] = _("Indiquez une année, par exemple 2024.")
    promised = None
    if typed["promised_on"]:
        try:
            promised = parse_day(typed["promised_on"])
        except ValueError:
            problems["promised_on"] = _("Ce n’est pas une date. Écrivez-la par exemple 28/06/2026.")
    files = sent_files("files")
    if not files:
        problems["files"] = _("Choisissez un fichier.")
    if typed["kind"] not in SAFE_KINDS:
        problems["kind"] = _("Choisissez ce qu’est ce document.")
    if not problems:
        try:
            stored = receive(
                platform(), files, ("pdf", "image", "spreadsheet", "document"), max_megabytes=SAFE_MEGABYTES
            )
            with writing() as session:
                add_to_safe(
                    session, actor=signed_in(), association_id=association_id, kind=typed["kind"], year=year,
                    provisional=bool(typed["provisional"]), promised_on=promised, files=stored, now=arrived_at(),
                )  # fmt: skip
        except RefusedFile as refused:
            problems["files"] = f"{refused.name}\u00a0: {refused.message}"
        except InvalidInput as error:
            problems.update(worded(error.problems))
    if problems:
        return _page(association_id, problems, typed), 422
    flash(_("Le document est dans votre coffre."), "success")
    return redirect(url_for("association.safe", association_id=association_id))


@blueprint.post("/associations/<association_id>/documents/<document_id>/retirer")
@requires(Permission.ASSOCIATION_EDIT)
def drop(association_id: str, document_id: str) -> ResponseReturnValue:
    with writing() as session:
        remove_from_safe(
            session, actor=signed_in(), association_id=association_id, document_id=document_id, now=arrived_at()
        )
    flash(_("Le document est retiré du coffre. Les dossiers qui l’utilisent le gardent."), "success")
    return redirect(url_for("association.safe", association_id=association_id))
