"""Until when each decision can be contested: from its first reading, or from the return of a registered letter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from aap.core.delays import appeal_begins, appeal_deadline, is_overseas, paris
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import PostalSending
from aap.records.rankings import Decision


@dataclass(frozen=True)
class AppealDelay:
    """`begins`: the day on which the association knew its decision; `until`: the last day to contest it. Both None while
    it neither read it nor was shown a registered letter: the delay hasn't begun.
    """

    begins: date | None
    until: date | None

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and paris(now).date() > self.until


def appeal_delays(session: Session, decision_ids: Collection[str]) -> Mapping[str, AppealDelay]:
    """Decision → its delay of appeal. Never counted from the hour of the sending. Two queries."""
    presented: dict[str, date] = {}
    sendings = select(PostalSending).where(col(PostalSending.decision_id).in_(decision_ids))
    for sending in session.exec(sendings):
        day = sending.counts_from
        if day is not None:
            presented[sending.decision_id] = min(day, presented.get(sending.decision_id, day))
    found = session.exec(
        select(Decision.id, Decision.read_at, Association.zone).where(
            col(Decision.id).in_(decision_ids),
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
        )
    )
    return {id: _delay(read_at, presented.get(id), is_overseas(zone)) for id, read_at, zone in found}


def appeal_delay(session: Session, decision: Decision) -> AppealDelay:
    """The delay of one decision. Two queries."""
    return appeal_delays(session, [decision.id])[decision.id]


def _delay(read_at: datetime | None, presented: date | None, overseas: bool | None) -> AppealDelay:
    begins = appeal_begins(read_at, presented)
    return AppealDelay(begins, None if begins is None else appeal_deadline(begins, overseas=overseas))
