"""Filling a dossier in: its task list, one section a page, autosave, the read-through."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.answers import RAW
from aap.core.call.schema import Section
from aap.core.eligibility import asked
from aap.documents.incoming import RefusedFile
from aap.records.people import MembershipRole
from aap.records.territories import territories
from aap.services.applying import SavedSection, StaleSection, answer_eligibility, save_section
from aap.services.dossiers import Dossier, employees_of, open_dossier
from aap.services.errors import InvalidInput, NotFound, StateForbids
from aap.services.permissions import Permission
from aap.services.submitting import deadline_of, dossier_pdf, readings
from aap.services.uploads import attach, limits_for, receive, remove_document, safe_offers, take_from_safe
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import differences, listed_files, offered, read_files, time_left
from aap.web.association.states import standing
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.filters import clock
from aap.web.forms import PREFIX, SectionForm, request_limits
from aap.web.sent_files import pdf_answer, sent_files


@blueprint.get("/dossiers/<application_id>")
@requires(Permission.APPLICATION_READ)
def dossier(application_id: str) -> str:
    """Where the dossier stands and what is left to do."""
    actor, now = signed_in(), arrived_at()
    with reading() as session:
        found = open_dossier(session, actor=actor, application_id=application_id)
    deadline = deadline_of(found)
    return render_template(
        "association/dossier.html",
        dossier=found,
        standing=standing(found.state, found.call, now, found.completion.due_at if found.completion else None),
        tasks=_tasks(found),
        editable=found.state in ("draft", "to_complete"),
        may_edit=actor.memberships[found.association.id] is not MembershipRole.READER,
        ready=not found.errors and found.eligibility.verdict != "unknown",
        deadline=deadline,
        left=time_left(deadline, now),
        now=now,
    )


def _tasks(dossier: Dossier) -> list[dict[str, Any]]:
    tasks = []
    if asked(dossier.call.file.eligibility) and dossier.state == "draft":
        verdict = dossier.eligibility.verdict
        state, kind = {
            "yes": (_("Complet"), "success"),
            "no": (_("Une condition n’est pas remplie"), "danger"),
            "to_check": (_("À vérifier par le service"), "info"),
            "unknown": (_("À remplir"), "neutral"),
        }[verdict]
        url = url_for("association.eligibility", application_id=dossier.id)
        tasks.append({"label": _("Vérifier que vous pouvez répondre"), "url": url, "state": state, "kind": kind})
    for section in dossier.visible:
        state, kind = section_state(dossier, section)
        tasks.append(
            {
                "label": section.title,
                "url": url_for("association.section", application_id=dossier.id, section_id=section.id),
                "state": state,
                "kind": kind,
            }
        )
    return tasks


def section_state(dossier: Dossier, section: Section) -> tuple[str, str]:
    """(words, kind of badge) of a section's state."""
    if not dossier.is_open(section.id):
        return _("Fermée"), "neutral"
    errors = [one for one in dossier.problems.get(section.id, ()) if one.severity == "error"]
    wrong = sum(one.code != "missing" for one in errors)
    held = dossier.sections.get(section.id)
    files = any(question.id in dossier.files for question in section.questions)
    if not errors:
        return _("Complet"), "success"
    if (held is None or not (held.answers or held.raw)) and not files:
        return _("Pas commencé"), "neutral"
    if wrong:
        return ngettext("%(num)s réponse à corriger", "%(num)s réponses à corriger", wrong), "danger"
    return ngettext("%(num)s réponse manquante", "%(num)s réponses manquantes", len(errors)), "warning"


@blueprint.route("/dossiers/<application_id>/recevabilite", methods=["GET", "POST"])
@requires(Permission.APPLICATION_READ)
def eligibility(application_id: str) -> ResponseReturnValue:
    """The call's rules, answered once more with what the dossier says."""
    actor = signed_in()
    if request.method == "POST":
        answers = {key.removeprefix("e."): value for key, value in request.form.items() if key.startswith("e.")}
        with writing() as session:
            answer_eligibility(session, actor=actor, application_id=application_id, answers=answers, now=arrived_at())
        return redirect(url_for("association.eligibility", application_id=application_id))
    with reading() as session:
        found = open_dossier(session, actor=actor, application_id=application_id)
    return render_template("association/eligibility.html", dossier=found, result=found.eligibility)


# --- one section a page -----------------------------------------------------------------------------------------------


class _Reading:
    """Builds the section's form from the post, for the dossier that the save has opened."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.form: SectionForm | None = None

    def __call__(self, dossier: Dossier, section: Section) -> Mapping[str, Any]:
        self.form = SectionForm(
            section, dossier.answers, territories(), post=request.form, files=listed_files(dossier, section, self.page)
        )
        return self.form.own_answers()


def _save(application_id: str, section_id: str, page: str) -> tuple[SavedSection, SectionForm]:
    read = _Reading(page)
    version = request.form.get("version", type=int) or 0
    with writing() as session:
        saved = save_section(
            session, actor=signed_in(), application_id=application_id, section_id=section_id, read=read,
            version=version, page=page, now=arrived_at(),
        )  # fmt: skip
    assert read.form is not None
    read.form.version = saved.version
    return saved, read.form


def _check(dossier: Dossier, form: SectionForm, *, missing: bool) -> None:
    form.check(limits=request_limits(dossier.call.file.call), employees=employees_of(dossier.answers), missing=missing)


@blueprint.post("/dossiers/<application_id>/sections/<section_id>/enregistrement")
@requires(Permission.APPLICATION_EDIT)
def autosave(application_id: str, section_id: str) -> ResponseReturnValue:
    """What the script sends while a person types (see docs/dossier-forms.md for the answers)."""
    try:
        saved, form = _save(application_id, section_id, request.args.get("page", ""))
    except StaleSection as stale:
        return jsonify(conflict=_conflict(application_id, section_id, stale)), 409
    except StateForbids:
        return jsonify(closed=True), 403
    _check(saved.dossier, form, missing=False)
    return jsonify(saved_at=clock(arrived_at()), version=saved.version, errors=form.messages, notes=form.notes)


def _conflict(application_id: str, section_id: str, stale: StaleSection) -> dict[str, Any]:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    section = next(one for one in found.call.file.form.sections if one.id == section_id)
    mine = SectionForm(section, found.answers, territories(), post=request.form).own_answers()
    return {
        "version": stale.version,
        "saved_by": stale.saved_by,
        "saved_at": clock(stale.saved_at),
        "differences": differences(section, {**found.answers, **mine}, {**found.answers, **stale.theirs}),
    }


@blueprint.get("/dossiers/<application_id>/sections/<section_id>")
@requires(Permission.APPLICATION_READ)
def section(application_id: str, section_id: str) -> ResponseReturnValue:
    actor = signed_in()
    with reading() as session:
        found = open_dossier(session, actor=actor, application_id=application_id)
        asked_for = found.section(section_id)
        editable = found.is_open(section_id) and actor.memberships[found.association.id] != MembershipRole.READER
        offers = offered(safe_offers(session, found)) if editable else {}
    if not editable:
        return render_template(
            "association/section_read.html",
            dossier=found,
            section=asked_for,
            reading=next(one for one in readings(found, read_files(found)) if one.id == section_id),
        )
    page = secrets.token_hex(8)
    held = found.sections.get(section_id)
    form = SectionForm(
        asked_for,
        found.answers,
        territories(),
        version=held.version if held else 0,
        files=listed_files(found, asked_for, page),
        offers=offers,
    )
    _check(found, form, missing="controle" in request.args)
    return _section_page(found, form, page, saved_key=request.args.get("enregistre", ""))


def _section_page(
    dossier: Dossier, form: SectionForm, page: str, *, refusals: Mapping[str, str] | None = None,
    conflict: Mapping[str, Any] | None = None, saved_key: str = "", show_summary: bool = True,
) -> str:  # fmt: skip
    for question, message in (refusals or {}).items():
        form[question].messages[f"{PREFIX}{question}"] = message
    summary = form.summary if show_summary else []
    summary = [(f"{PREFIX}{question}", message) for question, message in (refusals or {}).items()] + summary
    ids = [one.id for one in dossier.visible]
    place = ids.index(form.section.id)
    held = dossier.sections.get(form.section.id)
    return render_template(
        "association/section.html",
        dossier=dossier,
        form=form,
        summary=summary,
        page=page,
        place=place + 1,
        count=len(ids),
        before=ids[place - 1] if place else None,
        saved_at=held.updated_at if held else None,
        draft_key=f"{signed_in().person_id}/{dossier.id}/{form.section.id}",
        saved_key=saved_key,
        conflict=conflict,
        budgets=[question for question in form.section.questions if question.type == "budget"],
    )


@blueprint.post("/dossiers/<application_id>/sections/<section_id>")
@requires(Permission.APPLICATION_EDIT)
def save(application_id: str, section_id: str) -> ResponseReturnValue:
    """Saves the page; then does what its button asked: rows, files, the next page."""
    actor, now = signed_in(), arrived_at()
    page = request.args.get("page", "")
    try:
        saved, form = _save(application_id, section_id, page)
    except StaleSection as stale:
        return _stale_page(application_id, section_id, stale), 409
    here = url_for("association.section", application_id=application_id, section_id=section_id)
    verb, _space, rest = request.form.get("edit", "").partition(" ")
    if (document_id := request.args.get("retirer")) is not None:
        with writing() as session:
            question = remove_document(
                session, actor=actor, application_id=application_id, document_id=document_id, now=now
            )
        return redirect(f"{here}#{PREFIX}{question}", 303)
    if verb == "safe":
        question, _space, document_id = rest.partition(" ")
        try:
            with writing() as session:
                take_from_safe(
                    session, actor=actor, application_id=application_id, question_id=question,
                    document_id=document_id, now=now,
                )  # fmt: skip
        except InvalidInput as error:
            return _again(application_id, form, page, refusals=error.problems), 422
        return redirect(f"{here}#{PREFIX}{question}", 303)
    refusals, received = _take_uploads(saved.dossier, form)
    if refusals:
        return _again(application_id, form, page, refusals=refusals), 422
    if verb == "upload":
        if not received:
            return _again(application_id, form, page, refusals={rest: _("Choisissez d’abord un fichier.")}), 422
        return redirect(f"{here}#{PREFIX}{rest}", 303)
    if form.edits:
        return _again(application_id, form, page)
    if received:
        with reading() as session:
            saved = SavedSection(saved.version, open_dossier(session, actor=actor, application_id=application_id))
    _check(saved.dossier, form, missing=False)
    if form.messages:
        return _section_page(saved.dossier, form, page), 422
    if request.form.get("save") == "stay":
        flash(_("C’est enregistré."), "success")
        return redirect(here, 303)
    return redirect(_after(saved.dossier, section_id), 303)


def _after(dossier: Dossier, section_id: str) -> str:
    ids = [one.id for one in dossier.visible]
    key = f"{signed_in().person_id}/{dossier.id}/{section_id}"
    following = ids[ids.index(section_id) + 1 :] if section_id in ids else []
    later = [one for one in following if dossier.is_open(one)]
    if later:
        return url_for("association.section", application_id=dossier.id, section_id=later[0], enregistre=key)
    return url_for("association.dossier", application_id=dossier.id, enregistre=key)


def _again(application_id: str, form: SectionForm, page: str, *, refusals: Mapping[str, str] | None = None) -> str:
    """The same page with what was typed (saved already), rows added or taken away, and what was refused."""
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
        offers = offered(safe_offers(session, found))
    files = listed_files(found, form.section, page)
    form.files = files
    for field in form.fields:
        field.files = files.get(field.question.id, ())
        field.offers = offers.get(field.question.id, ())
    _check(found, form, missing=False)
    known = {question.id for question in form.section.questions}
    return _section_page(found, form, page, refusals={k: v for k, v in (refusals or {}).items() if k in known},
                         show_summary=bool(refusals))  # fmt: skip


def _stale_page(application_id: str, section_id: str, stale: StaleSection) -> str:
    """Both texts: mine in the fields, the other beside. Saving again keeps mine, now knowingly."""
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    asked_for = found.section(section_id)
    page = secrets.token_hex(8)
    form = SectionForm(
        asked_for, found.answers, territories(), post=request.form, files=listed_files(found, asked_for, page)
    )
    mine = form.own_answers()
    form.version = stale.version
    conflict = {
        "saved_by": stale.saved_by,
        "saved_at": stale.saved_at,
        "differences": differences(asked_for, {**found.answers, **mine}, {**found.answers, **stale.theirs}),
    }
    return _section_page(found, form, page, conflict=conflict)


def _take_uploads(dossier: Dossier, form: SectionForm) -> tuple[dict[str, str], bool]:
    """Stores what came with the page. Gives question → why it was refused, and whether something was stored."""
    refusals: dict[str, str] = {}
    received = False
    for question in form.section.questions:
        files = sent_files(f"f.{question.id}")
        if question.type != "file" or not files:
            continue
        accept, megabytes, _most = limits_for(dossier, question.id)
        try:
            stored = receive(platform().files, files, accept, max_megabytes=megabytes)
            with writing() as session:
                attach(
                    session, actor=signed_in(), application_id=dossier.id, question_id=question.id, files=stored,
                    now=arrived_at(),
                )  # fmt: skip
            received = True
        except RefusedFile as refused:
            refusals[question.id] = f"{refused.name}\u00a0: {refused.message}"
        except InvalidInput as error:
            refusals.update(error.problems)
        except OSError:
            refusals[question.id] = _("Le serveur n’a pas pu enregistrer ce fichier. Réessayez dans un instant.")
    return refusals, received


# --- reading ----------------------------------------------------------------------------------------------------------


@blueprint.get("/dossiers/<application_id>/relecture")
@requires(Permission.APPLICATION_READ)
def read_through(application_id: str) -> str:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    return render_template("association/read_through.html", dossier=found, readings=readings(found, read_files(found)))


@blueprint.get("/dossiers/<application_id>/dossier.pdf")
@requires(Permission.APPLICATION_READ)
def complete_pdf(application_id: str) -> ResponseReturnValue:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    name = f"dossier-{found.application.reference}.pdf"
    return pdf_answer(dossier_pdf(platform().files, found, found.application.updated_at), name)


def section_of_question(dossier: Dossier, question_id: str) -> str:
    """The section that holds a question. Raises NotFound."""
    for one in dossier.visible:
        if any(question.id == question_id for question in one.questions):
            return one.id
    raise NotFound("question", question_id)


def own_raw(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was typed and can't be read."""
    found: Mapping[str, Any] = answers.get(RAW) or {}
    return found
