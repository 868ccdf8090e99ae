"""Appeals: their list and clock, one from paper, the answer, the whole file as one PDF."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.delays import paris
from aap.documents.incoming.incoming_file import RefusedFile
from aap.documents.media_types import PDF, SHOWN_INLINE, MadeFile
from aap.documents.papers.decision_notices import render_notice
from aap.records.rankings import ContestKind, ContestResult
from aap.services.decision.appeal_pages import appeal_lines, open_appeal_file, show_appeal, silent_on
from aap.services.decision.appeals import (
    ANSWERS,
    MEGABYTES,
    MOST_FILES,
    note_withdrawal,
    record_appeal,
    reply_appeal,
)
from aap.services.decision.decision_papers import reply_view
from aap.services.dossier.access import dossier_of, find_dossier
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission
from aap.services.steering.appeal_file import ask_appeal_file, hand_out_appeal_file, made_appeal_file
from aap.web import appeal_words, audit_words
from aap.web.access import requires
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page, typed_cents, typed_day
from aap.web.received_files import receive_appeal_files
from aap.web.wording.sentences import sentence, worded


@blueprint.get("/<call_id>/recours")
@requires(Permission.APPEALS_MANAGE)
def appeals(call_id: str) -> str:
    """Every appeal of the call, the open ones first, the earliest silence first."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        lines = appeal_lines(session, actor=signed_in(), call=opened)
    return show_call_page(
        "appeals.html",
        opened,
        lines=lines,
        waiting=sum(one.is_open for one in lines),
        appeal_kinds=appeal_words.appeal_kinds(),
        results=appeal_words.appeal_results(),
        result_kinds=appeal_words.APPEAL_RESULT_KINDS,
        now=arrived_at(),
    )


# --- from paper -------------------------------------------------------------------------------------------------------


def _paper_page(call_id: str, reference: str, problems: dict[str, str]) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)  # who is recused finds no dossier, before the call's state is looked at
        _call, application = dossier_of(
            session, actor=signed_in(), permission=Permission.APPEALS_MANAGE,
            application_id=find_dossier(session, call_id, reference),
        )  # fmt: skip
    return show_call_page(
        "appeal_paper.html",
        opened,
        application=application,
        kind_choices=list(appeal_words.appeal_kinds().items()),
        megabytes=MEGABYTES,
        most=MOST_FILES,
        typed=request.form,
        problems=problems,
        page_width="narrow",
    )


@blueprint.get("/<call_id>/dossiers/<reference>/recours")
@requires(Permission.APPEALS_MANAGE)
def appeal_paper(call_id: str, reference: str) -> str:
    return _paper_page(call_id, reference, {})


@blueprint.post("/<call_id>/dossiers/<reference>/recours")
@requires(Permission.APPEALS_MANAGE)
def note_appeal(call_id: str, reference: str) -> ResponseReturnValue:
    """An appeal that came on paper."""
    with reading() as session:
        call_of_page(session, call_id)
        application_id = find_dossier(session, call_id, reference)
        dossier_of(
            session, actor=signed_in(), permission=Permission.APPEALS_MANAGE, application_id=application_id
        )  # before a file is kept for somebody who may not
    kind = request.form.get("kind", "")
    if kind not in set(ContestKind):
        return _paper_page(call_id, reference, {"kind": sentence(Objection("page.answer_missing"))}), 422
    try:
        stored = receive_appeal_files()
        with writing() as session:
            contest = record_appeal(
                session, actor=signed_in(), application_id=application_id, kind=ContestKind(kind),
                received_on=typed_day("received_on"), body=request.form.get("body", ""), files=stored,
                link=links().decision(application_id), now=arrived_at(),
            )  # fmt: skip
    except RefusedFile as refused:
        return _paper_page(call_id, reference, {"files": f"{refused.name}\u00a0: {refused.message}"}), 422
    except InvalidInput as refused:
        return _paper_page(call_id, reference, worded(refused.problems)), 422
    flash(
        _("Le recours est enregistré. Il est arrivé après le dernier jour pour contester.") if contest.late
        else _("Le recours est enregistré."),
        "success",
    )  # fmt: skip
    return redirect(url_for("official.appeal", call_id=call_id, contest_id=contest.id), 303)


# --- one --------------------------------------------------------------------------------------------------------------


def _page(call_id: str, contest_id: str, form: str = "", problems: dict[str, str] | None = None) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        found = show_appeal(session, actor=signed_in(), call_id=call_id, contest_id=contest_id)
        made = made_appeal_file(session, actor=signed_in(), call_id=call_id, contest_id=contest_id)
    contest = found.held.contest
    silence = silent_on(contest)
    return show_call_page(
        "appeal.html",
        opened,
        found=found,
        one=contest,
        silence=silence,
        days_left=(silence - paris(arrived_at()).date()).days if silence else None,
        appeal_kinds=appeal_words.appeal_kinds(),
        results=appeal_words.appeal_results(),
        result_kinds=appeal_words.APPEAL_RESULT_KINDS,
        outcomes=words.outcomes(),
        file_made_at=made.finished_at if made else None,
        form=form,
        typed=request.form if form else {},
        problems=problems or {},
        page_width="page",
    )


@blueprint.get("/<call_id>/recours/<contest_id>")
@requires(Permission.APPEALS_MANAGE)
def appeal(call_id: str, contest_id: str) -> str:
    return _page(call_id, contest_id)


@blueprint.get("/<call_id>/recours/<contest_id>/pieces/<file_id>")
@requires(Permission.APPEALS_MANAGE)
def appeal_document(call_id: str, contest_id: str, file_id: str) -> Response:
    """A file that came with an appeal; its download is logged."""
    with writing() as session:
        call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        found = open_appeal_file(
            session, actor=signed_in(), call_id=call_id, contest_id=contest_id, file_id=file_id, now=arrived_at()
        )
    made = MadeFile(found.name, found.media_type, platform().files.read(found.sha256))
    return hand_out(made, inline=found.media_type in SHOWN_INLINE)


@blueprint.get("/<call_id>/recours/<contest_id>/accuse.pdf")
@requires(Permission.APPEALS_MANAGE)
def appeal_receipt(call_id: str, contest_id: str) -> Response:
    with reading() as session:
        call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        found = show_appeal(session, actor=signed_in(), call_id=call_id, contest_id=contest_id)
    sha256 = found.held.contest.acknowledged_sha256
    if sha256 is None:
        raise NotFound("paper", contest_id)
    return hand_out(MadeFile(f"{found.held.number}-accuse.pdf", PDF, platform().files.read(sha256)), inline=True)


@blueprint.get("/<call_id>/recours/<contest_id>/reponse.pdf")
@requires(Permission.APPEALS_MANAGE)
def appeal_answer(call_id: str, contest_id: str) -> Response:
    """The answer as it left, or the draft of the one that waits for a second person."""
    with reading() as session:
        call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        found = show_appeal(session, actor=signed_in(), call_id=call_id, contest_id=contest_id)
        contest, waiting = found.held.contest, found.correction
        view = None
        if contest.reply_sha256 is None and waiting is not None and waiting.contest_result is not None:
            view = reply_view(
                session, contest, result=ContestResult(waiting.contest_result), reply=contest.reply,
                made_on=paris(arrived_at()).date(), draft=True,
            )  # fmt: skip
    if view is None and contest.reply_sha256 is None:
        raise NotFound("paper", contest_id)
    content = render_notice(view) if view else platform().files.read(contest.reply_sha256 or "")
    return hand_out(MadeFile(f"{found.held.number}-reponse.pdf", PDF, content), inline=True)


@blueprint.post("/<call_id>/recours/<contest_id>/reponse")
@requires(Permission.APPEALS_MANAGE)
def answer_appeal(call_id: str, contest_id: str) -> ResponseReturnValue:
    """« voir »: the letter as it would leave. « envoyer »: the answer; one that is upheld waits for a second person."""
    result = request.form.get("result", "")
    if result not in ANSWERS:
        problem = {"result": sentence(Objection("page.answer_missing"))}
        return _page(call_id, contest_id, "reply", problem), 422
    if request.form.get("action") == "voir":
        return _draft(call_id, contest_id, ContestResult(result))
    try:
        cents = None
        if result != ContestResult.REJECTED:
            cents = typed_cents(request.form.get("amount", ""))
        with writing() as session:
            call_of_page(session, call_id, Permission.APPEALS_MANAGE)
            found = show_appeal(session, actor=signed_in(), call_id=call_id, contest_id=contest_id)
            proposed = reply_appeal(
                session, **_named(call_id, contest_id), result=ContestResult(result),
                reply=request.form.get("reply", ""), amount=cents, link=links().decision(found.held.application.id),
            )  # fmt: skip
    except InvalidInput as refused:
        return _page(
            call_id, contest_id, "reply", worded(refused.problems, {"reason": "reply", "outcome": "result"})
        ), 422
    if proposed is not None:
        flash(
            _("La nouvelle décision est proposée\u00a0: une seconde personne la prend, et la réponse part avec elle."),
            "success",
        )
        return redirect(url_for("official.correction", call_id=call_id, correction_id=proposed.id), 303)
    flash(_("La réponse est envoyée à l’association."), "success")
    return redirect(url_for("official.appeal", call_id=call_id, contest_id=contest_id), 303)


def _draft(call_id: str, contest_id: str, result: ContestResult) -> Response:
    with reading() as session:
        call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        found = show_appeal(session, actor=signed_in(), call_id=call_id, contest_id=contest_id)
        view = reply_view(
            session, found.held.contest, result=result, reply=request.form.get("reply", ""),
            made_on=paris(arrived_at()).date(), draft=True,
        )  # fmt: skip
    return hand_out(MadeFile(f"{found.held.number}-projet.pdf", PDF, render_notice(view)), inline=True)


def _named(call_id: str, contest_id: str) -> dict[str, Any]:
    """What every use case on one is told."""
    return {"actor": signed_in(), "call_id": call_id, "contest_id": contest_id, "now": arrived_at()}


@blueprint.post("/<call_id>/recours/<contest_id>/retrait")
@requires(Permission.APPEALS_MANAGE)
def drop_appeal(call_id: str, contest_id: str) -> ResponseReturnValue:
    """The association gave its appeal up."""
    try:
        with writing() as session:
            call_of_page(session, call_id, Permission.APPEALS_MANAGE)
            note_withdrawal(session, **_named(call_id, contest_id), reason=request.form.get("reason", ""))
    except InvalidInput as refused:
        return _page(call_id, contest_id, "withdraw", worded(refused.problems)), 422
    flash(_("Le recours est noté comme retiré."), "success")
    return redirect(url_for("official.appeal", call_id=call_id, contest_id=contest_id), 303)


@blueprint.post("/<call_id>/recours/<contest_id>/dossier")
@requires(Permission.APPEALS_MANAGE)
def make_file(call_id: str, contest_id: str) -> ResponseReturnValue:
    """Starts the making of the whole file."""
    with writing() as session:
        call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        job = ask_appeal_file(session, **_named(call_id, contest_id), actions=audit_words.actions())
    return redirect(url_for("official.job", call_id=call_id, job_id=job.id), 303)


@blueprint.get("/<call_id>/recours/<contest_id>/dossier.pdf")
@requires(Permission.APPEALS_MANAGE)
def appeal_file(call_id: str, contest_id: str) -> Response:
    """The whole file; its download is logged."""
    with writing() as session:
        call_of_page(session, call_id, Permission.APPEALS_MANAGE)
        found = hand_out_appeal_file(session, **_named(call_id, contest_id))
    return hand_out(MadeFile(found.name, PDF, platform().files.read(found.sha256)))
