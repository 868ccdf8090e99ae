"""A call for everybody: its page, its questions, the questionnaire to work on, the rules as a file."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from aap.core.call.canonical import canonical_hash
from aap.core.call.wording import condition_in_words
from aap.documents.media_types import PDF
from aap.documents.papers.dossier import blank_questionnaire, limits
from aap.services.call.public_calls import (
    Phase,
    PublicCall,
    phase_of,
    public_call,
    started_call,
    with_current_dates,
)
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading
from aap.web.kept_files import kept_answer, kept_file, public, version_of
from aap.web.public.blueprint import blueprint
from aap.web.public.words import (
    amounts,
    authority_name,
    countdown,
    dates,
    phase_badge,
    phone_words,
    privacy_words,
    rules_by_id,
)


def _open(call_id: str) -> PublicCall:
    with reading() as session:
        return public_call(session, call_id)


@blueprint.get("/appels/<call_id>")
@requires(Permission.PUBLIC_READ)
def call(call_id: str) -> str:
    """For whom, how much, when, how it is judged, what to prepare: the call in one page."""
    now = arrived_at()
    found = _open(call_id)
    phase = phase_of(found.opened, now)
    return render_template(
        "public/call.html",
        call=found,
        identity=found.file.call,
        authority=authority_name(found.file.call),
        now=now,
        phase=phase,
        badge=phase_badge(phase),
        open=phase is Phase.OPEN,
        dates=dates(found.opened, phase),
        left=countdown(found.opened, phase, now),
        deadline=found.opened.accepted_until if phase is Phase.GRACE else found.opened.record.closes_at,
        amounts=amounts(found.file),
        rules=rules_by_id(found.file),
        privacy=privacy_words(found.file),
        phone=phone_words(found.file.call),
        count=sum(len(section.questions) for section in found.file.form.sections),
    )


@blueprint.get("/appels/<call_id>/questions")
@requires(Permission.PUBLIC_READ)
def questions(call_id: str) -> str:
    """Every question of the dossier, to read before starting."""
    found = _open(call_id)
    return render_template(
        "public/questions.html",
        call=found,
        sections=found.file.form.sections,
        limits=limits,
        condition=lambda shown_if: condition_in_words(found.file, shown_if),
        open=phase_of(found.opened, arrived_at()) is Phase.OPEN,
    )


@blueprint.get("/appels/<call_id>/questionnaire.pdf")
@requires(Permission.PUBLIC_READ)
def questionnaire(call_id: str) -> ResponseReturnValue:
    """The same questions as a PDF, with room to write: made once a call file and its dates."""
    with reading() as session:
        opened = started_call(session, call_id)
    file = with_current_dates(opened)
    name = f"questionnaire-{opened.id}.pdf"
    path = kept_file(name, version_of(canonical_hash(file)), lambda: blank_questionnaire(file))
    return kept_answer(path, name, PDF, attachment=False)


@blueprint.get("/appels/<call_id>/regles.json")
@requires(Permission.PUBLIC_READ)
def rules_file(call_id: str) -> Response:
    """What ranks (rubric, scoring, selection), byte for byte as it was sealed: its SHA-256 is the call's."""
    found = _open(call_id)
    name = f"regles-{found.id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return public(Response(found.rules, mimetype="application/json", headers=headers), etag=found.rules_hash)
