"""How passwords are kept: one cost for all, hashes of earlier versions renewed, nothing told by the time of an answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import argon2.low_level
import pytest
from argon2 import PasswordHasher
from sqlalchemy import update
from sqlmodel import col

from aap.identity.passwords import PEPPER
from aap.records.people import Person
from tests.factories import PASSWORD

TODAY = "$argon2id$v=19$m=19456,t=2,p=1$"


def kept_hash(platform: Any, person: Person) -> str:
    with platform.database.reading() as session:
        return str(session.get_one(Person, person.id).password)


def keep_hash_of_0_1_0(platform: Any, person: Person) -> None:
    digest = hmac.new(PEPPER.encode(), PASSWORD.encode(), hashlib.sha512).digest()
    old = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4).hash(base64.b64encode(digest))
    with platform.database.writing() as session:
        session.execute(update(Person).where(col(Person.id) == person.id).values(password=old))


def test_a_new_hash_costs_what_owasp_asks_for_and_is_not_made_anew(browser, factory, platform) -> None:
    person = factory.person()
    before = kept_hash(platform, person)
    browser().sign_in(person)
    assert before.startswith(TODAY)
    assert kept_hash(platform, person) == before


def test_a_hash_of_an_earlier_version_is_renewed_when_its_owner_signs_in(browser, factory, platform) -> None:
    person = factory.person()
    keep_hash_of_0_1_0(platform, person)
    wrong = browser().post("/connexion", {"email": person.email, "password": "un autre mot de passe"})
    assert (wrong.status_code, kept_hash(platform, person)[:30]) == (200, "$argon2id$v=19$m=65536,t=3,p=4")
    assert browser().sign_in(person).get("/association/").status_code == 200
    assert kept_hash(platform, person).startswith(TODAY)
    assert browser().sign_in(person).get("/association/").status_code == 200


def test_an_unknown_account_costs_as_much_as_a_wrong_password(
    browser, factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = factory.person()
    costs: list[tuple[int, int, int]] = []
    real_hash, real_verify = argon2.low_level.hash_secret, argon2.low_level.verify_secret

    def hashed(secret: bytes, salt: bytes, **given: Any) -> bytes:
        costs.append((given["time_cost"], given["memory_cost"], given["parallelism"]))
        return real_hash(secret, salt, **given)

    def verified(hash: bytes, *given: Any) -> bool:
        parameters = argon2.extract_parameters(hash.decode())
        costs.append((parameters.time_cost, parameters.memory_cost, parameters.parallelism))
        return real_verify(hash, *given)

    monkeypatch.setattr("argon2.low_level.hash_secret", hashed)
    monkeypatch.setattr("argon2.low_level.verify_secret", verified)
    browser().post("/connexion", {"email": "personne@example.org", "password": "un autre mot de passe"})
    browser().post("/connexion", {"email": person.email, "password": "un autre mot de passe"})
    assert costs == [(2, 19_456, 1)] * 2
