"""After the deposit: withdraw, write to the service, see what changed, read the decision, answer it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.delays import paris
from aap.records.applications import ApplicationState
from aap.records.people import MembershipRole
from aap.records.rankings import Outcome
from aap.services.decision.answer_terms import answer_term, known_decision
from aap.services.decision.answering import (
    LONGEST_REASON,
    ReadDecision,
    answer_grant,
    former_decisions,
    read_decision,
)
from aap.services.decision.appeal_pages import own_appeals
from aap.services.decision.appeals import LONGEST_APPEAL, MEGABYTES, MOST_FILES
from aap.services.decision.court import court_way
from aap.services.decision.first_reading import letter_for_association, note_reading
from aap.services.decision.hearing import own_corrections
from aap.services.decision.in_force import DECLINED, GIVEN_UP
from aap.services.decision.shared_comments import shared_comments
from aap.services.dossier.completion import revisions_of
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.messages import LONGEST_MESSAGE, mark_thread_read, read_thread, write_to_service
from aap.services.dossier.redrafting import may_correct
from aap.services.dossier.silence import rejected_on
from aap.services.dossier.withdrawing import resume_application, withdraw_application
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission, allowed, ensure
from aap.web.access import requires
from aap.web.appeal_words import appeal_kinds, appeal_results
from aap.web.association.blueprint import blueprint
from aap.web.association.states import stages_of, state_in_words
from aap.web.association.what_next import what_next
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.help_here import may_write
from aap.web.http_files import pdf_answer
from aap.web.wording.sentences import worded


def _to_dossier(application_id: str) -> ResponseReturnValue:
    return redirect(url_for("association.dossier", application_id=application_id), 303)


def _writes(dossier: OpenedDossier) -> bool:
    return signed_in().memberships[dossier.association.id] is not MembershipRole.READER


# --- where it stands --------------------------------------------------------------------------------------------------


@blueprint.get("/dossiers/<application_id>/suivi")
@requires(Permission.APPLICATION_READ)
def status(application_id: str) -> str:
    """Where the dossier stands, what comes next and when; what each deposit changed."""
    now = arrived_at()
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
        revisions = revisions_of(session, found)
        silent_on = rejected_on(session, found.application)
        known = known_decision(session, found)
    due_at = found.completion.due_at if found.completion else None
    return render_template(
        "association/status.html",
        dossier=found,
        standing=state_in_words(found.state, found.call, now, due_at, correcting=found.correcting),
        path=stages_of(found.application, found.call, now, due_at, silent_on),
        coming=what_next(found.state, found.call, now, due_at=due_at, silent_on=silent_on, known=known),
        revisions=revisions,
        may_resume=_writes(found) and _can_resume(found),
        now=now,
    )


def _can_resume(dossier: OpenedDossier) -> bool:
    possible = allowed(signed_in(), Permission.APPLICATION_RESUME, dossier.target)
    return possible and dossier.state is ApplicationState.WITHDRAWN and arrived_at() <= dossier.call.accepted_until


# --- withdrawing ------------------------------------------------------------------------------------------------------


def _withdraw_page(application_id: str, problems: dict[str, str]) -> str:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    ensure(signed_in(), Permission.APPLICATION_WITHDRAW, found.target, kind="application", id=application_id)
    return render_template(
        "association/withdraw.html",
        dossier=found,
        problems=problems,
        may_correct=may_correct(found, signed_in(), arrived_at()),
        reason=request.form.get("reason", ""),
        again=found.call.accepts_new_dossiers(arrived_at()),
    )


@blueprint.get("/dossiers/<application_id>/retrait")
@requires(Permission.APPLICATION_WITHDRAW)
def withdraw(application_id: str) -> str:
    return _withdraw_page(application_id, {})


@blueprint.post("/dossiers/<application_id>/retrait")
@requires(Permission.APPLICATION_WITHDRAW)
def withdraw_now(application_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            withdraw_application(
                session, actor=signed_in(), application_id=application_id, reason=request.form.get("reason", ""),
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _withdraw_page(application_id, worded(error.problems)), 422
    flash(_("Votre dossier est retiré."), "success")
    return _to_dossier(application_id)


@blueprint.post("/dossiers/<application_id>/reprise")
@requires(Permission.APPLICATION_RESUME)
def resume(application_id: str) -> ResponseReturnValue:
    """A withdrawn dossier is a draft again, while the call takes dossiers."""
    with writing() as session:
        resume_application(session, actor=signed_in(), application_id=application_id, now=arrived_at())
    flash(_("Votre dossier est repris\u00a0: déposez-le à nouveau avant la clôture."), "success")
    return _to_dossier(application_id)


# --- messages ---------------------------------------------------------------------------------------------------------


def _messages_page(application_id: str, problems: dict[str, str]) -> str:
    with reading() as session:
        thread = read_thread(session, actor=signed_in(), application_id=application_id)
    if thread.unread:
        with writing() as session:
            mark_thread_read(session, actor=signed_in(), application_id=application_id, now=arrived_at())
    return render_template(
        "association/messages.html",
        dossier=thread.dossier,
        thread=thread,
        may_write=may_write(signed_in(), thread.dossier),
        problems=problems,
        body=request.form.get("body", ""),
        longest=LONGEST_MESSAGE,
    )


@blueprint.get("/dossiers/<application_id>/messages")
@requires(Permission.APPLICATION_READ)
def messages(application_id: str) -> str:
    return _messages_page(application_id, {})


@blueprint.post("/dossiers/<application_id>/messages")
@requires(Permission.APPLICATION_MESSAGE)
def write(application_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            write_to_service(
                session, actor=signed_in(), application_id=application_id, body=request.form.get("body", ""),
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _messages_page(application_id, worded(error.problems)), 422
    flash(_("Votre message est envoyé."), "success")
    return redirect(url_for("association.messages", application_id=application_id), 303)


# --- decision ---------------------------------------------------------------------------------------------------------


def decision_page(application_id: str, problems: dict[str, str], form: str = "") -> str:
    """`form`: which of the page's forms was refused. The first who opens it begins the delays that it tells."""
    with reading() as session:
        found = read_decision(session, actor=signed_in(), application_id=application_id)
        appeals = own_appeals(session, found.dossier)
        corrections = own_corrections(session, found.dossier, arrived_at())
        former = former_decisions(session, found)
        comments = shared_comments(session, found)
    if found.decision.read_at is None:
        with writing() as session:
            note_reading(session, actor=signed_in(), application_id=application_id, links=links(), now=arrived_at())
        with reading() as session:
            found = read_decision(session, actor=signed_in(), application_id=application_id)
    return render_template(
        "association/decision.html",
        dossier=found.dossier,
        found=found,
        heading=_heading(found),
        may_answer=_may_answer(found),
        term=answer_term(found.dossier.call, found.decision, found.delay.begins),
        may_contest=_writes(found.dossier) and found.outcome is not Outcome.WITHDRAWN,
        writes=_writes(found.dossier),
        appeals=appeals,
        contested=any(one.contest.decision_id == found.decision.id and not one.contest.on_paper for one in appeals),
        appeal_kinds=appeal_kinds(),
        appeal_results=appeal_results(),
        corrections=corrections,
        former=former,
        comments=comments,
        court=court_way(found, [one.contest for one in appeals], arrived_at()),
        now=arrived_at(),
        today=paris(arrived_at()).date(),
        in_time=not found.delay.is_over(arrived_at()),
        problems=problems,
        form=form,
        typed=request.form,
        longest=LONGEST_APPEAL,
        most_files=MOST_FILES,
        megabytes=MEGABYTES,
    )


def _may_answer(found: ReadDecision) -> bool:
    return _writes(found.dossier) and found.outcome is Outcome.LAUREATE and found.decision.answer not in GIVEN_UP


def _heading(found: ReadDecision) -> tuple[str, str]:
    """(words, kind of badge) of the outcome."""
    return {
        Outcome.LAUREATE: (_("Votre projet est retenu"), "success"),
        Outcome.WAITING_LIST: (_("Votre projet est sur la liste d’attente"), "info"),
        Outcome.NOT_SELECTED: (_("Votre projet n’est pas retenu"), "neutral"),
        Outcome.BELOW_THRESHOLD: (_("Votre projet n’est pas retenu"), "neutral"),
        Outcome.INELIGIBLE: (_("Votre demande n’est pas recevable"), "neutral"),
        Outcome.WITHDRAWN: (_("Votre dossier a été retiré"), "neutral"),
    }[found.outcome]


@blueprint.get("/dossiers/<application_id>/decision")
@requires(Permission.DECISION_READ)
def decision(application_id: str) -> str:
    return decision_page(application_id, {})


@blueprint.get("/dossiers/<application_id>/decision/lettre.pdf")
@requires(Permission.DECISION_READ)
def letter(application_id: str) -> ResponseReturnValue:
    with writing() as session:
        reference, sha256 = letter_for_association(
            session, actor=signed_in(), application_id=application_id, links=links(), now=arrived_at()
        )
    return pdf_answer(platform().files.read(sha256), f"decision-{reference}.pdf")


def _answered(application_id: str, answer: str, reason: str) -> None:
    with writing() as session:
        answer_grant(
            session,
            actor=signed_in(),
            application_id=application_id,
            answer=answer,
            reason=reason,
            links=links(),
            now=arrived_at(),
        )


@blueprint.post("/dossiers/<application_id>/decision")
@requires(Permission.DECISION_ANSWER)
def answer(application_id: str) -> ResponseReturnValue:
    """Accepts the grant, in one click. To decline it has a page of its own, which says what that does."""
    given = request.form.get("answer", "")
    if given == DECLINED:
        return redirect(url_for("association.decline", application_id=application_id), 303)
    try:
        _answered(application_id, given, "")
    except InvalidInput as error:
        return decision_page(application_id, worded(error.problems), "answer"), 422
    flash(_("Vous avez accepté la subvention. Le service vous écrira pour la convention."), "success")
    return redirect(url_for("association.decision", application_id=application_id), 303)


def _decline_page(application_id: str, problems: dict[str, str]) -> str:
    with reading() as session:
        found = read_decision(session, actor=signed_in(), application_id=application_id)
    ensure(signed_in(), Permission.DECISION_ANSWER, found.dossier.target, kind="application", id=application_id)
    if not _may_answer(found):
        raise NotFound("grant", application_id)
    return render_template(
        "association/decline.html",
        found=found,
        problems=problems,
        reason=request.form.get("reason", ""),
        longest=LONGEST_REASON,
    )


@blueprint.get("/dossiers/<application_id>/decision/renoncement")
@requires(Permission.DECISION_ANSWER)
def decline(application_id: str) -> str:
    """What declining does, before it is done."""
    return _decline_page(application_id, {})


@blueprint.post("/dossiers/<application_id>/decision/renoncement")
@requires(Permission.DECISION_ANSWER)
def decline_now(application_id: str) -> ResponseReturnValue:
    try:
        _answered(application_id, DECLINED, request.form.get("reason", ""))
    except InvalidInput as error:
        return _decline_page(application_id, worded(error.problems)), 422
    flash(
        _("Vous avez renoncé à la subvention. Le service et votre association en sont avisés par courriel."), "success"
    )
    return redirect(url_for("association.decision", application_id=application_id), 303)
