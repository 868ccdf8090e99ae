"""What the passing of time does by itself: reminders, and requests for completion whose time is over.

The worker does it every minute, `aap tick` once.
"""

from __future__ import annotations

from dataclasses import dataclass

from aap.services.dossier.closing_reminders import remind_drafts
from aap.services.dossier.completion import lapse_completions
from aap.services.page_links import Links
from aap.services.platform import Platform


@dataclass(frozen=True)
class Kept:
    """How many reminders were written, and how many requests for completion ended."""

    reminders: int
    lapsed: int


def keep_time(platform: Platform, links: Links) -> Kept:
    """Does what is due by the platform's clock, in a transaction for each kind. Done twice, it is done once."""
    now = platform.clock()
    with platform.database.writing() as session:
        lapsed = lapse_completions(session, now=now)
    with platform.database.writing() as session:
        reminders = remind_drafts(session, links=links, now=now)
    return Kept(reminders, lapsed)
