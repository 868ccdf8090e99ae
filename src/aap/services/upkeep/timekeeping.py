"""What the passing of time does by itself: reminders, requests for completion and corrections whose time is over, discussions
that open or end, mails of the day, and recusals of members that nothing else wrote down.

The worker does it every minute, `aap tick` once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from aap.core import french
from aap.core.delays import paris
from aap.documents.mail_texts import Mail
from aap.services.association.register_answers import forget_answers
from aap.services.audit import log_head
from aap.services.digests import gather_digests
from aap.services.dossier.closing_reminders import remind_drafts
from aap.services.dossier.completion import lapse_completions
from aap.services.dossier.discussed import keep_discussions
from aap.services.dossier.redrafting import lapse_corrections
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.platform import Platform
from aap.services.recusals import recuse_members
from aap.services.sessions import forget_old_sessions


@dataclass(frozen=True)
class Kept:
    """How many reminders were written, requests for completion and corrections ended, and members of applicants were recused."""

    reminders: int
    lapsed: int
    recused: int = 0


def _tell_witness(session: Session, platform: Platform, links: Links, *, now: datetime) -> None:
    """Once a day, the log's head goes to who keeps it elsewhere: what is cut off or made anew later is found by it."""
    address, day = platform.settings.audit_witness, paris(now).date()
    head = log_head(session)
    values = {
        "day": french.day(day),
        "site": platform.settings.base_url,
        "lines": head.lines,
        "head": head.hash,
        "link": links.journal(),
    }
    send_mail(
        session, Mail.AUDIT_WITNESS, to=address, now=now, values=values,
        dedupe_key=f"audit.witness:{day.isoformat()}:{address}"[:200],
    )  # fmt: skip


def keep_time(platform: Platform, links: Links) -> Kept:
    """Does what is due by the platform's clock, in a transaction for each kind. Done twice, it is done once."""
    now = platform.clock()
    with platform.database.writing() as session:
        lapsed = lapse_completions(session, links=links, now=now)
    with platform.database.writing() as session:
        lapsed += lapse_corrections(session, links=links, now=now)
    with platform.database.writing() as session:
        reminders = remind_drafts(session, links=links, now=now)
    with platform.database.writing() as session:
        recused = recuse_members(session, now=now)
    with platform.database.writing() as session:
        keep_discussions(session, links=links, now=now)
    with platform.database.writing() as session:
        gather_digests(session, links=links, now=now)
    with platform.database.writing() as session:
        forget_old_sessions(session, settings=platform.settings, now=now)
    with platform.database.writing() as session:
        forget_answers(session, now=now)
    if platform.settings.audit_witness:
        with platform.database.writing() as session:
            _tell_witness(session, platform, links, now=now)
    return Kept(reminders, lapsed, recused)
