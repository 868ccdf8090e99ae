"""Who read a dossier stands in the log once a day; officials of the call read its whole history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import col, select

from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.people import Role
from aap.services.panel.recusing import add_recusal
from aap.services.platform import Platform
from tests.worlds.offices import Offices


def readings(platform: Platform, action: str = "dossier.read") -> list[tuple[str, str]]:
    with platform.database.reading() as session:
        lines = select(AuditLine.actor_id, AuditLine.object_id).where(AuditLine.action == action)
        return list(session.exec(lines.order_by(col(AuditLine.sequence))))


def test_a_dossier_that_is_opened_again_and_again_leaves_a_line_a_day_and_costs_nothing_more(
    office: Offices, browser: Callable[[], Any], platform: Platform, clock: Any, count_queries: Callable[[], Any]
) -> None:
    here = office(CallState.REVIEWING)
    official, reviewer = browser().sign_in(here.first), browser().sign_in(here.reviewers[0])
    page = here.address(f"dossiers/{here.dossiers[0].reference}")
    for _again in range(3):
        assert official.get(page).status_code == 200
        assert reviewer.get(f"/evaluation/dossiers/{here.dossiers[0].id}").status_code == 200
    read = [(here.first.id, here.dossiers[0].id), (here.reviewers[0].id, here.dossiers[0].id)]
    assert readings(platform) == read
    with count_queries() as queries:
        official.get(page)
    assert not any("audit_line" in one and "INSERT" in one for one in queries.statements)
    clock.move(days=1)
    official = browser().sign_in(here.first)
    official.get(page)
    assert readings(platform) == [*read, read[0]]


def test_another_process_finds_what_was_noted_today(office: Offices, platform: Platform) -> None:
    from aap.services.audit import Subject
    from aap.services.upkeep.consulting import Consultations

    here = office()
    actor, subject = here.factory.actor(here.first), Subject.of(here.dossiers[0])
    for process in (Consultations(), Consultations()):
        process.note(platform, actor=actor, action="dossier.read", subject=subject, now=platform.clock())
    assert readings(platform) == [(here.first.id, here.dossiers[0].id)]


def test_an_administrator_who_opens_an_account_s_page_leaves_a_line(
    office: Offices, browser: Callable[[], Any], platform: Platform
) -> None:
    here = office()
    admin = here.factory.person(Role.ADMIN)
    signed = browser().sign_in(admin)
    for person in (here.member, here.member, admin):
        assert signed.get(f"/administration/personnes/{person.id}").status_code == 200
    assert readings(platform, "person.read") == [(admin.id, here.member.id)]


def test_the_history_of_a_dossier_says_in_words_what_was_done_and_who_read_it(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.CLOSED)
    signed, dossier = browser().sign_in(here.first), here.dossiers[0].reference
    typed = {"name": "region", "values": "Occitanie", "evidence": "Statuts, article 2."}
    page = here.address(f"dossiers/{dossier}")
    signed.post(f"{page}/donnees", typed, page=page)
    shown = signed.get(f"{page}/historique").text
    for words in ("Donnée corrigée", "Dossier lu", here.first.name):
        assert words in shown
    assert f'href="{page}/historique"' in signed.get(page).text
    for other in (here.stranger, here.reviewers[0], here.member, here.factory.person(Role.ADMIN)):
        assert browser().sign_in(other).get(f"{page}/historique").status_code == 404


def test_a_recused_official_finds_no_history(office: Offices, browser: Callable[[], Any], platform: Platform) -> None:
    here = office()
    with platform.database.writing() as session:
        add_recusal(
            session, actor=here.factory.actor(here.first), application_id=here.dossiers[0].id,
            person_id=here.second.id, reason="Sa sœur préside l’association.", now=platform.clock(),
        )  # fmt: skip
    page = here.address(f"dossiers/{here.dossiers[0].reference}/historique")
    assert browser().sign_in(here.second).get(page).status_code == 404
    assert browser().sign_in(here.first).get(page).status_code == 200


def test_a_long_history_is_read_page_by_page(office: Offices, browser: Callable[[], Any], platform: Platform) -> None:
    from aap.services.audit import record

    here = office()
    with platform.database.writing() as session:
        for _number in range(230):
            record(session, here.factory.actor(here.first), "message.sent", here.dossiers[0], now=platform.clock())
    signed = browser().sign_in(here.first)
    address = here.address(f"dossiers/{here.dossiers[0].reference}/historique")
    counts = []
    while address:
        text = signed.get(address).text
        counts.append(text.count("Message envoyé"))
        older = (
            text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0] if 'rel="next"' in text else ""
        )
        address = older.replace("&amp;", "&")
    assert counts == [100, 100, 30]
