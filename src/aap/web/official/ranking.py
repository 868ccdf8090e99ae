"""The ranking: compute, read, compare, try other rules, freeze by two persons, take the files away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core import french
from aap.core.ranking.reason_figures import correction
from aap.core.results import ERRATIC, masked_text
from aap.core.selection.problem import Rules
from aap.core.selection.rules import rules_of
from aap.documents.media_types import PDF, MadeFile
from aap.records.rankings import RankingRun, RunState
from aap.services.call.calls import OpenedCall
from aap.services.decision.in_force import current_list
from aap.services.decision.unfreezing import letters_have_left
from aap.services.dossier.access import dossier_of, find_dossier, told
from aap.services.errors import InvalidInput, NotFound, Objection, RulesConflict
from aap.services.permissions import Permission
from aap.services.platform import Session
from aap.services.ranking.failures import FailedRun, failed_runs
from aap.services.ranking.points_needed import points_in_words, points_job, start_points
from aap.services.ranking.run_files import (
    RANKING_LIST,
    kept_ranking_list,
    processing_sheet_file,
    ranking_list,
    reviewer_rows,
    run_file,
)
from aap.services.ranking.runs import find_run, latest_run, list_runs, moved_since, view_run
from aap.services.ranking.trials import Wish, compare, only_successors, way_of, ways_of
from aap.services.ranking.versions import frozen_as, waiting_unfreezing
from aap.services.steering.following import latest_job
from aap.web.access import requires
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.explanation_view import mark_bars
from aap.web.official.pages import (
    blueprint,
    call_of_page,
    conflict_words,
    hand_out,
    show_call_page,
    start_work,
    typed_euros,
)
from aap.web.official.ranking_view import (
    drawn_interval,
    erratic_words,
    if_none_words,
    irreplaceable,
    last_retained,
    quota_lines,
    rank_lines,
    severity_lines,
    shown_lines,
    warning_lines,
)
from aap.web.paging import kept_query, lines_of, page_of
from aap.web.wording.sentences import sentence, worded

RANKING_PAGE = 300
"""Lines of a ranking on one page: a whole national call, to be searched and printed at once."""


def run_of_page(
    session: Session, call_id: str, number: int, permission: Permission = Permission.RANKING_READ
) -> tuple[OpenedCall, RankingRun]:
    opened = call_of_page(session, call_id, permission)
    return opened, find_run(session, call_id, number)


@blueprint.get("/<call_id>/classement")
@requires(Permission.RANKING_READ)
def ranking(call_id: str) -> ResponseReturnValue:
    """The frozen run, else the last one; nothing computed yet: how to begin."""
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.RANKING_READ)
        run = latest_run(session, call_id)
        job = latest_job(session, call_id, "ranking")
        failures = _failures(session, opened)
    if run is not None:
        return redirect(url_for("official.run", call_id=call_id, number=run.number))
    running = job is not None and job.state in ("waiting", "running")
    return show_call_page("ranking_empty.html", opened, job=job if running else None, failures=failures)


@blueprint.post("/<call_id>/classement/calcul")
@requires(Permission.RANKING_RUN)
def compute(call_id: str) -> ResponseReturnValue:
    """Starts the computation as a job and shows how far it is."""
    with writing() as session:
        return start_work(session, call_id, "ranking", Permission.RANKING_RUN)


@blueprint.get("/<call_id>/classement/<int:number>")
@requires(Permission.RANKING_READ)
def run(call_id: str, number: int) -> str:
    """The whole ranking of a run, with what it achieves and what is doubtful."""
    with reading() as session:
        opened, kept = run_of_page(session, call_id, number)
        view = view_run(session, kept, actor=signed_in(), marks=False)
        runs = list_runs(session, call_id)
        failures = _failures(session, opened)
        moved = moved_since(session, kept)
        version = frozen_as(session, kept)
        in_force = kept.state == RunState.FROZEN
        letters_left = in_force and letters_have_left(session, call_id)
        asked_back = in_force and waiting_unfreezing(session, call_id) is not None
        held = current_list(session, call_id)
    status = request.args.get("resultat", "")
    text = request.args.get("q", "")[:200]
    lines = rank_lines(opened, view)
    reviewers = reviewer_rows(kept)
    shown = [line for line in lines if line.fits(text, status)]
    page, pages = page_of(len(shown), RANKING_PAGE)
    wanted = kept_query("q", "resultat")
    return show_call_page(
        "run.html",
        opened,
        run=kept,
        runs=runs,
        failures=failures,
        failed_since=failures[0] if failures and runs and failures[0].at > runs[0].created_at else None,
        report=view.report,
        lines=shown_lines(
            lines_of(shown, page, RANKING_PAGE),
            opened.file,
            last_retained(lines),
            address=url_for("official.explain", call_id=call_id, number=number, reference="REFERENCE"),
            successors=only_successors(kept),
            contested=frozenset(view.report.get("contested", [])),
        ),
        shown=len(shown),
        total=len(lines),
        page=page,
        pages=pages,
        url_of=lambda at: url_for("official.run", call_id=call_id, number=number, **wanted, page=at),
        status=status,
        text=text,
        moved=moved,
        held=held,
        outcome_choices=[(kind, label) for kind, label in words.outcomes().items() if kept.report["counts"].get(kind)],
        quotas=quota_lines(opened, view.report),
        severities=severity_lines(reviewers),
        erratic=erratic_words([one.reviewer_id for one in reviewers if one.flag == ERRATIC]),
        contested=set(view.report.get("contested", [])),
        alone=irreplaceable(lines, view.report),
        if_none=if_none_words(opened),
        warnings=warning_lines(view.report),
        version=version,
        letters_left=letters_left,
        asked_back=asked_back,
        mine=kept.proposed_by == signed_in().person_id,
        **_run_words(),
    )


class Failure(NamedTuple):
    """A computation that gave no ranking, in words."""

    at: datetime
    why: tuple[str, ...]
    job_id: str


def _failures(session: Session, call: OpenedCall) -> list[Failure]:
    """Why the last computations of the call gave none, as who reads may know it."""
    found = failed_runs(session, call.id)
    whys = [_why(call, one) for one in found]
    words_of = iter(told(session, signed_in(), call.id, [text for why in whys for text in why]) if found else ())
    return [
        Failure(one.at, tuple(islice(words_of, len(why))), one.job_id) for one, why in zip(found, whys, strict=True)
    ]


def _why(call: OpenedCall, failed: FailedRun) -> list[str]:
    if failed.conflict:
        rules = conflict_words(call.file, failed.conflict)
        return [_("Ces règles ne peuvent pas toutes tenir : %(rules)s.", rules=", ".join(rules))]
    if failed.problems:
        return [sentence(one) for one in failed.problems]
    return [_("Quelqu’un l’a arrêté.") if failed.cancelled else _("Le calcul s’est arrêté sur une erreur.")]


def _run_words() -> dict[str, Mapping[str, str]]:
    return {
        "outcomes": words.outcomes(),
        "kinds": words.OUTCOME_KINDS,
        "run_states": words.run_states(),
        "run_kinds": words.RUN_KINDS,
        "ways": words.ways(),
    }


@blueprint.get("/<call_id>/classement/<int:number>/fichiers/<name>")
@requires(Permission.RANKING_READ)
def download_run(call_id: str, number: int, name: str) -> ResponseReturnValue:
    """One file of a run, by the name that it also bears in file mode. The long list leads to the job that makes it."""
    with writing() as session:
        opened, kept = run_of_page(session, call_id, number)
        if name == RANKING_LIST:
            job = ranking_list(session, actor=signed_in(), call=opened, run=kept, now=arrived_at())
            if job.state != "done":
                return redirect(url_for("official.job", call_id=call_id, job_id=job.id))
            sha256 = job.result["sha256"]
            shown = kept_ranking_list(
                session, actor=signed_in(), call=opened, run=kept, sha256=sha256, now=arrived_at()
            )
            return hand_out(MadeFile(shown, PDF, platform().files.read(sha256)))
        made = run_file(
            session,
            actor=signed_in(),
            call=opened,
            run=kept,
            name=name,
            secret=platform().settings.secret_key,
            now=arrived_at(),
        )
    return hand_out(made, inline=name == "report.html" and "telecharger" not in request.args)


def _wish(rules: Rules) -> tuple[Wish, dict[str, str]]:
    """What the query asks to try, and what of it can't be read. A call in order of merit is first held against `value`."""
    problems = {}
    budget: Decimal | None = None
    whole: dict[str, int | None] = {}
    for name in ("laureats", "tete"):
        typed = request.args.get(name, "").strip()
        whole[name] = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else None
        if typed and whole[name] is None:
            problems[name] = _("Écrivez un nombre entier, par exemple 70.")
    try:
        budget = typed_euros(request.args.get("enveloppe", ""), "enveloppe")
    except InvalidInput as refused:
        problems |= worded(refused.problems)
    typed = request.args.get("mode", "")
    chosen = next((way for way in ways_of(rules) if way == typed), None)
    if not request.args and rules.mode == "merit":
        chosen = "value"
    without = frozenset(request.args.getlist("sans"))
    return Wish(chosen, whole["laureats"], budget, whole["tete"], without), problems


@blueprint.get("/<call_id>/classement/<int:number>/essai")
@requires(Permission.RANKING_READ)
def simulate(call_id: str, number: int) -> ResponseReturnValue:
    """What happens if: other limits or the other mode on the same scores. Nothing is kept."""
    with reading() as session:
        opened, kept = run_of_page(session, call_id, number)
        view = view_run(session, kept, actor=signed_in())
    rules = rules_of(opened.file)
    wish, problems = _wish(rules)
    comparison, conflict = None, []
    if not problems:
        try:
            comparison = compare(kept, view.by_reference, wish)
        except RulesConflict as error:
            conflict = [masked_text(text, view.masked) for text in conflict_words(opened.file, error)]
        except InvalidInput as error:
            problems = worded(error.problems)
    page = show_call_page(
        "simulate.html",
        opened,
        run=kept,
        report=view.report,
        wish=wish,
        typed=request.args,
        comparison=comparison,
        way=wish.way or way_of(rules),
        ways_tried=[(way, title) for way, title in words.ways().items() if way in ways_of(rules)],
        by_itself=not request.args and rules.mode == "merit",
        conflict=conflict,
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        view=view,
        quotas=opened.file.selection.quotas,
        quota_choices=[(quota.id, french.spaced(quota.title or quota.id)) for quota in opened.file.selection.quotas],
        **_run_words(),
    )
    return (page, 422) if problems else page


@blueprint.get("/<call_id>/classement/<int:number>/dossiers/<reference>")
@requires(Permission.RANKING_READ)
def explain(call_id: str, number: int, reference: str) -> str:
    """One dossier in a run: its marks, its reason, and the points that it lacks where somebody asked."""
    with reading() as session:
        opened, kept = run_of_page(session, call_id, number)
        application_id = find_dossier(session, call_id, reference)
        dossier_of(session, actor=signed_in(), permission=Permission.DOSSIER_INSPECT, application_id=application_id)
        view = view_run(session, kept, actor=signed_in())
        job = points_job(session, kept, reference)
    lines = rank_lines(opened, view)
    line = next((one for one in lines if one.reference == reference), None)
    if line is None:
        raise NotFound("application", reference)
    last = last_retained(lines).get(line.row.lot)
    known = last is not None and not last.row.masked
    found = points_in_words(job, opened.file) if job is not None and job.state == "done" else None
    return show_call_page(
        "explain.html",
        opened,
        run=kept,
        line=line,
        last=last if known and last is not line else None,
        bars=mark_bars(line, last if known else None, opened.file.rubric),
        drawn=drawn_interval(line.row, line.score),
        correction=correction(opened.file.rubric, line.row.raw_score, line.score),
        needed=sentence(found) if isinstance(found, Objection) else found,
        looking=job if found is None else None,
        **_run_words(),
    )


@blueprint.post("/<call_id>/classement/<int:number>/dossiers/<reference>/points")
@requires(Permission.RANKING_READ)
def ask_points(call_id: str, number: int, reference: str) -> ResponseReturnValue:
    """How many points would have been enough: a job, which leads back to the dossier in its run."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        job = start_points(
            session, actor=signed_in(), call=opened, number=number, reference=reference, now=arrived_at()
        )
    return redirect(url_for("official.job", call_id=call_id, job_id=job.id))


@blueprint.get("/<call_id>/classement/<int:number>/dossiers/<reference>/fiche.pdf")
@requires(Permission.RANKING_READ)
def sheet(call_id: str, number: int, reference: str) -> Response:
    """How the calculation treated one dossier, as the law lets its association ask."""
    with writing() as session:
        opened, kept = run_of_page(session, call_id, number)
        made = processing_sheet_file(
            session, actor=signed_in(), call=opened, run=kept, reference=reference, now=arrived_at()
        )
    return hand_out(made)
