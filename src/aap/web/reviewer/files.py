"""A dossier's files, for the reviewer it is given to."""

from __future__ import annotations

from flask import Response, send_file

from aap.services.audit import Subject
from aap.services.permissions import Permission
from aap.services.review.reviewer_pages import open_file
from aap.web.access import requires
from aap.web.context import consulted, platform, reading, signed_in
from aap.web.reviewer.home import blueprint


@blueprint.get("/dossiers/<application_id>/pieces/<document_id>/<path:name>")
@requires(Permission.REVIEW_READ)
def file(application_id: str, document_id: str, name: str) -> Response:  # noqa: ARG001  (the name is for the browser's tab)
    """The file; shown in the browser when its kind is harmless, else downloaded."""
    with reading() as session:
        served = open_file(session, actor=signed_in(), application_id=application_id, document_id=document_id)
    held = served.file
    consulted("document.read", Subject("application", application_id, served.call_id))
    answer = send_file(
        platform().files.open(served.sha256),
        mimetype=held.content_type if held.inline else "application/octet-stream",
        as_attachment=not held.inline,
        download_name=held.name,
        max_age=0,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
