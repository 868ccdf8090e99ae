"""When reviews will be done, at the pace that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(days=7)
"""The pace is that of the last days: what was done long before says little."""

SHORTEST = timedelta(days=1)
"""A pace is measured over a day at least: three reviews in an hour are no 72 a day."""


def predicted_end(submissions: Sequence[datetime], remaining: int, now: datetime) -> datetime | None:
    """When `remaining` more are submitted if the pace of the last seven days goes on. None: no pace is known.

    The window begins with the first submission where that is later.
    """
    if remaining <= 0:
        return max(submissions, default=now)
    recent = [at for at in submissions if now - WINDOW <= at <= now]
    if not recent:
        return None
    since = max(now - WINDOW, min(submissions))
    elapsed = max(now - since, SHORTEST)
    return now + elapsed * remaining / len(recent)
