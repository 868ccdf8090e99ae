"""Signing in and out, by password and by link; sessions; where one lands."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from sqlmodel import col, select

from aap.app import create_app
from aap.records.audit import AuditLine
from aap.records.people import Person, Role
from aap.services.platform import Platform
from tests.conftest import Browser
from tests.databases import on_both_databases
from tests.factories import PASSWORD
from tests.worlds.mailbox import link_in, mails_to


def actions(platform: Platform) -> list[tuple[str, str]]:
    with platform.database.reading() as session:
        lines = session.exec(select(AuditLine).order_by(col(AuditLine.sequence))).all()
    return [(line.action, line.object_id) for line in lines if line.action.startswith("person.")]


@pytest.mark.parametrize("email", ["inconnue@example.org", "connue@example.org"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(browser, factory, email: str) -> None:
    factory.person(email="connue@example.org")
    answer = browser().post("/connexion", {"email": email, "password": "pas celui-là du tout"})
    assert answer.status_code == 200
    assert answer.text.count("L’adresse ou le mot de passe n’est pas le bon.") == 1
    assert f'value="{email}"' in answer.text
    assert "pas celui-là" not in answer.text


def test_signing_in_and_a_wrong_password_leave_a_line_without_the_address(browser, factory, platform, capsys) -> None:
    person = factory.person()
    page = browser()
    page.post("/connexion", {"email": person.email, "password": "pas celui-là du tout"})
    page.sign_in(person)
    assert actions(platform) == [("person.sign_in_refused", person.id), ("person.signed_in", person.id)]
    assert person.email not in capsys.readouterr().err


@pytest.mark.parametrize(
    "target",
    [
        "https://example.com/", "//example.com", "///example.com", "/\\example.com", "\\\\example.com",
        "javascript:alert(1)", "https:example.com", "http://localhost@example.com/",
    ],
)  # fmt: skip
def test_sign_in_never_leads_to_another_site(browser, factory, target: str) -> None:
    person = factory.person()
    page = browser()
    for url, form in (("/connexion", {"next": target}), (f"/connexion?next={target}", {})):
        answer = page.client.post(
            url, data={"email": person.email, "password": PASSWORD, "csrf_token": page.token("/connexion"), **form}
        )
        landing = urlsplit(urljoin("http://localhost/connexion", answer.location or ""))
        assert (landing.scheme, landing.netloc) == ("http", "localhost")
        assert "\\" not in (answer.location or "")
        page.client.delete_cookie("session")


def test_sign_in_leads_back_to_the_page_that_asked_for_it(browser, factory) -> None:
    person = factory.person()
    page = browser()
    asked = page.get("/compte").location
    assert asked == "/connexion?next=/compte"
    token = page.token("/connexion")
    answer = page.client.post(asked, data={"email": person.email, "password": PASSWORD, "csrf_token": token})
    assert answer.location == "/compte"


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.ADMIN, "/administration/"), (Role.OFFICIAL, "/instruction/"), (Role.REVIEWER, "/evaluation/")],
)
def test_each_role_lands_at_its_home(browser, factory, role: Role, home: str) -> None:
    page = browser().sign_in(factory.person(role))
    assert page.get("/apres-connexion").location == home


def test_a_form_token_from_before_signing_in_is_worth_nothing_after(browser, factory) -> None:
    person = factory.person()
    page = browser()
    before = page.token("/connexion")
    page.sign_in(person)
    assert page.client.post("/compte", data={"name": "Autre", "csrf_token": before}).status_code == 400


def test_signing_out_is_a_post_and_ends_the_session(browser, factory) -> None:
    page = browser().sign_in(factory.person())
    assert page.get("/deconnexion").status_code == 405
    assert page.post("/deconnexion", page="/compte").location == "/"
    assert page.get("/compte").location == "/connexion?next=/compte"


@on_both_databases
def test_a_change_of_password_ends_the_other_sessions(browser, factory, platform) -> None:
    person = factory.person()
    here, elsewhere = browser().sign_in(person), browser().sign_in(person)
    new = "une phrase toute neuve"
    answer = here.post("/mot-de-passe", {"password": PASSWORD, "new_password": new, "new_password_confirm": new})
    assert answer.location == "/compte"
    assert here.get("/compte").status_code == 200
    assert elsewhere.get("/compte").location == "/connexion?next=/compte"
    assert [mail.subject for mail in mails_to(platform, person.email)] == ["Votre mot de passe a changé"]
    browser().sign_in(person, new)


def test_a_forgotten_password_is_replaced_by_the_mailed_link_once(browser, factory, platform) -> None:
    person = factory.person(confirmed_at=None)
    elsewhere = browser()
    page = browser()
    answer = page.post("/mot-de-passe-oublie", {"email": person.email})
    unknown = browser().post("/mot-de-passe-oublie", {"email": "inconnue@example.org"})
    assert [text.count("Si cette adresse est celle d’un compte") for text in (answer.text, unknown.text)] == [1, 1]
    link = link_in(mails_to(platform, person.email)[0])
    new = "une phrase toute neuve"
    done = page.post(link, {"password": new, "password_confirm": new})
    assert done.location == "/connexion"
    elsewhere.sign_in(person, new)
    again = page.get(link)
    assert (again.status_code, again.location) == (302, "/mot-de-passe-oublie")


def test_the_mailed_links_stand_under_the_public_address_whatever_the_request_claims(app, factory, platform) -> None:
    person = factory.person()
    page = Browser(app.test_client())
    token = page.token("/mot-de-passe-oublie")
    page.client.post(
        "/mot-de-passe-oublie", data={"email": person.email, "csrf_token": token}, headers={"Host": "example.com"}
    )
    for mail in mails_to(platform, person.email):
        assert "example.com" not in mail.body
        link_in(mail)


@on_both_databases
def test_a_mailed_link_signs_in_once(browser, factory, platform) -> None:
    person = factory.person(confirmed_at=None)
    page = browser()
    assert page.post("/connexion/lien", {"email": person.email}).location == "/connexion/lien/envoye"
    assert browser().post("/connexion/lien", {"email": "inconnue@example.org"}).location == "/connexion/lien/envoye"
    assert mails_to(platform, "inconnue@example.org") == []
    link = link_in(mails_to(platform, person.email)[0])
    assert page.get(link).status_code == 200
    assert page.get("/compte").status_code == 302  # opening the link signs nobody in
    assert page.post(link).location == "/apres-connexion"
    assert page.get("/compte").status_code == 200
    other = browser()
    assert other.client.post(link, data={"csrf_token": other.token("/connexion")}).location == "/connexion/lien"
    with platform.database.reading() as session:
        assert session.exec(select(Person.confirmed_at)).one() == platform.clock()


@pytest.mark.parametrize("spoil", ["late", "changed", "password", "closed"])
def test_a_link_dies(browser, factory, platform, clock, spoil: str) -> None:
    person = factory.person()
    page = browser()
    page.post("/connexion/lien", {"email": person.email})
    link = link_in(mails_to(platform, person.email)[0])
    if spoil == "late":
        clock.move(minutes=16)
    if spoil == "changed":
        link = link[:-5] + ("a" if link[-5] != "a" else "b") + link[-4:]  # bits of the last one may not count
    with platform.database.writing() as session:
        row = session.get(Person, person.id)
        if spoil == "password":
            row.fs_uniquifier = "another"
        if spoil == "closed":
            row.active = False
    assert page.get(link).location == "/connexion/lien"


def test_a_deactivated_person_is_out_at_once(browser, factory, platform) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    with platform.database.writing() as session:
        session.get(Person, person.id).active = False
    assert page.get("/compte").location == "/connexion?next=/compte"
    answer = browser().post("/connexion", {"email": person.email, "password": PASSWORD})
    assert "Ce compte est désactivé" in answer.text


def test_many_tries_at_one_account_are_slowed_down_and_others_are_not(platform, factory) -> None:
    person, other = factory.person(), factory.person()
    limited = platform.settings.model_copy(update={"rate_limit": True})
    app = create_app(platform=type(platform)(limited, platform.database, platform.files, platform.clock))
    page = Browser(app.test_client())
    wrong = {"email": person.email, "password": "pas celui-là du tout"}
    answers = [page.post("/connexion", wrong).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert page.post("/connexion", {"email": other.email, "password": PASSWORD}).status_code == 302


def test_signing_in_with_the_right_password_costs_no_try(platform, factory) -> None:
    person = factory.person()
    limited = platform.settings.model_copy(update={"rate_limit": True})
    app = create_app(platform=type(platform)(limited, platform.database, platform.files, platform.clock))
    page = Browser(app.test_client())
    right = {"email": person.email, "password": PASSWORD}
    answers = []
    for _ in range(12):
        answers.append(page.post("/connexion", right).status_code)
        page.post("/deconnexion")
    assert answers == [302] * 12
