"""Decisions: prepare them from the frozen run, render and take away the letters, notify, publish."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from aap.core.territories import fold
from aap.documents.mail_texts import Mail, render_mail
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.letters_archive import letters_archive
from aap.records.decided import ListChange
from aap.records.rankings import Outcome
from aap.services.association.mails import dossier_values
from aap.services.audit import Subject
from aap.services.call.calls import OpenedCall
from aap.services.decision.deciding import (
    DecisionLine,
    decision_lines,
    followed_list,
    notify_decisions,
    prepare_decisions,
    unsent_notifications,
)
from aap.services.decision.letters import kept_letters, preview_letter, start_letters, withheld_letters
from aap.services.decision.list_versions import changes_made
from aap.services.dossier.access import find_dossier
from aap.services.permissions import Permission
from aap.services.ranking.runs import latest_run
from aap.services.screening.candidates import PAGE_SIZE
from aap.services.screening.official_dossier import READ
from aap.services.steering.following import latest_job
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, links, platform, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.paging import kept_query, lines_of, page_of


@blueprint.get("/<call_id>/decisions")
@requires(Permission.DECISIONS_READ)
def decisions(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        lines = decision_lines(session, actor=signed_in(), call=opened)
        held = followed_list(session, actor=signed_in(), call=opened)
        changes = changes_made(session, call_id)
        run = latest_run(session, call_id)
        job = latest_job(session, call_id, "letters")
        unsent = unsent_notifications(session, actor=signed_in(), call=opened)
    outcome = request.args.get("resultat", "")
    text = request.args.get("q", "")[:200]
    shown = [
        line
        for line in lines
        if outcome in ("", line.outcome)
        and not (line.masked and text.strip())
        and all(word in fold(f"{line.reference} {line.association} {line.title}") for word in fold(text).split())
    ]
    page, pages = page_of(len(shown), PAGE_SIZE)
    kept = kept_query("q", "resultat")
    return show_call_page(
        "decisions.html",
        opened,
        lines=lines_of(shown, page, PAGE_SIZE),
        shown=len(shown),
        page=page,
        pages=pages,
        url_of=lambda number: url_for("official.decisions", call_id=call_id, **kept, page=number),
        free=max(0, changes[ListChange.LEFT] - changes[ListChange.CALLED]),
        outcome_choices=[
            (kind, words.outcomes()[kind]) for kind in Outcome if any(kind == line.outcome for line in lines)
        ],
        total=len(lines),
        held=held,
        rendered=sum(line.letter_sha256 is not None for line in lines),
        notified=sum(line.notified_at is not None for line in lines),
        run=run,
        unsent=unsent,
        job=job if job is not None and job.state in ("waiting", "running") else None,
        failed=job is not None and job.state == "failed",
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
            job = start_letters(session, actor=signed_in(), call_id=call_id, now=arrived_at())
        return redirect(url_for("official.job", call_id=call_id, job_id=job.id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_PREPARE)
        run = latest_run(session, call_id)
    return show_call_page("prepare.html", opened, run=run, outcomes=words.outcomes(), page_width="narrow")


@blueprint.post("/<call_id>/decisions/lettres")
@requires(Permission.DECISIONS_PREPARE)
def render_again(call_id: str) -> ResponseReturnValue:
    """The letters again, after a failure."""
    with writing() as session:
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
        found = kept_letters(session, actor=signed_in(), call=opened, reference=reference, now=arrived_at())
    return hand_out(MadeFile(f"{reference}.pdf", PDF, platform().files.read(found[0][1])), inline=True)


@blueprint.get("/<call_id>/decisions/lettres.zip")
@requires(Permission.DECISIONS_READ)
def letters(call_id: str) -> Response:
    """All letters that were rendered and kept."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        found = kept_letters(session, actor=signed_in(), call=opened, now=arrived_at())
        withheld = withheld_letters(session, actor=signed_in(), call=opened)
    files = [(reference, platform().files.read(sha256)) for reference, sha256 in found]
    archive = letters_archive(files, withheld=withheld)
    return hand_out(MadeFile(f"{call_id}-lettres.zip", "application/zip", archive))


@blueprint.route("/<call_id>/decisions/notifier", methods=["GET", "POST"])
@requires(Permission.DECISIONS_NOTIFY)
def notify(call_id: str) -> ResponseReturnValue:
    """Mails every association that its decision is there, after a look at the mail and the number."""
    if request.method == "POST":
        with writing() as session:
            number = notify_decisions(
                session,
                actor=signed_in(),
                call_id=call_id,
                links=links(),
                now=arrived_at(),
            )
        flash(ngettext("%(num)s décision est notifiée.", "%(num)s décisions sont notifiées.", number), "success")
        return redirect(url_for("official.decisions", call_id=call_id))
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.DECISIONS_NOTIFY)
        lines = decision_lines(session, actor=signed_in(), call=opened)
    waiting = [line for line in lines if line.notified_at is None and line.letter_sha256]
    readable = [line for line in waiting if not line.masked]
    subject, body = _mail(opened, readable[0] if readable else None)
    return show_call_page(
        "notify.html",
        opened,
        waiting=len(waiting),
        without=sum(line.letter_sha256 is None for line in lines),
        subject=subject,
        body=body,
        samples=_samples(readable),
        outcomes=words.outcomes(),
        page_width="narrow",
    )


def _samples(waiting: Sequence[DecisionLine]) -> list[DecisionLine]:
    """The first waiting letter of each outcome, in the order of the outcomes: to be read before they leave."""
    first: dict[Outcome, DecisionLine] = {}
    for line in waiting:
        first.setdefault(line.outcome, line)
    return [first[outcome] for outcome in Outcome if outcome in first]


def _mail(opened: OpenedCall, line: DecisionLine | None) -> tuple[str, str]:
    if line is None:
        return "", ""
    values = dossier_values(opened, line.reference, line.title)
    return render_mail(Mail.DECISION, {**values, "link": links().decision(line.application_id)})
