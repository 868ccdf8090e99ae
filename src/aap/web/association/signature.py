"""The legal representative's page: reads the dossier by the mailed link, without an account, and approves it or not."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aap.core import french
from aap.services.dossier.dossiers import announced_deadline
from aap.services.dossier.readable import AttachedFile, readings
from aap.services.dossier.signing import SignatureCase, answer_signature, open_signature
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.answers import yes_or_no
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import document_note
from aap.web.context import arrived_at, links, platform, reading, writing
from aap.web.http_files import file_answer
from aap.web.wording.sentences import worded


@blueprint.get("/signature/<token>")
@requires(Permission.PUBLIC_READ)
def signature(token: str) -> str:
    with reading() as session:
        case = open_signature(session, token=token, now=arrived_at())
    return _page(case, token, {})


@blueprint.post("/signature/<token>")
@requires(Permission.PUBLIC_READ)
def sign(token: str) -> ResponseReturnValue:
    """Approves (`answer` = oui) or sends back with a remark. Answered twice, the first answer stands."""
    try:
        with writing() as session:
            answer_signature(
                session, token=token, approved=yes_or_no("answer"),
                remark=request.form.get("remark", ""), address=request.remote_addr or "", links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        with reading() as session:
            case = open_signature(session, token=token, now=arrived_at())
        return _page(case, token, worded(error.problems)), 422
    return redirect(url_for("association.signature", token=token), 303)


@blueprint.get("/signature/<token>/pieces/<document_id>")
@requires(Permission.PUBLIC_READ)
def signature_file(token: str, document_id: str) -> ResponseReturnValue:
    """A file of the dossier, for who holds the link."""
    with reading() as session:
        case = open_signature(session, token=token, now=arrived_at())
    found = next((one for one in case.dossier.documents if one.id == document_id), None)
    if found is None:
        raise NotFound("document", document_id)
    return file_answer(platform().files.open(found.sha256), found.name, found.content_type)


def _page(case: SignatureCase, token: str, problems: dict[str, str]) -> str:
    files = {
        question: [
            AttachedFile(
                one.name, one.size, url_for("association.signature_file", token=token, document_id=one.id),
                document_note(one),
            )
            for one in held
        ]
        for question, held in case.dossier.files.items()
    }  # fmt: skip
    return render_template(
        "association/signature.html",
        case=case,
        dossier=case.dossier,
        readings=readings(case.dossier, files),
        attestations=[french.spaced(text) for text in case.dossier.call.file.form.attestations],
        deadline=announced_deadline(case.dossier),
        token=token,
        problems=problems,
        remark=request.form.get("remark", ""),
        now=arrived_at(),
    )
