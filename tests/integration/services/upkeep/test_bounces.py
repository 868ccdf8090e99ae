"""A mail that came back stands among those that could not be sent."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlmodel import select

from aap.cli import main
from aap.records.outbox import OutboxMail
from aap.services.platform import Platform
from aap.services.upkeep.bounces import take_bounce
from tests.databases import on_both_databases
from tests.worlds.working import mails_wait

REPORT = """\
From: MAILER-DAEMON@relais.example.org
To: ne-pas-repondre@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

Votre message n'a pas pu etre remis.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.example.org

Final-Recipient: rfc822; p0@example.org
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <p0@example.org>: Recipient address
    rejected: User unknown

--B
Content-Type: {kind}

Message-ID: {message_id}
To: p0@example.org
Subject: Objet

{body}
--B--
"""


def sent(platform: Platform) -> OutboxMail:
    mails_wait(platform, 1, sent_at=platform.clock(), attempts=1, message_id="<un-courriel@example.org>")
    return held(platform)


def held(platform: Platform) -> OutboxMail:
    with platform.database.reading() as session:
        return session.exec(select(OutboxMail)).one()


def report(**values: str) -> bytes:
    known = {"action": "failed", "kind": "message/rfc822", "message_id": "<un-courriel@example.org>", "body": "Texte"}
    return REPORT.format(**{**known, **values}).encode()


@on_both_databases
@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_mail_that_came_back_is_shown_with_the_reason(platform: Platform, kind: str) -> None:
    sent(platform)
    with platform.database.writing() as session:
        assert take_bounce(session, report(kind=kind), now=platform.clock()) is True
    mail = held(platform)
    assert (mail.sent_at, mail.given_up_at) == (None, platform.clock())
    assert mail.error == "5.1.1 550 5.1.1 <p0@example.org>: Recipient address rejected: User unknown"


@pytest.mark.parametrize(
    "given",
    [
        report(action="delayed"),
        report(message_id="<inconnu@example.org>"),
        report(message_id=""),
        b"",
        b"\xff\x00",
        b"Bonjour",
    ],
)
def test_what_is_no_report_about_one_of_our_mails_changes_nothing(platform: Platform, given: bytes) -> None:
    before = sent(platform)
    with platform.database.writing() as session:
        assert take_bounce(session, given, now=platform.clock()) is False
    assert held(platform).sent_at == before.sent_at


def test_the_command_takes_what_the_mail_server_hands_it(platform: Platform) -> None:
    sent(platform)
    env = {"AAP_INSTANCE": str(platform.settings.instance)}
    runner = CliRunner()
    assert runner.invoke(main, ["bounce"], input=report(), env=env).output.startswith("Le courriel est noté")
    assert held(platform).given_up_at is not None
    unknown = runner.invoke(main, ["bounce"], input=b"Bonjour", env=env)
    assert (unknown.exit_code, unknown.output.startswith("Aucun courriel")) == (0, True)
