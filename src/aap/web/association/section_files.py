"""The files of a section's questions: sent with the page, or by the script as they are chosen, whole or in pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from aap.core.questions.base.question import Question
from aap.core.questions.file import FileQuestion
from aap.core.values import parse_year
from aap.documents.incoming.incoming_file import IncomingFile, RefusedFile
from aap.records.store_faults import StoreFault, fault_of
from aap.records.territories import territories
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import OpenedDossier, form_to_fill
from aap.services.dossier.pieces import MOST_FILES, Pieces, TooMuchUnderWay
from aap.services.dossier.safe import safe_offers
from aap.services.dossier.uploads import attach, limits_for, receive
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import listed_files, offered
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.forms import SectionForm
from aap.web.http_files import sent_files
from aap.web.numbers import bounded_number
from aap.web.wording.sentences import sentences

NO_YEAR = lazy_gettext("Indiquez une année, par exemple 2024.")
DISK_FULL = lazy_gettext(
    "Ce fichier n’a pas pu être enregistré. Rien d’autre n’est perdu\u00a0: réessayez dans un instant."
)


def upload_url(dossier: OpenedDossier, question: Question, page: str) -> str:
    """Where the script sends a question's files; empty for a question without files."""
    if not isinstance(question, FileQuestion):
        return ""
    return url_for("association.upload", application_id=dossier.id, question_id=question.id, page=page)


def take_uploads(
    application_id: str, call: OpenedCall, form: SectionForm
) -> tuple[dict[str, str], OpenedDossier | None]:
    """Stores what came with the page. Gives question → why it was refused, and the dossier with what was stored."""
    refusals: dict[str, str] = {}
    received: OpenedDossier | None = None
    for question in form.section.questions:
        if isinstance(question, FileQuestion) and request.files.getlist(f"f.{question.id}"):
            taken = take_upload(application_id, call, question.id)
            received = taken.dossier or received
            if taken.refusal:
                refusals[question.id] = taken.refusal
    return refusals, received


def _piece(pieces: Pieces) -> int | None:
    """How much of a file has arrived, with what was posted; None where no place is named."""
    place = request.form.get("place", "")
    if not place:
        return None
    piece = request.files.get("piece")
    content = piece.stream.read() if piece else b""
    return pieces.add(bounded_number(place), bounded_number(request.form.get("offset", "")), content, now=arrived_at())


def _whole(pieces: Pieces, named: str) -> list[IncomingFile]:
    """The files that have arrived, `named` by a list of name, size and day of change; none where one isn't whole."""
    try:
        names = [(str(name), int(size)) for name, size, _changed in json.loads(named)]
    except (ValueError, TypeError):
        return []
    contents = pieces.whole([size for _name, size in names]) if 0 < len(names) <= MOST_FILES else None
    return [IncomingFile(name, content) for (name, _size), content in zip(names, contents or (), strict=False)]


def status_of(refusals: Mapping[str, str]) -> int:
    return 507 if str(DISK_FULL) in refusals.values() else 422


@dataclass(frozen=True)
class TakenUpload:
    """What became of the files sent for a question: why they were refused, or the dossier with them. Neither: none."""

    refusal: str = ""
    dossier: OpenedDossier | None = None


def take_upload(
    application_id: str, call: OpenedCall, question_id: str, name: str = "", files: Sequence[IncomingFile] = ()
) -> TakenUpload:
    """Stores the files sent for one question. `name`: the input's, where it isn't the question's own; `files`: those that
    came in pieces."""
    files = files or sent_files(name or f"f.{question_id}")
    if not files:
        return TakenUpload()
    limits = limits_for(call, question_id)
    typed_year = request.form.get(f"year.{question_id}", "").strip()
    try:
        year = parse_year(typed_year) if typed_year else None
    except ValueError:
        return TakenUpload(str(NO_YEAR))
    try:
        stored = receive(
            platform(),
            files,
            limits.accept,
            max_megabytes=limits.megabytes,
            reduce=f"reduce.{question_id}" in request.form,
        )
        with writing() as session:
            dossier = attach(
                session, actor=signed_in(), application_id=application_id, question_id=question_id, files=stored,
                now=arrived_at(), year=year,
            )  # fmt: skip
    except RefusedFile as refused:
        return TakenUpload(f"{refused.name}\u00a0: {refused.message}")
    except InvalidInput as error:
        return TakenUpload(sentences(error.problems))
    except Exception as error:
        if fault_of(error) is not StoreFault.FULL:
            raise
        return TakenUpload(str(DISK_FULL))
    return TakenUpload(dossier=dossier)


@blueprint.post("/dossiers/<application_id>/pieces/<question_id>")
@requires(Permission.APPLICATION_EDIT)
def upload(application_id: str, question_id: str) -> ResponseReturnValue:
    """Files sent by the script, apart from the page: JSON with the question as it now stands, or why they are refused.

    In pieces: `upload` names the files (see `upload.js`), `place` and `offset` say where the `piece` belongs; answered by
    `received`, from where the next one goes on. Without a place they are whole.
    """
    with reading() as session:
        call = form_to_fill(session, actor=signed_in(), application_id=application_id)
    files: list[IncomingFile] = []
    pieces = None
    if named := request.form.get("upload", ""):
        largest = max(limits_for(call, question_id).megabytes, platform().settings.max_request_mb) * 1_000_000
        root = platform().settings.instance / "pieces"
        pieces = Pieces.of(root, signed_in(), application_id, question_id, named, largest=largest)
        try:
            received = _piece(pieces)
            if received is None:
                files = _whole(pieces, named)
        except TooMuchUnderWay:
            return jsonify(error=_("Ce fichier est trop lourd. Réduisez-le, ou envoyez-le en plusieurs fichiers.")), 422
        except OSError as error:
            if fault_of(error) is not StoreFault.FULL:
                raise
            return jsonify(error=str(DISK_FULL)), 507
        if not files:
            return jsonify(received=received or 0)
    taken = take_upload(application_id, call, question_id, files=files)
    if pieces is not None and taken.refusal != DISK_FULL:
        pieces.drop()
    if taken.refusal == DISK_FULL:
        return jsonify(error=taken.refusal), 507
    if taken.dossier is None:
        return jsonify(error=taken.refusal or _("Choisissez d’abord un fichier.")), 422
    found = taken.dossier
    with reading() as session:
        offers = offered(safe_offers(session, found))
    page = request.args.get("page", "")
    holding = next(one for one in found.visible if any(q.id == question_id for q in one.questions))
    form = SectionForm(
        holding, found.typed_in(holding), territories(), files=listed_files(found, holding, page), offers=offers
    )
    field = form[question_id]
    field.upload_url = upload_url(found, field.question, page)
    return jsonify(html=render_template("association/file_question.html", field=field))
