"""Corrections of decisions: what one would do, the letter of intent, the association's observations, the decision of two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.delays import first_last_day_of_observations, paris
from aap.core.selection.rules import rules_of
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.decision_notices import render_notice
from aap.records.associations import Association
from aap.records.decided import CorrectionGround
from aap.records.rankings import Outcome
from aap.services.call.calls import OpenedCall
from aap.services.decision.correcting import (
    UNDER_WAY,
    Correctable,
    WantedDecision,
    correctable,
    decide_correction,
    drop_correction,
    may_be_decided,
    propose_correction,
    send_intent,
    weigh,
    withdrawable_until,
)
from aap.services.decision.correction_effects import CorrectionEffect, effect_of, stated_conditions
from aap.services.decision.decision_papers import intent_view
from aap.services.decision.hearing import ShownCorrection, correction_lines, record_observations, show_correction
from aap.services.dossier.access import find_dossier
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission
from aap.services.platform import Session
from aap.web.access import requires
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page, typed_cents, typed_day
from aap.web.received_files import receive_scan
from aap.web.wording.sentences import sentences, worded


@blueprint.get("/<call_id>/corrections")
@requires(Permission.GRANT_CORRECT)
def corrections(call_id: str) -> str:
    """Every correction of the call, those under way first."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.GRANT_CORRECT)
        lines = correction_lines(session, actor=signed_in(), call=opened)
    return show_call_page(
        "corrections.html",
        opened,
        lines=lines,
        states=words.correction_states(),
        kinds=words.CORRECTION_KINDS,
        outcomes=words.outcomes(),
        now=arrived_at(),
    )


# --- a new one --------------------------------------------------------------------------------------------------------


def _wish(conditions: Sequence[str]) -> WantedDecision:
    """What the form asks for. Raises InvalidInput for what can't be read."""
    typed = request.form
    problems: dict[str, Objection] = {}
    if typed.get("ground", "") not in set(CorrectionGround):
        problems["ground"] = Objection("page.answer_missing")
    if typed.get("outcome", "") not in (Outcome.LAUREATE, Outcome.NOT_SELECTED):
        problems["outcome"] = Objection("page.answer_missing")
    cents = None
    if typed.get("outcome") == Outcome.LAUREATE:
        try:
            cents = typed_cents(typed.get("amount", ""))
        except InvalidInput as refused:
            raise InvalidInput({**problems, **refused.problems}) from None
    if problems:
        raise InvalidInput(problems)
    chosen = typed.get("condition", "")
    place = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 else len(conditions)
    condition = conditions[place] if place < len(conditions) else ""
    ground = CorrectionGround(typed["ground"])
    return WantedDecision(Outcome(typed["outcome"]), cents, ground, condition, typed.get("reason", ""))


@blueprint.route("/<call_id>/dossiers/<reference>/correction", methods=["GET", "POST"])
@requires(Permission.GRANT_CORRECT)
def correct_decision(call_id: str, reference: str) -> ResponseReturnValue:
    """Writes down a correction; « voir » tells only what it would do."""
    problems: dict[str, str] = {}
    weighed: Correctable | None = None
    with reading() as session:
        opened = call_of_page(session, call_id)  # who is recused finds no dossier, before the call's state is looked at
        application_id = find_dossier(session, call_id, reference)
        found = correctable(session, actor=signed_in(), application_id=application_id)
        association = session.get_one(Association, found.application.association_id)
        conditions = stated_conditions(session, opened, found.application, association, found.decision)
    if request.method == "POST":
        try:
            wish = _wish(conditions)
            if request.form.get("action") == "enregistrer":
                with writing() as session:
                    made = propose_correction(
                        session, actor=signed_in(), application_id=application_id, wish=wish, now=arrived_at()
                    )
                flash(_("La correction est enregistrée. Rien n’est envoyé et rien n’a changé."), "success")
                return redirect(url_for("official.correction", call_id=call_id, correction_id=made.id), 303)
            with reading() as session:
                weighed = weigh(session, actor=signed_in(), application_id=application_id, wish=wish, now=arrived_at())
        except InvalidInput as refused:
            problems = worded(refused.problems)
    page = show_call_page(
        "correct_decision.html",
        opened,
        found=found,
        association=association,
        conditions=list(enumerate(conditions)),
        outcomes=words.outcomes(),
        effect=weighed.effect if weighed else None,
        broken=_in_words(opened, weighed.effect) if weighed and weighed.effect else [],
        withdrawable_until=withdrawable_until(found.decision),
        typed=request.form,
        problems=problems,
        page_width="page",
    )
    return (page, 422) if problems else page


def _in_words(call: OpenedCall, effect: CorrectionEffect) -> list[str]:
    quotas = {quota.id: quota for quota in rules_of(call.file).quotas}
    return [words.rule_in_words(rule, quotas) for rule in effect.breaks]


# --- one --------------------------------------------------------------------------------------------------------------


def _page(call_id: str, correction_id: str, form: str = "", problems: Mapping[str, str] | None = None) -> str:
    """`form`: which of the page's forms was refused."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.GRANT_CORRECT)
        found = show_correction(session, actor=signed_in(), call_id=call_id, correction_id=correction_id)
        effect = _effect(session, opened, found)
    held = found.correction
    today = paris(arrived_at()).date()
    return show_call_page(
        "correction.html",
        opened,
        found=found,
        one=held,
        effect=effect,
        broken=_in_words(opened, effect) if effect else [],
        states=words.correction_states(),
        kinds=words.CORRECTION_KINDS,
        grounds=words.correction_grounds(),
        outcomes=words.outcomes(),
        earliest=first_last_day_of_observations(today),
        withdrawable_until=withdrawable_until(found.before),
        may_decide=may_be_decided(held, arrived_at()),
        mine=held.proposed_by == signed_in().person_id,
        form=form,
        typed=request.form if form else {},
        problems=problems or {},
        page_width="page",
    )


def _effect(session: Session, call: OpenedCall, found: ShownCorrection) -> CorrectionEffect | None:
    """What it would do, while it is under way."""
    held = found.correction
    if held.state not in UNDER_WAY:
        return None
    outcome = Outcome(held.outcome)
    return effect_of(
        session, actor=signed_in(), call=call, application=found.application, outcome=outcome, amount=held.amount
    )


@blueprint.get("/<call_id>/corrections/<correction_id>")
@requires(Permission.GRANT_CORRECT)
def correction(call_id: str, correction_id: str) -> str:
    return _page(call_id, correction_id)


@blueprint.get("/<call_id>/corrections/<correction_id>/lettre.pdf")
@requires(Permission.GRANT_CORRECT)
def correction_letter(call_id: str, correction_id: str) -> Response:
    """The letter of intent: as it was sent, or a draft of it."""
    with reading() as session:
        call_of_page(session, call_id, Permission.GRANT_CORRECT)
        found = show_correction(session, actor=signed_in(), call_id=call_id, correction_id=correction_id)
        held = found.correction
        if found.favour:
            raise NotFound("letter", correction_id)
        today = paris(arrived_at()).date()
        until = held.observations_until or first_last_day_of_observations(today)
        view = None if held.intent_sha256 else intent_view(session, held, until=until, made_on=today)
    content = render_notice(view) if view else platform().files.read(held.intent_sha256 or "")
    return hand_out(MadeFile(f"{found.application.reference}-intention.pdf", PDF, content), inline=True)


@blueprint.get("/<call_id>/corrections/<correction_id>/observations.pdf")
@requires(Permission.GRANT_CORRECT)
def correction_paper(call_id: str, correction_id: str) -> Response:
    """The scan of observations that came on paper."""
    with reading() as session:
        call_of_page(session, call_id, Permission.GRANT_CORRECT)
        found = show_correction(session, actor=signed_in(), call_id=call_id, correction_id=correction_id)
    sha256 = found.correction.observations_sha256
    if sha256 is None:
        raise NotFound("paper", correction_id)
    name = f"{found.application.reference}-observations.pdf"
    return hand_out(MadeFile(name, PDF, platform().files.read(sha256)), inline=True)


def _act(
    call_id: str, correction_id: str, form: str, act: Callable[[Session], object], done: str
) -> ResponseReturnValue:
    try:
        with writing() as session:
            call_of_page(session, call_id, Permission.GRANT_CORRECT)
            act(session)
    except InvalidInput as refused:
        problems = worded(refused.problems)
        if "" in problems:
            problems = {"": sentences(refused.problems)}
        return _page(call_id, correction_id, form, problems), 422
    flash(done, "success")
    return redirect(url_for("official.correction", call_id=call_id, correction_id=correction_id), 303)


def _named(call_id: str, correction_id: str) -> dict[str, Any]:
    """What every use case on one is told."""
    return {"actor": signed_in(), "call_id": call_id, "correction_id": correction_id, "now": arrived_at()}


def _link(session: Session, call_id: str, correction_id: str) -> str:
    """Of the page where the association reads what happens."""
    found = show_correction(session, actor=signed_in(), call_id=call_id, correction_id=correction_id)
    return links().decision(found.application.id)


@blueprint.post("/<call_id>/corrections/<correction_id>/envoi")
@requires(Permission.GRANT_CORRECT)
def send_correction(call_id: str, correction_id: str) -> ResponseReturnValue:
    """The letter of intent leaves."""

    def act(session: Session) -> None:
        link = _link(session, call_id, correction_id)
        send_intent(session, **_named(call_id, correction_id), until=typed_day("until"), link=link)

    return _act(
        call_id, correction_id, "send", act, _("La lettre d’intention est envoyée\u00a0: l’association peut répondre.")
    )


@blueprint.post("/<call_id>/corrections/<correction_id>/observations")
@requires(Permission.GRANT_CORRECT)
def note_observations(call_id: str, correction_id: str) -> ResponseReturnValue:
    """Observations that came on paper."""
    with reading() as session:  # before a file is kept for somebody who may not
        show_correction(session, actor=signed_in(), call_id=call_id, correction_id=correction_id)
    try:
        scan = receive_scan("scan", max_megabytes=10, accept=("pdf",))
    except InvalidInput as refused:
        return _page(call_id, correction_id, "observe", worded(refused.problems)), 422

    def act(session: Session) -> None:
        record_observations(session, **_named(call_id, correction_id), text=request.form.get("text", ""), scan=scan)

    return _act(call_id, correction_id, "observe", act, _("Les observations sont enregistrées."))


@blueprint.post("/<call_id>/corrections/<correction_id>/decision")
@requires(Permission.GRANT_CORRECT)
def take_correction(call_id: str, correction_id: str) -> ResponseReturnValue:
    """A second person decides."""

    def act(session: Session) -> None:
        decide_correction(
            session,
            **_named(call_id, correction_id),
            reason=request.form.get("reason", ""),
            breaks_reason=request.form.get("breaks_reason", ""),
            link=_link(session, call_id, correction_id),
        )

    done = _(
        "La nouvelle décision est prise. Relisez sa lettre, puis notifiez-la\u00a0: l’association n’en sait rien encore."
    )
    return _act(call_id, correction_id, "decide", act, done)


@blueprint.post("/<call_id>/corrections/<correction_id>/abandon")
@requires(Permission.GRANT_CORRECT)
def end_correction(call_id: str, correction_id: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        link = _link(session, call_id, correction_id)
        drop_correction(session, **_named(call_id, correction_id), reason=request.form.get("reason", ""), link=link)

    return _act(
        call_id, correction_id, "drop", act, _("La correction est abandonnée\u00a0: la décision reste ce qu’elle est.")
    )
