"""What the service would grant instead of what is asked for: proposed dossier by dossier, then closed by an act with a date.

They are closed before the deliberation opens, so that nobody fixes an amount with the marks before their eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.results import MASKED
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.rankings import RankingRun
from aap.services.actor import Actor, person_name
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.dossier.access import dossier_of, recused_dossiers
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.services.permissions import Permission, allowed, ensure

_BEFORE_MARKS = frozenset({CallState.DRAFT, CallState.OPEN, CallState.CLOSED, CallState.REVIEWING})
_NOT_GRANTED = frozenset({ApplicationState.DRAFT, ApplicationState.INELIGIBLE, ApplicationState.WITHDRAWN})


def marks_are_opened(session: Session, call: OpenedCall) -> bool:
    """Whether officials may have seen marks: a ranking was computed, or the deliberation has begun."""
    if call.state not in _BEFORE_MARKS:
        return True
    return session.exec(select(RankingRun.id).where(RankingRun.call_id == call.id).limit(1)).first() is not None


def may_propose(session: Session, call: OpenedCall) -> bool:
    """Whether amounts are still proposed: the call grants them, nobody has closed them, and marks aren't opened."""
    granted = call.file.selection.amounts == "proposed" and call.record.amounts_closed_at is None
    return granted and not marks_are_opened(session, call)


def propose_amount(
    session: Session, *, actor: Actor, application_id: str, cents: int | None, reason: str, now: datetime
) -> None:
    """What the service would grant, where the call grants proposed amounts; only until they are closed.

    None takes the proposal back. Raises StateForbids and InvalidInput.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_SCREEN, application_id=application_id
    )
    hold_call(session, call)  # whoever closes the amounts meanwhile comes before or after
    if not may_propose(session, call):
        raise StateForbids(Permission.DOSSIER_SCREEN, call.state)
    if cents is not None and not 0 <= cents <= application.requested_amount:
        raise InvalidInput({"amount": Objection("screening.amount_above_request")})
    if not reason.strip():
        raise InvalidInput({"reason": Objection("screening.amount_unexplained")})
    before = application.proposed_amount
    application.proposed_amount = cents
    application.version += 1
    session.add(application)
    record(
        session,
        actor,
        "dossier.amount_proposed",
        application,
        now=now,
        before={"cents": before},
        after={"cents": cents, "reason": reason.strip()},
    )


def close_amounts(session: Session, *, actor: Actor, call_id: str, confirmed: bool, now: datetime) -> None:
    """From now on no amount is proposed or changed. Raises StateForbids where the call grants none or they are closed
    already, InvalidInput where it isn't confirmed.
    """
    call = _held(session, actor, call_id)
    if call.record.amounts_closed_at is not None:
        raise StateForbids(Permission.AMOUNTS_CLOSE, call.state)
    if not confirmed:
        raise InvalidInput({"confirmed": Objection("screening.closing_unconfirmed")})
    call.record.amounts_closed_at, call.record.amounts_closed_by = now, actor.row_id
    session.add(call.record)
    record(session, actor, "call.amounts_closed", call.record, now=now, after={"closed_at": now.isoformat()})


def reopen_amounts(session: Session, *, actor: Actor, call_id: str, reason: str, now: datetime) -> None:
    """Amounts are proposed again, with a reason; only until marks are opened. Raises StateForbids and InvalidInput."""
    call = _held(session, actor, call_id)
    closed_at = call.record.amounts_closed_at
    if closed_at is None or marks_are_opened(session, call):
        raise StateForbids(Permission.AMOUNTS_CLOSE, call.state)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("screening.reopening_unexplained")})
    call.record.amounts_closed_at = call.record.amounts_closed_by = None
    session.add(call.record)
    record(
        session,
        actor,
        "call.amounts_reopened",
        call.record,
        now=now,
        before={"closed_at": closed_at.isoformat()},
        after={"reason": reason.strip()},
    )


def _held(session: Session, actor: Actor, call_id: str) -> OpenedCall:
    call = get_call(session, call_id)
    ensure(actor, Permission.AMOUNTS_CLOSE, call.target(), kind="call", id=call_id)
    hold_call(session, call)
    ensure(actor, Permission.AMOUNTS_CLOSE, call.target(), kind="call", id=call_id)
    if call.file.selection.amounts != "proposed":
        raise StateForbids(Permission.AMOUNTS_CLOSE, call.state)
    return call


@dataclass(frozen=True)
class AmountLine:
    """A dossier that may be granted something; amounts in cents, `proposed` None where the requested one counts.

    `masked`: the official is recused of it.
    """

    reference: str
    title: str
    association: str
    requested: int | None
    proposed: int | None
    masked: bool = False


@dataclass(frozen=True)
class AmountsPage:
    """`lines` in the order of the references, masked ones last. `closed_by`: a name, empty where no person closed them."""

    lines: tuple[AmountLine, ...]
    closed_at: datetime | None
    closed_by: str
    may_close: bool
    may_reopen: bool


def amounts_page(session: Session, *, actor: Actor, call: OpenedCall) -> AmountsPage:
    """The amounts of the call's dossiers and whether they are closed. Four queries.

    Raises StateForbids where the call grants what is asked for.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    if call.file.selection.amounts != "proposed":
        raise StateForbids(Permission.AMOUNTS_CLOSE, call.state)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(Application, Association.name)
        .where(
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Application.state).not_in(_NOT_GRANTED),
        )
        .order_by(col(Application.reference))
    ).all()
    lines = [
        AmountLine("", "", MASKED, None, None, masked=True)
        if one.id in hidden
        else AmountLine(one.reference, one.title, name, one.requested_amount, one.proposed_amount)
        for one, name in found
    ]
    lines.sort(key=lambda one: one.masked)
    closed_at = call.record.amounts_closed_at
    may = allowed(actor, Permission.AMOUNTS_CLOSE, call.target())
    return AmountsPage(
        lines=tuple(lines),
        closed_at=closed_at,
        closed_by=person_name(session, call.record.amounts_closed_by),
        may_close=may and closed_at is None,
        may_reopen=may and closed_at is not None and not marks_are_opened(session, call),
    )
