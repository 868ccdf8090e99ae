"""How long the session of this page goes on if nobody uses it, for the warning that comes before."""

from __future__ import annotations

from aap.identity import current_session
from aap.services.sessions import NOTED_EVERY, over_at
from aap.web.context import arrived_at, platform

LONGEST = 24 * 3600
"""Seconds that a page counts down at most: who stays signed in for weeks needs no warning."""


def left() -> int | None:
    """Seconds until the session is over, counted from this page's load; None for nobody, or for more than a day.

    The row may say a minute less than the truth: so does this.
    """
    row = current_session()
    if row is None:
        return None
    now = arrived_at()
    end = over_at(row, platform().settings, seen_at=max(row.last_seen_at, now - NOTED_EVERY))
    seconds = int((end - now).total_seconds())
    return seconds if seconds <= LONGEST else None
