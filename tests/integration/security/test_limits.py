"""Who guesses is slowed down, and nobody can shut anybody out: by addresses, by accounts, behind proxies or not."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from structlog.testing import capture_logs

from aap.app import create_app
from aap.identity import passwords
from aap.records.try_counts import TryCounts, open_try_counts
from aap.services.platform import Platform
from aap.services.upkeep.forwarding_mark import untrusted_forwarding
from aap.web.arrival import network_of
from tests.conftest import Browser
from tests.databases import on_both_databases
from tests.factories import PASSWORD, Factory
from tests.integration.web.public.test_calls import words

WRONG = "pas celui-là du tout"


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred people sign in in this test: what is measured is who may try, not how long a hash takes."""
    monkeypatch.setattr(passwords, "PasswordHasher", lambda **_costs: PasswordHasher(1, 8, 1))


@pytest.fixture
def served(platform: Platform) -> Callable[..., FlaskClient]:
    """`served(trusted_proxies=1)` is a client of the application with limits and these settings."""

    def client(**changed: object) -> FlaskClient:
        settings = platform.settings.model_copy(update={"rate_limit": True, **changed})
        app = create_app(platform=Platform(settings, platform.database, platform.files, platform.clock))
        return app.test_client()

    return client


def sign_in(client: FlaskClient, email: str, password: str, *, via: str = "", address: str = "203.0.113.7") -> int:
    """The status for a browser without cookies. `via`: what a proxy adds; `address`: who connects."""
    client.delete_cookie("session")
    client.application.config["WTF_CSRF_ENABLED"] = False  # one request a try: a hundred are made
    answer = client.post(
        "/connexion",
        data={"email": email, "password": password},
        headers={"X-Forwarded-For": via} if via else {},
        environ_overrides={"REMOTE_ADDR": address},
    )
    return answer.status_code


def test_behind_a_proxy_150_people_are_told_apart_by_their_own_addresses(
    platform: Platform, factory: Factory, served: Callable[..., FlaskClient], cheap_hashes: None
) -> None:
    cheap = passwords.hash_password(PASSWORD)
    people = [factory.person(password=cheap) for _ in range(150)]
    client = served(trusted_proxies=1, tries_of_address=60)
    addresses = [f"198.51.100.{number}" for number in range(1, 151)]
    guesses = {sign_in(client, person.email, WRONG, via=via) for person, via in zip(people, addresses, strict=True)}
    assert guesses == {200}
    assert [sign_in(client, people[n].email, PASSWORD, via=addresses[n]) for n in (0, 75, 149)] == [302] * 3


def test_an_owner_signs_in_while_somebody_guesses_at_the_account_and_the_guesser_waits(
    factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    person = factory.person()
    client = served(trusted_proxies=1)
    attacker = [sign_in(client, person.email, WRONG, via="198.51.100.9") for _ in range(12)]
    assert attacker == [200] * 10 + [429] * 2
    assert sign_in(client, person.email, PASSWORD, via="198.51.100.10") == 302
    assert sign_in(client, person.email, PASSWORD, via="198.51.100.9") == 429


def test_many_addresses_at_one_account_get_few_tries_each_and_the_owner_gets_in(
    factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    person = factory.person()
    client = served(trusted_proxies=1, tries_of_account=4)
    for number in range(4):
        assert sign_in(client, person.email, WRONG, via=f"198.51.100.{number}") == 200
    another = [sign_in(client, person.email, WRONG, via="198.51.100.77") for _ in range(5)]
    assert another == [200] * 3 + [429] * 2
    assert sign_in(client, person.email, PASSWORD, via="203.0.113.50") == 302


def test_one_address_at_many_accounts_is_refused_but_for_who_signed_in_from_it_before(
    factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    colleague, other = factory.person(), factory.person()
    client = served(tries_of_address=3)
    assert sign_in(client, colleague.email, PASSWORD) == 302
    guesses = [sign_in(client, f"personne-x{number}@example.org", WRONG) for number in range(5)]
    assert guesses == [200] * 3 + [429] * 2
    assert sign_in(client, other.email, PASSWORD) == 429
    assert sign_in(client, colleague.email, PASSWORD) == 302
    assert sign_in(client, other.email, PASSWORD, address="203.0.113.8") == 302


def test_without_a_trusted_proxy_forged_addresses_count_as_the_one_that_connects_and_are_warned_of(
    platform: Platform, factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    person = factory.person()
    client = served()
    assert untrusted_forwarding(platform.settings.instance) is None
    with capture_logs() as logs:
        answers = [sign_in(client, person.email, WRONG, via=f"198.51.100.{number}") for number in range(11)]
    assert answers == [200] * 10 + [429]
    assert [line["log_level"] for line in logs if line["event"] == "proxy.untrusted"] == ["warning"]
    assert untrusted_forwarding(platform.settings.instance) is not None
    served(trusted_proxies=1)
    assert untrusted_forwarding(platform.settings.instance) is None


def test_an_address_that_a_client_writes_before_the_proxys_own_is_not_believed(
    factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    person = factory.person()
    client = served(trusted_proxies=1)
    answers = [sign_in(client, person.email, WRONG, via=f"198.51.100.{n}, 203.0.113.66") for n in range(11)]
    assert answers == [200] * 10 + [429]


def test_who_is_signed_in_clears_no_count_of_another_account(
    factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    victim, attacker = factory.person(), factory.person()
    client = served()
    for _ in range(10):
        assert sign_in(client, victim.email, WRONG, address="127.0.0.1") == 200
    page = Browser(served())
    page.sign_in(attacker)
    assert page.post("/connexion", {"email": victim.email, "password": "x"}, page="/compte").status_code == 302
    assert sign_in(client, victim.email, WRONG, address="127.0.0.1") == 429


def test_two_processes_of_one_instance_count_together(factory: Factory, served: Callable[..., FlaskClient]) -> None:
    person = factory.person()
    one, other = served(), served()
    assert [sign_in(one, person.email, WRONG) for _ in range(5)] == [200] * 5
    assert [sign_in(other, person.email, WRONG) for _ in range(6)] == [200] * 5 + [429]


def test_a_refusal_says_when_to_try_again_and_keeps_what_was_typed(
    platform: Platform, factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    owner = factory.person()
    association = factory.association(owner)
    page = Browser(served()).sign_in(owner)
    address = f"/association/associations/{association.id}/personnes"
    typed = {"email": "x@example.org", "role": "reader"}
    for _ in range(5):
        assert page.post(address, typed).status_code == 302
    refused = page.post(address, typed)
    assert refused.status_code == 429
    assert 3500 < int(refused.headers["Retry-After"]) <= 3601
    assert re.search(r"Réessayez à partir de 11 h(?: 01)? \(heure de Paris\)", words(refused))
    assert 'name="email" value="x@example.org"' in refused.text
    assert 'name="role" value="reader"' in refused.text


def test_the_page_that_refuses_a_password_does_not_repeat_it(
    factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    person = factory.person()
    page = Browser(served(tries_of_pair=1))
    typed = {"email": person.email, "password": WRONG}
    page.post("/connexion", typed)
    refused = page.post("/connexion", typed)
    assert (refused.status_code, WRONG in refused.text) == (429, False)
    assert "depuis un autre réseau, il s’ouvre comme avant" in words(refused)


def test_an_office_of_a_hundred_behind_one_address_asks_for_links_within_an_hour(
    served: Callable[..., FlaskClient],
) -> None:
    page = Browser(served())
    answers = set()
    page.client.application.config["WTF_CSRF_ENABLED"] = False
    for number in range(100):
        answers.add(page.client.post("/connexion/lien", data={"email": f"agent-{number}@example.org"}).status_code)
    assert answers == {302}


def test_counters_that_cannot_be_written_keep_nobody_out(
    platform: Platform, factory: Factory, served: Callable[..., FlaskClient]
) -> None:
    person = factory.person()
    client = served()
    (platform.settings.instance / "tries.sqlite3").mkdir()  # no file can be opened there
    with capture_logs() as logs:
        assert sign_in(client, person.email, PASSWORD) == 302
    assert [line["log_level"] for line in logs if line["event"] == "tries.not_counted"] == ["error", "error"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_one_subscriber_counts_as_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


# --- the counters -----------------------------------------------------------------------------------------------------


def count_up(instance: str, url: str, steps: int) -> None:
    engine = create_engine(url)
    store = open_try_counts(Path(instance), engine)
    for _ in range(steps):
        store.incr("key", 600)


@on_both_databases
def test_processes_that_count_at_the_same_moment_lose_no_step(platform: Platform) -> None:
    instance, url = str(platform.settings.instance), platform.settings.effective_database_url
    spawning = multiprocessing.get_context("spawn")
    store = open_try_counts(platform.settings.instance, platform.database.engine)
    other = spawning.Process(target=count_up, args=(instance, url, 300))
    other.start()
    mine = 0
    while other.is_alive():
        store.incr("key", 600)
        mine += 1
    other.join()
    assert (other.exitcode, store.get("key")) == (0, mine + 300)


@on_both_databases
def test_a_counter_ends_and_begins_anew(platform: Platform) -> None:
    opened = open_try_counts(platform.settings.instance, platform.database.engine)
    assert isinstance(opened, TryCounts)
    moment = [1000.0]
    store = TryCounts(opened.engine, clock=lambda: moment[0])
    assert (store.check(), store.get("key"), store.get_expiry("key")) == (True, 0, 1000.0)
    assert [store.incr("key", 60), store.incr("key", 60, 2), store.incr("key", 60, -1)] == [1, 3, 2]
    moment[0] = 1059.0
    assert (store.get("key"), store.get_expiry("key")) == (2, 1060.0)
    moment[0] = 1060.0
    assert (store.get("key"), store.incr("key", 60), store.get_expiry("key")) == (0, 1, 1120.0)
    store.clear("key")
    assert (store.get("key"), store.incr("other", 60), store.reset()) == (0, 1, 1)
