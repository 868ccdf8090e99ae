"""Sessions are rows: what ends them, when they are over by themselves, and what their cookie holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlmodel import col, select

from aap.identity.devices import names_of
from aap.records.audit import AuditLine, AuditValues
from aap.records.people import Person, Role, UserSession
from aap.services.account.people import give_role, take_role
from aap.services.mailed_tokens import token_hash
from aap.services.platform import Platform
from aap.services.upkeep.backing_up import make_backup
from aap.services.upkeep.timekeeping import keep_time
from aap.web.account.connections import network_shown
from aap.web.public_links import PublicLinks
from tests.conftest import Browser, TestClock
from tests.databases import on_both_databases
from tests.factories import PASSWORD, Factory
from tests.worlds.mailbox import link_in, mails_to

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
ANONYMOUS = "/connexion?next=/compte"
NEW = "une phrase toute neuve"


def rows(platform: Platform) -> list[UserSession]:
    with platform.database.reading() as session:
        return list(session.exec(select(UserSession).order_by(col(UserSession.created_at), col(UserSession.id))))


def copy_of(page: Browser, app: Flask) -> Browser:
    """Another browser with the same cookie, as a thief would have it."""
    held = page.client.get_cookie("session")
    assert held is not None
    thief = Browser(app.test_client())
    thief.client.set_cookie("session", held.value)
    return thief


# --- what ends a session, in every copy of its cookie -----------------------------------------------------------------


def _signs_out(page: Browser, **_rest: object) -> None:
    page.post("/deconnexion", page="/compte")


def _changes_password(elsewhere: Browser, **_rest: object) -> None:
    elsewhere.post("/mot-de-passe", {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW})


def _resets_password(other: Browser, person: Person, platform: Platform, **_rest: object) -> None:
    other.post("/mot-de-passe-oublie", {"email": person.email})
    done = other.post(link_in(mails_to(platform, person.email)[0]), {"password": NEW, "password_confirm": NEW})
    assert done.location == "/connexion"


def _is_closed(admin: Browser, person: Person, **_rest: object) -> None:
    admin.post(f"/administration/personnes/{person.id}/compte", {"action": "fermer", "reason": "Départ."})


def _loses_a_role(admin: Browser, person: Person, **_rest: object) -> None:
    admin.post(f"/administration/personnes/{person.id}/roles", {"retirer": "official|"})


def _is_made_a_reader(owner: Browser, person: Person, association: str, **_rest: object) -> None:
    owner.post(f"/association/associations/{association}/personnes/{person.id}", {"role": "reader"}, page="/compte")


def _is_put_out(owner: Browser, person: Person, association: str, **_rest: object) -> None:
    owner.post(f"/association/associations/{association}/personnes/{person.id}", {"role": "aucun"}, page="/compte")


def _ends_the_others(elsewhere: Browser, **_rest: object) -> None:
    elsewhere.post("/compte/connexions/autres", page="/compte")


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        (_signs_out, "signed_out"), (_changes_password, "password"), (_resets_password, "password"),
        (_is_closed, "account"), (_loses_a_role, "rights"), (_is_made_a_reader, "rights"), (_is_put_out, "rights"),
        (_ends_the_others, "by_owner"),
    ],
)  # fmt: skip
@on_both_databases
def test_a_copied_cookie_answers_like_nobody_s_once_its_session_was_ended(
    browser, app, factory: Factory, platform: Platform, ending: Callable[..., None], why: str
) -> None:
    person, owner = factory.person(Role.OFFICIAL), factory.person()
    association = factory.association(person, owner)
    page, elsewhere = browser().sign_in(person), browser().sign_in(person)
    mine = rows(platform)[0].id
    thief = copy_of(page, app)
    assert thief.get("/compte").status_code == 200
    ending(
        page=page, elsewhere=elsewhere, other=browser(), person=person, platform=platform, association=association.id,
        admin=browser().sign_in(factory.person(Role.ADMIN)), owner=browser().sign_in(owner),
    )  # fmt: skip
    assert [one.get("/compte").location for one in (page, thief)] == [ANONYMOUS, ANONYMOUS]
    assert thief.client.post("/compte", data={"csrf_token": "x"}).status_code in (400, 401)
    with platform.database.reading() as session:
        row = session.get_one(UserSession, mine)
        ended = select(AuditLine).where(AuditLine.action == "session.ended").order_by(col(AuditLine.sequence).desc())
        line = session.exec(ended).first()
        values = session.get_one(AuditValues, line.sequence)
    assert (row.ended_why, line.object_id, values.content["after"]["why"]) == (why, person.id, why)


def test_who_changes_their_password_stays_signed_in_with_another_token(browser, app, factory, platform) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    thief = copy_of(page, app)
    _changes_password(page)
    assert [one.get("/compte").status_code for one in (page, thief)] == [200, 302]
    assert [row.ended_why for row in rows(platform)] == ["replaced", None]


def test_leaving_an_association_keeps_the_browser_that_asks_for_it(browser, factory) -> None:
    person, owner = factory.person(), factory.person()
    association = factory.association(person, owner)
    here, elsewhere = browser().sign_in(person), browser().sign_in(person)
    _is_put_out(here, person, association.id)
    assert [one.get("/compte").status_code for one in (here, elsewhere)] == [200, 302]


def test_the_log_says_who_ended_the_sessions_of_somebody(factory, platform, browser) -> None:
    person, admin = factory.person(Role.OFFICIAL), factory.person(Role.ADMIN)
    browser().sign_in(person)
    with platform.database.writing() as session:
        take_role(
            session, actor=factory.actor(admin), person_id=person.id, role="official", call_id="", now=factory.now
        )
    with platform.database.reading() as session:
        line = session.exec(select(AuditLine).where(AuditLine.action == "session.ended")).one()
    assert (line.actor_id, line.object_kind, line.object_id) == (admin.id, "person", person.id)


# --- when it is over by itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "remember", "used_after", "is_open"),
    [
        # minutes between two pages, each with whether the person is still in
        (Role.OFFICIAL, False, (29, 29), (True, True)),
        (Role.OFFICIAL, False, (31,), (False,)),
        (Role.REVIEWER, True, (31,), (False,)),
        (Role.JURY, False, (31,), (False,)),
        (Role.OFFICIAL, False, (25,) * 29, (True,) * 28 + (False,)),  # twelve hours, whatever happens
        (None, False, (31, 11 * 60), (True, True)),
        (None, False, (12 * 60 + 1,), (False,)),
        (None, False, (11 * 60, 11 * 60, 3 * 60), (True, True, False)),  # a day
        (None, True, (29 * 24 * 60,), (True,)),
        (None, True, (29 * 24 * 60, 25 * 60), (True, False)),  # thirty days
    ],
)
def test_a_session_is_over_when_it_is_not_used_or_too_old(
    strict_app, factory, clock: TestClock, role: Role | None, remember: bool, used_after: tuple[int, ...],
    is_open: tuple[bool, ...],
) -> None:  # fmt: skip
    person = factory.person(*([role] if role else []), call=factory.call())
    page = Browser(strict_app.test_client())
    page.post("/connexion", {"email": person.email, "password": PASSWORD, **({"remember": "y"} if remember else {})})
    found = []
    for minutes in used_after:
        clock.move(minutes=minutes)
        found.append(page.get("/compte").status_code == 200)
    assert tuple(found) == is_open


def test_a_first_role_shortens_what_was_remembered(browser, factory, platform) -> None:
    person, admin = factory.person(), factory.person(Role.ADMIN)
    page = browser()
    page.post("/connexion", {"email": person.email, "password": PASSWORD, "remember": "y"})
    assert [(row.agent, row.remembered) for row in rows(platform)] == [(False, True)]
    with platform.database.writing() as session:
        give_role(
            session, actor=factory.actor(admin), person_id=person.id, role="official", call_id="", now=factory.now
        )
    assert [(row.agent, row.remembered) for row in rows(platform)] == [(True, False)]


def test_the_cookie_stays_with_the_browser_only_where_the_box_was_ticked(app, factory) -> None:
    person = factory.person()
    expiries = []
    for box in ({}, {"remember": "y"}):
        page = Browser(app.test_client())
        answer = page.post("/connexion", {"email": person.email, "password": PASSWORD, **box})
        cookies = answer.headers.getlist("Set-Cookie")
        assert len(cookies) == 1
        expiries.append("Expires=" in cookies[0])
    assert expiries == [False, True]


def test_the_cookie_carries_a_token_whose_hash_alone_is_stored_and_nothing_else_about_the_person(
    browser, factory, platform
) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    with page.client.session_transaction() as cookie:
        held = dict(cookie)
    assert token_hash(held.pop("_user_id")) == rows(platform)[0].token_hash
    assert set(held) <= {"_fresh", "_id", "_permanent", "csrf_token", "fs_cc"}
    assert person.id not in str(held)


def test_old_rows_are_forgotten_a_month_after_their_end(browser, factory, platform, clock) -> None:
    browser().sign_in(factory.person())
    page = browser().sign_in(factory.person())
    page.post("/deconnexion", page="/compte")
    clock.move(days=31)
    browser().sign_in(factory.person())
    keep_time(platform, PublicLinks(platform.settings.base_url))
    assert [row.ended_why for row in rows(platform)] == [None, None]


def test_a_backup_holds_no_session_so_that_none_that_was_ended_is_open_again(
    browser, factory, platform, tmp_path: Path
) -> None:
    browser().sign_in(factory.person())
    make_backup(platform, tmp_path / "sauvegarde")
    with closing(sqlite3.connect(tmp_path / "sauvegarde/aap.sqlite3")) as kept:
        counts = [kept.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("person", "user_session")]
    assert (counts, len(rows(platform))) == ([1, 0], 1)


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_a_page_writes_its_use_once_a_minute_and_asks_for_person_and_session_at_once(
    browser, factory, clock, count_queries
) -> None:
    page = browser().sign_in(factory.person())
    counts = []
    for seconds in (0, 59, 1, 59):
        clock.move(seconds=seconds)
        with count_queries() as queries:
            page.get("/compte/connexions")
        about = [one for one in queries.statements if "user_session" in one]
        counts.append((len(about), sum(one.startswith("UPDATE") for one in queries.statements)))
    # account with session, actor with session, list; the third also notes its use
    assert counts == [(3, 0), (3, 0), (4, 1), (3, 0)]


def test_a_page_waits_for_nobody_who_writes_and_a_script_that_follows_a_job_is_no_use(
    browser, factory, platform, clock
) -> None:
    page = browser().sign_in(factory.person())
    began = rows(platform)[0].last_seen_at
    clock.move(minutes=5)
    with platform.database.writing() as session:
        session.execute(text("UPDATE person SET phone = NULL"))
        assert page.get("/compte").status_code == 200
    assert rows(platform)[0].last_seen_at == began
    page.client.get("/compte", headers={"Accept": "application/json"})
    assert rows(platform)[0].last_seen_at == began
    page.get("/compte")
    assert rows(platform)[0].last_seen_at == began + timedelta(minutes=5)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_lists_ones_own_sessions_the_current_one_first(app, factory, clock) -> None:
    person = factory.person()
    phone, desk = app.test_client(), app.test_client()
    Browser(phone).client.environ_base.update(HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="203.0.113.7")
    Browser(desk).client.environ_base.update(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="2001:db8:1:2::3")
    Browser(phone).sign_in(person)
    Browser(app.test_client()).sign_in(factory.person())
    clock.move(hours=1)
    page = Browser(desk).sign_in(person)
    shown = page.get("/compte/connexions").text
    assert shown.count('class="connection"') == 2
    assert shown.index("Firefox sous Linux") < shown.index("Celle-ci") < shown.index("Safari sous iOS")
    assert "réseau 2001:db8:1::…, le même que maintenant" in shown
    assert "réseau 203.0.113.…" in shown
    assert "203.0.113.7" not in shown


def test_one_session_is_ended_from_the_page_and_nobody_else_s(browser, factory, platform) -> None:
    person, other = factory.person(), factory.person()
    here, elsewhere, stranger = (browser().sign_in(one) for one in (person, person, other))
    _mine, theirs, strange = rows(platform)
    ended = here.post(f"/compte/connexions/{theirs.id}/fin", page="/compte")
    assert (ended.status_code, ended.location) == (303, "/compte/connexions")
    assert here.post(f"/compte/connexions/{strange.id}/fin", page="/compte").status_code == 404
    assert here.post(f"/compte/connexions/{theirs.id}/fin", page="/compte").status_code == 404
    assert [one.get("/compte").status_code for one in (here, elsewhere, stranger)] == [200, 302, 200]


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.17", "192.0.2.…"), ("2001:db8:85a3:8d3::7348", "2001:db8:85a3::…"), ("", ""), ("inconnue", "")],
)
def test_the_place_is_about_where_the_address_is(address: str, network: str) -> None:
    assert network_shown(address) == network


@pytest.mark.parametrize(
    ("agent", "names"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (SAFARI, ("Safari", "iOS")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            ("Edge", "Windows"),
        ),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", ("Safari", "macOS")),
        ("curl/8.5", ("", "")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_browsers_and_systems_have_the_names_that_people_know(agent: str, names: tuple[str, str]) -> None:
    assert names_of(agent) == names
