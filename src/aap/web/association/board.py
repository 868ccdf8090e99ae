"""Letting the board read the dossier: the links that its association makes, and the page that they open, without an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.questions.base.in_words import SectionReading
from aap.core.values import parse_day
from aap.services.dossier.dossiers import announced_deadline
from aap.services.dossier.readable import AttachedFile, readings
from aap.services.dossier.reading_links import (
    MOST_DAYS,
    SharedDossier,
    last_day_of,
    make_link,
    note_opening,
    open_reading,
    own_links,
    revoke_link,
)
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import document_note
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.http_files import file_answer
from aap.web.public_links import PublicLinks
from aap.web.wording.sentences import worded

# --- the association's side -------------------------------------------------------------------------------------------


@blueprint.get("/dossiers/<application_id>/relectures")
@requires(Permission.APPLICATION_SHARE)
def board_links(application_id: str) -> str:
    """The links that were made, and a form for another."""
    return _links_page(application_id)


@blueprint.post("/dossiers/<application_id>/relectures")
@requires(Permission.APPLICATION_SHARE)
def make_board_link(application_id: str) -> ResponseReturnValue:
    """Makes a link; the page that answers is the only one that shows it."""
    try:
        with writing() as session:
            link, token = make_link(
                session, actor=signed_in(), application_id=application_id, name=request.form.get("name", ""),
                until=_typed_day(), shown=request.form.getlist("shown"), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _links_page(application_id, problems=worded(error.problems)), 422
    address = PublicLinks(platform().settings.base_url).board(token)
    answer = make_response(_links_page(application_id, made=link.id, address=address))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/dossiers/<application_id>/relectures/<link_id>/fin")
@requires(Permission.APPLICATION_SHARE)
def end_board_link(application_id: str, link_id: str) -> ResponseReturnValue:
    with writing() as session:
        revoke_link(session, actor=signed_in(), application_id=application_id, link_id=link_id, now=arrived_at())
    flash(_("Ce lien n’ouvre plus rien."), "success")
    return redirect(url_for("association.board_links", application_id=application_id), 303)


def _typed_day() -> date | None:
    try:
        return parse_day(request.form.get("until", ""))
    except ValueError:
        return None


def _links_page(
    application_id: str, *, problems: dict[str, str] | None = None, made: str = "", address: str = ""
) -> str:
    with reading() as session:
        found = own_links(session, actor=signed_in(), application_id=application_id, now=arrived_at())
    typed = request.form if problems else None
    return render_template(
        "association/board_links.html",
        dossier=found.dossier,
        found=found,
        problems=problems or {},
        made=made,
        address=address,
        name=typed.get("name", "") if typed else "",
        until=typed.get("until", "") if typed else found.usual_day.isoformat(),
        shown=typed.getlist("shown") if typed else [one.question for one in found.files if one.advised],
        most_days=MOST_DAYS,
    )


# --- the reader's side ------------------------------------------------------------------------------------------------


@blueprint.get("/relecture/<token>")
@requires(Permission.PUBLIC_READ)
def board_reading(token: str) -> ResponseReturnValue:
    """The dossier, to read, for who holds the link."""
    try:
        with reading() as session:
            shared = open_reading(session, token=token, now=arrived_at())
    except NotFound:
        return _unreferred(make_response(render_template("association/board_over.html"), 404))
    if shared.uncounted:
        with writing() as session:
            note_opening(session, token=token, now=arrived_at())
    page = render_template(
        "association/board_reading.html",
        shared=shared,
        dossier=shared.dossier,
        last_day=last_day_of(shared.link),
        deadline=announced_deadline(shared.dossier),
        requested=project.request if (project := shared.dossier.budget("project")) else 0,
        readings=_readings(shared, token),
        now=arrived_at(),
    )
    return _unreferred(make_response(page))


@blueprint.get("/relecture/<token>/pieces/<document_id>")
@requires(Permission.PUBLIC_READ)
def board_file(token: str, document_id: str) -> ResponseReturnValue:
    """A file that the link opens."""
    try:
        with reading() as session:
            found = open_reading(session, token=token, now=arrived_at()).file(document_id)
    except NotFound:
        return _unreferred(make_response(render_template("association/board_over.html"), 404))
    return _unreferred(file_answer(platform().files.open(found.sha256), found.name, found.content_type))


def _readings(shared: SharedDossier, token: str) -> tuple[SectionReading, ...]:
    files = {
        question: [
            AttachedFile(
                one.name, one.size, url_for("association.board_file", token=token, document_id=one.id), document_note(one)
            )
            for one in held
        ]
        for question, held in shared.dossier.files.items()
    }  # fmt: skip
    words = _("Ce lien ne montre pas cette pièce.")
    return tuple(
        replace(
            section,
            answers=tuple(
                replace(one, kind="text", text=words, files=()) if one.id in shared.kept_back else one
                for one in section.answers
            ),
        )
        for section in readings(shared.dossier, files)
    )


def _unreferred(answer: Response) -> Response:
    """No page learns the address; search engines and caches don't of any such address (`web/security_headers.py`)."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
