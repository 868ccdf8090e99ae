"""Signing in with a second factor; who must have one reaches nothing else before; an authenticator, step by step."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlmodel import col, select

from aap.app import create_app
from aap.cli.operating import person_group
from aap.records.audit import AuditLine
from aap.records.people import Role
from aap.services.account.people import give_role
from aap.services.account.totp import code_at
from aap.services.permissions import conceivable
from aap.services.platform import Platform
from aap.settings import Settings
from aap.web.access import ASSETS, permission_of
from aap.web.factor_needed import OPEN
from tests.addresses import some_value
from tests.conftest import Browser
from tests.databases import on_both_databases
from tests.factories import PASSWORD, Factory
from tests.worlds.factors import FACTORS, first_step, with_authenticator, with_codes
from tests.worlds.mailbox import link_in, mails_to

CODE, RECOVERY = "/connexion/code", "/connexion/code-de-secours"


@pytest.fixture
def more_settings() -> dict[str, object]:
    return {"second_factor": "always"}


def ways(platform: Platform) -> list[str]:
    """What the journal says of signing in."""
    with platform.database.reading() as session:
        return [
            action
            for action in session.exec(select(AuditLine.action).order_by(col(AuditLine.sequence)))
            if action.startswith("person.sign")
        ]


def test_who_must_have_a_second_factor_and_has_none_reaches_nothing_else(
    app: Flask, browser: Any, factory: Factory
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    person = factory.person(Role.ADMIN, Role.OFFICIAL, Role.JURY)
    factory.association(person)
    actor = factory.actor(person)
    page = browser().sign_in(person)
    faults, asked = [], 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ASSETS | OPEN:
            continue
        with app.test_request_context():
            address = app.url_for(rule.endpoint, **{name: some_value(rule, name) for name in rule.arguments})
        known = conceivable(actor, permission_of(app, rule.endpoint))
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = page.client.open(address, method=method)
            asked += 1
            led = (
                (answer.status_code, answer.location) == (302, FACTORS)
                if method == "GET"
                else answer.status_code == 403
            )
            if not (led if known else answer.status_code == 404):
                faults.append((answer.status_code, method, address))
    assert (faults, asked > 150) == ([], True)


def test_the_pages_that_stay_open_are_there_and_the_account_is_not_among_them(app: Flask) -> None:
    assert set(app.view_functions) >= OPEN
    assert {"account.home", "account.export", "security.change_email", "account.renew_codes"} & OPEN == set()


@on_both_databases
def test_an_official_sets_up_an_authenticator_and_everything_opens(
    browser: Any, factory: Factory, clock: Any, platform: Platform
) -> None:
    person = factory.person(Role.OFFICIAL)
    page = browser().sign_in(person)
    assert page.get("/instruction/").location == FACTORS
    shown = page.get(FACTORS)
    assert "À faire avant de continuer" in shown.text
    secret = with_authenticator(page, clock)
    assert page.get("/instruction/").status_code == 200
    codes = with_codes(page)
    assert len(codes) == 10
    assert not any(code in page.get(FACTORS).text for code in codes)
    assert "Il vous reste 10 codes sur 10." in page.get(FACTORS).text
    clock.move(minutes=1)
    again = browser()
    assert first_step(again, person, PASSWORD) == CODE
    assert again.get("/instruction/").status_code == 302  # the password alone has signed nobody in
    assert again.post(CODE, {"code": code_at(secret, clock())}).location == "/apres-connexion"
    assert again.get("/instruction/").status_code == 200
    assert ways(platform) == ["person.signed_in", "person.signed_in"]


def test_the_key_is_shown_as_a_picture_and_in_groups_of_four(browser: Any, factory: Factory) -> None:
    page = browser().sign_in(factory.person())
    page.post(f"{FACTORS}/application", page=FACTORS)
    shown = page.get(f"{FACTORS}/application").text
    assert re.search(r'<svg class="qr" viewBox="0 0 (\d+) \1" role="img" aria-label="[^"]+"', shown)
    assert re.search(r"<code>(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}</code>", shown)


def test_a_wrong_first_code_is_said_beside_its_field_and_changes_nothing(browser: Any, factory: Factory) -> None:
    page = browser().sign_in(factory.person())
    page.post(f"{FACTORS}/application", page=FACTORS)
    answer = page.post(f"{FACTORS}/application/code", {"code": "000000"}, page=f"{FACTORS}/application")
    assert (answer.status_code, answer.text.count("Ce code n’est pas, ou n’est plus, le bon")) == (422, 2)
    assert "En place" not in page.get(FACTORS).text


def test_a_first_factor_ends_the_sessions_that_were_opened_without_one(
    browser: Any, factory: Factory, clock: Any
) -> None:
    person = factory.person()
    here, elsewhere = browser().sign_in(person), browser().sign_in(person)
    with_authenticator(here, clock)
    assert here.get("/compte").status_code == 200
    assert elsewhere.get("/compte").location == "/connexion?next=/compte"


@on_both_databases
def test_a_code_that_signed_in_signs_nobody_in_again(browser: Any, factory: Factory, clock: Any) -> None:
    person = factory.person()
    secret = with_authenticator(browser().sign_in(person), clock)
    clock.move(minutes=1)
    first, second = browser(), browser()
    for page in (first, second):
        first_step(page, person, PASSWORD)
    code = code_at(secret, clock())
    assert first.post(CODE, {"code": code}).status_code == 302
    refused = second.post(CODE, {"code": code})
    assert (refused.status_code, refused.text.count("ou il a déjà servi")) == (200, 2)
    assert second.get("/compte").status_code == 302


def test_wrong_codes_are_told_to_the_journal_and_the_page_says_what_to_do_without_the_phone(
    browser: Any, factory: Factory, clock: Any, platform: Platform
) -> None:
    person = factory.person()
    with_authenticator(browser().sign_in(person), clock)
    page = browser()
    first_step(page, person, PASSWORD)
    shown = page.get(CODE).text
    assert "Utiliser un code de secours" in shown
    assert "demander au service de réinitialiser" in shown
    page.post(CODE, {"code": "000000"})
    page.post(RECOVERY, {"code": "aaaa-bbbb"})
    assert ways(platform) == ["person.signed_in", "person.sign_in_refused", "person.sign_in_refused"]


def test_tries_at_the_code_are_limited_and_a_recovery_code_still_enters(
    platform: Platform, factory: Factory, clock: Any
) -> None:
    platform = Platform(
        platform.settings.model_copy(update={"rate_limit": True}), platform.database, platform.files, platform.clock
    )
    app = create_app(platform=platform)
    person = factory.person()
    page = Browser(app.test_client()).sign_in(person)
    secret = with_authenticator(page, clock)
    codes = with_codes(page)
    clock.move(minutes=1)
    attacker, owner = Browser(app.test_client()), Browser(app.test_client())
    for one in (attacker, owner):
        first_step(one, person, PASSWORD)
    assert [attacker.post(CODE, {"code": "000000"}).status_code for _ in range(6)] == [200] * 5 + [429]
    assert owner.post(CODE, {"code": code_at(secret, clock())}).status_code == 429
    assert owner.post(RECOVERY, {"code": codes[0]}).location == "/apres-connexion"


@on_both_databases
def test_a_recovery_code_signs_in_once_and_the_person_is_told(
    browser: Any, factory: Factory, clock: Any, platform: Platform
) -> None:
    person = factory.person(Role.ADMIN)
    page = browser().sign_in(person)
    with_authenticator(page, clock)
    codes = with_codes(page)
    lost = browser()
    first_step(lost, person, PASSWORD)
    assert lost.post(RECOVERY, {"code": codes[3].upper()}).location == "/apres-connexion"
    home = lost.get("/administration/")
    assert (home.status_code, "Il vous en reste 9." in home.text) == (200, True)
    assert [mail.subject for mail in mails_to(platform, person.email)][-1] == (
        "Un code de secours a servi à se connecter"
    )
    again = browser()
    first_step(again, person, PASSWORD)
    refused = again.post(RECOVERY, {"code": codes[3]})
    assert (refused.status_code, refused.text.count("ou il a déjà servi")) == (200, 2)


def test_a_mailed_link_asks_for_the_second_factor_too(
    browser: Any, factory: Factory, clock: Any, platform: Platform
) -> None:
    person = factory.person(Role.OFFICIAL)
    secret = with_authenticator(browser().sign_in(person), clock)
    clock.move(minutes=1)
    page = browser()
    page.post("/connexion/lien", {"email": person.email})
    link = link_in(mails_to(platform, person.email)[-1])
    page.get(link)
    assert page.post(link).location == CODE
    assert page.get("/instruction/").status_code == 302
    page.post(CODE, {"code": code_at(secret, clock())})
    assert page.get("/instruction/").status_code == 200


def test_a_new_password_by_mail_leaves_the_second_factor_asked_for(
    browser: Any, factory: Factory, clock: Any, platform: Platform
) -> None:
    person = factory.person()
    with_authenticator(browser().sign_in(person), clock)
    page = browser()
    page.post("/mot-de-passe-oublie", {"email": person.email})
    new = "une phrase toute neuve"
    page.post(link_in(mails_to(platform, person.email)[-1]), {"password": new, "password_confirm": new})
    assert first_step(page, person, new) == CODE


def test_a_change_of_password_keeps_what_the_session_has_proved(browser: Any, factory: Factory, clock: Any) -> None:
    page = browser().sign_in(factory.person(Role.OFFICIAL))
    with_authenticator(page, clock)
    new = "une phrase toute neuve"
    page.post("/mot-de-passe", {"password": PASSWORD, "new_password": new, "new_password_confirm": new})
    assert page.get("/instruction/").status_code == 200


def test_a_role_given_meanwhile_asks_for_a_second_factor_at_once(
    browser: Any, factory: Factory, platform: Platform
) -> None:
    person, admin = factory.person(), factory.person(Role.ADMIN)
    page = browser().sign_in(person)
    assert page.get("/compte").status_code == 200
    with platform.database.writing() as session:
        give_role(
            session, actor=factory.actor(admin), person_id=person.id, role="official", call_id="", now=platform.clock()
        )
    assert page.get("/compte").location == FACTORS


def test_members_of_associations_may_have_one_and_need_none(browser: Any, factory: Factory, clock: Any) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    assert page.get("/association/").status_code == 200
    with_authenticator(page, clock)
    assert page.post(f"{FACTORS}/application/retrait", page=FACTORS).location == FACTORS
    assert first_step(browser(), person, PASSWORD) == "/apres-connexion"


def test_the_last_factor_of_an_official_stays_and_the_page_says_why(browser: Any, factory: Factory, clock: Any) -> None:
    page = browser().sign_in(factory.person(Role.OFFICIAL))
    with_authenticator(page, clock)
    refused = page.post(f"{FACTORS}/application/retrait", page=FACTORS)
    assert (refused.status_code, "c’est le seul que vous ayez" in refused.text) == (409, True)


def test_the_code_page_without_a_first_step_leads_back_and_signs_nobody_out(browser: Any, factory: Factory) -> None:
    assert browser().get(CODE).location == "/connexion"
    assert browser().get(RECOVERY).location == "/connexion"
    page = browser().sign_in(factory.person())
    assert page.get(CODE).location == "/apres-connexion"
    assert page.get("/compte").status_code == 200


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.CONSULTED])
def test_a_reviewer_is_asked_where_the_setting_says_so(
    browser: Any, factory: Factory, platform: Platform, role: Role
) -> None:
    wider = platform.settings.model_copy(update={"second_factor_reviewers": True})
    person = factory.person(role)
    assert browser().sign_in(person).get("/compte").status_code == 200
    asked = create_app(platform=Platform(wider, platform.database, platform.files, platform.clock))
    answer = Browser(asked.test_client()).sign_in(person).get("/compte")
    assert answer.status_code == (302 if role is Role.REVIEWER else 200)


def test_an_administrator_resets_a_lost_factor_and_the_next_sign_in_sets_up_another(
    browser: Any, factory: Factory, clock: Any, platform: Platform
) -> None:
    person, admin = factory.person(Role.OFFICIAL), factory.person(Role.ADMIN)
    page, office = browser().sign_in(person), browser().sign_in(admin)
    for one in (page, office):
        with_authenticator(one, clock)
    address = f"/administration/personnes/{person.id}"
    assert "application de codes" in office.get(address).text
    refused = office.post(f"{address}/second-facteur", {"factor_reason": ""}, page=address)
    assert (refused.status_code, refused.text.count("Dites pourquoi")) == (422, 2)
    done = office.post(f"{address}/second-facteur", {"factor_reason": "Téléphone perdu, rappelé."}, page=address)
    assert done.location == address
    assert page.get("/instruction/").status_code == 302  # the open session has ended
    again = browser().sign_in(person)
    assert again.get("/instruction/").location == FACTORS
    own = f"/administration/personnes/{admin.id}"
    assert "Réinitialiser" not in office.get(own).text
    assert office.post(f"{own}/second-facteur", {"factor_reason": "Moi."}, page=own).status_code == 409


def test_in_production_the_first_administrator_comes_in_by_the_command_and_is_led_to_set_one_up(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    secret = "9f1c7a52e8b04d36a1f95c0e7b28d4636e0b"  # of chance, as production wants it
    monkeypatch.setenv("AAP_INSTANCE", str(platform.settings.instance))
    monkeypatch.setenv("AAP_SECRET_KEY", secret)
    made = CliRunner().invoke(person_group, ["add", "alix@example.org", "--name", "Alix Administration"])
    link = re.search(r"http://127\.0\.0\.1:8000(/connexion/lien/\S+)", made.output).group(1)  # type: ignore[union-attr]
    settings = Settings(
        instance=platform.settings.instance, environment="production", secret_key=secret, rate_limit=False
    )
    app = create_app(platform=Platform(settings, platform.database, platform.files, platform.clock))
    app.config["SESSION_COOKIE_SECURE"] = False
    page = Browser(app.test_client())
    page.get(link)
    assert page.post(link).location == "/mot-de-passe"
    assert page.get("/mot-de-passe").location == FACTORS
    assert page.get("/administration/").location == FACTORS
    with_authenticator(page, platform.clock)
    assert page.get("/administration/").status_code == 200


def test_setting_up_asks_for_the_password_again_some_time_after_signing_in(
    strict_app: Flask, factory: Factory, clock: Any
) -> None:
    page = Browser(strict_app.test_client()).sign_in(factory.person())
    clock.move(minutes=16)
    answer = page.post(f"{FACTORS}/application", page=FACTORS)
    assert answer.location.startswith("/verification?next=")


def test_the_views_that_the_account_replaces_answer_like_missing_pages(browser: Any, factory: Factory) -> None:
    page = browser().sign_in(factory.person())
    for address in ("/connexion/mise-en-place", "/connexion/code/perdu", "/connexion/codes-de-secours"):
        assert page.get(address).status_code == 404
    assert page.get(f"{FACTORS}/cle/retrait").status_code == 404


def test_the_exemption_of_a_demonstration_needs_no_setting(factory: Factory, platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"environment": "demo", "second_factor": "production"})
    app = create_app(platform=Platform(settings, platform.database, platform.files, platform.clock))
    page = Browser(app.test_client()).sign_in(factory.person(Role.ADMIN))
    assert page.get("/administration/").status_code == 200


def test_a_person_is_never_a_person_of_somebody_elses_first_step(browser: Any, factory: Factory, clock: Any) -> None:
    one, other = factory.person(), factory.person()
    secrets = {person.id: with_authenticator(browser().sign_in(person), clock) for person in (one, other)}
    clock.move(minutes=1)
    page = browser()
    first_step(page, one, PASSWORD)
    assert page.post(CODE, {"code": code_at(secrets[other.id], clock())}).status_code == 200
    assert page.get("/compte").status_code == 302
