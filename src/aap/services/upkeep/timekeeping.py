"""What the passing of time does by itself: reminders, requests for completion whose time is over, and recusals of members
that nothing else wrote down.

The worker does it every minute, `aap tick` once.
"""

from __future__ import annotations

from dataclasses import dataclass

from aap.services.dossier.closing_reminders import remind_drafts
from aap.services.dossier.completion import lapse_completions
from aap.services.page_links import Links
from aap.services.platform import Platform
from aap.services.recusals import recuse_members
from aap.services.sessions import forget_old_sessions


@dataclass(frozen=True)
class Kept:
    """How many reminders were written, requests for completion ended, and members of applicants were recused."""

    reminders: int
    lapsed: int
    recused: int = 0


def keep_time(platform: Platform, links: Links) -> Kept:
    """Does what is due by the platform's clock, in a transaction for each kind. Done twice, it is done once."""
    now = platform.clock()
    with platform.database.writing() as session:
        lapsed = lapse_completions(session, now=now)
    with platform.database.writing() as session:
        reminders = remind_drafts(session, links=links, now=now)
    with platform.database.writing() as session:
        recused = recuse_members(session, now=now)
    with platform.database.writing() as session:
        forget_old_sessions(session, settings=platform.settings, now=now)
    return Kept(reminders, lapsed, recused)
