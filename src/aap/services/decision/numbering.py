"""Numbers of a call's letters: one each, none left out, given before the first is rendered and kept ever after."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from aap.records.applications import Application
from aap.records.rankings import Decision
from aap.services.call.calls import OpenedCall, hold_call
from aap.services.decision.in_force import untold


def number_letters(session: Session, call: OpenedCall) -> None:
    """Numbers the letters that are to be rendered and have none, in the order of the references.

    Decisions that were voided with their run, and never left, give theirs back: the numbers go on where those end that
    somebody may have received.
    """
    hold_call(session, call)
    session.execute(
        update(Decision)
        .where(
            col(Decision.call_id) == call.id,
            col(Decision.voided_at).is_not(None),
            col(Decision.notified_at).is_(None),
            col(Decision.letter_number).is_not(None),
        )
        .values(letter_number=None)
    )
    last = session.exec(select(func.max(Decision.letter_number)).where(Decision.call_id == call.id)).one() or 0
    waiting = session.exec(
        select(Decision)
        .where(untold(call.id), Decision.application_id == Application.id, col(Decision.letter_number).is_(None))
        .order_by(col(Application.reference), col(Decision.id))
    ).all()
    for number, decision in enumerate(waiting, last + 1):
        decision.letter_number = number
        session.add(decision)
