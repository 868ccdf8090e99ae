"""May my association apply? The call's own rules, answered without an account."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core import french
from aap.core.answers.eligibility import asked, check_eligibility
from aap.core.call.canonical import decimal_text
from aap.core.typed_numbers import BadNumber, parse_number
from aap.services.call.calls import OpenedCall
from aap.services.call.public_calls import Phase, PublicCall, other_open_calls, phase_of, public_call
from aap.services.dossier.applying import clean_eligibility
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, reading
from aap.web.eligibility_answers import keep_answers, kept_answers
from aap.web.public.blueprint import blueprint


@blueprint.route("/appels/<call_id>/eligibilite", methods=["GET", "POST"])
@requires(Permission.PUBLIC_READ)
def eligibility(call_id: str) -> ResponseReturnValue:
    """Yes, no with the rule, or to be checked by the service. The answers wait in the cookie for the dossier."""
    with reading() as session:
        call = public_call(session, call_id)
    if request.method == "GET":
        return _page(call, kept_answers(call_id), {})
    typed = {rule.id: request.form.get(f"e.{rule.id}", "")[:200] for rule in asked(call.file.eligibility)}
    answers, problems = _read(call, typed)
    keep_answers(call_id, answers)
    if problems:
        return _page(call, {**answers, **typed}, problems), 422
    return redirect(url_for("public.eligibility", call_id=call_id, _anchor="resultat"), 303)


def _read(call: PublicCall, typed: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(rule → answer, rule → what is wrong with it)."""
    answers = clean_eligibility(call.opened, typed)
    problems = {}
    for rule in asked(call.file.eligibility):
        if rule.id not in answers:
            problems[rule.id] = _("Répondez à cette question.")
        elif rule.type == "number":
            try:
                answers[rule.id] = decimal_text(parse_number(answers[rule.id]))
            except BadNumber as bad:
                del answers[rule.id]
                unreadable = _("Écrivez un nombre, en chiffres.")
                problems[rule.id] = bad.sentence if bad.reason == "ambiguous" else unreadable
    return answers, problems


def _page(call: PublicCall, answers: dict[str, str], problems: dict[str, str]) -> str:
    rules = call.file.eligibility
    labels = {rule.id: french.spaced(rule.question or "") for rule in rules}
    phase = phase_of(call.opened, arrived_at())
    result = check_eligibility(rules, answers) if answers and not problems else None
    others: tuple[OpenedCall, ...] = ()
    if result is not None and result.verdict == "no":
        with reading() as session:
            others = other_open_calls(session, call.id, arrived_at())
    return render_template(
        "public/eligibility.html",
        call=call,
        rules=rules,
        answers=answers,
        problems=problems,
        summary=[(f"e.{rule}", f"{labels[rule]} {message}") for rule, message in problems.items()],
        result=result,
        others=others,
        open=phase is Phase.OPEN,
        upcoming=phase is Phase.UPCOMING,
    )
