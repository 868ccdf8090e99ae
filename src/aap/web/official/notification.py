"""The hour at which decisions are told to all: proposed by one person, confirmed by another, cancelled until then."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.delays import paris
from aap.records.decided import NotificationState
from aap.records.rankings import Outcome
from aap.services.call.calls import OpenedCall
from aap.services.decision.deciding import DecisionLine, decision_lines
from aap.services.decision.notifying import (
    FURTHEST,
    awaited_notification,
    cancel_notification,
    confirm_notification,
    notification_mail,
    propose_notification,
    send_test_mail,
)
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.filters import moment
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, paris_moment, show_call_page
from aap.web.wording.sentences import worded


def _page(call_id: str, problems: dict[str, str]) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        lines = decision_lines(session, actor=signed_in(), call=opened)
        awaited = awaited_notification(session, actor=signed_in(), call=opened)
    waiting = [line for line in lines if line.notified_at is None]
    rendered = [line for line in waiting if line.letter_sha256]
    readable = [line for line in rendered if not line.masked]
    subject, body = _mail(opened, readable)
    here = paris(arrived_at())
    return show_call_page(
        "notify.html",
        opened,
        awaited=awaited,
        is_first=awaited is not None and awaited.record.proposed_by == signed_in().person_id,
        waiting=len(waiting),
        without=len(waiting) - len(rendered),
        subject=subject,
        body=body,
        samples=_samples(readable),
        outcomes=words.outcomes(),
        typed={
            "when": request.form.get("when", "hour"),
            "day": request.form.get("day", ""),
            "clock": request.form.get("clock", "09:00"),
        },
        earliest=here.date(),
        latest=(here + FURTHEST).date(),
        now=arrived_at(),
        problems=problems,
        page_width="narrow",
    )


def _samples(waiting: Sequence[DecisionLine]) -> list[DecisionLine]:
    """The first waiting letter of each outcome, in the order of the outcomes: to be read before they leave."""
    first: dict[Outcome, DecisionLine] = {}
    for line in waiting:
        first.setdefault(line.outcome, line)
    return [first[outcome] for outcome in Outcome if outcome in first]


def _mail(opened: OpenedCall, waiting: Sequence[DecisionLine]) -> tuple[str, str]:
    if not waiting:
        return "", ""
    line = waiting[0]
    return notification_mail(
        opened, reference=line.reference, title=line.title, link=links().decision(line.application_id)
    )


def _to_page(call_id: str) -> ResponseReturnValue:
    return redirect(url_for("official.notify", call_id=call_id), 303)


@blueprint.get("/<call_id>/decisions/notifier")
@requires(Permission.DECISIONS_NOTIFY)
def notify(call_id: str) -> str:
    """The mail, a letter of each kind, and the hour: to propose, to confirm, or to wait for."""
    return _page(call_id, {})


@blueprint.post("/<call_id>/decisions/notifier")
@requires(Permission.DECISIONS_NOTIFY)
def propose_hour(call_id: str) -> ResponseReturnValue:
    """The first person."""
    with reading() as session:  # whoever may not propose isn't asked for an hour first
        call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        ensure_impartial(session, signed_in(), call_id)
    at = None
    if request.form.get("when") != "now":
        at = paris_moment(request.form.get("day", ""), request.form.get("clock", ""))
        if at is None:
            return _page(call_id, {"at": _("Indiquez une date et une heure, par exemple 28/02/2025 et 09:00.")}), 422
    try:
        with writing() as session:
            propose_notification(session, actor=signed_in(), call_id=call_id, at=at, now=arrived_at())
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    flash(_("La notification est proposée : une seconde personne la confirme."), "success")
    return _to_page(call_id)


@blueprint.post("/<call_id>/decisions/notifier/<notification_id>/confirmer")
@requires(Permission.DECISIONS_NOTIFY)
def confirm_hour(call_id: str, notification_id: str) -> ResponseReturnValue:
    """The second person."""
    with writing() as session:
        held = confirm_notification(
            session, actor=signed_in(), call_id=call_id, notification_id=notification_id, links=links(),
            now=arrived_at(),
        )  # fmt: skip
        done, number, at = held.state == NotificationState.DONE, held.decisions, held.at
    if done:
        flash(ngettext("%(num)s décision est notifiée.", "%(num)s décisions sont notifiées.", number), "success")
        return redirect(url_for("official.decisions", call_id=call_id), 303)
    flash(_("La notification est confirmée : tout part le %(at)s.", at=moment(at)), "success")
    return _to_page(call_id)


@blueprint.post("/<call_id>/decisions/notifier/<notification_id>/annuler")
@requires(Permission.DECISIONS_NOTIFY)
def cancel_hour(call_id: str, notification_id: str) -> ResponseReturnValue:
    """Until the hour, one person holds everything back."""
    try:
        with writing() as session:
            cancel_notification(
                session, actor=signed_in(), call_id=call_id, notification_id=notification_id, now=arrived_at()
            )
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 409
    flash(_("La notification est annulée : rien n’est parti."), "success")
    return _to_page(call_id)


@blueprint.post("/<call_id>/decisions/notifier/essai")
@requires(Permission.DECISIONS_NOTIFY)
def send_trial(call_id: str) -> ResponseReturnValue:
    """The mail to oneself, before anybody else gets it."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        lines = decision_lines(session, actor=signed_in(), call=opened)
        line = next((one for one in lines if not one.masked), None)
        if line is None:
            raise NotFound("decisions", call_id)
        send_test_mail(
            session, actor=signed_in(), call_id=call_id, reference=line.reference, title=line.title, links=links(),
            now=arrived_at(),
        )  # fmt: skip
    flash(_("Le courriel d’essai part à votre adresse, %(email)s.", email=signed_in().email), "success")
    return _to_page(call_id)
