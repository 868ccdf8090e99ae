"""Decisions: prepare them from the frozen run, render and take away the letters, publish."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.territories import fold
from aap.documents.media_types import PDF, MadeFile
from aap.records.rankings import Outcome
from aap.services.audit import Subject
from aap.services.candidates.listing import PAGE_SIZE
from aap.services.decision.deciding import (
    decision_lines,
    followed_list,
    prepare_decisions,
    unsent_notifications,
)
from aap.services.decision.letters import kept_letter, preview_letter, start_letters
from aap.services.decision.list_versions import departures
from aap.services.decision.notifying import awaited_notification
from aap.services.decision.post_room import archive_letters, made_book, start_book
from aap.services.decision.setting_letters import letters_makeable, stale_letters
from aap.services.dossier.access import find_dossier
from aap.services.permissions import Permission
from aap.services.ranking.runs import latest_run, latest_run_number
from aap.services.screening.official_dossier import READ
from aap.services.steering.following import latest_job
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, platform, reading, signed_in, writing
from aap.web.filters import day
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.paging import kept_query, lines_of, page_of
from aap.web.wording.sentences import sentence


@blueprint.get("/<call_id>/decisions")
@requires(Permission.DECISIONS_READ)
def decisions(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        lines = decision_lines(session, actor=signed_in(), call=opened)
        held = followed_list(session, actor=signed_in(), call=opened)
        free = max(0, departures(session, call_id).places)
        run = latest_run_number(session, call_id)
        job = latest_job(session, call_id, "letters")
        unsent = unsent_notifications(session, actor=signed_in(), call=opened)
        awaited = awaited_notification(session, actor=signed_in(), call=opened)
        leaving = any(line.notified_at is None for line in lines)  # letters that nobody was told of
        places = letters_makeable(session, opened) if leaving else ()
        stale = stale_letters(session, opened) if leaving else 0
    outcome = request.args.get("resultat", "")
    text = request.args.get("q", "")[:200]
    wanted = fold(text).split()
    shown = [
        line
        for line in lines
        if outcome in ("", line.outcome)
        and not (line.masked and wanted)
        and all(word in fold(f"{line.reference} {line.association} {line.title}") for word in wanted)
    ]
    page, pages = page_of(len(shown), PAGE_SIZE)
    on_page = lines_of(shown, page, PAGE_SIZE)
    kept = kept_query("q", "resultat")
    return show_call_page(
        "decisions.html",
        opened,
        lines=on_page,
        told_on={at: _("Notifiée le %(date)s", date=day(at)) for at in {line.notified_at for line in on_page} if at},
        shown=len(shown),
        page=page,
        pages=pages,
        url_of=lambda number: url_for("official.decisions", call_id=call_id, **kept, page=number),
        free=free,
        outcome_choices=[
            (kind, words.outcomes()[kind]) for kind in Outcome if any(kind == line.outcome for line in lines)
        ],
        total=len(lines),
        held=held,
        rendered=sum(line.letter_sha256 is not None for line in lines),
        notified=sum(line.notified_at is not None for line in lines),
        run=run,
        unsent=unsent,
        awaited=awaited,
        job=job if job is not None and job.state in ("waiting", "running") else None,
        failed=job is not None and job.state == "failed",
        places=[sentence(one) for one in places],
        stale=stale,
        outcome=outcome,
        text=text,
        outcomes=words.outcomes(),
        kinds=words.OUTCOME_KINDS,
    )


@blueprint.route("/<call_id>/decisions/preparer", methods=["GET", "POST"])
@requires(Permission.DECISIONS_PREPARE)
def prepare(call_id: str) -> ResponseReturnValue:
    """One decision a dossier from the frozen run, then the letters as a job."""
    if request.method == "POST":
        with writing() as session:
            prepare_decisions(session, actor=signed_in(), call_id=call_id, now=arrived_at())
            if letters_makeable(session, call_of_page(session, call_id, Permission.DECISIONS_PREPARE)):
                return redirect(url_for("official.decisions", call_id=call_id))  # which says what is missing
            job = start_letters(session, actor=signed_in(), call_id=call_id, now=arrived_at())
        return redirect(url_for("official.job", call_id=call_id, job_id=job.id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_PREPARE)
        run = latest_run(session, call_id)
        places = [sentence(one) for one in letters_makeable(session, opened)]
    return show_call_page(
        "prepare.html", opened, run=run, outcomes=words.outcomes(), places=places, page_width="narrow"
    )


@blueprint.post("/<call_id>/decisions/lettres")
@requires(Permission.DECISIONS_PREPARE)
def render_again(call_id: str) -> ResponseReturnValue:
    """The letters that nobody was told of, again: after a failure, or once what they say has changed."""
    with writing() as session:
        if letters_makeable(session, call_of_page(session, call_id, Permission.DECISIONS_PREPARE)):
            return redirect(url_for("official.decisions", call_id=call_id))  # which says what is missing
        job = start_letters(session, actor=signed_in(), call_id=call_id, now=arrived_at())
    return redirect(url_for("official.job", call_id=call_id, job_id=job.id))


@blueprint.get("/<call_id>/decisions/<reference>/apercu.pdf")
@requires(Permission.DECISIONS_READ)
def letter_preview(call_id: str, reference: str) -> Response:
    """A letter as it would be rendered now."""
    with reading() as session:
        opened = call_of_page(session, call_id)
        content = preview_letter(session, actor=signed_in(), call=opened, reference=reference)
        application_id = find_dossier(session, call_id, reference)
    consulted(READ, Subject("application", application_id, call_id))
    return hand_out(MadeFile(f"{reference}-apercu.pdf", PDF, content), inline=True)


@blueprint.get("/<call_id>/decisions/<reference>/lettre.pdf")
@requires(Permission.DECISIONS_READ)
def letter(call_id: str, reference: str) -> Response:
    """The letter that was rendered and kept."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        sha256 = kept_letter(session, actor=signed_in(), call=opened, reference=reference, now=arrived_at())
    return hand_out(MadeFile(f"{reference}.pdf", PDF, platform().files.read(sha256)), inline=True)


@blueprint.get("/<call_id>/decisions/lettres.zip")
@requires(Permission.DECISIONS_READ)
def letters(call_id: str) -> Response:
    """All letters that were rendered and kept, in the order of the post."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        made = archive_letters(session, platform(), actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(made)


@blueprint.post("/<call_id>/decisions/lettres.pdf")
@requires(Permission.DECISIONS_READ)
def bind(call_id: str) -> ResponseReturnValue:
    """The same as one PDF to print: long work."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        job = start_book(session, actor=signed_in(), call=opened, now=arrived_at())
    return redirect(url_for("official.job", call_id=call_id, job_id=job.id), 303)


@blueprint.get("/<call_id>/decisions/lettres/<job_id>.pdf")
@requires(Permission.DECISIONS_READ)
def letters_book(call_id: str, job_id: str) -> Response:
    """The PDF that was made."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        made = made_book(session, platform(), actor=signed_in(), call=opened, job_id=job_id, now=arrived_at())
    return hand_out(made)
