"""Mails leave by SMTP: to a real server on this machine, encrypted or not, over few connections, and none is lost or doubled."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from aap import jobs
from aap.records.outbox import OutboxMail
from aap.services import smtp
from aap.services.platform import Platform
from aap.services.workers import LEASE, claim_mail, settle_mail
from tests.databases import on_both_databases
from tests.worlds.mail_server import MailServer, certificate_for, mail_server


def through(platform: Platform, server: MailServer, **values: Any) -> Platform:
    """The same instance, whose mails go through this server."""
    places = {"smtp_host": server.host, "smtp_port": server.port, "smtp_timeout": 5, **values}
    return replace(platform, settings=platform.settings.model_copy(update=places))


def wait_in_outbox(platform: Platform, *recipients: str, **values: Any) -> list[str]:
    now = platform.clock()
    mails = [
        OutboxMail(**{"kind": "official_message", "recipient": one, "subject": "Objet", "body": "Texte\n",
                      "created_at": now + timedelta(microseconds=number), "not_before": now, **values})
        for number, one in enumerate(recipients)
    ]  # fmt: skip
    with platform.database.writing() as session:
        session.add_all(mails)
    return [mail.id for mail in mails]


def held(platform: Platform) -> dict[str, OutboxMail]:
    with platform.database.reading() as session:
        return {mail.recipient: mail for mail in session.exec(select(OutboxMail))}


@on_both_databases
def test_many_mails_leave_over_one_connection_each_once(platform: Platform) -> None:
    ids = wait_in_outbox(platform, *(f"p{number}@example.org" for number in range(30)))
    with mail_server() as server:
        jobs.sweep(through(platform, server))
        jobs.sweep(through(platform, server))
    assert [one.recipient for one in server.received] == [f"p{number}@example.org" for number in range(30)]
    assert [one.id for one in server.received] == [f"<{id}@example.org>" for id in ids]
    assert server.connections == 1
    assert {(mail.sent_at, mail.attempts, mail.owner) for mail in held(platform).values()} == {
        (platform.clock(), 1, None)
    }


def test_a_connection_that_the_server_closed_is_opened_again(platform: Platform) -> None:
    first, second = wait_in_outbox(platform, "a@example.org", "b@example.org")
    with mail_server(timeout=0.3) as server:
        here = through(platform, server)
        mailer = smtp.Mailer(here.settings)
        assert smtp.send_mails(here, [first], mailer) == {}
        time.sleep(0.8)
        assert smtp.send_mails(here, [second], mailer) == {}
        mailer.close()
    assert ([one.recipient for one in server.received], server.connections) == (["a@example.org", "b@example.org"], 2)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mails_go_encrypted_to_a_server_whose_certificate_holds(platform: Platform, tmp_path: Path, tls: str) -> None:
    wait_in_outbox(platform, "a@example.org")
    certificate = certificate_for("127.0.0.1", tmp_path / "server.pem")
    signed = {"smtp_user": "aap", "smtp_password": "sept mots", "smtp_tls": tls}
    with mail_server(tls=tls, certificate=certificate, password="sept mots") as server:
        jobs.sweep(through(platform, server, **signed))
        unknown = held(platform)["a@example.org"]
        assert (unknown.sent_at, "certificate verify failed" in unknown.error) == (None, True)
        platform.clock.move(minutes=2)  # type: ignore[attr-defined]
        jobs.sweep(through(platform, server, **signed, smtp_ca_file=certificate))
    assert [(one.recipient, one.encrypted) for one in server.received] == [("a@example.org", True)]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password_is_not_the_mail_s_fault(platform: Platform) -> None:
    wait_in_outbox(platform, "a@example.org", "b@example.org")
    with mail_server(password="un autre") as server:
        jobs.sweep(through(platform, server, smtp_user="aap", smtp_password="faux"))
    found = held(platform)
    assert [(one.attempts, one.given_up_at) for one in found.values()] == [(1, None), (0, None)]
    assert found["a@example.org"].error.startswith("535 ")


@pytest.mark.parametrize("accents", [True, False])
def test_a_domain_with_accents_is_written_so_that_every_server_takes_it(platform: Platform, accents: bool) -> None:
    wait_in_outbox(platform, "contact@associé.fr")
    with mail_server(enable_SMTPUTF8=accents) as server:
        jobs.sweep(through(platform, server))
    (one,) = server.received
    assert (one.recipient, str(one.message["To"])) == ("contact@xn--associ-gva.fr",) * 2


def test_accents_before_the_at_sign_need_a_server_that_takes_them(platform: Platform) -> None:
    wait_in_outbox(platform, "hélène@associé.fr")
    with mail_server(enable_SMTPUTF8=False) as server:
        jobs.sweep(through(platform, server))
    refused = held(platform)["hélène@associé.fr"]
    assert (server.received, refused.given_up_at) == ([], platform.clock())
    wait_in_outbox(platform, "hélène@associé.fr")
    with mail_server() as server:
        jobs.sweep(through(platform, server))
    (one,) = server.received
    assert (one.recipient, "SMTPUTF8" in one.options) == ("hélène@xn--associ-gva.fr", True)


@pytest.mark.parametrize("place", ["answer_to", "answer_after"])
def test_what_is_refused_for_good_is_given_up_at_once_and_the_others_leave(platform: Platform, place: str) -> None:
    def answer(recipient: str) -> str:
        return "550 5.1.1 Unknown user" if recipient == "inconnu@example.org" else "250 OK"

    wait_in_outbox(platform, "inconnu@example.org", "a@example.org")
    with mail_server(**{place: answer}) as server:
        jobs.sweep(through(platform, server))
        platform.clock.move(days=10)  # type: ignore[attr-defined]
        jobs.sweep(through(platform, server))
    found = held(platform)
    assert [one.recipient for one in server.received] == ["a@example.org"]
    assert (found["inconnu@example.org"].attempts, found["inconnu@example.org"].error) == (1, "550 5.1.1 Unknown user")
    assert found["inconnu@example.org"].given_up_at is not None


def test_what_is_refused_for_now_waits_twice_as_long_each_time_and_is_given_up_in_the_end(platform: Platform) -> None:
    clock: Any = platform.clock
    wait_in_outbox(platform, "plein@example.org")
    started, waits = clock(), []
    with mail_server(answer_to=lambda _recipient: "452 4.2.2 Mailbox full") as server:
        for _ in range(smtp.MOST_ATTEMPTS):
            jobs.sweep(through(platform, server))
            mail = held(platform)["plein@example.org"]
            waits.append(round((mail.not_before - clock()).total_seconds() / 60))
            clock.now = mail.not_before
        jobs.sweep(through(platform, server))
    assert waits == [2**number for number in range(smtp.MOST_ATTEMPTS)]
    assert (mail.attempts, mail.error, mail.sent_at) == (12, "452 4.2.2 Mailbox full", None)
    assert mail.given_up_at == clock() - timedelta(minutes=waits[-1])
    assert clock() - started < timedelta(days=3)


def test_a_server_that_is_away_is_asked_for_once_and_the_mails_wait(platform: Platform) -> None:
    ids = wait_in_outbox(platform, "a@example.org", "b@example.org", "c@example.org")
    with mail_server() as server:
        pass
    here = through(platform, server)
    later = smtp.send_mails(here, ids, smtp.Mailer(here.settings))
    assert later == dict.fromkeys(ids, timedelta(minutes=1))
    assert [mail.attempts for mail in held(platform).values()] == [1, 0, 0]


@on_both_databases
def test_a_mail_that_somebody_sends_is_nobody_else_s_until_the_lease_is_over(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mail_id,) = wait_in_outbox(platform, "a@example.org")
    mine = claim_mail(platform, mail_id, "example.org")
    assert mine is not None
    monkeypatch.setattr("aap.services.workers._owner_of", lambda _pid: "another")
    assert claim_mail(platform, mail_id, "example.org") is None
    assert settle_mail(platform, mail_id, sent_at=platform.clock()) is False
    platform.clock.now += LEASE + timedelta(seconds=1)  # type: ignore[attr-defined]
    again = claim_mail(platform, mail_id, "example.net")
    assert again is not None
    assert (again.message_id, again.attempts) == (mine.message_id, 2)


def test_links_and_receipts_leave_before_everything_else(platform: Platform) -> None:
    for kind in ("official_message", "association_receipt", "decision_notified", "identity_sign_in_link"):
        wait_in_outbox(platform, f"{kind}@example.org", kind=kind)
    with mail_server() as server:
        jobs.sweep(through(platform, server))
    assert [one.recipient.partition("@")[0] for one in server.received] == [
        "association_receipt", "identity_sign_in_link", "official_message", "decision_notified",
    ]  # fmt: skip


LONG = "Votre dossier\u00a0AAP-2025-0012\u00a0: «\u00a0Les étés des jeunes et des territoires éloignés\u00a0», " * 3


@pytest.mark.parametrize("subject", ["Objet", "Dossier\u00a0: déposé", LONG, "x" * 90, "é" * 120])
@pytest.mark.parametrize(
    "name", ["", "Ministère de la Culture, direction générale\u00a0des patrimoines et de l’été", "A, B"]
)
def test_a_mail_has_its_words_twice_its_subject_whole_and_a_sender_s_name(
    platform: Platform, subject: str, name: str
) -> None:
    link = f"{platform.settings.base_url}/compte"
    body = f"Bonjour, \nvoici.\n\nVoir le compte :\n{link}\n"
    calendar = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    (id,) = wait_in_outbox(platform, "a@example.org", subject=subject, body=body, sender=name, calendar=calendar)
    jobs.sweep(platform)
    raw = (platform.settings.mail_folder / f"{id}.eml").read_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == subject
    assert str(make_header(decode_header(message_from_bytes(raw)["Subject"]))) == subject
    sender, address = parseaddr(message_from_bytes(raw)["From"])
    assert str(make_header(decode_header(sender))) == (name or "Appels à projets")
    assert address == message["From"].addresses[0].addr_spec == "ne-pas-repondre@example.org"
    if subject != "x" * 90:  # a word that nothing can break
        assert max(map(len, raw.split(b"\n\n")[0].splitlines())) <= 80
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content() == body.replace(" \n", "\n")
    assert f'class="button" href="{link}">Voir le compte</a>' in page.get_content()
    (days,) = message.iter_attachments()
    assert (days.get_filename(), days["Content-Type"].params["method"]) == ("agenda.ics", "PUBLISH")
    assert days.get_content().replace("\r\n", "\n") == calendar.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "values", [{"subject": "Objet\nBcc: x@example.org"}, {"sender": "Ministère\r\nBcc: x@example.org"}]
)
def test_nobody_writes_another_header(platform: Platform, values: dict[str, str]) -> None:
    wait_in_outbox(platform, "a@example.org", **values)
    jobs.sweep(platform)
    assert [mail.sent_at for mail in held(platform).values()] == [None]
    assert list(platform.settings.mail_folder.glob("*.eml")) == []


def test_who_sends_is_named_by_the_settings_where_no_call_does(platform: Platform) -> None:
    given = {"mail_sender": "Subventions d’État <a@example.org>", "publisher": "Préfecture"}
    for values, expected in (
        (given, "Subventions d’État"),
        ({**given, "mail_sender": "a@example.org"}, "Préfecture"),
        ({"mail_sender": "a@example.org"}, "Appels à projets"),
    ):
        with_name = replace(platform, settings=platform.settings.model_copy(update=values))
        (id,) = wait_in_outbox(platform, "b@example.org")
        jobs.sweep(with_name)
        message = message_from_bytes((platform.settings.mail_folder / f"{id}.eml").read_bytes(), policy=policy.default)
        assert message["From"].addresses[0].display_name == expected
