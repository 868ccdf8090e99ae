"""One mail a day for who wants it: what waits, what never does, and that nothing is lost or told twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlmodel import col, select

from aap import jobs
from aap.documents.calendar import Event
from aap.documents.mail_html import html_of
from aap.documents.mail_texts import MAY_WAIT, WITH_TOKEN, Mail
from aap.records.outbox import OutboxMail
from aap.records.people import Person, Role, TurnedSwitch
from aap.services.account.accounts import change_profile
from aap.services.digests import follow_address, gather_digests
from aap.services.dossier.completion import ask_completion
from aap.services.dossier.messages import write_message
from aap.services.outbox import is_urgent, next_digest, send_mail
from aap.services.platform import Platform
from aap.services.upkeep.operating import system_state
from aap.services.upkeep.timekeeping import keep_time
from tests.databases import on_both_databases
from tests.factories import LINKS, Factory
from tests.worlds.deposits import Case, Cases

SITE = "http://127.0.0.1:8000"


def wants_digest(platform: Platform, person: Person) -> None:
    with platform.database.writing() as session:
        session.add(TurnedSwitch(person_id=person.id, name="daily_digest"))


def say(platform: Platform, to: str, text: str) -> None:
    """A message of the service, as a dossier's people get it."""
    values = {
        "reference": "2025-0001", "title": "Titre", "call_title": "Appel", "contact": "", "message": text,
        "link": f"{SITE}/association/dossiers/{text}/messages",
    }  # fmt: skip
    with platform.database.writing() as session:
        send_mail(session, Mail.MESSAGE_FROM_SERVICE, to=to, now=platform.clock(), values=values)


def left(platform: Platform) -> list[str]:
    """What has left: recipient and subject of each, with plain spaces."""
    found = [
        message_from_bytes(path.read_bytes(), policy=default) for path in platform.settings.mail_folder.glob("*.eml")
    ]
    return sorted(f"{one['To']} {one['Subject']}".replace("\u00a0", " ") for one in found)


def rows(platform: Platform) -> list[OutboxMail]:
    with platform.database.reading() as session:
        return list(session.exec(select(OutboxMail).order_by(col(OutboxMail.created_at), col(OutboxMail.id))))


@on_both_databases
def test_who_wants_one_mail_a_day_gets_everything_in_it_and_others_at_once(case: Cases, clock: Any) -> None:
    here = case()
    platform = here.factory.platform
    wants_digest(platform, here.owner)
    with platform.database.writing() as session:
        for body in ("Merci.\nÀ bientôt.", "Encore un mot."):
            write_message(
                session, actor=here.actor(here.official), application_id=here.id, body=body, links=LINKS,
                now=platform.clock(),
            )  # fmt: skip
    keep_time(platform, LINKS)
    jobs.sweep(platform)
    message = f"Votre dossier {here.application.reference} : un message du service"
    at_once = [f"{here.reader.email} {message}"] * 2
    assert left(platform) == at_once
    clock.now = next_digest(clock())
    for _ in range(2):
        keep_time(platform, LINKS)
        jobs.sweep(platform)
    assert left(platform) == sorted([*at_once, f"{here.owner.email} Vos nouvelles du jour : 2 courriels"])
    (digest,) = [one for one in rows(platform) if one.kind == Mail.DAILY_DIGEST]
    page = html_of(digest.subject, digest.body, site=SITE)
    link = f'<a class="button" href="{SITE}/association/dossiers/{here.id}/messages">Répondre au service</a>'
    assert (page.count("<h2>"), page.count(link), page.count("Bonjour")) == (3, 2, 1)
    assert "<p>Merci.<br>À bientôt.</p>" in page
    assert page.count("n’y répondez pas") == 1
    with platform.database.reading() as session:
        state = system_state(session, platform, actor=here.factory.actor(here.factory.person(Role.ADMIN)))
    assert (state.mails_waiting, state.mails_sent) == (0, 3)


def test_what_lets_in_confirms_decides_or_reminds_never_waits() -> None:
    never = {
        Mail.RECEIPT,
        Mail.WITHDRAWN,
        Mail.DECISION,
        Mail.DECISION_READ,
        Mail.APPEAL_ANSWERED,
        Mail.CORRECTION_INTENT,
    }
    reminders = {Mail.DRAFT_REMINDER, Mail.ANSWER_REMINDER, Mail.REVIEWER_REMINDER}
    assert MAY_WAIT & (never | reminders | WITH_TOKEN | {mail for mail in Mail if is_urgent(mail)}) == set()


@on_both_databases
def test_what_is_to_be_done_in_less_than_two_days_leaves_at_once(case: Cases) -> None:
    told = {}
    for wait in (timedelta(days=2), timedelta(days=4)):
        here: Case = case()
        platform = here.factory.platform
        wants_digest(platform, here.owner)
        with platform.database.writing() as session:
            ask_completion(
                session, actor=here.actor(here.official), application_id=here.id, sections=["projet"], message="Précisez.",
                due_at=platform.clock() + wait, links=LINKS, now=platform.clock(),
            )  # fmt: skip
        (mail,) = [one for one in rows(platform) if one.recipient == here.owner.email]
        told[wait.days] = mail.waits_for_digest
    assert told == {2: False, 4: True}


def test_the_days_of_several_mails_go_with_the_one_of_the_day(platform: Platform, factory: Factory, clock: Any) -> None:
    person = factory.person()
    wants_digest(platform, person)
    values = {"reference": "1", "title": "T", "call_title": "A", "contact": "", "message": "M", "due": "D",
              "sections": ["S"], "link": SITE}  # fmt: skip
    days = [clock() + timedelta(days=number) for number in (5, 6)]
    with platform.database.writing() as session:
        for number, day in enumerate(days):
            send_mail(session, Mail.COMPLETION_ASKED, to=person.email, now=clock(), values=values,
                      events=(Event(f"u{number}", "Compléments", day),))  # fmt: skip
    clock.now = next_digest(clock())
    keep_time(platform, LINKS)
    (digest,) = [one for one in rows(platform) if one.kind == Mail.DAILY_DIGEST]
    assert (digest.calendar.count("BEGIN:VCALENDAR"), digest.calendar.count("BEGIN:VEVENT")) == (1, 2)
    assert digest.calendar.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")


@on_both_databases
def test_a_worker_that_dies_loses_nothing_and_two_at_once_tell_nothing_twice(
    platform: Platform, factory: Factory, clock: Any
) -> None:
    people = [factory.person() for _ in range(3)]
    for person in people:
        wants_digest(platform, person)
        for number in range(3):
            say(platform, person.email, f"mot-{number}")
    clock.now = next_digest(clock())

    def killed_before_the_commit() -> None:
        with platform.database.writing() as session:
            gather_digests(session, links=LINKS, now=clock())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed_before_the_commit()
    assert [one.waits_for_digest for one in rows(platform)] == [True] * 9

    start = threading.Barrier(2)

    def gather() -> None:
        start.wait()
        with platform.database.writing() as session:
            gather_digests(session, links=LINKS, now=clock())

    workers = [threading.Thread(target=gather) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    jobs.sweep(platform)
    assert left(platform) == sorted(f"{one.email} Vos nouvelles du jour : 3 courriels" for one in people)
    gathered = [one for one in rows(platform) if one.kind != Mail.DAILY_DIGEST]
    assert {(one.waits_for_digest, one.digest_id is None, one.sent_at is None) for one in gathered} == {
        (False, False, False)
    }


@pytest.mark.parametrize("change", ["switched off", "alone", "moved"])
def test_what_waits_follows_its_reader(change: str, platform: Platform, factory: Factory, clock: Any) -> None:
    person = factory.person()
    wants_digest(platform, person)
    for text in ("un", "deux")[: 1 if change == "alone" else 2]:
        say(platform, person.email, text)
    expected = [f"{person.email} Vos nouvelles du jour : 2 courriels"]
    if change == "switched off":
        with platform.database.writing() as session:
            change_profile(session, actor=factory.actor(person), name=person.name, phone="", switches=[], now=clock())
    else:
        clock.now = next_digest(clock())
    if change == "alone":
        expected = [f"{person.email} Votre dossier 2025-0001 : un message du service"]
    if change == "moved":
        with platform.database.writing() as session:
            follow_address(session, person.email, "nouvelle@example.org")
        expected = ["nouvelle@example.org Vos nouvelles du jour : 2 courriels"]
    keep_time(platform, LINKS)
    jobs.sweep(platform)
    assert left(platform) == expected
