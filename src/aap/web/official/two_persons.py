"""Two persons freeze a run, and two persons take a frozen one back."""

from __future__ import annotations

import io

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.ranking.changed_runs import PlaceChange
from aap.documents.media_types import PDF, MadeFile
from aap.services.actor import person_name
from aap.services.decision.unfreezing import (
    confirm_unfreeze,
    drop_unfreeze,
    letters_have_left,
    obstacles_to_unfreeze,
    propose_unfreeze,
)
from aap.services.dossier.access import is_impartial
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.services.platform import Session
from aap.services.ranking.freezing import check_freeze, confirm_freeze, propose_freeze, reject_freeze
from aap.services.ranking.runs import view_run
from aap.services.ranking.second_persons import last_naming, obstacles_to_first, possible_seconds
from aap.services.ranking.version_minutes import kept_minutes, minutes_to_keep
from aap.services.ranking.versions import waiting_unfreezing
from aap.services.ranking.what_changed import what_changed
from aap.web.access import requires
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.figures import euros
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page
from aap.web.official.ranking import run_of_page
from aap.web.official.ranking_view import if_none_words, irreplaceable, rank_lines, warning_lines
from aap.web.wording.sentences import worded


@blueprint.route("/<call_id>/classement/<int:number>/arret", methods=["GET", "POST"])
@requires(Permission.RANKING_FREEZE)
def freeze(call_id: str, number: int) -> ResponseReturnValue:
    """Two persons freeze a run: the first proposes it, the second confirms it or sends it back."""
    problems: dict[str, str] = {}
    action = request.form.get("action", "")
    if request.method == "POST":
        try:
            with writing() as session:
                _opened, kept = run_of_page(session, call_id, number)
                _freeze(session, kept.id, action)
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_freeze_words()[action], "success")
            return redirect(url_for("official.run", call_id=call_id, number=number))
    with reading() as session:
        opened, kept = run_of_page(session, call_id, number, Permission.RANKING_FREEZE)
        check = check_freeze(session, opened, kept)
        view = view_run(session, kept, actor=signed_in())
        proposer = person_name(session, kept.proposed_by)
        me = signed_in().person_id
        first = kept.proposed_by or me
        naming = last_naming(session, call_id) if opened.record.seconds else None
        mine_to_act = is_impartial(session, signed_in(), call_id)
        changed = (
            what_changed(session, actor=signed_in(), call=opened, run=kept, since=_since()) if mine_to_act else None
        )
        alone = obstacles_to_first(session, opened, first=me) if kept.proposed_by is None and mine_to_act else ()
        seconds = possible_seconds(session, opened, first=first)
        named_by = person_name(session, naming.person_id) if naming else ""
    page = show_call_page(
        "freeze.html",
        opened,
        run=kept,
        report=view.report,
        obstacles=(*check.obstacles, *alone),
        warnings=warning_lines(view.report),
        alone=irreplaceable(rank_lines(opened, view), view.report),
        if_none=if_none_words(opened),
        laureates=sum(row.status == "laureate" for row in view.rows),
        mine=kept.proposed_by == me,
        may_confirm=any(one.person_id == me for one in seconds),
        seconds=[one.name for one in seconds],
        named_by=named_by,
        named_at=naming.at if naming else None,
        proposer=proposer,
        changed=changed,
        decision_words={**words.jury_kinds(), "set_aside": _("Évaluation écartée")},
        gates=words.gates(),
        moved=moved_in_words,
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        unproven=check.unproven,
        reason=request.form.get("reason", ""),
        unproven_reason=request.form.get("unproven_reason", ""),
        outcomes=words.outcomes(),
        page_width="narrow",
    )
    return (page, 422) if problems else page


def _since() -> int | None:
    """The earlier run that the page is asked to hold the run against."""
    typed = request.args.get("depuis", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else None


def moved_in_words(one: PlaceChange) -> str:
    """What became of an application from one run to the next: `Lauréat, 12 000 €`, before and after."""
    return _(
        "%(before)s, puis %(after)s",
        before=_place(one.before, one.amount_before, one.waiting_before),
        after=_place(one.after, one.amount_after, one.waiting_after),
    )


def _place(status: str | None, amount: int | None, waiting: int | None) -> str:
    if status is None:
        return _("absent du calcul")
    label = words.outcomes()[status]
    if waiting is not None:
        return f"{label} ({waiting})"
    return f"{label} ({euros(amount)})" if status == "laureate" and amount is not None else label


def _freeze(session: Session, run_id: str, action: str) -> None:
    actor, now = signed_in(), arrived_at()
    if action == "proposer":
        why = request.form.get("unproven_reason", "")
        propose_freeze(session, actor=actor, run_id=run_id, links=links(), now=now, unproven_reason=why)
    elif action == "confirmer":
        confirm_freeze(session, actor=actor, run_id=run_id, now=now)
    elif action == "renvoyer":
        reject_freeze(session, actor=actor, run_id=run_id, reason=request.form.get("reason", ""), now=now)
    else:
        raise NotFound("action", action)


def _freeze_words() -> dict[str, str]:
    return {
        "proposer": _("Le classement est proposé. Une seconde personne, prévenue par courriel, doit le confirmer."),
        "confirmer": _("Le classement est arrêté. Les décisions peuvent être préparées."),
        "renvoyer": _("Le classement revient en délibération."),
    }


@blueprint.route("/<call_id>/classement/<int:number>/reprise", methods=["GET", "POST"])
@requires(Permission.RANKING_UNFREEZE)
def unfreeze(call_id: str, number: int) -> ResponseReturnValue:
    """One step back: a first person asks for it with a reason, a second confirms it or not."""
    problems: dict[str, str] = {}
    action = request.form.get("action", "")
    if request.method == "POST":
        try:
            said = _unfreeze(call_id, number, action)
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(said, "success")
            return redirect(url_for("official.run", call_id=call_id, number=number))
    me = signed_in().person_id
    with reading() as session:
        opened, kept = run_of_page(session, call_id, number, Permission.RANKING_UNFREEZE)
        asked = waiting_unfreezing(session, call_id)
        obstacles = () if asked else obstacles_to_unfreeze(session, opened, kept, first=me)
        seconds = possible_seconds(session, opened, first=asked.proposed_by if asked else me)
        proposer = person_name(session, asked.proposed_by) if asked else ""
        left = letters_have_left(session, call_id)
    page = show_call_page(
        "unfreeze.html",
        opened,
        run=kept,
        asked=asked,
        proposer=proposer,
        mine=asked is not None and asked.proposed_by == me,
        may_confirm=any(one.person_id == me for one in seconds),
        seconds=[one.name for one in seconds],
        obstacles=obstacles,
        left=left,
        reason=request.form.get("reason", ""),
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        page_width="narrow",
    )
    return (page, 422) if problems else page


def _unfreeze(call_id: str, number: int, action: str) -> str:
    """Does one of the three acts; gives what is said then."""
    actor, now = signed_in(), arrived_at()
    if action == "confirmer":
        with reading() as session:
            opened, kept = run_of_page(session, call_id, number)
            minutes = minutes_to_keep(session, actor=actor, call=opened, run=kept)
        sha256 = platform().files.put(io.BytesIO(minutes)).sha256
        with writing() as session:
            _opened, kept = run_of_page(session, call_id, number)
            voided = confirm_unfreeze(session, actor=actor, run_id=kept.id, minutes_sha256=sha256, now=now)
        back = _("Le classement est repris : l’appel revient en délibération.")
        if not voided:
            return back
        return f"{back} " + ngettext(
            "%(num)s décision préparée ne compte plus.", "%(num)s décisions préparées ne comptent plus.", voided
        )
    with writing() as session:
        _opened, kept = run_of_page(session, call_id, number)
        if action == "proposer":
            reason = request.form.get("reason", "")
            propose_unfreeze(session, actor=actor, run_id=kept.id, reason=reason, links=links(), now=now)
            return _("La reprise est proposée. Une seconde personne, prévenue par courriel, doit la confirmer.")
        if action == "abandonner":
            drop_unfreeze(session, actor=actor, run_id=kept.id, now=now)
            return _("La reprise est abandonnée : le classement reste arrêté.")
    raise NotFound("action", action)


@blueprint.get("/<call_id>/classement/versions/<int:version>/proces-verbal.pdf")
@requires(Permission.RANKING_READ)
def version_minutes_file(call_id: str, version: int) -> Response:
    """The minutes of a version that was taken back, as they were then."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.RANKING_READ)
        sha256 = kept_minutes(session, actor=signed_in(), call=opened, version=version, now=arrived_at())
    name = f"{call_id}-version-{version}-reprise-proces-verbal.pdf"
    return hand_out(MadeFile(name, PDF, platform().files.read(sha256)))
