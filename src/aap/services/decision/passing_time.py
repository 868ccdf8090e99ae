"""What the passing of time does to decisions by itself: they are told at their hour, recalled to who didn't read them, and a
laureate who doesn't answer is asked again, then loses the grant where call and letter said so.

The worker does it every minute, `aap tick` once, before what `upkeep.timekeeping` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from aap.services.decision.answer_terms import keep_answer_terms
from aap.services.decision.notifying import due_notifications, notify_at_hour
from aap.services.decision.posting import remind_unread
from aap.services.page_links import Links
from aap.services.platform import Platform


@dataclass(frozen=True)
class Passed:
    """How many decisions were told and recalled, how many laureates were asked to answer, and how many grants lapsed."""

    notified: int = 0
    reminded: int = 0
    answers_asked: int = 0
    grants_lapsed: int = 0


def pass_time(platform: Platform, links: Links) -> Passed:
    """Does what is due by the platform's clock. Each notification has a transaction of its own: all its decisions open at
    once, or none. Done twice, it is done once."""
    now = platform.clock()
    with platform.database.reading() as session:
        due = due_notifications(session, now=now)
    notified = 0
    for notification_id in due:
        with platform.database.writing() as session:
            notified += notify_at_hour(session, notification_id, links=links, now=now)
    with platform.database.writing() as session:
        reminded = remind_unread(session, links=links, now=now)
    with platform.database.writing() as session:
        asked, silent = keep_answer_terms(session, links=links, now=now)
    return Passed(notified, reminded, asked, silent)
