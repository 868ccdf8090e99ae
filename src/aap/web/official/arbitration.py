"""What the authority changes of what the jury proposes: its effect before it is recorded, then the table of the changes."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.results import MASKED
from aap.records.rankings import JuryDecisionKind
from aap.services.dossier.access import typed_dossier
from aap.services.errors import InvalidInput, Objection, RulesConflict
from aap.services.permissions import Permission
from aap.services.ranking.arbitrating import (
    ArbitratedChange,
    arbitrate,
    arbitration,
    effect_of_change,
    remove_arbitration,
)
from aap.services.ranking.briefing import briefing_note, briefing_table
from aap.services.ranking.effects import ListEffect
from aap.services.ranking.runs import latest_run, moved_since
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.jury import take_decision_back
from aap.web.official.pages import (
    blueprint,
    call_of_page,
    conflict_words,
    hand_out,
    show_call_page,
    typed_euros,
)
from aap.web.wording.sentences import worded

_FIELDS = ("reference", "decision", "amount", "reason")


def _page(call_id: str, problems: dict[str, str] | None = None, effect: ListEffect | None = None) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id, Permission.RANKING_READ)
        found = arbitration(session, actor=signed_in(), call=opened)
        run = latest_run(session, call_id)
        moved = run is not None and moved_since(session, run)
    problems = problems or {}
    asked = {name: request.args.get("dossier", "") if name == "reference" else "" for name in _FIELDS}
    return show_call_page(
        "arbitration.html",
        opened,
        found=found,
        conflict=conflict_words(opened.file, found.conflict),
        run=run,
        moved=moved,
        effect=effect,
        masked=MASKED,
        outcomes=words.outcomes(),
        decided=words.arbitrated_kinds(),
        jury_kinds=words.jury_kinds(),
        choices=[(str(kind), *words.arbitration_choices()[kind]) for kind in words.arbitrated_kinds()],
        typed={name: request.form.get(name, asked[name]) for name in _FIELDS},
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
    )


@blueprint.get("/<call_id>/arbitrage", endpoint="arbitration")
@requires(Permission.RANKING_READ)
def show_arbitration(call_id: str) -> str:
    return _page(call_id)


@blueprint.get("/<call_id>/arbitrage/note.pdf")
@requires(Permission.RANKING_READ)
def briefing(call_id: str) -> Response:
    """What the authority reads before it decides."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.RANKING_READ)
        made = briefing_note(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(made)


@blueprint.get("/<call_id>/arbitrage/tableau.xlsx")
@requires(Permission.RANKING_READ)
def briefing_workbook(call_id: str) -> Response:
    """The same as a table to work with."""
    with writing() as session:
        opened = call_of_page(session, call_id, Permission.RANKING_READ)
        made = briefing_table(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(made)


@blueprint.post("/<call_id>/arbitrage")
@requires(Permission.RANKING_ARBITRATE)
def arbitration_decide(call_id: str) -> ResponseReturnValue:
    """Shows what a change would do (`action` `effet`), or records it."""
    trying = request.form.get("action") == "effet"
    with reading() as session:
        file = call_of_page(session, call_id).file
    try:
        if trying:
            with reading() as session:
                application_id = typed_dossier(session, call_id, request.form.get("reference", ""))
                effect = effect_of_change(
                    session, actor=signed_in(), application_id=application_id, change=_typed_change()
                )
            return _page(call_id, effect=effect)
        with writing() as session:
            call_of_page(session, call_id)
            arbitrate(
                session,
                actor=signed_in(),
                application_id=typed_dossier(session, call_id, request.form.get("reference", "")),
                change=_typed_change(),
                reason=request.form.get("reason", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(call_id, worded(refused.problems)), 422
    except RulesConflict as conflict:
        rules = " ; ".join(conflict_words(file, conflict))
        return _page(
            call_id, {"decision": _("Ces règles ne pourraient plus tenir ensemble : %(rules)s.", rules=rules)}
        ), 422
    flash(_("La décision de l’autorité est enregistrée. Relancez le classement pour qu’elle compte."), "success")
    return redirect(url_for("official.arbitration", call_id=call_id))


def _typed_change() -> ArbitratedChange:
    try:
        decision = JuryDecisionKind(request.form.get("decision", ""))
    except ValueError:
        raise InvalidInput({"decision": Objection("page.decision_missing")}) from None
    amount = typed_euros(request.form.get("amount", ""))
    return ArbitratedChange(decision, None if decision is JuryDecisionKind.OUT else amount)


@blueprint.post("/<call_id>/arbitrage/<decision_id>/retrait")
@requires(Permission.RANKING_ARBITRATE)
def arbitration_remove(call_id: str, decision_id: str) -> ResponseReturnValue:
    said = _("La décision de l’autorité est retirée. Relancez le classement.")
    return take_decision_back(call_id, decision_id, remove_arbitration, said, "official.arbitration")
