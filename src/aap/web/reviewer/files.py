"""A dossier's files, for the reviewer it is given to."""

from __future__ import annotations

from flask import send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.documents.incoming.incoming_file import RefusedFile
from aap.services.audit import Subject
from aap.services.permissions import Permission
from aap.services.review.given_files import open_file
from aap.web.access import requires
from aap.web.context import consulted, platform, reading, signed_in
from aap.web.errors import error_page
from aap.web.reviewer.home import blueprint


@blueprint.get("/dossiers/<application_id>/pieces/<document_id>/<path:name>")
@requires(Permission.REVIEW_READ)
def file(application_id: str, document_id: str, name: str) -> ResponseReturnValue:  # noqa: ARG001  (for the browser's tab)
    """The file; shown in the browser when its kind is harmless, else downloaded."""
    with reading() as session:
        served = open_file(session, actor=signed_in(), application_id=application_id, document_id=document_id)
    held = served.file
    try:
        content = served.content(platform().files)
    except RefusedFile:
        return error_page(
            409,
            _("Ce fichier ne peut pas vous être montré"),
            _(
                "L’évaluation se fait à l’aveugle, et le nom de l’auteur n’a pas pu être retiré du fichier. Dites-le au service."
            ),
        )
    consulted("document.read", Subject("application", application_id, served.call_id))
    answer = send_file(
        content,
        mimetype=held.content_type if held.inline else "application/octet-stream",
        as_attachment=not held.inline,
        download_name=held.name,
        max_age=0,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
