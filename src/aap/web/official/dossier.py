"""One dossier: read it whole, screen it, ask for completion, write to the association, correct it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core import french
from aap.core.call.attribute_names import theme_titles
from aap.core.scoring.marking import title_of
from aap.documents.media_types import SHOWN_INLINE, MadeFile
from aap.records.calls import CallState
from aap.services.audit import Subject
from aap.services.call.calls import OpenedCall
from aap.services.candidates.known import known_of
from aap.services.decision.deciding import decision_line
from aap.services.dossier.access import dossier_target, find_dossier
from aap.services.dossier.completion import ask_completion
from aap.services.dossier.messages import write_message
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission, allowed
from aap.services.platform import Session
from aap.services.ranking.runs import latest_run
from aap.services.screening.dossier_history import dossier_history
from aap.services.screening.official_dossier import READ, FileLine, InspectedDossier, inspect_dossier, open_document
from aap.services.screening.proposed_amounts import may_propose, propose_amount
from aap.services.screening.queue import ToScreen, to_screen
from aap.services.screening.screening import (
    attribute_labels,
    attribute_values,
    correct_attribute,
    screen_application,
)
from aap.web import audit_words, state_words
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, links, platform, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, paris_moment, show_call_page, typed_cents
from aap.web.register_words import register_lines, register_notes
from aap.web.wording.sentences import worded

_FIELDS = {
    # form → field of the problem → id of its input on the page
    "recevabilite": {"eligible": "eligible", "reason": "motif-recevabilite"},
    "complements": {"sections": "sections", "message": "message", "due_at": "due_day"},
    "messages": {"body": "body"},
    "donnees": {"name": "name", "values": "values", "evidence": "evidence"},
    "montant": {"amount": "amount", "reason": "justification"},
}


@blueprint.get("/<call_id>/dossiers/<reference>")
@requires(Permission.DOSSIER_INSPECT)
def dossier(call_id: str, reference: str) -> str:
    return _page(call_id, reference)


@blueprint.get("/<call_id>/dossiers/<reference>/historique")
@requires(Permission.DOSSIER_INSPECT)
def history(call_id: str, reference: str) -> str:
    """Everything that the log says of the dossier, with who read it."""
    typed = request.args.get("avant", "")
    with reading() as session:
        call_of_page(session, call_id)
        found = dossier_history(
            session,
            actor=signed_in(),
            application_id=find_dossier(session, call_id, reference),
            before=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None,
        )
    here: dict[str, Any] = {"call_id": call_id, "reference": reference}
    return show_call_page(
        "history.html",
        found.call,
        application=found.application,
        lines=found.lines,
        actions=audit_words.actions(),
        older=url_for("official.history", **here, avant=found.older) if found.older else None,
        newest=url_for("official.history", **here) if typed else None,
        page_width="page",
    )


def _page(call_id: str, reference: str, form: str = "", problems: dict[str, str] | None = None) -> str:
    """The dossier's page; `form` names the one that was refused, with what is wrong in it."""
    with reading() as session:
        call_of_page(session, call_id)
        application_id = find_dossier(session, call_id, reference)
        held = inspect_dossier(session, actor=signed_in(), application_id=application_id)
        proposing = may_propose(session, held.call)
        queue = _queue(session, held.call, reference)
        known = known_of(session, actor=signed_in(), association=held.association, call_id=call_id)
        ranked = allowed(signed_in(), Permission.RANKING_READ, held.call.target())
        run = latest_run(session, call_id) if ranked else None
        decision = None
        if allowed(signed_in(), Permission.DECISIONS_READ, held.call.target()):
            decision = decision_line(session, actor=signed_in(), call=held.call, application_id=application_id)
    consulted(READ, Subject.of(held.application))
    target = dossier_target(held.call, held.application)
    may = {
        name: allowed(signed_in(), permission, target)
        for name, permission in (
            ("screen", Permission.DOSSIER_SCREEN),
            ("complete", Permission.DOSSIER_COMPLETE),
            ("decide", Permission.JURY_DECIDE),
        )
    }
    readings = held.readings(_files(held, call_id))
    labels = attribute_labels(held.call)
    values = attribute_values(held.call, held.application)
    return show_call_page(
        "dossier.html",
        held.call,
        dossier=held,
        application=held.application,
        readings=readings,
        register_lines=register_lines(held.association, held.registered),
        register_notes=register_notes(held.registered),
        section_choices=[(section.id, french.spaced(section.title)) for section in readings],
        checks=held.eligibility.outcomes,
        loose=[file for file in held.files if file.question not in _questions(held)],
        attributes=labels,
        attribute_pairs=[(french.spaced(label), ", ".join(values[name])) for name, label in labels.items()],
        criteria=held.call.file.rubric.criteria,
        criterion_titles={one.id: title_of(one) for one in held.call.file.rubric.criteria},
        themes=theme_titles(held.call.file),
        states=state_words.application_states(),
        kinds=state_words.APPLICATION_KINDS,
        confidences=state_words.confidence_words(),
        jury_kinds=words.jury_kinds(),
        arbitrated_kinds=words.arbitrated_kinds(),
        actions=audit_words.actions(),
        may=may,
        queue=queue,
        known=known,
        proposes=held.call.file.selection.amounts == "proposed",
        may_propose=may["screen"] and proposing,
        run_number=run.number if run else None,
        decision=decision,
        outcomes=words.outcomes(),
        outcome_kinds=words.OUTCOME_KINDS,
        form=form,
        problems=problems or {},
        problem_links=[(_FIELDS.get(form, {}).get(name), message) for name, message in (problems or {}).items()],
        typed=request.form if form else {},
        now=arrived_at(),
    )


def _queue(session: Session, call: OpenedCall, reference: str) -> ToScreen | None:
    """What else waits to be screened, while that is what is done in the call."""
    if call.state not in (CallState.CLOSED, CallState.REVIEWING):
        return None
    return to_screen(session, actor=signed_in(), call=call, after=reference)


def _questions(held: InspectedDossier) -> set[str]:
    found = set()
    for section in held.call.file.form.sections:
        for question in section.questions:
            found |= {question.id, *(inner.id for inner in question.inner())}
    return found


def _files(held: InspectedDossier, call_id: str) -> dict[str, list[FileLine]]:
    found: dict[str, list[FileLine]] = {}
    for file in held.files:
        url = url_for(
            "official.dossier_file", call_id=call_id, reference=held.application.reference, document_id=file.id
        )
        found.setdefault(file.question, []).append(dataclasses.replace(file, url=url))
    return found


@blueprint.get("/<call_id>/dossiers/<reference>/pieces/<document_id>")
@requires(Permission.DOSSIER_INSPECT)
def dossier_file(call_id: str, reference: str, document_id: str) -> Response:
    """A file of the dossier; the download is logged. Only PDF and pictures show in the browser."""
    with writing() as session:
        call_of_page(session, call_id)
        file = open_document(
            session,
            actor=signed_in(),
            application_id=find_dossier(session, call_id, reference),
            document_id=document_id,
            now=arrived_at(),
        )
    made = MadeFile(file.name, file.content_type, platform().files.read(file.sha256))
    return hand_out(made, inline=file.content_type in SHOWN_INLINE)


def _change(
    call_id: str, reference: str, form: str, change: Callable[[Session, str], object], done: str
) -> ResponseReturnValue:
    """Does one change and comes back to the dossier; refused input stays on the page, beside its field."""
    try:
        with writing() as session:
            call_of_page(session, call_id)
            change(session, find_dossier(session, call_id, reference))
    except InvalidInput as refused:
        return _page(call_id, reference, form, worded(refused.problems)), 422
    flash(done, "success")
    return redirect(url_for("official.dossier", call_id=call_id, reference=reference))


@blueprint.post("/<call_id>/dossiers/<reference>/recevabilite")
@requires(Permission.DOSSIER_SCREEN)
def screen(call_id: str, reference: str) -> ResponseReturnValue:
    answer = request.form.get("eligible", "")

    def change(session: Session, application_id: str) -> None:
        if answer not in ("oui", "non"):
            raise InvalidInput({"eligible": Objection("page.answer_missing")})
        screen_application(
            session,
            actor=signed_in(),
            application_id=application_id,
            eligible=answer == "oui",
            reason=request.form.get("reason", ""),
            now=arrived_at(),
        )

    done = _("Le dossier est recevable.") if answer == "oui" else _("Le dossier est irrecevable.")
    answered = _change(call_id, reference, "recevabilite", change, f"{reference}\u00a0: {done}")
    if isinstance(answered, tuple) or "suivant" not in request.form:
        return answered
    with reading() as session:
        queue = _queue(session, call_of_page(session, call_id), reference)
    return redirect(_following(call_id, queue))


def _following(call_id: str, queue: ToScreen | None) -> str:
    """The next dossier to screen, where its opinion is given; the list where none waits."""
    if queue is None or not queue.following:
        return url_for("official.candidates", call_id=call_id)
    return url_for("official.dossier", call_id=call_id, reference=queue.following, _anchor="instruction")


@blueprint.post("/<call_id>/dossiers/<reference>/complements")
@requires(Permission.DOSSIER_COMPLETE)
def complete(call_id: str, reference: str) -> ResponseReturnValue:
    def change(session: Session, application_id: str) -> None:
        ask_completion(
            session,
            actor=signed_in(),
            application_id=application_id,
            sections=request.form.getlist("sections"),
            message=request.form.get("message", ""),
            due_at=paris_moment(request.form.get("due_day", ""), "23:59"),
            links=links(),
            now=arrived_at(),
        )

    return _change(call_id, reference, "complements", change, _("La demande est envoyée à l’association."))


@blueprint.post("/<call_id>/dossiers/<reference>/messages")
@requires(Permission.DOSSIER_INSPECT)
def message(call_id: str, reference: str) -> ResponseReturnValue:
    def change(session: Session, application_id: str) -> None:
        write_message(
            session,
            actor=signed_in(),
            application_id=application_id,
            body=request.form.get("body", ""),
            links=links(),
            now=arrived_at(),
        )

    return _change(call_id, reference, "messages", change, _("Le message est envoyé."))


@blueprint.post("/<call_id>/dossiers/<reference>/donnees")
@requires(Permission.DOSSIER_SCREEN)
def correct(call_id: str, reference: str) -> ResponseReturnValue:
    def change(session: Session, application_id: str) -> None:
        correct_attribute(
            session,
            actor=signed_in(),
            application_id=application_id,
            name=request.form.get("name", ""),
            values=request.form.get("values", "").split(","),
            evidence=request.form.get("evidence", ""),
            now=arrived_at(),
        )

    return _change(call_id, reference, "donnees", change, _("La donnée est corrigée."))


@blueprint.post("/<call_id>/dossiers/<reference>/montant")
@requires(Permission.DOSSIER_SCREEN)
def amount(call_id: str, reference: str) -> ResponseReturnValue:
    def change(session: Session, application_id: str) -> None:
        propose_amount(
            session,
            actor=signed_in(),
            application_id=application_id,
            cents=typed_cents(request.form.get("amount", "")),
            reason=request.form.get("reason", ""),
            now=arrived_at(),
        )

    return _change(call_id, reference, "montant", change, _("Le montant proposé est enregistré."))
