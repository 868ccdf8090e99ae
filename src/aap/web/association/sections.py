"""Filling a dossier in: one section a page, autosave, and what its buttons ask (rows, files, the next page)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core import french
from aap.core.answers.merging import base_text, read_base
from aap.core.call.schema import Section
from aap.core.questions.budget import BudgetQuestion
from aap.core.values import parse_year
from aap.records.people import MembershipRole
from aap.records.territories import territories
from aap.services.call.calls import OpenedCall
from aap.services.dossier.applying import OpenedPage, SavedSection, save_section
from aap.services.dossier.dossiers import OpenedDossier, deadline_of, employees_of, form_to_fill, open_dossier
from aap.services.dossier.safe import keep_in_safe, safe_offers, take_from_safe
from aap.services.dossier.taken_over import to_look_at
from aap.services.dossier.uploads import remove_document, say_year
from aap.services.errors import InvalidInput, NotFound, StateForbids
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.closing import closing_of, is_over
from aap.web.association.comments import closed_section, of_a_comment, say_comments, talk_of
from aap.web.association.pages import listed_files, offered, unsaved_answers
from aap.web.association.section_files import NO_YEAR, status_of, take_uploads, upload_url
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.filters import clock, moment
from aap.web.forms import PREFIX, SectionForm, limits_of_request, request_limits
from aap.web.numbers import bounded_number
from aap.web.wording.sentences import worded


def _save(application_id: str, section_id: str, *, files: bool = True) -> tuple[SavedSection, SectionForm]:
    """Reads the post by the call's form, stores the answers, and gives the form over the dossier as it is now.

    What is typed in a section doesn't depend on the dossier's other answers: nobody waits for it to be read.
    """
    with reading() as session:
        call = form_to_fill(session, actor=signed_in(), application_id=application_id)
    asked_for = _section_of(call, section_id)
    answers = SectionForm(asked_for, {}, territories(), post=request.form).own_answers()
    page = opened_page()
    with writing() as session:
        saved = save_section(
            session, actor=signed_in(), application_id=application_id, section_id=section_id, answers=answers, page=page,
            given_up=given_up(asked_for), now=arrived_at(), files=files,
        )  # fmt: skip
    listed = listed_files(saved.dossier, asked_for, page.token)
    form = SectionForm(asked_for, saved.dossier.typed_in(asked_for), territories(), post=request.form, files=listed)
    form.version = saved.version
    form.show_stored([*given_up(asked_for), *(one.question for one in saved.elsewhere)], saved.dossier.typed)
    return saved, form


def _section_of(call: OpenedCall, section_id: str) -> Section:
    found = next((one for one in call.file.form.sections if one.id == section_id), None)
    if found is None:
        raise NotFound("section", section_id)
    return found


def opened_page() -> OpenedPage:
    """What a post says of the page that it comes from."""
    base = request.form.get("base")
    return OpenedPage(
        version=bounded_number(request.form.get("version", "")),
        token=request.args.get("page", ""),
        serial=bounded_number(request.form.get("serial", "")),
        base=None if base is None else read_base(base),
    )


def given_up(section: Section) -> list[str]:
    """The questions for which the other's answer was chosen, where two had changed it."""
    return [one.id for one in section.questions if request.form.get(f"keep.{one.id}") == "theirs"]


def check_form_of(dossier: OpenedDossier, form: SectionForm, *, missing: bool) -> None:
    """Binds what is wrong to the fields; `missing=False` for a draft."""
    form.check(limits=request_limits(dossier.call.file.call), employees=employees_of(dossier.answers), missing=missing)


@blueprint.post("/dossiers/<application_id>/sections/<section_id>/enregistrement")
@requires(Permission.APPLICATION_EDIT)
def autosave(application_id: str, section_id: str) -> ResponseReturnValue:
    """What the script sends while a person types (see docs/dossier-forms.md for the answers)."""
    if "lire" in request.args:
        return jsonify(base=_read_only(application_id, section_id))
    try:
        saved, form = _save(application_id, section_id, files=False)
    except StateForbids:
        return jsonify(
            closed=True,
            error=_(
                "Ce dossier ne peut plus être modifié\u00a0: il a été déposé, ou l’appel est clos. "
                "Votre texte est gardé sur cet appareil."
            ),
        ), 403
    over = is_over(deadline_of(saved.dossier), arrived_at())
    told: dict[str, Any] = {"saved_at": clock(arrived_at()), "version": saved.version, "base": form.base}
    if saved.disputed:
        return jsonify(conflict={**told, "differences": _disputed(saved, form)}), 409
    check_form_of(saved.dossier, form, missing=False)
    elsewhere = [
        {
            "id": one.question,
            "label": french.spaced(form[one.question].question.label),
            "by": one.by,
            "at": moment(one.at),
        }
        for one in saved.elsewhere
    ]
    if over:
        told["closed"] = _("Le délai est passé\u00a0: ce que vous écrivez reste gardé, mais ne peut plus être déposé.")
    return jsonify(**told, errors=form.messages, notes=form.notes, elsewhere=elsewhere)


def _read_only(application_id: str, section_id: str) -> str:
    """The marks of what was typed, to compare a text kept on a device with what is stored. Nothing is."""
    with reading() as session:
        call = form_to_fill(session, actor=signed_in(), application_id=application_id)
    section = _section_of(call, section_id)
    answers = SectionForm(section, {}, territories(), post=request.form).own_answers()
    return base_text((question.id for question in section.questions), answers)


def _disputed(saved: SavedSection, form: SectionForm) -> list[dict[str, str]]:
    """The questions that two changed: both texts, who the other is, when it was."""
    typed, stored = form.own_answers(), saved.dossier.typed
    texts = {one["id"]: one for one in unsaved_answers(form.section, saved.dossier.answers, typed, stored)}
    return [
        {
            "id": one.question,
            "label": french.spaced(form[one.question].question.label),
            "saved_by": one.by,
            "saved_at": moment(one.at),
            "mine": texts.get(one.question, {}).get("mine", ""),
            "theirs": texts.get(one.question, {}).get("theirs", ""),
        }
        for one in saved.disputed
    ]


@blueprint.get("/dossiers/<application_id>/sections/<section_id>")
@requires(Permission.APPLICATION_READ)
def section(application_id: str, section_id: str) -> ResponseReturnValue:
    actor = signed_in()
    with reading() as session:
        found = open_dossier(session, actor=actor, application_id=application_id)
        asked_for = found.section(section_id)
        editable = found.is_open(section_id) and actor.memberships[found.association.id] != MembershipRole.READER
        offers = offered(safe_offers(session, found)) if editable else {}
        taken = to_look_at(session, found) if editable else frozenset()
    if not editable:
        return closed_section(found, asked_for)
    page = secrets.token_hex(8)
    held = found.sections.get(section_id)
    form = SectionForm(
        asked_for,
        found.typed_in(asked_for),
        territories(),
        version=held.version if held else 0,
        files=listed_files(found, asked_for, page),
        offers=offers,
    )
    for field in form.fields:
        field.taken_over = field.question.id in taken
    check_form_of(found, form, missing="controle" in request.args)
    return section_page(found, form, page, saved_key=request.args.get("enregistre", ""))


def section_page(
    dossier: OpenedDossier, form: SectionForm, page: str, *, refusals: Mapping[str, str] | None = None,
    conflict: Sequence[Mapping[str, str]] = (), saved_key: str = "", show_summary: bool = True,
    sheet_problems: Sequence[tuple[str, str]] = (),
) -> str:  # fmt: skip
    """The page of a section. `refusals`: question → why what was sent for it wasn't taken; `sheet_problems`: (id of the
    input, message) of a workbook that couldn't be read."""
    for question, message in (refusals or {}).items():
        form[question].messages[f"{PREFIX}{question}"] = message
    summary = form.summary if show_summary else []
    summary = [(f"{PREFIX}{question}", message) for question, message in (refusals or {}).items()] + summary
    ids = [one.id for one in dossier.visible]
    place = ids.index(form.section.id) if form.section.id in ids else 0
    held = dossier.sections.get(form.section.id)
    for field in form.fields:
        field.upload_url = upload_url(dossier, field.question, page)
        field.request_limits = limits_of_request(request_limits(dossier.call.file.call))
    draft_key = f"{signed_in().person_id}/{dossier.id}/{form.section.id}"
    kept = request.method == "POST" and not conflict and not sheet_problems
    closing = closing_of(dossier, arrived_at())
    talk = talk_of(dossier, form.section.id)
    return render_template(
        "association/section.html",
        dossier=dossier,
        form=form,
        summary=[*sheet_problems, *summary, *talk.problems.items()],
        talk=talk,
        kept=kept,
        page=page,
        place=place + 1,
        count=len(ids),
        before=ids[place - 1] if place else None,
        saved_at=held.updated_at if held and not closing.over else None,
        closing=closing,
        draft_key=draft_key,
        saved_key=draft_key if kept else saved_key,
        conflict=conflict,
        budgets=[field.question for field in form.fields if isinstance(field.question, BudgetQuestion) and field.shown],
        sheet_error=dict(sheet_problems),
    )


@blueprint.post("/dossiers/<application_id>/sections/<section_id>")
@requires(Permission.APPLICATION_EDIT)
def save(application_id: str, section_id: str) -> ResponseReturnValue:
    """Saves the page; then does what its button asked: rows, files, the next page."""
    page = request.args.get("page", "")
    saved, form = _save(application_id, section_id)
    if saved.disputed:
        return section_page(saved.dossier, form, page, conflict=_disputed(saved, form)), 409
    here = url_for("association.section", application_id=application_id, section_id=section_id)
    if section_id not in {one.id for one in saved.dossier.visible}:
        flash(_("C’est enregistré. D’après vos autres réponses, cette page n’est plus demandée."), "info")
        return redirect(url_for("association.dossier", application_id=application_id), 303)
    if not say_comments(application_id):
        return _again(application_id, form, page), 422
    if (question := of_a_comment(application_id)) is not None:
        return redirect(f"{here}#commentaires-{question}", 303)
    if (asked := _of_a_file(application_id, form, page, here)) is not None:
        return asked
    refusals, received = take_uploads(application_id, saved.dossier.call, form)
    if refusals:
        return _again(application_id, form, page, refusals=refusals), status_of(refusals)
    verb, _space, question = request.form.get("edit", "").partition(" ")
    if verb == "upload" and question in {one.id for one in form.section.questions}:
        if not received:
            return _again(application_id, form, page, refusals={question: _("Choisissez d’abord un fichier.")}), 422
        return redirect(f"{here}#{PREFIX}{question}", 303)
    if form.edits:
        return _again(application_id, form, page)
    dossier = received or saved.dossier
    check_form_of(dossier, form, missing=False)
    if form.messages:
        return section_page(dossier, form, page), 422
    if request.form.get("save") == "stay":
        if not is_over(deadline_of(dossier), arrived_at()):
            flash(_("C’est enregistré."), "success")
        return redirect(here, 303)
    return redirect(_after(dossier, section_id), 303)


def _of_a_file(application_id: str, form: SectionForm, page: str, here: str) -> ResponseReturnValue | None:
    """Takes a file away, one over from the safe, keeps one there or says its year, where the pressed button asks for it."""
    actor, now = signed_in(), arrived_at()
    if (document_id := request.args.get("retirer")) is not None:
        with writing() as session:
            question = remove_document(
                session, actor=actor, application_id=application_id, document_id=document_id, now=now
            )
        return redirect(f"{here}#{PREFIX}{question}", 303)
    verb, _space, rest = request.form.get("edit", "").partition(" ")
    if verb not in ("safe", "keep", "year"):
        return None
    question, _space, document_id = rest.partition(" ")
    try:
        year = parse_year(request.form.get(f"year.{document_id}", "")) if verb == "year" else None
    except ValueError:
        return _again(application_id, form, page, refusals={question: str(NO_YEAR)}), 422
    try:
        with writing() as session:
            if year is not None:
                say_year(
                    session, actor=actor, application_id=application_id, document_id=document_id, year=year, now=now
                )
            elif verb == "keep":
                keep_in_safe(session, actor=actor, application_id=application_id, document_id=document_id, now=now)
            else:
                take_from_safe(
                    session, actor=actor, application_id=application_id, question_id=question, document_id=document_id,
                    now=now,
                )  # fmt: skip
    except InvalidInput as error:
        return _again(application_id, form, page, refusals=worded(error.problems)), 422
    return redirect(f"{here}#{PREFIX}{question}", 303)


def _after(dossier: OpenedDossier, section_id: str) -> str:
    ids = [one.id for one in dossier.visible]
    key = f"{signed_in().person_id}/{dossier.id}/{section_id}"
    later = [one for one in ids[ids.index(section_id) + 1 :] if dossier.is_open(one)]
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
    check_form_of(found, form, missing=False)
    known = {question.id for question in form.section.questions}
    return section_page(found, form, page, refusals={k: v for k, v in (refusals or {}).items() if k in known},
                        show_summary=bool(refusals))  # fmt: skip
