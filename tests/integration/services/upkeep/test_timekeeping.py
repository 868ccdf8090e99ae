"""What the minute's work does by itself: the log's head goes to its witness once a day."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from aap.records.outbox import OutboxMail
from aap.services.actor import SYSTEM
from aap.services.audit import Subject, log_head, record, verify_chain
from aap.services.platform import Platform
from aap.services.upkeep.timekeeping import keep_time
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases

LINKS = PublicLinks("https://aap.example.org")


def told(platform: Platform) -> list[tuple[str, str]]:
    with platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).order_by(col(OutboxMail.created_at), col(OutboxMail.id))).all()
        return [(mail.recipient, mail.body) for mail in mails]


@on_both_databases
def test_the_head_of_the_log_goes_to_the_witness_once_a_day(platform: Platform, clock: Any) -> None:
    with platform.database.writing() as session:
        record(session, SYSTEM, "essai", Subject("instance"), now=clock())
    keep_time(platform, LINKS)
    assert told(platform) == []  # nobody is named
    object.__setattr__(platform, "settings", platform.settings.model_copy(update={"audit_witness": "t@example.org"}))
    heads = []
    for _day in range(2):
        with platform.database.reading() as session:
            heads.append(log_head(session))
        for _minute in range(3):
            keep_time(platform, LINKS)
        clock.move(days=1)
        with platform.database.writing() as session:
            record(session, SYSTEM, "essai", Subject("instance"), now=clock())
    mails = told(platform)
    assert [(to, f"--count {head.lines} --head {head.hash}" in body) for (to, body), head in zip(mails, heads, strict=True)] == [
        ("t@example.org", True), ("t@example.org", True),
    ]  # fmt: skip
    with platform.database.reading() as session:
        assert [verify_chain(session, head=head.hash, count=head.lines).known for head in heads] == [True, True]
