"""The closing, where one types: from the last day how long is left, then a banner, then that it is over.

The page holds the words of every phase to come, and the script shows each in its time: nobody reloads a page to be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aap.services.dossier.dossiers import OpenedDossier, announced_deadline, deadline_of
from aap.web.time_left import time_left

LAST_DAY = timedelta(days=1)
LAST_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class ClosingPhase:
    """`name`: day, hour, grace or over; `until`: its end, None for the last one; `left`: the time to the closing
    (in the grace: to its end), in words."""

    name: str
    begins: datetime
    until: datetime | None
    left: str
    current: bool


@dataclass(frozen=True)
class Closing:
    """`announced`: the moment that people are told; `last`: the end of the grace; `phases`: the current one and those to come."""

    announced: datetime
    last: datetime
    now: datetime
    phases: tuple[ClosingPhase, ...]

    @property
    def over(self) -> bool:
        return is_over(self.last, self.now)


def is_over(last: datetime, now: datetime) -> bool:
    """As a deposit is judged: to the whole second."""
    return now.replace(microsecond=0) > last


def closing_of(dossier: OpenedDossier, now: datetime) -> Closing:
    announced, last = announced_deadline(dossier), deadline_of(dossier)
    ends: list[tuple[str, datetime, datetime | None]] = [
        ("day", announced - LAST_DAY, announced - LAST_HOUR),
        ("hour", announced - LAST_HOUR, announced),
        ("grace", announced, last),
        ("over", last, None),
    ]
    phases = [
        ClosingPhase(
            name,
            begins,
            until,
            left=time_left(last if name == "grace" else announced, now),
            current=begins < now and (until is None or now <= until),
        )
        for name, begins, until in ends
        if until is None or (begins < until and now <= until)
    ]
    return Closing(announced, last, now, tuple(phases))
