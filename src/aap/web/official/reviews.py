"""The progress of the reviews, requests to reopen one, reminders; agreement and severity of the reviewers."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.scoring.severity import Severity
from aap.core.scoring.totals import from_ten_thousandths
from aap.services.errors import InvalidInput
from aap.services.harmonising.agreement import agreement as measure_agreement
from aap.services.permissions import Permission
from aap.services.review.progress import reviews_progress
from aap.services.review.reminders import preview_reminder, remind_reviewers
from aap.services.review.reopening import reopen_review
from aap.web.access import requires
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page
from aap.web.official.ranking_view import MeasuredSeverity, erratic_words, severity_cells
from aap.web.official.review_charts import box_picture, interval_picture, warmth
from aap.web.wording.sentences import sentences, worded


def _paces() -> dict[str, tuple[str, str]]:
    return {
        "done": (_("Terminé"), "success"),
        "on_time": (_("Dans les temps"), "info"),
        "slow": (_("Fin prévue après la clôture"), "warning"),
        "not_begun": (_("Pas commencé"), "warning"),
        "late": (_("Hors délai"), "danger"),
    }


@blueprint.get("/<call_id>/evaluations")
@requires(Permission.REVIEWS_FOLLOW)
def reviews(call_id: str) -> str:
    """Who has done what, who is late, when it ends."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = reviews_progress(session, actor=signed_in(), call=opened, now=arrived_at())
    return show_call_page("reviews.html", opened, progress=found, paces=_paces())


@blueprint.get("/<call_id>/evaluations/coordination")
@requires(Permission.REVIEWS_FOLLOW)
def reviews_elsewhere(call_id: str) -> ResponseReturnValue:
    """Another address of the progress, for links that were kept."""
    with reading() as session:
        call_of_page(session, call_id, Permission.REVIEWS_FOLLOW)
    return redirect(url_for("official.reviews", call_id=call_id), 301)


@blueprint.post("/<call_id>/evaluations/reouverture/<assignment_id>")
@requires(Permission.REVIEW_REOPEN)
def review_reopen(call_id: str, assignment_id: str) -> ResponseReturnValue:
    """Gives a review back to its reviewer."""
    try:
        with writing() as session:
            call_of_page(session, call_id)
            reopen_review(
                session, actor=signed_in(), call_id=call_id, assignment_id=assignment_id, reason=request.form.get("motif", ""),
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        flash(sentences(refused.problems), "danger")
    else:
        flash(_("L’évaluation est rouverte ; son auteur en est averti."), "success")
    return redirect(url_for("official.reviews", call_id=call_id))


@blueprint.route("/<call_id>/evaluations/rappels", methods=["GET", "POST"])
@requires(Permission.REVIEWERS_MANAGE)
def reminders(call_id: str) -> ResponseReturnValue:
    """Who is reminded, and the mail as it will read: shown first, sent by the second button."""
    note, problems = request.form.get("note", ""), {}
    chosen = request.form.getlist("people")
    if request.method == "POST" and request.form.get("action") == "send":
        try:
            with writing() as session:
                sent = remind_reviewers(
                    session, actor=signed_in(), call=call_of_page(session, call_id), people=chosen, note=note,
                    links=links(), now=arrived_at(),
                )  # fmt: skip
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(ngettext("Rappel envoyé.", "%(num)s rappels envoyés.", sent), "success")
            return redirect(url_for("official.reviews", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.REVIEWERS_MANAGE)
        found = reviews_progress(session, actor=signed_in(), call=opened, now=arrived_at())
    owing = [one for one in found.reviewers if one.missing]
    if request.method == "GET":
        chosen = [one.person_id for one in found.behind]
    first = next((one for one in owing if one.person_id in chosen), owing[0] if owing else None)
    page = show_call_page(
        "reviews_reminders.html",
        opened,
        owing=owing,
        chosen=chosen,
        paces=_paces(),
        note=note,
        preview=preview_reminder(opened, first, note=note, links=links()) if first else None,
        first=first,
        problems=problems,
        now=arrived_at(),
    )
    return (page, 422) if problems else page


def _severity(code: str, one: Severity) -> MeasuredSeverity:
    mean, value = from_ten_thousandths(one.mean_given), from_ten_thousandths(one.value)
    low, high, residual_sd = (
        None if units is None else from_ten_thousandths(units) for units in (one.low, one.high, one.residual_sd)
    )
    return MeasuredSeverity(code, one.reviews, mean, value, low, high, residual_sd, one.erratic)


@blueprint.get("/<call_id>/evaluations/accord")
@requires(Permission.MARKS_READ)
def agreement(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = measure_agreement(session, actor=signed_in(), call=opened)
    rubric = opened.file.rubric
    means = {one.id: one.mean for one in found.criteria}
    scales = {one.id: rubric.scale_of(one) for one in rubric.criteria}
    return show_call_page(
        "agreement.html",
        opened,
        agreement=found,
        severities=severity_cells(_severity(one.code, one.severity) for one in found.reviewers if one.severity),
        erratic=erratic_words([one.code for one in found.reviewers if one.severity and one.severity.erratic]),
        distributions=[(one.code, one.reviews, one.box) for one in found.reviewers],
        reviewers_picture=box_picture([(one.code, one.box) for one in found.reviewers]),
        dossiers_picture=box_picture([(one.reference, one.box) for one in found.dossiers[:40]], line=found.line),
        severity_picture=interval_picture([one.severity for one in found.reviewers if one.severity]),
        heat=[
            (one, [(mean, warmth(mean, means[name], scales[name])) for name, mean in one.means.items()])
            for one in found.reviewers
        ],
    )
