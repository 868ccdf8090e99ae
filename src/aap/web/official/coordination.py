"""The coordinator's view: progress and reminders, agreement and severity, divergences and consensus."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.scoring import decimal_of
from aap.services.agreement import agreement as measure_agreement
from aap.services.consensus import (
    ConsensusEntry,
    ask_further_review,
    close_consensus,
    consensus_minutes,
    decide_consensus,
    divergent_dossiers,
    open_consensus,
    open_consensus_page,
)
from aap.services.coordinating import progress
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.reopening import reopen_review
from aap.services.reviewer_reminders import preview_reminder, remind_reviewers
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official.coordination_charts import box_picture, interval_picture, warmth
from aap.web.official.pages import blueprint, call_of_page, hand_out, show


def _paces() -> dict[str, tuple[str, str]]:
    return {
        "done": (_("Terminé"), "success"),
        "on_time": (_("Dans les temps"), "info"),
        "slow": (_("Trop lent"), "warning"),
        "not_begun": (_("Pas commencé"), "warning"),
        "late": (_("Hors délai"), "danger"),
    }


# --- progress and reminders -------------------------------------------------------------------------------------------


@blueprint.get("/<call_id>/evaluations/coordination")
@requires(Permission.REVIEWS_FOLLOW)
def coordination(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = progress(session, actor=signed_in(), call=opened, now=arrived_at())
    return show("coordination.html", opened, progress=found, paces=_paces(), now=arrived_at())


@blueprint.post("/<call_id>/evaluations/reouverture/<assignment_id>")
@requires(Permission.REVIEW_REOPEN)
def review_reopen(call_id: str, assignment_id: str) -> ResponseReturnValue:
    """Gives a review back to its reviewer."""
    try:
        with writing() as session:
            call_of_page(session, call_id)
            reopen_review(
                session, actor=signed_in(), assignment_id=assignment_id, reason=request.form.get("motif", ""),
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        flash(" ".join(refused.problems.values()), "danger")
    else:
        flash(_("L’évaluation est rouverte ; son auteur en est averti."), "success")
    return redirect(url_for("official.coordination", call_id=call_id))


@blueprint.route("/<call_id>/evaluations/rappels", methods=["GET", "POST"])
@requires(Permission.REVIEWERS_MANAGE)
def reminders(call_id: str) -> ResponseReturnValue:
    """Who is reminded, and the mail as it will read: shown first, sent by the second button."""
    note, problems = request.form.get("note", ""), {}
    address = url_for("reviewer.home", _external=True)
    chosen = request.form.getlist("people")
    if request.method == "POST" and request.form.get("action") == "send":
        try:
            with writing() as session:
                sent = remind_reviewers(
                    session, actor=signed_in(), call=call_of_page(session, call_id), people=chosen, note=note,
                    address=address, now=arrived_at(),
                )  # fmt: skip
        except InvalidInput as refused:
            problems = dict(refused.problems)
        else:
            flash(_("%(n)s rappels envoyés.", n=sent) if sent > 1 else _("Rappel envoyé."), "success")
            return redirect(url_for("official.coordination", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.REVIEWERS_MANAGE)
        found = progress(session, actor=signed_in(), call=opened, now=arrived_at())
    owing = [one for one in found.reviewers if one.missing]
    if request.method == "GET":
        chosen = [one.person_id for one in found.behind]
    first = next((one for one in owing if one.person_id in chosen), owing[0] if owing else None)
    page = show(
        "coordination_reminders.html",
        opened,
        owing=owing,
        chosen=chosen,
        paces=_paces(),
        note=note,
        preview=preview_reminder(opened, first, note=note, address=address) if first else None,
        first=first,
        problems=problems,
        now=arrived_at(),
    )
    return (page, 422) if problems else page


# --- agreement --------------------------------------------------------------------------------------------------------


@blueprint.get("/<call_id>/evaluations/accord")
@requires(Permission.REVIEWS_FOLLOW)
def agreement(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = measure_agreement(session, actor=signed_in(), call=opened)
    rubric = opened.file.rubric
    means = {one.id: one.mean for one in found.criteria}
    scales = {one.id: rubric.scale_of(one) for one in rubric.criteria}
    return show(
        "coordination_agreement.html",
        opened,
        agreement=found,
        scaled=decimal_of,
        reviewers_picture=box_picture([(one.code, one.box) for one in found.reviewers]),
        dossiers_picture=box_picture([(one.reference, one.box) for one in found.dossiers[:40]], line=found.line),
        severity_picture=interval_picture([one.severity for one in found.reviewers if one.severity]),
        heat=[
            (one, [(mean, warmth(mean, means[name], scales[name])) for name, mean in one.means.items()])
            for one in found.reviewers
        ],
    )


# --- divergences and consensus ----------------------------------------------------------------------------------------


@blueprint.get("/<call_id>/evaluations/ecarts")
@requires(Permission.REVIEWS_FOLLOW)
def divergences(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = divergent_dossiers(session, actor=signed_in(), call=opened)
    titles = {one.id: one.title or one.id for one in opened.file.rubric.criteria}
    return show(
        "coordination_divergences.html",
        opened,
        reached=[one for one in found if one.found.reached or one.consensus != "none"],
        others=[one for one in found if not one.found.reached and one.consensus == "none"],
        titles=titles,
        limits=opened.file.reviewing.divergence,
    )


def _consensus_page(
    call_id: str, reference: str, problems: dict[str, str] | None = None, entry: ConsensusEntry | None = None
) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        page = open_consensus_page(session, actor=signed_in(), call=opened, reference=reference)
    step = page.step
    if entry is None and step is not None and step.decided_at is not None:
        entry = ConsensusEntry(
            dict(step.marks), step.reason, step.dissent, "\n".join(step.attendees), step.held_on
        )  # fmt: skip
    return show(
        "coordination_consensus.html",
        opened,
        page=page,
        entry=entry or ConsensusEntry({}),
        held_on=request.form.get("held_on", "") or (entry.held_on.isoformat() if entry and entry.held_on else ""),
        typed=request.form,
        problems=problems or {},
    )


@blueprint.get("/<call_id>/evaluations/ecarts/<reference>")
@requires(Permission.REVIEWS_FOLLOW)
def consensus(call_id: str, reference: str) -> str:
    return _consensus_page(call_id, reference)


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/evaluation")
@requires(Permission.ASSIGNMENT_MANAGE)
def consensus_further(call_id: str, reference: str) -> ResponseReturnValue:
    """One more reviewer."""
    try:
        with writing() as session:
            ask_further_review(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference,
                person_id=request.form.get("person", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _consensus_page(call_id, reference, dict(refused.problems)), 422
    flash(_("Le dossier est confié à un évaluateur de plus, qui en est averti."), "success")
    return redirect(url_for("official.consensus", call_id=call_id, reference=reference))


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/ouverture")
@requires(Permission.CONSENSUS_MANAGE)
def consensus_open(call_id: str, reference: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            open_consensus(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference,
                cause=request.form.get("cause", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _consensus_page(call_id, reference, dict(refused.problems)), 422
    flash(_("Les notes sont figées : la note convenue peut être saisie."), "success")
    return redirect(url_for("official.consensus", call_id=call_id, reference=reference))


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/note")
@requires(Permission.CONSENSUS_MANAGE)
def consensus_decide(call_id: str, reference: str) -> ResponseReturnValue:
    """The agreed mark, with its reason, dissent and attendees."""
    form = request.form
    entry = ConsensusEntry(
        marks={name[5:]: value for name, value in form.items() if name.startswith("note-")},
        reason=form.get("reason", ""),
        dissent=form.get("dissent", ""),
        attendees=form.get("attendees", ""),
        held_on=_day(form.get("held_on", "")),
    )
    try:
        with writing() as session:
            decide_consensus(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference, entry=entry,
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _consensus_page(call_id, reference, dict(refused.problems), entry), 422
    flash(_("La note convenue est enregistrée. Relancez le classement pour qu’elle compte."), "success")
    return redirect(url_for("official.consensus", call_id=call_id, reference=reference))


def _day(text: str) -> date | None:
    try:
        day, month, year = text.strip().split("/") if "/" in text else reversed(text.strip().split("-"))
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/abandon")
@requires(Permission.CONSENSUS_MANAGE)
def consensus_close(call_id: str, reference: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            close_consensus(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference,
                reason=request.form.get("close", ""), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        return _consensus_page(call_id, reference, dict(refused.problems)), 422
    flash(_("Le consensus est abandonné : les notes individuelles comptent de nouveau."), "success")
    return redirect(url_for("official.divergences", call_id=call_id))


@blueprint.get("/<call_id>/evaluations/ecarts/<reference>/proces-verbal.pdf")
@requires(Permission.REVIEWS_FOLLOW)
def consensus_paper(call_id: str, reference: str) -> ResponseReturnValue:
    with reading() as session:
        made = consensus_minutes(session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference)
    return hand_out(made)
