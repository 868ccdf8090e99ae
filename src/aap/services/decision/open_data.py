"""The essential data of a call's grants, as the law wants them published: who grants, to whom, how much, paid when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.call.letter_settings import in_effect
from aap.core.delays import paris
from aap.core.results import Table
from aap.core.territories import fold
from aap.documents.tables.subventions import PAID_HOW, Granting, GrantLine, PaidHow, subventions_table
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.rankings import Decision
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.in_force import current_list, told_list
from aap.services.decision.in_force import in_force as decisions_in_force
from aap.services.decision.letter_contents import current_terms
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, allowed, ensure


@dataclass(frozen=True)
class PaymentTerms:
    """How the grants of a call are paid, as open data tell it. Dates None: on the day of the decision.

    `notified_to_eu`: the aid was notified to the European Commission.
    """

    conditions: PaidHow = "once"
    paid_from: date | None = None
    paid_until: date | None = None
    notified_to_eu: bool = False


@dataclass(frozen=True)
class OpenDataState:
    """What the file of a call lacks. `authority_siret`: whether the call file gives it: without it there is no file.

    `without_siret`: laureates whose line has no identifier. `terms`: as they are told now.
    """

    authority_siret: bool
    without_siret: int
    terms: PaymentTerms


def payment_terms_of(call: OpenedCall) -> PaymentTerms:
    """What was said of the payments, or that they are made at once."""
    kept: Mapping[str, Any] = call.record.open_data
    days = {name: date.fromisoformat(kept[name]) if kept.get(name) else None for name in ("paid_from", "paid_until")}
    return PaymentTerms(
        conditions=kept.get("conditions", "once"), notified_to_eu=kept.get("notified_to_eu", False), **days
    )


def set_payment_terms(
    session: Session, *, actor: Actor, call_id: str, conditions: str, terms: PaymentTerms, now: datetime
) -> None:
    """Keeps how the grants are paid. `conditions`: what was chosen, which may be none of them.

    Raises InvalidInput for an unknown condition, or a period that ends before it begins.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    hold_call(session, call)
    problems = {}
    if conditions not in PAID_HOW:
        problems["conditions"] = Objection("decision.payment_conditions")
    if terms.paid_until is not None and (terms.paid_from is None or terms.paid_until < terms.paid_from):
        problems["paid_until"] = Objection("decision.payment_period")
    if problems:
        raise InvalidInput(problems)
    before = dict(call.record.open_data)
    call.record.open_data = {
        "conditions": conditions,
        "paid_from": terms.paid_from.isoformat() if terms.paid_from else None,
        "paid_until": terms.paid_until.isoformat() if terms.paid_until else None,
        "notified_to_eu": terms.notified_to_eu,
    }
    session.add(call.record)
    record(session, actor, "call.payment_terms", call.record, now=now, before=before, after=call.record.open_data)


def open_data_state(session: Session, *, actor: Actor, call: OpenedCall) -> OpenDataState:
    """What the file would lack if it were published now. Two queries."""
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call.id)
    granted = current_list(session, call.id).granted
    lacking = session.exec(
        select(Application.id)
        .join(Association, col(Association.id) == col(Application.association_id))
        .where(Application.call_id == call.id, col(Application.id).in_(granted), col(Association.siret).is_(None))
    ).all()
    return OpenDataState(has_open_data(call), len(lacking), payment_terms_of(call))


def published_grants(session: Session, call_id: str) -> Table:
    """The lines of the list in force, by name. Raises NotFound before the publication, and without the authority's
    SIRET. Five queries."""
    call = get_call(session, call_id)
    siret = _authority_siret(call)
    if not siret or not allowed(None, Permission.RESULTS_READ, call.target()):
        raise NotFound("results", call_id)
    listed = told_list(session, call_id)
    found = session.exec(
        select(Application, Association)
        .join(Association, col(Association.id) == col(Application.association_id))
        .where(Application.call_id == call_id, col(Application.id).in_(listed.granted))
    ).all()
    if not found:
        raise NotFound("results", call_id)
    lines = sorted(found, key=lambda line: (fold(line[1].name), line[0].reference))
    return subventions_table(
        _granting(session, call, siret),
        [
            GrantLine(
                name=association.name,
                siret=association.siret or "",
                rna=association.rna or "",
                purpose=application.title,
                amount=listed.granted[application.id],
            )
            for application, association in lines
        ],
    )


def has_open_data(call: OpenedCall) -> bool:
    """Whether a call's essential data can be written: its file names the authority's SIRET."""
    return bool(_authority_siret(call))


def _authority_siret(call: OpenedCall) -> str:
    authority = call.file.call.authority
    return "".join((authority.siret or "").split()) if authority else ""


def _granting(session: Session, call: OpenedCall, siret: str) -> Granting:
    terms = payment_terms_of(call)
    letters = in_effect(call.file, current_terms(session, call.id))
    decided_on = letters.signed_on or _first_told_on(session, call)
    authority = call.file.call.authority
    assert authority is not None
    return Granting(
        authority=authority.name,
        siret=siret,
        decided_on=decided_on,
        act=letters.act or letters.published,
        conditions=terms.conditions,
        paid_from=terms.paid_from or decided_on,
        paid_until=terms.paid_until,
        notified_to_eu=terms.notified_to_eu,
        programme=call.file.call.title or call.id,
    )


def _first_told_on(session: Session, call: OpenedCall) -> date:
    """The day on which the first decision was told: what is known where the letters have no date."""
    first = session.exec(
        select(Decision.notified_at)
        .where(Decision.call_id == call.id, col(Decision.notified_at).is_not(None), decisions_in_force())
        .order_by(col(Decision.notified_at))
        .limit(1)
    ).first()
    return paris(first or call.record.published_at or call.record.created_at).date()
