"""What letters say that is known only when the decision is taken: filled in, looked at on any dossier, kept in versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.call.letter_settings import CLOSINGS, FIELDS, TEXT, DecisionTerms, in_effect, read_settings
from aap.core.call.letter_texts import DEFAULT_CLOSING, KINDS
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.letters import LetterView
from aap.services.audit import Subject
from aap.services.call.calls import OpenedCall
from aap.services.decision.act import act_of_call
from aap.services.decision.letters import letter_preview
from aap.services.decision.setting_letters import (
    SettingsPage,
    objections_of,
    sample_letter,
    set_letters,
    settings_page,
    settings_version,
)
from aap.services.dossier.access import typed_dossier
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission
from aap.services.platform import Session
from aap.services.screening.official_dossier import READ
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, reading, signed_in, writing
from aap.web.letter_fields import NAMES
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.wording.sentences import sentence, worded


@blueprint.get("/<call_id>/decisions/textes")
@requires(Permission.LETTERS_SET)
def letter_settings(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.LETTERS_SET)
        page = settings_page(session, actor=signed_in(), call=opened)
        shown = _preview(session, opened, read_settings(page.content)[0])
    return _show(opened, page, page.content, {}, shown)


@blueprint.post("/<call_id>/decisions/textes")
@requires(Permission.LETTERS_SET)
def letter_settings_save(call_id: str) -> ResponseReturnValue:
    """Keeps a new version; or shows the letter as it would be, without keeping anything (« Voir l’aperçu »)."""
    typed = _typed()
    problems: Mapping[str, Objection | tuple[Objection, ...]]
    if request.form.get("action") == "preview":
        terms, faults = read_settings(typed)
        problems = objections_of(faults)
    else:
        try:
            with writing() as session:
                opened = call_of_page(session, call_id, Permission.LETTERS_SET)
                seen = request.form.get("seen", "")
                kept = set_letters(
                    session, actor=signed_in(), call_id=call_id, typed=typed, now=arrived_at(),
                    seen=int(seen) if seen.isdecimal() and len(seen) < 6 else 0,
                )  # fmt: skip
            flash(_("Version %(number)s enregistrée.", number=kept.number), "success")
            return redirect(
                url_for(
                    "official.letter_settings",
                    call_id=call_id,
                    dossier=request.form.get("dossier") or None,
                    modele=request.form.get("modele") or None,
                )
            )
        except InvalidInput as refused:
            problems = refused.problems
            terms = read_settings(typed)[0]
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.LETTERS_SET)
        page = settings_page(session, actor=signed_in(), call=opened)
        shown = _preview(session, opened, terms)
    return _show(opened, page, typed, worded(problems), shown), 422 if problems else 200


@blueprint.post("/<call_id>/decisions/textes/apercu")
@requires(Permission.LETTERS_SET)
def letter_settings_preview(call_id: str) -> str:
    """The letter as it would be with what is typed, as a part of the page; nothing is kept."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.LETTERS_SET)
        terms, _faults = read_settings(_typed())
        shown = _preview(session, opened, terms)
    _note(opened, shown)
    return render_template("official/_letter_preview.html", letter=shown.letter, objection=shown.objection)


@blueprint.get("/<call_id>/decisions/textes/<int:ordinal>")
@requires(Permission.LETTERS_SET)
def letter_settings_version(call_id: str, ordinal: int) -> str:
    """A kept version, as it was."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.LETTERS_SET)
        version = settings_version(session, actor=signed_in(), call=opened, number=ordinal)
    pairs = [(NAMES[name], version.content[name]) for name in FIELDS if name in version.content]
    return show_call_page("letter_settings_version.html", opened, version=version, pairs=pairs, page_width="narrow")


@blueprint.get("/<call_id>/decisions/acte.pdf")
@requires(Permission.LETTERS_SET)
def award_act(call_id: str) -> ResponseReturnValue:
    """The act that awards the grants, with its annex: a draft until the ranking is frozen and the act is dated."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.LETTERS_SET)
        content = act_of_call(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(MadeFile(f"{call_id}-acte.pdf", PDF, content), inline=True)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


class _Shown(NamedTuple):
    """A letter, or why there is none; of whose dossier it is, if of one."""

    letter: LetterView | None
    objection: str = ""
    application_id: str = ""


def _preview(session: Session, opened: OpenedCall, terms: DecisionTerms) -> _Shown:
    """The letter that was asked for: that of a dossier, or a sample of a kind."""
    typed = request.values.get("dossier", "").strip()
    if not typed:
        asked = request.values.get("modele", "")
        return _Shown(sample_letter(opened, next((kind for kind in KINDS if kind == asked), KINDS[0]), terms))
    try:
        application_id = typed_dossier(session, opened.id, typed)
        letter = letter_preview(session, actor=signed_in(), call=opened, application_id=application_id, terms=terms)
    except (InvalidInput, NotFound):
        return _Shown(None, _("Aucune lettre à montrer : vérifiez le numéro du dossier. Il faut un classement arrêté."))
    return _Shown(letter, "", application_id)


def _note(opened: OpenedCall, shown: _Shown) -> None:
    """The log says once a day who read what of a dossier."""
    if shown.application_id:
        consulted(READ, Subject("application", shown.application_id, opened.id))


def _show(
    opened: OpenedCall,
    page: SettingsPage,
    typed: Mapping[str, str],
    problems: Mapping[str, Any],
    shown: _Shown,
) -> str:
    _note(opened, shown)
    return show_call_page(
        "letter_settings.html",
        opened,
        page=page,
        typed=typed,
        problems=problems,
        places=[sentence(one) for one in page.places],
        names=NAMES,
        fallback=in_effect(opened.file),
        default_closing=DEFAULT_CLOSING,
        closings=CLOSINGS,
        most=TEXT,
        letter=shown.letter,
        objection=shown.objection,
        dossier=request.values.get("dossier", ""),
        sample=request.values.get("modele", ""),
        samples=_samples(),
    )


def _samples() -> Sequence[tuple[str, str]]:
    kinds = words.outcomes()
    labels = {"refusal": kinds["not_selected"]}
    return [(kind, str(labels.get(kind) or kinds[kind])) for kind in KINDS]
