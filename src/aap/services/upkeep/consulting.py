"""Who read what about whom: a line in the log for a person, an object and a day, however often they look.

A page that shows personal data says so once it was allowed to. Seen again, it costs nothing: what was noted today is
remembered by the process, and asked of the log by another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from aap.core.delays import PARIS, paris
from aap.records.audit import AuditLine
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.platform import Platform

log = structlog.get_logger(__name__)

_MOST_REMEMBERED = 50_000


@dataclass
class Consultations:
    """What this process noted today: (person, action, object)."""

    day: date = date.min
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def note(self, platform: Platform, *, actor: Actor, action: str, subject: Subject, now: datetime) -> None:
        """Adds a line where there is none of this person, action and object today (in Paris).

        Where the log can't be written (a full disk), the page is shown all the same, and the logs say so.
        """
        today = paris(now).date()
        if today != self.day or len(self.seen) >= _MOST_REMEMBERED:
            self.day, self.seen = today, set()
        what = (actor.person_id, action, subject.id)
        if what in self.seen:
            return
        midnight = datetime(today.year, today.month, today.day, tzinfo=PARIS)
        known = select(AuditLine.sequence).where(
            AuditLine.object_id == subject.id,
            AuditLine.actor_id == actor.person_id,
            AuditLine.action == action,
            AuditLine.at >= midnight,
        )
        try:
            with platform.database.reading() as session:
                noted = session.exec(known.limit(1)).first() is not None
            if not noted:
                with platform.database.writing() as session:
                    record(session, actor, action, subject, now=now)
        except OperationalError as failure:
            log.warning("consultation.not_noted", action=action, error=type(failure).__name__)
            return
        self.seen.add(what)
