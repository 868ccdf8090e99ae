"""The second factor: who must have one, codes that are taken once, what only its own person or another may remove."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.audit import AuditLine, AuditValues
from aap.records.people import Person, Role
from aap.records.second_factors import Passkey, RecoveryCode
from aap.services.account import second_factor as factors
from aap.services.account.accounts import personal_data
from aap.services.account.totp import code_at
from aap.services.errors import InvalidInput, NotFound, OwnRequest
from aap.services.platform import Platform
from aap.settings import Settings
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.factories import Factory
from tests.worlds.mailbox import mails_to

LINKS = PublicLinks("http://127.0.0.1:8000")
SECRET = secrets.token_hex(32)


@pytest.fixture
def more_settings() -> dict[str, object]:
    return {"second_factor": "always"}


def set_up(platform: Platform, factory: Factory, person: Person) -> str:
    """An authenticator, confirmed by the code of now; gives its secret."""
    actor = factory.actor(person)
    with platform.database.writing() as session:
        secret = factors.propose_authenticator(session, actor=actor)
        factors.confirm_authenticator(
            session, LINKS, actor=actor, code=code_at(secret, platform.clock()), now=platform.clock()
        )
    return secret


def add_passkey(platform: Platform, person: Person, name: str = "téléphone") -> str:
    now = platform.clock()
    key = Passkey(
        person_id=person.id, name=name, credential_id=f"{person.id}{name}".encode(), public_key=b"k", sign_count=0,
        backup_state=False, device_type="single_device", created_at=now, last_used_at=now,
    )  # fmt: skip
    with platform.database.writing() as session:
        session.add(key)
    return key.id


def held(platform: Platform, factory: Factory, person: Person) -> tuple[bool, int, int, int]:
    with platform.database.reading() as session:
        found = factors.own_factors(session, actor=factory.actor(person))
    return found.authenticator, len(found.passkeys), found.codes_left, found.codes_given


def lines(platform: Platform) -> list[str]:
    with platform.database.reading() as session:
        return list(session.exec(select(AuditLine.action).order_by(col(AuditLine.sequence))))


@pytest.mark.parametrize(
    ("role", "asked", "asked_with_reviewers"),
    [
        (Role.ADMIN, True, True), (Role.OFFICIAL, True, True), (Role.JURY, True, True),
        (Role.REVIEWER, False, True), (Role.CONSULTED, False, False),
    ],
)  # fmt: skip
def test_who_decides_must_have_one_and_reviewers_by_a_setting(
    role: Role, asked: bool, asked_with_reviewers: bool
) -> None:
    production = Settings(environment="production", secret_key=SECRET)
    wider = Settings(environment="production", secret_key=SECRET, second_factor_reviewers=True)
    assert (factors.must_have(production, [role]), factors.must_have(wider, [role])) == (asked, asked_with_reviewers)
    assert factors.must_have(wider, []) is False


@pytest.mark.parametrize("value", ["production", "always"])
def test_no_setting_exempts_anybody_in_production(value: Any) -> None:
    assert Settings(environment="production", secret_key=SECRET, second_factor=value).asks_second_factor is True


@pytest.mark.parametrize("environment", ["demo", "development", "testing"])
def test_a_demonstration_asks_nobody_unless_it_is_told_to(environment: Any) -> None:
    assert Settings(environment=environment).asks_second_factor is False
    assert Settings(environment=environment, second_factor="always").asks_second_factor is True


@on_both_databases
def test_an_authenticator_is_kept_once_a_code_confirms_it(platform: Platform, factory: Factory) -> None:
    person = factory.person(Role.OFFICIAL)
    actor, now = factory.actor(person), platform.clock()
    with platform.database.writing() as session:
        secret = factors.propose_authenticator(session, actor=actor)
    assert held(platform, factory, person) == (False, 0, 0, 0)
    with pytest.raises(InvalidInput), platform.database.writing() as session:
        factors.confirm_authenticator(session, LINKS, actor=actor, code="000000", now=now)
    with platform.database.writing() as session:
        factors.confirm_authenticator(session, LINKS, actor=actor, code=code_at(secret, now), now=now)
    assert held(platform, factory, person) == (True, 0, 0, 0)
    assert lines(platform) == ["person.authenticator_added"]
    assert [mail.subject for mail in mails_to(platform, person.email)] == [
        "Un second facteur est ajouté à votre compte"
    ]


@on_both_databases
def test_a_code_is_taken_once_even_by_two_at_the_same_moment(platform: Platform, factory: Factory, clock: Any) -> None:
    person = factory.person()
    secret = set_up(platform, factory, person)
    clock.move(seconds=60)
    code = code_at(secret, clock())

    def take(_number: int) -> bool:
        with platform.database.writing() as session:
            return factors.take_code(session, person_id=person.id, secret=secret, code=code, now=clock())

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == [False] * 7 + [True]
    older = code_at(secret, clock() - timedelta(seconds=30))
    with platform.database.writing() as session:
        assert not factors.take_code(session, person_id=person.id, secret=secret, code=older, now=clock())


def test_the_code_that_confirmed_an_authenticator_does_not_sign_in_too(platform: Platform, factory: Factory) -> None:
    person = factory.person()
    secret = set_up(platform, factory, person)
    code = code_at(secret, platform.clock())
    with platform.database.writing() as session:
        assert not factors.take_code(session, person_id=person.id, secret=secret, code=code, now=platform.clock())


@on_both_databases
def test_ten_recovery_codes_are_shown_once_kept_as_hashes_and_each_taken_once(
    platform: Platform, factory: Factory
) -> None:
    person, stranger, now = factory.person(), factory.person(), platform.clock()
    set_up(platform, factory, person)
    with platform.database.writing() as session:
        codes = factors.renew_codes(session, actor=factory.actor(person), now=now)
    assert (len(set(codes)), {len(code) for code in codes}) == (10, {29})
    with platform.database.reading() as session:
        kept = session.exec(select(RecoveryCode)).all()
    assert not any(code.replace("-", "") in str(row.model_dump()) for code in codes for row in kept)

    def take(whose: Person, code: str) -> bool:
        with platform.database.writing() as session:
            return factors.take_recovery_code(session, person_id=whose.id, code=code, now=now)

    typed = f" {codes[0].upper().replace('-', ' ')} "
    assert [take(stranger, codes[0]), take(person, typed), take(person, codes[0]), take(person, "")] == [
        False, True, False, False,
    ]  # fmt: skip
    assert held(platform, factory, person) == (True, 0, 9, 10)
    with platform.database.writing() as session:
        factors.renew_codes(session, actor=factory.actor(person), now=now)
    assert (take(person, codes[1]), held(platform, factory, person)) == (False, (True, 0, 10, 10))


def test_there_are_no_recovery_codes_without_a_factor(platform: Platform, factory: Factory) -> None:
    with pytest.raises(InvalidInput), platform.database.writing() as session:
        factors.renew_codes(session, actor=factory.actor(factory.person()), now=platform.clock())


@on_both_databases
def test_the_last_factor_goes_only_where_none_is_needed(platform: Platform, factory: Factory) -> None:
    official, member = factory.person(Role.OFFICIAL), factory.person()
    keys = {person.id: add_passkey(platform, person) for person in (official, member)}
    for person in (official, member):
        with platform.database.writing() as session:
            factors.renew_codes(session, actor=factory.actor(person), now=platform.clock())

    def remove(person: Person) -> None:
        with platform.database.writing() as session:
            factors.remove_passkey(
                session, LINKS, settings=platform.settings, actor=factory.actor(person), passkey_id=keys[person.id],
                now=platform.clock(),
            )  # fmt: skip

    with pytest.raises(InvalidInput):
        remove(official)
    remove(member)
    assert held(platform, factory, member) == (False, 0, 0, 0)  # the recovery codes stood for nothing else
    set_up(platform, factory, official)
    remove(official)
    assert held(platform, factory, official) == (True, 0, 10, 10)
    with pytest.raises(InvalidInput), platform.database.writing() as session:
        factors.remove_authenticator(
            session, LINKS, settings=platform.settings, actor=factory.actor(official), now=platform.clock()
        )


def test_nobody_removes_the_passkey_of_somebody_else(platform: Platform, factory: Factory) -> None:
    key = add_passkey(platform, factory.person())
    with pytest.raises(NotFound), platform.database.writing() as session:
        factors.remove_passkey(
            session, LINKS, settings=platform.settings, actor=factory.actor(factory.person()), passkey_id=key,
            now=platform.clock(),
        )  # fmt: skip


@on_both_databases
def test_another_administrator_resets_all_factors_with_a_reason_and_the_person_is_told(
    platform: Platform, factory: Factory
) -> None:
    admin, person = factory.person(Role.ADMIN), factory.person(Role.OFFICIAL)
    set_up(platform, factory, person)
    add_passkey(platform, person)
    with platform.database.writing() as session:
        factors.renew_codes(session, actor=factory.actor(person), now=platform.clock())

    def reset(actor: Person, reason: str) -> None:
        with platform.database.writing() as session:
            factors.reset_factors(
                session, LINKS, actor=factory.actor(actor), person_id=person.id, reason=reason, now=platform.clock()
            )

    with pytest.raises(InvalidInput):
        reset(admin, "  ")
    with pytest.raises(NotFound):
        reset(person, "J’ai perdu mon téléphone.")
    reset(admin, "Téléphone perdu, vérifié de vive voix.")
    assert held(platform, factory, person) == (False, 0, 0, 0)
    assert lines(platform)[-1] == "person.factors_reset"
    with platform.database.reading() as session:
        after = session.get_one(Person, person.id)
        values = session.exec(select(AuditValues).order_by(col(AuditValues.sequence).desc())).first()
    assert after.fs_uniquifier != person.fs_uniquifier  # every open session has ended
    assert values is not None
    assert values.content == {
        "before": {"authenticator": True, "passkeys": 1},
        "after": {"reason": "Téléphone perdu, vérifié de vive voix."},
    }
    assert [mail.subject for mail in mails_to(platform, person.email)][-1] == (
        "Votre second facteur est à mettre en place à nouveau"
    )
    with pytest.raises(InvalidInput):
        reset(admin, "Encore.")


def test_nobody_resets_their_own_factors_as_an_administrator(platform: Platform, factory: Factory) -> None:
    admin = factory.person(Role.ADMIN)
    set_up(platform, factory, admin)
    with pytest.raises(OwnRequest), platform.database.writing() as session:
        factors.reset_factors(
            session, LINKS, actor=factory.actor(admin), person_id=admin.id, reason="Pour moi.", now=platform.clock()
        )


def test_no_secret_or_code_is_in_the_journal_the_mails_or_the_copy_of_ones_data(
    platform: Platform, factory: Factory
) -> None:
    person, now = factory.person(Role.ADMIN), platform.clock()
    secret = set_up(platform, factory, person)
    add_passkey(platform, person)
    with platform.database.writing() as session:
        codes = factors.renew_codes(session, actor=factory.actor(person), now=now)
        copy = str(personal_data(session, actor=factory.actor(person), now=now))
    with platform.database.reading() as session:
        journal = str([row.content for row in session.exec(select(AuditValues))])
    mails = "".join(mail.body for mail in mails_to(platform, person.email))
    for hidden in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert hidden not in copy + journal + mails
    assert "téléphone" in copy
