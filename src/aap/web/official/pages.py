"""What the modules of the official's space share: the blueprint, the call of a page, files as answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.amounts import BadAmount, both_ways, read_amount
from aap.core.call.schema import CallFile
from aap.core.delays import PARIS
from aap.core.scalars import YEARS
from aap.core.selection.rules import rules_of
from aap.core.values import parse_day
from aap.documents.media_types import MadeFile
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import is_impartial
from aap.services.errors import InvalidInput, Objection, RulesConflict
from aap.services.outbox import start_job
from aap.services.permissions import BINDING, Permission, allowed, ensure
from aap.services.platform import Session
from aap.services.steering.following import followed_call
from aap.web import state_words
from aap.web.context import arrived_at, reading, signed_in
from aap.web.official import words

blueprint = Blueprint("official", __name__, url_prefix="/instruction")


def call_of_page(session: Session, call_id: str, permission: Permission = Permission.CALL_FOLLOW) -> OpenedCall:
    """The call in the address. Raises NotFound for who doesn't follow it, StateForbids where its state doesn't grant
    what the page's form is for.
    """
    opened = followed_call(session, actor=signed_in(), call_id=call_id)
    ensure(signed_in(), permission, opened.target(), kind="call", id=call_id)
    return opened


def start_work(
    session: Session, call_id: str, kind: str, permission: Permission, arguments: Mapping[str, Any] | None = None
) -> ResponseReturnValue:
    """Queues long work of the call (`aap.jobs.doing.WORK` names the kinds) and leads to the page that follows it.

    Raises like `call_of_page`.
    """
    call_of_page(session, call_id, permission)
    job = start_job(session, kind, actor=signed_in(), now=arrived_at(), call_id=call_id, arguments=arguments)
    return redirect(url_for("official.job", call_id=call_id, job_id=job.id))


def show_call_page(template: str, call: OpenedCall, **values: Any) -> str:
    """A page of a call: with its sections' menu and what this official may do now.

    `can` says no to what binds the whole call for who is recused of one of its dossiers; `withheld`: that is why.
    """
    actor, target = signed_in(), call.target()

    @cache
    def impartial() -> bool:
        with reading() as session:
            return is_impartial(session, actor, call.id)

    def can(named: str) -> bool:
        permission = Permission(named)
        return allowed(actor, permission, target) and (permission not in BINDING or impartial())

    def withheld(named: str) -> bool:
        return allowed(actor, Permission(named), target) and not can(named)

    return render_template(
        f"official/{template}",
        call=call,
        call_states=state_words.call_states(),
        sections=_sections(call),
        can=can,
        withheld=withheld,
        page_width=values.pop("page_width", "wide"),
        **values,
    )


def _sections(call: OpenedCall) -> list[tuple[str, str]]:
    """Endpoint and label of the call's pages that its state gives access to."""
    actor, target = signed_in(), call.target()
    found = [("official.call", _("Tableau de bord")), ("official.candidates", _("Candidats"))]
    for endpoint, label, permission in (
        ("official.reviewers", _("Évaluateurs"), Permission.CALL_FOLLOW),
        ("official.assignment", _("Répartition"), Permission.REVIEWS_FOLLOW),
        ("official.reviews", _("Évaluations"), Permission.REVIEWS_FOLLOW),
        ("official.jury", _("Jury"), Permission.RANKING_READ),
        ("official.arbitration", _("Arbitrage"), Permission.RANKING_READ),
        ("official.ranking", _("Classement"), Permission.RANKING_READ),
        ("official.decisions", _("Décisions"), Permission.DECISIONS_READ),
    ):
        if allowed(actor, permission, target):
            found.append((endpoint, label))
    return found


def hand_out(made: MadeFile, *, inline: bool = False) -> Response:
    """A file as the answer; `inline`: shown by the browser, alone on its page and without scripts."""
    answer = Response(made.content, content_type=made.content_type)
    kind = "inline" if inline else "attachment"
    answer.headers["Content-Disposition"] = f"{kind}; filename*=UTF-8''{quote(made.name)}"
    if made.content_type.startswith("text/html"):
        answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return answer


def typed_day(name: str) -> date | None:
    """A day as people type it in a field of the form; None where it is none."""
    try:
        return parse_day(request.form.get(name, ""))
    except ValueError:
        return None


def paris_moment(day: str, clock: str) -> datetime | None:
    """What was typed as a date, as people type it, and an hour in Paris; None where it is neither."""
    try:
        moment = datetime.combine(parse_day(day), time.fromisoformat(clock), PARIS)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def typed_euros(text: str, field: str = "amount") -> Decimal | None:
    """Euros as people type them (`12 000,50 €`); None for an empty text. Raises InvalidInput on `field`."""
    if not text.replace("€", "").strip():
        return None
    try:
        return read_amount(text)
    except BadAmount as bad:
        if bad.reason != "ambiguous":
            raise InvalidInput({field: Objection("page.amount_unreadable")}) from None
        thousands, decimals = both_ways(text)
        problem = Objection("page.amount_ambiguous", thousands=thousands, decimals=decimals)
        raise InvalidInput({field: problem}) from None


def typed_cents(text: str) -> int | None:
    """The same in cents, of a field `amount`."""
    euros = typed_euros(text)
    return None if euros is None else int(euros * 100)


def conflict_words(file: CallFile, conflict: RulesConflict | Sequence[str]) -> list[str]:
    """The rules that can't all hold, as people call them."""
    rules = conflict.rules if isinstance(conflict, RulesConflict) else conflict
    quotas = {quota.id: quota for quota in rules_of(file).quotas}
    return [words.rule_in_words(rule, quotas) for rule in rules]
