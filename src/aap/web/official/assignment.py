"""The assignment: what stands, a proposal before it is applied, locks and moves by hand."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.assignment.problem import Bar
from aap.core.assignment.report import BAR_WORDS
from aap.core.call.attribute_names import theme_titles
from aap.services.assignment.moves import (
    Move,
    assignment_csv,
    board,
    choices,
    lock_seats,
    move_by_hand,
    preview_move,
)
from aap.services.assignment.proposals import (
    apply_proposal,
    check_settings,
    compute_proposal,
    discard_proposal,
    find_proposal,
    is_long,
    keep_proposal,
    open_proposal,
    prepare,
    proposal_view,
)
from aap.services.assignment.situation import AssignmentSettings, default_settings, situation, visible
from aap.services.candidates.listing import PAGE_SIZE
from aap.services.dossier.access import dossier_of, find_dossier
from aap.services.errors import InvalidInput
from aap.services.panel.interests import find_conflicts
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.answers import yes_or_no
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page, start_work
from aap.web.paging import lines_of, page_of
from aap.web.wording.sentences import sentences, worded

_FORM = ("mode", "evaluations", "anterieurs")
_ONLY = ("", "incomplets", "verrouilles")


def _review_words() -> dict[str, str]:
    return {"": _("Pas commencée"), "draft": _("Brouillon"), "submitted": _("Soumise"), "reopened": _("Rouverte")}


def bar_words() -> dict[Bar, str]:
    return {bar: words[0] for bar, words in BAR_WORDS.items()}


def _page(call_id: str, problems: dict[str, str] | None = None) -> str:
    text, only = request.args.get("q", "")[:200], request.args.get("voir", "")
    only = only if only in _ONLY else ""
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = board(session, actor=signed_in(), call=opened, text=text, only=only)
        proposal = open_proposal(session, call_id)
    page, pages = page_of(len(found.panels), PAGE_SIZE)
    usual = default_settings(opened)
    kept: dict[str, Any] = {name: value for name, value in (("q", text), ("voir", only)) if value}
    typed = {name: request.form.get(name, "") for name in _FORM}
    if request.method == "GET":
        typed = {"mode": "complete" if found.pairs else "rebuild", "evaluations": str(usual.reviews), "anterieurs": ""}
    return show_call_page(
        "assignment.html",
        opened,
        board=found,
        panels=lines_of(found.panels, page, PAGE_SIZE),
        page=page,
        pages=pages,
        url_of=lambda number: url_for("official.assignment", call_id=call_id, **kept, page=number),
        text=text,
        only=only,
        proposal=proposal,
        typed=typed,
        problems=problems or {},
        settings=usual,
        themes=theme_titles(opened.file),
        review_words=_review_words(),
    )


@blueprint.get("/<call_id>/repartition")
@requires(Permission.REVIEWS_FOLLOW)
def assignment(call_id: str) -> str:
    """Who reads what."""
    return _page(call_id)


def _settings() -> dict[str, str]:
    """The settings of a proposal as they were typed."""
    form = request.form
    return {
        "reviews": form.get("evaluations", ""),
        "mode": form.get("mode", ""),
        "avoid_earlier": "yes" if form.get("anterieurs") == "oui" else "",
    }


@blueprint.post("/<call_id>/repartition")
@requires(Permission.ASSIGNMENT_MANAGE)
def assignment_propose(call_id: str) -> ResponseReturnValue:
    """Computes a proposal: at once where it takes less than a second, else in the background."""
    actor = signed_in()
    try:
        with writing() as session:
            opened = call_of_page(session, call_id)
            settings = check_settings(opened, _settings())
            found = prepare(session, actor=actor, call_id=call_id, settings=settings, now=arrived_at())
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems, {"reviews": "evaluations"})), 422
    if is_long(found):
        with writing() as session:
            return start_work(session, call_id, "assignment", Permission.ASSIGNMENT_MANAGE, settings.as_json())
    proposal = compute_proposal(found)
    with writing() as session:
        kept = keep_proposal(session, actor=actor, found=found, proposal=proposal, now=arrived_at())
        proposal_id = kept.id
    return redirect(url_for("official.assignment_proposal", call_id=call_id, proposal_id=proposal_id))


@blueprint.get("/<call_id>/repartition.csv")
@requires(Permission.REVIEWS_FOLLOW)
def assignment_export(call_id: str) -> Response:
    with writing() as session:
        opened = call_of_page(session, call_id)
        made = assignment_csv(session, actor=signed_in(), call=opened, words=_review_words(), now=arrived_at())
    return hand_out(made)


# --- a proposal -------------------------------------------------------------------------------------------------------


def _proposal_page(call_id: str, proposal_id: str, problem: str = "") -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        kept = find_proposal(session, actor=signed_in(), call=opened, proposal_id=proposal_id)
        settings = AssignmentSettings.of_json(kept.settings)
        found = situation(session, opened, settings)
        seen = visible(session, signed_in(), opened, found)
    content = proposal_view(kept.content, found, seen)
    return show_call_page(
        "assignment_proposal.html",
        opened,
        kept=kept,
        content=content,
        settings=settings,
        stale=kept.state == "open" and found.digest != kept.basis,
        titles={reference: one.title for reference, one in found.dossiers.items() if reference in seen},
        names={code: person.name for code, (_profile, person) in found.reviewers.items()},
        departing=[found.name(code) for code in settings.departing],
        problem=problem,
    )


@blueprint.get("/<call_id>/repartition/propositions/<proposal_id>")
@requires(Permission.REVIEWS_FOLLOW)
def assignment_proposal(call_id: str, proposal_id: str) -> str:
    return _proposal_page(call_id, proposal_id)


@blueprint.post("/<call_id>/repartition/propositions/<proposal_id>/application")
@requires(Permission.ASSIGNMENT_MANAGE)
def assignment_apply(call_id: str, proposal_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id)
            added, removed = apply_proposal(
                session, actor=signed_in(), call_id=call_id, proposal_id=proposal_id,
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _proposal_page(call_id, proposal_id, sentences(refused.problems)), 422
    flash(
        ngettext("La répartition est appliquée : %(num)s dossier confié",
                 "La répartition est appliquée : %(num)s dossiers confiés", added)
        + ngettext(", %(num)s repris.", ", %(num)s repris.", removed),
        "success",
    )  # fmt: skip
    return redirect(url_for("official.assignment", call_id=call_id))


@blueprint.post("/<call_id>/repartition/propositions/<proposal_id>/abandon")
@requires(Permission.ASSIGNMENT_MANAGE)
def assignment_discard(call_id: str, proposal_id: str) -> ResponseReturnValue:
    with writing() as session:
        opened = call_of_page(session, call_id)
        discard_proposal(session, actor=signed_in(), call=opened, proposal_id=proposal_id, now=arrived_at())
    flash(_("La proposition est abandonnée ; rien n’a changé."), "success")
    return redirect(url_for("official.assignment", call_id=call_id))


# --- by hand ----------------------------------------------------------------------------------------------------------


@blueprint.post("/<call_id>/repartition/verrou")
@requires(Permission.ASSIGNMENT_MANAGE)
def assignment_lock(call_id: str) -> ResponseReturnValue:
    """Locks or unlocks one pair, or a dossier's whole panel."""
    locked = yes_or_no("verrou")
    reference = request.form.get("dossier", "")
    with writing() as session:
        call_of_page(session, call_id)
        lock_seats(
            session, actor=signed_in(), call_id=call_id, reference=reference, code=request.form.get("code", ""),
            locked=locked, now=arrived_at(),
        )  # fmt: skip
    flash(_("Verrouillé : une nouvelle répartition n’y touchera pas.") if locked else _("Déverrouillé."), "success")
    return redirect(url_for("official.assignment_dossier", call_id=call_id, reference=reference))


@blueprint.route("/<call_id>/repartition/dossiers/<reference>", methods=["GET", "POST"])
@requires(Permission.ASSIGNMENT_MANAGE)
def assignment_dossier(call_id: str, reference: str) -> ResponseReturnValue:
    """One dossier's panel: a move by hand, its effect shown first, made by the second button."""
    actor, problems, move = signed_in(), {}, None
    typed = {"reference": reference, "out": request.form.get("out", ""), "into": request.form.get("into", "")}
    if request.method == "POST":
        with writing() as session:  # kept even where the move is refused: the register then says why
            opened = call_of_page(session, call_id)
            dossier_of(
                session, actor=actor, permission=Permission.ASSIGNMENT_MANAGE,
                application_id=find_dossier(session, call_id, reference),
            )  # fmt: skip
            find_conflicts(session, actor=actor, call=opened, now=arrived_at())
        try:
            if request.form.get("action") == "deplacer":
                with writing() as session:
                    call_of_page(session, call_id)
                    move_by_hand(session, actor=actor, call_id=call_id, typed=typed, now=arrived_at())
                flash(_("C’est fait. Ce qui vient d’être confié est verrouillé."), "success")
                return redirect(url_for("official.assignment_dossier", call_id=call_id, reference=reference))
            with reading() as session:
                move = preview_move(session, actor=actor, call=call_of_page(session, call_id), typed=typed)
        except InvalidInput as refused:
            problems = worded(refused.problems)
    with reading() as session:
        opened = call_of_page(session, call_id)
        panel, offered = choices(session, actor=actor, call=opened, reference=reference)
    page = show_call_page(
        "assignment_dossier.html",
        opened,
        panel=panel,
        out_choices=[(seat.code, f"{seat.name} ({seat.code})") for seat in panel.seats],
        options=[(one.code, _offer(one.name, one.code, one.fit, one.load, one.most, one.bar)) for one in offered],
        typed=typed,
        problems=problems,
        move=move,
        warnings=_warnings(move) if move else [],
        review_words=_review_words(),
        themes=theme_titles(opened.file),
        page_width="narrow",
    )
    return (page, 422) if problems else page


def _offer(name: str, code: str, fit: int, load: int, most: int, bar: Bar) -> str:
    words = ngettext("%(name)s (%(code)s), adéquation %(fit)s, %(num)s dossier sur %(most)s",
                     "%(name)s (%(code)s), adéquation %(fit)s, %(num)s dossiers sur %(most)s", load, name=name, code=code,
                     fit=fit, most=most)  # fmt: skip
    return f"{words}, {bar_words()[bar]}" if bar is not Bar.NONE else words


def _warnings(move: Move) -> list[str]:
    """What speaks against a move, in French."""
    found = []
    effect = move.effect
    if effect.bar is not Bar.NONE:
        found.append(_("Il y a %(reason)s.", reason=bar_words()[effect.bar]))
    if move.into and effect.too_many:
        found.append(
            ngettext("%(name)s aurait %(num)s dossier, plus que son maximum de %(most)s.",
                     "%(name)s aurait %(num)s dossiers, plus que son maximum de %(most)s.", effect.load, name=move.name_in,
                     most=effect.most)
        )  # fmt: skip
    if len(effect.after.components) > len(effect.before.components):
        found.append(_("Les évaluations ne formeraient plus un seul réseau : la sévérité des évaluateurs ne pourrait plus "
                       "être comparée partout."))  # fmt: skip
    return found
