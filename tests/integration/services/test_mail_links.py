"""The text of a mail with a link that lets somebody in doesn't outlive the mail."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlmodel import select

import aap
from aap import jobs
from aap.documents.mail_texts import WITH_TOKEN, Mail
from aap.records.outbox import OutboxMail
from aap.records.people import Role
from aap.services import smtp
from aap.services.account.sign_in_links import send_sign_in_link
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.platform import Platform
from aap.services.smtp import MOST_ATTEMPTS
from aap.services.upkeep.operating import retry_mails, system_state
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.factories import Factory

LINKS = PublicLinks("https://aap.example.org")


def held(platform: Platform) -> dict[str, str]:
    """Recipient → text, of the outbox."""
    with platform.database.reading() as session:
        return {mail.recipient: mail.body for mail in session.exec(select(OutboxMail))}


@pytest.fixture
def outbox(platform: Platform, factory: Factory) -> tuple[str, str]:
    """Who gets a link that signs in, and who gets a mail without one."""
    person, now = factory.person(), platform.clock()
    with platform.database.writing() as session:
        send_sign_in_link(session, platform, LINKS, email=person.email, now=now)
        values = {"site": "https://aap.example.org"}
        send_mail(session, Mail.EMAIL_CHANGED, to="autre@example.org", now=now, values=values)
    return person.email, "autre@example.org"


@on_both_databases
def test_a_link_is_in_the_mail_that_leaves_and_no_longer_in_the_database(
    platform: Platform, outbox: tuple[str, str]
) -> None:
    before = held(platform)
    assert "/connexion/lien/" in before[outbox[0]]
    jobs.sweep(platform)
    sent = [path.read_text() for path in platform.settings.mail_folder.glob("*.eml")]
    assert sum("/connexion/lien/" in one for one in sent) == 1
    assert held(platform) == {outbox[0]: "", outbox[1]: before[outbox[1]]}


@on_both_databases
def test_a_mail_given_up_loses_its_link_and_is_not_sent_empty_afterwards(
    platform: Platform, factory: Factory, outbox: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object) -> None:
        raise OSError("Connection refused")

    before = held(platform)
    with monkeypatch.context() as broken:
        broken.setattr(smtp.Mailer, "deliver", refused)
        for attempt in range(MOST_ATTEMPTS):
            assert held(platform) == before, attempt
            platform.clock.move(days=30)  # type: ignore[attr-defined]
            jobs.sweep(platform)
    assert held(platform) == {outbox[0]: "", outbox[1]: before[outbox[1]]}
    admin = factory.actor(factory.person(Role.ADMIN))
    with platform.database.reading() as session:
        state = system_state(session, platform, actor=admin)
    assert {one.recipient: (one.given_up, one.erased) for one in state.failed_mails} == {
        outbox[0]: (True, True), outbox[1]: (True, False),
    }  # fmt: skip
    with platform.database.writing() as session:
        assert retry_mails(session, actor=admin, now=platform.clock()) == 1
    jobs.sweep(platform)
    assert [
        path.read_text().count("\nTo: autre@example.org") for path in platform.settings.mail_folder.glob("*.eml")
    ] == [1]


def test_every_mail_with_a_link_of_one_s_own_is_erased() -> None:
    """Which mails get a token is read where they are sent; those of Flask-Security are named by it."""
    given: set[str] = {"CHANGE_EMAIL", "CONFIRM_EMAIL", "KNOWN_ADDRESS", "RESET_PASSWORD", "WELCOME"}
    given |= {"SIGN_IN_LINK", "INVITATION_LINK"}  # `_MAILS` of sign_in_links
    tokens = {"invitation", "signature", "claim_proof", "sign_in_link"}
    assert tokens == {name for name, method in vars(Links).items() if "token" in getattr(method, "__annotations__", {})}
    for path in (Path(aap.__file__).parent / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "send_mail",
                "tell_association",
                "tell_service",
            ):
                said = ast.unparse(node)
                if any(f"links.{one}(" in said for one in tokens):
                    given |= set(re.findall(r"Mail\.([A-Z_]+)", said))
    assert given == {mail.name for mail in WITH_TOKEN}


def test_every_address_that_mails_lead_to_is_a_page(app: Flask) -> None:
    """With what its last parts name in the place of each argument."""
    routes = app.url_map.bind("aap.example.org")
    arguments = {"number": 7, "token": "t", "application_id": "a", "call_id": "c", "reference": "r", "section_id": "s"}
    pages = {}
    for name, method in vars(PublicLinks).items():
        if name.startswith("_") or not callable(method):
            continue
        names = [one for one in method.__annotations__ if one != "return"]
        address = method(LINKS, *(arguments.get(one, one) for one in names))
        endpoint, given = routes.match(urlsplit(address).path)
        assert {str(one) for one in given.values()} == {str(arguments.get(one, one)) for one in names}, name
        pages[name] = endpoint
    assert {name: pages[name] for name in vars(Links) if name in pages} == {
        "account": "account.home",
        "appeal": "official.appeal",
        "claim_proof": "association.claim_proof",
        "claims": "association.claims",
        "correction": "official.correction",
        "decision": "association.decision",
        "dossier": "association.dossier",
        "freezing": "official.freeze",
        "health": "public.health",
        "inspected": "official.dossier",
        "interests": "reviewer.interests",
        "invitation": "association.invitation",
        "journal": "admin.journal",
        "messages": "association.messages",
        "own_claim": "association.own_claim_page",
        "receipt": "association.receipt",
        "replacements": "official.replacements",
        "review": "reviewer.dossier",
        "reviews": "reviewer.home",
        "discussion": "reviewer.discussion",
        "reviews_followed": "official.reviews",
        "section": "association.section",
        "sign_in": "security.login",
        "sign_in_link": "account.open_link",
        "signature": "association.signature",
        "unfreezing": "official.unfreeze",
    }
